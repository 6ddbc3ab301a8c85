package outbox

import (
	"context"
	"time"

	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/id"
	"kartotek/internal/law"
	"kartotek/internal/ledger"
	"kartotek/internal/outbox/suppress"
	"kartotek/internal/party"
	"kartotek/internal/permit"
)

// Subject is one person as a decision saw them. What it points to is reused for
// the next one: copy what is to be kept.
type Subject struct {
	Person  *party.Person
	Packed  string // the ledger's standing
	Facts   permit.Facts
	Verdict permit.Verdict
	At      time.Time // the moment decided for
	held    bool      // the last prohibition comes from the suppression list
}

// decider turns rows into verdicts, reusing its memory.
type decider struct {
	q        permit.Question
	laws     *law.Set
	reader   ledger.Reader
	suppress [3]string
	subject  Subject
	asked    Asked
}

// decide fills the subject from a person and what stands for them. held is what
// the suppression list adds.
func (d *decider) decide(p *party.Person, packed string, held Held) *Subject {
	s := &d.subject
	s.Person, s.Packed, s.At = p, packed, d.q.At
	s.Facts = permit.Facts{Country: p.Country, Subject: p.Subject(), Restricted: p.Status == party.Restricted, Erased: p.Status == party.Erased}
	s.Facts.Asked = d.asked.ByPerson
	s.Facts.Suppressed = d.bad(p.Reach)
	d.reader.Facts(packed, d.q.Purpose, &s.Facts)
	s.held = heed(held, &s.Facts, d.q.Channel)
	s.Verdict = judge(d.laws, d.q, s.Facts)
	return s
}

// judge asks the rules: those of a set when one is given, else those of the
// person's country.
func judge(laws *law.Set, q permit.Question, f permit.Facts) permit.Verdict {
	if laws == nil {
		return permit.Decide(q, f)
	}
	return permit.DecideWith(laws, q, f)
}

// bad lists the channels whose address is known not to work.
func (d *decider) bad(r party.Reach) []string {
	out := d.suppress[:0]
	if r.Has(party.BadEmail) {
		out = append(out, "email")
	}
	if r.Has(party.BadPhone) {
		out = append(out, "sms", "call")
	}
	if r.Has(party.BadPost) {
		out = append(out[:len(out):len(out)], "post")
	}
	return out
}

// Walk decides a question for everybody in buckets lo to hi, in key order, and
// calls fn for each, tombstones included. laws nil means the packs of each
// person's country. The standings of the range are read before the people,
// because a PostgreSQL connection runs one query at a time; so a range should
// hold some thousands of people (see Ranges).
//
// Bulk decisions read what is known of addresses from the person's row; the
// suppression list itself is asked at hand-over, by DecideOne.
func (r *Room) Walk(tx *db.Tx, lo, hi int, q permit.Question, laws *law.Set, fn func(*Subject) error) error {
	w := walker{room: r, decider: decider{q: q, laws: laws}, scan: r.Party.Scan}
	return w.walk(tx, lo, hi, fn)
}

// WalkBrief is Walk with people as Party.ScanBrief gives them: what decides and the
// first addresses, no other fields.
func (r *Room) WalkBrief(tx *db.Tx, lo, hi int, q permit.Question, fn func(*Subject) error) error {
	w := walker{room: r, decider: decider{q: q}, scan: r.Party.ScanBrief}
	return w.walk(tx, lo, hi, fn)
}

// walker keeps the memory of Walk from one range to the next.
type walker struct {
	room *Room
	decider
	scan   func(tx *db.Tx, lo, hi int, fn func(*party.Person) error) error
	stands []ledger.Stand
}

func (w *walker) walk(tx *db.Tx, lo, hi int, fn func(*Subject) error) (err error) {
	if w.stands, err = w.room.Ledger.Range(tx, lo, hi, w.stands[:0]); err != nil {
		return err
	}
	at := 0
	return w.scan(tx, lo, hi, func(p *party.Person) error {
		for at < len(w.stands) && before(w.stands[at].Person, p.ID) {
			at++
		}
		packed := ""
		if at < len(w.stands) && w.stands[at].Person == p.ID {
			packed = w.stands[at].Packed
		}
		return fn(w.decide(p, packed, Held{}))
	})
}

// before orders people as the tables do: by bucket, then by id.
func before(a, b id.ID) bool {
	if x, y := a.Bucket(), b.Bucket(); x != y {
		return x < y
	}
	return a < b
}

// rangePeople is how many people one range of buckets should hold, and maxRange
// the most buckets: also a small register is work that two can share.
const (
	rangePeople = 4000
	maxRange    = id.Buckets / 8
)

// Range is some neighbouring buckets, Lo to Hi inclusive.
type Range struct{ Lo, Hi int }

// sampled is how many buckets Ranges looks into: people are spread evenly, so
// they tell the size of the register, which counting would have to read whole.
const sampled = 8

// Ranges cuts the buckets into ranges that hold about 4,000 people each.
func (r *Room) Ranges(tx *db.Tx) ([]Range, error) {
	n := 0
	for i := range sampled {
		b := i * (id.Buckets / sampled)
		if err := r.Party.Scan(tx, b, b, func(*party.Person) error { n++; return nil }); err != nil {
			return nil, err
		}
	}
	return cutRanges(n * id.Buckets / sampled), nil
}

// cutRanges cuts the buckets for n people.
func cutRanges(n int) []Range {
	size := max(1, min(maxRange, id.Buckets*rangePeople/max(n, 1)))
	if n >= 1000 { // enough for several processes: none is to have taken all before the next has looked
		size = min(size, maxRange/4)
	}
	var out []Range
	for lo := 0; lo < id.Buckets; lo += size {
		out = append(out, Range{lo, min(lo+size, id.Buckets) - 1})
	}
	return out
}

// DecideAll decides a question for the whole register, a range at a time, each
// from its own snapshot, with memory that does not grow with the register. Of a
// person it reads what decides and the first addresses, no other fields.
func (r *Room) DecideAll(ctx context.Context, by db.By, q permit.Question, laws *law.Set, fn func(*Subject) error) error {
	var parts []Range
	if err := r.DB.View(ctx, by, func(tx *db.Tx) (err error) { parts, err = r.Ranges(tx); return err }); err != nil {
		return err
	}
	w := walker{room: r, decider: decider{q: q, laws: laws}, scan: r.Party.ScanBrief}
	for _, part := range parts {
		if err := r.DB.View(ctx, by, func(tx *db.Tx) error { return w.walk(tx, part.Lo, part.Hi, fn) }); err != nil {
			return err
		}
	}
	return nil
}

// DecideOne decides for one person from the row, the ledger and the suppression
// list as they are in this transaction. It is what hand-over rests on.
func (r *Room) DecideOne(tx *db.Tx, who id.ID, q permit.Question, laws *law.Set) (*Subject, error) {
	d := decider{q: q, laws: laws}
	return r.decideOne(tx, &d, who)
}

// DecideAsked is DecideOne for a message that the person asked for, or that goes to
// another e-mail address than the one in their row.
func (r *Room) DecideAsked(tx *db.Tx, who id.ID, q permit.Question, asked Asked) (*Subject, error) {
	d := decider{q: q, asked: asked}
	return r.decideOne(tx, &d, who)
}

// elsewhere is a person as a message sees them that goes to another e-mail address
// than the one in the row: what is known of that one says nothing of this. The
// suppression list is asked about this.
func elsewhere(p *party.Person, email string) *party.Person {
	if email == "" || p == nil {
		return p
	}
	there := *p
	there.Email = email
	there.Reach = p.Reach&^(party.BadEmail|party.EmailVerified) | party.HasEmail
	return &there
}

func (r *Room) decideOne(tx *db.Tx, d *decider, who id.ID) (*Subject, error) {
	p, found, err := r.Party.Get(tx, who)
	if err != nil {
		return nil, err
	}
	if !found {
		return nil, fault.New(fault.NotFound, "party.not_found", "there is no such person in the register")
	}
	p = elsewhere(p, d.asked.Email)
	packed, err := r.Ledger.Standing(tx, who)
	if err != nil {
		return nil, err
	}
	held, err := r.held(tx, p, d.q.Channel)
	if err != nil {
		return nil, err
	}
	return d.decide(p, packed, held), nil
}

// AddressOf is the person's address on a channel, normalised, with its kind in
// the suppression list; "" when there is none.
func AddressOf(p *party.Person, channel string) (kind, value string) {
	return suppress.AddressOf(p, channel)
}

// has are the bits that tell an address on a channel is known.
var has = map[string]party.Reach{"email": party.HasEmail, "sms": party.HasPhone, "call": party.HasPhone, "post": party.HasPost}

// Why is the code that keeps a message from a person: that of the verdict, or
// CodeNoAddress; "" when nothing does.
func Why(s *Subject, channel string) string {
	switch {
	case !s.Verdict.Allowed:
		return s.Verdict.Code
	case !s.Person.Reach.Has(has[channel]):
		return CodeNoAddress
	}
	return ""
}
