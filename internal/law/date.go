package law

import "time"

// Date is a calendar day as ISO text, "2026-11-22". Dates of this form sort as text.
type Date string

// DateOf is the calendar day a time shows, in the zone it carries.
func DateOf(t time.Time) Date { return Date(t.Format(time.DateOnly)) }

// ParseDate reads an ISO date and refuses days that do not exist.
func ParseDate(s string) (Date, error) {
	if _, err := time.Parse(time.DateOnly, s); err != nil {
		return "", err
	}
	return Date(s), nil
}

// Time is the day's midnight in UTC; the zero time for text that is no date.
func (d Date) Time() time.Time {
	t, err := time.Parse(time.DateOnly, string(d))
	if err != nil {
		return time.Time{}
	}
	return t
}

func (d Date) ok() bool { return !d.Time().IsZero() }

// midnight strips a time to its calendar day, so that dates can be reckoned with.
func midnight(t time.Time) time.Time {
	y, m, d := t.Date()
	return time.Date(y, m, d, 0, 0, 0, 0, time.UTC)
}
