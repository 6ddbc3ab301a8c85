package outbox

import (
	"math"

	"kartotek/internal/db"
	"kartotek/internal/id"
	"kartotek/internal/outbox/known"
	"kartotek/internal/permit"
)

// Draft is what all messages of one run share.
type Draft struct {
	Campaign id.ID
	Question permit.Question
	Notice   int
	Asked
}

// Asked is what is particular of a message that a person asked for themselves.
type Asked struct {
	Email string // the address it goes to, when that is not the one in the person's row
	// ByPerson says that the person asked for this very message, as for a link to
	// sign in with. It is told also to somebody whose data is restricted.
	// law: GDPR 18(2)
	ByPerson bool
}

// New makes the row of a decided person: queued, or skipped with the code that
// says why not. It copies what it needs of the subject.
func (d *Draft) New(tx *db.Tx, s *Subject) Message {
	m := Message{ID: tx.NewID(), Person: s.Person.ID, Campaign: d.Campaign, Class: d.Question.Class, Purpose: d.Question.Purpose, Channel: d.Question.Channel}
	m.decided(tx, d, s)
	return m
}

// decided enters a verdict. q.At must be the moment stored.
func (m *Message) decided(tx *db.Tx, d *Draft, s *Subject) {
	m.State, m.Code, m.Pack, m.Notice = Queued, s.Verdict.Code, s.Verdict.Pack, d.Notice
	m.Decided = d.Question.At.UnixMilli()
	m.Facts, m.Evidence = known.Of(&s.Facts, s.Packed, s.held).Text(), evidenceOf(s.Verdict)
	if why := Why(s, m.Channel); why != "" {
		m.State, m.Code, m.Done = Skipped, why, tx.Now()
	}
}

// evidenceOf is the ledger entry the verdict names, "" for none.
func evidenceOf(v permit.Verdict) string {
	for _, b := range v.Because {
		if _, err := id.Parse(b.Evidence); err == nil && b.Evidence != "" {
			return b.Evidence
		}
	}
	return ""
}

// Add stores rows of new messages, in key order. A second row for a person and
// campaign is refused by the table.
func (r *Room) Add(tx *db.Tx, all []Message) error { return insert(tx, all) }

func insert(tx *db.Tx, all []Message) error {
	return tx.Bulk(insMessages, len(all), func(i int, d []any) { fillMessage(&all[i], d) })
}

// Get reads a message by its keys; found is false when there is none.
func (r *Room) Get(tx *db.Tx, who, message id.ID) (m *Message, found bool, err error) {
	all, err := read(tx, selMessage, who.Bucket(), int64(who), int64(message))
	if err != nil || len(all) == 0 {
		return nil, false, err
	}
	return &all[0], true, nil
}

// PurposeOf is what a message is for, read without the rest of it; found is false when
// there is none.
func (r *Room) PurposeOf(tx *db.Tx, who, message id.ID) (purpose string, found bool, err error) {
	found, err = tx.One(selWhy, []any{&purpose}, who.Bucket(), int64(who), int64(message))
	return purpose, found, err
}

func read(tx *db.Tx, s *db.Stmt, args ...any) (all []Message, err error) {
	err = tx.Each(s, func(scan db.Scan) error {
		var m Message
		err := scanMessage(scan, &m)
		all = append(all, m)
		return err
	}, args...)
	return all, err
}

// Of lists a person's messages, newest first, from before a message (0: from the newest).
func (r *Room) Of(tx *db.Tx, who, before id.ID, limit int) ([]Message, error) {
	if before == 0 {
		before = math.MaxInt64
	}
	return read(tx, selOf, who.Bucket(), int64(who), int64(before), limit)
}

// For reads the message of a campaign to a person: did they get it, when, why?
func (r *Room) For(tx *db.Tx, who, campaign id.ID) (m *Message, found bool, err error) {
	all, err := read(tx, selFor, who.Bucket(), int64(who), int64(campaign))
	if err != nil || len(all) == 0 {
		return nil, false, err
	}
	return &all[0], true, nil
}

// Cursor is a place in the people of a campaign, in key order: everything up to
// and including Person is behind it. Begin starts a range.
type Cursor struct {
	Bucket int
	Person id.ID
}

// Begin is the cursor before the first person of a bucket.
func Begin(bucket int) Cursor { return Cursor{Bucket: bucket} }

// Due reads up to limit messages of a run that may be handed over now, between
// the cursor and bucket hi, and moves the cursor behind them. What a hand-over
// writes anew, and the last reply, are not read.
func (r *Room) Due(tx *db.Tx, d Draft, at *Cursor, hi, limit int) ([]Message, error) {
	return page(at, hi, limit, func(c Cursor, hi, n int) (all []Message, err error) {
		each := func(scan db.Scan) error {
			m := Message{Campaign: d.Campaign, Class: d.Question.Class, Purpose: d.Question.Purpose, Channel: d.Question.Channel}
			err := scanDue(scan, &m)
			all = append(all, m)
			return err
		}
		if hi == c.Bucket {
			err = tx.Each(selDue, each, c.Bucket, int64(d.Campaign), int64(c.Person), tx.Now(), n)
		} else {
			err = tx.Each(selDueWide, each, c.Bucket, int64(d.Campaign), int64(c.Person), tx.Now(), n, hi)
		}
		return all, err
	})
}

// InState reads whole messages of a campaign in one state as Due does; code "" is any.
func (r *Room) InState(tx *db.Tx, campaign id.ID, state State, code string, at *Cursor, hi, limit int) ([]Message, error) {
	return page(at, hi, limit, func(c Cursor, hi, n int) ([]Message, error) {
		if hi == c.Bucket {
			return read(tx, selState, c.Bucket, int64(campaign), int64(c.Person), string(state), code, n)
		}
		return read(tx, selStateWide, c.Bucket, int64(campaign), int64(c.Person), string(state), code, n, hi)
	})
}

// wide is the number of buckets from which one statement reads all of them.
const wide = 64

// page fills a page from the cursor on, and moves it.
func page(at *Cursor, hi, limit int, from func(c Cursor, hi, n int) ([]Message, error)) ([]Message, error) {
	var out []Message
	for at.Bucket <= hi {
		to := at.Bucket
		if hi-at.Bucket >= wide {
			to = hi
		}
		some, err := from(*at, to, limit-len(out))
		if err != nil {
			return nil, err
		}
		out = append(out, some...)
		if len(out) == limit {
			*at = Cursor{out[limit-1].Person.Bucket(), out[limit-1].Person}
			return out, nil
		}
		*at = Begin(to + 1)
	}
	return out, nil
}

// Tally is how many messages are in a state with a code, and when the first of
// them is due again.
type Tally struct {
	State State
	Code  string
	N     int
	Next  int64
}

// Count counts a campaign's messages in a range of buckets.
func (r *Room) Count(tx *db.Tx, campaign id.ID, part Range) (all []Tally, err error) {
	err = tx.Each(cntStates, func(scan db.Scan) error {
		var t Tally
		err := scan(&t.State, &t.Code, &t.N, &t.Next)
		all = append(all, t)
		return err
	}, part.Lo, part.Hi, int64(campaign))
	return all, err
}

// End skips whatever of a campaign waits in a range, with a code that says why.
func (r *Room) End(tx *db.Tx, campaign id.ID, part Range, code string) error {
	_, err := tx.Exec(updEnd, part.Lo, part.Hi, int64(campaign), string(Skipped), code, tx.Now())
	return err
}
