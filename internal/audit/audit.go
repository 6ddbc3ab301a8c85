// Package audit keeps the log of who did, read, searched and exported what, when,
// for which purpose and from which device. law: GDPR 5(2), GDPR 32(1)(b)
//
// The log is append-only: the engine refuses UPDATE and DELETE (db.Table.AppendOnly),
// and this package has no method for either. It holds no personal data beyond the
// key of the person concerned; details are codes, counts and keys.
//
// # Writing
//
// An act writes its entry in its own transaction, so that neither exists without
// the other:
//
//	audit.Write(tx, audit.Entry{Action: "notice.publish", Kind: "notice", Object: "3"})
//
// A read of personal data has no transaction to ride on. Seen writes its entry
// and returns when it is safely stored, before the page is sent: if the log
// cannot be written, nothing is shown. Callers that come at the same time share
// one write.
//
// A server that holds its data folder stores it in a file beside the database
// (journal.go), because a commit for each page costs as much as a third of the
// page, half of it by emptying what the readers' connections remember. Run takes
// what was noted into the table within a second, and Fold does so before the log
// is read (fold.go): a killed process or a power cut loses nothing that was
// answered, and nothing is taken in twice. While that does not work, nothing is
// shown either. Without a journal, as on PostgreSQL and in commands, Seen commits (group.go).
//
// # Proof
//
// Each entry carries a digest: SHA-256 of a random salt and the entry's canonical
// bytes (digest.go), and is a leaf of the log's tree (package tree), by which a
// changed, removed, added or reordered entry is found. Verify computes the digests
// again for it.
//
// Types: Entry, Filter, Room. Table: audit_log (local, append-only).
package audit

import (
	"encoding/json"
	"time"

	"kartotek/internal/clock"
	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/id"
	"kartotek/internal/seal"
	"kartotek/internal/tree"
)

// The outcomes of an act.
const (
	OK      = "ok"
	Refused = "refused" // the actor may not, or the state forbade it
	Failed  = "failed"  // it was tried and did not succeed
)

// Entry is one line of the log. The writer sets the first group; Write takes the
// rest from the transaction, and Read gives both back.
type Entry struct {
	Action  string            // what was done, such as "person.read", "search", "notice.publish"
	Kind    string            // of the object, such as "person", "campaign"; may be empty
	Object  string            // its key
	Person  id.ID             // the person concerned; 0 when none or many
	Count   int               // how many people or rows, for searches and exports
	Detail  map[string]string // codes and keys; never personal data
	Outcome string            // OK when empty

	ID      id.ID
	At      time.Time
	By      db.By
	Purpose string // By.Purpose unless set
}

// Schema is the log's table.
var Schema = db.Schema{Room: "audit", Needs: []db.Schema{tree.Schema}, Tables: []db.Table{{
	Name: "audit_log", Kind: db.LocalTable, Key: "id", AppendOnly: true,
	Cols: db.Cols(`id big, at big, by_kind text, by_id big, by_name text, level text, device text, purpose text
		action text, object_kind text, object text, bucket int null, person_id big null, n int, detail text, outcome text
		salt blob, digest blob`),
	Indexes: []db.Index{
		{Name: "audit_person", Cols: "person_id, id", Where: "person_id IS NOT NULL"},
		{Name: "audit_by", Cols: "by_id, id"},
		{Name: "audit_action", Cols: "action, id"},
	},
}}}

const columns = `id, at, by_kind, by_id, by_name, level, device, purpose, action, object_kind, object, person_id, n, detail, outcome, salt, digest`

var insert = db.Bulk(db.Local, "audit_log", `id, at, by_kind, by_id, by_name, level, device, purpose, action, object_kind, object, bucket, person_id, n, detail,
	outcome, salt, digest`, "")

// Write logs an act as part of its transaction. Who, when and from where come
// from the transaction.
func Write(tx *db.Tx, entries ...Entry) error {
	rows := make([]row, len(entries))
	for i, e := range entries {
		rows[i] = prepare(tx.NewID(), tx.Time(), tx.By(), e)
	}
	return store(tx, rows)
}

// row is an entry as it is stored.
type row struct {
	Entry
	detail       string
	salt, digest []byte
}

func prepare(key id.ID, at time.Time, by db.By, e Entry) row {
	e.ID, e.At, e.By = key, at, by
	if e.Purpose == "" {
		e.Purpose = by.Purpose
	}
	e.By.Purpose = e.Purpose
	if e.Outcome == "" {
		e.Outcome = OK
	}
	r := row{Entry: e, salt: seal.Random(16)}
	r.detail = "{}"
	if len(e.Detail) > 0 {
		b, _ := json.Marshal(e.Detail) // a map of strings; keys come out sorted
		r.detail = string(b)
	}
	sum := r.sum()
	r.digest = sum[:]
	return r
}

func store(tx *db.Tx, rows []row) error {
	err := tx.Bulk(insert, len(rows), func(i int, dst []any) {
		r := &rows[i]
		var bucket, person any
		if r.Person != 0 {
			bucket, person = int64(r.Person.Bucket()), int64(r.Person)
		}
		copy(dst, []any{int64(r.ID), clock.Ms(r.At), r.By.Kind, int64(r.By.ID), r.By.Name, r.By.Level, r.By.Device, r.Purpose,
			r.Action, r.Kind, r.Object, bucket, person, int64(r.Count), r.detail, r.Outcome, r.salt, r.digest})
	})
	if err == nil {
		err = pend(tx, rows)
	}
	if err != nil {
		return fault.New(fault.Unavailable, "audit.unwritable", "the log cannot be written, so nothing was done").Because(err)
	}
	return nil
}

// pend names the entries as leaves of the log to be.
func pend(tx *db.Tx, rows []row) error {
	refs := make([]tree.Ref, len(rows))
	for i := range rows {
		refs[i] = tree.Ref{Kind: tree.Audit, ID: rows[i].ID, Digest: rows[i].digest}
	}
	return tree.Pend(tx, refs...)
}

func read(scan db.Scan) (r row, err error) {
	err = r.scan(scan)
	return r, err
}

// scan reads a row into r, over what was there.
func (r *row) scan(scan db.Scan) error {
	var at int64
	var person *int64
	err := scan(&r.ID, &at, &r.By.Kind, &r.By.ID, &r.By.Name, &r.By.Level, &r.By.Device, &r.Purpose,
		&r.Action, &r.Kind, &r.Object, &person, &r.Count, &r.detail, &r.Outcome, &r.salt, &r.digest)
	r.At, r.By.Purpose, r.Person = clock.FromMs(at), r.Purpose, 0
	if person != nil {
		r.Person = id.ID(*person)
	}
	return err
}
