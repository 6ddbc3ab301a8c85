// Package notice keeps what the company promised: every version of its register
// notice, and which one is in force.
//
// A notice is a file of facts (package noticedef). Publish is the gate through
// which it becomes a version: it is parsed, checked against the law of its
// effective date, and stored for ever with its canonical bytes, their SHA-256,
// who approved it and from when it holds. law: GDPR 5(2), 13
// Anything wrong refuses the whole; nothing is half-published.
//
//	notices  (version)  reference table, never changed
//
// From then on the notice is the configuration: Current gives the version in
// force to whoever needs the field catalogue, the purposes, the channels or the
// access levels. With no notice in force everything is refused: a register that
// has promised nothing may do nothing.
package notice

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"sync"
	"sync/atomic"
	"time"

	"kartotek/internal/clock"
	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/law"
	"kartotek/internal/noticedef"
	"kartotek/internal/permit"
)

// Room is the open room.
type Room struct {
	DB *db.DB

	current atomic.Pointer[cached]
	parsed  sync.Map // version -> *InForce: versions never change
}

// Schema is the room's table.
var Schema = db.Schema{Room: "notice", Tables: []db.Table{{
	Name: "notices", Kind: db.ReferenceTable, Key: "version",
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
	selInForce = db.SQL(db.Reference, `SELECT `+cols+` FROM notices WHERE effective <= $1 ORDER BY effective DESC, version DESC LIMIT 1`)
	selNewest  = db.SQL(db.Reference, `SELECT version FROM notices WHERE effective <= $1 ORDER BY effective DESC, version DESC LIMIT 1`)
)

func scanVersion(scan db.Scan) (*Version, error) {
	var v Version
	err := scan(&v.Number, &v.Hash, &v.Canonical, &v.Source, &v.Effective, &v.Published, &v.ApprovedBy, &v.Supersedes)
	return &v, err
}

// Refused is the error of a notice with faults; it carries what was found.
type Refused struct{ Findings []noticedef.Finding }

func (r *Refused) Error() string {
	return fmt.Sprintf("the notice has %d faults and was not published", noticedef.Errors(r.Findings))
}

// FindingsOf gives what a refused publication found; nil for other errors.
func FindingsOf(err error) []noticedef.Finding {
	var r *Refused
	if errors.As(err, &r) {
		return r.Findings
	}
	return nil
}

// Publish checks a notice file and puts it in force from effective (an ISO date;
// "" takes the file's own). Findings of severity error refuse it. The version
// that has the same facts as the newest is not published again: that one is given.
func (r *Room) Publish(tx *db.Tx, src []byte, approvedBy, effective string) (*Version, error) {
	if approvedBy == "" {
		return nil, fault.New(fault.Invalid, "notice.approved_by", "say who approved the notice").In("approved_by")
	}
	n, found := noticedef.Lint("notice", src, tx.Time())
	if n == nil || noticedef.Errors(found) > 0 {
		return nil, notPublishable(found)
	}
	if effective == "" {
		effective = string(n.Effective)
	}
	on, err := time.Parse(time.DateOnly, effective)
	if err != nil {
		return nil, fault.New(fault.Invalid, "notice.effective", "the effective date is year-month-day").In("effective")
	}
	// The law that counts is that of the day the notice comes into force.
	if _, found = noticedef.Lint("notice", src, later(on, tx.Time())); noticedef.Errors(found) > 0 {
		return nil, notPublishable(found)
	}
	v := &Version{Number: 1, Hash: noticedef.Hash(n), Canonical: noticedef.Canonical(n), Source: string(src), Effective: effective,
		Published: tx.Now(), ApprovedBy: approvedBy}
	last, err := r.newest(tx)
	if err != nil {
		return nil, err
	}
	if last != nil {
		if last.Hash == v.Hash && last.Effective == v.Effective {
			return last, nil
		}
		v.Number, v.Supersedes = last.Number+1, last.Number
		if missing := r.undeclared(last, n); missing != "" {
			return nil, fault.New(fault.Conflict, "notice.compatibility", "a new purpose needs a compatibility note").In("purposes." + missing)
		}
	}
	_, err = tx.Exec(insVersion, v.Number, v.Hash, v.Canonical, v.Source, v.Effective, v.Published, v.ApprovedBy, v.Supersedes)
	tx.AfterCommit(func() { r.current.Store(nil) })
	return v, err
}

func later(a, b time.Time) time.Time {
	if a.After(b) {
		return a
	}
	return b
}

func notPublishable(found []noticedef.Finding) error {
	return fault.New(fault.Conflict, "notice.not_publishable", "nothing was changed").Because(&Refused{found})
}

// undeclared names a purpose that the version before did not have and that says
// nothing of why it is compatible. law: GDPR 6(4)
func (r *Room) undeclared(last *Version, n *noticedef.Notice) string {
	old, err := r.open(last)
	if err != nil {
		return ""
	}
	for _, p := range n.PurposeList() {
		if _, had := old.Notice.Purpose(p.ID); !had && len(p.CompatibilityNote) == 0 {
			return p.ID
		}
	}
	return ""
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

func (r *Room) open(v *Version) (*InForce, error) {
	if in, ok := r.parsed.Load(v.Number); ok {
		return in.(*InForce), nil
	}
	n, found := noticedef.Parse("notice", []byte(v.Source))
	if n == nil {
		b, _ := json.Marshal(found)
		return nil, fmt.Errorf("version %d of the notice cannot be read any more: %s", v.Number, b)
	}
	laws, err := noticedef.LawOf(n, clock.FromMs(v.Published))
	if err != nil {
		return nil, err
	}
	in := &InForce{Version: v, Notice: n, Laws: laws, fields: map[string]bool{}}
	for _, f := range n.Fields() {
		in.fields[f.Name] = true
	}
	r.parsed.Store(v.Number, in)
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

// None is the answer while no notice is in force.
func None() error {
	return fault.New(fault.Conflict, "notice.none", "no register notice is in force; publish one first: kartotek notice publish FILE")
}

// InForce is a version with its facts at hand.
type InForce struct {
	*Version
	Notice *noticedef.Notice
	Laws   *law.Set // the notice's own packs on the day it was published
	fields map[string]bool
}

// HasField reports whether the field catalogue lists a field.
func (in *InForce) HasField(name string) bool { return in != nil && in.fields[name] }

// Purpose gives a purpose by its id.
func (in *InForce) Purpose(id string) (noticedef.Purpose, bool) { return in.Notice.Purpose(id) }

// Level gives an access level by name.
func (in *InForce) Level(name string) (noticedef.Level, bool) { return in.Notice.Level(name) }

// PermitQuestion asks whether a purpose may use a channel, as the notice
// describes the purpose. What the notice does not promise is refused here.
func (in *InForce) PermitQuestion(purpose, channel string, at time.Time) (permit.Question, error) {
	p, ok := in.Notice.Purpose(purpose)
	if !ok {
		return permit.Question{}, fault.New(fault.Denied, "notice.no_purpose", "the register notice has no such purpose").In("purpose")
	}
	for _, c := range p.Channels {
		if c == channel {
			q := permit.Question{Class: permit.Class(p.Class), Purpose: p.ID, Channel: channel, At: at, Basis: p.Basis.Kind}
			if p.SoftOptIn != nil {
				q.Goods = p.SoftOptIn.Goods
			}
			return q, nil
		}
	}
	return permit.Question{}, fault.New(fault.Denied, "notice.not_promised", "the register notice does not promise this purpose by that channel").In("channel")
}
