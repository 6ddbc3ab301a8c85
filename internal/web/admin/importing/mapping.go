package importing

import (
	"errors"
	"path/filepath"
	"reflect"
	"slices"
	"strconv"
	"strings"

	"kartotek/internal/db"
	"kartotek/internal/exchange"
	"kartotek/internal/exchange/dialect"
	"kartotek/internal/fault"
	"kartotek/internal/id"
	"kartotek/internal/web/admin/desk"
	"kartotek/internal/web/door"
	"kartotek/internal/web/page"
)

// maxColumns is how many columns the form offers; a file with more is mapped at
// the command line.
const maxColumns = 60

// remap changes how the columns of an upload are read and makes its dry run anew.
func remap(d *desk.Desk) error {
	up, err := d.ID("id")
	if err != nil {
		return err
	}
	u, err := readUpload(d.Rooms, up)
	if err != nil {
		return err
	}
	p, ready, err := readPlan(d.Rooms, up)
	if err != nil {
		return err
	}
	if u.Import != 0 || !ready {
		return d.Redirect(path(up) + "/plan")
	}
	f, err := d.Form(0)
	if err != nil {
		return err
	}
	switch f.Get("act") {
	case "forget":
		return forget(d, up, f.Get("saved"))
	case "use":
		return use(d, up, u, f.Get("saved"))
	}
	return try(d, up, u, p, f)
}

// use reads the upload by a saved mapping, or by none.
func use(d *desk.Desk, up id.ID, u uploaded, name string) error {
	u.Options.Mapping, u.Options.Unmapped = nil, name == ""
	if name != "" {
		err := d.Look(func(tx *db.Tx) (err error) { u.Options.Mapping, err = d.Exchange.Mapping(tx, name); return err })
		if err != nil {
			return err
		}
	}
	return again(d, up, u)
}

func forget(d *desk.Desk, up id.ID, name string) error {
	if name == "" {
		return d.Redirect(path(up) + "/plan")
	}
	if err := d.Act(func(tx *db.Tx) error { return d.Exchange.DeleteMapping(tx, name) }); err != nil {
		return err
	}
	return d.Done(path(up)+"/plan", d.T("map.forgotten", "name", name))
}

// try reads the upload by what the form says, and saves that under a name when
// it is asked to. What the notice does not promise is shown beside its column,
// and nothing is changed.
func try(d *desk.Desk, up id.ID, u uploaded, p planned, f door.Fields) error {
	m, err := posted(f, columns(p.Info))
	if err == nil && f.Get("act") == "save" {
		m.Name = strings.TrimSpace(f.Get("name"))
		err = d.Act(func(tx *db.Tx) error { return d.Exchange.SaveMapping(tx, *m) })
		if err == nil {
			d.Flash(page.Flash{Tone: page.Yes, Text: d.T("map.kept", "name", m.Name)})
		}
	} else if err == nil {
		m.Name = sameAs(m, p.Mapping)
		err = d.Exchange.CheckMapping(m)
	}
	var refused *fault.Error
	if errors.As(err, &refused) && (refused.Code == fault.Invalid || refused.Code == fault.TooLarge) {
		return showPlan(d, up, p, &draft{m, f.Get("name"), refused})
	}
	if err != nil {
		return err
	}
	u.Options.Mapping, u.Options.Unmapped = m, false
	return again(d, up, u)
}

// sameAs gives the name of a mapping that was not changed; a changed one has none.
func sameAs(m, before *dialect.Mapping) string {
	if before != nil && reflect.DeepEqual(m.Columns, before.Columns) && reflect.DeepEqual(m.Permissions, before.Permissions) {
		return before.Name
	}
	return ""
}

func again(d *desk.Desk, up id.ID, u uploaded) error {
	if err := write(d.Rooms, up, "upload.json", u); err != nil {
		return err
	}
	return lookAt(d, up, u)
}

// draft is a mapping that was refused, as the form had it.
type draft struct {
	mapping *dialect.Mapping
	name    string
	refused *fault.Error
}

// columns lists the columns of an upload and what becomes of each, once.
func columns(info dialect.Info) (out []dialect.Column) {
	at := map[string]int{}
	for _, f := range info.Files {
		for _, c := range f.Columns {
			i, met := at[c.Header]
			switch {
			case c.Header == "":
			case !met:
				at[c.Header] = len(out)
				out = append(out, c)
			case out[i].Target == "unlisted":
				out[i] = c
			}
		}
	}
	return out
}

// posted makes a mapping of the form.
func posted(f door.Fields, all []dialect.Column) (*dialect.Mapping, error) {
	m := &dialect.Mapping{Columns: map[string]string{}}
	for i, c := range all {
		get := func(name string) string { return f.Get(name + strconv.Itoa(i)) }
		header := func(name string) string {
			if n, err := strconv.Atoi(get(name)); err == nil && n >= 0 && n < len(all) {
				return all[n].Header
			}
			return ""
		}
		p := dialect.PermissionColumn{Column: c.Header, Yes: words(get("words")), Date: header("date"), Evidence: header("proof")}
		switch to := get("to"); to {
		case page.ColumnConsent:
			p.Kind = dialect.Consent
			p.Purpose, p.Channel, _ = strings.Cut(get("yes"), ":")
			m.Permissions = append(m.Permissions, p)
		case page.ColumnProhibition:
			if p.Kind, p.Scope = dialect.Prohibition, get("no"); p.Scope == "" {
				return m, fault.New(fault.Invalid, "mapping.scope", "choose what the prohibition covers").In(c.Header)
			}
			m.Permissions = append(m.Permissions, p)
		case page.ColumnLeftOut:
			m.Columns[c.Header] = ""
		case "":
			return m, fault.New(fault.Invalid, "form.missing", "the column has no choice").In(c.Header)
		default:
			m.Columns[c.Header] = strings.TrimPrefix(to, "=")
		}
	}
	return m, nil
}

// words parts what was typed at commas and semicolons.
func words(s string) (out []string) {
	for _, w := range strings.FieldsFunc(s, func(c rune) bool { return c == ',' || c == ';' }) {
		if w = strings.TrimSpace(w); w != "" {
			out = append(out, w)
		}
	}
	return out
}

// mappingView is the form over a plan, filled with how its columns were read, or
// with a draft that was refused.
func mappingView(d *desk.Desk, p planned, files []string, x *draft) (*page.ImportMapping, error) {
	all := columns(p.Info)
	if len(all) == 0 {
		return nil, nil
	}
	v := &page.ImportMapping{Many: len(all) > maxColumns, Open: x != nil || p.Mapping != nil || plain(p.Info), Name: proposed(p.Mapping, files)}
	m := p.Mapping
	if m != nil {
		v.Using, v.Reads = using(d, p), reads(d, m)
	}
	if x != nil {
		m, v.Name = x.mapping, x.name
		if x.refused.Key == "mapping.name" {
			v.NameError = d.Explain(x.refused)
		}
	}
	if !v.Many {
		choices := newChoices(d, all)
		for i, c := range all {
			v.Columns = append(v.Columns, choices.column(i, c, m))
			if x != nil && v.NameError == "" && x.refused.Field == c.Header {
				v.Columns[i].Error = d.Explain(x.refused)
			}
		}
	}
	return v, savedMappings(d, v, p.Mapping)
}

func savedMappings(d *desk.Desk, v *page.ImportMapping, used *dialect.Mapping) error {
	var saved []exchange.SavedMapping
	err := d.Look(func(tx *db.Tx) (err error) { saved, err = d.Exchange.Mappings(tx); return err })
	if err != nil || len(saved) == 0 {
		return err
	}
	v.Saved = append(v.Saved, page.Option{Value: "", Text: d.T("map.none")})
	for _, s := range saved {
		v.Saved = append(v.Saved, page.Option{Value: s.Name, Text: d.T("map.saved_by", "name", s.Name, "by", s.By, "at", desk.Time(s.At)), On: used != nil && used.Name == s.Name})
	}
	return nil
}

// plain tells uploads of other CSV alone, whose columns are the reader's to explain.
func plain(info dialect.Info) bool {
	return !slices.ContainsFunc(info.Files, func(f dialect.FileInfo) bool { return f.Dialect != "csv" })
}

// proposed is a name to save under: the one in use, else that of the file.
func proposed(m *dialect.Mapping, files []string) string {
	if m != nil && m.Name != "" {
		return m.Name
	}
	name := []rune(strings.TrimSuffix(filepath.Base(files[0]), filepath.Ext(files[0])))
	return string(name[:min(len(name), 60)])
}

func using(d *desk.Desk, p planned) string {
	switch {
	case p.Found:
		return d.T("map.found", "name", p.Mapping.Name)
	case p.Mapping.Name != "":
		return d.T("map.using", "name", p.Mapping.Name)
	}
	return d.T("map.unsaved")
}

// reads says in words what a mapping reads of permission, column by column.
func reads(d *desk.Desk, m *dialect.Mapping) (out []string) {
	for _, c := range m.Permissions {
		cell := d.T("map.cell_" + string(c.Kind))
		if len(c.Yes) > 0 {
			cell = d.T("map.cell_words", "words", strings.Join(c.Yes, ", "))
		}
		key, scope := "map.reads_yes", "purpose:"+c.Purpose+":"+c.Channel
		if c.Kind == dialect.Prohibition {
			key, scope = "map.reads_no", c.Forbids()
		}
		text := d.T(key, "column", c.Column, "what", d.Scope(scope), "cell", cell)
		switch {
		case c.Date != "":
			text += " " + d.T("map.dated", "column", c.Date)
		case c.Kind == dialect.Consent:
			text += " " + d.T("map.weak")
		}
		out = append(out, text)
	}
	return out
}
