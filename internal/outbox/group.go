package outbox

import (
	"errors"
	"slices"

	"kartotek/internal/db"
	"kartotek/internal/id"
	"kartotek/internal/law"
	"kartotek/internal/ledger"
	"kartotek/internal/party"
	"kartotek/internal/permit"
)

// Group handles the messages of one run that are handed over together. What it
// reads of their people it reads a range of buckets at a time, and what it writes
// it writes with one statement where the rows agree: for a hundred messages that
// is ten statements in place of six hundred. It is used by one goroutine.
type Group struct {
	room    *Room
	stands  []ledger.Stand
	sparse  bool // the last range held far more people than the group wanted
	decider decider
}

// NewGroup makes one.
func (r *Room) NewGroup() *Group { return &Group{room: r} }

// sparseAt is the number of people read for each one wanted from which reading
// them one by one is cheaper.
const sparseAt = 4

// HandOver asks again for messages that are due, given in key order, on what
// holds in this transaction, and gives those to be sent; the others it marks
// skipped. The caller stores their Hands and commits before transmitting a byte.
func (g *Group) HandOver(tx *db.Tx, due []Message, d Draft, laws *law.Set) (next []*Ready, err error) {
	g.decider.q, g.decider.laws, g.decider.asked = d.Question, laws, d.Asked
	at := 0
	err = g.subjects(tx, due, d.Question.Channel, func(s *Subject) error {
		m := &due[at]
		at++
		before := *m
		if s == nil {
			m.State, m.Code, m.Done = Skipped, CodeGone, tx.Now()
			return mark(tx, m)
		}
		m.decided(tx, &d, s)
		if _, addr := AddressOf(s.Person, m.Channel); s.Verdict.Allowed && addr == "" {
			m.State, m.Code, m.Done = Skipped, CodeNoAddress, tx.Now()
		}
		if m.State == Skipped {
			return mark(tx, m)
		}
		m.State, m.HandedAt, m.Attempt = Handed, tx.Now(), m.Attempt+1
		next = append(next, &Ready{Message: *m, To: *s.Person, packed: s.Packed, asked: d.Asked})
		if m.rests(&before) && m.Campaign != 0 && m.FormerID == 0 {
			return nil // Hands tells
		}
		return mark(tx, m)
	})
	return next, err
}

// rests reports whether a verdict names what the stored one named: only its time is new.
func (m *Message) rests(on *Message) bool {
	return m.Code == on.Code && m.Notice == on.Notice && m.Pack == on.Pack && m.Facts == on.Facts && m.Evidence == on.Evidence && m.Done == 0
}

// subjects decides about the people of messages in key order; fn gets nil for
// somebody who is gone.
func (g *Group) subjects(tx *db.Tx, all []Message, channel string, fn func(*Subject) error) error {
	people, stands, err := g.read(tx, all)
	if err != nil {
		return err
	}
	for i := range people {
		people[i] = elsewhere(people[i], g.decider.asked.Email)
	}
	held, err := g.held(tx, people, channel)
	if err != nil {
		return err
	}
	for i, p := range people {
		if p == nil {
			err = fn(nil)
		} else {
			err = fn(g.decider.decide(p, stands[i], held[i]))
		}
		if err != nil {
			return err
		}
	}
	return nil
}

// read reads the people of messages and their standings; nil for who is gone.
func (g *Group) read(tx *db.Tx, all []Message) (people []*party.Person, stands []string, err error) {
	people, stands = make([]*party.Person, len(all)), make([]string, len(all))
	if g.sparse || len(all) < sparseAt {
		for i := range all {
			if people[i], _, err = g.room.Party.Get(tx, all[i].Person); err == nil {
				stands[i], err = g.room.Ledger.Standing(tx, all[i].Person)
			}
			if err != nil {
				return nil, nil, err
			}
		}
		return people, stands, nil
	}
	at := 0
	err = g.scan(tx, g.room.Party.Scan, all, func(i int, p *party.Person) {
		copied := *p
		people[i] = &copied
		at++
	})
	if err == nil {
		err = g.standings(tx, all, stands)
	}
	return people, stands, err
}

// scanner is Party.Scan or Party.ScanBrief.
type scanner func(tx *db.Tx, lo, hi int, fn func(*party.Person) error) error

// scan calls fn for those people of a range that the messages are for, and notes
// when the range held far more.
func (g *Group) scan(tx *db.Tx, from scanner, all []Message, fn func(i int, p *party.Person)) error {
	at, read := 0, 0
	lo, hi := bounds(all)
	err := from(tx, lo, hi, func(p *party.Person) error {
		read++
		for at < len(all) && before(all[at].Person, p.ID) {
			at++
		}
		if at == len(all) {
			return db.Stop
		}
		if all[at].Person == p.ID {
			fn(at, p)
		}
		return nil
	})
	g.sparse = read > sparseAt*len(all)+64
	return err
}

func bounds(all []Message) (lo, hi int) {
	return all[0].Person.Bucket(), all[len(all)-1].Person.Bucket()
}

// standings reads what stands for the people of messages.
func (g *Group) standings(tx *db.Tx, all []Message, into []string) (err error) {
	lo, hi := bounds(all)
	if g.stands, err = g.room.Ledger.Range(tx, lo, hi, g.stands[:0]); err != nil {
		return err
	}
	at := 0
	for i := range all {
		for at < len(g.stands) && before(g.stands[at].Person, all[i].Person) {
			at++
		}
		if at < len(g.stands) && g.stands[at].Person == all[i].Person {
			into[i] = g.stands[at].Packed
		}
	}
	return nil
}

// held asks the suppression list about everybody's address, with one statement for
// each kind of address.
func (g *Group) held(tx *db.Tx, people []*party.Person, channel string) ([]Held, error) {
	out := make([]Held, len(people))
	for from := 0; from < len(people); from += maxAsked {
		part := people[from:min(from+maxAsked, len(people))]
		values := make([]string, 0, len(part))
		kind := ""
		for _, p := range part {
			if p == nil {
				continue
			}
			if k, v := AddressOf(p, channel); v != "" {
				kind, values = k, append(values, v)
			}
		}
		if kind == "" {
			continue
		}
		found, err := g.room.Check(tx, kind, values)
		if err != nil {
			return nil, err
		}
		for i, p := range part {
			if p != nil && len(found) > 0 {
				_, v := AddressOf(p, channel)
				out[from+i] = found[v]
			}
		}
	}
	return out, nil
}

// maxAsked is how many addresses Check takes.
const maxAsked = 500

// Unchanged tells for which of some handed messages, in key order, what they rest
// on still stands; for the others Fresh asks the rules again. law: GDPR 21(3)
func (g *Group) Unchanged(tx *db.Tx, all []*Ready) ([]bool, error) {
	out := make([]bool, len(all))
	if g.sparse || len(all) < sparseAt {
		for i, m := range all {
			v, err := g.room.changed(tx, m)
			if err != nil && !errors.Is(err, errGone) {
				return nil, err
			}
			out[i] = err == nil && !v
		}
		return out, nil
	}
	keys, stands := make([]Message, len(all)), make([]string, len(all))
	for i, m := range all {
		keys[i].Person = m.Person
	}
	if err := g.standings(tx, keys, stands); err != nil {
		return nil, err
	}
	return out, g.scan(tx, g.room.Party.ScanBrief, keys, func(i int, p *party.Person) {
		out[i] = all[i].stands(p, stands[i])
	})
}

// stands reports whether a person and their standing are as they were decided on.
func (m *Ready) stands(p *party.Person, packed string) bool {
	return packed == m.packed && p.Status == m.To.Status && p.Reach == m.To.Reach && p.Email == m.To.Email && p.Phone == m.To.Phone
}

var errGone = errors.New("the person is no longer in the register")

// changed is Unchanged's opposite for one message; errGone when there is nobody.
func (r *Room) changed(tx *db.Tx, m *Ready) (bool, error) {
	packed, err := r.Ledger.Standing(tx, m.Person)
	if err != nil {
		return false, err
	}
	p, found, err := r.Party.Get(tx, m.Person)
	if err == nil && !found {
		err = errGone
	}
	return err == nil && !m.stands(elsewhere(p, m.asked.Email), packed), err
}

// Fresh asks immediately before transmission whether what the message rests on
// still stands, and when it does not, asks the rules again. law: GDPR 21(3)
func (r *Room) Fresh(tx *db.Tx, m *Ready, q permit.Question, laws *law.Set) (permit.Verdict, error) {
	changed, err := r.changed(tx, m)
	switch {
	case errors.Is(err, errGone):
		return permit.Verdict{Code: CodeGone}, nil
	case err != nil:
		return permit.Verdict{}, err
	case !changed:
		return permit.Verdict{Allowed: true, Code: m.Code}, nil
	}
	s, err := r.decideOne(tx, &decider{q: q, laws: laws, asked: m.asked}, m.Person)
	if err != nil {
		return permit.Verdict{}, err
	}
	if s.Verdict.Allowed && (s.Person.Email != m.To.Email || s.Person.Phone != m.To.Phone) {
		return permit.Verdict{Code: CodeNoAddress}, nil // the address it was made for is no longer theirs
	}
	return s.Verdict, nil
}

// Settled is a handed message and what became of it.
type Settled struct {
	Message *Message
	Outcome Outcome
}

// alike are outcomes that one statement records.
type alike struct {
	attempt, code   int
	enhanced        string
	handed, carrier int64
}

// answered are the messages' places in the group, their people, and the server's
// words for each.
type answered struct {
	at    []int
	who   []id.ID
	words []string
}

// wait is what messages share that are held until the same moment.
type wait struct {
	until   int64
	attempt int // those that took place
}

// hold puts messages back whose receivers are given no more for now.
func hold(tx *db.Tx, campaign id.ID, held map[wait][]id.ID) error {
	for w, all := range held {
		for part := range slices.Chunk(all, maxAsked) {
			if _, err := tx.Exec(updHeld, w.until, int64(w.attempt), part, int64(campaign)); err != nil {
				return err
			}
		}
	}
	return nil
}

// Settle records what became of messages, those that went out together. As with Room.Settle, one settled by another is left as it is.
func (g *Group) Settle(tx *db.Tx, campaign id.ID, all []Settled) error {
	sent, held := map[alike]*answered{}, map[wait][]id.ID{}
	for i := range all {
		m, o := all[i].Message, &all[i].Outcome
		if o.held() && m.FormerID == 0 && campaign != 0 {
			w := wait{o.Until, m.Attempt - 1}
			held[w] = append(held[w], m.Person)
			continue
		}
		if o.State != Sent || m.FormerID != 0 || campaign == 0 {
			if _, err := g.room.Settle(tx, m, *o); err != nil {
				return err
			}
			continue
		}
		k := alike{m.Attempt, o.Reply.Code, cut(o.Reply.Enhanced, 20), m.HandedAt, o.Carrier}
		if sent[k] == nil {
			sent[k] = &answered{}
		}
		s := sent[k]
		s.at, s.who, s.words = append(s.at, i), append(s.who, m.Person), append(s.words, cut(o.Reply.Text, 200))
	}
	if err := hold(tx, campaign, held); err != nil {
		return err
	}
	for k, some := range sent {
		for from := 0; from < len(some.who); from += maxAsked {
			to := min(from+maxAsked, len(some.who))
			n, err := tx.Exec(updSettled, string(Sent), tx.Now(), int64(k.code), k.enhanced, some.who[from:to], some.words[from:to], int64(campaign), int64(k.attempt), k.handed, k.carrier)
			if err != nil {
				return err
			}
			if n < int64(to-from) { // somebody was merged away: one by one finds them
				for _, i := range some.at[from:to] {
					if _, err := g.room.Settle(tx, all[i].Message, all[i].Outcome); err != nil {
						return err
					}
				}
			}
		}
	}
	return nil
}
