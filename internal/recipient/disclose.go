package recipient

import (
	"slices"
	"strings"

	"kartotek/internal/audit"
	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/id"
	"kartotek/internal/noticedef"
)

const discloseCols = `bucket, person_id, disclosure_id, bulk_id, recipient, categories, purpose, ground, what, at, by_name`

var (
	insDisclosure = db.SQL(db.OnePerson, `INSERT INTO disclosures (`+discloseCols+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`)
	insJoined     = db.Bulk(db.Set, "disclosures", discloseCols, "(bucket, person_id, disclosure_id) DO NOTHING")
	selDisclosed  = db.SQL(db.OnePerson, `SELECT disclosure_id, bulk_id, recipient, categories, purpose, ground, what, at, by_name
		FROM disclosures WHERE bucket = $1 AND person_id = $2 ORDER BY at, disclosure_id`)
	delDisclosed = db.SQL(db.OnePerson, `DELETE FROM disclosures WHERE bucket = $1 AND person_id = $2`)
	movDisclosed = db.SQL(db.Set, `INSERT INTO disclosures (`+discloseCols+`)
		SELECT CAST($1 AS BIGINT), CAST($2 AS BIGINT), disclosure_id, bulk_id, recipient, categories, purpose, ground, what, at, by_name
		FROM disclosures WHERE bucket = $3 AND person_id = $4 ON CONFLICT (bucket, person_id, disclosure_id) DO NOTHING`)

	insBulk = db.SQL(db.Reference, `INSERT INTO disclosure_bulks (bulk_id, recipient, categories, purpose, ground, what, at, by_name, people)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0)`)
	updBulk = db.SQL(db.Reference, `UPDATE disclosure_bulks SET people = people + $2 WHERE bulk_id = $1`)
	selBulk = db.SQL(db.Reference, `SELECT recipient, categories, purpose, ground, what, at, by_name, people FROM disclosure_bulks WHERE bulk_id = $1`)
)

// maxWhat is the longest description of what was disclosed, in characters.
const maxWhat = 200

// check refuses what the notice in force does not promise. law: GDPR 5(1)(b), GDPR 28(3), GDPR 44
func (r *Room) check(tx *db.Tx, d *Disclosure) error {
	d.What = strings.Join(strings.Fields(d.What), " ")
	switch {
	case len([]rune(d.What)) > maxWhat:
		return fault.New(fault.Invalid, "recipient.what", "say in at most %d characters what was disclosed", maxWhat).In("what")
	case !slices.Contains([]string{OnContract, OnConsent, OnLaw}, d.Ground):
		return fault.New(fault.Invalid, "recipient.ground", "say whether it rests on contract, consent or law").In("ground")
	case len(d.Categories) == 0:
		return fault.New(fault.Invalid, "recipient.categories", "name the categories that were disclosed").In("categories")
	}
	n, err := r.Notice(tx)
	if err != nil {
		return err
	}
	return MayReceive(n, d, tx)
}

// MayReceive says why the notice in force does not allow a disclosure; nil when it does.
func MayReceive(n *noticedef.Notice, d *Disclosure, tx *db.Tx) error {
	if n == nil {
		return fault.New(fault.Conflict, "recipient.no_notice", "no notice is in force, so nobody may be given personal data")
	}
	switch n.MayReceive(d.Recipient, d.Categories, d.Purpose, tx.Time()) {
	case noticedef.NotListed:
		return fault.New(fault.Denied, "recipient.not_listed", "the notice in force lists no recipient %q", d.Recipient).In("recipient")
	case noticedef.NotGiven:
		return fault.New(fault.Denied, "recipient.not_given", "the notice does not say that recipient %q is given these categories", d.Recipient).In("categories")
	case noticedef.NotPurpose:
		return fault.New(fault.Denied, "recipient.not_purpose", "the notice does not say that recipient %q gets data for this purpose", d.Recipient).In("purpose")
	case noticedef.NoContract:
		return fault.New(fault.Denied, "recipient.no_contract", "the contract with processor %q does not hold today", d.Recipient).In("recipient")
	case noticedef.NoTransfer:
		return fault.New(fault.Denied, "recipient.no_transfer", "recipient %q is outside the EEA, and no tool for the transfer holds today", d.Recipient).In("recipient")
	}
	return nil
}

// Disclose records that something of a person goes to a recipient, or refuses it.
func (r *Room) Disclose(tx *db.Tx, who id.ID, d Disclosure) (id.ID, error) {
	if err := r.check(tx, &d); err != nil {
		return 0, err
	}
	d.ID = tx.NewID()
	_, err := tx.Exec(insDisclosure, who.Bucket(), int64(who), int64(d.ID), int64(0), d.Recipient, words(d.Categories), d.Purpose, d.Ground, d.What, tx.Now(), tx.By().Name)
	if err != nil {
		return 0, err
	}
	return d.ID, audit.Write(tx, audit.Entry{Action: "recipient.disclose", Kind: "person", Person: who, Purpose: d.Purpose, Detail: map[string]string{"recipient": d.Recipient, "ground": d.Ground}})
}

// Begin records a disclosure of many people, who are then added with Join.
func (r *Room) Begin(tx *db.Tx, d Disclosure) (id.ID, error) {
	if err := r.check(tx, &d); err != nil {
		return 0, err
	}
	bulk := tx.NewID()
	if _, err := tx.Exec(insBulk, int64(bulk), d.Recipient, words(d.Categories), d.Purpose, d.Ground, d.What, tx.Now(), tx.By().Name); err != nil {
		return 0, err
	}
	return bulk, audit.Write(tx, audit.Entry{Action: "recipient.disclose_many", Kind: "disclosure", Object: bulk.String(), Purpose: d.Purpose,
		Detail: map[string]string{"recipient": d.Recipient, "ground": d.Ground}})
}

// Join adds people to a disclosure of many, once each however often it is said.
// Call it bucket by bucket, in key order.
func (r *Room) Join(tx *db.Tx, bulk id.ID, people []id.ID) error {
	err := tx.Bulk(insJoined, len(people), func(i int, dst []any) {
		who := people[i]
		dst[0], dst[1], dst[2], dst[3] = int64(who.Bucket()), int64(who), int64(bulk), int64(bulk)
		for k := 4; k <= 8; k++ {
			dst[k] = ""
		}
		dst[9], dst[10] = tx.Now(), ""
	})
	if err == nil {
		_, err = tx.Exec(updBulk, int64(bulk), int64(len(people)))
	}
	return err
}

func (r *Room) bulk(tx *db.Tx, which id.ID) (b Bulk, err error) {
	var categories string
	_, err = tx.One(selBulk, []any{&b.Recipient, &categories, &b.Purpose, &b.Ground, &b.What, &b.At, &b.ByName, &b.People}, int64(which))
	b.ID, b.Categories = which, list(categories)
	return b, err
}

// recorded lists what was recorded of a person, oldest first.
func (r *Room) recorded(tx *db.Tx, who id.ID) (all []Disclosure, err error) {
	err = tx.Each(selDisclosed, func(scan db.Scan) error {
		var d Disclosure
		var categories string
		err := scan(&d.ID, &d.Bulk, &d.Recipient, &categories, &d.Purpose, &d.Ground, &d.What, &d.At, &d.ByName)
		d.Categories = list(categories)
		all = append(all, d)
		return err
	}, who.Bucket(), int64(who))
	for i := range all {
		if err != nil || all[i].Bulk == 0 {
			continue
		}
		var b Bulk
		if b, err = r.bulk(tx, all[i].Bulk); err == nil {
			own := all[i]
			all[i] = b.Disclosure
			all[i].ID, all[i].Bulk, all[i].At = own.ID, own.Bulk, own.At
		}
	}
	return all, err
}

// Of lists everything that went to recipients of a person: what was recorded, oldest
// first, then what is known from elsewhere. law: GDPR 15(1)(c)
func (r *Room) Of(tx *db.Tx, who id.ID) ([]Disclosure, error) {
	all, err := r.recorded(tx, who)
	if err != nil || r.Carried == nil {
		return all, err
	}
	carried, err := r.Carried(tx, who)
	return append(all, carried...), err
}
