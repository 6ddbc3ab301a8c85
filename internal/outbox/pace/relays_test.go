package pace

import (
	"encoding/json"
	"maps"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"kartotek/internal/fault"
)

func pool(t testing.TB, all ...Relay) *Relays {
	t.Helper()
	r, err := NewRelays(all...)
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// picks gives how often each relay is chosen in n turns in which all goes well.
func picks(r *Relays, now time.Time, n int) map[string]int {
	out := map[string]int{}
	for range n {
		name, _, ok := r.Pick(now)
		if !ok {
			break
		}
		out[name]++
	}
	return out
}

func TestWeights(t *testing.T) {
	r := pool(t, Relay{Name: "a", Weight: 3}, Relay{Name: "b", Weight: 1}, Relay{Name: "spare", Priority: 1})
	if got := picks(r, start, 400); got["a"] != 300 || got["b"] != 100 {
		t.Error(got)
	}
	order := ""
	for range 8 {
		name, _, _ := r.Pick(start)
		order += name
	}
	if order != "aabaaaba" {
		t.Error(order) // spread, not in blocks
	}
	if _, wait, ok := pool(t).Pick(start); ok || wait != 0 {
		t.Error("picked out of none")
	}
	if _, err := NewRelays(Relay{Name: "a"}, Relay{Name: "a"}); !fault.Is(err, fault.Invalid) {
		t.Error(err)
	}
}

// TestFailover lives through the death of a relay and its return.
func TestFailover(t *testing.T) {
	r := pool(t, Relay{Name: "a"}, Relay{Name: "b"}, Relay{Name: "spare", Priority: 1})
	fail := func(name string, now time.Time, n int) {
		for range n {
			r.Result(now, name, Broken, 0)
		}
	}
	fail("a", start, openAfter-1)
	r.Result(start, "a", Refused, 0) // it answers, so it lives
	fail("a", start, openAfter-1)
	if got := picks(r, start, 10); got["a"] != 5 {
		t.Errorf("given up too soon: %v", got)
	}
	fail("a", start, 20) // the messages under way fail as well, and count once
	if got := picks(r, start, 10); got["a"] != 0 || got["b"] != 10 || r.Healthy()["a"] {
		t.Errorf("%v %v", got, r.Healthy())
	}
	fail("b", start, openAfter)
	if got := picks(r, start, 10); got["spare"] != 10 {
		t.Errorf("the spare is not used: %v", got)
	}
	fail("spare", start, openAfter)
	name, wait, ok := r.Pick(start)
	if ok || wait != firstRest/2 {
		t.Fatalf("%s %v", name, wait)
	}
	now := start.Add(wait)
	if got := picks(r, now, 100); len(got) != 3 || got["a"] != 1 || got["b"] != 1 || got["spare"] != 1 {
		t.Errorf("one probe each: %v", got)
	}
	r.Result(now, "a", Broken, 1) // rests again, longer
	r.Result(now, "b", Taken, 0)
	if got := picks(r, now.Add(2*firstRest-1), 10); got["b"] != 10 {
		t.Errorf("%v", got)
	}
	later := now.Add(2 * firstRest)
	if got := picks(r, later, 10); got["a"] != 1 {
		t.Errorf("the next probe of a: %v", got)
	}
	if got := picks(r, later.Add(probeLasts), 10); got["a"] != 1 {
		t.Errorf("a probe that never answers is given up: %v", got)
	}
	r.Result(later.Add(probeLasts), "a", Taken, 0)
	if got := picks(r, later.Add(probeLasts), 10); got["a"] != 5 {
		t.Errorf("a is well: %v", got)
	}
}

// TestRelaysHold are the laws of the pool, for any story.
func TestRelaysHold(t *testing.T) {
	names := []string{"a", "b", "c"}
	rapid.Check(t, func(t *rapid.T) {
		r, err := NewRelays(Relay{Name: "a", Weight: 2}, Relay{Name: "b"}, Relay{Name: "c", Priority: 5})
		if err != nil {
			t.Fatal(err)
		}
		now := start
		for range rapid.IntRange(1, 150).Draw(t, "steps") {
			switch rapid.IntRange(0, 3).Draw(t, "act") {
			case 0:
				now = now.Add(time.Duration(rapid.IntRange(0, 60_000).Draw(t, "ms")) * time.Millisecond)
			case 1:
				r.Result(now, rapid.SampledFrom(names).Draw(t, "who"), rapid.SampledFrom([]Class{Broken, Broken, Broken, Taken, Later}).Draw(t, "class"), rapid.Float64Range(0, 1).Draw(t, "chance"))
			default:
				before := r.Export()
				open := func(n string) bool { return before[n].Failures >= openAfter }
				name, wait, ok := r.Pick(now)
				switch {
				case !ok && (wait <= 0 || wait > probeLasts):
					t.Fatalf("none is well; come back in %v", wait)
				case ok && open(name) && now.UnixNano() < before[name].Until:
					t.Fatalf("%s is picked while it rests", name)
				case name == "c" && (!open("a") || !open("b")):
					t.Fatal("the spare is picked while others are well")
				}
			}
		}
		// Whatever was, once all are sound all come back.
		now = now.Add(longRest + probeLasts)
		for range 2 * len(names) {
			if name, _, ok := r.Pick(now); ok {
				r.Result(now, name, Taken, 0)
			}
		}
		if h := r.Healthy(); !h["a"] || !h["b"] {
			t.Fatalf("%v", h)
		}
	})
}

// TestSameState holds that the choice hangs on the state alone.
func TestSameState(t *testing.T) {
	all := []Relay{{Name: "a", Weight: 2}, {Name: "b", Weight: 5}, {Name: "c", Weight: 1}}
	r, s := pool(t, all...), pool(t, all...)
	for i := range 200 {
		a, _, _ := r.Pick(start)
		b, _, _ := s.Pick(start)
		if a != b {
			t.Fatal(i, a, b)
		}
		r.Result(start, a, Class(i%7), 0.3)
		s.Result(start, b, Class(i%7), 0.3)
	}
	for range openAfter {
		r.Result(start, "b", Broken, 1)
	}
	stored, err := json.Marshal(r.Export())
	if err != nil {
		t.Fatal(err)
	}
	var back map[string]Health
	if err := json.Unmarshal(stored, &back); err != nil {
		t.Fatal(err)
	}
	back["gone"] = Health{}
	q := pool(t, all...)
	q.Import(back)
	if got := picks(q, start.Add(firstRest-1), 9); got["b"] != 0 || got["a"] != 6 || q.Healthy()["b"] {
		t.Errorf("%v", got)
	}
	if got := slices.Sorted(maps.Keys(q.Export())); len(got) != 3 {
		t.Error(got)
	}
}
