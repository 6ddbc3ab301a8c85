// Package exchange brings people in from other tools and takes them out again.
//
// # An import
//
// Package dialect turns any export into neutral records; this room decides what
// they mean for the register and stores them. An import is a row in imports with
// its files, options, position and counts. It runs in two passes: rows that say
// no (opted out, cleaned, blocklisted) before all others, so that no moment exists
// in which somebody who refused counts as reachable. Each pass is cut into
// batches; a batch is one transaction that also moves the position and the
// counts, so that a process killed anywhere resumes at a batch boundary with
// nothing doubled and nothing lost.
//
// # What it may and may not change
//
//   - A field the notice does not list is named and not stored. law: GDPR 5(1)(c)
//   - A value the person or the staff gave is kept; only values that came by
//     import, or are missing, are filled.
//   - A prohibition or withdrawal that stands is kept, whatever the file says.
//   - "Unknown" is never "yes": a row that proves no consent records none, unless
//     the operator asserts one with evidence, and then it is recorded as asserted.
//   - An address on the suppression list (a person erased, or gone for good) is held back.
//   - A row that was applied before is recognised by its hash and left alone.
//
// # Mappings
//
// What a person decided about the columns of a plain CSV can be saved by name
// (mappings.go). A file whose columns are exactly those of a saved mapping is
// read by it, and the plan names it; a consent it finds without a date is weak.
//
// # Undo
//
// Undo removes the people an import created, unless something happened to them
// since, puts changed values back, and retracts the consents it brought. The
// prohibitions it brought stay: a "no" is never undone by us.
//
//	imports         (import_id)               state, options, position, counts
//	mappings        (name)                    saved mappings for plain CSV
package exchange

import (
	"kartotek/internal/address"
	"kartotek/internal/db"
	"kartotek/internal/exchange/dialect"
	"kartotek/internal/fault"
	"kartotek/internal/id"
	"kartotek/internal/ledger"
	"kartotek/internal/noticedef"
	"kartotek/internal/party"
)

// Suppressor answers for addresses that must not come (back) into use.
type Suppressor interface {
	// Any reports whether the list holds anything at all.
	Any(tx *db.Tx) (bool, error)
	// Suppressed gives those of the normalised addresses of a kind that are on the list.
	Suppressed(tx *db.Tx, kind string, values []string) (map[string]bool, error)
}

// Room is the open room.
type Room struct {
	DB       *db.DB
	Party    *party.Room
	Ledger   *ledger.Room
	Suppress Suppressor
	Notice   func() (n *noticedef.Notice, version int, err error) // the notice in force
	Folder   string                                               // where reject files and uploads are kept
	Batch    int                                                  // rows a transaction; default batchRows
}

func (r *Room) rowsAtOnce() int {
	if r.Batch > 0 {
		return r.Batch
	}
	return batchRows
}

// Schema is the tables of the room.
var Schema = db.Schema{Room: "exchange", Tables: []db.Table{
	{
		Name: "imports", Kind: db.ReferenceTable, Key: "import_id",
		Cols: db.Cols(`import_id big, state text, files text, options text, info text, digest text, pass int, file int, row_done int
			counts text, source_id big, rejects text, started_at big, finished_at big, by_name text, error text`),
		Indexes: []db.Index{{Name: "imports_digest", Cols: "digest"}},
	},
	{
		Name: "mappings", Kind: db.ReferenceTable, Key: "name",
		Cols: db.Cols(`name text, mapping text, at big, by_name text`),
	},
}}

// Options say how to import.
type Options struct {
	Dialect  string           `json:"dialect,omitempty"`
	Mapping  *dialect.Mapping `json:"mapping,omitempty"`
	Unmapped bool             `json:"unmapped,omitempty"` // without a mapping: no saved one is looked for
	Strict   bool             `json:"strict,omitempty"`   // refuse files with columns the notice does not list
	Consent  *Asserted        `json:"consent,omitempty"`  // for rows that say nothing
	DryRun   bool             `json:"-"`
	MaxShown int              `json:"-"`                 // rows a dry run describes one by one; default 200
	Rejects  string           `json:"rejects,omitempty"` // file for rejected rows; "" makes one when needed
}

// Asserted is a consent the operator asserts for rows that say nothing.
type Asserted struct {
	Purpose  string `json:"purpose"`
	Channel  string `json:"channel"`
	Evidence string `json:"evidence"`
}

// check refuses an assertion the notice does not cover or nothing shows.
func (a *Asserted) check(n *noticedef.Notice) error {
	p, ok := n.Purpose(a.Purpose)
	if !ok {
		return fault.New(fault.Invalid, "import.purpose", "the register notice has no such purpose").In("consent")
	}
	for _, c := range p.Channels {
		if c == a.Channel && a.Evidence != "" {
			return nil
		}
	}
	if a.Evidence == "" {
		return fault.New(fault.Invalid, "import.evidence", "say what shows the consent: --evidence TEXT").In("evidence")
	}
	return fault.New(fault.Invalid, "import.channel", "the notice does not promise this purpose by that channel").In("consent")
}

// Counts is what came of an import; the JSON is a contract of the command line.
type Counts struct {
	Rows          int         `json:"rows"`
	PeopleCreated int         `json:"people_created"`
	PeopleUpdated int         `json:"people_updated"`
	Unchanged     int         `json:"unchanged"`
	Rejected      int         `json:"rejected"`
	Unlisted      []string    `json:"unlisted"`
	Permissions   Permissions `json:"permissions"`
}

// Permissions counts rows by what the person's permission is afterwards.
type Permissions struct {
	Consent     int `json:"consent"`
	Prohibition int `json:"prohibition"`
	Unknown     int `json:"unknown"`
}

// Shown describes one row of a dry run: what becomes of the person and why.
type Shown struct {
	File       string `json:"file"`
	Row        int    `json:"row"`
	Who        string `json:"who"`     // address, for the operator's eyes only
	Action     string `json:"action"`  // created, updated, unchanged
	Permission string `json:"becomes"` // consent, prohibition, unknown
	Why        string `json:"why"`
}

// keyOf gives the address a record is known by: its first e-mail, else its first phone.
func keyOf(r *dialect.Record) (kind, value string) {
	if len(r.Emails) > 0 {
		if norm, err := address.Email(r.Emails[0].Value); err == nil {
			return "email", norm
		}
	}
	if len(r.Phones) > 0 {
		return "phone", r.Phones[0].Value
	}
	return "", ""
}

// Import is one import as stored.
type Import struct {
	ID       id.ID
	State    string // planned, running, done, failed, undone
	Files    []string
	Options  Options
	Info     dialect.Info
	Digest   string
	Pass     int
	File     int
	Row      int
	Counts   Counts
	Source   id.ID
	Rejects  string
	Started  int64
	Finished int64
	By       string
	Error    string
}
