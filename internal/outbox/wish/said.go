// Package wish works out what a person's wishes mean for the ledger.
//
// A wish is said in many ways: one click in a mail, boxes on a page, a letter to the
// office. What it changes is found by asking the rules (package permit) what each
// entry would bring about, so that afterwards every purpose and channel is decided as
// the person wants it, with the fewest entries, and nothing else is opened or closed
// by the way. Scopes are the words of prohibitions; a Plan makes the entries, and
// package outbox records them.
package wish

import (
	"slices"

	"kartotek/internal/ledger"
	"kartotek/internal/permit"
)

// Scopes of a prohibition; package permit says what each forbids.
const (
	ScopeAll       = "all-marketing"
	ScopeResearch  = "research"
	ScopeProfiling = "profiling"
)

// ScopeChannel forbids marketing and surveys by a channel.
func ScopeChannel(channel string) string { return "channel:" + channel }

// ScopePurpose forbids one purpose by one channel.
func ScopePurpose(purpose, channel string) string { return "purpose:" + purpose + ":" + channel }

// Said is how and when a person said something, and what they were shown.
type Said struct {
	Method   string // one-click, preferences, letter, phone, in person
	Said     int64  // ms, when they said it; 0 is now
	Notice   int    // version of the notice they were shown
	Evidence *ledger.Evidence
}

// Entry begins an entry of the ledger that a person makes.
func (s Said) Entry(kind ledger.Kind) ledger.Entry {
	return ledger.Entry{Kind: kind, SaidBy: ledger.ByPerson, Method: s.Method, Effective: s.Said, Notice: s.Notice, Strength: "single"}
}

// Forbidden reports whether a scope stands in a packed standing.
func Forbidden(packed, scope string) bool {
	_, all := ledger.Unpack(packed)
	return slices.ContainsFunc(all, func(p ledger.Forbidden) bool { return p.Scope == scope })
}

// Consented reports whether a consent that was not withdrawn is on record.
func Consented(packed, purpose, channel string) bool {
	all, _ := ledger.Unpack(packed)
	return slices.ContainsFunc(all, func(c permit.Consent) bool {
		return c.Purpose == purpose && c.Channel == channel && c.Withdrawn == nil
	})
}
