package dossier

import (
	"kartotek/internal/db"
	"kartotek/internal/id"
)

// Spend destroys the keys of single things, such as a package or what was written in a
// case, once the transaction in which they end is committed (erasure.Room.Spend). What
// was sealed with them (seal.Keys.SealFor, with the thing's id) cannot be read any more in
// old backups either. law: GDPR 17(1)
type Spend func(tx *db.Tx, things ...id.ID) error

// Keys spends the keys of things; of none, or where there is nothing to spend them with,
// it does nothing.
func (s Spend) Keys(tx *db.Tx, things ...id.ID) error {
	if s == nil || len(things) == 0 {
		return nil
	}
	return s(tx, things...)
}
