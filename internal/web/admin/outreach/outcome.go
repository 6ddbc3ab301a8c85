package outreach

import (
	"net/url"
	"slices"

	"kartotek/internal/campaign"
	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/id"
	"kartotek/internal/outbox"
	"kartotek/internal/permit"
	"kartotek/internal/web/admin/desk"
	"kartotek/internal/web/page"
)

// asked is the outcome whose people are listed.
type asked struct {
	state outbox.State
	code  string
}

func (a asked) fields() string {
	if a.code != "" {
		return "code=" + url.QueryEscape(a.code)
	}
	return "state=" + url.QueryEscape(string(a.state))
}

// outcome lists the people of a newsletter by what became of it for them.
func outcome(d *desk.Desk) error {
	if err := d.NeedPeople(); err != nil {
		return err
	}
	a, from, err := readAsked(d)
	if err != nil {
		return err
	}
	var v page.NewsletterPeopleView
	err = d.Look(func(tx *db.Tx) error {
		c, err := read(d, tx)
		if err != nil {
			return err
		}
		all, next, more, err := d.Campaign.People(tx, c.ID, a.state, a.code, from, pageRows)
		if err != nil {
			return err
		}
		if v, err = outcomeView(d, tx, c, a, all); err == nil && more {
			v.Next = path(c.ID) + "/people?" + a.fields() + "&after=" + url.QueryEscape(d.SignCursor(next))
		}
		return err
	})
	if err != nil {
		return err
	}
	if err := d.ReadMany("campaign.people", len(v.Rows), map[string]string{"campaign": d.PathValue("id"), "state": string(a.state), "code": a.code}); err != nil {
		return err
	}
	v.Frame = d.Frame(v.Outcome, "outreach")
	return d.Render(200, page.NewsletterPeople(v))
}

func readAsked(d *desk.Desk) (a asked, from outbox.Cursor, err error) {
	q, err := d.Query()
	if err != nil {
		return a, from, err
	}
	if a.code, err = q.Line("code", 40); err != nil {
		return a, from, err
	}
	a.state = outbox.State(q.Get("state"))
	if a.code != "" {
		a.state = outbox.Skipped
	}
	if a.state == "" {
		a.state = outbox.Sent
	}
	from = outbox.Begin(0)
	_, err = d.Cursor(&from)
	return a, from, err
}

func outcomeView(d *desk.Desk, tx *db.Tx, c *campaign.Campaign, a asked, all []outbox.Message) (v page.NewsletterPeopleView, err error) {
	res, err := d.Campaign.Results(tx, c.ID)
	if err != nil {
		return v, err
	}
	v.Newsletter = page.Link{Text: c.Name, Href: path(c.ID)}
	v.Outcome, v.Explain, v.Count = outcomeWords(d, a, res)
	v.Citation = citation(a.code)
	v.Others = others(d, c, a, res)
	for i := range all {
		r, err := outcomeRow(d, tx, c, &all[i])
		if err != nil {
			return v, err
		}
		v.Rows = append(v.Rows, r)
	}
	if a.state == outbox.Uncertain && sends(d, c) {
		v.SettlePost = path(c.ID) + "/settle"
	}
	return v, nil
}

func outcomeWords(d *desk.Desk, a asked, res campaign.Results) (title, explain string, n int) {
	if a.code != "" {
		return d.Code(a.code), d.Printer.Or("explain."+a.code, ""), res.Blocked[a.code]
	}
	n = map[outbox.State]int{outbox.Sent: res.Sent, outbox.Failed: res.Failed, outbox.Uncertain: res.Uncertain, outbox.Queued: res.Waiting, outbox.Skipped: res.Audience - res.Allowed}[a.state]
	return d.Printer.Or("delivery."+string(a.state), d.T("newsletter.left_out")), d.Printer.Or("explain."+string(a.state), ""), n
}

// citation is the provision behind a code.
func citation(code string) string {
	codes := permit.Codes()
	if i := slices.IndexFunc(codes, func(c permit.CodeInfo) bool { return c.Code == code }); i >= 0 {
		return codes[i].Citation
	}
	return ""
}

// others are the other outcomes, to go to.
func others(d *desk.Desk, c *campaign.Campaign, a asked, res campaign.Results) (out []page.Chip) {
	for _, x := range delivery(d, c, res) {
		if x.Count > 0 && x.Href != people(c.ID, a.state, a.code) {
			out = append(out, page.Chip{Text: d.T("outcome.chip", "text", x.Text, "n", x.Count), Href: x.Href})
		}
	}
	for _, r := range reasons(d, c, res, true) {
		if r.Href != people(c.ID, a.state, a.code) {
			out = append(out, page.Chip{Text: d.T("outcome.chip", "text", r.Text, "n", r.Count), Href: r.Href, Tone: r.Tone})
		}
	}
	return out
}

func outcomeRow(d *desk.Desk, tx *db.Tx, c *campaign.Campaign, m *outbox.Message) (page.OutcomeRow, error) {
	r := page.OutcomeRow{ID: m.Person.String(), Reason: d.Code(m.Code), At: desk.Time(max(m.Decided, m.Done)), Verdict: personPath(m.Person) + "/verdict/" + m.ID.String()}
	if m.State == outbox.Failed || m.State == outbox.Retry {
		r.Reason = m.Reply.Text
	}
	p, found, err := d.Party.Get(tx, m.Person)
	if err != nil || !found {
		r.Person = page.Link{Text: d.Code(outbox.CodeGone)}
		return r, err
	}
	r.Person = page.Link{Text: p.Name(), Href: personPath(m.Person)}
	if d.Sees("email") {
		r.Address = p.Email
	}
	return r, nil
}

// settle records what became of an uncertain letter, as somebody found out.
func settle(d *desk.Desk) error {
	which, f, err := formOf(d)
	if err == nil {
		err = d.NeedPeople()
	}
	if err != nil {
		return err
	}
	err = d.Act(func(tx *db.Tx) error {
		c, err := read(d, tx)
		if err != nil {
			return err
		}
		if err := d.MaySend(c.Purpose); err != nil {
			return err
		}
		who, err := id.Parse(f.Get("person"))
		if err != nil {
			return fault.New(fault.Invalid, "campaign.settle_who", "the form names nobody; open the list again").In("person")
		}
		return d.Campaign.Settle(tx, c.ID, who, outbox.State(f.Get("as")), f.Get("reason"))
	})
	if err != nil {
		return d.Back(people(which, outbox.Uncertain, ""), err)
	}
	return d.Done(people(which, outbox.Uncertain, ""), d.T("outreach.done.settle"))
}

func personPath(who id.ID) string { return "/people/" + who.String() }
