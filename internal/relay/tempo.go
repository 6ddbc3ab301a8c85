package relay

import (
	"slices"
	"sync"
	"time"
)

// What counts as slow.
const (
	slowFactor = 5                       // times the usual
	slowLeast  = 50 * time.Millisecond   // quicker than this is never slow
	stuckAfter = 1500 * time.Millisecond // unanswered for so long, and nobody else waits beside
	enough     = 3                       // answers before anything is concluded
	plain      = time.Second             // slower than this needs no second answer
	trickle    = 10                      // a slow one rests so many times as long as it was used
	alone      = time.Second             // nothing quick for so long: the workers are free for the slow
)

// tempo tells who of many answers slowly: relays, or receiving providers. A worker
// that waits for a slow one does nothing for the others, so a slow one is given
// little of the workers' time while others have work, and all of it when none has.
// It is safe for concurrent use.
type tempo struct {
	mu    sync.Mutex
	of    map[string]*beat // guarded by mu
	usual float64          // guarded by mu: seconds that a quick one takes
	quick int64            // guarded by mu: ns since 1970, when a quick one last answered
}

// beat is what is known of one.
type beat struct {
	mean  float64 // seconds
	n     int
	since []int64 // of those under way, when each began
	rest  int64   // a slow one is left alone until
}

// mostBeats bounds what is remembered.
const mostBeats = 20_000

func (t *tempo) beat(name string) *beat {
	if b := t.of[name]; b != nil {
		return b
	}
	if t.of == nil || len(t.of) > mostBeats {
		old := t.of
		t.of = map[string]*beat{}
		for k, b := range old {
			if len(b.since) > 0 {
				t.of[k] = b
			}
		}
	}
	b := &beat{}
	t.of[name] = b
	return b
}

// begin notes that something was handed to name.
func (t *tempo) begin(now time.Time, name string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	b := t.beat(name)
	b.since = append(b.since, now.UnixNano())
}

// drop notes that what began at a time is over, and learns nothing from it.
func (t *tempo) drop(began time.Time, name string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	t.beat(name).over(began)
}

func (b *beat) over(began time.Time) {
	if i := slices.Index(b.since, began.UnixNano()); i >= 0 {
		b.since[i] = b.since[len(b.since)-1]
		b.since = b.since[:len(b.since)-1]
	}
}

// stuck reports whether somebody has waited long for name.
func (t *tempo) stuck(now time.Time, name string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	b := t.of[name]
	return b != nil && b.stuck(now.UnixNano())
}

func (b *beat) stuck(now int64) bool {
	return slices.ContainsFunc(b.since, func(s int64) bool { return now-s > int64(stuckAfter) })
}

// end notes that what began at a time was answered, or given up.
func (t *tempo) end(began, now time.Time, name string) {
	t.mu.Lock()
	defer t.mu.Unlock()
	b := t.beat(name)
	b.over(began)
	took := max(0, now.Sub(began).Seconds())
	b.n++
	if b.n == 1 {
		b.mean = took
	}
	b.mean += (took - b.mean) / 4
	if t.slow(b, now.UnixNano()) {
		b.rest = now.UnixNano() + int64(took*trickle*float64(time.Second))
		return
	}
	t.quick = now.UnixNano()
	switch {
	case t.usual == 0:
		t.usual = took
	case took < t.usual:
		t.usual += (took - t.usual) / 2
	default:
		t.usual += (min(took, 4*t.usual) - t.usual) / 100
	}
}

// slow needs the lock.
func (t *tempo) slow(b *beat, now int64) bool {
	return b.stuck(now) || (b.n >= enough || b.mean > plain.Seconds()) && b.mean > slowLeast.Seconds() && b.mean > slowFactor*t.usual
}

// shunned reports whether name is slow and either in use or resting, so that whoever
// has another way takes that.
func (t *tempo) shunned(now time.Time, name string) bool {
	t.mu.Lock()
	defer t.mu.Unlock()
	b := t.of[name]
	n := now.UnixNano()
	return b != nil && t.slow(b, n) && (len(b.since) > 0 || b.rest > n)
}

// wait is how long name is to be left alone: 0 unless it is slow and is being used,
// or rests, while others have work. It is never long, because that can change at once.
func (t *tempo) wait(now time.Time, name string) time.Duration {
	t.mu.Lock()
	defer t.mu.Unlock()
	b := t.of[name]
	n := now.UnixNano()
	switch {
	case b == nil || !t.slow(b, n):
		return 0
	case n-t.quick > int64(alone):
		return 0
	case len(b.since) > 0:
		return max(time.Second, time.Duration(b.mean*float64(time.Second)))
	}
	return min(max(0, time.Duration(b.rest-n)), time.Minute)
}
