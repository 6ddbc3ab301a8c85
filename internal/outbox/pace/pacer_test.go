package pace

import (
	"encoding/json"
	"fmt"
	"math"
	"testing"
	"time"

	"pgregory.net/rapid"
)

var start = time.Date(2026, 11, 22, 9, 30, 0, 0, time.UTC)

// flood asks as often as is granted for d and gives how many were.
func flood(p *Pacer, provider string, now time.Time, d time.Duration, each func(at time.Time)) (n int) {
	for end := now.Add(d); now.Before(end); {
		wait := p.Next(now, provider)
		if wait > 0 {
			now = now.Add(wait)
			continue
		}
		if n++; each != nil {
			each(now)
		}
		now = now.Add(time.Microsecond)
	}
	return n
}

func TestLimits(t *testing.T) {
	p := NewPacer(Config{Usual: Limits{Rate: 10}, Limits: map[string]Limits{"free": {}, "capped": {Daily: 7}}})
	if n := flood(p, "a", start, time.Minute, nil); n < 600 || n > 611 {
		t.Errorf("%d in a minute at 10 a second", n)
	}
	if n := flood(p, "free", start, time.Millisecond, nil); n != 1000 {
		t.Errorf("%d without a limit", n)
	}
	if n := flood(p, "capped", start, 24*time.Hour, nil); n != 14 {
		t.Errorf("%d in two days at 7 a day", n)
	}
	if wait := p.Next(start.Add(24*time.Hour), "capped"); wait != 14*time.Hour+30*time.Minute {
		t.Errorf("%v to midnight", wait)
	}
	p.Undo("capped")
	if wait := p.Next(start.Add(24*time.Hour), "capped"); wait != 0 {
		t.Errorf("what was given back is not there: %v", wait)
	}
}

func TestRamp(t *testing.T) {
	p := NewPacer(Config{Started: start, Usual: Limits{Daily: 5000}})
	for d, want := range []int{50, 100, 200, 400, 800, 1500, 3000, 5000, 5000} {
		day := start.AddDate(0, 0, d).Truncate(24 * time.Hour)
		if n := flood(p, "google", day, 24*time.Hour, nil); n != want {
			t.Errorf("day %d: %d, want %d", d+1, n, want)
		}
	}
	if n := flood(NewPacer(Config{Started: start}), "google", start.AddDate(0, 0, len(Ramp)), time.Second/2, nil); n != 500_000 {
		t.Errorf("%d once it is warm", n)
	}
}

// TestLesson lives through a refusal, the pause, and the way back.
func TestLesson(t *testing.T) {
	p := NewPacer(Config{Usual: Limits{Rate: 100}})
	flood(p, "a", start, time.Minute, func(at time.Time) { p.Result(at, "a", Taken, 0) })
	now := start.Add(time.Minute)
	for range 50 { // one lesson, however many hear it
		p.Result(now, "a", Limited, 0.5)
	}
	rate, until := p.Speed(now, "a")
	if rate != 50 || until.Sub(now) != firstPause*3/4 {
		t.Fatalf("%v until %v", rate, until.Sub(now))
	}
	if wait := p.Next(now.Add(time.Second), "a"); wait != until.Sub(now)-time.Second {
		t.Errorf("waits %v", wait)
	}
	if wait := p.Next(now, "b"); wait != 0 {
		t.Errorf("another provider waits %v", wait)
	}
	if n := flood(p, "a", until, time.Minute/2, func(at time.Time) { p.Result(at, "a", Taken, 0) }); n < 1490 || n > 1510 {
		t.Errorf("%d in half a minute at 50 a second", n)
	}
	flood(p, "a", until.Add(time.Minute/2), 3*time.Minute, func(at time.Time) { p.Result(at, "a", Taken, 0) })
	if rate, _ = p.Speed(now, "a"); math.Abs(rate-50*1.1*1.1*1.1) > 0.01 {
		t.Errorf("after three minutes %v", rate)
	}
	flood(p, "a", until.Add(4*time.Minute), 20*time.Minute, func(at time.Time) { p.Result(at, "a", Taken, 0) })
	if rate, _ = p.Speed(now, "a"); rate != 100 {
		t.Errorf("it never came back: %v", rate)
	}
}

// TestLessonsInARow holds that the pauses grow, and the rate never reaches nothing.
func TestLessonsInARow(t *testing.T) {
	p := NewPacer(Config{})
	now := start
	if n := flood(p, "a", now, 10*time.Millisecond, nil); n != 10_000 {
		t.Fatal(n)
	}
	var pauses []time.Duration
	for range 30 {
		p.Result(now, "a", Limited, 0)
		_, until := p.Speed(now, "a")
		pauses = append(pauses, until.Sub(now))
		now = until
	}
	if got := fmt.Sprint(pauses[:9]); got != "[15s 30s 1m0s 2m0s 4m0s 8m0s 15m0s 15m0s 15m0s]" {
		t.Error(got)
	}
	if rate, _ := p.Speed(now, "a"); rate != slowest {
		t.Errorf("rate %v", rate)
	}
}

func TestConnections(t *testing.T) {
	p := NewPacer(Config{Usual: Limits{Connections: 8}})
	for range 8 {
		if !p.Connect("a") {
			t.Fatal("refused under the limit")
		}
	}
	if p.Connect("a") {
		t.Error("a ninth connection")
	}
	for range strain {
		p.Result(start, "a", Closing, 0)
	}
	for range 5 {
		p.Disconnect("a")
	}
	if !p.Connect("a") || p.Connect("a") {
		t.Error("421 does not halve the connections")
	}
	if rate, until := p.Speed(start, "a"); rate != 0 || until.IsZero() {
		t.Errorf("421 makes the rate %v, pause until %v", rate, until)
	}
	for _, c := range []Class{Later, Refused, Taken} {
		p.Result(start, "b", c, 0)
	}
	if rate, until := p.Speed(start, "b"); rate != 0 || !until.IsZero() {
		t.Error("what is about one person slows the provider")
	}
}

// TestNowAndThen holds that servers which end a conversation now and then, each
// outweighed by what is taken, stop nobody's mail, and that many in a row do.
func TestNowAndThen(t *testing.T) {
	for _, c := range []Class{Closing, Broken} {
		p := NewPacer(Config{})
		for i := range 100 {
			p.Result(start, "a", c, 0)
			p.Result(start, "a", Taken, 0)
			if rate, until := p.Speed(start, "a"); rate != 0 || !until.IsZero() {
				t.Fatalf("%v %d: rate %v, pause until %v", c, i, rate, until)
			}
		}
		for range strain - 1 {
			p.Result(start, "a", c, 0)
		}
		if _, until := p.Speed(start, "a"); !until.IsZero() {
			t.Errorf("%v: a pause before there were %d", c, strain)
		}
		p.Result(start, "a", c, 0)
		if _, until := p.Speed(start, "a"); until.IsZero() {
			t.Errorf("%v: no pause after %d in a row", c, strain)
		}
	}
}

// TestClock moves the clock to and fro: nobody waits for a year.
func TestClock(t *testing.T) {
	p := NewPacer(Config{Usual: Limits{Rate: 1, Daily: 100}})
	for _, d := range []time.Duration{0, 365 * 24 * time.Hour, -time.Hour, 0, -400 * 24 * time.Hour, 25 * time.Hour} {
		now := start.Add(d)
		p.Result(now, "a", Limited, 1)
		if wait := p.Next(now, "a"); wait > longest {
			t.Errorf("at %v: %v", d, wait)
		}
	}
	if wait := p.Next(start, "a"); wait > longest {
		t.Errorf("back again: %v", wait)
	}
}

func TestExport(t *testing.T) {
	p := NewPacer(Config{Usual: Limits{Rate: 64, Daily: 1000}})
	flood(p, "a", start, time.Second, nil)
	p.Result(start, "a", Limited, 0)
	stored, err := json.Marshal(p.Export())
	if err != nil {
		t.Fatal(err)
	}
	var back map[string]State
	if err := json.Unmarshal(stored, &back); err != nil {
		t.Fatal(err)
	}
	q := NewPacer(Config{Usual: Limits{Rate: 64, Daily: 1000}})
	q.Import(back)
	r1, u1 := p.Speed(start, "a")
	r2, u2 := q.Speed(start, "a")
	if r1 != 32 || r1 != r2 || !u1.Equal(u2) || u1.IsZero() || q.Export()["a"].Sent != p.Export()["a"].Sent {
		t.Errorf("%v %v, %v %v, %s", r1, u1, r2, u2, stored)
	}
	q.Import(map[string]State{"x": {Rate: math.NaN()}, "y": {Rate: -1}, "z": {Sent: -5}, "w": {Rate: math.Inf(1)}})
	if got := q.Export(); len(got) != 1 {
		t.Errorf("%+v", got)
	}
}

// TestNeverFaster holds for any mixture of askings and answers: in no window are
// more granted than the rate and one second's worth, and whoever waits as long as
// told is granted.
func TestNeverFaster(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		rate := rapid.Float64Range(0.2, 200).Draw(t, "rate")
		p := NewPacer(Config{Usual: Limits{Rate: rate}})
		now, granted := start, []time.Time{}
		for range rapid.IntRange(1, 200).Draw(t, "steps") {
			switch rapid.IntRange(0, 3).Draw(t, "act") {
			case 0:
				now = now.Add(time.Duration(rapid.IntRange(0, int(5*time.Second)).Draw(t, "later")))
			case 1:
				p.Result(now, "a", Class(rapid.IntRange(0, 6).Draw(t, "class")), rapid.Float64Range(0, 1).Draw(t, "chance"))
			default:
				wait := p.Next(now, "a")
				if wait > 0 {
					now = now.Add(wait)
					if again := p.Next(now, "a"); again > time.Microsecond {
						t.Fatalf("told to wait %v, then %v more", wait, again)
					} else if again > 0 {
						continue
					}
				}
				granted = append(granted, now)
			}
		}
		for i := range granted {
			for j := i; j < len(granted); j++ {
				if most := math.Max(1, rate) + rate*granted[j].Sub(granted[i]).Seconds() + 0.001; float64(j-i+1) > most+1e-6 {
					t.Fatalf("%d in %v at %v a second", j-i+1, granted[j].Sub(granted[i]), rate)
				}
			}
		}
	})
}

func TestManyProviders(t *testing.T) {
	p := NewPacer(Config{})
	for i := range 3 * mostLanes {
		p.Next(start, fmt.Sprint("d", i, ".example"))
	}
	p.Result(start, "learnt.example", Limited, 0)
	for i := range mostLanes {
		p.Next(start, fmt.Sprint("e", i, ".example"))
	}
	if rate, _ := p.Speed(start, "learnt.example"); len(p.lanes) > mostLanes || rate == 0 {
		t.Errorf("%d remembered, rate %v", len(p.lanes), rate)
	}
}

func BenchmarkNext(b *testing.B) {
	for name, l := range map[string]Limits{"nothing limited": {}, "rate": {Rate: 1e12}} {
		b.Run(name, func(b *testing.B) {
			p := NewPacer(Config{Usual: l})
			for b.Loop() {
				if p.Next(start, "google") != 0 {
					b.Fatal("waits")
				}
			}
		})
	}
}

func BenchmarkNextAndResult(b *testing.B) {
	p := NewPacer(Config{})
	for b.Loop() {
		if p.Next(start, "google") == 0 {
			p.Result(start, "google", Taken, 0)
		}
	}
}

func BenchmarkQueue(b *testing.B) {
	q := NewQueue[int](NewPacer(Config{}), Sizes{Workers: 8})
	names := [4]string{"google", "microsoft", "elisa", "telia"}
	i := 0
	for b.Loop() {
		q.Add(names[i&3], i, true)
		_, t, _, ok := q.Take(start)
		if !ok {
			b.Fatal("nothing to take")
		}
		q.Done(start, t)
		i++
	}
}
