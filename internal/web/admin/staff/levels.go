package staff

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/noticedef"
	room "kartotek/internal/staff"
	"kartotek/internal/web/admin/desk"
	"kartotek/internal/web/page"
	"kartotek/internal/web/page/office"
)

func levelPath(name string) string { return "/staff/levels?level=" + url.QueryEscape(name) }

// holders are the accounts that can be used, by level.
func holders(d *desk.Desk, tx *db.Tx) (out map[string][]*room.Account, err error) {
	out = map[string][]*room.Account{}
	all, err := room.List(tx)
	for _, a := range all {
		if a.Active(tx.Time()) && d.Staff.UnderContract(a, tx.Time()) {
			for _, name := range a.Levels {
				out[name] = append(out[name], a)
			}
		}
	}
	return out, err
}

// levels shows one level as a matrix, beside another one when asked.
func levels(d *desk.Desk) error {
	q, err := d.Query()
	if err != nil {
		return err
	}
	all := d.Facts.LevelList()
	name, with := q.Get("level"), q.Get("with")
	if name == "" && len(all) > 0 {
		name = all[0].Name
	}
	l, ok := d.Facts.Level(name)
	if !ok {
		return noLevel()
	}
	var by map[string][]*room.Account
	if err := d.Look(func(tx *db.Tx) (err error) { by, err = holders(d, tx); return err }); err != nil {
		return err
	}
	v := office.LevelsView{Name: name, Title: titleOf(d, name), Job: l.Job.In(d.Lang()), HistoryURL: "/staff/levels/history", NewURL: "/staff/levels/new"}
	for _, x := range all {
		v.Tabs = append(v.Tabs, office.LevelTab{Href: levelPath(x.Name), Text: titleOf(d, x.Name), Holders: len(by[x.Name]), On: x.Name == name})
	}
	for _, a := range by[name] {
		v.Holders = append(v.Holders, page.Link{Text: a.Name, Href: path(a.ID)})
	}
	v.With = others(d, name, with)
	editable(d, &v, l)
	matrix(d, &v, l, with)
	v.Frame = d.Frame(d.T("levels.title"), "staff")
	return d.Render(http.StatusOK, office.Levels(v))
}

func noLevel() error {
	return fault.New(fault.NotFound, "levels.none", "the register notice has no such access level")
}

func others(d *desk.Desk, name, with string) []page.Option {
	out := []page.Option{{Value: "", Text: d.T("levels.with_none")}}
	for _, l := range d.Facts.LevelList() {
		if l.Name != name {
			out = append(out, page.Option{Value: l.Name, Text: titleOf(d, l.Name), On: l.Name == with})
		}
	}
	return out
}

// editable says where the level is changed, or why this reader does not.
func editable(d *desk.Desk, v *office.LevelsView, l noticedef.Level) {
	if key := d.Facts.MayChange(holder(d), l); key != "" {
		v.Locked = d.T("error." + key)
		return
	}
	v.EditURL = "/staff/levels/" + url.PathEscape(l.Name) + "/edit"
}

// matrix fills the table: what is really allowed, "all" and the notice's limits
// taken into account.
func matrix(d *desk.Desk, v *office.LevelsView, l noticedef.Level, with string) {
	other, comparing := d.Facts.Level(with)
	if comparing {
		v.Other = titleOf(d, with)
	}
	for _, p := range d.Facts.Purposes {
		v.Purposes = append(v.Purposes, p.Title.In(d.Lang()))
		if a := (office.LevelActs{For: p.Title.In(d.Lang()), Acts: actsFor(d, l, p.ID), Other: actsFor(d, other, p.ID)}); len(a.Acts)+len(a.Other) > 0 {
			v.Acts = append(v.Acts, a)
		}
	}
	if own := (office.LevelActs{For: d.T("levels.without"), Acts: words(d, l.Acts), Other: words(d, other.Acts)}); len(own.Acts)+len(own.Other) > 0 {
		v.Acts = append(v.Acts, own)
	}
	for _, c := range d.Facts.Categories {
		row := office.LevelRow{Category: c.Title.In(d.Lang())}
		for _, p := range d.Facts.Purposes {
			cell := office.LevelCell{Unused: !slices.Contains(p.Uses, c.ID)}
			cell.May, cell.Also = most(d, allowed(l, p.ID, c.ID))
			if was := allowed(other, p.ID, c.ID); comparing && !slices.Equal(was, allowed(l, p.ID, c.ID)) {
				cell.Other = actionWords(d, was)
			}
			row.Cells = append(row.Cells, cell)
		}
		v.Rows = append(v.Rows, row)
	}
	more(d, v, l)
}

func more(d *desk.Desk, v *office.LevelsView, l noticedef.Level) {
	if len(l.Elevate) > 0 {
		var titles []string
		for _, name := range l.Elevate {
			titles = append(titles, titleOf(d, name))
		}
		v.More = append(v.More, page.Pair{Label: d.T("levels.elevate"), Value: strings.Join(titles, ", ")})
	}
	if len(l.FourEyes) > 0 {
		v.More = append(v.More, page.Pair{Label: d.T("levels.four_eyes"), Value: strings.Join(words(d, l.FourEyes), ", ")})
	}
}

// allowed lists the actions a level has on a category for a purpose, mildest first.
func allowed(l noticedef.Level, purpose, category string) (out []string) {
	for _, a := range []string{noticedef.See, noticedef.Search, noticedef.Edit} {
		if l.May(purpose, category, a) {
			out = append(out, a)
		}
	}
	return out
}

// most is the furthest of some actions, with what it takes in.
func most(d *desk.Desk, actions []string) (may, also string) {
	if len(actions) == 0 {
		return "", ""
	}
	last := len(actions) - 1
	if last > 0 {
		also = d.T("levels.also", "what", actionWords(d, actions[:last]))
	}
	return actions[last], also
}

func actionWords(d *desk.Desk, actions []string) string {
	if len(actions) == 0 {
		return d.T("levels.nothing")
	}
	var out []string
	for _, a := range actions {
		out = append(out, d.T("levels.action_"+a))
	}
	return strings.Join(out, ", ")
}

// actsFor are the acts of a level for a purpose, in words.
func actsFor(d *desk.Desk, l noticedef.Level, purpose string) []string {
	return words(d, slices.DeleteFunc(slices.Clone(noticedef.Acts), func(act string) bool { return !l.CanFor(purpose, act) }))
}

// words says acts in words.
func words(d *desk.Desk, acts []string) (out []string) {
	for _, a := range acts {
		out = append(out, d.T("may_act."+a))
	}
	return out
}
