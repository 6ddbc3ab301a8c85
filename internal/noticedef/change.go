package noticedef

import "slices"

// Holder is somebody who changes access levels, or gives them to others.
type Holder struct {
	Levels  []string // names of the levels they hold now, taken up ones among them
	Publish bool     // whether they may publish notices
}

// Why a holder may not. law: GDPR 32(4)
const (
	OwnLevel    = "levels.own"     // nobody widens what they hold, or could take up
	BeyondGiver = "levels.publish" // only who may publish a notice lets others do so
)

// publishing are the acts by which the notice itself, and with it every right, can
// be changed.
var publishing = []string{"notice", "publish"}

// Reach gives levels with those that may be taken up from them, and so on.
func (n *Notice) Reach(names []string) []string {
	out := slices.Clone(names)
	for i := 0; i < len(out); i++ {
		l, _ := n.Level(out[i])
		for _, up := range l.Elevate {
			if !slices.Contains(out, up) {
				out = append(out, up)
			}
		}
	}
	return out
}

// WithLevel gives the levels with one put in its place, or at the end.
func (n *Notice) WithLevel(l Level) []Level {
	out := slices.Clone(n.Levels)
	for i := range out {
		if out[i].Name == l.Name {
			out[i] = l
			return out
		}
	}
	return append(out, l)
}

// MayChange tells why a holder may not make a level what it is to be; "" when they
// may.
func (n *Notice) MayChange(h Holder, l Level) string {
	if slices.Contains(n.Reach(h.Levels), l.Name) {
		return OwnLevel
	}
	after := *n
	after.Levels = n.WithLevel(l)
	if h.Publish {
		return ""
	}
	for _, x := range after.Levels {
		if slices.ContainsFunc(publishing, func(act string) bool { return after.reaches(x.Name, act) && !n.reaches(x.Name, act) }) {
			return BeyondGiver
		}
	}
	return ""
}

// MayGive tells why a holder may not give somebody levels; "" when they may.
func (n *Notice) MayGive(h Holder, levels []string) string {
	for _, name := range levels {
		if !h.Publish && slices.ContainsFunc(publishing, func(act string) bool { return n.reaches(name, act) }) {
			return BeyondGiver
		}
	}
	return ""
}

// reaches reports whether a level allows an act, or may be raised to one that does.
func (n *Notice) reaches(level, act string) bool {
	return slices.ContainsFunc(n.Reach([]string{level}), func(name string) bool {
		l, ok := n.Level(name)
		return ok && l.Can(act)
	})
}

// Effect is what a change of levels means for the people who hold them: how many
// lose, and how many gain, an action on a category or an act.
type Effect struct {
	Category string `json:"category,omitempty"` // "" for an act
	Action   string `json:"action"`             // see, search or edit; or the act
	Lose     int    `json:"lose"`
	Gain     int    `json:"gain"`
}

// Effects compares two notices for holders, each given by the names of their
// levels. What nobody loses or gains is left out.
func Effects(before, after *Notice, holders [][]string) (out []Effect) {
	for _, right := range rights(after) {
		e := right
		for _, names := range holders {
			switch had, has := before.allows(names, e), after.allows(names, e); {
			case had && !has:
				e.Lose++
			case has && !had:
				e.Gain++
			}
		}
		if e.Lose+e.Gain > 0 {
			out = append(out, e)
		}
	}
	return out
}

// rights are everything that can be allowed.
func rights(n *Notice) (out []Effect) {
	for _, c := range n.Categories {
		for _, action := range []string{See, Search, Edit} {
			out = append(out, Effect{Category: c.ID, Action: action})
		}
	}
	for _, act := range Acts {
		out = append(out, Effect{Action: act})
	}
	return out
}

func (n *Notice) allows(levels []string, e Effect) bool {
	return slices.ContainsFunc(levels, func(name string) bool {
		l, ok := n.Level(name)
		if e.Category == "" {
			return ok && l.Can(e.Action)
		}
		return ok && l.May("", e.Category, e.Action)
	})
}

// LevelChanges lists what changed of the access levels from a to b.
func LevelChanges(a, b *Notice) []Change {
	return Diff(&Notice{Levels: a.Levels}, &Notice{Levels: b.Levels})
}
