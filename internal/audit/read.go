package audit

import (
	"time"

	"kartotek/internal/clock"
	"kartotek/internal/db"
	"kartotek/internal/id"
)

// Filter chooses entries. Zero fields choose all.
type Filter struct {
	Person  id.ID  // entries about a person
	By      id.ID  // entries of an account
	Action  string // entries of one action
	Outcome string
	From    time.Time // not before
	To      time.Time // before
	After   id.ID     // the last entry of the page above: only older ones
	Limit   int       // default 50, at most 500
}

// rest are the conditions beside the one an index finds the entries by.
const rest = ` AND id < $2 AND at >= $3 AND at < $4 AND (CAST($5 AS BIGINT) = 0 OR by_id = $5)
	AND (CAST($6 AS TEXT) = '' OR action = $6) AND (CAST($7 AS TEXT) = '' OR outcome = $7) ORDER BY id DESC LIMIT $8`

var (
	byPerson = db.SQL(db.Local, `SELECT `+columns+` FROM audit_log WHERE person_id = $1`+rest)
	byActor  = db.SQL(db.Local, `SELECT `+columns+` FROM audit_log WHERE by_id = $1`+rest)
	byAction = db.SQL(db.Local, `SELECT `+columns+` FROM audit_log WHERE action = $1`+rest)
	byTime   = db.SQL(db.Local, `SELECT `+columns+` FROM audit_log WHERE id > $1`+rest)
)

// Keys begin with the time they were made, so the key finds a period too. An
// entry's key is no earlier than its time, and later by at most as long as an act takes.
const longest = 3600_000 // ms

// Read lists entries, newest first, one page at a time: who has read this
// person, what has this account read. Reading the log is itself logged by the
// door that does it.
func Read(tx *db.Tx, f Filter) (out []Entry, err error) {
	before, to := int64(1<<63-1), int64(1<<63-1)
	if f.After != 0 {
		before = int64(f.After)
	}
	if !f.To.IsZero() {
		to = clock.Ms(f.To)
		before = min(before, int64(id.First(to+longest)))
	}
	if f.Limit <= 0 {
		f.Limit = 50
	}
	s, first := f.index()
	err = tx.Each(s, func(scan db.Scan) error {
		r, err := read(scan)
		out = append(out, r.entry())
		return err
	}, first, before, clock.Ms(f.From), to, f.By, f.Action, f.Outcome, min(f.Limit, 500))
	return out, err
}

var byID = db.SQL(db.Local, `SELECT `+columns+` FROM audit_log WHERE id = $1`)

// Get reads one entry with its digest, the leaf that stands for it in the tree.
func Get(tx *db.Tx, entry id.ID) (e Entry, digest []byte, found bool, err error) {
	err = tx.Each(byID, func(scan db.Scan) error {
		r, err := read(scan)
		e, digest, found = r.entry(), r.digest, err == nil
		return err
	}, entry)
	return e, digest, found, err
}

// index picks the statement whose index leaves the fewest entries to look at.
func (f Filter) index() (*db.Stmt, any) {
	switch {
	case f.Person != 0:
		return byPerson, f.Person
	case f.By != 0:
		return byActor, f.By
	case f.Action != "":
		return byAction, f.Action
	}
	return byTime, int64(id.First(clock.Ms(f.From))) - 1
}
