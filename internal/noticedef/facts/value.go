package facts

import (
	"fmt"
	"strconv"
	"strings"
	"time"

	"golang.org/x/text/unicode/norm"
)

// Languages the program speaks, in the order used as fallback.
var Languages = []string{"sv", "fi", "en"}

// Text is one piece of wording in several languages: language code to text.
type Text map[string]string

// In gives the wording in a language; when it is missing, the first that
// exists of Swedish, Finnish and English, so that a page never shows a hole.
func (t Text) In(lang string) string {
	if s := t[lang]; s != "" {
		return s
	}
	for _, l := range Languages {
		if s := t[l]; s != "" {
			return s
		}
	}
	return ""
}

// Date is a calendar day as ISO text, "2026-11-15"; "" when absent. Where the
// schema allows it, "open" means without end.
type Date string

// Open is a date that never comes: a contract without end.
const Open Date = "open"

// Time gives the day's first moment in UTC, and false when there is no such day.
func (d Date) Time() (time.Time, bool) {
	t, err := time.Parse(time.DateOnly, string(d))
	return t, err == nil
}

// Before reports whether the day has passed when today's day is another.
// An absent or open date has never passed.
func (d Date) Before(today time.Time) bool {
	t, ok := d.Time()
	return ok && t.Format(time.DateOnly) < today.Format(time.DateOnly)
}

// DateOf is the calendar day of a time in its own zone.
func DateOf(t time.Time) Date { return Date(t.Format(time.DateOnly)) }

// Duration is a length of calendar time: 24 months, 0 days. Unit is one of
// "days", "weeks", "months", "years", or "session" (until the browser closes).
type Duration struct {
	N    int
	Unit string
}

var units = map[string]string{
	"day": "days", "days": "days", "week": "weeks", "weeks": "weeks",
	"month": "months", "months": "months", "year": "years", "years": "years",
}

// ParseDuration reads "24 months", "1 year", "0 days" or "session".
func ParseDuration(s string) (Duration, error) {
	if s == "session" {
		return Duration{Unit: "session"}, nil
	}
	num, word, ok := strings.Cut(s, " ")
	n, err := strconv.Atoi(num)
	unit := units[strings.TrimSpace(word)]
	if !ok || err != nil || unit == "" || n < 0 || n > 1200 {
		return Duration{}, fmt.Errorf("%q is not a length of time; write for example 24 months, 2 years or 0 days", s)
	}
	return Duration{N: n, Unit: unit}, nil
}

// Set reports whether the duration was given at all: "0 days" is set.
func (d Duration) Set() bool { return d.Unit != "" }

// String writes the duration as the file does; a single unit is singular.
func (d Duration) String() string {
	switch {
	case d.Unit == "" || d.Unit == "session":
		return d.Unit
	case d.N == 1:
		return "1 " + strings.TrimSuffix(d.Unit, "s")
	}
	return strconv.Itoa(d.N) + " " + d.Unit
}

// AddTo gives the moment the duration ends when it starts at t. A month ends
// on the same day number, or on the last day of a shorter month.
// law: Reg 1182/71 3(2)(c)
func (d Duration) AddTo(t time.Time) time.Time {
	switch d.Unit {
	case "days":
		return t.AddDate(0, 0, d.N)
	case "weeks":
		return t.AddDate(0, 0, 7*d.N)
	case "months":
		return addMonths(t, d.N)
	case "years":
		return addMonths(t, 12*d.N)
	}
	return t
}

func addMonths(t time.Time, n int) time.Time {
	u := t.AddDate(0, n, 0)
	if u.Day() != t.Day() { // 31 January + 1 month ran over into March
		u = u.AddDate(0, 0, -u.Day())
	}
	return u
}

// Longer reports whether d lasts longer than e, counting from the same day.
func (d Duration) Longer(e Duration) bool {
	base := time.Date(2001, 1, 1, 0, 0, 0, 0, time.UTC)
	return d.AddTo(base).After(e.AddTo(base))
}

// Tidy is how every string of the file is held: composed letters (NFC) and
// single spaces, so that layout and keyboard habits are not facts.
func Tidy(s string) string {
	return norm.NFC.String(strings.Join(strings.Fields(s), " "))
}
