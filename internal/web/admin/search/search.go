// Package search is the page the search box leads to: people, organisations and
// newsletters that match, with an exact address first. What was typed may be
// personal data, so the log says that somebody searched and how much was found,
// never for what.
//
//	GET /search  q
package search

import (
	"net/url"
	"strings"

	"kartotek/internal/address"
	"kartotek/internal/audit"
	"kartotek/internal/db"
	"kartotek/internal/party"
	"kartotek/internal/party/orgs"
	"kartotek/internal/web/admin/desk"
	"kartotek/internal/web/admin/organisations"
	"kartotek/internal/web/admin/outreach"
	"kartotek/internal/web/admin/people"
	"kartotek/internal/web/door"
	"kartotek/internal/web/page"
)

const (
	peopleRows = 20
	otherRows  = 10
	lettersFew = 200 // newsletters looked through for a name
)

// Routes lists the page.
func Routes() []door.Route {
	return []door.Route{{Method: "GET", Path: "/search", Level: door.SeePeople, Handler: desk.With(find)}}
}

func find(d *desk.Desk) error {
	if err := d.NeedSearch(); err != nil {
		return err
	}
	q, err := d.Query()
	if err != nil {
		return err
	}
	text, err := q.Line("q", 200)
	if err != nil {
		return err
	}
	if text == "" {
		return d.Redirect("/people")
	}
	var v page.SearchView
	err = d.Look(func(tx *db.Tx) (err error) {
		if err = findPeople(d, tx, text, &v); err != nil {
			return err
		}
		if err := findOrganisations(d, tx, text, &v); err != nil {
			return err
		}
		return findLetters(d, tx, text, &v)
	})
	if err != nil {
		return err
	}
	found := audit.Entry{Action: "person.search", Kind: "person", Count: len(v.People), Purpose: d.Purpose()}
	if err := d.Seen(found); err != nil {
		return err
	}
	v.Frame = d.Frame(d.T("search.title"), "people")
	v.Query = text
	return d.Render(200, page.Search(v))
}

func findOrganisations(d *desk.Desk, tx *db.Tx, text string, v *page.SearchView) error {
	if organisations.Searched(d) != nil {
		return nil
	}
	all, err := d.Party.Organisations(tx, text, orgs.Cursor{}, otherRows)
	if err != nil {
		return err
	}
	v.Organisations, err = organisations.Rows(d, tx, all)
	return err
}

// findPeople puts the one whose address was typed in full first.
func findPeople(d *desk.Desk, tx *db.Tx, text string, v *page.SearchView) error {
	rows, err := d.FindPeople(tx, text, peopleRows+1)
	if err != nil {
		return err
	}
	if _, _, wrong := party.Identify(text); wrong == nil {
		if rows, err = exactFirst(d, tx, text, rows); err != nil {
			return err
		}
	}
	if len(rows) > peopleRows {
		rows = rows[:peopleRows]
		v.MorePeople = "/people?q=" + url.QueryEscape(text)
	}
	v.People, err = people.Rows(d, tx, rows)
	return err
}

func exactFirst(d *desk.Desk, tx *db.Tx, text string, rows []party.Person) ([]party.Person, error) {
	who, found, err := d.ByAddress(tx, text)
	if err != nil || !found {
		return rows, err
	}
	p, found, err := d.Party.Get(tx, who)
	if err != nil || !found {
		return rows, err
	}
	out := []party.Person{*p}
	for _, x := range rows {
		if x.ID != who {
			out = append(out, x)
		}
	}
	return out, nil
}

func findLetters(d *desk.Desk, tx *db.Tx, text string, v *page.SearchView) error {
	if d.Campaign == nil || !d.Can("segment") {
		return nil
	}
	all, err := d.Campaign.List(tx, 0, lettersFew)
	if err != nil {
		return err
	}
	folded := address.Fold(text)
	for i := range all {
		c := &all[i]
		if len(v.Letters) < otherRows && outreach.Reads(d, c) && strings.Contains(address.Fold(c.Name+" "+c.Subject), folded) {
			v.Letters = append(v.Letters, page.OutreachRow{Href: "/outreach/" + c.ID.String(), Name: c.Name, Subject: c.Subject, State: outreach.State(d, c.State)})
		}
	}
	return nil
}
