package outreach

import (
	"slices"
	"strings"
	"time"

	"kartotek/internal/campaign"
	"kartotek/internal/clicks"
	"kartotek/internal/db"
	"kartotek/internal/id"
	"kartotek/internal/outbox"
	"kartotek/internal/party"
	"kartotek/internal/results"
	"kartotek/internal/web/admin/desk"
	"kartotek/internal/web/door"
	"kartotek/internal/web/page"
)

// resultRoutes are the pages about what came of newsletters.
func resultRoutes() []door.Route {
	route := func(method, path, level string, h desk.Handler) door.Route {
		return door.Route{Method: method, Path: path, Level: level, Handler: desk.With(h)}
	}
	file := func(method, path string, h desk.Handler) door.Route {
		r := route(method, path, "export", h)
		r.Long = true
		return r
	}
	report := func(path string, h desk.Handler) door.Route {
		r := route("GET", path, "segment", h)
		r.Does = "report"
		return r
	}
	return []door.Route{
		report("/outreach/compare", compare), report("/outreach/{id}/results", outcomes),
		file("GET", "/outreach/{id}/results.csv", figuresFile), file("POST", "/outreach/{id}/people.csv", peopleFile),
		route("POST", "/outreach/{id}/archive", "send", publish),
	}
}

func rooms(d *desk.Desk) results.Rooms {
	return results.Rooms{Campaign: d.Campaign, Outbox: d.Outbox, Clicks: d.Clicks}
}

// report reads what came of the newsletter a request is about.
func report(d *desk.Desk, tx *db.Tx, c *campaign.Campaign) (*results.Report, error) {
	p, _ := d.Facts.Purpose(c.Purpose)
	return results.Of(tx, rooms(d), c, p.SmallestGroup)
}

// outcomes is what came of one newsletter.
func outcomes(d *desk.Desk) error {
	q, err := d.Query()
	if err != nil {
		return err
	}
	v := page.ResultsView{MayAsk: d.NeedPeople() == nil && d.NeedSearch() == nil}
	if v.Asked, err = q.Line("person", 200); err != nil {
		return err
	}
	var rep *results.Report
	var asked []id.ID
	err = d.Look(func(tx *db.Tx) error {
		c, err := read(d, tx)
		if err != nil {
			return err
		}
		if rep, err = report(d, tx, c); err == nil && v.MayAsk && v.Asked != "" {
			asked, err = answers(d, tx, c, &v)
		}
		return err
	})
	for _, who := range asked {
		if err == nil {
			err = d.Read("campaign.person", who)
		}
	}
	if err != nil {
		return err
	}
	tell(d, rep, &v)
	v.Frame = d.Frame(rep.Campaign.Name, "outreach")
	return d.Render(200, page.Results(v))
}

// mostAsked is how many people a question may find.
const mostAsked = 5

// answers tells of the people a text finds whether they got the newsletter.
func answers(d *desk.Desk, tx *db.Tx, c *campaign.Campaign, v *page.ResultsView) (asked []id.ID, err error) {
	found, err := d.FindPeople(tx, v.Asked, mostAsked)
	for i := range found {
		if err != nil {
			break
		}
		var a page.ResultAnswer
		a, err = answer(d, tx, c, &found[i])
		v.Answers, asked = append(v.Answers, a), append(asked, found[i].ID)
	}
	return asked, err
}

func answer(d *desk.Desk, tx *db.Tx, c *campaign.Campaign, p *party.Person) (page.ResultAnswer, error) {
	out := page.ResultAnswer{Person: page.Link{Text: p.Name(), Href: personPath(p.ID)}, Got: page.Chip{Text: d.T("results.not_asked")}}
	a, err := results.ForPerson(tx, rooms(d), c, p.ID)
	if err != nil || !a.Found {
		return out, err
	}
	out.At, out.Verdict = a.At, personPath(p.ID)+"/verdict/"+a.Message.ID.String()
	out.Why = d.Code(a.Message.Code)
	switch {
	case a.Got:
		out.Got = page.Chip{Text: d.T("results.got"), Tone: page.Yes}
	case a.Message.State == outbox.Skipped:
		out.Got = page.Chip{Text: d.T("results.did_not"), Tone: page.No}
	default:
		out.Got = page.Chip{Text: d.Printer.Or("delivery."+string(a.Message.State), d.T("delivery.queued")), Tone: page.Wait}
		if a.Message.Reply.Text != "" {
			out.Why = a.Message.Reply.Text
		}
	}
	return out, nil
}

func tell(d *desk.Desk, r *results.Report, v *page.ResultsView) {
	c := r.Campaign
	v.Newsletter, v.State, v.AsOf = page.Link{Text: d.T("results.back_to"), Href: path(c.ID)}, State(d, c.State), r.Results.AsOf
	v.Figures = figs(d, r)
	v.Outcomes = reached(d, r)
	v.Left = reasons(d, c, r.Results, c.State != campaign.Draft)
	for _, b := range r.Back {
		tone := page.Wait
		if b.Hard || b.Complaint {
			tone = page.No
		}
		v.Bounced = append(v.Bounced, page.Reasons{Text: d.Printer.Or("came_back."+b.Reason, b.Reason), Count: b.N, Tone: tone})
	}
	for _, w := range r.Left {
		v.Gone = append(v.Gone, page.Reasons{Text: d.Printer.Or("said_no."+w.Way, w.Way), Count: w.N, Tone: page.No})
	}
	followed(d, r, v)
	v.Activity = activity(d, r)
	if d.Can("export") {
		v.CSV, v.PeopleCSV = path(c.ID)+"/results.csv", path(c.ID)+"/people.csv"
		if !v.MayAsk {
			v.PeopleCSV = ""
		}
		v.Receivers = page.Field{ID: "to", Label: d.T("results.for_whom"), Hint: d.T("results.for_whom_hint"), Type: "select", Options: receivers(d, c.Purpose)}
	}
	v.Archive = archiveOf(d, c)
}

// figs are the numbers on top, shares of what was sent beside them.
func figs(d *desk.Desk, r *results.Report) []page.ResultFigure {
	n, share := d.Printer.Number, func(n int) string { return d.Printer.Percent(r.Share(n)) }
	out := []page.ResultFigure{
		{Number: n(r.Results.Sent), Label: d.T("newsletter.sent"), Note: d.T("results.of", "n", r.Results.Audience), Href: people(r.Campaign.ID, outbox.Sent, "")},
		{Number: n(r.Delivered), Label: d.T("results.delivered"), Note: share(r.Delivered)},
		{Number: n(r.Bounced), Label: d.T("results.bounced"), Note: share(r.Bounced)},
		{Number: n(r.Complaints), Label: d.T("results.complaints"), Note: share(r.Complaints)},
		{Number: n(r.Gone), Label: d.T("results.gone"), Note: share(r.Gone)},
	}
	if r.Campaign.Options.Clicks && !r.Few {
		out = append(out, page.ResultFigure{Number: n(r.Clicks.Human), Label: d.T("results.human"), Note: d.T("results.and_machines", "n", r.Machines())})
	}
	return out
}

// reached is everybody of the audience by what became of it for them.
func reached(d *desk.Desk, r *results.Report) (out []page.Reasons) {
	for _, x := range delivery(d, r.Campaign, r.Results) {
		tone := page.Wait
		if x.Strong {
			tone = page.Yes
		}
		out = append(out, page.Reasons{Text: x.Text, Count: x.Count, Tone: tone, Href: x.Href})
	}
	if left := r.Results.Audience - r.Results.Allowed; left > 0 {
		out = append(out, page.Reasons{Text: d.T("reach.out"), Count: left, Tone: page.No, Href: people(r.Campaign.ID, outbox.Skipped, "")})
	}
	return out
}

// followed is the links with their clicks.
func followed(d *desk.Desk, r *results.Report, v *page.ResultsView) {
	switch {
	case !r.Campaign.Options.Clicks:
		v.NoClicks = d.T("results.not_counted")
	case r.Few:
		v.NoClicks = d.T("results.few")
	case len(r.Clicks.Links) == 0:
		v.NoClicks = d.T("results.no_links")
	}
	for _, l := range r.Clicks.Links {
		row := page.ResultLink{Address: l.Address, Human: l.Human, Machine: l.Machine}
		if r.Campaign.Letters() > 1 {
			row.Letter = d.T("results.letter", "n", l.Letter)
		}
		v.Links = append(v.Links, row)
	}
	for _, kind := range clicks.Machines {
		if n := r.Clicks.Machines[kind]; n > 0 {
			v.Machines = append(v.Machines, page.Reasons{Text: d.T("click_kind." + kind), Count: n, Tone: page.Wait})
		}
	}
	slices.SortStableFunc(v.Machines, func(a, b page.Reasons) int { return b.Count - a.Count })
}

// Most bars of the plot, and the hours from which days are drawn.
const (
	mostBars  = 31
	mostHours = 48
)

// activity is what happened hour by hour, or day by day of a longer time, from the
// start on. What came later than the plot shows is in the last bar.
func activity(d *desk.Desk, r *results.Report) (a page.Activity) {
	if len(r.Hours) == 0 {
		return a
	}
	start, last := r.Hours[0].At, r.Hours[len(r.Hours)-1].At
	a.Days = last.Sub(start) > mostHours*time.Hour
	place := func(at time.Time) int { return int(at.Sub(start) / time.Hour) }
	if a.Days {
		first := midnight(d, start)
		place = func(at time.Time) int { return int((midnight(d, at).Sub(first) + 12*time.Hour) / (24 * time.Hour)) }
		start = first
	}
	n := place(last) + 1
	if a.Days {
		n = min(n, mostBars)
	}
	a.Bars = make([]page.ActivityBar, n)
	for i := range a.Bars {
		if a.Bars[i].At = start.Add(time.Duration(i) * time.Hour); a.Days {
			a.Bars[i].At = start.AddDate(0, 0, i)
		}
	}
	for _, h := range r.Hours {
		b := &a.Bars[min(place(h.At), n-1)]
		b.Clicks += h.Human
		b.Gone += h.Left
	}
	return a
}

// midnight begins the reader's day.
func midnight(d *desk.Desk, at time.Time) time.Time {
	y, m, day := at.In(d.Printer.Zone()).Date()
	return time.Date(y, m, day, 0, 0, 0, 0, d.Printer.Zone())
}

// title is a newsletter's name as a file name: letters and digits alone.
func title(name string) string {
	return strings.Trim(strings.Map(func(c rune) rune {
		if c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c >= '0' && c <= '9' {
			return c
		}
		return '-'
	}, name), "-")
}
