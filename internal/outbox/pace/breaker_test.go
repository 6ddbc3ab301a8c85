package pace

import (
	"encoding/json"
	"testing"

	"pgregory.net/rapid"
)

func TestBreaker(t *testing.T) {
	type step struct {
		e Event
		n int
	}
	for _, c := range []struct {
		name  string
		steps []step
		want  Decision
	}{
		{"all well", []step{{Accepted, 5000}}, Decision{Act: Continue}},
		{"one complaint of a few", []step{{Accepted, 50}, {Complained, 1}}, Decision{Act: Continue}},
		{"two complaints of four hundred", []step{{Accepted, 400}, {Complained, 2}}, Decision{Act: Continue}},
		{"three of four thousand", []step{{Accepted, 4000}, {Complained, 3}}, Decision{Act: Continue}},
		{"a warning", []step{{Accepted, 10_000}, {Complained, 8}}, Decision{Warn, "complaints"}},
		{"just under", []step{{Accepted, 10_000}, {Complained, 24}}, Decision{Warn, "complaints"}},
		{"at the bound", []step{{Accepted, 10_000}, {Complained, 25}}, Decision{Pause, "complaints"}},
		{"a small list", []step{{Accepted, 300}, {Complained, 3}}, Decision{Pause, "complaints"}},
		{"too few to say", []step{{Accepted, 99}, {Complained, 9}}, Decision{Act: Continue}},
		{"dead addresses at once", []step{{Accepted, 950}, {BouncedAtOnce, 50}}, Decision{Pause, "bounces"}},
		{"dead addresses later", []step{{Accepted, 1000}, {BouncedLater, 50}}, Decision{Pause, "bounces"}},
		{"some", []step{{Accepted, 1000}, {BouncedLater, 30}}, Decision{Warn, "bounces"}},
		{"few", []step{{Accepted, 100}, {BouncedAtOnce, 9}}, Decision{Act: Continue}},
		{"shut out from the start", []step{{RefusedPolicy, 20}}, Decision{Pause, "policy"}},
		{"not sure yet", []step{{RefusedPolicy, 19}}, Decision{Act: Continue}},
		{"shut out in the middle", []step{{Accepted, 9000}, {RefusedPolicy, 58}}, Decision{Pause, "policy"}},
		{"shut out by one of many", []step{{Accepted, 9000}, {RefusedPolicy, 40}, {Accepted, 10}}, Decision{Act: Continue}},
		{"busy", []step{{Passing, 1000}}, Decision{Act: Continue}},
	} {
		b := Breaker{Bounds: Usual}
		var got Decision
		for _, s := range c.steps {
			for range s.n {
				got = b.Observe(s.e)
			}
		}
		if got != c.want {
			t.Errorf("%s: %+v, want %+v; %+v", c.name, got, c.want, b.Counts)
		}
		stored, err := json.Marshal(b.Counts)
		var back Counts
		if err != nil || json.Unmarshal(stored, &back) != nil || back != b.Counts || Usual.Judge(back) != got {
			t.Errorf("%s: comes back as %+v from %s", c.name, back, stored)
		}
	}
}

// TestBreakerHolds: a complaint or bounce more never makes things better, and
// two halves judged together are as the whole.
func TestBreakerHolds(t *testing.T) {
	rank := map[Act]int{Continue: 0, Warn: 1, Pause: 2}
	rapid.Check(t, func(t *rapid.T) {
		var whole, half Breaker
		whole.Bounds, half.Bounds = Usual, Usual
		var first Counts
		all := rapid.SliceOfN(rapid.SampledFrom([]Event{Accepted, Accepted, Accepted, Accepted, BouncedAtOnce, BouncedLater, Complained, RefusedPolicy, Passing}), 0, 400).Draw(t, "events")
		for i, e := range all {
			if i == len(all)/2 {
				first, half.Counts = half.Counts, Counts{Recent: half.Counts.Recent, Seen: half.Counts.Seen}
			}
			before := Usual.Judge(whole.Counts)
			after := whole.Observe(e)
			half.Observe(e)
			if (e == Complained || e == BouncedLater) && rank[after.Act] < rank[before.Act] {
				t.Fatalf("%+v, then %+v", before, after)
			}
		}
		if first.Add(half.Counts) != whole.Counts {
			t.Fatalf("%+v and %+v are not %+v", first, half.Counts, whole.Counts)
		}
	})
}
