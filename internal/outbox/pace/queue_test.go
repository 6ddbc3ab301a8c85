package pace

import (
	"container/heap"
	"fmt"
	"maps"
	"math/rand/v2"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"
)

// event is the end of a piece of work in the simulation.
type event struct {
	at time.Time
	t  Ticket
}

type events []event

func (e events) Len() int           { return len(e) }
func (e events) Less(i, j int) bool { return e[i].at.Before(e[j].at) }
func (e events) Swap(i, j int)      { e[i], e[j] = e[j], e[i] }
func (e *events) Push(x any)        { *e = append(*e, x.(event)) }
func (e *events) Pop() any {
	old := *e
	x := old[len(old)-1]
	*e = old[:len(old)-1]
	return x
}

// world is what the simulated providers are like.
type world struct {
	workers int
	work    map[string]int                             // messages by provider
	takes   func(provider string, n int) time.Duration // how long the nth message takes
	answers func(provider string, at time.Time) Class  // nil: all are taken
	limits  map[string]Limits
}

// live sends all until the providers named are done, or an hour is over, and
// gives how many each was sent and when the last of those named was done.
func (w world) live(t testing.TB, until func(provider string) bool) (sent map[string]int, took time.Duration) {
	t.Helper()
	p := NewPacer(Config{Limits: w.limits})
	q := NewQueue[string](p, Sizes{Workers: w.workers, Each: 200, All: 4000})
	sent, want, list := map[string]int{}, 0, []string{}
	for _, name := range slices.Sorted(maps.Keys(w.work)) {
		list = append(list, slices.Repeat([]string{name}, w.work[name])...)
		if until(name) {
			want += w.work[name]
		}
	}
	chance := rand.New(rand.NewPCG(1, 2))
	chance.Shuffle(len(list), func(i, j int) { list[i], list[j] = list[j], list[i] })
	aside := map[string]int{} // their part of the queue was full
	now, busy := start, events{}
	for done, begun := 0, map[string]int{}; done < want && now.Sub(start) < time.Hour; {
		for room := true; room && len(list) > 0; {
			if name := list[0]; !q.Add(name, name, true) {
				waiting, _ := q.Len()
				if room = waiting < 4000; !room {
					break
				}
				aside[name]++
			}
			list = list[1:]
		}
		for name, n := range aside {
			for ; n > 0 && q.Add(name, name, false); n-- {
			}
			aside[name] = n
		}
		var wait time.Duration
		for len(busy) < w.workers {
			name, ticket, more, ok := q.Take(now)
			if wait = more; !ok {
				break
			}
			begun[name]++
			heap.Push(&busy, event{now.Add(w.takes(name, begun[name])), ticket})
		}
		switch {
		case wait > 0 && (len(busy) == 0 || now.Add(wait).Before(busy[0].at)):
			now = now.Add(wait)
		case len(busy) == 0:
			t.Fatalf("nothing goes on: sent %v", sent)
		default:
			e := heap.Pop(&busy).(event)
			now = e.at
			name := e.t.Provider()
			class := Taken
			if w.answers != nil {
				class = w.answers(name, now)
			}
			p.Result(now, name, class, chance.Float64())
			q.Done(now, e.t)
			if class != Taken {
				aside[name]++
				continue
			}
			if sent[name]++; until(name) {
				done++
			}
		}
	}
	return sent, now.Sub(start)
}

func servers(n, each int) map[string]int {
	out := map[string]int{}
	for i := range n {
		out[fmt.Sprint("p", i)] = each
	}
	return out
}

// TestOthersKeepTheirRate is the promise of the queue: when one provider is slow,
// dead or refusing, the others keep nine tenths of their rate. With few workers it
// holds only while the ill one has no more than half of the work: a worker that waits
// for it is then a large part of what the others had.
func TestOthersKeepTheirRate(t *testing.T) {
	quick := func(string, int) time.Duration { return 5 * time.Millisecond }
	others := func(name string) bool { return name != "p0" }
	for _, workers := range []int{8, 16, 32} {
		for _, shares := range []map[string]int{servers(10, 700), {"p0": 3000, "p1": 1500, "p2": 1500}, {"p0": 400, "p1": 7000}, {"p0": 4500, "p1": 450, "p2": 450, "p3": 450}} {
			if workers == 8 && shares["p0"] > 4000 {
				continue
			}
			sound := world{workers: workers, work: shares, takes: quick}
			_, usual := sound.live(t, others)
			for name, ill := range map[string]func(w *world){
				"slow by 400 ms": func(w *world) { w.takes = late(400 * time.Millisecond) },
				"slow by 5 min":  func(w *world) { w.takes = late(5 * time.Minute) },
				"slow after a while": func(w *world) {
					w.takes = func(p string, n int) time.Duration {
						if p == "p0" && n > 150 {
							return 5 * time.Minute
						}
						return 5 * time.Millisecond
					}
				},
				"refuses": func(w *world) {
					w.answers = func(p string, _ time.Time) Class {
						if p == "p0" {
							return Limited
						}
						return Taken
					}
				},
				"dead": func(w *world) {
					w.takes = late(30 * time.Second)
					w.answers = func(p string, _ time.Time) Class {
						if p == "p0" {
							return Broken
						}
						return Taken
					}
				},
				"paced": func(w *world) { w.limits = map[string]Limits{"p0": {Rate: 5}} },
			} {
				w := sound
				ill(&w)
				_, took := w.live(t, others)
				if kept := float64(usual) / float64(took); kept < 0.9 {
					t.Errorf("%d workers, %d providers, p0 %s: the others keep %.0f %%", workers, len(shares), name, 100*kept)
				}
			}
		}
	}
}

func late(d time.Duration) func(string, int) time.Duration {
	return func(p string, _ int) time.Duration {
		if p == "p0" {
			return d
		}
		return 5 * time.Millisecond
	}
}

// TestNothingIdle holds that a single provider gets all workers, and that what one
// does not use the others get.
func TestNothingIdle(t *testing.T) {
	quick := func(string, int) time.Duration { return 5 * time.Millisecond }
	for name, w := range map[string]world{
		"alone":          {workers: 8, work: map[string]int{"p0": 8000}, takes: quick},
		"many":           {workers: 8, work: servers(40, 200), takes: quick},
		"many of one":    {workers: 8, work: servers(4000, 2), takes: quick},
		"a long and one": {workers: 8, work: map[string]int{"p0": 7900, "p1": 100}, takes: quick},
	} {
		_, took := w.live(t, func(string) bool { return true })
		if best := 5 * time.Second; took > best*115/100 {
			t.Errorf("%s: %v, the best is %v", name, took, best)
		}
	}
}

func TestTurns(t *testing.T) {
	q := NewQueue[string](NewPacer(Config{}), Sizes{Workers: 1000})
	for range 60 {
		q.Add("large", "L", true)
	}
	for i := range 20 {
		q.Add(fmt.Sprint("small", i), "s", true)
	}
	order := ""
	for {
		item, _, _, ok := q.Take(start)
		if !ok {
			break
		}
		order += item
	}
	if want := "LLLLLLLLLLLLssssssssssssssssssss"; order[:len(want)] != want || len(order) != 80 {
		t.Error(order)
	}
}

// TestEachOnce holds for any order of acts: each item comes out once, no provider
// holds the others up, and the counts agree.
func TestEachOnce(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		workers := rapid.IntRange(1, 6).Draw(t, "workers")
		limits := map[string]Limits{"b": {Rate: 3}, "c": {Daily: 4}}
		q := NewQueue[int](NewPacer(Config{Limits: limits}), Sizes{Workers: workers, Each: 10, All: 25})
		now, n, inside := start, 0, map[int]bool{}
		var out []Ticket
		for range rapid.IntRange(1, 300).Draw(t, "steps") {
			switch rapid.IntRange(0, 4).Draw(t, "act") {
			case 0, 1:
				if n++; q.Add(rapid.SampledFrom([]string{"a", "b", "c", "d", "e"}).Draw(t, "to"), n, true) {
					inside[n] = true
				}
			case 2:
				if len(out) > 0 {
					i := rapid.IntRange(0, len(out)-1).Draw(t, "which")
					q.Done(now, out[i])
					out = slices.Delete(out, i, i+1)
				}
			case 3:
				now = now.Add(time.Duration(rapid.IntRange(0, 2000).Draw(t, "ms")) * time.Millisecond)
			default:
				if len(out) == workers {
					continue
				}
				item, ticket, _, ok := q.Take(now)
				if ok && !inside[item] {
					t.Fatalf("item %d comes twice", item)
				}
				if ok {
					delete(inside, item)
					out = append(out, ticket)
				}
			}
			if waiting, working := q.Len(); waiting != len(inside) || working != len(out) {
				t.Fatalf("%d wait and %d are out, it says %d and %d", len(inside), len(out), waiting, working)
			}
		}
		for _, ticket := range out {
			q.Done(now, ticket)
		}
		for tries := 0; len(inside) > 0; tries++ {
			item, ticket, wait, ok := q.Take(now)
			switch {
			case ok:
				delete(inside, item)
				q.Done(now, ticket)
			case wait == 0 || tries > 1000:
				t.Fatalf("%d items are stuck", len(inside))
			default:
				now = now.Add(wait)
			}
		}
	})
}

func TestDrain(t *testing.T) {
	q := NewQueue[int](NewPacer(Config{Limits: map[string]Limits{"b": {Daily: 1}}}), Sizes{Workers: 1, Each: 3, All: 5})
	kept := 0
	for i := range 10 {
		for _, to := range []string{"a", "b"} {
			if q.Add(to, i, true) {
				kept++
			}
		}
	}
	_, ticket, _, _ := q.Take(start)
	if got := q.Drain(); kept != 5 || len(got) != 4 {
		t.Errorf("%d were let in, %d came back", kept, len(got))
	}
	q.Done(start, ticket)
	if waiting, out := q.Len(); waiting != 0 || out != 0 {
		t.Error(waiting, out)
	}
	if _, _, wait, ok := q.Take(start); ok || wait != 0 {
		t.Error("something is left")
	}
}
