package dossier

import (
	"kartotek/internal/db"
	"kartotek/internal/id"
)

// Expirer is a room, or the part of one, some of whose things go one by one, each when
// its own time is over, while the person stays. law: GDPR 5(1)(e)
type Expirer interface {
	// Name is that of the room's Keeper.
	Name() string
	// Expires lists the kinds of holding that can go so.
	Expires() []Expiry
	// Overdue tells of each person of buckets lo to hi, in order, how many things of a
	// kind ended before a moment (ms) and could go.
	Overdue(tx *db.Tx, kind string, lo, hi int, before int64, fn func(who id.ID, n int) error) error
	// Expire removes them from one person and says how many. Repeating does no harm.
	Expire(tx *db.Tx, who id.ID, kind string, before int64) (int, error)
}

// Expiry says what ends the things of a kind: the date of a category of the notice
// that is kept as such records, the age a rule of the packs gives, or either, whichever
// comes first.
type Expiry struct {
	Kind   string
	Record string // as noticedef.Category.Record; "" for none
	Rule   string // as law.Retention.ID; "" for none
}

// Count runs a statement whose rows are a person and a number.
func Count(tx *db.Tx, s *db.Stmt, fn func(who id.ID, n int) error, args ...any) error {
	return tx.Each(s, func(scan db.Scan) error {
		var who id.ID
		var n int
		if err := scan(&who, &n); err != nil {
			return err
		}
		return fn(who, n)
	}, args...)
}
