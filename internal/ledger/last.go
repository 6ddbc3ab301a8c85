package ledger

import (
	"kartotek/internal/db"
	"kartotek/internal/id"
)

var lastSaid = db.SQL(db.Set, `SELECT person_id, max(effective_at) FROM entries WHERE bucket BETWEEN $1 AND $2 AND said_by = 'person' GROUP BY person_id ORDER BY person_id`)

// LastSaid tells when each person of buckets lo to hi last allowed or forbade something
// themselves (ms).
func (r *Room) LastSaid(tx *db.Tx, lo, hi int, fn func(who id.ID, at int64) error) error {
	return tx.Each(lastSaid, func(scan db.Scan) error {
		var who id.ID
		var at int64
		if err := scan(&who, &at); err != nil {
			return err
		}
		return fn(who, at)
	}, lo, hi)
}
