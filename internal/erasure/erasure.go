// Package erasure carries erasures out, so that they are complete and can be shown.
//
// Plan asks every room what it holds of a person and lets the rule book erasing
// decide, category by category, what goes. Erase does it: all rooms in one
// transaction, so that a power cut leaves everything as it was before or as it is
// after. law: GDPR 17(1)
//
// # What stays
//
//   - What the plan keeps, with its code and date. law: GDPR 17(3)
//   - A tombstone: the id was a person once. It tells nothing.
//   - A keyed hash of each address, by which an import is kept from bringing the person
//     back; when they had forbidden marketing, that stands on beside it. law: GDPR 21(3)
//   - The entries of the ledger and of the log, which hold no address and no words.
//
// # How it is shown
//
// After the commit the room reads again: what every keeper holds, and every personal
// column of every table by the person's key (db.Tx.Personal). The Certificate counts
// what went and says what stayed and why, without any personal data; its digest is in
// the log, so that it can be checked later. Erasing twice does no harm.
//
// # Backups
//
// Before the commit the erasure is written to the journal beside the keys (package
// journal), outside the database. When an old backup is put back, the journal is
// carried out again before anybody is served.
package erasure

import (
	"context"

	"kartotek/internal/db"
	"kartotek/internal/dossier"
	"kartotek/internal/erasing"
	"kartotek/internal/fault"
	"kartotek/internal/id"
	"kartotek/internal/notice"
	"kartotek/internal/party"
)

// Room carries out erasures. Keepers are all rooms with personal data.
type Room struct {
	DB      *db.DB
	Keepers dossier.Keepers
	Party   *party.Room
	Notice  *notice.Room
	// Holds says what must stay for claims; nil for nothing.
	Holds func(tx *db.Tx, who id.ID) ([]erasing.Hold, error)
}

// Plan works out what erasing a person would do. It changes nothing.
func (r *Room) Plan(tx *db.Tx, who id.ID, ask erasing.Ask) (*erasing.Plan, error) {
	in, found, err := r.Notice.InForceAt(tx, tx.Time())
	if err != nil {
		return nil, err
	}
	if !found {
		return nil, notice.None()
	}
	return erasing.Make(ask, erasing.Facts{Notice: in.Notice, Today: tx.Time()})
}

// Certificate says what an erasure did, without saying of whom.
type Certificate struct {
	ID     id.ID          `json:"id"`
	At     int64          `json:"at"` // ms
	Ground string         `json:"ground"`
	Gone   []Gone         `json:"gone"`
	Kept   []erasing.Line `json:"kept"`
	Digest string         `json:"digest"` // sha256:… of the text; the log names it
}

// Gone counts what was removed of one kind.
type Gone struct {
	Kind  string `json:"kind"` // "keeper.kind"
	Count int    `json:"count"`
}

// Erase carries out a plan. It is idempotent.
func (r *Room) Erase(ctx context.Context, by db.By, who id.ID, plan *erasing.Plan) (*Certificate, error) {
	return nil, fault.New(fault.Unavailable, "erasure.not_ready", "erasures are not carried out yet")
}
