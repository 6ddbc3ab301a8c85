package segment

import (
	"context"
	"strings"
	"time"

	"kartotek/internal/address"
	"kartotek/internal/db"
	"kartotek/internal/id"
	"kartotek/internal/outbox"
	"kartotek/internal/party"
	"kartotek/internal/permit"
	"kartotek/internal/segdef"
)

// Audience is the answer of Count.
type Audience struct {
	In        int            // people the expression names
	Reachable int            // of them, those a message may go to
	LeftOut   map[string]int // the others, by the code that says why
	AsOf      time.Time
}

// Filter asks an expression about the people of one range of buckets.
type Filter struct {
	expr *segdef.Expr
	tags map[id.ID][]string
	row  Row
}

// NewFilter makes the filter of an expression for buckets lo to hi. It reads the
// tags of the range when the expression asks for tags.
func NewFilter(tx *db.Tx, people *party.Room, e *segdef.Expr, part outbox.Range) (*Filter, error) {
	f := &Filter{expr: e}
	if !strings.Contains(e.String(), "tag ") {
		return f, nil
	}
	var err error
	f.tags, err = people.TagsOf(tx, part.Lo, part.Hi)
	return f, err
}

// Names reports whether a person is in the segment. The tombstone of an erased
// person is in none.
func (f *Filter) Names(s *outbox.Subject) bool {
	if s.Person.Status == party.Erased {
		return false
	}
	f.row = Row{subject: s, tags: f.tags[s.Person.ID]}
	return f.expr.Match(&f.row)
}

// Row is a person as an expression sees them.
type Row struct {
	subject *outbox.Subject
	tags    []string
}

var _ segdef.Row = (*Row)(nil)

// Field implements segdef.Row.
func (r *Row) Field(name string) string {
	if name == registered {
		return r.subject.Person.RegisteredOn()
	}
	return r.subject.Person.Get(name)
}

// HasTag implements segdef.Row.
func (r *Row) HasTag(tag string) bool {
	for _, t := range r.tags {
		if t == tag || address.Fold(t) == address.Fold(tag) {
			return true
		}
	}
	return false
}

// Consented implements segdef.Row: a consent that stands, neither withdrawn nor
// run out when the question is asked.
func (r *Row) Consented(purpose, channel string) bool {
	for _, c := range r.subject.Facts.Consents {
		if c.Purpose == purpose && c.Channel == channel && c.Withdrawn == nil && (c.Expires == nil || c.Expires.After(r.subject.At)) {
			return true
		}
	}
	return false
}

// Prohibited implements segdef.Row.
func (r *Row) Prohibited(what string) bool {
	for _, p := range r.subject.Facts.Prohibitions {
		if p == what {
			return true
		}
	}
	return false
}

// Count counts the people an expression names. With a question it also decides
// for each whether a message may go to them; nil leaves Reachable and LeftOut
// empty. Every range is read from a snapshot of its own, so over a register that
// changes meanwhile the figures are those of about AsOf.
func (r *Room) Count(ctx context.Context, by db.By, e *segdef.Expr, question *permit.Question) (Audience, error) {
	a := Audience{LeftOut: map[string]int{}, AsOf: r.DB.Now()}
	q := permit.Question{At: a.AsOf}
	if question != nil {
		q = *question
	}
	err := Walk(ctx, r.Outbox, by, e, q, func(s *outbox.Subject) error {
		a.In++
		switch code := outbox.Why(s, q.Channel); {
		case question == nil:
		case code == "":
			a.Reachable++
		default:
			a.LeftOut[code]++
		}
		return nil
	})
	return a, err
}

// Walk decides a question for everybody an expression names, range by range.
func Walk(ctx context.Context, out *outbox.Room, by db.By, e *segdef.Expr, q permit.Question, fn func(*outbox.Subject) error) error {
	var parts []outbox.Range
	if err := out.DB.View(ctx, by, func(tx *db.Tx) (err error) { parts, err = out.Ranges(tx); return err }); err != nil {
		return err
	}
	for _, part := range parts {
		err := out.DB.View(ctx, by, func(tx *db.Tx) error { return WalkRange(tx, out, e, q, part, fn) })
		if err != nil {
			return err
		}
	}
	return nil
}

// WalkRange is Walk for one range, in a transaction.
func WalkRange(tx *db.Tx, out *outbox.Room, e *segdef.Expr, q permit.Question, part outbox.Range, fn func(*outbox.Subject) error) error {
	f, err := NewFilter(tx, out.Party, e, part)
	if err != nil {
		return err
	}
	return out.Walk(tx, part.Lo, part.Hi, q, nil, func(s *outbox.Subject) error {
		if !f.Names(s) {
			return nil
		}
		return fn(s)
	})
}
