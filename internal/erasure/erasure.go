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
// Before the commit, and once more after it, the room reads again: what every keeper
// holds, and every personal column of every table by the person's key
// (db.Tx.Personal). Anything left that should not be undoes the whole. The Certificate
// counts what went and says what stayed and why, without any personal data; its digest
// is in the log, so that it can be checked later. Erasing twice does no harm.
//
// # Backups
//
// Before the commit the erasure is written to the journal beside the keys (package
// journal), outside the database. When an old backup is put back, Replay carries the
// journal out again before anybody is served.
//
// # Keys
//
// What is sealed about a person is sealed with their own key (package seal). When they
// are erased as a whole the key is destroyed too, and so are those of records that were
// merged into theirs: what old copies of the database hold of it cannot be read any more.
// When the plan keeps something that is sealed with it, the key waits until that is gone.
// What outlives its person by law, and single things that run out (cases, documents,
// packages, papers, notices), are sealed with keys of their own, which go with them (Spend).
// The transaction notes the key as spent; it is destroyed after the commit, and by every
// other server, and again after an old copy of the keys folder was put back, from that
// note (DestroyKeys).
//
//	erasures          (erasure_id)   certificates; append-only, nothing personal
//	spent_keys        (spent_id)     whose keys every server destroys; append-only
//	keys_waiting      (owner)        erased people whose key is still needed for what is kept
//	erasure_journals  (journal)      how far each journal is carried out
//
// Begin reading at Carry, which does all of it within a transaction.
package erasure

import (
	"kartotek/internal/clock"
	"kartotek/internal/db"
	"kartotek/internal/dossier"
	"kartotek/internal/erasing"
	"kartotek/internal/erasure/journal"
	"kartotek/internal/id"
	"kartotek/internal/law"
	"kartotek/internal/ledger"
	"kartotek/internal/notice"
	"kartotek/internal/outbox"
	"kartotek/internal/party"
)

// Room carries out erasures. Keepers are all rooms with personal data.
type Room struct {
	DB      *db.DB
	Keepers dossier.Keepers
	Party   *party.Room
	Ledger  *ledger.Room
	Outbox  *outbox.Room
	Notice  *notice.Room
	Journal *journal.Journal
	Rejects string // folder of the rows that imports refused; "" for none
	// KeysStay is set on a copy of the register that is only tried: it destroys no key of
	// the keys folder, which is that of the register in use.
	KeysStay bool
	// Holds says what must stay for claims; nil for nothing.
	Holds func(tx *db.Tx, who id.ID) ([]erasing.Hold, error)
	// Before is called in the transaction before anything is erased, so that recipients
	// can be told (GDPR 19); it may be nil.
	Before func(tx *db.Tx, who id.ID, plan *erasing.Plan) error
}

// Schema is the room's tables.
var Schema = db.Schema{Room: "erasure", Tables: []db.Table{
	{
		Name: "erasures", Kind: db.LocalTable, Key: "erasure_id", AppendOnly: true,
		Cols: db.Cols(`erasure_id big, at big, content text, digest text`),
	},
	{
		Name: "spent_keys", Kind: db.LocalTable, Key: "spent_id", AppendOnly: true,
		Cols: db.Cols(`spent_id big, owner big, at big`),
	},
	{
		Name: "keys_waiting", Kind: db.LocalTable, Key: "owner",
		Cols: db.Cols(`owner big, at big`),
	},
	{
		Name: "erasure_journals", Kind: db.LocalTable, Key: "journal",
		Cols: db.Cols(`journal text, done big, at big`),
	},
}}

// Plan works out what erasing a person would do. It changes nothing. Somebody erased
// already has a plan without lines.
func (r *Room) Plan(tx *db.Tx, who id.ID, ask erasing.Ask) (*erasing.Plan, error) {
	in, found, err := r.Notice.InForceAt(tx, tx.Time())
	if err != nil {
		return nil, err
	}
	if !found {
		return nil, notice.None()
	}
	f := erasing.Facts{Notice: in.Notice, Today: tx.Time()}
	if f.Law, err = law.For(in.Notice.Law, tx.Time()); err != nil {
		return nil, err
	}
	if f.Held, err = r.held(tx, who); err != nil {
		return nil, err
	}
	if r.Holds != nil {
		if f.Holds, err = r.Holds(tx, who); err != nil {
			return nil, err
		}
	}
	plan, err := erasing.Make(ask, f)
	if err == nil {
		plan.Notice = in.Number
	}
	return plan, err
}

// held is what every room holds, with the fields of the person's row.
func (r *Room) held(tx *db.Tx, who id.ID) (out []erasing.Held, err error) {
	all, err := r.Keepers.Holdings(tx, who)
	if err != nil {
		return nil, err
	}
	for _, h := range all {
		x := erasing.Held{Keeper: h.Keeper, Kind: h.Kind, Count: h.Count, First: h.First, Last: h.Last}
		if h.Keeper == "party" && h.Kind == "person" {
			p, _, err := r.Party.Get(tx, who)
			if err != nil {
				return nil, err
			}
			p.Each(func(field, _ string) { x.Fields = append(x.Fields, field) })
			if x.Last == 0 {
				x.Last = clock.Ms(tx.Time())
			}
		}
		out = append(out, x)
	}
	return out, nil
}
