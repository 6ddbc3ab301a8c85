package returns

import (
	"net"
	"net/netip"
	"sync"
	"time"
)

// How much strangers may try. A network may name some addresses that are not ours,
// or forge some bounces, before it is told to come later; wrong Message-IDs are counted
// for all senders together, because whoever guesses them comes from many networks.
const (
	missesAMinute = 30
	guessesAnHour = 500
	mostNetworks  = 10_000 // remembered; beyond them all others share one account
)

// account is how much a sender may still try: a bucket that fills again with time.
type account struct {
	left float64
	at   time.Time
}

// spend takes one try when there is any; full is how many there may be, and per the
// time in which they come back.
func (a *account) spend(now time.Time, full float64, per time.Duration, take float64) bool {
	if a.at.IsZero() {
		a.left = full
	} else if passed := now.Sub(a.at); passed > 0 {
		a.left = min(full, a.left+full*float64(passed)/float64(per))
	}
	a.at = now
	if a.left < 1 {
		return false
	}
	a.left -= take
	return true
}

// guard counts what strangers try. Its zero value is ready.
type guard struct {
	mu       sync.Mutex
	networks map[netip.Prefix]*account // guarded by mu
	guesses  account                   // guarded by mu
}

// network is what is counted of an address: one /24 or /64 is one sender. The zero
// network is everybody who has none, such as a local socket.
func network(a net.Addr) netip.Prefix {
	at, err := netip.ParseAddrPort(a.String())
	if err != nil {
		return netip.Prefix{}
	}
	bits, ip := 64, at.Addr().Unmap().WithZone("")
	if ip.Is4() {
		bits = 24
	}
	p, _ := ip.Prefix(bits) // the bits fit the family
	return p
}

// welcome reports whether a network may go on.
func (g *guard) welcome(from netip.Prefix, now time.Time) bool { return g.count(from, now, 0) }

// miss counts a try of a network that was about nothing of ours.
func (g *guard) miss(from netip.Prefix, now time.Time) { g.count(from, now, 1) }

func (g *guard) count(from netip.Prefix, now time.Time, take float64) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	a := g.networks[from]
	if a == nil && take == 0 && len(g.networks) < mostNetworks {
		return true
	}
	if a == nil {
		a = g.open(from, now)
	}
	return a.spend(now, missesAMinute, time.Minute, take)
}

// open begins an account; mu is held.
func (g *guard) open(from netip.Prefix, now time.Time) *account {
	if g.networks == nil {
		g.networks = map[netip.Prefix]*account{}
	}
	if len(g.networks) >= mostNetworks {
		for p, a := range g.networks {
			if now.Sub(a.at) > time.Minute {
				delete(g.networks, p)
			}
		}
	}
	if len(g.networks) >= mostNetworks {
		from = netip.Prefix{}
	}
	a := g.networks[from]
	if a == nil {
		a = &account{}
		g.networks[from] = a
	}
	return a
}

// mayGuess reports whether a Message-ID without a MAC is still believed.
func (g *guard) mayGuess(now time.Time) bool {
	g.mu.Lock()
	defer g.mu.Unlock()
	return g.guesses.spend(now, guessesAnHour, time.Hour, 0)
}

// guess counts a Message-ID that was not ours.
func (g *guard) guess(now time.Time) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.guesses.spend(now, guessesAnHour, time.Hour, 1)
}
