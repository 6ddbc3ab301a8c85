package campaign

import (
	"context"
	"errors"
	"log/slog"
	"time"

	"kartotek/internal/clock"
	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/id"
	"kartotek/internal/job"
)

// RunOptions are how Run runs.
type RunOptions struct {
	DryRun  bool
	By      db.By
	Workers int
	Log     *slog.Logger
	// Watch is told the results about four times a second; nil for nobody.
	Watch func(*Campaign, Results)
}

// Run sends a campaign from this process until everything that can be sent now
// has been: it creates and starts the campaign, or goes on with the one of the
// same name. What was refused for now is left waiting for a server or a later
// call. When the mail server cannot be reached it ends with that error, and
// nothing is lost. Other processes may work on the same campaign.
func (r *Room) Run(ctx context.Context, file *Campaign, opt RunOptions) (Results, error) {
	if opt.DryRun {
		return r.DryRun(ctx, opt.By, file)
	}
	var c *Campaign
	err := r.DB.Do(ctx, opt.By, func(tx *db.Tx) (err error) {
		c, err = r.startOrResume(tx, *file)
		return err
	})
	if err != nil {
		return Results{}, err
	}
	asked := ctx
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	run := &job.Runner{DB: r.DB, Workers: opt.Workers, Log: opt.Log}
	run.Handle(KindDecide, r.patient(r.decideRange))
	run.Handle(KindSend, r.patient(func(ctx context.Context, j *job.Job) error {
		err := r.sendRange(ctx, j)
		if fault.Is(err, fault.Unavailable) && !job.Crossed(err) {
			stop(err)
		}
		return err
	}))
	ended := make(chan error, 1)
	go func() { ended <- run.Run(ctx) }()
	out, err := r.watch(ctx, c, run, opt)
	stop(nil)
	if err = errors.Join(err, windDown(asked, ended)); err != nil {
		return out, err
	}
	err = r.DB.View(context.WithoutCancel(asked), opt.By, func(tx *db.Tx) (err error) {
		out, err = r.Results(tx, c.ID) // with what was under way when it came to rest
		return err
	})
	return out, err
}

// windDown waits for the jobs of a run to end. Once the program is told to stop it
// waits windUp at most: a mail server may keep its answer to a final dot back for
// ten minutes, and what it was handed is uncertain by its own record.
func windDown(ctx context.Context, ended <-chan error) error {
	select {
	case err := <-ended:
		return err
	case <-ctx.Done():
	}
	select {
	case err := <-ended:
		return err
	case <-time.After(windUp):
		return fault.New(fault.Unavailable, "campaign.slow_end", "the mail server has not answered for the last message; what became of it is uncertain")
	}
}

// startOrResume finds the campaign of the file's name, or makes it, and sets it going.
func (r *Room) startOrResume(tx *db.Tx, file Campaign) (*Campaign, error) {
	c, err := r.Named(tx, file.Name)
	if fault.Is(err, fault.NotFound) {
		c, err = r.Save(tx, file)
	}
	if err != nil {
		return nil, err
	}
	switch {
	case c.State == Draft:
		file.ID = c.ID
		if c, err = r.Save(tx, file); err == nil {
			err = r.Start(tx, c.ID)
		}
	case c.State.Running() || c.State == Paused:
		err = r.Resume(tx, c.ID)
	case c.State == Scheduled:
		err = fault.New(fault.Conflict, "campaign.scheduled", "the newsletter waits for its time; take the time away first, or start it")
	case c.State == Stopped:
		err = r.enqueueAll(tx, c.ID) // what was left to wind up
	}
	if err != nil {
		return nil, err
	}
	return r.Get(tx, c.ID)
}

// look is how often a run is looked at when none of its jobs reports.
const look = 250 * time.Millisecond

// watch waits until a campaign has nothing more to do for now.
func (r *Room) watch(ctx context.Context, c *Campaign, run *job.Runner, opt RunOptions) (out Results, err error) {
	events, end := run.Subscribe()
	defer end()
	tick := time.NewTicker(look)
	defer tick.Stop()
	for {
		settled := false
		err := r.DB.View(context.WithoutCancel(ctx), opt.By, func(tx *db.Tx) (err error) {
			if settled, err = r.settled(tx, c.ID); err != nil {
				return err
			}
			out, err = r.Results(tx, c.ID)
			return err
		})
		if err == nil && opt.Watch != nil {
			opt.Watch(c, out)
		}
		if err != nil || settled {
			return out, err
		}
		select {
		case <-ctx.Done():
			return out, context.Cause(ctx)
		case <-events:
		case <-tick.C:
		}
	}
}

// patience is how long a run from the command line waits for messages that are due
// soon, such as those of a receiver that is given so many a second.
const patience = 10 * time.Second

// settled reports whether nothing of a campaign can be done now: it has ended, is
// paused, or waits for a time to come; a stopped one is wound up first.
func (r *Room) settled(tx *db.Tx, which id.ID) (bool, error) {
	c, err := r.Get(tx, which)
	if err != nil {
		return false, err
	}
	all, err := ranges(tx, which)
	if err != nil || c.State == Stopped {
		return reached(all) == Done, err
	}
	if !c.State.Running() {
		return true, nil
	}
	for _, s := range all {
		if s.phase == phaseDecide || s.phase == phaseSend || s.phase == phaseWait && clock.FromMs(s.next).Before(tx.Time().Add(patience)) {
			return false, alive(tx, which, s)
		}
	}
	return atRest(c.State, all), nil
}

// atRest tells whether nobody is about to turn a campaign's state: the last range to
// end does it in a transaction of its own, after the one in which the range ended.
func atRest(now State, all []span) bool {
	to := reached(all)
	return to != Done && (to != Choosing || now == Choosing)
}

// alive tells when the job of a range was given up, so that nobody waits for it.
func alive(tx *db.Tx, which id.ID, s span) error {
	j, err := job.Latest(tx, s.kind(), key(which, s.lo))
	if fault.Is(err, fault.NotFound) || err == nil && j.State != job.Dead {
		return nil
	}
	if err == nil {
		err = fault.New(fault.Conflict, "campaign.given_up", "a part of the newsletter was given up (%s); run it again when the cause is gone", j.Error)
	}
	return err
}
