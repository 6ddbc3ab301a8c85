package series

import (
	"kartotek/internal/db"
	"kartotek/internal/dossier"
	"kartotek/internal/id"
)

var (
	cntPast = db.SQL(db.Set, `SELECT person_id, count(*) FROM enrolments WHERE bucket BETWEEN $1 AND $2 AND changed_at < $3 AND state <> 'waiting' GROUP BY person_id ORDER BY person_id`)
	delPast = db.SQL(db.OnePerson, `DELETE FROM enrolments WHERE bucket = $1 AND person_id = $2 AND changed_at < $3 AND state <> 'waiting'`)
)

var _ dossier.Expirer = (*Room)(nil)

// Expires implements dossier.Expirer. A place that ended is campaign data.
func (r *Room) Expires() []dossier.Expiry {
	return []dossier.Expiry{{Kind: "places", Record: "message", Rule: "send_decision"}}
}

// Overdue implements dossier.Expirer.
func (r *Room) Overdue(tx *db.Tx, _ string, lo, hi int, before int64, fn func(who id.ID, n int) error) error {
	return dossier.Count(tx, cntPast, fn, lo, hi, before)
}

// Expire implements dossier.Expirer.
func (r *Room) Expire(tx *db.Tx, who id.ID, _ string, before int64) (int, error) {
	n, err := tx.Exec(delPast, who.Bucket(), int64(who), before)
	return int(n), err
}
