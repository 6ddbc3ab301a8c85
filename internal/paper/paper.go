// Package paper keeps the register of what is on paper: letters, signed forms, printed
// lists. A right is no smaller because something lies in a binder. law: GDPR 4(6)
//
// Each item says what it is, where it lies (one of the places the notice's paper
// measure names), who looks after it, who may enter, and when it is to be destroyed.
// It goes out and comes in under somebody's name. Nothing is destroyed by a program:
// when the day has come, or the person is erased, the item becomes a task for somebody
// (Asked), and the task ends with the certificate of the destruction (Destroy). What an
// item is about is text sealed with a key of the item's own: it outlives the erasure of its
// person until somebody has destroyed the item, and can then be read in no backup either.
//
//	Add ──► in its place ⇄ out ──► due, asked ──► destroyed, with certificate
//
//	papers       (bucket, person_id, paper_id)           an item
//	paper_moves  (bucket, person_id, paper_id, move_id)  out and in
package paper

import (
	"errors"
	"slices"
	"strings"
	"time"

	"kartotek/internal/audit"
	"kartotek/internal/db"
	"kartotek/internal/dossier"
	"kartotek/internal/fault"
	"kartotek/internal/id"
	"kartotek/internal/noticedef"
	"kartotek/internal/seal"
)

// Schema is the tables of the room.
var Schema = db.Schema{Room: "paper", Tables: []db.Table{
	{
		Name: "papers", Kind: db.PersonTable, Key: "bucket, person_id, paper_id",
		Cols: db.Cols(`bucket int, person_id big, paper_id big, what blob personal, location text, custodian text, entry text, at big, by_name text
			destroy_on text, asked_at big, asked_why text, case_id big, out_move big, destroyed_at big, destroyed_by text, certificate text personal`),
		Indexes: []db.Index{{Name: "papers_due", Cols: "destroy_on, bucket, person_id, paper_id", Where: "destroyed_at = 0"}},
	},
	{
		Name: "paper_moves", Kind: db.PersonTable, Key: "bucket, person_id, paper_id, move_id",
		Cols: db.Cols(`bucket int, person_id big, paper_id big, move_id big, holder text, why text personal, out_at big, in_at big, in_by text`),
	},
}}

// Room is the open room.
type Room struct {
	DB     *db.DB
	Keys   *seal.Keys
	Notice func(tx *db.Tx) (*noticedef.Notice, error) // in force; nil when there is none
	Spend  dossier.Spend                              // destroys the keys of items that were destroyed
}

// Item is one thing on paper.
type Item struct {
	ID          id.ID
	Person      id.ID
	What        string // "signed consent form"
	Location    string // a place of the notice's paper measure
	Custodian   string // who looks after it
	Entry       string // who may enter: "customer service, keys 4 and 7"
	At          int64
	ByName      string
	DestroyOn   string // ISO: the day it is to be destroyed
	Asked       int64  // destruction was asked for before its day
	AskedWhy    string // "erasure", "due"
	Case        id.ID
	OutMove     id.ID // the move it is out by; 0 while in its place
	Destroyed   int64
	DestroyedBy string
	Certificate string // what shows the destruction
}

// Open reports whether the item still exists.
func (i *Item) Open() bool { return i.Destroyed == 0 }

// Due reports whether it is to be destroyed on a day (ISO).
func (i *Item) Due(today string) bool { return i.Open() && i.DestroyOn <= today }

// Move is an item's way out and in.
type Move struct {
	ID     id.ID
	Holder string
	Why    string
	Out    int64
	In     int64 // 0 while it is out
	InBy   string
}

const paperCols = `person_id, paper_id, what, location, custodian, entry, at, by_name, destroy_on, asked_at, asked_why, case_id, out_move, destroyed_at, destroyed_by, certificate`

var (
	insPaper = db.SQL(db.OnePerson, `INSERT INTO papers (bucket, `+paperCols+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, 0, '', 0, 0, 0, '', '')`)
	selOf    = db.SQL(db.OnePerson, `SELECT `+paperCols+` FROM papers WHERE bucket = $1 AND person_id = $2 ORDER BY paper_id`)
	selOne   = db.SQL(db.OnePerson, `SELECT `+paperCols+` FROM papers WHERE bucket = $1 AND person_id = $2 AND paper_id = $3`)
	selDue   = db.SQL(db.Set, `SELECT `+paperCols+` FROM papers WHERE destroyed_at = 0 AND destroy_on <= $1 ORDER BY destroy_on, bucket, person_id, paper_id LIMIT $2`)
	cntDue   = db.SQL(db.Set, `SELECT count(*) FROM papers WHERE destroyed_at = 0 AND destroy_on <= $1`)
	updOut   = db.SQL(db.OnePerson, `UPDATE papers SET out_move = $4 WHERE bucket = $1 AND person_id = $2 AND paper_id = $3 AND destroyed_at = 0 AND out_move = $5`)
	updAsked = db.SQL(db.OnePerson, `UPDATE papers SET asked_at = $3, asked_why = $4, case_id = $5, destroy_on = CASE WHEN destroy_on < $6 THEN destroy_on ELSE $6 END
		WHERE bucket = $1 AND person_id = $2 AND destroyed_at = 0`)
	updPlace = db.SQL(db.OnePerson, `UPDATE papers SET location = $4, custodian = $5, entry = $6, destroy_on = $7 WHERE bucket = $1 AND person_id = $2 AND paper_id = $3 AND destroyed_at = 0`)
	updGone  = db.SQL(db.OnePerson, `UPDATE papers SET destroyed_at = $4, destroyed_by = $5, certificate = $6, what = $7, out_move = 0
		WHERE bucket = $1 AND person_id = $2 AND paper_id = $3 AND destroyed_at = 0`)

	insMove  = db.SQL(db.OnePerson, `INSERT INTO paper_moves (bucket, person_id, paper_id, move_id, holder, why, out_at, in_at, in_by) VALUES ($1, $2, $3, $4, $5, $6, $7, 0, '')`)
	updIn    = db.SQL(db.OnePerson, `UPDATE paper_moves SET in_at = $5, in_by = $6 WHERE bucket = $1 AND person_id = $2 AND paper_id = $3 AND move_id = $4 AND in_at = 0`)
	selMoves = db.SQL(db.OnePerson, `SELECT move_id, holder, why, out_at, in_at, in_by FROM paper_moves WHERE bucket = $1 AND person_id = $2 AND paper_id = $3 ORDER BY move_id`)
)

const maxText = 200

func sealing(paper id.ID) string { return "paper:" + paper.String() }

// Places are the locations the notice names for paper, in its order.
func Places(n *noticedef.Notice) (out []string) {
	if n == nil {
		return nil
	}
	for _, m := range n.Security {
		out = append(out, m.Locations...)
	}
	return out
}

// short tidies a line; an empty one is refused when needed.
func short(text *string, field string, needed bool) error {
	*text = strings.Join(strings.Fields(*text), " ")
	if len([]rune(*text)) > maxText || needed && *text == "" {
		return fault.New(fault.Invalid, "paper.line", "write a line of at most %d characters", maxText).In(field)
	}
	return nil
}

func (r *Room) check(tx *db.Tx, i *Item) error {
	for _, f := range []struct {
		text  *string
		field string
		need  bool
	}{{&i.What, "what", true}, {&i.Location, "location", true}, {&i.Custodian, "custodian", true}, {&i.Entry, "entry", false}} {
		if err := short(f.text, f.field, f.need); err != nil {
			return err
		}
	}
	if _, err := time.Parse(time.DateOnly, i.DestroyOn); err != nil {
		return fault.New(fault.Invalid, "paper.destroy_on", "give the day it is to be destroyed, such as 2028-12-31").In("destroy_on")
	}
	n, err := r.Notice(tx)
	if err != nil {
		return err
	}
	if places := Places(n); !slices.Contains(places, i.Location) {
		return fault.New(fault.Invalid, "paper.location", "the notice in force names no such place for paper; it names: %s", strings.Join(places, ", ")).In("location")
	}
	return nil
}

// Add enters an item about a person. The place must be one that the notice names.
func (r *Room) Add(tx *db.Tx, who id.ID, i Item) (*Item, error) {
	if err := r.check(tx, &i); err != nil {
		return nil, err
	}
	i.ID, i.Person, i.At, i.ByName = tx.NewID(), who, tx.Now(), tx.By().Name
	sealed, err := r.Keys.SealFor(i.ID, sealing(i.ID), []byte(i.What))
	if err != nil {
		return nil, err
	}
	_, err = tx.Exec(insPaper, who.Bucket(), int64(who), int64(i.ID), sealed, i.Location, i.Custodian, i.Entry, i.At, i.ByName, i.DestroyOn)
	if err != nil {
		return nil, err
	}
	return &i, r.log(tx, "paper.add", &i)
}

// Keep stores another place, custodian or day of an item.
func (r *Room) Keep(tx *db.Tx, i Item) error {
	if err := r.check(tx, &i); err != nil {
		return err
	}
	return r.change(tx, "paper.keep", &i, updPlace, i.Location, i.Custodian, i.Entry, i.DestroyOn)
}

func (r *Room) log(tx *db.Tx, action string, i *Item) error {
	return audit.Write(tx, audit.Entry{Action: action, Kind: "paper", Object: i.ID.String(), Person: i.Person})
}

// change changes an item that still exists.
func (r *Room) change(tx *db.Tx, action string, i *Item, s *db.Stmt, args ...any) error {
	n, err := tx.Exec(s, append([]any{i.Person.Bucket(), int64(i.Person), int64(i.ID)}, args...)...)
	if err == nil && n == 0 {
		err = fault.New(fault.Conflict, "paper.state", "the item is not where this asks for, or was destroyed; look at it again")
	}
	if err != nil {
		return err
	}
	return r.log(tx, action, i)
}

// Out records that somebody takes an item from its place.
func (r *Room) Out(tx *db.Tx, who, which id.ID, holder, why string) error {
	if err := short(&holder, "holder", true); err != nil {
		return err
	}
	if err := short(&why, "why", true); err != nil {
		return err
	}
	i, err := r.Get(tx, who, which)
	if err != nil {
		return err
	}
	move := tx.NewID()
	if err := r.change(tx, "paper.out", i, updOut, int64(move), int64(0)); err != nil {
		return err
	}
	_, err = tx.Exec(insMove, who.Bucket(), int64(who), int64(which), int64(move), holder, why, tx.Now())
	return err
}

// In records that an item is back in its place.
func (r *Room) In(tx *db.Tx, who, which id.ID) error {
	i, err := r.Get(tx, who, which)
	if err != nil {
		return err
	}
	if i.OutMove == 0 {
		return fault.New(fault.Conflict, "paper.state", "the item is not where this asks for, or was destroyed; look at it again")
	}
	if err := r.change(tx, "paper.in", i, updOut, int64(0), int64(i.OutMove)); err != nil {
		return err
	}
	_, err = tx.Exec(updIn, who.Bucket(), int64(who), int64(which), int64(i.OutMove), tx.Now(), tx.By().Name)
	return err
}

// ask makes the destruction of everything on paper about a person a task for today:
// they are erased.
func (r *Room) ask(tx *db.Tx, who id.ID, why string) error {
	_, err := tx.Exec(updAsked, who.Bucket(), int64(who), tx.Now(), why, int64(0), tx.Time().UTC().Format(time.DateOnly))
	return err
}

// open lists the items of a person that still exist.
func (r *Room) open(tx *db.Tx, who id.ID) ([]Item, error) {
	all, err := r.Of(tx, who)
	return slices.DeleteFunc(all, func(i Item) bool { return !i.Open() }), err
}

// Destroy records that an item was destroyed, and what shows it. With it goes what the
// item was about.
func (r *Room) Destroy(tx *db.Tx, who, which id.ID, certificate string) error {
	if err := short(&certificate, "certificate", true); err != nil {
		return err
	}
	i, err := r.Get(tx, who, which)
	if err != nil {
		return err
	}
	if i.OutMove != 0 {
		return fault.New(fault.Conflict, "paper.is_out", "the item is out; record that it is back before its destruction")
	}
	if err := r.change(tx, "paper.destroy", i, updGone, tx.Now(), tx.By().Name, certificate, []byte{}); err != nil {
		return err
	}
	return r.Spend.Keys(tx, which)
}

func (r *Room) scan(scan db.Scan) (i Item, err error) {
	var sealed []byte
	err = scan(&i.Person, &i.ID, &sealed, &i.Location, &i.Custodian, &i.Entry, &i.At, &i.ByName, &i.DestroyOn, &i.Asked, &i.AskedWhy, &i.Case, &i.OutMove, &i.Destroyed, &i.DestroyedBy, &i.Certificate)
	if err == nil && len(sealed) > 0 {
		var plain []byte
		if plain, err = r.Keys.OpenFor(i.ID, sealing(i.ID), sealed); errors.Is(err, seal.ErrForgotten) {
			err = nil // it was destroyed since the copy of the register was made that was put back
		}
		i.What = string(plain)
	}
	return i, err
}

func (r *Room) items(tx *db.Tx, s *db.Stmt, args ...any) (all []Item, err error) {
	err = tx.Each(s, func(scan db.Scan) error {
		i, err := r.scan(scan)
		all = append(all, i)
		return err
	}, args...)
	return all, err
}

// Of lists the items of a person, destroyed ones too.
func (r *Room) Of(tx *db.Tx, who id.ID) ([]Item, error) {
	return r.items(tx, selOf, who.Bucket(), int64(who))
}

// Get reads one item.
func (r *Room) Get(tx *db.Tx, who, which id.ID) (*Item, error) {
	all, err := r.items(tx, selOne, who.Bucket(), int64(who), int64(which))
	if err == nil && len(all) == 0 {
		err = fault.New(fault.NotFound, "paper.none", "there is no such item on paper")
	}
	if err != nil {
		return nil, err
	}
	return &all[0], nil
}

// Kept lists the items that exist, those to be destroyed first before the others, up
// to a day ("" for all).
func (r *Room) Kept(tx *db.Tx, until string, limit int) ([]Item, error) {
	return r.items(tx, selDue, last(until), int64(limit))
}

// CountDue counts the items that are to be destroyed by a day (ISO).
func (r *Room) CountDue(tx *db.Tx, until string) (n int, err error) {
	_, err = tx.One(cntDue, []any{&n}, last(until))
	return n, err
}

func last(day string) string {
	if day == "" {
		return "9999-12-31"
	}
	return day
}

// Moves lists an item's ways out and in, oldest first.
func (r *Room) Moves(tx *db.Tx, who, which id.ID) (all []Move, err error) {
	err = tx.Each(selMoves, func(scan db.Scan) error {
		var m Move
		err := scan(&m.ID, &m.Holder, &m.Why, &m.Out, &m.In, &m.InBy)
		all = append(all, m)
		return err
	}, who.Bucket(), int64(who), int64(which))
	return all, err
}
