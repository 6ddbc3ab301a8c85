// Package notice keeps what the company promised: every version of its register
// notice, and which one is in force.
//
// A notice is a file of facts (package noticedef). Publish is the gate through
// which it becomes a version: it is parsed, checked against the law of its
// effective date, and stored for ever with its canonical bytes, their SHA-256,
// who approved it and from when it holds. law: GDPR 5(2), 13
// Anything wrong refuses the whole; nothing is half-published.
//
//	notices  (version)  reference table, append-only
//
// A version is in force from its effective date on (UTC), until a later version
// is: of those whose date has come, the one approved last counts. A version with
// a date still to come is therefore set aside by a later one that begins before it.
//
//	Publish(tx, src, approvedBy, effective)   the gate (publish.go)
//	Current(ctx), InForceAt(tx, at)           what holds, as *InForce
//	Open, Version, Versions, Diff(tx, …)      the past
//	Document(tx, number, lang)                as people read it, kept in memory (document.go)
//
// From then on the notice is the configuration: Current gives the version in
// force to whoever needs the field catalogue, the purposes, the channels or the
// access levels. With no notice in force everything is refused: a register that
// has promised nothing may do nothing.
package notice

import (
	"context"
	"encoding/json"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"kartotek/internal/clock"
	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/noticedef"
)

// Room is the open room.
type Room struct {
	DB *db.DB

	current atomic.Pointer[cached]
	parsed  sync.Map // key -> *InForce: versions never change
	written sync.Map // docKey -> written
}

// Schema is the room's table.
var Schema = db.Schema{Room: "notice", Tables: []db.Table{{
	Name: "notices", Kind: db.ReferenceTable, Key: "version", AppendOnly: true,
	Cols: db.Cols(`version int, hash text, canonical blob, source text, effective text, published_at big, approved_by text, supersedes int`),
}}}

// Version is one published notice.
type Version struct {
	Number     int
	Hash       string
	Canonical  []byte
	Source     string // the YAML as it was handed in
	Effective  string // ISO date
	Published  int64
	ApprovedBy string
	Supersedes int
}

const cols = `version, hash, canonical, source, effective, published_at, approved_by, supersedes`

var (
	insVersion = db.SQL(db.Reference, `INSERT INTO notices (`+cols+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8)`)
	selVersion = db.SQL(db.Reference, `SELECT `+cols+` FROM notices WHERE version = $1`)
	selAll     = db.SQL(db.Reference, `SELECT `+cols+` FROM notices ORDER BY version DESC`)
	selInForce = db.SQL(db.Reference, `SELECT `+cols+` FROM notices WHERE effective <= $1 ORDER BY version DESC LIMIT 1`)
	selNewest  = db.SQL(db.Reference, `SELECT version FROM notices WHERE effective <= $1 ORDER BY version DESC LIMIT 1`)
)

func scanVersion(scan db.Scan) (*Version, error) {
	var v Version
	err := scan(&v.Number, &v.Hash, &v.Canonical, &v.Source, &v.Effective, &v.Published, &v.ApprovedBy, &v.Supersedes)
	return &v, err
}

// newest is the version with the highest number; nil when there is none.
func (r *Room) newest(tx *db.Tx) (v *Version, err error) {
	err = tx.Each(selAll, func(scan db.Scan) (err error) {
		if v, err = scanVersion(scan); err != nil {
			return err
		}
		return db.Stop
	})
	return v, err
}

// Version reads one version.
func (r *Room) Version(tx *db.Tx, number int) (v *Version, err error) {
	err = tx.Each(selVersion, func(scan db.Scan) (err error) { v, err = scanVersion(scan); return err }, number)
	if err == nil && v == nil {
		err = fault.New(fault.NotFound, "notice.no_version", "there is no such version of the notice")
	}
	return v, err
}

// Versions lists all versions, newest first.
func (r *Room) Versions(tx *db.Tx) (all []*Version, err error) {
	err = tx.Each(selAll, func(scan db.Scan) error {
		v, err := scanVersion(scan)
		all = append(all, v)
		return err
	})
	return all, err
}

// InForceAt gives the version that was, is or will be in force at a moment; found is false when none is.
func (r *Room) InForceAt(tx *db.Tx, at time.Time) (in *InForce, found bool, err error) {
	var v *Version
	err = tx.Each(selInForce, func(scan db.Scan) (err error) { v, err = scanVersion(scan); return err }, at.UTC().Format(time.DateOnly))
	if err != nil || v == nil {
		return nil, false, err
	}
	in, err = r.open(v)
	return in, err == nil, err
}

// Diff compares two published versions by their facts.
func (r *Room) Diff(tx *db.Tx, a, b int) ([]noticedef.Change, error) {
	var both [2]*noticedef.Notice
	for i, number := range []int{a, b} {
		in, err := r.Open(tx, number)
		if err != nil {
			return nil, err
		}
		both[i] = in.Notice
	}
	return noticedef.Diff(both[0], both[1]), nil
}

// Open gives a published version, parsed.
func (r *Room) Open(tx *db.Tx, number int) (*InForce, error) {
	v, err := r.Version(tx, number)
	if err != nil {
		return nil, err
	}
	return r.open(v)
}

// key names a version with what could differ if its transaction came to nothing.
type key struct {
	number          int
	hash, effective string
}

func (r *Room) open(v *Version) (*InForce, error) {
	k := key{v.Number, v.Hash, v.Effective}
	if in, ok := r.parsed.Load(k); ok {
		return in.(*InForce), nil
	}
	n, found := noticedef.Parse("notice", []byte(v.Source))
	if n == nil {
		b, _ := json.Marshal(found)
		return nil, fmt.Errorf("version %d of the notice cannot be read any more: %s", v.Number, b)
	}
	n.Effective = noticedef.Date(v.Effective)
	laws, err := noticedef.LawOf(n, clock.FromMs(v.Published))
	if err != nil {
		return nil, err
	}
	in := &InForce{Version: v, Notice: n, Laws: laws, fields: map[string]bool{}}
	for _, f := range n.Fields() {
		in.fields[f.Name] = true
	}
	r.parsed.Store(k, in)
	return in, nil
}

type cached struct {
	in *InForce
	at time.Time
}

// fresh is how long another process's publication may go unnoticed.
const fresh = time.Second

// Current is the notice in force now, from memory when it was looked up within
// the last second. With none in force it is a fault that says what to do.
func (r *Room) Current(ctx context.Context) (*InForce, error) {
	now := r.DB.Now()
	if c := r.current.Load(); c != nil && now.Sub(c.at) < fresh && now.Sub(c.at) >= 0 {
		return c.in, nil
	}
	var in *InForce
	err := r.DB.View(ctx, db.System("notice"), func(tx *db.Tx) error {
		var number int
		found, err := tx.One(selNewest, []any{&number}, now.UTC().Format(time.DateOnly))
		if err != nil {
			return err
		}
		if !found {
			return None()
		}
		in, err = r.Open(tx, number)
		return err
	})
	if err != nil {
		return nil, err
	}
	r.current.Store(&cached{in, now})
	return in, nil
}
