package apikey

import (
	"slices"
	"strings"

	"kartotek/internal/fault"
	"kartotek/internal/noticedef"
)

// Never are acts that no key can do. Besides them, an act for which a level wants
// a second person is none of a key's.
var Never = []string{"export", "rights", "erase", "publish", "staff", "settings"}

// Right is one thing a key may do: an action on a category for a purpose, or an
// act, for a purpose or without one.
type Right struct {
	Purpose  string // "" of an act without a purpose
	Category string // "" of an act
	Action   string // noticedef.See and so on, or the act
}

// String writes "newsletter/contact/see", "newsletter//send" or "//log".
func (r Right) String() string { return r.Purpose + "/" + r.Category + "/" + r.Action }

// Rights are the rights of a key, in the order of their texts.
type Rights []Right

// String writes them with spaces between; none of the names holds one.
func (rs Rights) String() string {
	out := make([]string, len(rs))
	for i, r := range rs {
		out[i] = r.String()
	}
	return strings.Join(out, " ")
}

// ParseRights reads what String wrote; what it cannot read allows nothing.
func ParseRights(text string) (out Rights) {
	for _, f := range strings.Fields(text) {
		if p := strings.Split(f, "/"); len(p) == 3 && p[2] != "" && (p[0] != "" || p[1] == "") {
			out = append(out, Right{p[0], p[1], p[2]})
		}
	}
	return out
}

func (rs Rights) has(r Right) bool { return slices.Contains(rs, r) }

// Offer lists what somebody with these levels may give a key, in the notice's order.
func Offer(n *noticedef.Notice, levels []noticedef.Level) (out []Right) {
	may := func(f func(noticedef.Level) bool) bool { return slices.ContainsFunc(levels, f) }
	for _, p := range n.Purposes {
		for _, c := range p.Uses {
			for _, action := range actions {
				if may(func(l noticedef.Level) bool { return l.May(p.ID, c, action) }) {
					out = append(out, Right{p.ID, c, action})
				}
			}
		}
		for _, act := range noticedef.Acts {
			if may(func(l noticedef.Level) bool { return l.CanFor(p.ID, act) && mayDelegate(l, act) }) {
				out = append(out, Right{p.ID, "", act})
			}
		}
	}
	for _, act := range noticedef.Acts {
		if may(func(l noticedef.Level) bool { return slices.Contains(l.Acts, act) && mayDelegate(l, act) }) {
			out = append(out, Right{"", "", act})
		}
	}
	return out
}

var actions = []string{noticedef.See, noticedef.Search, noticedef.Edit}

func mayDelegate(l noticedef.Level, act string) bool {
	return !slices.Contains(Never, act) && !slices.Contains(l.FourEyes, act)
}

// choose takes the rights named in a form from those on offer. Searching and
// changing include seeing.
func choose(offer []Right, names []string) (out Rights, err error) {
	for _, name := range names {
		i := slices.IndexFunc(offer, func(r Right) bool { return r.String() == name })
		if i < 0 {
			return nil, fault.New(fault.Denied, "apikey.rights", "a key can do nothing that its owner may not").In("rights")
		}
		r := offer[i]
		out = append(out, r)
		if r.Category != "" && r.Action != noticedef.See {
			out = append(out, Right{r.Purpose, r.Category, noticedef.See})
		}
	}
	slices.SortFunc(out, func(a, b Right) int { return strings.Compare(a.String(), b.String()) })
	out = slices.Compact(out)
	if len(out) == 0 {
		return nil, fault.New(fault.Invalid, "apikey.nothing", "choose what the key may do").In("rights")
	}
	return out, nil
}

// Narrow gives a level of the owner's without what the key has no right to. What a
// notice no longer lists is gone with it. A key cannot be raised to another level.
func (rs Rights) Narrow(n *noticedef.Notice, l noticedef.Level) noticedef.Level {
	out := l // with the uses of each purpose, which bound it once more
	out.Acts, out.Grants, out.Elevate = nil, nil, nil
	for _, p := range n.Purposes {
		g := noticedef.Grant{Purpose: p.ID}
		for _, c := range p.Uses {
			allow := func(action string) bool { return l.May(p.ID, c, action) && rs.has(Right{p.ID, c, action}) }
			if allow(noticedef.See) {
				g.Cells = append(g.Cells, noticedef.Cell{Category: c, Search: allow(noticedef.Search), Edit: allow(noticedef.Edit)})
			}
		}
		for _, act := range noticedef.Acts {
			if l.CanFor(p.ID, act) && mayDelegate(l, act) && rs.has(Right{p.ID, "", act}) {
				g.Acts = append(g.Acts, act)
			}
		}
		if len(g.Cells)+len(g.Acts) > 0 {
			out.Grants = append(out.Grants, g)
		}
	}
	for _, act := range l.Acts {
		if mayDelegate(l, act) && rs.has(Right{"", "", act}) {
			out.Acts = append(out.Acts, act)
		}
	}
	return out
}
