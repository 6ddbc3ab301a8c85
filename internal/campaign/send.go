package campaign

import (
	"context"
	"errors"
	"time"

	"kartotek/internal/campaign/letter"
	"kartotek/internal/clock"
	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/job"
	"kartotek/internal/outbox"
)

// Sizes of the send. A group is what one transaction hands over: after a crash at
// most a group per worker is uncertain.
const (
	groupSize  = 250              // at most, when the room names no other
	groupFirst = 20               // the first of a range
	groupTime  = time.Second      // a group that takes longer makes the next one smaller
	ahead      = 64               // messages asked about again at once when something was written
	recountAge = time.Second      // between two refreshments of the rollup
	windUp     = 10 * time.Second // to record outcomes when the program is told to stop
)

// sender works on one range while its job's lease is held.
type sender struct {
	room    *Room
	job     *job.Job
	c       *Campaign
	span    span
	draft   outbox.Draft
	letter  *letter.Letter
	others  []*letter.Letter // the second letter of a test, and so on
	session outbox.Session
	at      outbox.Cursor
	many    *outbox.Group
	next    []*outbox.Ready // the group being transmitted
	read    db.Version      // before next was read and asked about
	seen    []db.Version    // by message of next: the version at which it still held
	group   []settled
	size    int     // of the next group
	recount int64   // when the rollup is due to be refreshed
	pages   [2]page // the letters of this message and the next
	turn    int     // the page written last
	told    int     // the message that the server was told of ahead; -1 for none
	quiet   int64   // from when on quiet hours have to be asked about (ms)
	given   int     // the message that the session has granted ahead; -1 for none
	stop    string  // why the campaign has to pause by itself; "" while it need not
	halted  bool    // paused or stopped meanwhile
	since   int64   // when the alarm was raised that somebody has gone on from; 0 for none (ms)
	cut     bool    // the rest of the group is not to be begun
}

// page is a letter that was written, and for which message of the group.
type page struct {
	of   *outbox.Ready
	data []byte
}

// settled is a message handed over and what became of it.
type settled struct {
	m       *outbox.Ready
	outcome outbox.Outcome
	vetoed  bool
}

// sendRange sends what is queued in one range.
func (r *Room) sendRange(ctx context.Context, j *job.Job) error {
	s := &sender{room: r, job: j, many: r.Outbox.NewGroup(), told: -1, given: -1, size: min(groupFirst, r.most())}
	if err := r.DB.Do(ctx, j.By(), s.begin); err != nil {
		return err
	}
	if s.span.phase == phaseDone {
		return r.advance(ctx, j.By(), s.c.ID)
	}
	defer s.close()
	if halted, err := r.gate(ctx, j.By(), s.c); err != nil || halted {
		return err
	}
	if err := s.run(ctx); err != nil || s.halted {
		return err
	}
	next, err := s.finish(ctx)
	if err != nil {
		return err
	}
	if next > 0 {
		return job.Later(clock.FromMs(next))
	}
	return r.advance(ctx, j.By(), s.c.ID)
}

// begin reads what is to be sent and settles what an earlier holder left behind.
func (s *sender) begin(tx *db.Tx) (err error) {
	tx.Quiet()
	if err := s.job.Hold(tx); err != nil {
		return err
	}
	r := s.room
	if s.c, s.span, err = r.load(tx, s.job); err != nil || s.span.phase == phaseDone {
		return err
	}
	t, err := r.Terms(tx)
	if err != nil {
		return err
	}
	q, err := r.question(tx, t, s.c)
	if err != nil {
		return err
	}
	s.draft = outbox.Draft{Campaign: s.c.ID, Question: q, Notice: t.Version}
	s.at, s.recount = outbox.Begin(s.span.lo), tx.Now()+recountAge.Milliseconds()
	if s.letter, err = r.prepared.Get(r.press(), s.c, t, r.DB.Now()); err != nil {
		return err
	}
	if s.others, err = r.prepared.Others(r.press(), s.c, t, r.DB.Now()); err != nil {
		return err
	}
	if err := s.resume(tx); err != nil {
		return err
	}
	if w := s.c.Winner(); w > 0 {
		if err := r.Outbox.Chosen(tx, s.c.ID, s.span.part(), w); err != nil {
			return err
		}
	}
	for {
		n, err := r.Outbox.Orphans(tx, s.draft, s.span.part(), 500)
		if err != nil || n == 0 {
			return err
		}
	}
}

// resume reads which group an earlier holder had handed over last.
func (s *sender) resume(tx *db.Tx) error {
	var hands []byte
	var at int64
	_, err := tx.One(selHands, []any{&hands, &at}, int64(s.c.ID), s.span.lo)
	if err != nil || len(hands) == 0 {
		return err
	}
	if err := s.room.Outbox.Resume(tx, s.c.ID, hands, at); err != nil {
		return err
	}
	return s.note(tx, nil)
}

// note stores which group is handed over; nil when none is.
func (s *sender) note(tx *db.Tx, next []*outbox.Ready) error {
	_, err := tx.Exec(updHands, int64(s.c.ID), s.span.lo, outbox.Hands(next), tx.Now())
	return err
}

// run hands over group after group until nothing more is due. Whatever happens,
// the outcomes of the last group are recorded.
func (s *sender) run(ctx context.Context) (err error) {
	defer func() {
		if len(s.group) == 0 {
			return
		}
		last, stop := context.WithTimeout(context.WithoutCancel(ctx), windUp)
		defer stop()
		s.recount = 0 // nobody counts after this
		err = errors.Join(err, s.insist(last, s.record))
	}()
	for ctx.Err() == nil {
		if err := s.judge(ctx); err != nil || s.halted {
			return err
		}
		next, more, err := s.step(ctx)
		if err != nil || !more {
			return err
		}
		if s.session == nil {
			if s.session, err = s.room.channel(s.c).Open(ctx); err != nil {
				return err
			}
			continue
		}
		s.transmit(ctx, next)
	}
	return ctx.Err()
}

// channel is where a campaign's letters go.
func (r *Room) channel(c *Campaign) outbox.Channel {
	if pools, able := r.Channel.(outbox.Pools); able && c.Options.Relay != "" {
		return pools.In(c.Options.Relay)
	}
	return r.Channel
}

// flush records the outcomes of the last group at once.
func (s *sender) flush(ctx context.Context) error {
	if len(s.group) == 0 {
		return nil
	}
	err := s.insist(ctx, s.record)
	if err == nil {
		s.group = s.group[:0]
	}
	return err
}

// step runs handOver in a transaction, which may be tried again.
func (s *sender) step(ctx context.Context) (next []*outbox.Ready, more bool, err error) {
	start := s.at
	if s.read, err = s.room.DB.Version(ctx); err != nil {
		return nil, false, err
	}
	err = s.insist(ctx, func(tx *db.Tx) (err error) {
		s.at = start
		next, more, err = s.handOver(tx)
		return err
	})
	if err == nil {
		s.group = s.group[:0]
	}
	return next, more, err
}

// Tries of a transaction that holds outcomes: what is not recorded is uncertain
// for ever, so a busy or restarting database is given some time.
const (
	tries   = 12
	between = 250 * time.Millisecond
)

// insist runs a transaction until it is committed, or can never be.
func (s *sender) insist(ctx context.Context, fn func(tx *db.Tx) error) error {
	for try := 1; ; try++ {
		err := s.room.DB.Do(ctx, s.job.By(), fn)
		code := fault.CodeOf(err)
		if err == nil || try == tries || code != fault.Internal && code != fault.Unavailable {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(between):
		}
	}
}

// handOver is one transaction: outcomes of the last group, then the next group
// asked about and marked. Without an open session it only tells whether there is
// more to do.
func (s *sender) handOver(tx *db.Tx) (next []*outbox.Ready, more bool, err error) {
	if !s.dead() {
		tx.Quiet() // messages, counts and leases: nothing a verdict rests on
	}
	if err := s.record(tx); err != nil {
		return nil, false, err
	}
	c, err := s.room.Get(tx, s.c.ID)
	if err != nil {
		return nil, false, err
	}
	switch {
	case c.State == Stopped:
		return nil, false, s.room.Outbox.End(tx, c.ID, s.span.part(), outbox.CodeStopped)
	case !c.State.Running():
		s.halted = true
		_, err := s.room.count(tx, c.ID, s.span)
		return nil, false, err
	}
	if a, err := s.room.Alarmed(tx, c.ID); err != nil {
		return nil, false, err
	} else if a != nil {
		s.since = clock.Ms(a.At)
	}
	if s.quiet = c.QuietFrom(tx.Time()); s.quiet <= tx.Now() {
		return nil, false, nil // finish tells until when
	}
	if s.session == nil {
		peek := s.at
		due, err := s.room.Outbox.Due(tx, s.draft, &peek, s.span.hi, 1)
		return nil, len(due) > 0, err
	}
	due, err := s.room.Outbox.Due(tx, s.draft, &s.at, s.span.hi, s.size)
	if err != nil || len(due) == 0 {
		return nil, false, err
	}
	if limit := limitOf(c); limit != nil {
		if due, err = s.room.Outbox.Capped(tx, due, *limit); err != nil || len(due) == 0 {
			return nil, err == nil, err
		}
	}
	s.draft.Question.At = tx.Time()
	if next, err = s.many.HandOver(tx, due, s.draft, nil); err != nil {
		return nil, false, err
	}
	if err := s.note(tx, next); err != nil {
		return nil, false, err
	}
	_ = s.room.Outbox.Noted(next) // without the note they are uncertain after a crash, no worse
	return next, true, nil
}

// most is the largest group.
func (r *Room) most() int {
	if r.GroupSize > 0 {
		return r.GroupSize
	}
	return groupSize
}

// pace sizes the next group by how long this one took: what a crash leaves
// uncertain is then about a second's sending, also with a slow server.
func (s *sender) pace(took time.Duration) {
	switch {
	case took > groupTime:
		s.size = max(1, s.size/2)
	case took < groupTime/2:
		s.size = min(2*s.size, s.room.most())
	}
}

// errVeto stops a message whose reasons no longer hold.
var errVeto = errors.New("the message may no longer be sent")

// ask is the last question before a message's text is transmitted: is the range
// still ours, does the campaign still run, and does what the message rests on
// still stand? When nothing at all was written to the register since that was
// last seen, it does. law: GDPR 21(3)
func (s *sender) ask(ctx context.Context, i int) error {
	if err := s.asked(ctx, i); err != nil {
		return err
	}
	if err := s.room.Outbox.Begun(s.next[i]); err != nil {
		return errors.Join(errVeto, err)
	}
	return nil
}

func (s *sender) asked(ctx context.Context, i int) error {
	now, err := s.room.DB.Version(ctx)
	if err != nil {
		return errors.Join(errVeto, err)
	}
	if now.Same(s.seen[i]) {
		return nil
	}
	return s.room.DB.View(ctx, s.job.By(), func(tx *db.Tx) error {
		if err := s.ours(tx); err != nil {
			return err
		}
		some := s.next[i:min(i+ahead, len(s.next))]
		same, err := s.many.Unchanged(tx, some)
		if err != nil {
			return err
		}
		for k := range some {
			if same[k] {
				s.seen[i+k] = now
			}
		}
		if same[0] {
			return nil
		}
		q := s.draft.Question
		q.At = tx.Time()
		v, err := s.room.Outbox.Fresh(tx, some[0], q, nil)
		if err == nil && !v.Allowed {
			err = errVeto
		}
		return err
	})
}

// ours makes sure that the range is still ours, and cuts the group short when the
// campaign is no longer to go on.
func (s *sender) ours(tx *db.Tx) error {
	cur, err := job.Get(tx, s.job.ID)
	if err != nil || cur.Fence != s.job.Fence || cur.State != job.Running {
		return errors.Join(errVeto, err)
	}
	state, found, err := s.room.State(tx, s.c.ID)
	if err == nil && !(found && state.Running()) {
		s.cut, err = true, errVeto
	}
	return err
}

// record stores the outcomes of the last group, while the lease is still held.
func (s *sender) record(tx *db.Tx) error {
	if err := s.job.Hold(tx); err != nil {
		return err
	}
	s.draft.Question.At = tx.Time()
	if err := s.settle(tx); err != nil {
		return err
	}
	if err := s.bury(tx); err != nil || tx.Now() < s.recount {
		return err
	}
	// Counting reads the whole range: it may cost a twentieth of the time, no more.
	start := s.room.DB.Now()
	_, err := s.room.count(tx, s.c.ID, s.span)
	s.recount = tx.Now() + max(recountAge, 20*s.room.DB.Now().Sub(start)).Milliseconds()
	return err
}

// settle stores the outcomes; vetoed messages are decided again.
func (s *sender) settle(tx *db.Tx) error {
	if len(s.group) == 0 {
		return nil
	}
	all := make([]outbox.Settled, 0, len(s.group))
	for i := range s.group {
		one := &s.group[i]
		if !one.vetoed {
			all = append(all, outbox.Settled{Message: &one.m.Message, Outcome: one.outcome})
			continue
		}
		if err := s.room.Outbox.Reconsider(tx, one.m.Message, s.draft, nil); err != nil {
			return err
		}
	}
	if err := s.many.Settle(tx, s.c.ID, all); err != nil {
		return err
	}
	return s.note(tx, nil) // whoever comes after a crash finds nobody of this group handed over
}

// finish tells what is left of the range: nothing, or messages due again at next.
func (s *sender) finish(ctx context.Context) (next int64, err error) {
	err = s.insist(ctx, func(tx *db.Tx) error {
		if err := s.job.Hold(tx); err != nil {
			return err
		}
		all, err := s.room.count(tx, s.c.ID, s.span)
		if err != nil {
			return err
		}
		var to phase
		if to, next, err = s.left(tx, all); err != nil {
			return err
		}
		return s.room.moveOn(tx, s.c, s.span, to, next)
	})
	return next, err
}

// left tells how a range goes on: it is done, due again at next, or held until a
// letter is chosen.
func (s *sender) left(tx *db.Tx, all []outbox.Tally) (to phase, next int64, err error) {
	next = dueAgain(all, tx.Now())
	switch {
	case next == 0:
		return phaseDone, 0, nil
	case next == outbox.Unchosen:
		c, err := s.room.Get(tx, s.c.ID)
		if err != nil || c.Winner() == 0 {
			return phaseHeld, 0, err
		}
		next = tx.Now() // chosen meanwhile
	}
	if until := s.c.QuietUntil(tx.Time()); !until.IsZero() {
		next = max(next, until.UnixMilli())
	}
	return phaseWait, next, nil
}

// dueAgain is when the first message left is due; 0 when none is left.
func dueAgain(all []outbox.Tally, now int64) (next int64) {
	for _, t := range all {
		due := t.Next
		if t.State == outbox.Queued {
			due = now
		} else if t.State != outbox.Retry {
			continue
		}
		if next == 0 || due < next {
			next = due
		}
	}
	return next
}
