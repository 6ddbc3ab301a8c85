package clicks

import (
	"context"
	"slices"
	"sync"
	"time"

	"kartotek/internal/clock"
	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/id"
	"kartotek/internal/permit"
)

const (
	settle      = 2 * time.Second // how long a hit waits for others that tell what it was
	maxWaiting  = 100_000         // hits; a flood beyond it is not counted
	hour        = int64(time.Hour / time.Millisecond)
	kindLeft    = "left" // somebody said no by a message of the campaign; what is the way they did
	leftParts   = 16     // rows of one hour that people who leave at the same time share
	leftParting = leftParts - 1
)

// waiting holds the hits that are not counted yet.
type waiting struct {
	mu   sync.Mutex
	hits []Hit // guarded by mu; in order of time
}

// Hit takes a click down, to be counted when it has waited. It costs no transaction.
func (r *Room) Hit(h Hit) {
	r.waiting.mu.Lock()
	defer r.waiting.mu.Unlock()
	if len(r.waiting.hits) < maxWaiting {
		r.waiting.hits = append(r.waiting.hits, h)
	}
}

// take gives the hits up to a moment, and with them those a burst may end in.
func (w *waiting) take(until time.Time) []Hit {
	w.mu.Lock()
	defer w.mu.Unlock()
	n := slices.IndexFunc(w.hits, func(h Hit) bool { return h.At.After(until) })
	if n < 0 {
		n = len(w.hits)
	}
	out := w.hits[:n:n]
	w.hits = w.hits[n:]
	return out
}

// Run counts what waits, about every settle, until ctx ends; then what is left.
func (r *Room) Run(ctx context.Context, failed func(error)) {
	tick := time.NewTicker(settle)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			if err := r.Flush(ctx, r.DB.Now().Add(-settle)); err != nil && ctx.Err() == nil {
				failed(err)
			}
		case <-ctx.Done():
			last, stop := context.WithTimeout(context.WithoutCancel(ctx), settle)
			defer stop()
			if err := r.Flush(last, r.DB.Now()); err != nil {
				failed(err)
			}
			return
		}
	}
}

// tally is one count of click_tallies.
type tally struct {
	campaign id.ID
	kind     string
	what     string
	hour     int64
}

// Flush counts the hits that came up to a moment, all in one transaction, and then
// notes those of people who consented. What cannot be stored is lost: a count is
// not worth holding anybody up for.
func (r *Room) Flush(ctx context.Context, until time.Time) error {
	hits := r.waiting.take(until)
	if len(hits) == 0 {
		return nil
	}
	all := judge(hits)
	sums := map[tally]int{}
	for i := range all {
		j := &all[i]
		sums[tally{j.Link.Campaign, j.kind, j.Link.ID.String(), clock.Ms(j.At) / hour}]++
	}
	err := r.DB.Do(ctx, db.System("clicks"), func(tx *db.Tx) error {
		tx.Quiet()
		for t, n := range sums {
			if _, err := tx.Exec(addTally, int64(t.campaign), t.kind, t.what, t.hour, 0, n); err != nil {
				return err
			}
		}
		return nil
	})
	for i := range all {
		if j := &all[i]; err == nil && j.Link.Person != 0 && j.kind == Human {
			err = r.note(ctx, j)
		}
	}
	return err
}

// note stores that a person followed a link, if they still consent to it.
func (r *Room) note(ctx context.Context, j *judged) error {
	return r.DB.Do(ctx, db.System("clicks"), func(tx *db.Tx) error {
		m, found, err := r.Outbox.Get(tx, j.Link.Person, j.Link.Message)
		if err != nil || !found || m.Campaign != j.Link.Campaign || r.Question == nil {
			return err
		}
		notice := func(purpose, channel string, at time.Time) (permit.Question, error) {
			return r.Question(tx, purpose, channel, at)
		}
		q, err := Ask(notice, j.Link.Purpose, m.Purpose, m.Channel, tx.Time())
		if err != nil || q == nil {
			return err
		}
		s, err := r.Outbox.DecideOne(tx, m.Person, *q, nil)
		if fault.Is(err, fault.NotFound) {
			return nil
		}
		if err != nil || !Consented(s.Verdict) {
			return err
		}
		_, err = tx.Exec(putPerson, m.Person.Bucket(), int64(m.Person), int64(m.Campaign), int64(j.Link.ID), clock.Ms(j.At))
		return err
	})
}

// Ask gives the question that must be answered with yes before anybody's clicks are
// noted: the notice promises the purpose by the channel, it is not what the message
// is for, and it rests on consent. Where the notice does not, it gives nil, and
// clicks are counted for nobody. notice is what the notice in force asks for a
// purpose. law: GDPR 6(1)(a), 7(2)
func Ask(notice func(purpose, channel string, at time.Time) (permit.Question, error), purpose, of, channel string, at time.Time) (*permit.Question, error) {
	if purpose == "" || purpose == of || notice == nil {
		return nil, nil
	}
	q, err := notice(purpose, channel, at)
	if code := fault.CodeOf(err); err != nil && (code == fault.Denied || code == fault.NotFound) {
		return nil, nil
	}
	if err != nil || q.Basis != "consent" {
		return nil, err
	}
	return &q, nil
}

// Consented reports whether a verdict on Ask's question rests on the person's own yes.
func Consented(v permit.Verdict) bool { return v.Allowed && v.Code == permit.CodeConsent }

// Ways to leave, as they are counted.
const (
	LeftOneClick    = "one-click"   // the button of a mail program (RFC 8058)
	LeftPage        = "unsubscribe" // the page behind the letter's link
	LeftPreferences = "preferences"
)

// Left counts that somebody said no by a message of a campaign, in the transaction
// in which they do. Who they are stands in the ledger. A nil Room counts nothing.
func (r *Room) Left(tx *db.Tx, campaign, who id.ID, way string) error {
	if r == nil || campaign == 0 {
		return nil
	}
	_, err := tx.Exec(addTally, int64(campaign), kindLeft, way, tx.Now()/hour, int(who)&leftParting, 1)
	return err
}
