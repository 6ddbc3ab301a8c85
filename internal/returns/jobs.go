package returns

import (
	"context"
	"time"

	"kartotek/internal/audit"
	"kartotek/internal/db"
	"kartotek/internal/job"
	"kartotek/internal/outbox"
	"kartotek/internal/outbox/back"
)

// Kinds of jobs. Each runs again and again by itself once it is in the queue.
const (
	KindPoll  = "returns.poll"  // reads the mailbox
	KindDecay = "returns.decay" // lets old bounces be tried again
	KindHand  = "requests.poll" // reads the mailbox of requests
)

// How often they run.
const (
	pollEvery  = 2 * time.Minute
	pollSlow   = time.Hour // at most, while the mailbox cannot be read
	decayEvery = 24 * time.Hour
)

// Decay is how long an address that bounced is left alone before it may be tried again.
const Decay = 180 * 24 * time.Hour

// Handle makes a runner do the room's work.
func (r *Room) Handle(run *job.Runner) {
	run.Handle(r.kind(), r.poll)
	if r.Hand != nil {
		return
	}
	run.Handle(KindDecay, r.decay)
}

// kind is the job that reads the room's mailbox.
func (r *Room) kind() string {
	if r.Hand != nil {
		return KindHand
	}
	return KindPoll
}

// Begin puts the work into the queue that a running register always has.
func (r *Room) Begin(tx *db.Tx) error {
	if r.Hand == nil {
		if _, _, err := job.Enqueue(tx, KindDecay, "all", nil, job.Opt{}); err != nil {
			return err
		}
	}
	_, found, err := r.Box(tx)
	if err == nil && found {
		_, _, err = job.Enqueue(tx, r.kind(), "mailbox", nil, job.Opt{})
	}
	return err
}

// decayBatch is how many people one transaction looks at.
const decayBatch = 200

// decay lifts suppressions of bounces older than Decay. It goes through all people of
// whom something came back hard before then; those whose address was lifted already,
// or changed, are left as they are.
func (r *Room) decay(ctx context.Context, j *job.Job) error {
	before := r.DB.Now().Add(-Decay).UnixMilli()
	lifted, at := 0, outbox.Begin(0)
	for more := true; more; {
		n := 0
		err := r.DB.Do(ctx, j.By(), func(tx *db.Tx) error {
			n = 0
			if err := j.Hold(tx); err != nil {
				return err
			}
			all, err := back.HardSince(tx, at.Bucket, at.Person, before, decayBatch)
			if err != nil {
				return err
			}
			for _, who := range all {
				ok, err := r.Outbox.Holds().Revive(tx, who, before)
				if err != nil {
					return err
				}
				if ok {
					n++
				}
			}
			if more = len(all) == decayBatch; more {
				last := all[len(all)-1]
				at = outbox.Cursor{Bucket: last.Bucket(), Person: last}
			}
			return nil
		})
		if err != nil {
			return err
		}
		lifted += n
	}
	if lifted > 0 {
		err := r.DB.Do(ctx, j.By(), func(tx *db.Tx) error {
			return audit.Write(tx, audit.Entry{Action: "suppress.decay", Kind: "address", Count: lifted})
		})
		if err != nil {
			return err
		}
	}
	return job.Later(r.DB.Now().Add(decayEvery))
}
