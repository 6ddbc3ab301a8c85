// Package clock is the only place that asks what time it is.
//
// Everything else is given a time: rules take it as an argument, acts take it
// from their transaction, so that a decision can be replayed and a test can
// stand on a leap day or in the hour that daylight saving removes. Kartotek
// stores times as whole milliseconds since 1970 in UTC ("ms" in names and
// columns ending in _at) and dates as ISO text.
package clock

import (
	"sync"
	"time"
)

// Clock tells the time. The zero-value-free implementations are System and Fixed.
type Clock interface{ Now() time.Time }

type system struct{}

func (system) Now() time.Time { return time.Now().UTC() }

// System is the machine's clock, in UTC.
func System() Clock { return system{} }

// Fixed is a clock for tests that stands still until it is moved. It is safe
// for concurrent use.
type Fixed struct {
	mu sync.Mutex
	t  time.Time // guarded by mu
}

// At makes a fixed clock.
func At(t time.Time) *Fixed { return &Fixed{t: t.UTC()} }

// Now implements Clock.
func (f *Fixed) Now() time.Time {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.t
}

// Move shifts the fixed clock by d.
func (f *Fixed) Move(d time.Duration) {
	f.mu.Lock()
	defer f.mu.Unlock()
	f.t = f.t.Add(d)
}

// Ms converts a time to the stored form. The zero time is 0.
func Ms(t time.Time) int64 {
	if t.IsZero() {
		return 0
	}
	return t.UnixMilli()
}

// FromMs converts the stored form back; 0 is the zero time.
func FromMs(ms int64) time.Time {
	if ms == 0 {
		return time.Time{}
	}
	return time.UnixMilli(ms).UTC()
}
