package party

import (
	"kartotek/internal/address"
	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/id"
)

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
	selOrg     = db.SQL(db.Set, `SELECT `+orgCols+` FROM organisations WHERE org_id = $1`)
	listOrgs   = db.SQL(db.Set, `SELECT `+orgCols+` FROM organisations WHERE (name_fold, org_id) > ($1, $2) ORDER BY name_fold, org_id LIMIT $3`)
	searchOrgs = db.SQL(db.Set, `SELECT `+orgCols+` FROM organisations WHERE (name_fold, org_id) > ($1, $2) AND name_fold LIKE $4 ESCAPE '\' ORDER BY name_fold, org_id LIMIT $3`)
	updOrg     = db.SQL(db.Set, `UPDATE organisations SET name = $2, name_fold = $3, business_id = $4, email = $5, phone = $6, street = $7, postcode = $8,
		city = $9, country = $10, industry = $11, changed_at = $12 WHERE org_id = $1`)
	cntOrgPeople = db.SQL(db.Set, `SELECT count(*) FROM persons WHERE org_id = $1 AND org_id <> 0 AND status < 2`)
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

// joinOrganisation finds or makes the organisation a person's row names.
func (r *Room) joinOrganisation(tx *db.Tx, p *Person) error {
	if p.Org == "" {
		p.OrgID = 0
		return nil
	}
	found, err := tx.One(selOrgExact, []any{&p.OrgID}, address.Fold(p.Org))
	if err != nil || found {
		return err
	}
	o, err := r.CreateOrganisation(tx, Organisation{Name: p.Org, SourceID: p.SourceID})
	if err == nil {
		p.OrgID = o.ID
	}
	return err
}

// CreateOrganisation adds an organisation; its name is required.
func (r *Room) CreateOrganisation(tx *db.Tx, o Organisation) (*Organisation, error) {
	if o.Name == "" {
		return nil, fault.New(fault.Invalid, "party.org_name", "an organisation needs a name").In("name")
	}
	o.ID, o.Registered, o.Changed = tx.NewID(), tx.Now(), tx.Now()
	return &o, tx.Bulk(insOrgs, 1, func(_ int, d []any) { fillOrg(&o, d) })
}

// EditOrganisation stores an organisation's new values.
func (r *Room) EditOrganisation(tx *db.Tx, o Organisation) error {
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
func (r *Room) Organisation(tx *db.Tx, org id.ID) (o *Organisation, found bool, err error) {
	err = tx.Each(selOrg, func(scan db.Scan) error {
		o, found = &Organisation{}, true
		return scanOrg(scan, o)
	}, int64(org))
	return o, found, err
}

// Organisations lists organisations by name, after a cursor; text narrows to names with that part.
func (r *Room) Organisations(tx *db.Tx, text string, after Cursor, limit int) (out []Organisation, err error) {
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
func (r *Room) CountOrganisations(tx *db.Tx) (n int, err error) {
	_, err = tx.One(cntOrgs, []any{&n})
	return n, err
}

// PeopleAt counts the people of an organisation.
func (r *Room) PeopleAt(tx *db.Tx, org id.ID) (n int, err error) {
	_, err = tx.One(cntOrgPeople, []any{&n}, int64(org))
	return n, err
}
