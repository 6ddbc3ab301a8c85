// Package log is the staff page of the log: who did, read or exported what, when
// and for which purpose. Reading it is itself logged. law: GDPR 5(2)
//
//	GET /log             who, what, outcome, day, until, person, after
//	GET /log/{id}        one entry, with the proof that it stands in the log
//	GET /log/{id}/proof  the proof as a file
//	GET /log/checkpoint  for everybody: the signed head, which says nothing of anyone
package log

import (
	"encoding/hex"
	"net/url"
	"slices"
	"time"

	"kartotek/internal/audit"
	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/id"
	"kartotek/internal/staff"
	"kartotek/internal/web/admin/desk"
	"kartotek/internal/web/door"
	"kartotek/internal/web/page"
)

const pageRows = 50

// Routes lists the page.
func Routes() []door.Route {
	return []door.Route{
		{Method: "GET", Path: "/log", Level: "log", Handler: desk.Always(show)},
		{Method: "GET", Path: "/log/{id}", Level: "log", Handler: desk.Always(entry)},
		{Method: "GET", Path: "/log/{id}/proof", Level: "log", Handler: desk.Always(download)},
		{Method: "GET", Path: "/log/checkpoint", Level: door.Public, Handler: checkpoint, Bare: true},
	}
}

// asked is what the log is narrowed by.
type asked struct {
	who, person               id.ID
	what, outcome, day, until string
}

func show(d *desk.Desk) error {
	a, err := read(d)
	if err != nil {
		return err
	}
	var after id.ID
	if _, err := d.Cursor(&after); err != nil {
		return err
	}
	if err := d.Audit.Fold(d.Context()); err != nil {
		return err
	}
	var v page.LogView
	err = d.Look(func(tx *db.Tx) error {
		f := a.filter(d)
		f.After, f.Limit = after, pageRows+1
		entries, err := audit.Read(tx, f)
		if err != nil {
			return err
		}
		if len(entries) > pageRows {
			entries = entries[:pageRows]
			v.Next = a.address("after", d.SignCursor(entries[pageRows-1].ID))
		}
		for i := range entries {
			r, err := row(d, tx, a, &entries[i])
			if err != nil {
				return err
			}
			v.Rows = append(v.Rows, r)
		}
		if v.Verified, v.Broken, err = signed(d, tx); err != nil {
			return err
		}
		v.Who, err = accounts(tx, a, d.T("log.everybody"))
		return err
	})
	if err != nil {
		return err
	}
	if err := d.Seen(audit.Entry{Action: "log.read", Kind: "log", Count: len(v.Rows), Person: a.person, Detail: a.detail(), Purpose: d.Purpose()}); err != nil {
		return err
	}
	v.What, v.Ended, v.Day, v.Until, v.Filters = actions(d, a), outcomes(d, a), a.day, a.until, a.chips(d)
	v.Frame = d.Frame(d.T("nav.log"), "log")
	return d.Render(200, page.Log(v))
}

func read(d *desk.Desk) (a asked, err error) {
	q, err := d.Query()
	if err != nil {
		return a, err
	}
	for _, x := range []struct {
		name string
		into *id.ID
	}{{"who", &a.who}, {"person", &a.person}} {
		if text := q.Get(x.name); text != "" {
			if *x.into, err = id.Parse(text); err != nil {
				return a, fault.New(fault.Invalid, "form.choice", "there is no such choice").In(x.name)
			}
		}
	}
	if a.what, err = q.Line("what", 60); err != nil {
		return a, err
	}
	if a.outcome = q.Get("outcome"); !slices.Contains([]string{"", audit.OK, audit.Refused, audit.Failed}, a.outcome) {
		return a, fault.New(fault.Invalid, "form.choice", "there is no such choice").In("outcome")
	}
	for name, into := range map[string]*string{"day": &a.day, "until": &a.until} {
		*into = q.Get(name)
		if _, err := time.Parse(time.DateOnly, *into); *into != "" && err != nil {
			return a, fault.New(fault.Invalid, "form.date", "a day is a date").In(name)
		}
	}
	return a, nil
}

func (a asked) filter(d *desk.Desk) audit.Filter {
	f := audit.Filter{Person: a.person, By: a.who, Action: a.what, Outcome: a.outcome}
	if a.day != "" {
		f.From, f.To = d.Day(a.day)
	}
	if a.until != "" {
		_, f.To = d.Day(a.until)
	}
	return f
}

func (a asked) detail() map[string]string {
	out := map[string]string{}
	for name, value := range a.fields() {
		if value != "" && name != "person" {
			out[name] = value
		}
	}
	return out
}

func (a asked) fields() map[string]string {
	out := map[string]string{"what": a.what, "outcome": a.outcome, "day": a.day, "until": a.until}
	if a.who != 0 {
		out["who"] = a.who.String()
	}
	if a.person != 0 {
		out["person"] = a.person.String()
	}
	return out
}

// address is the log under these filters, with one field set or, by "", taken away.
func (a asked) address(name, value string) string {
	v := url.Values{}
	for k, x := range a.fields() {
		if x != "" && k != name {
			v.Set(k, x)
		}
	}
	if value != "" {
		v.Set(name, value)
	}
	if len(v) == 0 {
		return "/log"
	}
	return "/log?" + v.Encode()
}

func (a asked) chips(d *desk.Desk) (out []page.Chip) {
	for _, x := range []struct{ name, text string }{{"person", d.T("log.one_person")}, {"what", Action(d, a.what)}, {"outcome", outcome(d, a.outcome)},
		{"day", a.day}, {"until", a.until}} {
		if a.fields()[x.name] != "" {
			out = append(out, page.Chip{Text: x.text, Remove: a.address(x.name, ""), RemoveWording: d.T("people.remove_filter")})
		}
	}
	return out
}

// row is one entry in words.
func row(d *desk.Desk, tx *db.Tx, a asked, e *audit.Entry) (page.LogRow, error) {
	r := page.LogRow{At: e.At, Who: page.Link{Text: e.By.Name}, Act: page.Link{Text: Action(d, e.Action), Href: a.address("what", e.Action)}, Purpose: d.PurposeTitle(e.Purpose)}
	if e.By.ID != 0 && e.By.Kind == "staff" {
		r.Who.Href = a.address("who", e.By.ID.String())
	}
	if e.Outcome != audit.OK {
		r.Act.Text += " (" + outcome(d, e.Outcome) + ")"
	}
	r.Thing, r.Proof = thing(d, e), "/log/"+e.ID.String()
	if e.Person != 0 && a.person == 0 {
		r.Only = page.Link{Text: d.T("log.only"), Href: a.address("person", e.Person.String())}
	}
	digest, err := audit.Digest(tx, e.ID)
	r.Hash = hex.EncodeToString(digest[:min(4, len(digest))])
	return r, err
}

// places are the pages of things the log names.
var places = map[string]string{"person": "/people/", "campaign": "/outreach/", "import": "/import/", "organisation": "/organisations/", "segment": "/segments/"}

func thing(d *desk.Desk, e *audit.Entry) page.Link {
	kind := d.Printer.Or("log.kind."+e.Kind, e.Kind)
	switch {
	case e.Person != 0:
		return page.Link{Text: d.T("log.which", "kind", kind, "key", e.Person.String()), Href: places["person"] + e.Person.String()}
	case e.Object == "" && e.Count > 0:
		return page.Link{Text: d.T("log.count", "n", e.Count, "kind", kind)}
	case e.Object == "":
		return page.Link{Text: kind}
	case places[e.Kind] == "":
		return page.Link{Text: d.T("log.which", "kind", kind, "key", e.Object)}
	}
	return page.Link{Text: d.T("log.which", "kind", kind, "key", e.Object), Href: places[e.Kind] + e.Object}
}

// Action names an act of the log.
func Action(d *desk.Desk, action string) string { return d.Printer.Or("log_act."+action, action) }

func outcome(d *desk.Desk, o string) string { return d.Printer.Or("log.outcome."+o, o) }

func outcomes(d *desk.Desk, a asked) []page.Option {
	out := []page.Option{{Value: "", Text: d.T("log.any_outcome")}}
	for _, o := range []string{audit.OK, audit.Refused, audit.Failed} {
		out = append(out, page.Option{Value: o, Text: outcome(d, o), On: o == a.outcome})
	}
	return out
}

func accounts(tx *db.Tx, a asked, everybody string) ([]page.Option, error) {
	all, err := staff.List(tx)
	out := []page.Option{{Value: "", Text: everybody}}
	for _, x := range all {
		out = append(out, page.Option{Value: x.ID.String(), Text: x.Name, On: x.ID == a.who})
	}
	return out, err
}

// listedActions are offered in the filter; the log may hold others.
var listedActions = []string{"person.read", "person.search", "person.list", "evidence.read", "verdict.replay", "person.create", "person.edit", "person.undo",
	"person.merge", "person.restrict", "permission.prohibit", "permission.withdraw", "permission.consent", "import.begin", "import.undo", "campaign.start",
	"campaign.pause", "campaign.people", "campaign.settle", "notice.publish", "log.read"}

func actions(d *desk.Desk, a asked) []page.Option {
	out := []page.Option{{Value: "", Text: d.T("log.everything")}}
	known := a.what == ""
	for _, x := range listedActions {
		known = known || x == a.what
		out = append(out, page.Option{Value: x, Text: Action(d, x), On: x == a.what})
	}
	if !known {
		out = append(out, page.Option{Value: a.what, Text: Action(d, a.what), On: true})
	}
	return out
}
