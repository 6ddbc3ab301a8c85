package organisations

import (
	"net/url"

	"kartotek/internal/audit"
	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/party"
	"kartotek/internal/party/orgs"
	"kartotek/internal/web/admin/desk"
	"kartotek/internal/web/admin/people"
	"kartotek/internal/web/page"
)

// fields are what can be said of an organisation, in the order of its form.
var fields = []struct {
	name, key, kind string
	of              func(*orgs.Organisation) *string
}{
	{"name", "organisations.name", "", func(o *orgs.Organisation) *string { return &o.Name }},
	{"business_id", "organisations.number", "", func(o *orgs.Organisation) *string { return &o.BusinessID }},
	{"industry", "organisations.industry", "", func(o *orgs.Organisation) *string { return &o.Industry }},
	{"email", "organisations.email", "email", func(o *orgs.Organisation) *string { return &o.Email }},
	{"phone", "organisations.phone", "", func(o *orgs.Organisation) *string { return &o.Phone }},
	{"street", "organisations.street", "", func(o *orgs.Organisation) *string { return &o.Street }},
	{"postcode", "organisations.postcode", "", func(o *orgs.Organisation) *string { return &o.Postcode }},
	{"city", "people.city", "", func(o *orgs.Organisation) *string { return &o.City }},
	{"country", "organisations.country", "", func(o *orgs.Organisation) *string { return &o.Country }},
}

// show is one organisation with its people.
func show(d *desk.Desk) error {
	org, err := d.ID("id")
	if err != nil {
		return err
	}
	var after party.Cursor
	if _, err := d.Cursor(&after); err != nil {
		return err
	}
	var v page.OrganisationView
	err = d.Look(func(tx *db.Tx) error {
		o, found, err := d.Party.Organisation(tx, org)
		if err == nil && !found {
			err = fault.New(fault.NotFound, "party.no_org", "there is no such organisation")
		}
		if err != nil {
			return err
		}
		if v, err = view(d, tx, o); err != nil {
			return err
		}
		if Searched(d) != nil { // who works there is found by employer
			return nil
		}
		rows, err := d.Party.List(tx, party.Query{OrgID: org, After: after, Limit: pageRows + 1})
		if err != nil {
			return err
		}
		if len(rows) > pageRows {
			rows = rows[:pageRows]
			v.Next = path(org) + "?after=" + url.QueryEscape(d.SignCursor(party.CursorOf(&rows[pageRows-1])))
		}
		v.People, err = people.Rows(d, tx, rows)
		return err
	})
	if err != nil {
		return err
	}
	read := audit.Entry{Action: "organisation.read", Kind: "organisation", Object: org.String(), Count: len(v.People), Purpose: d.Purpose()}
	if err := d.Seen(read); err != nil {
		return err
	}
	v.Frame = d.Frame(v.Name, "organisations")
	return d.Render(200, page.Organisation(v))
}

func view(d *desk.Desk, tx *db.Tx, o *orgs.Organisation) (page.OrganisationView, error) {
	v := page.OrganisationView{ID: o.ID.String(), Name: o.Name, Number: o.BusinessID, City: o.City}
	src, err := d.Sources(tx).Say(o.SourceID, o.Registered)
	if err != nil {
		return v, err
	}
	for _, f := range fields {
		value := *f.of(o)
		if value != "" {
			shown := value
			if f.name == "country" {
				shown = d.Printer.Country(value)
			}
			v.Facts = append(v.Facts, page.Fact{Field: f.name, Label: d.T(f.key), Value: shown, Src: src})
		}
		if edits(d) {
			v.Edit = append(v.Edit, page.Field{ID: "org-" + f.name, Name: f.name, Label: d.T(f.key), Type: f.kind, Value: value, Max: 200, Required: f.name == "name"})
		}
	}
	if o.Industry != "" {
		v.Chips = append(v.Chips, page.Chip{Text: o.Industry})
	}
	return v, nil
}
