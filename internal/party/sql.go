package party

import (
	"kartotek/internal/address"
	"kartotek/internal/db"
	"kartotek/internal/id"
)

const personCols = `bucket, person_id, kind, status, reach, first_name, last_name, title, language, country, city,
	org, org_id, email, phone, fields, prov, registered_at, changed_at, source_id, row_hash`

var (
	selPerson = db.SQL(db.OnePerson, `SELECT `+personCols+` FROM persons WHERE bucket = $1 AND person_id = $2`)
	selRange  = db.SQL(db.Set, `SELECT `+personCols+` FROM persons WHERE bucket BETWEEN $1 AND $2 ORDER BY bucket, person_id`)
	updPerson = db.SQL(db.OnePerson, `UPDATE persons SET kind = $3, status = $4, reach = $5, first_name = $6, last_name = $7,
		first_fold = $8, last_fold = $9, title = $10, language = $11, country = $12, city = $13, city_fold = $14, org = $15, org_id = $16,
		email = $17, phone = $18, fields = $19, prov = $20, registered_at = $21, changed_at = $22, source_id = $23, row_hash = $24
		WHERE bucket = $1 AND person_id = $2`)
	delPerson = db.SQL(db.OnePerson, `DELETE FROM persons WHERE bucket = $1 AND person_id = $2`)
	// status + 0 keeps SQLite from walking a partial index and looking every row up:
	// 300,000 people are counted in 50 ms and not in 2.8 s.
	cntPeople = db.SQL(db.Set, `SELECT count(*) FROM persons WHERE status + 0 < 2`)

	insPersons = db.Bulk(db.Set, "persons", `bucket, person_id, kind, status, reach, first_name, last_name, first_fold, last_fold,
		title, language, country, city, city_fold, org, org_id, email, phone, fields, prov, registered_at, changed_at, source_id, row_hash`, "")
	insIdents = db.Bulk(db.Set, "identifiers", `value, kind, bucket, person_id`, "")
	insTags   = db.Bulk(db.Set, "person_tags", `bucket, person_id, tag, source_id, at`, "(bucket, person_id, tag) DO NOTHING")
	insChange = db.Bulk(db.Set, "changes", `bucket, person_id, change_id, at, kind, by_kind, by_id, by_name, source_id, diff, undoes, row_hash, prior_hash`, "")
	insSource = db.SQL(db.Reference, `INSERT INTO sources (source_id, kind, label, at, by_name) VALUES ($1, $2, $3, $4, $5)`)
	selSource = db.SQL(db.Reference, `SELECT kind, label, at, by_name FROM sources WHERE source_id = $1`)

	claimIdent = db.SQL(db.Set, `INSERT INTO identifiers (value, kind, bucket, person_id) VALUES ($1, $2, $3, $4) ON CONFLICT (value, kind) DO NOTHING`)
	selIdent   = db.SQL(db.Set, `SELECT person_id FROM identifiers WHERE value = $1 AND kind = $2`)
	selIdents  = db.SQL(db.Set, `SELECT value, person_id FROM identifiers WHERE kind = $1 AND value {in $2}`)
	delIdent   = db.SQL(db.Set, `DELETE FROM identifiers WHERE value = $1 AND kind = $2 AND person_id = $3`)
	likeIdent  = db.SQL(db.Set, `SELECT person_id FROM identifiers WHERE kind = 'email' AND value >= $1 AND value < $2 ORDER BY value LIMIT $3`)
	moveIdent  = db.SQL(db.Set, `UPDATE identifiers SET bucket = $3, person_id = $4 WHERE value = $1 AND kind = $2`)
	cntOrg     = db.SQL(db.Set, `SELECT count(*) FROM persons WHERE org_id = $1 AND org_id <> 0 AND status < 2`)
	cntIdents  = db.SQL(db.Set, `SELECT 1 FROM identifiers LIMIT 1`)
)

// fillPerson writes a person's values in the order of insPersons.
func fillPerson(p *Person, dst []any) {
	dst[0], dst[1] = int64(p.ID.Bucket()), int64(p.ID)
	fillValues(p, dst[2:])
}

func fillValues(p *Person, dst []any) {
	dst[0], dst[1], dst[2] = int64(p.Kind), int64(p.Status), int64(p.Reach)
	dst[3], dst[4] = p.FirstName, p.LastName
	dst[5], dst[6] = address.Fold(p.FirstName), address.Fold(p.LastName)
	dst[7], dst[8], dst[9] = p.Title, p.Language, p.Country
	dst[10], dst[11] = p.City, address.Fold(p.City)
	dst[12], dst[13] = p.Org, int64(p.OrgID)
	dst[14], dst[15] = p.Email, p.Phone
	dst[16], dst[17] = string(p.Fields), string(p.Prov)
	dst[18], dst[19], dst[20], dst[21] = p.Registered, p.Changed, int64(p.SourceID), p.RowHash
}

// scanPerson reads one row of personCols.
func scanPerson(scan db.Scan, p *Person) error {
	var bucket int64
	return scan(&bucket, &p.ID, &p.Kind, &p.Status, &p.Reach, &p.FirstName, &p.LastName, &p.Title, &p.Language, &p.Country, &p.City,
		&p.Org, &p.OrgID, &p.Email, &p.Phone, &p.Fields, &p.Prov, &p.Registered, &p.Changed, &p.SourceID, &p.RowHash)
}

// Get reads one person; found is false when there is none (or it was merged away).
func (r *Room) Get(tx *db.Tx, who id.ID) (p *Person, found bool, err error) {
	err = tx.Each(selPerson, func(scan db.Scan) error {
		p, found = &Person{}, true
		return scanPerson(scan, p)
	}, who.Bucket(), int64(who))
	return p, found, err
}

// Scan calls fn for every person of buckets lo to hi, in key order, reusing one Person.
func (r *Room) Scan(tx *db.Tx, lo, hi int, fn func(*Person) error) error {
	var p Person
	return tx.Each(selRange, func(scan db.Scan) error {
		if err := scanPerson(scan, &p); err != nil {
			return err
		}
		return fn(&p)
	}, lo, hi)
}

// Count is the number of people, tombstones left out.
func (r *Room) Count(tx *db.Tx) (n int, err error) {
	_, err = tx.One(cntPeople, []any{&n})
	return n, err
}

// PeopleAt counts the people of an organisation.
func (r *Room) PeopleAt(tx *db.Tx, org id.ID) (n int, err error) {
	_, err = tx.One(cntOrg, []any{&n}, int64(org))
	return n, err
}

// ByAddress finds the person an e-mail address or phone number belongs to. The
// address is normalised here.
func (r *Room) ByAddress(tx *db.Tx, addr string) (who id.ID, found bool, err error) {
	kind, value, err := Identify(addr)
	if err != nil {
		return 0, false, err
	}
	found, err = tx.One(selIdent, []any{&who}, value, kind)
	if !found && err == nil && kind == "phone" {
		found, err = tx.One(selPhone, []any{&who}, value)
	}
	return who, found, err
}

var selPhone = db.SQL(db.Set, `SELECT person_id FROM persons WHERE phone = $1 AND phone <> '' ORDER BY bucket, person_id LIMIT 1`)

// Identify tells an e-mail address from a phone number and gives its normal form.
func Identify(addr string) (kind, value string, err error) {
	if email, e := address.Email(addr); e == nil {
		return "email", email, nil
	} else if phone, e2 := address.Phone(addr, ""); e2 == nil {
		return "phone", phone, nil
	} else {
		return "", "", e
	}
}
