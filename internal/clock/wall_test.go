package clock_test

import (
	"testing"
	"time"

	"kartotek/internal/clock"
)

func TestWall(t *testing.T) {
	for _, c := range []struct {
		zone, date, hour, want string
		odd                    clock.Odd
	}{
		{"Europe/Helsinki", "2026-08-01", "09:15", "2026-08-01T06:15:00Z", clock.Plain},
		{"Europe/Helsinki", "2026-12-31", "23:59", "2026-12-31T21:59:00Z", clock.Plain},
		{"Europe/Helsinki", "2027-03-28", "02:59", "2027-03-28T00:59:00Z", clock.Plain},
		{"Europe/Helsinki", "2027-03-28", "03:00", "2027-03-28T01:00:00Z", clock.Gap},
		{"Europe/Helsinki", "2027-03-28", "03:30", "2027-03-28T01:00:00Z", clock.Gap},
		{"Europe/Helsinki", "2027-03-28", "04:00", "2027-03-28T01:00:00Z", clock.Plain},
		{"Europe/Helsinki", "2026-10-25", "02:59", "2026-10-24T23:59:00Z", clock.Plain},
		{"Europe/Helsinki", "2026-10-25", "03:30", "2026-10-25T00:30:00Z", clock.Fold},
		{"Europe/Helsinki", "2026-10-25", "04:00", "2026-10-25T02:00:00Z", clock.Plain},
		{"Europe/Stockholm", "2026-10-25", "02:30", "2026-10-25T00:30:00Z", clock.Fold},
		{"Europe/Stockholm", "2027-03-28", "02:30", "2027-03-28T01:00:00Z", clock.Gap},
		{"Europe/Oslo", "2028-02-29", "12:00", "2028-02-29T11:00:00Z", clock.Plain},
		{"Atlantic/Reykjavik", "2027-03-28", "03:30", "2027-03-28T03:30:00Z", clock.Plain},
		{"Australia/Lord_Howe", "2026-10-04", "02:10", "2026-10-03T15:30:00Z", clock.Gap}, // half an hour
		{"Pacific/Apia", "2011-12-30", "12:00", "2011-12-30T10:00:00Z", clock.Gap},        // a day that never was
		{"America/New_York", "2026-03-08", "02:30", "2026-03-08T07:00:00Z", clock.Gap},
		{"America/New_York", "2026-11-01", "01:30", "2026-11-01T05:30:00Z", clock.Fold},
	} {
		zone, err := time.LoadLocation(c.zone)
		if err != nil {
			t.Fatal(err)
		}
		at, odd, err := clock.Wall(c.date, c.hour, zone)
		if got := at.Format(time.RFC3339); err != nil || got != c.want || odd != c.odd {
			t.Errorf("%s %s %s: %s %q %v, want %s %q", c.zone, c.date, c.hour, got, odd, err, c.want, c.odd)
		}
	}
}

func TestWallRefuses(t *testing.T) {
	for _, c := range [][2]string{{"2026-02-29", "12:00"}, {"2026-13-01", "12:00"}, {"2026-01-01", "24:00"}, {"", ""}, {"1.1.2026", "12:00"}} {
		if _, _, err := clock.Wall(c[0], c[1], time.UTC); err == nil {
			t.Errorf("%v was read", c)
		}
	}
}
