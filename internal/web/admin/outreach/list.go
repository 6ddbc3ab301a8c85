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
	v.Frame = d.Frame(d.T("nav.outreach"), "outreach")
	return d.Render(200, page.Outreach(v))
}

// Row is a newsletter in a list.
func Row(d *desk.Desk, tx *db.Tx, c *campaign.Campaign) (page.OutreachRow, error) {
	r := page.OutreachRow{Href: path(c.ID), Name: c.Name, Subject: c.SubjectIn(d.Lang(), d.Facts.Controller.Name), Purpose: d.PurposeTitle(c.Purpose), Channel: d.Channel(c.Channel),
		State: State(d, c.State), Reached: -1, Left: -1, At: desk.Time(max(c.StartedAt, c.DoneAt))}
	if c.State == campaign.Draft {
		r.At = desk.Time(c.ChangedAt)
		return r, nil
	}
	res, err := d.Campaign.Results(tx, c.ID)
	r.Reached, r.Left = res.Sent, res.Audience-res.Allowed
	return r, err
}
