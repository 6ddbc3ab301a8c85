package noticedef

import (
	"time"

	"kartotek/internal/noticedef/facts"
)

// The values a notice is made of; see package facts.
type (
	Text     = facts.Text     // one wording in several languages
	Date     = facts.Date     // a calendar day, "2026-11-15"
	Duration = facts.Duration // a length of time, "24 months"
)

// Open is a date that never comes: a contract without end.
const Open = facts.Open

// ParseDuration reads "24 months", "1 year", "0 days" or "session".
func ParseDuration(s string) (Duration, error) { return facts.ParseDuration(s) }

// DateOf is the calendar day of a time in its own zone.
func DateOf(t time.Time) Date { return facts.DateOf(t) }
