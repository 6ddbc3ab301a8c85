package campaign

import (
	"math"
	"strings"
	"unicode/utf8"

	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/id"
	"kartotek/internal/job"
	"kartotek/internal/permit"
)

// maxName is the most characters a name holds.
const maxName = 120

// Save stores a draft: a new one when c.ID is 0, else the changed one. Only what
// can never be right is refused; the rest is checked by Check and Start. A
// campaign that has started cannot be changed.
func (r *Room) Save(tx *db.Tx, c Campaign) (*Campaign, error) {
	c.Name = strings.TrimSpace(c.Name)
	if c.Name == "" || utf8.RuneCountInString(c.Name) > maxName {
		return nil, fault.New(fault.Invalid, "campaign.name", "a newsletter has a name of 1 to %d characters", maxName).In("name")
	}
	if err := c.Options.Check(r.Clicked != nil); err != nil {
		return nil, err
	}
	other, err := r.Named(tx, c.Name)
	if err == nil && other.ID != c.ID {
		return nil, fault.New(fault.Conflict, "campaign.name_taken", "another newsletter has this name").In("name")
	}
	if err != nil && !fault.Is(err, fault.NotFound) {
		return nil, err
	}
	if c.ID == 0 {
		return r.add(tx, c)
	}
	options, err := c.Options.Text()
	if err != nil {
		return nil, err
	}
	n, err := tx.Exec(updOne, int64(c.ID), c.Name, c.Purpose, string(c.Class), c.Channel, c.From, c.ReplyTo, c.Subject, c.Body, c.Format, c.Language,
		c.Audience, options, tx.Now(), tx.By().Name)
	if err == nil && n == 0 {
		err = fault.New(fault.Conflict, "campaign.started", "a newsletter that has started cannot be changed")
	}
	if err != nil {
		return nil, err
	}
	return r.Get(tx, c.ID)
}

func (r *Room) add(tx *db.Tx, c Campaign) (*Campaign, error) {
	c.ID, c.State, c.StartedAt, c.DoneAt = tx.NewID(), Draft, 0, 0
	c.CreatedAt, c.ChangedAt, c.CreatedBy, c.ChangedBy = tx.Now(), tx.Now(), tx.By().Name, tx.By().Name
	options, err := c.Options.Text()
	if err != nil {
		return nil, err
	}
	_, err = tx.Exec(insOne, int64(c.ID), c.Name, c.Purpose, string(c.Class), c.Channel, c.From, c.ReplyTo, c.Subject, c.Body, c.Format, c.Language,
		c.Audience, options, c.CreatedAt, c.CreatedBy, c.ChangedAt, c.ChangedBy)
	return &c, err
}

func none() error {
	return fault.New(fault.NotFound, "campaign.none", "there is no such newsletter")
}

func one(tx *db.Tx, s *db.Stmt, arg any) (c *Campaign, err error) {
	err = tx.Each(s, func(scan db.Scan) error {
		c = &Campaign{}
		return scanCampaign(scan, c)
	}, arg)
	if err == nil && c == nil {
		err = none()
	}
	return c, err
}

// Get reads a campaign.
func (r *Room) Get(tx *db.Tx, which id.ID) (*Campaign, error) { return one(tx, selOne, int64(which)) }

// Named finds a campaign by its name.
func (r *Room) Named(tx *db.Tx, name string) (*Campaign, error) { return one(tx, selName, name) }

// List reads campaigns, newest first, from before one (0: from the newest).
func (r *Room) List(tx *db.Tx, before id.ID, limit int) (all []Campaign, err error) {
	if before == 0 {
		before = math.MaxInt64
	}
	err = tx.Each(selPage, func(scan db.Scan) error {
		var c Campaign
		err := scanCampaign(scan, &c)
		all = append(all, c)
		return err
	}, int64(before), limit)
	return all, err
}

// ListIn reads campaigns in some states as List does.
func (r *Room) ListIn(tx *db.Tx, states []State, before id.ID, limit int) (all []Campaign, err error) {
	if before == 0 {
		before = math.MaxInt64
	}
	names := make([]string, len(states))
	for i, s := range states {
		names[i] = string(s)
	}
	err = tx.Each(selIn, func(scan db.Scan) error {
		var c Campaign
		err := scanCampaign(scan, &c)
		all = append(all, c)
		return err
	}, int64(before), limit, names)
	return all, err
}

// Delete removes a draft.
func (r *Room) Delete(tx *db.Tx, which id.ID) error {
	n, err := tx.Exec(delOne, int64(which))
	if err == nil && n == 0 {
		err = fault.New(fault.Conflict, "campaign.started", "only a draft can be deleted")
	}
	return err
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
	for n := range c.Letters() {
		if _, err := prepare(c.Letter(n+1), t, nil); err != nil {
			return q, err
		}
	}
	return q, nil
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

// turn changes the state, if it is still the one expected.
func (r *Room) turn(tx *db.Tx, c *Campaign, from, to State) error {
	started, done := c.StartedAt, int64(0)
	if from == Draft || from == Scheduled {
		started = tx.Now()
	}
	if to == Done || to == Stopped {
		done = tx.Now()
	}
	n, err := tx.Exec(updState, int64(c.ID), string(from), string(to), started, done)
	if err == nil && n == 0 {
		err = fault.New(fault.Conflict, "campaign.state", "the newsletter is not %s any more", from)
	}
	if err == nil && from == Paused {
		_, err = tx.Exec(updStands, int64(c.ID))
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
