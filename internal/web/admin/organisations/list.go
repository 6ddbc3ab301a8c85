package organisations

import (
	"net/url"

	"kartotek/internal/address"
	"kartotek/internal/audit"
	"kartotek/internal/db"
	"kartotek/internal/party/orgs"
	"kartotek/internal/web/admin/desk"
	"kartotek/internal/web/page"
)

const pageRows = 50

// list shows organisations by name.
func list(d *desk.Desk) error {
	q, err := d.Query()
	if err != nil {
		return err
	}
	text, err := q.Line("q", 200)
	if err != nil {
		return err
	}
	var after orgs.Cursor
	paged, err := d.Cursor(&after)
	if err != nil {
		return err
	}
	v := page.OrganisationsView{Q: text}
	err = d.Look(func(tx *db.Tx) (err error) {
		if v.Total, err = d.Party.CountOrganisations(tx); err != nil {
			return err
		}
		rows, err := d.Party.Organisations(tx, text, after, pageRows+1)
		if err != nil {
			return err
		}
		if len(rows) > pageRows {
			rows = rows[:pageRows]
			last := &rows[pageRows-1]
			v.Next = listed(text, d.SignCursor(orgs.Cursor{Key: address.Fold(last.Name), ID: last.ID}))
		}
		v.Rows, err = Rows(d, tx, rows)
		return err
	})
	if err != nil {
		return err
	}
	if err := d.Seen(audit.Entry{Action: "organisation.list", Kind: "organisation", Count: len(v.Rows), Purpose: d.Purpose()}); err != nil {
		return err
	}
	if text != "" {
		v.Filters = []page.Chip{{Text: d.T("people.filter", "what", d.T("people.searched"), "value", text), Remove: "/organisations", RemoveWording: d.T("people.remove_filter")}}
	}
	if paged {
		v.First = listed(text, "")
	}
	v.Frame = d.Frame(d.T("nav.organisations"), "organisations")
	return d.Render(200, page.Organisations(v))
}

// listed is the list's address.
func listed(text, after string) string {
	v := url.Values{}
	if text != "" {
		v.Set("q", text)
	}
	if after != "" {
		v.Set("after", after)
	}
	if len(v) == 0 {
		return "/organisations"
	}
	return "/organisations?" + v.Encode()
}

// Rows makes the rows of a table of organisations.
func Rows(d *desk.Desk, tx *db.Tx, all []orgs.Organisation) ([]page.OrganisationRow, error) {
	out := make([]page.OrganisationRow, 0, len(all))
	for i := range all {
		o := &all[i]
		n, err := d.Party.PeopleAt(tx, o.ID)
		if err != nil {
			return nil, err
		}
		r := page.OrganisationRow{Href: path(o.ID), Name: o.Name, Number: o.BusinessID, People: n, Industry: page.Link{Text: o.Industry}}
		r.City = page.Link{Text: o.City}
		if o.City != "" && d.Searches("city") {
			r.City.Href = "/people?city=" + url.QueryEscape(o.City)
		}
		out = append(out, r)
	}
	return out, nil
}
