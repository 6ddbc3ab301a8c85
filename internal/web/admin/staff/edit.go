package staff

import (
	"net/http"
	"net/url"
	"slices"
	"strings"

	"kartotek/internal/fault"
	"kartotek/internal/noticedef"
	"kartotek/internal/web/admin/desk"
	"kartotek/internal/web/door"
	"kartotek/internal/web/page"
	"kartotek/internal/web/page/office"
)

// fresh stands in an address for the name of a level that is still to be made; no
// level can be called that.
const fresh = "-"

// ownActs are the acts that reach no people; a form offers them without a purpose.
var ownActs = []string{"notice", "publish", "log", "staff", "settings"}

// newLevel is the form of a level that there is not yet.
func newLevel(d *desk.Desk) error {
	return d.Render(http.StatusOK, office.LevelEdit(editor(d, noticedef.Level{}, nil)))
}

// edit is the form of a level.
func edit(d *desk.Desk) error {
	l, ok := d.Facts.Level(d.PathValue("name"))
	if !ok {
		return noLevel()
	}
	if key := d.Facts.MayChange(holder(d), l); key != "" {
		return refused(d, l.Name, key)
	}
	return d.Render(http.StatusOK, office.LevelEdit(editor(d, l, nil)))
}

// editor fills the form with a level as it stands in the file: what is written for
// "all" stands in a row and a column of its own.
func editor(d *desk.Desk, l noticedef.Level, wrong error) office.LevelEditView {
	_, known := d.Facts.Level(l.Name)
	v := office.LevelEditView{Action: address(d, l) + "/check", Base: d.InForce.Hash, Back: "/staff/levels", New: !known, Title: d.T("levels.new")}
	if known {
		v.Title, v.Back = d.T("levels.edit_title", "level", titleOf(d, l.Name)), levelPath(l.Name)
	}
	if wrong != nil {
		v.Error = explain(d, wrong)
	}
	v.Name = page.Field{ID: "name", Label: d.T("levels.name"), Hint: d.T("levels.name_hint"), Value: l.Name, Required: true, Max: 40}
	for _, lang := range d.Facts.Languages {
		what := strings.ToUpper(lang)
		v.Titles = append(v.Titles, page.Field{ID: "title." + lang, Label: d.T("levels.field_title", "lang", what), Value: l.Title[lang], Required: true, Max: 80})
		v.Jobs = append(v.Jobs, page.Field{ID: "job." + lang, Label: d.T("levels.field_job", "lang", what), Value: l.Job[lang], Max: 300})
	}
	cells(d, &v, l)
	for _, purpose := range purposes(d) {
		v.Acts = append(v.Acts, actChoices(d, l, purpose, purposeTitle(d, purpose)))
	}
	v.Acts = append(v.Acts, actChoices(d, l, "", d.T("levels.without")))
	for _, o := range d.Facts.LevelList() {
		if o.Name != l.Name {
			v.Elevate = append(v.Elevate, page.Option{Value: o.Name, Text: titleOf(d, o.Name), On: slices.Contains(l.Elevate, o.Name)})
		}
	}
	for _, act := range noticedef.Acts {
		v.FourEyes = append(v.FourEyes, page.Option{Value: act, Text: d.T("may_act." + act), On: slices.Contains(l.FourEyes, act)})
	}
	v.Frame = d.Frame(v.Title, "staff")
	return v
}

// address is where a level is published.
func address(d *desk.Desk, l noticedef.Level) string {
	if _, known := d.Facts.Level(l.Name); known {
		return "/staff/levels/" + url.PathEscape(l.Name)
	}
	return "/staff/levels/" + fresh
}

// purposes are the columns of the form: every one, then each.
func purposes(d *desk.Desk) []string {
	out := []string{noticedef.All}
	for _, p := range d.Facts.Purposes {
		out = append(out, p.ID)
	}
	return out
}

func purposeTitle(d *desk.Desk, purpose string) string {
	if purpose == noticedef.All {
		return d.T("levels.every_purpose")
	}
	return d.PurposeTitle(purpose)
}

// offered reports whether a purpose uses a category, so that a level can say
// something of it.
func offered(d *desk.Desk, purpose, category string) bool {
	p, ok := d.Facts.Purpose(purpose)
	return !ok || category == noticedef.All || slices.Contains(p.Uses, category)
}

func cells(d *desk.Desk, v *office.LevelEditView, l noticedef.Level) {
	for _, p := range purposes(d) {
		v.Purposes = append(v.Purposes, purposeTitle(d, p))
	}
	rows := []noticedef.Category{{ID: noticedef.All}}
	for _, c := range append(rows, d.Facts.Categories...) {
		title := categoryTitle(d, c.ID)
		row := office.LevelEditRow{Category: title}
		for _, p := range purposes(d) {
			cell := office.LevelEditCell{}
			if offered(d, p, c.ID) {
				cell = office.LevelEditCell{Name: cellName(p, c.ID), Label: title + ", " + purposeTitle(d, p), Options: actionChoices(d, written(l, p, c.ID))}
			}
			row.Cells = append(row.Cells, cell)
		}
		v.Rows = append(v.Rows, row)
	}
}

func categoryTitle(d *desk.Desk, category string) string {
	if c, ok := d.Facts.Category(category); ok {
		return c.Title.In(d.Lang())
	}
	if category == noticedef.All {
		return d.T("levels.every_category")
	}
	return category
}

func cellName(purpose, category string) string { return "cell." + purpose + "." + category }

// written is what a level's own line says of a cell, as the form's value.
func written(l noticedef.Level, purpose, category string) string {
	for _, g := range l.Grants {
		for _, c := range g.Cells {
			if g.Purpose == purpose && c.Category == category {
				return actionsOf(c)
			}
		}
	}
	return ""
}

func actionsOf(c noticedef.Cell) string {
	out := noticedef.See
	if c.Search {
		out += " " + noticedef.Search
	}
	if c.Edit {
		out += " " + noticedef.Edit
	}
	return out
}

// cellValues are what a cell can say.
var cellValues = []string{"", "see", "see search", "see search edit", "see edit"}

func actionChoices(d *desk.Desk, on string) (out []page.Option) {
	for _, v := range cellValues {
		if v != "see edit" || on == v { // seldom meant, so offered only where it stands
			out = append(out, page.Option{Value: v, Text: d.T("levels.cell_" + strings.ReplaceAll(or(v, "none"), " ", "_")), On: v == on})
		}
	}
	return out
}

func or(s, otherwise string) string {
	if s == "" {
		return otherwise
	}
	return s
}

// actChoices are the acts that a purpose, or none (""), can be given.
func actChoices(d *desk.Desk, l noticedef.Level, purpose, title string) office.LevelEditActs {
	out := office.LevelEditActs{Name: actName(purpose), For: title}
	have := actsWritten(l, purpose)
	for _, act := range noticedef.Acts {
		on := slices.Contains(have, act)
		if on {
			out.Some++
		}
		if on || slices.Contains(ownActs, act) == (purpose == "") {
			out.Acts = append(out.Acts, page.Option{Value: act, Text: d.T("may_act." + act), On: on})
		}
	}
	return out
}

func actName(purpose string) string {
	if purpose == "" {
		return "act"
	}
	return "act." + purpose
}

func actsWritten(l noticedef.Level, purpose string) []string {
	if purpose == "" {
		return l.Acts
	}
	for _, g := range l.Grants {
		if g.Purpose == purpose {
			return g.Acts
		}
	}
	return nil
}

// readLevel makes a level of a posted form, upon the one there is. What the form did
// not offer stays as it was; the order of what was there too, so that the file
// changes no more than it must.
func readLevel(d *desk.Desk, f door.Fields) (l noticedef.Level, err error) {
	name := d.PathValue("name")
	if name == fresh {
		if name, err = f.Need("name", 40); err != nil {
			return l, err
		}
		l.Name = name
		if _, exists := d.Facts.Level(name); exists {
			return l, fault.New(fault.Conflict, "levels.exists", "there is a level of this name already").In("name")
		}
	} else if _, ok := d.Facts.Level(name); !ok {
		return l, noLevel()
	}
	old, _ := d.Facts.Level(name)
	l = noticedef.Level{Name: name, Title: texts(d, f, "title", old.Title), Job: texts(d, f, "job", old.Job)}
	for _, purpose := range ordered(old, purposes(d)) {
		g := noticedef.Grant{Purpose: purpose}
		if g.Cells, err = readCells(d, f, old, purpose); err != nil {
			return l, err
		}
		if g.Acts, err = readWords(f, actName(purpose), actsWritten(old, purpose), noticedef.Acts); err != nil {
			return l, err
		}
		if len(g.Cells)+len(g.Acts) > 0 {
			l.Grants = append(l.Grants, g)
		}
	}
	if l.Acts, err = readWords(f, "act", old.Acts, noticedef.Acts); err != nil {
		return l, err
	}
	if l.FourEyes, err = readWords(f, "four_eyes", old.FourEyes, noticedef.Acts); err != nil {
		return l, err
	}
	l.Elevate, err = readWords(f, "elevate", old.Elevate, levelNames(d))
	return l, err
}

func levelNames(d *desk.Desk) (out []string) {
	for _, l := range d.Facts.LevelList() {
		out = append(out, l.Name)
	}
	return out
}

// texts reads a wording in the notice's languages.
func texts(d *desk.Desk, f door.Fields, name string, old noticedef.Text) noticedef.Text {
	out := noticedef.Text{}
	for lang, s := range old {
		out[lang] = s
	}
	for _, lang := range d.Facts.Languages {
		out[lang] = strings.Join(strings.Fields(f.Get(name+"."+lang)), " ")
		if out[lang] == "" {
			delete(out, lang)
		}
	}
	return out
}

// ordered gives the purposes a level has, then the others.
func ordered(old noticedef.Level, all []string) (out []string) {
	for _, g := range old.Grants {
		out = append(out, g.Purpose)
	}
	for _, p := range all {
		if !slices.Contains(out, p) {
			out = append(out, p)
		}
	}
	return out
}

func readCells(d *desk.Desk, f door.Fields, old noticedef.Level, purpose string) (out []noticedef.Cell, err error) {
	var order []string
	for _, g := range old.Grants {
		for _, c := range g.Cells {
			if g.Purpose == purpose {
				order = append(order, c.Category)
			}
		}
	}
	for _, c := range append([]noticedef.Category{{ID: noticedef.All}}, d.Facts.Categories...) {
		if !slices.Contains(order, c.ID) {
			order = append(order, c.ID)
		}
	}
	for _, category := range order {
		value := written(old, purpose, category)
		if offered(d, purpose, category) {
			value = f.Get(cellName(purpose, category))
		}
		if !slices.Contains(cellValues, value) {
			return nil, fault.New(fault.Invalid, "form.choice", "choose one of what the form offers").In("cell")
		}
		if value != "" {
			out = append(out, noticedef.Cell{Category: category, Search: strings.Contains(value, "search"), Edit: strings.Contains(value, "edit")})
		}
	}
	return out, nil
}

// readWords reads words of a closed list, those that were there first.
func readWords(f door.Fields, name string, old, known []string) (out []string, err error) {
	asked := f.Values[name]
	for _, w := range asked {
		if !slices.Contains(known, w) {
			return nil, fault.New(fault.Invalid, "form.choice", "choose one of what the form offers").In("act")
		}
	}
	for _, w := range append(slices.Clone(old), known...) {
		if slices.Contains(asked, w) && !slices.Contains(out, w) {
			out = append(out, w)
		}
	}
	return out, nil
}
