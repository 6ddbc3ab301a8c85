package requests

import (
	"strings"

	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/i18n"
	"kartotek/internal/law"
	"kartotek/internal/rights"
	"kartotek/internal/rightsdef"
	"kartotek/internal/web/admin/desk"
	"kartotek/internal/web/page"
	"kartotek/internal/web/page/casework"
)

// show is the page of one case.
func show(d *desk.Desk) error { return showWith(d, 200, "", nil) }

// showWith shows a case with what is wrong with one of its forms.
func showWith(d *desk.Desk, status int, failed string, why error) error {
	var v casework.CaseView
	var c *rights.Case
	err := d.Look(func(tx *db.Tx) (err error) {
		if c, err = read(d, tx); err != nil {
			return err
		}
		v, err = view(d, tx, c)
		return err
	})
	if err != nil {
		return err
	}
	if why != nil && !blame(v.Acts, failed, d.Explain(why)) {
		d.Say(page.No, d.Explain(why)+" "+d.T("desk.nothing_stored"))
	}
	if err := d.Read("rights.read", c.Person); err != nil {
		return err
	}
	v.Frame = d.Frame(c.Ref, "requests")
	return d.Render(status, casework.Case(v))
}

// blame opens the form that failed and says why; false when the page has it no more.
func blame(acts []casework.Act, failed, why string) bool {
	for i := range acts {
		if acts[i].ID == failed {
			acts[i].Error, acts[i].Open = why, true
			return true
		}
	}
	return false
}

func view(d *desk.Desk, tx *db.Tx, c *rights.Case) (v casework.CaseView, err error) {
	v = casework.CaseView{Ref: c.Ref, Kind: d.T("rights.kind." + string(c.Kind)), Article: c.Kind.Article(), State: stateOf(d, c), Due: c.Clock.Due.Time(), Plan: c.Clock.Plan.Time(),
		Identity: ladder(d, c), Facts: facts(d, c)}
	if v.Who, err = whose(d, tx, c); err != nil {
		return v, err
	}
	if c.Open() {
		v.Stage, v.Left = page.Chip{Text: d.T("rights.stage." + string(c.Clock.Stage)), Tone: stageTone[c.Clock.Stage]}, left(d, c)
	}
	if c.State == rightsdef.Fulfilled || c.State == rightsdef.Rejected {
		v.ReceiptURL = path(c.ID) + "/receipt"
	}
	clock(d, c, &v)
	for _, step := range []func(*desk.Desk, *db.Tx, *rights.Case, *casework.CaseView) error{written, documents, together, matching, planned, packages, papers, timeline} {
		if err := step(d, tx, c, &v); err != nil {
			return v, err
		}
	}
	if c.Staff != 0 && c.Staff == d.Actor.Who() {
		v.Own = d.T("error.rights.own_case")
		return v, nil
	}
	if c.Kind == rightsdef.Erasure && c.Open() && !d.Can(erases) {
		v.Own = d.T("casework.erase_by_other")
	}
	v.Acts = forms(d, c)
	return v, nil
}

// papers tells of what lies on paper about somebody whose erasure is asked for: it is
// destroyed by hand. law: GDPR 17(1)
func papers(d *desk.Desk, tx *db.Tx, c *rights.Case, v *casework.CaseView) error {
	if c.Kind != rightsdef.Erasure || !c.Matched {
		return nil
	}
	n, err := d.Paper.Pending(tx, c.Person)
	if n > 0 {
		v.Facts = append(v.Facts, page.Pair{Label: d.T("keeping.paper"), Value: d.Printer.N("casework.papers_wait", n)})
	}
	return err
}

// facts are what there is to say of a case besides.
func facts(d *desk.Desk, c *rights.Case) (out []page.Pair) {
	add := func(key, value string) {
		if value != "" {
			out = append(out, page.Pair{Label: d.T(key), Value: value})
		}
	}
	add("casework.channel", d.T("rights.channel."+c.Channel))
	add("casework.received", d.Printer.Date(c.Received.Time()))
	if c.Recognised != c.Received {
		add("casework.recognised", d.Printer.Date(c.Recognised.Time()))
	}
	add("casework.opened_by", c.OpenedBy)
	add("casework.handler", c.Handler)
	add("casework.language", i18n.Self(c.Language))
	add("casework.delivery", d.T("casework.delivery_"+string(c.Delivery)))
	for _, s := range c.Scope {
		add("casework.scope", d.Printer.Or("casework.scope_"+s, categoryTitle(d, strings.TrimPrefix(s, "purpose:"))))
	}
	if c.Agent {
		add("casework.agent", d.T("casework.yes"))
	}
	if c.Code != "" {
		add("casework.code", d.T("rights.code."+c.Code))
	}
	if c.Limits {
		add("casework.limits", d.T("casework.yes"))
	}
	return out
}

// categoryTitle names a category or purpose of the notice.
func categoryTitle(d *desk.Desk, id string) string {
	for _, c := range d.Facts.Categories {
		if c.ID == id {
			return c.Title.In(d.Lang())
		}
	}
	return d.PurposeTitle(id)
}

func clock(d *desk.Desk, c *rights.Case, v *casework.CaseView) {
	for _, l := range rightsdef.Explain(c.Clock, d.Printer) {
		v.Steps = append(v.Steps, casework.Step{Date: l.Date.Time(), Text: l.Text, Citation: l.Citation})
	}
	for _, p := range c.Pauses {
		why := d.T("casework.wait_" + p.Why)
		if p.Doubt != "" {
			why += " (" + d.T("rights.doubt."+p.Doubt) + ")"
		}
		v.Pauses = append(v.Pauses, casework.Pause{Asked: dayTime(p.Asked), Answered: dayTime(p.Answered), Why: why})
	}
}

// rungs are those of the ladder that show something.
var rungs = []rightsdef.Certainty{rightsdef.Known, rightsdef.Control, rightsdef.Session, rightsdef.Facts, rightsdef.PhotoID}

func ladder(d *desk.Desk, c *rights.Case) casework.Identity {
	enough := rightsdef.Enough(c.Kind, c.Delivery)
	out := casework.Identity{Have: d.T("rights.certainty." + c.Certainty.String()), Enough: d.T("rights.certainty." + enough.String()), Sure: c.Certainty >= enough}
	for _, r := range rungs {
		out.Rungs = append(out.Rungs, casework.Rung{Text: d.T("rights.certainty." + r.String()), Reached: c.Certainty >= r, Need: r == enough && c.Certainty < r})
	}
	return out
}

// written shows what belongs to the case: what was asked, notes, letters.
func written(d *desk.Desk, tx *db.Tx, c *rights.Case, v *casework.CaseView) error {
	all, err := d.Rights.Items(tx, c)
	for _, x := range all {
		if x.Kind == rights.ItemLetter && x.Content.Letter != nil {
			v.Letters = append(v.Letters, letterOf(d, c, &x))
			continue
		}
		item := casework.Item{Title: d.T("casework.item_" + x.Kind), At: desk.Time(x.At), By: x.By, Text: x.Content.Text, Facts: itemFacts(d, &x)}
		if x.Kind != rights.ItemPlan {
			v.Written = append(v.Written, item)
		}
	}
	return err
}

func itemFacts(d *desk.Desk, x *rights.Item) (out []page.Pair) {
	add := func(key, value string) {
		if value != "" {
			out = append(out, page.Pair{Label: d.T(key), Value: value})
		}
	}
	if q := x.Content.Requester; q != nil {
		add("casework.name", q.Name)
		add("casework.email", q.Email)
		add("casework.phone", q.Phone)
		add("casework.address", q.Address)
	}
	if a := x.Content.Agent; a != nil {
		add("casework.agent_name", a.Name)
		add("casework.agent_org", a.Organisation)
		add("casework.agent_email", a.Email)
		add("casework.authority", a.Authority)
	}
	if x.Kind == rights.ItemWeighing {
		add("casework.objective", x.Content.Facts["objective"])
		add("casework.subjective", x.Content.Facts["subjective"])
	}
	for _, name := range []string{"signed", "envelope", "authority_on", "authority_until"} {
		value := x.Content.Facts[name]
		if day, err := law.ParseDate(value); err == nil {
			value = d.Printer.Date(day.Time())
		}
		add("casework."+name, value)
	}
	if m := x.Content.Facts["method"]; m != "" {
		add("casework.method", d.T("rights.certainty."+m))
		add("casework.document", x.Content.Facts["document"])
	}
	return out
}

var letterTone = map[string]page.Tone{rights.LetterToPrint: page.Wait, rights.LetterPrinted: page.Yes, rights.LetterQueued: page.Info}

func letterOf(d *desk.Desk, c *rights.Case, x *rights.Item) casework.LetterRow {
	href := path(c.ID) + "/letters/" + x.ID.String()
	l := casework.LetterRow{ID: x.ID.String(), Title: d.T("casework.letter_" + x.Content.Letter.Kind), At: desk.Time(x.At), Href: href, PDF: href + "/pdf",
		State: page.Chip{Text: d.T("casework.letter_state_" + x.State), Tone: letterTone[x.State]}}
	if x.State == rights.LetterToPrint {
		l.PrintedURL = path(c.ID) + "/printed"
	}
	return l
}

// documents lists what came with the case, by state; the page of files has the rest.
func documents(d *desk.Desk, tx *db.Tx, c *rights.Case, v *casework.CaseView) error {
	if d.Scan == nil {
		return nil
	}
	v.FilesURL = path(c.ID) + "/files"
	all, err := d.Scan.List(tx, c.Person, c.ID)
	for i := range all {
		name := all[i].Name
		if name == "" {
			name = d.T("scan.nameless")
		}
		v.Files = append(v.Files, casework.Document{Name: name, State: page.Chip{Text: d.T("scan.state." + string(all[i].State)), Tone: desk.FileTone[all[i].State]}})
	}
	return err
}

// together names the cases that came with it.
func together(d *desk.Desk, tx *db.Tx, c *rights.Case, v *casework.CaseView) error {
	all, err := d.Rights.Together(tx, c)
	for _, x := range all {
		v.Together = append(v.Together, page.Link{Text: x.Ref + ", " + d.T("rights.kind."+string(x.Kind)) + " (" + stateOf(d, x).Text + ")", Href: path(x.ID)})
	}
	return err
}

// most is how many people a search for whose request it is shows.
const most = 10

// matching searches for whose request it is.
func matching(d *desk.Desk, tx *db.Tx, c *rights.Case, v *casework.CaseView) error {
	if c.Matched || !c.Open() || d.NeedPeople() != nil {
		return nil
	}
	q, err := d.Query()
	if err != nil {
		return err
	}
	m := &casework.Match{Action: path(c.ID) + "/match", Query: q.Get("who")}
	v.Match = m
	texts := []string{m.Query}
	if m.Query == "" {
		asked, err := d.Rights.Request(tx, c)
		if err != nil {
			return err
		}
		if r := asked.Requester; r != nil {
			texts = []string{r.Email, r.Phone, r.Name}
		}
	}
	seen := map[string]bool{}
	for _, text := range texts {
		if text == "" || len(m.Candidates) >= most {
			continue
		}
		m.Searched = true
		found, err := d.FindPeople(tx, text, most)
		if err != nil && !fault.Is(err, fault.Invalid) {
			return err
		}
		for i := range found {
			p := d.Masked(&found[i])
			if !seen[p.ID.String()] {
				seen[p.ID.String()] = true
				m.Candidates = append(m.Candidates, casework.Candidate{ID: p.ID.String(), Name: p.Name(), Why: p.Email + " " + p.City, Href: "/people/" + p.ID.String()})
			}
		}
	}
	return nil
}

// planned shows what erasing would do, before the button that does it.
func planned(d *desk.Desk, tx *db.Tx, c *rights.Case, v *casework.CaseView) error {
	if c.Kind != rightsdef.Erasure || !c.Matched || !c.Open() || d.Rights.Needs.PlanErasure == nil {
		return nil
	}
	lines, err := d.Rights.Needs.PlanErasure(tx, c, rights.Erasing{Ground: string(grounds(c)[0].Code)})
	if fault.Is(err, fault.Conflict) || fault.Is(err, fault.Invalid) {
		return nil // the form says why when it is tried
	}
	v.PlanLead = d.T("casework.plan_lead")
	v.Planned = lines
	return err
}

// packages lists what was put together for the case and waits to be fetched.
func packages(d *desk.Desk, tx *db.Tx, c *rights.Case, v *casework.CaseView) error {
	if d.Packet == nil || !c.Matched {
		return nil
	}
	all, err := d.Packet.Of(tx, c.Person)
	for _, x := range all {
		if x.Case == c.ID {
			p := casework.Packed{ID: x.ID.String(), Text: d.T("casework.package"), Post: path(c.ID) + "/package", Until: desk.Time(x.Expires)}
			if x.Fetched > 0 {
				p.Fetched = desk.Time(x.Fetched)
			}
			v.Packages = append(v.Packages, p)
		}
	}
	return err
}

func timeline(d *desk.Desk, tx *db.Tx, c *rights.Case, v *casework.CaseView) error {
	all, err := d.Rights.Timeline(tx, c)
	for i := len(all) - 1; i >= 0; i-- {
		e := all[i]
		x := casework.Event{At: desk.Time(e.At), Text: d.T("rights.event." + e.Kind), By: e.By}
		if e.Code != "" {
			x.More = d.Printer.Or("rights.code."+e.Code, d.Printer.Or("rights.certainty."+e.Code, d.Printer.Or("rights.doubt."+e.Code, d.Printer.Or("rights.outcome."+e.Code, e.Code))))
		}
		v.Timeline = append(v.Timeline, x)
	}
	return err
}
