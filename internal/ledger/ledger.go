// Package ledger keeps every permission and prohibition ever given, with its evidence.
//
// # Entries and standing
//
// What a person allowed, forbade or withdrew is never a tick in a column. It is
// an entry: who said what, when, how, and what they were shown. law: GDPR 7(1)
// Entries are only ever added. What stands now, the standing, is computed from a
// person's entries by one pure function, Fold, and stored beside them, one short
// row a person, so that deciding over a million people reads a million small
// rows and no more. A standing can be thrown away and computed again; Verify
// does so and compares.
//
//	entries   (bucket, person_id, entry_id)     append-only; holds a salted digest of its evidence
//	evidence  (bucket, person_id, evidence_id)  wording, address, dates of a letter; sealed, can be erased
//	standing  (bucket, person_id)               what the entries come to
//
// # Who wins
//
//   - A later act by the person wins over an earlier one. law: GDPR 7(3)
//   - Staff and imports never lift a prohibition or revive a withdrawn consent:
//     only the person can, by an act of their own after it.
//   - A prohibition covers what it says: a channel, a purpose, research,
//     profiling, or all marketing; one nobody recognises covers everything.
//   - When two records of one person are merged, every entry of both counts, so
//     the strictest of the two remains: what was forbidden on either side is
//     forbidden after it, whatever the other side took back.
//   - When a person is erased their evidence goes, and of what stands only the
//     prohibitions remain.
//
// # Evidence
//
// Evidence is sealed with its person's own key (seal.Keys.SealFor): once the key is
// destroyed, no backup shows it. It holds a secret of its own, so that from the digest
// that stays in the entry nobody can find by trying which words or network address it
// was. What was recorded before keys of people lies unsealed in columns of its own.
//
// The decision itself is not made here: the standing becomes permit.Facts, and
// package permit decides.
package ledger

import (
	"kartotek/internal/db"
	"kartotek/internal/id"
	"kartotek/internal/seal"
	"kartotek/internal/tree"
)

// Kind is what an entry says.
type Kind string

// The kinds of entry.
const (
	Consent     Kind = "consent"     // yes, to one purpose by one channel
	Withdrawal  Kind = "withdrawal"  // the consent is taken back
	Prohibition Kind = "prohibition" // an objection, in a scope
	Lift        Kind = "lift"        // the person takes a prohibition back
	Sale        Kind = "sale"        // facts of the existing-customer exception; law: 2002/58 13(2)
	Role        Kind = "role"        // a recorded link between an offer and the person's work
	Retraction  Kind = "retraction"  // an import is undone: its consents no longer count
	Erasure     Kind = "erasure"     // the person was erased or merged away: only what forbids stands on
)

// SaidBy tells whose act an entry records.
type SaidBy string

// Whose act it was.
const (
	ByPerson SaidBy = "person" // the person's own, also when a clerk entered their letter
	ByStaff  SaidBy = "staff"  // asserted by the controller's staff
	ByImport SaidBy = "import" // asserted by another system's export
)

// Entry is one line of the ledger. Times are ms.
type Entry struct {
	ID        id.ID
	Person    id.ID
	At        int64 // recorded
	Effective int64 // said by the person; the same as At when not known better
	Kind      Kind
	Purpose   string
	Channel   string
	Scope     string // of a prohibition or lift: all-marketing, channel:<c>, purpose:<p>, purpose:<p>:<c>, research, profiling
	SaidBy    SaidBy
	Method    string // form, preferences, one-click, letter, phone, in person, import, staff
	Strength  string // double opt-in, single, weak, signed
	Expires   int64
	Goods     string // of a sale: product groups, space-separated
	Notice    int    // version of the notice shown
	Source    id.ID  // the import or form it came by
	ByKind    string // who recorded it
	ByName    string
	Evidence  id.ID // 0 when the source says it all
	Salt      []byte
	Digest    []byte
}

// Evidence is what proves an entry. It can be erased without breaking the
// ledger, which keeps only a salted digest of it.
type Evidence struct {
	Text     string // the words shown or written, or a description of the letter or call
	IP       string
	Signed   string // ISO date on a letter
	Received string // ISO date it arrived
	Language string
	// Salt is filled when it is recorded: a secret that goes with the evidence.
	Salt string `json:",omitempty"`
}

// Room is the open ledger.
type Room struct {
	DB   *db.DB
	Keys *seal.Keys // seal evidence
	// Heard, when set, is told what was recorded of one person, in the transaction
	// that records it, once it stands. Bulk loads are not told: they bring over what
	// was said elsewhere.
	Heard func(tx *db.Tx, who id.ID, said []Entry) error
	// Noted, when set, is told what was recorded, of one person or in bulk, in the
	// transaction that records it.
	Noted func(tx *db.Tx, entries []Entry) error
	// SourceLabel names the source of an entry in an export; it may be nil.
	SourceLabel func(tx *db.Tx, source id.ID) (string, error)
}

// Schema is the tables of the room.
var Schema = db.Schema{Room: "ledger", Needs: []db.Schema{tree.Schema}, Tables: []db.Table{
	{
		Name: "entries", Kind: db.PersonTable, Key: "bucket, person_id, entry_id", AppendOnly: true,
		Cols: db.Cols(`bucket int, person_id big, entry_id big, at big, effective_at big, kind text personal, purpose text, channel text, scope text
			said_by text, method text, strength text, expires_at big, goods text, notice int, source_id big
			by_kind text, by_name text, evidence_id big, salt blob, digest blob`),
	},
	{
		Name: "evidence", Kind: db.PersonTable, Key: "bucket, person_id, evidence_id",
		Cols: db.Cols(`bucket int, person_id big, evidence_id big, at big, text text personal, ip text personal, signed text, received text, language text
			sealed blob personal keyed`),
	},
	{
		Name: "standing", Kind: db.PersonTable, Key: "bucket, person_id",
		Cols: db.Cols(`bucket int, person_id big, packed text personal, at big`),
	},
}}

const entryCols = `entry_id, at, effective_at, kind, purpose, channel, scope, said_by, method, strength, expires_at, goods, notice,
	source_id, by_kind, by_name, evidence_id, salt, digest`

var (
	insEntries = db.Bulk(db.Set, "entries", `bucket, person_id, entry_id, at, effective_at, kind, purpose, channel, scope, said_by, method,
		strength, expires_at, goods, notice, source_id, by_kind, by_name, evidence_id, salt, digest`, "")
	insEvidence = db.Bulk(db.Set, "evidence", `bucket, person_id, evidence_id, at, text, ip, signed, received, language, sealed`, "")
	putStanding = db.Bulk(db.Set, "standing", `bucket, person_id, packed, at`,
		"(bucket, person_id) DO UPDATE SET packed = excluded.packed, at = excluded.at")

	selEntries  = db.SQL(db.OnePerson, `SELECT `+entryCols+` FROM entries WHERE bucket = $1 AND person_id = $2 ORDER BY entry_id`)
	selEvidence = db.SQL(db.OnePerson, `SELECT `+evidenceCols+` FROM evidence WHERE bucket = $1 AND person_id = $2 AND evidence_id = $3`)
	selStanding = db.SQL(db.OnePerson, `SELECT packed FROM standing WHERE bucket = $1 AND person_id = $2`)
	delEvidence = db.SQL(db.OnePerson, `DELETE FROM evidence WHERE bucket = $1 AND person_id = $2`)
	cntEvidence = db.SQL(db.OnePerson, `SELECT count(*), coalesce(min(at), 0), coalesce(max(at), 0) FROM evidence WHERE bucket = $1 AND person_id = $2`)
	delStanding = db.SQL(db.OnePerson, `DELETE FROM standing WHERE bucket = $1 AND person_id = $2`)
	selRange    = db.SQL(db.Set, `SELECT person_id, packed FROM standing WHERE bucket BETWEEN $1 AND $2 ORDER BY bucket, person_id`)
	entryRange  = db.SQL(db.Set, `SELECT person_id, `+entryCols+` FROM entries WHERE bucket BETWEEN $1 AND $2 ORDER BY bucket, person_id, entry_id`)
	perDay      = db.SQL(db.Set, `SELECT (effective_at - $1) / 86400000, kind, count(*) FROM entries
		WHERE effective_at >= $1 AND effective_at < $2 AND kind IN ('consent', 'withdrawal', 'prohibition', 'lift') GROUP BY 1, 2`)
)

func scanEntry(scan db.Scan, e *Entry, first ...any) error {
	return scan(append(first, &e.ID, &e.At, &e.Effective, &e.Kind, &e.Purpose, &e.Channel, &e.Scope, &e.SaidBy, &e.Method, &e.Strength,
		&e.Expires, &e.Goods, &e.Notice, &e.Source, &e.ByKind, &e.ByName, &e.Evidence, &e.Salt, &e.Digest)...)
}

func fillEntry(e *Entry, d []any) {
	d[0], d[1], d[2], d[3], d[4] = int64(e.Person.Bucket()), int64(e.Person), int64(e.ID), e.At, e.Effective
	d[5], d[6], d[7], d[8], d[9], d[10], d[11] = string(e.Kind), e.Purpose, e.Channel, e.Scope, string(e.SaidBy), e.Method, e.Strength
	d[12], d[13], d[14], d[15], d[16], d[17] = e.Expires, e.Goods, int64(e.Notice), int64(e.Source), e.ByKind, e.ByName
	d[18], d[19], d[20] = int64(e.Evidence), e.Salt, e.Digest
}

// store writes new entries and names them as leaves of the log to be.
func store(tx *db.Tx, entries []Entry) error {
	if err := tx.Bulk(insEntries, len(entries), func(i int, d []any) { fillEntry(&entries[i], d) }); err != nil {
		return err
	}
	refs := make([]tree.Ref, len(entries))
	for i := range entries {
		refs[i] = tree.Ref{Kind: tree.Ledger, ID: entries[i].ID, Digest: entries[i].Leaf()}
	}
	return tree.Pend(tx, refs...)
}
