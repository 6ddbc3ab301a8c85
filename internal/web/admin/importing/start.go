package importing

import (
	"path/filepath"
	"strings"

	"kartotek/internal/db"
	"kartotek/internal/exchange"
	"kartotek/internal/noticedef"
	"kartotek/internal/web/admin/desk"
	"kartotek/internal/web/page"
)

// pastRows is how many earlier imports are listed.
const pastRows = 30

// dialects are what can be chosen when a file was not recognised.
var dialects = []string{"auto", "mailchimp", "hubspot", "brevo", "listmonk", "mautic", "keila", "kartotek", "csv"}

// start is the form of an import, with the earlier ones.
func start(d *desk.Desk) error {
	v := page.ImportStartView{Limit: maxUpload, Assert: []page.Option{{Value: "", Text: d.T("import.assert_nothing")}}}
	for _, name := range dialects {
		v.Dialects = append(v.Dialects, page.Option{Value: name, Text: d.T("dialect." + name)})
	}
	for _, p := range d.Facts.Purposes {
		if !asked(p) {
			continue
		}
		for _, ch := range p.Channels {
			v.Assert = append(v.Assert, page.Option{Value: p.ID + ":" + ch, Text: p.Title.In(d.Lang()) + " · " + d.Channel(ch)})
		}
	}
	err := d.Look(func(tx *db.Tx) error {
		all, err := d.Exchange.List(tx, pastRows)
		for _, m := range all {
			v.Past = append(v.Past, page.ImportRow{Href: path(m.ID), Name: name(m), At: desk.Time(m.Started), By: m.By, Rows: m.Counts.Rows, State: state(d, m)})
		}
		return err
	})
	if err != nil {
		return err
	}
	v.Frame = d.Frame(d.T("nav.import"), "import")
	return d.Render(200, page.ImportStart(v))
}

// asked tells the purposes that rest on a yes.
func asked(p noticedef.Purpose) bool { return p.Class == "marketing" || p.Class == "survey" }

// name is what an import is called: its files.
func name(m *exchange.Import) string {
	var names []string
	for _, f := range m.Files {
		names = append(names, filepath.Base(f))
	}
	return strings.Join(names, ", ")
}

var stateTone = map[string]page.Tone{"running": page.Info, "done": page.Yes, "failed": page.No, "undone": page.Wait}

func state(d *desk.Desk, m *exchange.Import) page.Chip {
	return page.Chip{Text: d.Printer.Or("import.state."+m.State, m.State), Tone: stateTone[m.State]}
}
