package pace

import (
	"slices"
	"sync"
	"time"

	"kartotek/internal/fault"
)

// Relay is one of several servers that take our mail.
type Relay struct {
	Name     string
	Weight   int // share among those of the same priority; under 1 is 1
	Priority int // the lowest is used while one of it is well, as with MX
}

// The breaker of a relay.
const (
	openAfter  = 5                // failures to connect in a row
	firstRest  = 10 * time.Second // before the first probe
	longRest   = 10 * time.Minute
	probeLasts = 15 * time.Minute // a probe not answered for is given up: longer than the wait at the final dot
)

// Health is the state of a relay; times are ns since 1970. Closed (all is well)
// is the zero value. Open: nothing is sent until Until. Half-open: one message is
// out as a probe.
type Health struct {
	Failures int   `json:"failures,omitempty"` // in a row
	Rests    int   `json:"rests,omitempty"`    // in a row
	Until    int64 `json:"until,omitempty"`    // resting until
	Probe    int64 `json:"probe,omitempty"`    // when the probe went out; 0: none
	Credit   int   `json:"credit,omitempty"`   // for the turns by weight
}

func (h *Health) open() bool { return h.Failures >= openAfter }

// usable tells whether a relay may be given a message now, and if not when to ask again.
func (h *Health) usable(n int64) (ok bool, wait time.Duration) {
	if !h.open() {
		return true, 0
	}
	if wait = time.Duration(h.Until - n); wait > 0 && wait <= longRest {
		return false, wait
	}
	if since := n - h.Probe; h.Probe != 0 && since >= 0 && since < int64(probeLasts) {
		return false, min(probeLasts-time.Duration(since), time.Second)
	}
	return true, 0
}

// Relays chooses among relays. It is safe for concurrent use. Its choice hangs on
// nothing but its state and the time.
type Relays struct {
	mu    sync.Mutex
	all   []Relay
	state []Health // guarded by mu, beside all
}

// NewRelays makes a pool in which all are well. Names must differ (Invalid).
func NewRelays(all ...Relay) (*Relays, error) {
	r := &Relays{all: slices.Clone(all), state: make([]Health, len(all))}
	for i := range r.all {
		r.all[i].Weight = max(1, r.all[i].Weight)
		if r.index(r.all[i].Name) != i {
			return nil, fault.New(fault.Invalid, "relay.twice", "two relays have the same name").In("name")
		}
	}
	return r, nil
}

func (r *Relays) index(name string) int {
	return slices.IndexFunc(r.all, func(a Relay) bool { return a.Name == name })
}

// Pick gives the relay for the next message: of those that are well, the lowest
// priority, by turns according to weight. When none is, ok is false and wait is
// when to ask again (0 when there are no relays). Every Pick is answered by Result.
func (r *Relays) Pick(now time.Time) (name string, wait time.Duration, ok bool) {
	r.mu.Lock()
	defer r.mu.Unlock()
	n := now.UnixNano()
	best, total := -1, 0
	for i := range r.all {
		usable, w := r.state[i].usable(n)
		switch {
		case !usable:
			if wait == 0 || w < wait {
				wait = w
			}
			continue
		case best >= 0 && r.all[i].Priority > r.all[best].Priority:
			continue
		case best < 0 || r.all[i].Priority < r.all[best].Priority:
			best, total = i, 0
		}
		total += r.all[i].Weight
	}
	if best < 0 {
		return "", wait, false
	}
	i := r.turn(n, r.all[best].Priority, total)
	if r.state[i].open() {
		r.state[i].Probe = n
	}
	return r.all[i].Name, 0, true
}

// turn is smooth weighted round robin: each gains its weight, the richest goes
// and pays for all. A relay due for a probe goes first, or it would never come back
// beside others that are well.
func (r *Relays) turn(n int64, priority, total int) int {
	best := -1
	for i := range r.all {
		h := &r.state[i]
		if ok, _ := h.usable(n); !ok || r.all[i].Priority != priority {
			continue
		}
		if h.open() {
			return i
		}
		h.Credit += r.all[i].Weight
		if best < 0 || h.Credit > r.state[best].Credit {
			best = i
		}
	}
	r.state[best].Credit -= total
	return best
}

// Result tells how a message given to a relay fared: Broken is a failure of the
// relay, anything it answered shows that it lives. chance, from 0 to under 1,
// spreads the rests.
func (r *Relays) Result(now time.Time, name string, c Class, chance float64) {
	r.mu.Lock()
	defer r.mu.Unlock()
	i := r.index(name)
	if i < 0 {
		return
	}
	h := &r.state[i]
	n := now.UnixNano()
	switch probing := h.open(); {
	case c != Broken && probing && h.Probe == 0: // of a message handed over before it failed
	case c != Broken:
		*h = Health{}
	case probing && h.Probe == 0: // one more of those that made it open
	default:
		if h.Failures++; h.open() {
			h.Failures = openAfter
			rest := min(longRest, firstRest<<min(h.Rests, 10))
			h.Rests, h.Probe, h.Credit = h.Rests+1, 0, 0
			h.Until = n + int64(rest/2) + int64(float64(rest/2)*min(max(chance, 0), 1))
		}
	}
}

// Healthy tells, by name, which relays are not resting.
func (r *Relays) Healthy() map[string]bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	out := map[string]bool{}
	for i := range r.all {
		out[r.all[i].Name] = !r.state[i].open()
	}
	return out
}

// Export gives the state by name; Import takes it, and leaves out relays that are
// no longer there.
func (r *Relays) Export() map[string]Health {
	r.mu.Lock()
	defer r.mu.Unlock()
	out := map[string]Health{}
	for i := range r.all {
		out[r.all[i].Name] = r.state[i]
	}
	return out
}

// Import takes what Export gave. A probe under way then is forgotten: whoever
// waited for its answer is gone.
func (r *Relays) Import(all map[string]Health) {
	r.mu.Lock()
	defer r.mu.Unlock()
	for name, h := range all {
		if i := r.index(name); i >= 0 && h.Failures >= 0 && h.Rests >= 0 {
			h.Probe, h.Failures, h.Credit = 0, min(h.Failures, openAfter), 0
			r.state[i] = h
		}
	}
}
