package outreach

import (
	"net/url"

	"kartotek/internal/campaign"
	"kartotek/internal/db"
	"kartotek/internal/id"
	"kartotek/internal/web/admin/desk"
	"kartotek/internal/web/page"
)

const pageRows = 40

// filters are the choices of what the list shows, by state.
var filters = []struct {
	name   string
	states []campaign.State
}{
	{"draft", []campaign.State{campaign.Draft}},
	{"scheduled", []campaign.State{campaign.Scheduled}},
	{"running", []campaign.State{campaign.Deciding, campaign.Sending, campaign.Choosing, campaign.Paused}},
	{"done", []campaign.State{campaign.Done}},
	{"stopped", []campaign.State{campaign.Stopped}},
}

// filtered gives the choices, and the states of the one taken; nil for all.
func filtered(d *desk.Desk, taken string) (out []page.Filter, states []campaign.State) {
	out = []page.Filter{{Text: d.T("outreach.all"), Href: "/outreach", On: true}}
	for _, f := range filters {
		x := page.Filter{Text: d.T("outreach.filter." + f.name), Href: "/outreach?state=" + f.name, On: f.name == taken}
		if x.On {
			states, out[0].On = f.states, false
		}
		out = append(out, x)
	}
	return out, states
}

// list shows newsletters, newest first.
func list(d *desk.Desk) error {
	var before id.ID
	if _, err := d.Cursor(&before); err != nil {
		return err
	}
	v := page.OutreachView{MayNew: d.Can("send")}
	taken := d.URL.Query().Get("state")
	choices, states := filtered(d, taken)
	err := d.Look(func(tx *db.Tx) error {
		all, err := listed(d, tx, states, before)
		if err != nil {
			return err
		}
		if len(all) > pageRows {
			all = all[:pageRows]
			v.Next = "/outreach?state=" + url.QueryEscape(taken) + "&after=" + url.QueryEscape(d.SignCursor(all[pageRows-1].ID))
		}
		for i := range all {
			if !Reads(d, &all[i]) {
				continue
			}
			r, err := Row(d, tx, &all[i])
			if err != nil {
				return err
			}
			v.Rows = append(v.Rows, r)
		}
		return nil
	})
	if err != nil {
		return err
	}
	if states != nil || len(v.Rows) > 0 {
		v.Filters = choices
	}
	v.Frame = d.Frame(d.T("nav.outreach"), "outreach")
	return d.Render(200, page.Outreach(v))
}

func listed(d *desk.Desk, tx *db.Tx, states []campaign.State, before id.ID) ([]campaign.Campaign, error) {
	if states == nil {
		return d.Campaign.List(tx, before, pageRows+1)
	}
	return d.Campaign.ListIn(tx, states, before, pageRows+1)
}

// Row is a newsletter in a list.
func Row(d *desk.Desk, tx *db.Tx, c *campaign.Campaign) (page.OutreachRow, error) {
	r := page.OutreachRow{Href: path(c.ID), Name: c.Name, Subject: c.SubjectIn(d.Lang(), d.Facts.Controller.Name), Purpose: d.PurposeTitle(c.Purpose), Channel: d.Channel(c.Channel),
		State: State(d, c.State), Reached: -1, Left: -1, At: desk.Time(max(c.StartedAt, c.DoneAt))}
	if until := c.QuietUntil(tx.Time()); c.State.Running() && !until.IsZero() {
		r.Note = d.T("outreach.waits", "at", d.Printer.Time(until))
	}
	if notYet(c) {
		r.At = desk.Time(c.ChangedAt)
		if s := c.Options.Schedule; s != nil && c.State == campaign.Scheduled {
			if at, _, err := s.When(); err == nil {
				r.Note = d.T("outreach.starts", "at", d.Printer.DateTime(at))
			}
		}
		return r, nil
	}
	res, err := d.Campaign.Results(tx, c.ID)
	r.Reached, r.Left = res.Sent, res.Audience-res.Allowed
	return r, err
}
