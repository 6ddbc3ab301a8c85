package id_test

import (
	"testing"
	"time"

	"kartotek/internal/id"
)

func TestFirst(t *testing.T) {
	at := time.Date(2026, 8, 1, 9, 0, 0, 0, time.UTC)
	one := id.NewMaker(3, func() time.Time { return at }).New()
	for ms, earlier := range map[int64]bool{at.UnixMilli(): true, at.UnixMilli() - 1: true, at.UnixMilli() + 1: false, 0: true} {
		if (id.First(ms) <= one) != earlier {
			t.Errorf("the first id of %d and %d made at %d", ms, one, at.UnixMilli())
		}
	}
}
