package staff

import (
	"net/http"
	"slices"
	"strings"

	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/notice"
	"kartotek/internal/noticedef"
	room "kartotek/internal/staff"
	"kartotek/internal/web/admin/desk"
	"kartotek/internal/web/door"
	"kartotek/internal/web/page"
	"kartotek/internal/web/page/office"
)

// asked reads what a form wants a level to be, and refuses what its writer may not
// want.
func asked(d *desk.Desk) (l noticedef.Level, f door.Fields, err error) {
	if f, err = d.Form(0); err != nil {
		return l, f, err
	}
	if l, err = readLevel(d, f); err != nil {
		return l, f, err
	}
	if key := d.Facts.MayChange(holder(d), l); key != "" {
		return l, f, refused(d, l.Name, key)
	}
	if f.Get("base") != d.InForce.Hash {
		err = fault.New(fault.Conflict, "levels.changed", "the notice changed in the meantime; look at the level again")
	}
	return l, f, err
}

// check shows what a change would mean. Nothing is stored.
func check(d *desk.Desk) error {
	l, f, err := asked(d)
	if err != nil || f.Get("op") == "edit" {
		return formAgain(d, l, err)
	}
	var c *notice.LevelChange
	var held [][]string
	err = d.Look(func(tx *db.Tx) (err error) {
		if c, err = d.Notice.PlanLevel(tx, l); err == nil {
			held, err = levelsHeld(d, tx)
		}
		return err
	})
	if err == nil && len(c.Changes) == 0 {
		err = fault.New(fault.Conflict, "levels.same", "the level is like that already")
	}
	if err != nil {
		return formAgain(d, l, err)
	}
	before, _ := d.Facts.Level(l.Name)
	v := office.LevelChangeView{Action: address(d, l), Back: "/staff/levels", Title: or(l.Title.In(d.Lang()), l.Name), Version: d.Version + 1,
		Effects: effects(d, noticedef.Effects(d.Facts, c.To, held)), Differences: differences(d, before, l), Fields: carried(f),
		Nobody: !slices.ContainsFunc(held, func(names []string) bool { return slices.Contains(names, l.Name) })}
	v.Frame = d.Frame(d.T("levels.change_tab"), "staff")
	return d.Render(http.StatusOK, office.LevelChange(v))
}

// levelsHeld are the levels of every account that can be used.
func levelsHeld(d *desk.Desk, tx *db.Tx) (out [][]string, err error) {
	all, err := room.List(tx)
	for _, a := range all {
		if a.Active(tx.Time()) && d.Staff.UnderContract(a, tx.Time()) {
			out = append(out, a.Levels)
		}
	}
	return out, err
}

// formAgain shows the form once more, with what is wrong.
func formAgain(d *desk.Desk, l noticedef.Level, wrong error) error {
	status := http.StatusOK
	if wrong != nil {
		if code := fault.CodeOf(wrong); code != fault.Invalid && code != fault.Conflict {
			return wrong
		}
		status = http.StatusUnprocessableEntity
	}
	return d.Render(status, office.LevelEdit(editor(d, l, wrong)))
}

// explain says what is wrong with a level: for a notice that would have faults, each
// of them.
func explain(d *desk.Desk, wrong error) string {
	text := d.Explain(wrong)
	for _, f := range notice.FindingsOf(wrong) {
		if f.Severity == noticedef.SeverityError {
			text += " " + f.Code + ", " + f.Field + ": " + noticedef.CodeTitle(f.Code, d.Lang()) + "."
		}
	}
	return text
}

// carried are the fields of a form, to be sent once more.
func carried(f door.Fields) (out []page.Pair) {
	for name, values := range f.Values {
		for _, v := range values {
			if name != "op" && v != "" {
				out = append(out, page.Pair{Label: name, Value: v})
			}
		}
	}
	slices.SortFunc(out, func(a, b page.Pair) int { return strings.Compare(a.Label+" "+a.Value, b.Label+" "+b.Value) })
	return out
}

// set publishes the notice with the level.
func set(d *desk.Desk) error {
	l, _, err := asked(d)
	if err != nil {
		return formAgain(d, l, err)
	}
	err = d.Act(func(tx *db.Tx) error {
		c, err := d.Notice.PlanLevel(tx, l)
		if err == nil {
			_, err = d.Notice.SetLevel(tx, c)
		}
		return err
	})
	if err != nil {
		return formAgain(d, l, err)
	}
	return d.Done(levelPath(l.Name), d.T("levels.saved", "level", or(l.Title.In(d.Lang()), l.Name)))
}

// effects says in words and numbers what people lose and gain. Whoever no longer
// sees something no longer searches or changes it either, which goes without saying;
// and whoever will change it, will see it.
func effects(d *desk.Desk, all []noticedef.Effect) (out []page.Chip) {
	byCategory := map[string]map[string]noticedef.Effect{}
	for _, e := range all {
		if byCategory[e.Category] == nil {
			byCategory[e.Category] = map[string]noticedef.Effect{}
		}
		byCategory[e.Category][e.Action] = e
	}
	for _, e := range all {
		same := byCategory[e.Category]
		if e.Lose > 0 && (e.Category == "" || e.Action == noticedef.See || e.Lose != same[noticedef.See].Lose) {
			out = append(out, page.Chip{Tone: page.No, Text: said(d, "lose", e, e.Lose)})
		}
		if e.Gain > 0 && (e.Category == "" || e.Action == noticedef.Edit || e.Gain != same[noticedef.Edit].Gain && (e.Action != noticedef.See || e.Gain != same[noticedef.Search].Gain)) {
			out = append(out, page.Chip{Tone: page.Yes, Text: said(d, "gain", e, e.Gain)})
		}
	}
	return out
}

func said(d *desk.Desk, way string, e noticedef.Effect, n int) string {
	if e.Category == "" {
		return d.Printer.N("levels."+way+"_act", n, "what", d.T("may_act."+e.Action))
	}
	return d.Printer.N("levels."+way+"_"+e.Action, n, "what", lower(categoryTitle(d, e.Category)))
}
