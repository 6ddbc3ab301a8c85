package ledger

import (
	"kartotek/internal/db"
	"kartotek/internal/id"
)

var whose = db.SQL(db.Set, `SELECT person_id FROM entries WHERE bucket BETWEEN $1 AND $2 AND entry_id = $3`)

// Whose finds the person of an entry known by its id alone, as on a receipt. It
// reads the whole ledger: for the command line, not for pages.
func (r *Room) Whose(tx *db.Tx, entry id.ID) (who id.ID, found bool, err error) {
	err = tx.Each(whose, func(scan db.Scan) error {
		found = true
		if err := scan(&who); err != nil {
			return err
		}
		return db.Stop
	}, 0, id.Buckets-1, int64(entry))
	return who, found, err
}
