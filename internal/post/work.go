package post

import (
	"context"
	"errors"
	"strconv"
	"time"

	"kartotek/internal/clock"
	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/id"
	"kartotek/internal/job"
	"kartotek/internal/outbox"
)

// Kinds of job.
const (
	KindSend = "post.send"
	KindTidy = "post.tidy"
)

// CodeNotPromised is why a message was skipped whose purpose the notice in force no
// longer has.
const CodeNotPromised = "NOT-PROMISED"

// rouse makes sure that a job that has not begun yet will look for what is due at a
// time (ms; 0 for now). One that is at work may have looked already, so it does not
// count: another is made for a second later, which finds little to do when the first
// took everything.
func rouse(tx *db.Tx, at int64) error {
	name := "now"
	if at > tx.Now() {
		name = "at " + strconv.FormatInt(at/1000+1, 10)
	}
	for n := 0; ; n++ {
		run := max(at, tx.Now())
		if n > 0 {
			run += time.Second.Milliseconds()
		}
		ready, err := waiting(tx, name+"/"+strconv.Itoa(n), run)
		if err != nil || ready {
			return err
		}
	}
}

// waiting puts a job into the queue unless one of its key is there. It tells whether
// that one has not begun, and begins soon.
func waiting(tx *db.Tx, key string, at int64) (bool, error) {
	which, created, err := job.Enqueue(tx, KindSend, key, nil, job.Opt{RunAt: clock.FromMs(at), MaxAttempts: always})
	if err != nil || created {
		return created, err
	}
	j, err := job.Get(tx, which)
	return err == nil && j.State == job.Ready && j.RunAt.Before(clock.FromMs(at).Add(time.Minute)), err
}

// always is how often a job is tried: a database that is away for a day must not end
// what messages wait for.
const always = 1 << 30

// maxSenders is how many jobs send at a time, in all processes: campaigns share the
// workers.
const maxSenders = 2

// crowded reports whether enough others are sending.
func (s *sender) crowded(tx *db.Tx) (bool, error) {
	all, err := job.List(tx, KindSend, job.Running, 0, maxSenders+1)
	return len(all) > maxSenders, err
}

// Handle gives the room's handlers to a runner, in a process that sends.
func (r *Room) Handle(run *job.Runner) {
	run.Handle(KindSend, r.sendDue)
	run.Handle(KindTidy, r.tidy)
}

// Begin puts work into the queue that a register left alone for some time may have:
// call it when a process that sends starts.
func (r *Room) Begin(tx *db.Tx) error {
	if _, _, err := job.Enqueue(tx, KindTidy, "", nil, job.Opt{}); err != nil {
		return err
	}
	return rouse(tx, 0)
}

// tidyEvery is how often rows that have served their time are removed.
const tidyEvery = 24 * time.Hour

// tidy removes what messages were made of when it has been kept long enough, and keys
// of programs. law: GDPR 5(1)(e)
func (r *Room) tidy(ctx context.Context, j *job.Job) error {
	for lo := 0; lo < id.Buckets; lo += id.Buckets / 8 {
		err := r.DB.Do(ctx, j.By(), func(tx *db.Tx) error {
			if err := j.Hold(tx); err != nil {
				return err
			}
			_, err := tx.Exec(sweepPosts, lo, lo+id.Buckets/8-1, clock.Ms(tx.Time().AddDate(0, -keepMonths, 0)))
			return err
		})
		if err != nil {
			return err
		}
	}
	err := r.DB.Do(ctx, j.By(), func(tx *db.Tx) error {
		if err := j.Hold(tx); err != nil {
			return err
		}
		if _, err := job.Sweep(tx, tx.Time().Add(-keyLife)); err != nil {
			return err
		}
		_, err := tx.Exec(sweepKeys, tx.Now()-keyLife.Milliseconds())
		return err
	})
	if err != nil {
		return err
	}
	return job.Later(r.DB.Now().Add(tidyEvery))
}

// unreachable is how long messages wait when no mail server answers.
const unreachable = 30 * time.Second

// sendDue hands over what is due until nothing is.
func (r *Room) sendDue(ctx context.Context, j *job.Job) error {
	s := &sender{room: r, job: j, group: r.Outbox.NewGroup(), size: groupFirst}
	crowded := false
	err := r.DB.Do(ctx, j.By(), func(tx *db.Tx) (err error) {
		tx.Quiet()
		if err := j.Hold(tx); err != nil {
			return err
		}
		if crowded, err = s.crowded(tx); err != nil || crowded {
			return err
		}
		return s.orphans(tx)
	})
	if err == nil && crowded {
		return job.Later(r.DB.Now().Add(time.Second))
	}
	if err == nil {
		err = s.run(ctx)
	}
	if fault.Is(err, fault.Unavailable) && !job.Crossed(err) && ctx.Err() == nil {
		return job.Later(r.DB.Now().Add(unreachable))
	}
	return err
}

// orphans settles what dead processes had handed over.
func (s *sender) orphans(tx *db.Tx) error {
	type taken struct {
		job          id.ID
		fence        int64
		who, message id.ID
	}
	var all []taken
	err := tx.Each(selTaken, func(scan db.Scan) error {
		var t taken
		err := scan(&t.job, &t.fence, &t.who, &t.message)
		all = append(all, t)
		return err
	})
	if err != nil {
		return err
	}
	alive := map[[2]int64]bool{}
	for _, t := range all {
		k := [2]int64{int64(t.job), t.fence}
		if _, known := alive[k]; !known {
			j, err := job.Get(tx, t.job)
			if err != nil && !fault.Is(err, fault.NotFound) {
				return err
			}
			alive[k] = err == nil && j.State == job.Running && j.Fence == t.fence && !(j.ID == s.job.ID)
		}
		if !alive[k] {
			if err := s.room.orphan(tx, t.who, t.message); err != nil {
				return err
			}
		}
	}
	return nil
}

// orphan settles one message whose sender is gone.
func (r *Room) orphan(tx *db.Tx, who, message id.ID) error {
	m, found, err := r.Outbox.Get(tx, who, message)
	if err != nil {
		return err
	}
	if !found {
		return release(tx, who, message, outbox.Skipped, 0)
	}
	state := m.State
	if state == outbox.Handed {
		states, err := r.Outbox.Orphaned(tx, []outbox.Message{*m})
		if err != nil {
			return err
		}
		state = states[0]
	}
	return r.settled(tx, m, state)
}

// settled brings the post's row in line with its message.
func (r *Room) settled(tx *db.Tx, m *outbox.Message, state outbox.State) error {
	due := int64(0)
	if !state.Ended() {
		again, found, err := r.Outbox.Get(tx, m.Person, m.ID)
		if err != nil || !found {
			return err
		}
		due = max(again.Next, tx.Now())
	}
	if err := release(tx, m.Person, m.ID, state, due); err != nil || due == 0 {
		return err
	}
	return rouse(tx, due)
}

func release(tx *db.Tx, who, message id.ID, state outbox.State, due int64) error {
	_, err := tx.Exec(updPost, who.Bucket(), int64(who), int64(message), string(state), due)
	return err
}

// Tries of a transaction that holds outcomes: what is not recorded is uncertain for
// ever, so a busy or restarting database is given some time.
const (
	tries   = 12
	between = 250 * time.Millisecond
	windUp  = 10 * time.Second // to record outcomes when the program is told to stop
)

// insist runs a transaction until it is committed, or can never be.
func (s *sender) insist(ctx context.Context, fn func(tx *db.Tx) error) error {
	for try := 1; ; try++ {
		err := s.room.DB.Do(ctx, s.job.By(), fn)
		if err == nil || try == tries || fault.CodeOf(err) != fault.Internal {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(between):
		}
	}
}

// run hands over group after group. Whatever happens, the outcomes of the last group
// are recorded.
func (s *sender) run(ctx context.Context) (err error) {
	defer s.close()
	defer func() {
		if len(s.done) == 0 {
			return
		}
		last, stop := context.WithTimeout(context.WithoutCancel(ctx), windUp)
		defer stop()
		err = errors.Join(err, s.insist(last, s.record))
	}()
	for ctx.Err() == nil {
		more, err := s.step(ctx)
		if err != nil || !more {
			return err
		}
		if s.session == nil {
			if s.session, err = s.room.Channel.Open(ctx); err != nil {
				return err
			}
			continue
		}
		s.transmit(ctx)
	}
	return ctx.Err()
}

// EndSource skips up to limit messages of a series that wait, and says how many.
func (r *Room) EndSource(tx *db.Tx, source id.ID, limit int) (int, error) {
	all, err := readWork(tx, endPosts, int64(source), limit)
	for _, w := range all {
		m, found, err := r.Outbox.Get(tx, w.who, w.message)
		if err != nil {
			return 0, err
		}
		if found {
			if _, err := r.Outbox.Settle(tx, m, outbox.Outcome{State: outbox.Skipped, Code: outbox.CodeStopped}); err != nil {
				return 0, err
			}
		}
		if err := release(tx, w.who, w.message, outbox.Skipped, 0); err != nil {
			return 0, err
		}
	}
	return len(all), err
}
