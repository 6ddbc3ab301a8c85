package outreach

import (
	"net/url"
	"strings"

	"kartotek/internal/campaign"
	"kartotek/internal/compose"
	"kartotek/internal/db"
	"kartotek/internal/id"
	"kartotek/internal/web/admin/desk"
	"kartotek/internal/web/page"
)

const pageRows = 40

// list shows newsletters, newest first.
func list(d *desk.Desk) error {
	var before id.ID
	if _, err := d.Cursor(&before); err != nil {
		return err
	}
	v := page.OutreachView{MayNew: d.Can("send")}
	err := d.Look(func(tx *db.Tx) error {
		all, err := d.Campaign.List(tx, before, pageRows+1)
		if err != nil {
			return err
		}
		if len(all) > pageRows {
			all = all[:pageRows]
			v.Next = "/outreach?after=" + url.QueryEscape(d.SignCursor(all[pageRows-1].ID))
		}
		for i := range all {
			if !reads(d, &all[i]) {
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
	v.Frame = d.Frame(d.T("nav.outreach"), "outreach")
	return d.Render(200, page.Outreach(v))
}

// Row is a newsletter in a list.
func Row(d *desk.Desk, tx *db.Tx, c *campaign.Campaign) (page.OutreachRow, error) {
	r := page.OutreachRow{Href: path(c.ID), Name: c.Name, Subject: subject(d, c), Purpose: d.PurposeTitle(c.Purpose), Channel: d.Channel(c.Channel),
		State: State(d, c.State), Reached: -1, Left: -1, At: desk.Time(max(c.StartedAt, c.DoneAt))}
	if c.State == campaign.Draft {
		r.At = desk.Time(c.ChangedAt)
		return r, nil
	}
	res, err := d.Campaign.Results(tx, c.ID)
	r.Reached, r.Left = res.Sent, res.Audience-res.Allowed
	return r, err
}

// subject is a newsletter's subject as a reader of this language would get it; one
// that cannot be made is shown as it was written.
func subject(d *desk.Desk, c *campaign.Campaign) string {
	if !strings.Contains(c.Subject, "{") {
		return c.Subject
	}
	tpl, err := compose.Compile(compose.Source{Subject: c.Subject, Body: "-", Format: "markdown", Lang: d.Lang()})
	if err != nil {
		return c.Subject
	}
	m, err := tpl.Render(compose.Vars{Person: compose.Fields{"language": d.Lang()}, Controller: d.Facts.Controller.Name, Campaign: c.Name, Lang: d.Lang()})
	if err != nil || m.Subject == "" {
		return c.Subject
	}
	return m.Subject
}
