package dkim

import (
	"slices"
	"strconv"
	"time"
)

// Held is what is kept about a key besides the key itself. Zero times are "not yet".
type Held struct {
	Selector string
	Kind     Kind
	Made     time.Time
	Seen     time.Time // first found in DNS, as it should be
	Used     time.Time // first signed with
	Retired  time.Time // last signed with
}

// Act is what is to be done with a key.
type Act string

// The acts. Publish and Remove are done by people in their DNS; the others by us.
const (
	Make    Act = "make"    // a new key of this kind, under the selector given
	Publish Act = "publish" // its record is not in DNS yet
	Switch  Act = "switch"  // sign with it from now on, and retire the one before
	Remove  Act = "remove"  // its record may be taken out of DNS, and the key destroyed
)

// Step is one thing to be done.
type Step struct {
	Act      Act
	Kind     Kind
	Selector string
}

// The times of a change of keys.
const (
	// Age is when a key is replaced: often enough that it is practised, and that a
	// stolen key is of use for a bounded time only.
	Age = 180 * 24 * time.Hour
	// Settle is how long a record is in DNS before we rely on it: caches that were
	// told there is none must have forgotten that.
	Settle = 24 * time.Hour
	// Linger is how long a retired key's record stays: mails wait in queues for up to
	// five days (RFC 5321 4.5.4.1) and are checked when they arrive.
	Linger = 8 * 24 * time.Hour
)

// Plan says what is to be done now with the keys held of one domain, for each kind
// wanted. It changes nothing; carrying out the steps and asking again leads
// through the whole change. A key of a kind no longer wanted stays until retired.
func Plan(held []Held, wanted []Kind, now time.Time) []Step {
	var out []Step
	for _, kind := range wanted {
		if s, due := next(held, kind, now); due {
			out = append(out, s)
		}
	}
	for _, k := range held {
		if !k.Retired.IsZero() && now.Sub(k.Retired) >= Linger {
			out = append(out, Step{Remove, k.Kind, k.Selector})
		}
	}
	return out
}

// next is the step that brings the newest key of a kind forward.
func next(held []Held, kind Kind, now time.Time) (Step, bool) {
	newest, found := Held{}, false
	for _, k := range held {
		if k.Kind == kind && k.Retired.IsZero() && (!found || k.Made.After(newest.Made)) {
			newest, found = k, true
		}
	}
	switch {
	case !found, !newest.Used.IsZero() && now.Sub(newest.Used) >= Age:
		return Step{Make, kind, Selector(held, kind, now)}, true
	case newest.Used.IsZero() && newest.Seen.IsZero():
		return Step{Publish, kind, newest.Selector}, true
	case newest.Used.IsZero() && now.Sub(newest.Seen) >= Settle:
		return Step{Switch, kind, newest.Selector}, true
	}
	return Step{}, false
}

// Selector names a new key by its month and kind, such as k202611r, with a number
// behind it when that is taken. A selector is never used twice: caches remember.
func Selector(held []Held, kind Kind, now time.Time) string {
	base := "k" + now.UTC().Format("200601") + string(kind[0])
	name := base
	for n := 2; slices.ContainsFunc(held, func(k Held) bool { return k.Selector == name }); n++ {
		name = base + "-" + strconv.Itoa(n)
	}
	return name
}
