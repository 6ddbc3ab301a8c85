// Package orgs keeps the organisations that people belong to: companies,
// associations, authorities.
//
// It is a part of the room party, which embeds its Book. An organisation is one
// row of the table organisations, found by its id or by its folded name; people
// name it by its id. Nothing here is about a person, with one exception that room
// party watches over: a row that holds a name alone may be a person's business,
// and goes with its last person (Dissolve).
//
//	organisations (org_id)   name, business id, address, industry; sorted by name_fold
//
// Three ways lead in: Create, by staff; Join, for the organisation a person's
// entry names; and Joiner, the same for an import of very many.
package orgs

import (
	"strings"

	"kartotek/internal/address"
	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/id"
)

// Book is the acts on organisations. Its zero value is ready.
type Book struct{}

// Cursor is where a list goes on: the folded name and id of the last row shown.
type Cursor struct {
	Key string
	ID  id.ID
}

// Organisation is a company, association or authority that people belong to.
type Organisation struct {
	ID         id.ID
	Name       string
	BusinessID string
	Email      string
	Phone      string
	Street     string
	Postcode   string
	City       string
	Country    string
	Industry   string
	Registered int64
	Changed    int64
	SourceID   id.ID
}

const orgCols = `org_id, name, business_id, email, phone, street, postcode, city, country, industry, registered_at, changed_at, source_id`

var (
	insOrgs    = db.Bulk(db.Set, "organisations", `org_id, name, name_fold, business_id, email, phone, street, postcode, city, country, industry, registered_at, changed_at, source_id`, "")
	cntOrgs    = db.SQL(db.Set, `SELECT count(*) FROM organisations`)
	byName     = db.SQL(db.Set, `SELECT org_id FROM organisations WHERE name_fold = $1 ORDER BY org_id LIMIT 1`)
	delOrg     = db.SQL(db.Set, `DELETE FROM organisations WHERE org_id = $1`)
	selOrg     = db.SQL(db.Set, `SELECT `+orgCols+` FROM organisations WHERE org_id = $1`)
	listOrgs   = db.SQL(db.Set, `SELECT `+orgCols+` FROM organisations WHERE (name_fold, org_id) > ($1, $2) ORDER BY name_fold, org_id LIMIT $3`)
	searchOrgs = db.SQL(db.Set, `SELECT `+orgCols+` FROM organisations WHERE (name_fold, org_id) > ($1, $2) AND name_fold LIKE $4 ESCAPE '\' ORDER BY name_fold, org_id LIMIT $3`)
	updOrg     = db.SQL(db.Set, `UPDATE organisations SET name = $2, name_fold = $3, business_id = $4, email = $5, phone = $6, street = $7, postcode = $8,
		city = $9, country = $10, industry = $11, changed_at = $12 WHERE org_id = $1`)
)

func scanOrg(scan db.Scan, o *Organisation) error {
	return scan(&o.ID, &o.Name, &o.BusinessID, &o.Email, &o.Phone, &o.Street, &o.Postcode, &o.City, &o.Country, &o.Industry,
		&o.Registered, &o.Changed, &o.SourceID)
}

func fillOrg(o *Organisation, d []any) {
	d[0], d[1], d[2], d[3], d[4], d[5] = int64(o.ID), o.Name, address.Fold(o.Name), o.BusinessID, o.Email, o.Phone
	d[6], d[7], d[8], d[9], d[10] = o.Street, o.Postcode, o.City, o.Country, o.Industry
	d[11], d[12], d[13] = o.Registered, o.Changed, int64(o.SourceID)
}

// Join finds or makes the organisation of a name; source is where the name came from.
func (b Book) Join(tx *db.Tx, name string, source id.ID) (id.ID, error) {
	org, found, err := b.Named(tx, name)
	if err != nil || found {
		return org, err
	}
	o, err := b.CreateOrganisation(tx, Organisation{Name: name, SourceID: source})
	if err != nil {
		return 0, err
	}
	return o.ID, nil
}

// Named finds an organisation by its name, folded; of several the oldest.
func (Book) Named(tx *db.Tx, name string) (org id.ID, found bool, err error) {
	found, err = tx.One(byName, []any{&org}, address.Fold(name))
	return org, found, err
}

// CreateOrganisation adds an organisation; its name is required.
func (Book) CreateOrganisation(tx *db.Tx, o Organisation) (*Organisation, error) {
	if o.Name == "" {
		return nil, fault.New(fault.Invalid, "party.org_name", "an organisation needs a name").In("name")
	}
	o.ID, o.Registered, o.Changed = tx.NewID(), tx.Now(), tx.Now()
	return &o, tx.Bulk(insOrgs, 1, func(_ int, d []any) { fillOrg(&o, d) })
}

// EditOrganisation stores an organisation's new values.
func (Book) EditOrganisation(tx *db.Tx, o Organisation) error {
	d := make([]any, 14)
	fillOrg(&o, d)
	d[11] = tx.Now()
	n, err := tx.Exec(updOrg, d[:12]...)
	if err == nil && n == 0 {
		return fault.New(fault.NotFound, "party.no_org", "there is no such organisation")
	}
	return err
}

// Organisation reads one organisation.
func (Book) Organisation(tx *db.Tx, org id.ID) (o *Organisation, found bool, err error) {
	err = tx.Each(selOrg, func(scan db.Scan) error {
		o, found = &Organisation{}, true
		return scanOrg(scan, o)
	}, int64(org))
	return o, found, err
}

// Organisations lists organisations by name, after a cursor; text narrows to names with that part.
func (Book) Organisations(tx *db.Tx, text string, after Cursor, limit int) (out []Organisation, err error) {
	collect := func(scan db.Scan) error {
		var o Organisation
		err := scanOrg(scan, &o)
		out = append(out, o)
		return err
	}
	if text == "" {
		err = tx.Each(listOrgs, collect, after.Key, int64(after.ID), limit)
	} else {
		err = tx.Each(searchOrgs, collect, after.Key, int64(after.ID), limit, "%"+escapeLike(address.Fold(text))+"%")
	}
	return out, err
}

// CountOrganisations is the number of organisations.
func (Book) CountOrganisations(tx *db.Tx) (n int, err error) {
	_, err = tx.One(cntOrgs, []any{&n})
	return n, err
}

// Dissolve removes an organisation that has no number and no address of its own.
// Whoever calls it has seen that nobody belongs to it.
func (b Book) Dissolve(tx *db.Tx, org id.ID) error {
	o, found, err := b.Organisation(tx, org)
	if err != nil || !found || o.BusinessID+o.Email+o.Phone+o.Street+o.Postcode+o.City != "" {
		return err
	}
	_, err = tx.Exec(delOrg, int64(org))
	return err
}

// escapeLike makes a text match itself in LIKE … ESCAPE '\'.
func escapeLike(s string) string {
	return strings.NewReplacer(`\`, `\\`, `%`, `\%`, `_`, `\_`).Replace(s)
}
