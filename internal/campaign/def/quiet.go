package def

import (
	"time"

	"kartotek/internal/fault"
	"kartotek/internal/permit"
)

// Reserved reports whether limits of the sender's own apply: to all but messages
// about what was agreed.
func (c *Campaign) Reserved() bool { return c.Class != permit.Service }

// hours are quiet hours that were read: minutes of the day, and their zone.
type hours struct {
	from, to int
	zone     *time.Location
}

func (q *Quiet) hours() (h hours, err error) {
	if h.zone, err = loadZone(q.Zone); err != nil {
		return h, err
	}
	for _, x := range []struct {
		text string
		into *int
	}{{q.From, &h.from}, {q.To, &h.to}} {
		t, err := time.Parse("15:04", x.text)
		if err != nil {
			return h, fault.New(fault.Invalid, "campaign.quiet", "quiet hours go from a time such as 21:00 to one such as 08:00").In("quiet_from")
		}
		*x.into = t.Hour()*60 + t.Minute()
	}
	if h.from == h.to {
		return h, fault.New(fault.Invalid, "campaign.quiet_always", "quiet hours begin and end at different times").In("quiet_to")
	}
	return h, nil
}

// at reports whether the clock on the wall stands within the quiet hours.
func (h hours) at(t time.Time) bool {
	w := t.In(h.zone)
	m := w.Hour()*60 + w.Minute()
	if h.from < h.to {
		return h.from <= m && m < h.to
	}
	return m >= h.from || m < h.to
}

// dayAndMore is the longest that a day of the wall clock can take.
const dayAndMore = 26 * time.Hour

// end is when the quiet hours that a moment lies in are over. It asks the wall
// minute by minute, so that a night with a clock change needs no rule of its own.
func (h hours) end(t time.Time) time.Time {
	at := t.Truncate(time.Minute)
	for to := t.Add(dayAndMore); h.at(at) && at.Before(to); {
		at = at.Add(time.Minute)
	}
	return at
}

// QuietUntil is when a campaign may hand over again; the zero time: now.
func (c *Campaign) QuietUntil(now time.Time) time.Time {
	if c.Options.Quiet == nil || !c.Reserved() {
		return time.Time{}
	}
	h, err := c.Options.Quiet.hours()
	if err != nil || !h.at(now) {
		return time.Time{} // they were checked when saved
	}
	return h.end(now)
}

// Never is a moment (ms) that does not come.
const Never = 1<<63 - 1

// soon is how far ahead QuietFrom looks: longer than a group takes.
const soon = 15 * time.Minute

// QuietFrom is the moment (ms) from which the next group may not be handed over
// without asking again.
func (c *Campaign) QuietFrom(now time.Time) int64 {
	if c.Options.Quiet == nil || !c.Reserved() {
		return Never
	}
	h, err := c.Options.Quiet.hours()
	at := now.Truncate(time.Minute)
	for to := now.Add(soon); err == nil && !h.at(at) && at.Before(to); {
		at = at.Add(time.Minute)
	}
	return at.UnixMilli()
}
