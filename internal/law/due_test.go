package law

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"kartotek/internal/fault"
	"pgregory.net/rapid"
)

// The published calendars of 2024 to 2030; read them against an almanac.
func TestHolidaysGolden(t *testing.T) {
	var b strings.Builder
	for _, country := range []string{"FI", "SE"} {
		for d := day("2024-01-01"); d.Year() <= 2030; d = d.AddDate(0, 0, 1) {
			if text, ok := HolidayText(country, d); ok {
				fmt.Fprintf(&b, "%s %s %s  %s / %s / %s\n", country, DateOf(d), d.Weekday().String()[:3], text["sv"], text["fi"], text["en"])
			}
		}
	}
	golden(t, "holidays.txt", b.String())
}

func TestHoliday(t *testing.T) {
	for _, c := range []struct {
		country, on, want string
	}{
		{"FI", "2026-06-20", "Midsummer Day"}, {"SE", "2026-06-20", "Midsummer Day"}, {"FI", "2026-06-19", ""},
		{"FI", "2026-12-06", "Independence Day"}, {"SE", "2026-12-06", ""}, {"SE", "2026-06-06", "National Day"},
		{"FI", "2026-10-31", "All Saints' Day"}, {"FI", "2026-12-24", ""}, {"DE", "2026-12-25", ""},
	} {
		if name, ok := Holiday(c.country, day(c.on)); name != c.want || ok != (c.want != "") {
			t.Errorf("%s %s: %q %t, want %q", c.country, c.on, name, ok, c.want)
		}
	}
	late := time.Date(2026, 12, 25, 23, 59, 0, 0, time.FixedZone("EET", 7200))
	if _, ok := Holiday("FI", late); !ok {
		t.Error("the hour of the day moved a holiday")
	}
}

func pauses(t *testing.T, s string) (out [][2]time.Time) {
	for p := range strings.FieldsSeq(s) {
		a, b, ok := strings.Cut(p, "..")
		if !ok {
			t.Fatalf("pause %q", p)
		}
		out = append(out, [2]time.Time{day(a), day(b)})
	}
	return out
}

func TestDue(t *testing.T) {
	for _, c := range []struct {
		received, country string
		extended          bool
		pauses            string
		month, due, plain string
	}{
		{"2026-01-31", "FI", false, "", "2026-02-28", "2026-03-02", "2026-03-02"},
		{"2026-03-05", "FI", false, "", "2026-04-05", "2026-04-07", "2026-04-07"},
		{"2028-01-30", "FI", false, "", "2028-02-29", "2028-02-29", "2028-02-29"},
		{"2026-11-06", "FI", false, "", "2026-12-06", "2026-12-07", "2026-12-07"},
		{"2026-11-06", "SE", false, "", "2026-12-06", "2026-12-07", "2026-12-07"},
		{"2026-11-06", "FI", true, "", "2027-02-06", "2027-02-08", "2027-02-08"},
		{"2026-05-06", "SE", false, "", "2026-06-06", "2026-06-08", "2026-06-08"},
		{"2028-05-06", "SE", false, "", "2028-06-06", "2028-06-07", "2028-06-07"}, // a Tuesday, national day
		{"2028-05-06", "FI", false, "", "2028-06-06", "2028-06-06", "2028-06-06"},
		{"2026-05-19", "FI", false, "", "2026-06-19", "2026-06-19", "2026-06-19"}, // Midsummer Eve does not count
		{"2026-11-25", "FI", false, "", "2026-12-25", "2026-12-28", "2026-12-28"},
		{"2026-11-24", "FI", false, "", "2026-12-24", "2026-12-24", "2026-12-24"},
		{"2026-12-31", "FI", false, "", "2027-01-31", "2027-02-01", "2027-02-01"},
		{"2026-11-30", "FI", true, "", "2027-02-28", "2027-03-01", "2027-03-01"},
		{"2026-03-05", "FI", false, "2026-03-10..2026-03-20", "2026-04-05", "2026-04-15", "2026-04-07"},
		{"2026-03-05", "FI", false, "2026-03-10..2026-03-10", "2026-04-05", "2026-04-07", "2026-04-07"},
		{"2026-03-05", "FI", false, "2026-03-12..2026-03-20 2026-03-10..2026-03-15", "2026-04-05", "2026-04-15", "2026-04-07"},
		{"2026-01-31", "FI", false, "2026-03-02..2026-03-05", "2026-02-28", "2026-03-03", "2026-03-02"},
	} {
		d, err := Due(day(c.received), c.country, DueOptions{Extended: c.extended, Pauses: pauses(t, c.pauses)})
		if err != nil || d.MonthDate != c.month || d.Due != c.due || d.UnpausedDue != c.plain {
			t.Errorf("%s %s extended %t pauses %q: %s %s %s %v, want %s %s %s", c.country, c.received, c.extended, c.pauses,
				d.MonthDate, d.Due, d.UnpausedDue, err, c.month, c.due, c.plain)
		}
		for _, s := range d.Steps {
			if s.Key == "" || s.Text == "" || !Known(s.Citation) {
				t.Errorf("%s: step %+v cannot be explained", c.received, s)
			}
		}
	}
}

func TestDueRefuses(t *testing.T) {
	for name, c := range map[string]struct {
		received, country, pauses string
	}{
		"no calendar":        {"2026-01-01", "DE", ""},
		"before the packs":   {"2017-01-01", "FI", ""},
		"backward pause":     {"2026-03-05", "FI", "2026-03-20..2026-03-10"},
		"pause too early":    {"2026-03-05", "FI", "2026-03-04..2026-03-10"},
		"pause after it all": {"2026-03-05", "FI", "2026-04-08..2026-04-10"},
	} {
		_, err := Due(day(c.received), c.country, DueOptions{Pauses: pauses(t, c.pauses)})
		if !fault.Is(err, fault.Invalid) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := Due(time.Time{}, "FI", DueOptions{}); err == nil {
		t.Error("the zero time was taken for a receipt")
	}
}

// The zone a receipt carries decides its day, not UTC.
func TestDueZone(t *testing.T) {
	helsinki := time.FixedZone("EET", 2*3600)
	d, err := Due(time.Date(2026, 2, 1, 0, 30, 0, 0, helsinki), "FI", DueOptions{})
	if err != nil || d.MonthDate != "2026-03-01" {
		t.Errorf("%+v %v", d, err)
	}
}

func TestDueProperties(t *testing.T) {
	first := day("2018-05-25")
	rapid.Check(t, func(t *rapid.T) {
		country := rapid.SampledFrom([]string{"FI", "SE"}).Draw(t, "country")
		received := first.AddDate(0, 0, rapid.IntRange(0, 30000).Draw(t, "day"))
		opt := DueOptions{Extended: rapid.Bool().Draw(t, "extended")}
		if rapid.Bool().Draw(t, "paused") {
			from := received.AddDate(0, 0, rapid.IntRange(0, 28).Draw(t, "asked"))
			opt.Pauses = [][2]time.Time{{from, from.AddDate(0, 0, rapid.IntRange(0, 60).Draw(t, "waited"))}}
		}
		d, err := Due(received, country, opt)
		if err != nil {
			t.Fatal(err)
		}
		due := day(d.Due)
		if d.Due < d.MonthDate || d.Due < d.UnpausedDue || d.MonthDate <= string(DateOf(received)) {
			t.Fatalf("dates out of order: %+v", d)
		}
		if _, holiday := Holiday(country, due); holiday || due.Weekday() == time.Saturday || due.Weekday() == time.Sunday {
			t.Fatalf("due on a free day: %+v", d)
		}
		for i := range opt.Pauses {
			opt.Pauses[i][0], opt.Pauses[i][1] = opt.Pauses[i][0].AddDate(0, 0, 1), opt.Pauses[i][1].AddDate(0, 0, 1)
		}
		later, err := Due(received.AddDate(0, 0, 1), country, opt)
		if err != nil || later.Due < d.Due || later.MonthDate < d.MonthDate {
			t.Fatalf("a later receipt is due earlier: %+v then %+v, %v", d, later, err)
		}
	})
}
