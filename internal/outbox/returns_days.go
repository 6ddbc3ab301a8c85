package outbox

import "kartotek/internal/db"

var cntByDay = db.SQL(db.Set, `SELECT at / 86400000, kind, hard, count(*) FROM returns WHERE bucket BETWEEN 0 AND 4095 AND at >= $1
	GROUP BY at / 86400000, kind, hard ORDER BY 1, 2, 3`)

// ReturnsByDay counts what came back since a time (ms), by day since 1970 in UTC.
func (r *Room) ReturnsByDay(tx *db.Tx, since int64, fn func(day int64, complaint, hard bool, n int)) error {
	return tx.Each(cntByDay, func(scan db.Scan) error {
		var day int64
		var kind string
		var hard, n int
		if err := scan(&day, &kind, &hard, &n); err != nil {
			return err
		}
		fn(day, kind == "complaint", hard == 1, n)
		return nil
	}, since)
}
