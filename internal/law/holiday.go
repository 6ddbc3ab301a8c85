package law

import (
	"fmt"
	"time"
)

// Feast is the rule of one public holiday. Exactly one of Fixed, Easter and Weekday with
// Range is set.
type Feast struct {
	ID      string    `yaml:"id"`
	Fixed   string    `yaml:"fixed"`   // "12-06"
	Easter  *int      `yaml:"easter"`  // days after Easter Sunday
	Weekday string    `yaml:"weekday"` // friday or saturday, with Range
	Range   [2]string `yaml:"range"`   // first and last possible day, "06-20", "06-26"
	Eve     bool      `yaml:"eve"`     // many are free, but no public holiday: see count_eves
	Title   Text      `yaml:"title"`

	weekday     time.Weekday
	first, last monthDay
}

// monthDay is a day of the year without the year; months first, so it compares as a number.
type monthDay int

func monthDayOf(t time.Time) monthDay { return monthDay(int(t.Month())*100 + t.Day()) }

func parseMonthDay(s string) (monthDay, error) {
	t, err := time.Parse("2006-01-02", "2000-"+s) // a leap year, so that 02-29 is a day
	return monthDayOf(t), err
}

// compile checks the rule and turns its text into numbers.
func (f *Feast) compile() (err error) {
	switch {
	case f.Easter != nil && f.Fixed == "" && f.Weekday == "":
		return nil
	case f.Fixed != "" && f.Easter == nil && f.Weekday == "":
		f.first, err = parseMonthDay(f.Fixed)
		return err
	case f.Weekday == "friday":
		f.weekday = time.Friday
	case f.Weekday == "saturday":
		f.weekday = time.Saturday
	default:
		return fmt.Errorf("holiday %s: one of fixed, easter, weekday with range is needed", f.ID)
	}
	if f.first, err = parseMonthDay(f.Range[0]); err != nil {
		return err
	}
	f.last, err = parseMonthDay(f.Range[1])
	return err
}

// falls says whether the holiday is on a day. A range may cross a month but not a year.
func (f *Feast) falls(day time.Time) bool {
	md := monthDayOf(day)
	switch {
	case f.Easter != nil:
		return midnight(day).Equal(EasterSunday(day.Year()).AddDate(0, 0, *f.Easter))
	case f.Weekday != "":
		return day.Weekday() == f.weekday && md >= f.first && md <= f.last
	}
	return md == f.first
}

// EasterSunday is Easter in the Gregorian calendar (the anonymous algorithm of 1876).
func EasterSunday(year int) time.Time {
	a, b, c := year%19, year/100, year%100
	d := (19*a + b - b/4 - (b-(b+8)/25+1)/3 + 15) % 30
	e := (32 + 2*(b%4) + 2*(c/4) - d - c%4) % 7
	f := d + e - 7*((a+11*d+22*e)/451) + 114
	return time.Date(year, time.Month(f/31), f%31+1, 0, 0, 0, 0, time.UTC)
}

// Holiday says whether a calendar day is a public holiday in a country, and its English name.
// Eves are not holidays. A country without a pack has none here.
func Holiday(country string, day time.Time) (name string, ok bool) {
	t, ok := HolidayText(country, day)
	return t["en"], ok
}

// HolidayText is Holiday with the name in every language.
func HolidayText(country string, day time.Time) (Text, bool) {
	f := feastOn(country, day, false)
	if f == nil {
		return nil, false
	}
	return f.Title, true
}

// feastOn finds the holiday on a day; eves count only when asked for.
func feastOn(country string, day time.Time, eves bool) *Feast {
	feasts := books().holidays[country]
	for i := range feasts {
		if (!feasts[i].Eve || eves) && feasts[i].falls(day) {
			return &feasts[i]
		}
	}
	return nil
}
