package campaign

import (
	"time"

	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/id"
	"kartotek/internal/outbox"
	"kartotek/internal/permit"
)

// Bounds of the options.
const (
	maxCap   = 100
	maxDays  = 365
	maxHours = 14 * 24 // between the end of a test and the choice
)

// allowed refuses options that can never be right.
func (r *Room) allowed(o *Options) error {
	if s := o.Split; s != nil {
		if err := r.allowedSplit(o, s); err != nil {
			return err
		}
	}
	if c := o.Cap; c != nil && (c.Most < 1 || c.Most > maxCap || c.Days < 1 || c.Days > maxDays) {
		return fault.New(fault.Invalid, "campaign.cap", "a limit is 1 to %d messages in 1 to %d days", maxCap, maxDays).In("cap_most")
	}
	if q := o.Quiet; q != nil {
		if _, err := q.hours(); err != nil {
			return err
		}
	}
	return nil
}

func (r *Room) allowedSplit(o *Options, s *Split) error {
	switch {
	case len(s.Others) < 1 || len(s.Others) >= MaxLetters:
		return fault.New(fault.Invalid, "campaign.letters", "a test has 2 to %d letters", MaxLetters).In("variant_subject_2")
	case s.Share < 1 || s.Share > 100:
		return fault.New(fault.Invalid, "campaign.share", "the share is 1 to 100 percent").In("share")
	case s.Hours < 0 || s.Hours > maxHours:
		return fault.New(fault.Invalid, "campaign.hours", "the wait is 0 to %d hours", maxHours).In("hours")
	case s.Measure != Clicks && s.Measure != Unsubscribes && s.Measure != Complaints:
		return fault.New(fault.Invalid, "campaign.measure", "the measure is clicks, unsubscribes or complaints").In("measure")
	case s.Measure == Clicks && (r.Clicked == nil || !o.Clicks):
		return fault.New(fault.Invalid, "campaign.no_clicks", "clicks decide only when they are counted").In("measure")
	}
	for _, v := range s.Others {
		if v.Subject == "" && v.Body == "" {
			return fault.New(fault.Invalid, "campaign.same_letter", "a further letter of a test has a subject or a text of its own").In("variant_subject_2")
		}
	}
	return nil
}

// reserved reports whether limits of the sender's own apply: to all but messages
// about what was agreed.
func (c *Campaign) reserved() bool { return c.Class != permit.Service }

// cap is the limit that applies; nil for none.
func (c *Campaign) cap() *outbox.Cap {
	if c.Options.Cap == nil || !c.reserved() {
		return nil
	}
	return &outbox.Cap{Most: c.Options.Cap.Most, Days: c.Options.Cap.Days}
}

// spare skips those of some rows just decided whose people have had their fill.
func (r *Room) spare(tx *db.Tx, c *Campaign, rows []outbox.Message) error {
	limit := c.cap()
	if limit == nil {
		return nil
	}
	var people []id.ID
	for i := range rows {
		if rows[i].State == outbox.Queued {
			people = append(people, rows[i].Person)
		}
	}
	full, err := r.Outbox.Full(tx, people, *limit, c.ID)
	for i := range rows {
		if rows[i].State == outbox.Queued && full[rows[i].Person] {
			rows[i].Cap(tx)
		}
	}
	return err
}

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
	if c.Options.Quiet == nil || !c.reserved() {
		return time.Time{}
	}
	h, err := c.Options.Quiet.hours()
	if err != nil || !h.at(now) {
		return time.Time{} // they were checked when saved
	}
	return h.end(now)
}

// never is a moment (ms) that does not come.
const never = 1<<63 - 1

// soon is how far ahead quietFrom looks: longer than a group takes.
const soon = 15 * time.Minute

// quietFrom is the moment (ms) from which the next group may not be handed over
// without asking again.
func (c *Campaign) quietFrom(now time.Time) int64 {
	if c.Options.Quiet == nil || !c.reserved() {
		return never
	}
	h, err := c.Options.Quiet.hours()
	at := now.Truncate(time.Minute)
	for to := now.Add(soon); err == nil && !h.at(at) && at.Before(to); {
		at = at.Add(time.Minute)
	}
	return at.UnixMilli()
}
