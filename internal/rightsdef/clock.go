package rightsdef

import (
	"slices"
	"time"

	"kartotek/internal/fault"
	"kartotek/internal/law"
)

// Pause is a time in which the answer waited for the person. Answered is "" while it
// still does.
type Pause struct {
	Asked    law.Date `json:"asked"`
	Answered law.Date `json:"answered,omitempty"`
	Why      string   `json:"why"` // identity or clarification
}

// Why a clock stands.
const (
	WaitIdentity      = "identity"
	WaitClarification = "clarification"
)

// Timing is what the clock of a case goes by.
type Timing struct {
	Received law.Date // the day of arrival at any channel, recognised as a request or not
	Country  string   // whose public holidays count: that of the controller
	Extended law.Date // the day the letter about more time went out; "" for none
	Pauses   []Pause
}

// Clock is how long a case has, as of a day.
type Clock struct {
	Received law.Date   `json:"received"`
	Plan     law.Date   `json:"plan_due"`     // the cautious day to plan for: unpaused, unmoved
	First    law.Date   `json:"first_due"`    // the last day without an extension
	Due      law.Date   `json:"due"`          // the last day
	Unpaused law.Date   `json:"unpaused_due"` // the last day had nothing been paused
	Extended law.Date   `json:"extended,omitempty"`
	Waiting  law.Date   `json:"waiting_since,omitempty"` // the clock stands since
	Days     int        `json:"days_left"`               // to Due; negative when it has passed
	Stage    Stage      `json:"stage"`
	Pack     string     `json:"pack"`
	Steps    []law.Step `json:"-"`

	country string
	pauses  []Pause
}

// Stage is how pressing a case is.
type Stage string

// The stages.
const (
	InTime  Stage = "in-time"
	Soon    Stage = "soon"    // WarnDays or fewer until the day to plan for
	Urgent  Stage = "urgent"  // UrgentDays or fewer
	LastDay Stage = "last"    // the day to plan for has come or passed; the last day has not
	Overdue Stage = "overdue" // the last day has passed
)

// Days before the day to plan for at which a case is pressing.
const (
	WarnDays   = 10
	UrgentDays = 3
)

// Reckon computes the clock as of a day. A pause that still lasts is counted up to
// that day, so that the last day moves on with each day of waiting. Faults are those
// of law.Due, and Conflict for an extension told too late. law: GDPR 12(3), Reg 1182/71 3
func (t Timing) Reckon(today law.Date) (Clock, error) {
	c := Clock{Received: t.Received, Extended: t.Extended, country: t.Country, pauses: t.Pauses}
	opt := law.DueOptions{Pauses: t.spans(today)}
	for _, p := range t.Pauses {
		if p.Answered == "" {
			c.Waiting = p.Asked
		}
	}
	first, err := law.Due(t.Received.Time(), t.Country, opt)
	if err != nil {
		return c, err
	}
	last := first
	if t.Extended != "" {
		if err := t.inTime(); err != nil {
			return c, err
		}
		opt.Extended = true
		if last, err = law.Due(t.Received.Time(), t.Country, opt); err != nil {
			return c, err
		}
	}
	c.First, c.Due, c.Unpaused, c.Plan = law.Date(first.Due), law.Date(last.Due), law.Date(last.UnpausedDue), law.Date(last.MonthDate)
	c.Pack, c.Steps = last.Pack, last.Steps
	c.Days = daysBetween(today, c.Due)
	c.Stage = c.stage(today)
	return c, nil
}

// spans gives the pauses as law.Due wants them. One that ended before it was asked
// for is left to law.Due to refuse.
func (t Timing) spans(today law.Date) (out [][2]time.Time) {
	for _, p := range t.Pauses {
		end := p.Answered
		if end == "" {
			end = max(today, p.Asked)
		}
		out = append(out, [2]time.Time{p.Asked.Time(), end.Time()})
	}
	return out
}

// inTime checks that the extension was told by the last day of the first period, as
// it stood on the day of the letter. law: GDPR 12(3)
func (t Timing) inTime() error {
	before := t
	before.Extended, before.Pauses = "", slices.DeleteFunc(slices.Clone(t.Pauses), func(p Pause) bool { return p.Asked > t.Extended })
	for i := range before.Pauses {
		if p := &before.Pauses[i]; p.Answered > t.Extended {
			p.Answered = ""
		}
	}
	c, err := before.Reckon(t.Extended)
	if err != nil {
		return err
	}
	if t.Extended > c.Due {
		return fault.New(fault.Conflict, "rights.too_late", "the person had to be told before the first date passed (%s); answer now", c.Due).In("extended")
	}
	return nil
}

// MayExtend refuses an extension told on a day, and gives the clock as it would be.
// law: GDPR 12(3)
func (t Timing) MayExtend(told law.Date) (Clock, error) {
	if t.Extended != "" {
		return Clock{}, fault.New(fault.Conflict, "rights.extended", "the time has been extended already; it can be only once")
	}
	t.Extended = told
	return t.Reckon(told)
}

func (c *Clock) stage(today law.Date) Stage {
	switch left := daysBetween(today, c.Plan); {
	case today > c.Due:
		return Overdue
	case left <= 0:
		return LastDay
	case left <= UrgentDays:
		return Urgent
	case left <= WarnDays:
		return Soon
	}
	return InTime
}

// daysBetween counts days from one to another.
func daysBetween(from, to law.Date) int {
	return int(to.Time().Sub(from.Time()) / (24 * time.Hour))
}

// Days counts the days from one to another; negative when the second is earlier.
func Days(from, to law.Date) int { return daysBetween(from, to) }
