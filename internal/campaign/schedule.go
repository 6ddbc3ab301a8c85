package campaign

import (
	"context"
	"time"

	"kartotek/internal/audit"
	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/id"
	"kartotek/internal/job"
)

// KindStart is the job that starts a campaign at its time.
const KindStart = "campaign.start"

// lateMost is how late a start may be, because no program was running at its
// time. What was meant for yesterday evening is not sent tomorrow by itself.
const lateMost = 24 * time.Hour

// Plan gives a draft a time at which it starts by itself, or a campaign that has
// one another. Everything Start asks for is asked for now, and again at the time.
// It gives the moment.
func (r *Room) Plan(tx *db.Tx, which id.ID, s Schedule) (time.Time, error) {
	c, err := r.Get(tx, which)
	if err != nil {
		return time.Time{}, err
	}
	s.Failed = ""
	at, _, err := s.When()
	switch {
	case err != nil:
		return at, err
	case c.State != Draft && c.State != Scheduled:
		return at, fault.New(fault.Conflict, "campaign.started", "a newsletter that has started cannot be changed")
	case !at.After(tx.Time()):
		return at, fault.New(fault.Invalid, "campaign.schedule_past", "the time has passed already").In("date")
	}
	if _, err := r.Check(tx, c); err != nil {
		return at, err
	}
	if err := dropStart(tx, c.ID); err != nil {
		return at, err
	}
	if err := r.Shelf.Plan(tx, c, Scheduled, &s); err != nil {
		return at, err
	}
	return at, enqueueStart(tx, c.ID, at)
}

func enqueueStart(tx *db.Tx, which id.ID, at time.Time) error {
	_, _, err := job.Enqueue(tx, KindStart, which.String(), piece{Campaign: which}, job.Opt{RunAt: at})
	return err
}

// dropStart takes a start out of the queue.
func dropStart(tx *db.Tx, which id.ID) error {
	j, err := job.Latest(tx, KindStart, which.String())
	if fault.Is(err, fault.NotFound) || err == nil && j.State != job.Ready && j.State != job.Running {
		return nil
	}
	if err == nil {
		err = job.Cancel(tx, j.ID)
	}
	return err
}

// Unplan takes a campaign's time away: it is a draft again and can be changed.
func (r *Room) Unplan(tx *db.Tx, which id.ID) error {
	c, err := r.Get(tx, which)
	if err != nil {
		return err
	}
	if c.State != Scheduled {
		return fault.New(fault.Conflict, "campaign.not_scheduled", "the newsletter does not wait for a time")
	}
	if err := dropStart(tx, c.ID); err != nil {
		return err
	}
	return r.Shelf.Plan(tx, c, Draft, nil)
}

// startPlanned starts a campaign whose time has come. The moment is worked out
// anew from what the wall was to show: if the clock of the machine, or the rules of
// the zone, have moved since, the job waits for the rest. The state changes in the
// same transaction, so that a time that comes twice starts nothing twice.
func (r *Room) startPlanned(ctx context.Context, j *job.Job) error {
	var wait time.Time
	err := r.DB.Do(ctx, j.By(), func(tx *db.Tx) (err error) {
		wait = time.Time{}
		if err := j.Hold(tx); err != nil {
			return err
		}
		var p piece
		if err := j.Decode(&p); err != nil {
			return job.Permanent(err)
		}
		c, err := r.Get(tx, p.Campaign)
		if fault.Is(err, fault.NotFound) || err == nil && (c.State != Scheduled || c.Options.Schedule == nil) {
			return nil
		}
		if err == nil {
			wait, err = r.due(tx, c)
		}
		return err
	})
	if err == nil && !wait.IsZero() {
		return job.Later(wait)
	}
	return err
}

// due starts a campaign at its time, puts it back among the drafts when it
// cannot be started, and gives the moment to wait for when it is early.
func (r *Room) due(tx *db.Tx, c *Campaign) (wait time.Time, err error) {
	at, _, err := c.Options.Schedule.When()
	if err == nil && at.After(tx.Time()) {
		return at, nil
	}
	if err == nil && tx.Time().Sub(at) > lateMost {
		err = fault.New(fault.Conflict, "campaign.schedule_missed", "nothing was running at the time planned")
	}
	if err == nil {
		_, err = r.Check(tx, c)
	}
	switch fault.CodeOf(err) {
	case fault.Invalid, fault.Conflict, fault.Denied, fault.NotFound, fault.TooLarge:
		back := *c.Options.Schedule
		back.Failed = fault.KeyOf(err)
		if err := r.Shelf.Plan(tx, c, Draft, &back); err != nil {
			return wait, err
		}
		return wait, audit.Write(tx, audit.Entry{Action: "campaign.not_started", Kind: "campaign", Object: c.ID.String(), Detail: map[string]string{"reason": back.Failed}})
	}
	if err != nil {
		return wait, err
	}
	if err := r.begin(tx, c, Scheduled); err != nil {
		return wait, err
	}
	return wait, audit.Write(tx, audit.Entry{Action: "campaign.start", Kind: "campaign", Object: c.ID.String(), Detail: map[string]string{"planned": at.Format(time.RFC3339)}})
}
