package door

import (
	"net/netip"
	"sync"
	"time"
)

// Limiter counts misses per source and says when there have been too many: a
// bucket of Burst tokens for each network (IPv4 address, IPv6 /64) that fills by
// one every Every. It is safe for concurrent use, and holds at most maxSources
// sources; when there are more, those that are full again make way.
type Limiter struct {
	Burst int
	Every time.Duration

	mu  sync.Mutex
	all map[netip.Prefix]bucket // guarded by mu
}

type bucket struct {
	left float64
	at   time.Time
}

const maxSources = 50_000

// Take uses one token of a source up at a time; false when there is none left.
func (l *Limiter) Take(now time.Time, source netip.Addr) bool {
	net := network(source)
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.all == nil {
		l.all = map[netip.Prefix]bucket{}
	}
	b, known := l.all[net]
	if !known {
		if len(l.all) >= maxSources {
			l.sweep(now)
		}
		b = bucket{float64(l.Burst), now}
	}
	b = l.fill(b, now)
	if b.left < 1 {
		l.all[net] = b
		return false
	}
	b.left--
	l.all[net] = b
	return true
}

// Left reports whether Take would give a token, without taking it: for limiters
// that count only what failed.
func (l *Limiter) Left(now time.Time, source netip.Addr) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	b, known := l.all[network(source)]
	return !known || l.fill(b, now).left >= 1
}

func (l *Limiter) fill(b bucket, now time.Time) bucket {
	b.left = min(float64(l.Burst), b.left+float64(now.Sub(b.at))/float64(l.Every))
	b.at = now
	return b
}

// sweep forgets the sources that are full again, or all when none is.
func (l *Limiter) sweep(now time.Time) {
	for net, b := range l.all {
		if l.fill(b, now).left >= float64(l.Burst) {
			delete(l.all, net)
		}
	}
	if len(l.all) >= maxSources {
		clear(l.all)
	}
}

func network(a netip.Addr) netip.Prefix {
	a = a.Unmap()
	bits := 32
	if a.Is6() {
		bits = 64
	}
	p, err := a.Prefix(bits)
	if err != nil {
		return netip.Prefix{}
	}
	return p
}
