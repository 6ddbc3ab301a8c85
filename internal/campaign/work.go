package campaign

import (
	"context"
	"fmt"
	"time"

	"kartotek/internal/campaign/shelf"
	"kartotek/internal/clock"
	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/id"
	"kartotek/internal/job"
	"kartotek/internal/outbox"
	"kartotek/internal/permit"
	"kartotek/internal/segdef"
	"kartotek/internal/segment"
)

// Kinds of job.
const (
	KindDecide = "campaign.decide"
	KindSend   = "campaign.send"
)

type phase string

const (
	phaseDecide phase = "decide"
	phaseSend   phase = "send"
	phaseWait   phase = "wait"
	phaseHeld   phase = "held"
	phaseDone   phase = "done"
)

// span is a range of buckets of one campaign and how far it has come.
type span struct {
	lo, hi int
	phase  phase
	next   int64
}

func (s span) kind() string {
	if s.phase == phaseDecide {
		return KindDecide
	}
	return KindSend
}

func (s span) part() outbox.Range { return outbox.Range{Lo: s.lo, Hi: s.hi} }

// piece is a job's payload.
type piece struct {
	Campaign id.ID `json:"campaign"`
	Lo       int   `json:"lo"`
}

func prefix(which id.ID) string { return which.String() + "/" }

func key(which id.ID, lo int) string { return fmt.Sprintf("%s%04d", prefix(which), lo) }

// enqueue puts a range's job into the queue. The first range is sent while the
// others are still being decided about: the first letter goes at once, however many
// people there are, and everybody else's verdict still is of the campaign's beginning.
func enqueue(tx *db.Tx, which id.ID, s span) error {
	opt := job.Opt{RunAt: clock.FromMs(s.next), Ahead: s.lo == 0 && s.phase == phaseSend}
	_, _, err := job.Enqueue(tx, s.kind(), key(which, s.lo), piece{which, s.lo}, opt)
	return err
}

// enqueueAll puts jobs for all ranges that are not done into the queue; those
// that have one keep it.
func (r *Room) enqueueAll(tx *db.Tx, which id.ID) error {
	all, err := ranges(tx, which)
	if err != nil {
		return err
	}
	for _, s := range all {
		if s.phase != phaseDone {
			if err := enqueue(tx, which, s); err != nil {
				return err
			}
		}
	}
	return nil
}

func ranges(tx *db.Tx, which id.ID) (all []span, err error) {
	err = tx.Each(selRanges, func(scan db.Scan) error {
		var s span
		err := scan(&s.lo, &s.hi, (*string)(&s.phase), &s.next)
		all = append(all, s)
		return err
	}, int64(which))
	return all, err
}

// Handle gives the room's handlers to a runner. It must be called before the
// runner runs, in every process that sends.
func (r *Room) Handle(run *job.Runner) {
	run.Handle(KindDecide, r.patient(r.decideRange))
	run.Handle(KindSend, r.patient(r.sendRange))
	run.Handle(KindStart, r.startPlanned)
	run.Handle(KindChoose, r.choose)
}

// unreachable is how long a range waits when the mail server does not answer.
const unreachable = 30 * time.Second

// patient makes an unreachable server a reason to wait, never to give up.
func (r *Room) patient(h job.Handler) job.Handler {
	return func(ctx context.Context, j *job.Job) error {
		err := h(ctx, j)
		switch {
		case ctx.Err() != nil, job.Crossed(err):
			return err
		case fault.Is(err, fault.Unavailable):
			return job.Later(r.DB.Now().Add(unreachable))
		}
		return err
	}
}

// load reads what a handler works on.
func (r *Room) load(tx *db.Tx, j *job.Job) (c *Campaign, s span, err error) {
	var p piece
	if err := j.Decode(&p); err != nil {
		return nil, s, job.Permanent(err)
	}
	if c, err = r.Get(tx, p.Campaign); err != nil {
		return nil, s, err
	}
	found, err := tx.One(selRange, []any{&s.lo, &s.hi, (*string)(&s.phase), &s.next}, int64(p.Campaign), p.Lo)
	if err == nil && !found {
		err = job.Permanent(shelf.None())
	}
	return c, s, err
}

// decideRange decides for everybody the audience names in one range.
func (r *Room) decideRange(ctx context.Context, j *job.Job) error {
	var c *Campaign
	err := r.DB.Do(ctx, j.By(), func(tx *db.Tx) (err error) {
		tx.Quiet()
		if err := j.Hold(tx); err != nil {
			return err
		}
		var s span
		if c, s, err = r.load(tx, j); err != nil || s.phase != phaseDecide {
			return err
		}
		if c.State == Stopped {
			return r.moveOn(tx, c, s, phaseDone, 0)
		}
		if !c.State.Running() {
			return nil
		}
		return r.decide(tx, c, s)
	})
	if err != nil {
		return err
	}
	return r.advance(ctx, j.By(), c.ID)
}

// decide writes the rows of a range and passes it on to sending.
func (r *Room) decide(tx *db.Tx, c *Campaign, s span) error {
	t, err := r.Terms(tx)
	if err != nil {
		return err
	}
	q, err := r.question(tx, t, c)
	if err != nil {
		return err
	}
	e, err := r.Segments.Read(tx, c.Audience)
	if err != nil {
		return err
	}
	d := outbox.Draft{Campaign: c.ID, Question: q, Notice: t.Version}
	var rows []outbox.Message
	err = r.audience(tx, e, q, s.part(), func(p *outbox.Subject) error {
		rows = append(rows, d.New(tx, p))
		return nil
	})
	if err == nil {
		err = r.spare(tx, c, rows)
	}
	if err != nil {
		return err
	}
	for i := range rows {
		deal(c, &rows[i])
	}
	if err := r.Outbox.Add(tx, rows); err != nil {
		return err
	}
	if err := r.rollUp(tx, c.ID, s, tally(rows)); err != nil {
		return err
	}
	s.phase = phaseSend
	if err := r.moveOn(tx, c, s, phaseSend, 0); err != nil {
		return err
	}
	return enqueue(tx, c.ID, s)
}

// audience decides for everybody of a range whom an expression names. One that asks
// for no field is answered without reading them.
func (r *Room) audience(tx *db.Tx, e *segdef.Expr, q permit.Question, part outbox.Range, fn func(*outbox.Subject) error) error {
	if len(e.Fields()) > 0 {
		return segment.WalkRange(tx, r.Outbox, e, q, part, fn)
	}
	f, err := segment.NewFilter(tx, r.Outbox.Party, e, part)
	if err != nil {
		return err
	}
	return r.Outbox.WalkBrief(tx, part.Lo, part.Hi, q, func(s *outbox.Subject) error {
		if !f.Names(s) {
			return nil
		}
		return fn(s)
	})
}

func (r *Room) moveOn(tx *db.Tx, c *Campaign, s span, to phase, next int64) error {
	_, err := tx.Exec(updRange, int64(c.ID), s.lo, string(to), next)
	return err
}

// count brings the rollup of a range up to date, and gives it.
func (r *Room) count(tx *db.Tx, which id.ID, s span) ([]outbox.Tally, error) {
	all, err := r.Outbox.Count(tx, which, s.part())
	if err != nil {
		return nil, err
	}
	return all, r.rollUp(tx, which, s, all)
}

func (r *Room) rollUp(tx *db.Tx, which id.ID, s span, all []outbox.Tally) error {
	if _, err := tx.Exec(delCounts, int64(which), s.lo); err != nil {
		return err
	}
	for _, t := range all {
		if _, err := tx.Exec(insCount, int64(which), s.lo, string(t.State), t.Code, t.N); err != nil {
			return err
		}
	}
	return nil
}

// tally counts rows just decided, all of a range.
func tally(rows []outbox.Message) (all []outbox.Tally) {
	at := map[[2]string]int{}
	for i := range rows {
		k := [2]string{string(rows[i].State), rows[i].Code}
		n, known := at[k]
		if !known {
			n = len(all)
			at[k] = n
			all = append(all, outbox.Tally{State: rows[i].State, Code: rows[i].Code})
		}
		all[n].N++
	}
	return all
}

// advance brings the campaign's state in line with its ranges. It is a
// transaction of its own, because the campaign is a reference table.
func (r *Room) advance(ctx context.Context, by db.By, which id.ID) error {
	return r.DB.Do(ctx, by, func(tx *db.Tx) error {
		c, err := r.Get(tx, which)
		if err != nil || !c.State.Running() {
			return err
		}
		all, err := ranges(tx, which)
		if err != nil {
			return err
		}
		to := reached(all)
		if to == c.State {
			return nil
		}
		if to == Choosing {
			if err := r.await(tx, c); err != nil {
				return err
			}
		}
		return r.turn(tx, c, c.State, to)
	})
}

// reached is the state that the phases of all ranges come to.
func reached(all []span) State {
	to := Done
	for _, s := range all {
		switch {
		case s.phase == phaseDecide:
			return Deciding
		case s.phase == phaseHeld && to == Done:
			to = Choosing
		case s.phase != phaseHeld && s.phase != phaseDone:
			to = Sending
		}
	}
	return to
}
