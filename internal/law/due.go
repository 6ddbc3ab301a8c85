package law

import (
	"fmt"
	"slices"
	"strconv"
	"time"

	"kartotek/internal/fault"
)

// DueOptions is what may move the last day to answer a request.
type DueOptions struct {
	// Extended: the person was told in time, with reasons, that two more months are needed.
	Extended bool
	// Pauses are the spans, first and last day, in which the answer waited for the person's
	// identity or a clarification: asked on the first day, answered on the last. The clock
	// stands from the day of asking to the day of the reply, so a span A..B pauses B - A days;
	// as with every period the day of the event itself is not counted. law: Reg 1182/71 3(1)
	Pauses [][2]time.Time
}

// Deadline is when a request must be answered. The JSON form is the command line's.
type Deadline struct {
	MonthDate   string `json:"month_date"`   // the same day number one (or three) months on, or that month's last day
	Due         string `json:"due"`          // the last day: with pauses, moved past weekends and holidays
	UnpausedDue string `json:"unpaused_due"` // the last day had nothing been paused; the cautious one to plan for
	Pack        string `json:"-"`            // the packs that answered
	Steps       []Step `json:"-"`            // how it was reckoned
}

// Step is one step of a reckoning. Key names its sentence in the reader's language; Text is
// the same in English.
type Step struct {
	Key      string
	Date     string // the date after this step, ISO
	Citation string
	Text     string
}

// Due reckons the last day to answer a request received on a day in a country that has a pack.
// Only the calendar day of received counts, in the zone it carries. Faults are Invalid: no
// pack for the country, or a pause that ends before it begins, begins before the receipt or
// after the deadline had passed.
// law: GDPR 12(3)
// law: Reg 1182/71 3
func Due(received time.Time, country string, opt DueOptions) (Deadline, error) {
	c, err := newCalendar(received, country)
	if err != nil {
		return Deadline{}, err
	}
	start := midnight(received)
	c.step("due.received", start, "Reg 1182/71 3(1)", "received; the day itself is not counted")
	month, err := c.monthDate(start, opt.Extended)
	if err != nil {
		return Deadline{}, err
	}
	unpaused, _ := c.workingDay(month)
	days, err := c.pausedDays(start, month, opt.Pauses)
	if err != nil {
		return Deadline{}, err
	}
	last := month.AddDate(0, 0, days)
	if days > 0 {
		c.step("due.paused", last, "GDPR 12(6)", "moved by "+strconv.Itoa(days)+" days of waiting for the person's reply")
	}
	due, why := c.workingDay(last)
	if !due.Equal(last) {
		c.step("due.moved", due, "Reg 1182/71 3(4)", "moved past "+why+" to the next working day")
	}
	return Deadline{MonthDate: iso(month), Due: iso(due), UnpausedDue: iso(unpaused), Pack: c.set.ID(), Steps: c.steps}, nil
}

// calendar is one reckoning: the packs that rule it and the steps taken so far.
type calendar struct {
	set     *Set
	country string
	eves    bool
	steps   []Step
}

func newCalendar(received time.Time, country string) (*calendar, error) {
	if len(books().holidays[country]) == 0 {
		return nil, fault.New(fault.Invalid, "law.no_calendar", "there is no holiday calendar for this country").In("country")
	}
	if received.Year() < 1 || received.Year() > 9000 {
		return nil, fault.New(fault.Invalid, "law.bad_date", "the date of receipt is not a date a request can have").In("received")
	}
	set, ok := ForCountry(country, midnight(received))
	if !ok {
		return nil, fault.New(fault.Invalid, "law.no_pack", "no rules are held for a request received that long ago").In("received")
	}
	return &calendar{set: set, country: country, eves: set.switchedOn("count_eves")}, nil
}

func (c *calendar) step(key string, day time.Time, citation, text string) {
	c.steps = append(c.steps, Step{key, iso(day), citation, text})
}

// monthDate is the end of the period in months, before weekends and holidays.
func (c *calendar) monthDate(start time.Time, extended bool) (time.Time, error) {
	name, key := "answer_months", "due.month"
	if extended {
		name, key = "answer_months_extended", "due.extended"
	}
	n, err := c.set.number(name)
	if err != nil {
		return time.Time{}, err
	}
	end := addMonths(start, n)
	text := fmt.Sprintf("%d month(s) from receipt", n)
	if end.Day() != start.Day() {
		key, text = key+"_end", text+"; the month has no such day, so its last one"
	}
	c.step(key, end, "GDPR 12(3)", text)
	return end, nil
}

// addMonths goes to the same day number n months on, or to the last day of a month that has
// no such day. time.AddDate would run over into the month after.
// law: Reg 1182/71 3(2)
func addMonths(day time.Time, n int) time.Time {
	first := time.Date(day.Year(), day.Month()+time.Month(n), 1, 0, 0, 0, 0, time.UTC)
	last := first.AddDate(0, 0, 31)
	last = last.AddDate(0, 0, -last.Day())
	return first.AddDate(0, 0, min(day.Day(), last.Day())-1)
}

// workingDay moves a last day past weekends and public holidays; why names what was passed.
// law: Reg 1182/71 3(4)
func (c *calendar) workingDay(day time.Time) (moved time.Time, why string) {
	for {
		reason := c.free(day)
		if reason == "" {
			return day, why
		}
		if why != "" {
			why += ", "
		}
		why += reason
		day = day.AddDate(0, 0, 1)
	}
}

// free says why nobody needs to work on a day; "" for a working day.
func (c *calendar) free(day time.Time) string {
	if f := feastOn(c.country, day, c.eves); f != nil {
		return f.Title["en"]
	}
	if w := day.Weekday(); w == time.Saturday || w == time.Sunday {
		return w.String()
	}
	return ""
}

// pausedDays adds up the days of the pauses, overlaps once. Each must begin while the clock
// still ran, the pauses before it included.
func (c *calendar) pausedDays(start, month time.Time, pauses [][2]time.Time) (int, error) {
	spans := make([][2]time.Time, len(pauses))
	for i, p := range pauses {
		spans[i] = [2]time.Time{midnight(p[0]), midnight(p[1])}
	}
	slices.SortFunc(spans, func(a, b [2]time.Time) int { return a[0].Compare(b[0]) })
	total, reached := 0, start
	for _, p := range spans {
		deadline, _ := c.workingDay(month.AddDate(0, 0, total))
		switch {
		case p[1].Before(p[0]):
			return 0, badPause("ends before it begins")
		case p[0].Before(start):
			return 0, badPause("begins before the request was received")
		case p[0].After(deadline):
			return 0, badPause("begins after the deadline had passed")
		}
		if p[0].After(reached) {
			reached = p[0]
		}
		if p[1].After(reached) {
			total += int(p[1].Sub(reached) / (24 * time.Hour))
			reached = p[1]
		}
	}
	return total, nil
}

func badPause(what string) error {
	return fault.New(fault.Invalid, "law.bad_pause", "the pause %s", what).In("pause")
}

func iso(t time.Time) string { return t.Format(time.DateOnly) }

// BreachDue is when the authority must have been told of a breach the controller became aware
// of at a moment: plain hours, which weekends and holidays do not move.
// law: GDPR 33(1)
func (s *Set) BreachDue(aware time.Time) (time.Time, error) {
	hours, err := s.number("breach_hours")
	return aware.Add(time.Duration(hours) * time.Hour), err
}
