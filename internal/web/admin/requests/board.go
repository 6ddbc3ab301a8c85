package requests

import (
	"net/url"
	"time"

	"kartotek/internal/db"
	"kartotek/internal/id"
	"kartotek/internal/law"
	"kartotek/internal/rights"
	"kartotek/internal/rightsdef"
	"kartotek/internal/web/admin/desk"
	"kartotek/internal/web/page"
	"kartotek/internal/web/page/casework"
)

// pageSize is how many cases stand on a page.
const pageSize = 50

var stageTone = map[rightsdef.Stage]page.Tone{rightsdef.InTime: page.Yes, rightsdef.Soon: page.Wait, rightsdef.Urgent: page.Wait, rightsdef.LastDay: page.No, rightsdef.Overdue: page.No}

var stateTone = map[rightsdef.State]page.Tone{rightsdef.RequiresAction: page.Wait, rightsdef.Fulfilled: page.Yes, rightsdef.Rejected: page.No}

// board lists cases, the most pressing first.
func board(d *desk.Desk) error {
	q, err := d.Query()
	if err != nil {
		return err
	}
	f := rights.Filter{State: q.Get("state"), Kind: rightsdef.Kind(q.Get("kind")), Stage: rightsdef.Stage(q.Get("stage")), Limit: pageSize + 1}
	if q.Get("mine") != "" {
		f.Handler = d.Actor.Who()
	}
	given, err := d.Cursor(&f.After)
	if err != nil {
		return err
	}
	v := casework.BoardView{Closed: f.State == "closed"}
	err = d.Look(func(tx *db.Tx) error {
		list, err := d.Rights.List(tx, f)
		if err != nil {
			return err
		}
		if len(list) > pageSize {
			list = list[:pageSize]
			v.Next = with(q.Values, "after", d.SignCursor(list[pageSize-1].ID))
		}
		for _, c := range list {
			row, err := rowOf(d, tx, c)
			if err != nil {
				return err
			}
			v.Rows = append(v.Rows, row)
		}
		now, err := d.Rights.Now(tx)
		v.Figs = figs(d, &now)
		return err
	})
	if err != nil {
		return err
	}
	if given {
		v.First = with(q.Values, "after", "")
	}
	v.Filters = filters(d, q.Values, &f)
	if err := d.ReadMany("rights.list", len(v.Rows), nil); err != nil {
		return err
	}
	v.Frame = d.Frame(d.T("nav.requests"), "requests")
	return d.Render(200, casework.Board(v))
}

// figs are how the desk stands, the pressing first.
func figs(d *desk.Desk, now *rights.Figures) (out []casework.Fig) {
	for _, s := range []rightsdef.Stage{rightsdef.Overdue, rightsdef.LastDay, rightsdef.Urgent, rightsdef.Soon, rightsdef.InTime} {
		if n := now.Stages[s]; n > 0 || s == rightsdef.Overdue {
			out = append(out, casework.Fig{Number: d.Printer.Number(n), Label: d.T("rights.stage." + string(s)), Href: "/requests?stage=" + string(s)})
		}
	}
	return append(out, casework.Fig{Number: d.Printer.Number(now.Waiting), Label: d.T("rights.state.requires-action")},
		casework.Fig{Number: d.Printer.Number(now.ToPrint), Label: d.T("casework.to_print")})
}

// with is the list's address with one field changed.
func with(q url.Values, name, value string) string {
	out := url.Values{}
	for _, k := range []string{"state", "kind", "stage", "mine"} {
		if q.Get(k) != "" {
			out.Set(k, q.Get(k))
		}
	}
	out.Set(name, value)
	if value == "" {
		out.Del(name)
	}
	if len(out) == 0 {
		return "/requests"
	}
	return "/requests?" + out.Encode()
}

func filters(d *desk.Desk, q url.Values, f *rights.Filter) (out []page.Chip) {
	chip := func(text, name, value string, on bool) {
		c := page.Chip{Text: text, Href: with(q, name, value)}
		if on {
			c.Tone, c.Href = page.Info, with(q, name, "")
		}
		out = append(out, c)
	}
	chip(d.T("casework.closed"), "state", "closed", f.State == "closed")
	chip(d.T("casework.mine"), "mine", "1", f.Handler != 0)
	for _, k := range rightsdef.Kinds() {
		chip(d.T("rights.kind."+string(k)), "kind", string(k), f.Kind == k)
	}
	if f.Stage != "" {
		chip(d.T("rights.stage."+string(f.Stage)), "stage", string(f.Stage), true)
	}
	return out
}

func rowOf(d *desk.Desk, tx *db.Tx, c *rights.Case) (casework.Row, error) {
	who, err := whose(d, tx, c)
	r := casework.Row{Href: path(c.ID), Ref: c.Ref, Kind: d.T("rights.kind." + string(c.Kind)), Channel: d.T("rights.channel." + c.Channel), Who: who,
		Received: c.Received.Time(), Due: c.Clock.Due.Time(), State: stateOf(d, c), Handler: c.Handler}
	if c.Open() {
		r.Left, r.Stage = left(d, c), page.Chip{Text: d.T("rights.stage." + string(c.Clock.Stage)), Tone: stageTone[c.Clock.Stage]}
	}
	return r, err
}

func stateOf(d *desk.Desk, c *rights.Case) page.Chip {
	text := d.T("rights.state." + string(c.State))
	if c.Outcome != "" {
		text = d.T("rights.outcome." + c.Outcome)
	}
	return page.Chip{Text: text, Tone: stateTone[c.State]}
}

// left says how many days there are to the last day.
func left(d *desk.Desk, c *rights.Case) string {
	switch n := c.Clock.Days; {
	case n < 0:
		return d.Printer.N("casework.late", -n)
	case n == 0:
		return d.T("casework.today")
	default:
		return d.Printer.N("casework.left", n)
	}
}

// whose names the person a case concerns, as far as the reader may see names.
func whose(d *desk.Desk, tx *db.Tx, c *rights.Case) (page.Link, error) {
	if !c.Matched {
		return page.Link{}, nil
	}
	p, found, err := d.Party.Get(tx, c.Person)
	if err != nil || !found {
		return page.Link{Text: d.T("casework.gone")}, err
	}
	name := d.Masked(p).Name()
	if name == "" {
		name = d.T("casework.no_name")
	}
	if d.NeedPeople() != nil {
		return page.Link{Text: name}, nil
	}
	return page.Link{Text: name, Href: "/people/" + id.ID(p.ID).String()}, nil
}

// dayTime is a day as the views take it; zero for none.
func dayTime(day law.Date) time.Time {
	if day == "" {
		return time.Time{}
	}
	return day.Time()
}
