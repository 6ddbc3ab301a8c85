package keep

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"kartotek/internal/law"
	"kartotek/internal/noticedef"
)

var helsinki = func() *time.Location {
	z, err := time.LoadLocation("Europe/Helsinki")
	if err != nil {
		panic(err) // the machine has no time zones: nothing here could be tested
	}
	return z
}()

func at(day string) int64 {
	t, err := time.ParseInLocation("2006-01-02 15:04", day+" 12:00", helsinki)
	if err != nil {
		panic(err) // the test itself is wrong
	}
	return t.UnixMilli()
}

func nordanvind(t testing.TB) (*noticedef.Notice, *law.Set) {
	t.Helper()
	n, found := noticedef.Parse("nordanvind.yaml", noticedef.DemoNotice())
	if n == nil {
		t.Fatal(found)
	}
	set, err := law.For([]string{"EU", "FI"}, time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC))
	if err != nil {
		t.Fatal(err)
	}
	return n, set
}

// line writes a date with its steps as the table has them.
func line(d Date) string {
	var steps []string
	for _, s := range d.Steps {
		steps = append(steps, strings.Trim(s.Key+" "+s.Arg, " ")+" "+s.Day)
	}
	end := d.Until
	if d.Open != "" {
		end = "while " + d.Open
	}
	if d.Floor != "" {
		end += " [" + d.Floor + "]"
	}
	return end + ": " + strings.Join(steps, " → ")
}

func TestReckon(t *testing.T) {
	n, laws := nordanvind(t)
	for _, c := range []struct {
		name, category, purpose string
		ev                      Events
		want                    string
	}{
		{"nobody was heard of since registration", "contact", "relationship", Events{Registered: at("2024-01-31")},
			"2026-01-31: registered 2024-01-31 → then 24 months 2026-01-31"},
		{"last heard of counts while no end is recorded", "contact", "relationship", Events{Registered: at("2024-01-31"), Heard: at("2025-06-30")},
			"2027-06-30: heard 2025-06-30 → then 24 months 2027-06-30"},
		{"a recorded end counts, whatever was heard of by then", "contact", "relationship", Events{Registered: at("2024-01-31"), Heard: at("2025-06-30"), Ended: at("2025-03-01")},
			"2027-03-01: ended 2025-03-01 → then 24 months 2027-03-01"},
		{"an order after the end begins anew", "contact", "relationship", Events{Registered: at("2024-01-31"), Ended: at("2025-03-01"), Ordered: at("2025-09-09")},
			"2027-09-09: ordered 2025-09-09 → then 24 months 2027-09-09"},
		{"a leap day ends on the last of February", "contact", "campaign", Events{Registered: at("2024-02-29")},
			"2025-02-28: registered 2024-02-29 → then 12 months 2025-02-28"},
		{"a consent never given keeps nothing", "contact", "newsletter", Events{Registered: at("2026-02-03")},
			"2026-02-03: never_given 2026-02-03 → then 0 days 2026-02-03"},
		{"one that stands has no day yet", "contact", "newsletter", Events{Registered: at("2026-02-03"), Uses: map[string]Use{"newsletter": {Given: at("2026-02-03")}}},
			"while permission: stands "},
		{"one with a last day has that", "contact", "newsletter", Events{Registered: at("2026-02-03"), Uses: map[string]Use{"newsletter": {Given: at("2026-02-03"), Until: at("2027-02-03")}}},
			"2027-02-03: expires 2027-02-03 → then 0 days 2027-02-03"},
		{"one withdrawn ends that day", "contact", "newsletter", Events{Registered: at("2026-02-03"), Uses: map[string]Use{"newsletter": {Given: at("2026-02-03"), Ended: at("2026-05-01")}}},
			"2026-05-01: withdrawn 2026-05-01 → then 0 days 2026-05-01"},
		{"an objection ends a purpose of marketing at once", "contact", "campaign", Events{Registered: at("2026-02-03"), Uses: map[string]Use{"campaign": {Objects: at("2026-05-01")}}},
			"2026-05-01: registered 2026-02-03 → then 12 months 2027-02-03 → objected 2026-05-01"},
		{"accounts are kept by statute from the year's end", "billing", "relationship", Events{Registered: at("2024-01-31"), Ordered: at("2025-04-05")},
			"2031-12-31 [FI 1336/1997 2:10]: ordered 2025-04-05 → year_end 2025-12-31 → then 6 years 2031-12-31"},
		{"a prohibition is obeyed as long as it stands", "permissions", "relationship", Events{Registered: at("2024-01-31"), Said: at("2025-01-01"), Forbids: true},
			"while prohibition: forbids "},
		{"a consent is proved as long as it stands", "permissions", "newsletter", Events{Registered: at("2024-01-31"), Said: at("2025-01-01"), Permits: true},
			"while permission: proves "},
		{"and a while after", "permissions", "newsletter", Events{Registered: at("2024-01-31"), Said: at("2025-01-01")},
			"2027-01-01: said 2025-01-01 → then 24 months 2027-01-01"},
		{"a choice about cookies", "devices", "relationship", Events{Registered: at("2024-01-31"), Chose: at("2026-01-31")},
			"2027-01-31: choice 2026-01-31 → then 12 months 2027-01-31"},
	} {
		got := "no such date"
		for _, d := range Reckon(n, laws, c.ev, helsinki) {
			if d.Category == c.category && d.Purpose == c.purpose {
				got = line(d)
			}
		}
		if got != c.want {
			t.Errorf("%s:\n got %s\nwant %s", c.name, got, c.want)
		}
	}
}

// TestStatuteIsTheLeast holds that a notice cannot promise less than the law of accounts asks.
func TestStatuteIsTheLeast(t *testing.T) {
	n, laws := nordanvind(t)
	for i := range n.Categories {
		if k := n.Categories[i].Keep; k != nil && k.While == "financial year" {
			k.Then = noticedef.Duration{N: 2, Unit: "years"}
		}
	}
	for _, d := range Reckon(n, laws, Events{Registered: at("2024-01-31")}, helsinki) {
		if d.Category == "billing" && (d.Until != "2030-12-31" || d.Floor != "FI 1336/1997 2:10") {
			t.Error(line(d))
		}
	}
}

// TestEveryDate holds that every category of the notice has a day or says what it
// waits for, with its reasons. law: GDPR 5(1)(e)
func TestEveryDate(t *testing.T) {
	n, laws := nordanvind(t)
	rapid.Check(t, func(t *rapid.T) {
		for _, d := range Reckon(n, laws, someone(n).Draw(t, "events"), helsinki) {
			_, err := time.Parse(time.DateOnly, d.Until)
			if (err == nil) == (d.Open != "") || len(d.Steps) == 0 {
				t.Errorf("%s for %s: %s", d.Category, d.Purpose, line(d))
			}
			for _, s := range d.Steps {
				if s.Citation == "" {
					t.Errorf("%s for %s: the step %s rests on nothing", d.Category, d.Purpose, s.Key)
				}
			}
		}
	})
}

const day = int64(24 * time.Hour / time.Millisecond)

// moment is a time of the last years, sometimes just before or after midnight.
func moment() *rapid.Generator[int64] {
	return rapid.Custom(func(t *rapid.T) int64 {
		ms := at("2018-01-01") + day*int64(rapid.IntRange(0, 3300).Draw(t, "day"))
		return ms + rapid.SampledFrom([]int64{0, -12*3600e3 + 1, -12 * 3600e3, 12*3600e3 - 1}).Draw(t, "hour")
	})
}

func maybe() *rapid.Generator[int64] {
	return rapid.Custom(func(t *rapid.T) int64 {
		if rapid.Bool().Draw(t, "never") {
			return 0
		}
		return moment().Draw(t, "at")
	})
}

func someone(n *noticedef.Notice) *rapid.Generator[Events] {
	return rapid.Custom(func(t *rapid.T) Events {
		ev := Events{Registered: moment().Draw(t, "registered"), Heard: maybe().Draw(t, "heard"), Ordered: maybe().Draw(t, "ordered"), Ended: maybe().Draw(t, "ended"),
			Answered: maybe().Draw(t, "answered"), Chose: maybe().Draw(t, "chose"), Said: maybe().Draw(t, "said"),
			Forbids: rapid.Bool().Draw(t, "forbids"), Permits: rapid.Bool().Draw(t, "permits"), Uses: map[string]Use{}}
		for _, p := range n.Purposes {
			ev.Uses[p.ID] = Use{Given: maybe().Draw(t, "given"), Until: maybe().Draw(t, "until"), Ended: maybe().Draw(t, "withdrawn"), Objects: maybe().Draw(t, "objects"), Customer: rapid.Bool().Draw(t, "customer")}
		}
		return ev
	})
}

// TestLaterNeverEarlier: an event of a kind that comes later never brings a date forward.
func TestLaterNeverEarlier(t *testing.T) {
	n, laws := nordanvind(t)
	rapid.Check(t, func(t *rapid.T) {
		ev := someone(n).Draw(t, "events")
		before := Reckon(n, laws, ev, helsinki)
		by := day * int64(rapid.IntRange(1, 900).Draw(t, "days"))
		p := rapid.SampledFrom(n.Purposes).Draw(t, "purpose").ID
		u := ev.Uses[p]
		fields := []*int64{&ev.Registered, &ev.Heard, &ev.Ordered, &ev.Ended, &ev.Answered, &ev.Chose, &ev.Said, &u.Given, &u.Until, &u.Ended, &u.Objects}
		f := rapid.SampledFrom(fields).Draw(t, "field")
		if *f == 0 {
			return // what never happened becoming an event is not the same event later
		}
		*f += by
		ev.Uses[p] = u
		after := Reckon(n, laws, ev, helsinki)
		for i := range after {
			if before[i].Later(&after[i]) {
				t.Errorf("%s for %s:\nbefore %s\nafter  %s", after[i].Category, after[i].Purpose, line(before[i]), line(after[i]))
			}
		}
	})
}

// TestNewsNeverEarlier: being heard of, ordering, answering after everything else
// never brings a date forward.
func TestNewsNeverEarlier(t *testing.T) {
	n, laws := nordanvind(t)
	rapid.Check(t, func(t *rapid.T) {
		ev := someone(n).Draw(t, "events")
		before := Reckon(n, laws, ev, helsinki)
		news := at("2028-01-01")
		*rapid.SampledFrom([]*int64{&ev.Heard, &ev.Ordered, &ev.Answered, &ev.Chose, &ev.Said}).Draw(t, "what") = news
		for i, d := range Reckon(n, laws, ev, helsinki) {
			if before[i].Later(&d) {
				t.Errorf("%s for %s:\nbefore %s\nafter  %s", d.Category, d.Purpose, line(before[i]), line(d))
			}
		}
	})
}

// TestHoldsNeverShorten: a hold keeps or prolongs, and what it does not name it leaves alone.
func TestHoldsNeverShorten(t *testing.T) {
	n, laws := nordanvind(t)
	rapid.Check(t, func(t *rapid.T) {
		dates := Reckon(n, laws, someone(n).Draw(t, "events"), helsinki)
		h := Hold{Citation: "GDPR 17(3)(e)"}
		if rapid.Bool().Draw(t, "some") {
			h.Categories = []string{"contact", "orders"}
		}
		if rapid.Bool().Draw(t, "limited") {
			h.Until = time.UnixMilli(moment().Draw(t, "until")).Format(time.DateOnly)
		}
		for i, d := range Apply(dates, []Hold{h}) {
			if dates[i].Later(&d) || !h.covers(d.Category) && line(d) != line(dates[i]) {
				t.Errorf("%+v: %s became %s", h, line(dates[i]), line(d))
			}
			if h.covers(d.Category) && h.Until == "" && d.Open == "" {
				t.Errorf("%s is not held", d.Category)
			}
		}
	})
}

// TestSieve: the sieve names exactly the categories that are due by the whole reckoning.
func TestSieve(t *testing.T) {
	n, laws := nordanvind(t)
	sieves := map[string]*Sieve{}
	rapid.Check(t, func(t *rapid.T) {
		today := time.UnixMilli(moment().Draw(t, "today") + 400*day).In(helsinki).Format(time.DateOnly)
		if sieves[today] == nil {
			sieves[today] = NewSieve(n, laws, today, helsinki)
		}
		s := sieves[today]
		ev := someone(n).Draw(t, "events")
		row := Row{Events: ev, Uses: make([]Use, s.Purposes())}
		for id, u := range ev.Uses {
			row.Uses[s.Purpose(id)] = u
		}
		mask := s.Due(&row)
		for i, d := range Last(Reckon(n, laws, ev, helsinki)) {
			if got := mask&(1<<i) != 0; s.Categories[i] != d.Category || got != d.Due(today) {
				t.Errorf("%s on %s: the sieve says %v, the reckoning %s", d.Category, today, got, line(d))
			}
		}
	})
}

func BenchmarkSieve(b *testing.B) {
	n, laws := nordanvind(b)
	s := NewSieve(n, laws, "2026-11-22", helsinki)
	row := Row{Events: Events{Registered: at("2025-01-01")}, Uses: make([]Use, s.Purposes())}
	for b.Loop() {
		if s.Due(&row) == 1<<63 {
			b.Fatal(fmt.Sprint(row))
		}
	}
}
