package scan

import (
	"encoding/json"
	"errors"

	"kartotek/internal/audit"
	"kartotek/internal/db"
	"kartotek/internal/dossier"
	"kartotek/internal/fault"
	"kartotek/internal/id"
	"kartotek/internal/job"
	"kartotek/internal/media"
	"kartotek/internal/seal"
)

// State says where a file stands.
type State string

// The states.
const (
	Kept      State = "kept"
	Refused   State = "refused"   // its content was never stored
	Held      State = "held"      // an identity document that waits to be shown once
	Destroyed State = "destroyed" // its content is gone
	Waiting   State = "waiting"   // of no case yet: it waits for a form to be sent again
)

// Ways by which files come.
const (
	ByMail  = "mail"
	ByForm  = "form"
	ByClerk = "clerk" // scanned from paper, or handed over
)

const table = "case_files"

// Schema is the table of the room.
var Schema = db.Schema{Room: "scan", Needs: []db.Schema{audit.Schema, job.Schema}, Tables: []db.Table{{
	Name: table, Kind: db.PersonTable, Key: "bucket, person_id, case_id, file_id",
	Cols: db.Cols(`bucket int, person_id big, case_id big, file_id big, at big, via text, by_name text, state text, kind text, code text, locked int, size big
		digest text, head blob personal, content blob null personal, gone_at big, gone_by text, gone_why text`),
	Indexes: []db.Index{{Name: "case_files_held", Cols: "at, bucket", Where: "state = 'held'"}},
}}}

const cols = "case_id, file_id, at, via, by_name, state, kind, code, locked, size, digest, head, gone_at, gone_by, gone_why"

var (
	insFile = db.SQL(db.OnePerson, `INSERT INTO case_files (bucket, person_id, `+cols+`, content) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, $14, 0, '', '', $15)`)
	selCase = db.SQL(db.OnePerson, `SELECT `+cols+` FROM case_files WHERE bucket = $1 AND person_id = $2 AND case_id = $3 ORDER BY file_id`)
	selAll  = db.SQL(db.OnePerson, `SELECT `+cols+` FROM case_files WHERE bucket = $1 AND person_id = $2 ORDER BY file_id`)
	selOne  = db.SQL(db.OnePerson, `SELECT `+cols+` FROM case_files WHERE bucket = $1 AND person_id = $2 AND case_id = $3 AND file_id = $4`)
	selRaw  = db.SQL(db.OnePerson, `SELECT content FROM case_files WHERE bucket = $1 AND person_id = $2 AND case_id = $3 AND file_id = $4`)
	updGone = db.SQL(db.OnePerson, `UPDATE case_files SET state = 'destroyed', digest = '', head = $5, content = NULL, gone_at = $6, gone_by = $7, gone_why = $8
		WHERE bucket = $1 AND person_id = $2 AND case_id = $3 AND file_id = $4 AND content IS NOT NULL`)
	delCase = db.SQL(db.OnePerson, `DELETE FROM case_files WHERE bucket = $1 AND person_id = $2 AND case_id = $3`)
	delAll  = db.SQL(db.OnePerson, `DELETE FROM case_files WHERE bucket = $1 AND person_id = $2`)
	cpyAll  = db.SQL(db.OnePerson, `INSERT INTO case_files (bucket, person_id, `+cols+`, content) SELECT $1, $2, `+cols+`, content FROM case_files f WHERE f.bucket = $3 AND f.person_id = $4`)
	cpyCase = db.SQL(db.OnePerson, `INSERT INTO case_files (bucket, person_id, `+cols+`, content) SELECT $1, $2, `+cols+`, content FROM case_files f WHERE f.bucket = $3 AND f.person_id = $4 AND f.case_id = $5`)
	selHeld = db.SQL(db.Set, `SELECT person_id, case_id, file_id FROM case_files WHERE state = 'held' AND at < $1 ORDER BY at, bucket LIMIT $2`)
)

// File is one file of a case, without its content. Times are ms.
type File struct {
	Person, Case, ID id.ID
	At               int64
	Via              string // ByMail, ByForm or ByClerk
	By               string // who entered it
	State            State
	Name             string // cleaned; "" once destroyed
	Kind             Kind   // "" when refused
	Code             Code   // why it was refused; Others of one that is kept
	Locked           bool   // protected by a password: ask the person for another
	Size             int64  // bytes as it came
	Digest           string // SHA-256 of what is kept, in hex
	GoneAt           int64
	GoneBy, GoneWhy  string // of a destroyed file: who, and one of the reasons below
	Identity         bool   // of one that waits: it is said to be an identity document
}

// Reasons why a file was destroyed.
const (
	Shown    = "shown"    // an identity document, with its one showing
	Unseen   = "unseen"   // an identity document that nobody looked at in time
	Identity = "identity" // a clerk saw that it is an identity document
	Mistaken = "mistaken" // it came by mistake, or to the wrong case
	Earlier  = "earlier"  // before an old copy of the register was put back: what lies there cannot be opened
)

// Room is the room of documents that came with requests.
type Room struct {
	DB    *db.DB
	Keys  *seal.Keys
	Media *media.Room

	// Spend destroys the keys of files, by which their names are sealed too, once the transaction is committed, on every
	// server and after every crash (erasure.Room.Spend).
	Spend dossier.Spend
}

// Look judges a file; see the function Look.
func (r *Room) Look(name string, raw []byte) Found { return Look(name, raw, r.Media.ReadWithin) }

// Arrival is a file that came for a case.
type Arrival struct {
	Person, Case id.ID
	Via          string
	Found        Found
	Identity     bool // whoever hands it over says that it is an identity document
}

// head is what is sealed beside the content.
type head struct {
	Name     string `json:"name"`
	Identity bool   `json:"identity,omitempty"` // of a file that waits
}

func place(file id.ID, part string) string { return table + "." + part + "/" + file.String() }

// Arrive stores that a file came, and its content when that may be kept. It refuses
// nothing: what is not kept has its reason in File.Code.
func (r *Room) Arrive(tx *db.Tx, a Arrival) (File, error) {
	f := File{Person: a.Person, Case: a.Case, ID: tx.NewID(), At: tx.Now(), Via: a.Via, By: tx.By().Name, State: Kept, Name: a.Found.Name,
		Kind: a.Found.Kind, Code: a.Found.Refused, Locked: a.Found.Locked, Size: int64(a.Found.Size), Digest: a.Found.Digest}
	if err := r.room(tx, &f, len(a.Found.Content)); err != nil {
		return f, err
	}
	switch {
	case f.Code != "":
		f.State, f.Kind, f.Locked, f.Digest = Refused, "", false, ""
	case a.Identity || a.Found.Identity:
		f.State, f.Digest = Held, ""
	}
	if err := r.insert(tx, &f, a.Found.Content); err != nil {
		return f, err
	}
	return f, audit.Write(tx, r.entry("case.file", &f, map[string]string{"state": string(f.State), "code": string(f.Code), "kind": string(f.Kind)}))
}

// room refuses the content of a file for which the case has no room.
func (r *Room) room(tx *db.Tx, f *File, size int) error {
	have, err := r.List(tx, f.Person, f.Case)
	kept := int64(size)
	for _, h := range have {
		if h.stored() {
			kept += h.Size
		}
	}
	if f.Code == "" && (len(have) >= MaxFiles || kept > MaxCase) {
		f.Code = TooMany
	}
	return err
}

// stored reports whether there is content.
func (f *File) stored() bool {
	return f.State == Kept || f.State == Held || f.State == Waiting && f.Code == ""
}

func (r *Room) insert(tx *db.Tx, f *File, content []byte) error {
	plain, err := json.Marshal(head{f.Name, f.Identity})
	if err != nil {
		return err
	}
	top, err := r.Keys.SealFor(f.ID, place(f.ID, "head"), plain)
	if err != nil {
		return err
	}
	var sealed any
	if f.stored() {
		if sealed, err = r.Keys.SealFor(f.ID, place(f.ID, "content"), content); err != nil {
			return err
		}
	}
	_, err = tx.Exec(insFile, f.Person.Bucket(), int64(f.Person), int64(f.Case), int64(f.ID), f.At, f.Via, f.By, string(f.State), string(f.Kind), string(f.Code),
		yes(f.Locked), f.Size, f.Digest, top, sealed)
	return err
}

func yes(b bool) int {
	if b {
		return 1
	}
	return 0
}

func (r *Room) entry(action string, f *File, detail map[string]string) audit.Entry {
	return audit.Entry{Action: action, Kind: "case", Object: f.Case.String(), Person: f.Person, Detail: detail}
}

// List gives the files of a case, the oldest first.
func (r *Room) List(tx *db.Tx, who, of id.ID) ([]File, error) {
	return r.read(tx, who, selCase, who.Bucket(), int64(who), int64(of))
}

func (r *Room) read(tx *db.Tx, who id.ID, s *db.Stmt, args ...any) (all []File, err error) {
	err = tx.Each(s, func(scan db.Scan) error {
		f, err := r.scan(scan)
		f.Person = who
		all = append(all, f)
		return err
	}, args...)
	return all, err
}

func (r *Room) scan(scan db.Scan) (f File, err error) {
	var sealed []byte
	var locked int
	if err := scan(&f.Case, &f.ID, &f.At, &f.Via, &f.By, &f.State, &f.Kind, &f.Code, &locked, &f.Size, &f.Digest, &sealed, &f.GoneAt, &f.GoneBy, &f.GoneWhy); err != nil {
		return f, err
	}
	f.Locked = locked != 0
	if f.stored() {
		gone, err := r.Keys.Forgot(f.ID)
		if err != nil {
			return f, err
		}
		if gone || r.Keys.LostBefore(f.ID) {
			f.State, f.GoneWhy = Destroyed, Earlier
		}
	}
	if f.State == Destroyed {
		f.Digest = ""
		return f, nil
	}
	plain, err := r.Keys.OpenFor(f.ID, place(f.ID, "head"), sealed)
	if errors.Is(err, seal.ErrForgotten) {
		return f, nil
	}
	if err != nil {
		return f, err
	}
	var h head
	err = json.Unmarshal(plain, &h)
	f.Name, f.Identity = h.Name, h.Identity
	return f, err
}

// Get reads one file of a case without its content.
func (r *Room) Get(tx *db.Tx, who, of, file id.ID) (File, error) {
	all, err := r.read(tx, who, selOne, who.Bucket(), int64(who), int64(of), int64(file))
	if err != nil || len(all) == 0 {
		return File{}, either(err, none())
	}
	return all[0], nil
}

func either(err, other error) error {
	if err != nil {
		return err
	}
	return other
}

func none() error { return fault.New(fault.NotFound, "scan.none", "the case has no such file") }

// Content reads a kept file. The door logs the reading before it hands it out. An
// identity document is not given: it is shown once, by ShowOnce.
func (r *Room) Content(tx *db.Tx, who, of, file id.ID) (File, []byte, error) {
	f, err := r.Get(tx, who, of, file)
	switch {
	case err != nil:
		return f, nil, err
	case f.State == Held:
		return f, nil, fault.New(fault.Conflict, "scan.held", "this is said to be an identity document: it is shown once, and destroyed with that")
	case f.State != Kept:
		return f, nil, fault.New(fault.Conflict, "scan.gone", "the content of this file is not kept")
	}
	content, err := r.content(tx, &f)
	return f, content, err
}

func (r *Room) content(tx *db.Tx, f *File) ([]byte, error) {
	var sealed []byte
	found, err := tx.One(selRaw, []any{&sealed}, f.Person.Bucket(), int64(f.Person), int64(f.Case), int64(f.ID))
	if err != nil || !found || sealed == nil {
		return nil, either(err, none())
	}
	return r.Keys.OpenFor(f.ID, place(f.ID, "content"), sealed)
}
