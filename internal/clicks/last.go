package clicks

import (
	"kartotek/internal/db"
	"kartotek/internal/id"
)

var lastFollowed = db.SQL(db.Set, `SELECT person_id, max(last_at) FROM click_people WHERE bucket BETWEEN $1 AND $2 GROUP BY person_id ORDER BY person_id`)

// LastFollowed tells when each person of buckets lo to hi last followed a link, where
// they consented to its being noted (ms).
func (r *Room) LastFollowed(tx *db.Tx, lo, hi int, fn func(who id.ID, at int64) error) error {
	return tx.Each(lastFollowed, func(scan db.Scan) error {
		var who id.ID
		var at int64
		if err := scan(&who, &at); err != nil {
			return err
		}
		return fn(who, at)
	}, lo, hi)
}
