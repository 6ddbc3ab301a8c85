// Package suppression is the pages of mail that comes back and of addresses that are not
// to be used, whoever has them: how many and why, what is known of one, adding one, and whole lists such as
// a national opt-out register.
//
//	GET  /outreach/suppression
//	POST /outreach/suppression/check      what is known of one address; answers in place
//	POST /outreach/suppression/add        holds one
//	POST /outreach/suppression/lift       lets one be used again that staff may judge
//	POST /outreach/suppression/list       reads a list (list.go)
//	POST /outreach/suppression/list/drop  takes a list away
//
//	GET  /outreach/returns                mail that comes back (returns.go)
//	POST /outreach/returns/mailbox        the mailbox it comes to
//	POST /outreach/returns/note           ends a note about a new address
//
// Addresses travel in bodies only: what stands in an address is kept by browsers
// and logs. Package returns acts.
package suppression

import (
	"net/http"

	"kartotek/internal/audit"
	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/outbox/suppress"
	"kartotek/internal/returns"
	"kartotek/internal/web/admin/desk"
	"kartotek/internal/web/door"
	"kartotek/internal/web/page"
)

const at = "/outreach/suppression"

// maxList is the largest list a page takes; the command line takes any.
const maxList = 256 << 20

// Routes lists the pages.
func Routes() []door.Route {
	return []door.Route{
		{Method: "GET", Path: at, Level: "send", Handler: desk.With(show)},
		{Method: "POST", Path: at + "/check", Level: "permission", Handler: desk.With(check)},
		{Method: "POST", Path: at + "/add", Level: "permission", Handler: desk.With(add)},
		{Method: "POST", Path: at + "/lift", Level: "permission", Handler: desk.With(lift)},
		{Method: "POST", Path: at + "/list", Level: "import", Handler: desk.With(readList), Body: maxList, Long: true},
		{Method: "GET", Path: returning, Level: "send", Handler: desk.With(showReturns)},
		{Method: "POST", Path: returning + "/mailbox", Level: "settings", Handler: desk.With(setBox), Long: true},
		{Method: "POST", Path: returning + "/note", Level: door.SeePeople, Handler: desk.With(judged)},
		{Method: "POST", Path: at + "/list/drop", Level: "import", Handler: desk.With(dropList), Long: true},
	}
}

func show(d *desk.Desk) error { return render(d, http.StatusOK, page.SuppressionView{}) }

// render fills the view with what is counted, and the forms.
func render(d *desk.Desk, status int, v page.SuppressionView) error {
	s, err := d.Returns.Suppressions(d.Context(), d.By(d.Purpose()))
	if err != nil {
		return err
	}
	for _, t := range s.Single {
		v.Total += t.N
		v.Rows = append(v.Rows, page.SuppressionRow{Reason: d.T("suppress.reason." + t.Reason), Hint: d.T("suppress.hint." + t.Reason),
			Kind: d.T("suppress.kind." + t.Kind), Class: class(d, t.Class), N: t.N})
	}
	for _, l := range s.Lists {
		v.Total += int(l.Addresses)
		v.Lists = append(v.Lists, page.SuppressionList{Name: l.Name, Kind: d.T("suppress.kind." + l.Kind), Class: class(d, l.Class), Source: l.Source,
			N: int(l.Addresses), Read: desk.Time(l.At), By: l.By})
	}
	v.MayAdd, v.MayList = d.Can("permission"), d.Can("import")
	v.Address.ID, v.Address.Label, v.Address.Hint = "address", d.T("suppress.address"), d.T("suppress.address_hint")
	v.Address.Required, v.Address.Auto, v.Address.Max = true, "off", maxAddress
	v.Add, v.New = addFields(d), listFields(d)
	v.Frame = d.Frame(d.T("suppress.title"), "outreach")
	return d.Render(status, page.Suppression(v))
}

const maxAddress = 320

func class(d *desk.Desk, c string) page.Chip {
	tone := page.Wait
	if c == suppress.HoldAll {
		tone = page.No
	}
	return page.Chip{Text: d.T("suppress.class." + c), Tone: tone}
}

func choices(d *desk.Desk, prefix string, values ...string) (out []page.Option) {
	for i, v := range values {
		out = append(out, page.Option{Value: v, Text: d.T(prefix + v), On: i == 0})
	}
	return out
}

func addFields(d *desk.Desk) []page.Field {
	return []page.Field{
		{ID: "add-address", Name: "address", Label: d.T("suppress.address"), Hint: d.T("suppress.address_hint"), Required: true, Auto: "off", Max: maxAddress},
		{ID: "class", Label: d.T("suppress.class"), Type: "select", Options: choices(d, "suppress.class.", suppress.HoldMarketing, suppress.HoldAll)},
		{ID: "reason", Label: d.T("suppress.reason"), Type: "select", Options: choices(d, "suppress.reason.", suppress.ReasonAsked, suppress.ReasonComplaint, suppress.ReasonStaff)},
	}
}

// typed reads the address of a form, and its kind.
func typed(d *desk.Desk) (door.Fields, string, string, error) {
	f, err := d.Form(0)
	if err != nil {
		return f, "", "", err
	}
	value, err := f.Need("address", maxAddress)
	return f, value, returns.KindOf(value), err
}

// check says what is known of one address.
func check(d *desk.Desk) error {
	_, value, kind, err := typed(d)
	if err != nil {
		return d.Back(at, err)
	}
	v := page.SuppressionView{Address: page.Field{Value: value}, Answer: &page.SuppressionAnswer{Address: value}}
	err = d.Look(func(tx *db.Tx) error {
		why, err := d.Outbox.Holds().Find(tx, kind, value)
		if err != nil {
			return err
		}
		v.Answer.Why = v.Answer.Why[:0]
		for _, s := range why {
			v.Answer.Why = append(v.Answer.Why, reason(d, s))
		}
		return whose(d, tx, value, v.Answer)
	})
	if fault.Is(err, fault.Invalid) {
		v.Answer, v.Address.Error = nil, d.Explain(err)
		return render(d, http.StatusUnprocessableEntity, v)
	}
	if err != nil {
		return err
	}
	if err := d.Seen(audit.Entry{Action: "suppress.check", Kind: "address", Count: 1, Purpose: d.Purpose()}); err != nil {
		return err
	}
	return render(d, http.StatusOK, v)
}

func reason(d *desk.Desk, s suppress.Suppression) page.SuppressionWhy {
	w := page.SuppressionWhy{Text: d.T("suppress.reason." + s.Reason), Hint: d.T("suppress.hint." + s.Reason), Class: class(d, s.Class), Since: desk.Time(s.At)}
	if s.Reason == suppress.ReasonList {
		w.Text = s.List
	}
	if returns.Liftable(s.Reason) && d.Can("permission") {
		w.Lift = &page.SuppressionLift{Kind: s.Kind, Class: s.Class, Reason: s.Reason}
	}
	return w
}

// whose leads to the card of whoever has the address, for a reader who may look for people by it.
func whose(d *desk.Desk, tx *db.Tx, value string, a *page.SuppressionAnswer) error {
	if d.NeedSearch() != nil {
		return nil
	}
	who, found, err := d.ByAddress(tx, value)
	if err != nil || !found {
		return err
	}
	p, found, err := d.Party.Get(tx, who)
	if err == nil && found {
		a.Person = page.Link{Text: d.Masked(p).Name(), Href: "/people/" + who.String()}
	}
	return err
}

func add(d *desk.Desk) error {
	f, value, kind, err := typed(d)
	if err == nil {
		err = d.Returns.Hold(d.Context(), d.By(d.Purpose()), value, suppress.Suppression{Kind: kind, Class: f.Get("class"), Reason: f.Get("reason")})
	}
	if err != nil {
		return d.Back(at, err)
	}
	return d.Done(at, d.T("suppress.added"))
}

func lift(d *desk.Desk) error {
	f, value, kind, err := typed(d)
	if err == nil {
		err = d.Returns.Lift(d.Context(), d.By(d.Purpose()), value, suppress.Suppression{Kind: kind, Class: f.Get("class"), Reason: f.Get("reason")})
	}
	if err != nil {
		return d.Back(at, err)
	}
	return d.Done(at, d.T("suppress.lifted"))
}
