package def_test

import (
	"testing"
	"time"

	"kartotek/internal/campaign/def"
	"kartotek/internal/id"
)

func TestDraw(t *testing.T) {
	c := &def.Campaign{ID: 77 << 22}
	c.Options.Split = &def.Split{Others: []def.Variant{{Subject: "Second"}, {Subject: "Third"}}, Share: 50}
	var count [4]int
	make := id.NewMaker(1, func() time.Time { return time.UnixMilli(1_800_000_000_000) })
	const n = 30_000
	for range n {
		count[c.VariantOf(make.New())]++
	}
	for v, got := range count {
		want := n / 6
		if v == 0 {
			want = n / 2
		}
		if got < want*95/100 || got > want*105/100 {
			t.Errorf("letter %d: %d of %d, want about %d", v, got, n, want)
		}
	}
}

func TestBest(t *testing.T) {
	for _, c := range []struct {
		name    string
		tried   []def.Trial
		measure string
		want    int
	}{
		{"most clicks by share", []def.Trial{{Letter: 1, Sent: 100, Clicks: 10}, {Letter: 2, Sent: 50, Clicks: 9}}, def.Clicks, 2},
		{"fewest noes by share", []def.Trial{{Letter: 1, Sent: 100, Noes: 2}, {Letter: 2, Sent: 10, Noes: 1}}, def.Unsubscribes, 1},
		{"fewest complaints", []def.Trial{{Letter: 1, Sent: 100, Complaints: 2}, {Letter: 2, Sent: 100, Complaints: 1}, {Letter: 3, Sent: 100, Complaints: 2}}, def.Complaints, 2},
		{"a tie goes to the first", []def.Trial{{Letter: 1, Sent: 100, Clicks: 3}, {Letter: 2, Sent: 200, Clicks: 6}}, def.Clicks, 1},
		{"nothing to tell them apart", []def.Trial{{Letter: 1, Sent: 5}, {Letter: 2, Sent: 5}}, def.Complaints, 1},
		{"who was not sent cannot win", []def.Trial{{Letter: 1}, {Letter: 2, Sent: 5, Noes: 5}}, def.Unsubscribes, 2},
		{"nobody was sent anything", []def.Trial{{Letter: 1}, {Letter: 2}}, def.Clicks, 1},
	} {
		if got := def.Best(c.tried, c.measure); got != c.want {
			t.Errorf("%s: %d", c.name, got)
		}
	}
}
