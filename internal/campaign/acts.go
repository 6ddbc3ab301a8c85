package campaign

import (
	"kartotek/internal/campaign/alarm"
	"kartotek/internal/campaign/letter"
	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/id"
	"kartotek/internal/job"
	"kartotek/internal/permit"
)

// Save stores a draft: a new one when c.ID is 0, else the changed one. Only what
// can never be right is refused; the rest is checked by Check and Start.
func (r *Room) Save(tx *db.Tx, c Campaign) (*Campaign, error) {
	if err := c.Options.Check(r.Clicked != nil); err != nil {
		return nil, err
	}
	return r.Put(tx, c)
}

// Check looks whether a campaign could start: the notice in force promises the
// purpose by the channel, and in the class the campaign claims; letter and sender
// can be used; the audience asks only for listed fields. It gives the question
// the rules will be asked. law: GDPR 5(1)(b), 6(4)
func (r *Room) Check(tx *db.Tx, c *Campaign) (permit.Question, error) {
	t, err := r.Terms(tx)
	if err != nil {
		return permit.Question{}, err
	}
	q, err := r.question(tx, t, c)
	if err != nil {
		return q, err
	}
	if _, err := r.Segments.Read(tx, c.Audience); err != nil {
		return q, err
	}
	if err := c.Options.Check(r.Clicked != nil); err != nil {
		return q, err
	}
	return q, letter.Check(c, t)
}

// question asks the notice. A message of a marketing purpose that calls itself
// service is refused: what it is follows from what it is for. law: GDPR 21(2)
func (r *Room) question(tx *db.Tx, t *Terms, c *Campaign) (permit.Question, error) {
	q, err := t.Question(c.Purpose, c.Channel, tx.Time())
	if err != nil {
		return q, err
	}
	if c.Class == "" {
		c.Class = q.Class
	}
	if c.Class != q.Class {
		return q, fault.New(fault.Invalid, "campaign.class", "the notice gives purpose %q the class %s, not %s", c.Purpose, q.Class, c.Class).In("class")
	}
	if q.Class == permit.Internal {
		return q, fault.New(fault.Invalid, "campaign.internal", "purpose %q is internal work and sends no messages", c.Purpose).In("purpose")
	}
	q.At = tx.Time()
	return q, nil
}

// Start checks a draft, or one that waits for its time, and sets it going.
func (r *Room) Start(tx *db.Tx, which id.ID) error {
	c, err := r.Get(tx, which)
	if err != nil {
		return err
	}
	if _, err := r.Check(tx, c); err != nil {
		return err
	}
	if c.State != Scheduled {
		return r.begin(tx, c, Draft)
	}
	if err := dropStart(tx, c.ID); err != nil {
		return err
	}
	return r.begin(tx, c, Scheduled)
}

// begin sets a checked campaign going: a job for each range of people.
func (r *Room) begin(tx *db.Tx, c *Campaign, from State) error {
	if err := r.register(tx, c); err != nil {
		return err
	}
	if err := r.turn(tx, c, from, Deciding); err != nil {
		return err
	}
	parts, err := r.Outbox.Ranges(tx)
	if err != nil {
		return err
	}
	for _, part := range parts {
		if _, err := tx.Exec(insRange, int64(c.ID), part.Lo, part.Hi, []byte{}); err != nil {
			return err
		}
		if err := enqueue(tx, c.ID, span{part.Lo, part.Hi, phaseDecide, 0}); err != nil {
			return err
		}
	}
	return nil
}

// turn changes the state, if it is still the one expected. Going on with a campaign
// that paused by itself takes its alarm away.
func (r *Room) turn(tx *db.Tx, c *Campaign, from, to State) error {
	err := r.Turn(tx, c, from, to)
	if err == nil && from == Paused {
		err = alarm.Rest(tx, c.ID)
	}
	return err
}

// Pause stops handing over; at most the groups under way go out.
func (r *Room) Pause(tx *db.Tx, which id.ID) error {
	c, err := r.Get(tx, which)
	if err != nil {
		return err
	}
	if !c.State.Running() {
		return fault.New(fault.Conflict, "campaign.not_running", "the newsletter is not being sent")
	}
	return r.turn(tx, c, c.State, Paused)
}

// Resume goes on where a paused campaign was left, and gives work back to the
// queue that a campaign under way has lost there. It is refused for the moment
// in which handlers are still coming to rest after Pause.
func (r *Room) Resume(tx *db.Tx, which id.ID) error {
	c, err := r.Get(tx, which)
	if err != nil {
		return err
	}
	switch {
	case c.State == Paused:
		if err := r.atRest(tx, c.ID); err != nil {
			return err
		}
		if err := r.turn(tx, c, Paused, Deciding); err != nil {
			return err
		}
	case !c.State.Running():
		return fault.New(fault.Conflict, "campaign.not_paused", "the newsletter is not paused")
	}
	return r.enqueueAll(tx, c.ID)
}

// atRest refuses while a handler of the campaign has not yet seen the pause.
func (r *Room) atRest(tx *db.Tx, which id.ID) error {
	all, err := ranges(tx, which)
	if err != nil {
		return err
	}
	for _, s := range all {
		if s.phase == phaseDone {
			continue
		}
		j, err := job.Latest(tx, s.kind(), key(which, s.lo))
		if err == nil && j.State == job.Running {
			return fault.New(fault.Conflict, "campaign.pausing", "the newsletter is still coming to rest; try again in a moment")
		}
		if err != nil && !fault.Is(err, fault.NotFound) {
			return err
		}
	}
	return nil
}

// Stop ends a campaign for good: what waits is skipped, and listed as such.
func (r *Room) Stop(tx *db.Tx, which id.ID) error {
	c, err := r.Get(tx, which)
	if err != nil {
		return err
	}
	if !c.State.Running() && c.State != Paused {
		return fault.New(fault.Conflict, "campaign.not_running", "the newsletter is not being sent")
	}
	if err := r.turn(tx, c, c.State, Stopped); err != nil {
		return err
	}
	return r.enqueueAll(tx, c.ID)
}
