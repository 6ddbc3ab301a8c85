package clock

import (
	"testing"
	"time"
)

func TestMs(t *testing.T) {
	summer := time.Date(2026, 7, 1, 12, 0, 0, 123_456_789, time.FixedZone("EEST", 3*3600))
	if got := FromMs(Ms(summer)); !got.Equal(summer.Truncate(time.Millisecond)) || got.Location() != time.UTC {
		t.Errorf("%v came back as %v", summer, got)
	}
	if Ms(time.Time{}) != 0 || !FromMs(0).IsZero() {
		t.Error("no time is 0")
	}
}

func TestFixed(t *testing.T) {
	c := At(time.Date(2026, 11, 22, 11, 0, 0, 0, time.FixedZone("EET", 2*3600)))
	c.Move(time.Hour)
	if got := c.Now().Format(time.RFC3339); got != "2026-11-22T10:00:00Z" {
		t.Error(got)
	}
	if System().Now().Location() != time.UTC {
		t.Error("the machine's clock is not in UTC")
	}
}
