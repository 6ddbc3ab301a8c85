package outbox

import (
	"slices"
	"strings"

	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/id"
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

func (s Said) entry(kind ledger.Kind) ledger.Entry {
	return ledger.Entry{Kind: kind, SaidBy: ledger.ByPerson, Method: s.Method, Effective: s.Said, Notice: s.Notice, Strength: "single"}
}

// Object records that a person forbids something: scopes as ledger.Entry has
// them. What is forbidden already is not recorded twice. The answer tells
// whether anything was new. It needs no reason and no weighing, and holds from
// now on for every message not yet on the wire. law: GDPR 21(2), 21(3)
func (r *Room) Object(tx *db.Tx, who id.ID, said Said, scopes ...string) (changed bool, err error) {
	packed, err := r.Ledger.Standing(tx, who)
	if err != nil {
		return false, err
	}
	var entries []ledger.Entry
	for _, scope := range scopes {
		if !forbidden(packed, scope) {
			e := said.entry(ledger.Prohibition)
			e.Scope = scope
			entries = append(entries, e)
		}
	}
	return r.record(tx, who, said, entries)
}

func (r *Room) record(tx *db.Tx, who id.ID, said Said, entries []ledger.Entry) (bool, error) {
	if len(entries) == 0 {
		return false, nil
	}
	_, err := r.Ledger.Record(tx, who, said.Evidence, entries...)
	return err == nil, err
}

// forbidden reports whether a scope stands in a packed standing.
func forbidden(packed, scope string) bool {
	_, all := ledger.Unpack(packed)
	return slices.ContainsFunc(all, func(p ledger.Forbidden) bool { return p.Scope == scope })
}

// Unsubscribe is one click on a message: the consent for its purpose by its
// channel is withdrawn, and its channel forbidden for marketing, or all surveys
// when it was one. It is idempotent. A service message has no such link.
// law: GDPR 7(3), 21(3); RFC 8058
func (r *Room) Unsubscribe(tx *db.Tx, m *Message, said Said) (changed bool, err error) {
	scope := ScopeChannel(m.Channel)
	switch m.Class {
	case permit.Survey:
		scope = ScopeResearch
	case permit.Marketing:
	default:
		return false, fault.New(fault.Invalid, "outbox.not_marketing", "a message about what was agreed cannot be unsubscribed from")
	}
	packed, err := r.Ledger.Standing(tx, m.Person)
	if err != nil {
		return false, err
	}
	var entries []ledger.Entry
	if consented(packed, m.Purpose, m.Channel) {
		e := said.entry(ledger.Withdrawal)
		e.Purpose, e.Channel = m.Purpose, m.Channel
		entries = append(entries, e)
	}
	if !forbidden(packed, scope) {
		e := said.entry(ledger.Prohibition)
		e.Scope = scope
		entries = append(entries, e)
	}
	return r.record(tx, m.Person, said, entries)
}

// consented reports whether a consent that was not withdrawn is on record.
func consented(packed, purpose, channel string) bool {
	all, _ := ledger.Unpack(packed)
	return slices.ContainsFunc(all, func(c permit.Consent) bool {
		return c.Purpose == purpose && c.Channel == channel && c.Withdrawn == nil
	})
}

// ReadScope checks a scope typed by a clerk: one of the words, or channel:, or
// purpose: with a name.
func ReadScope(text string) (string, error) {
	switch {
	case text == ScopeAll, text == ScopeResearch, text == ScopeProfiling:
		return text, nil
	case len(text) > len("channel:") && strings.HasPrefix(text, "channel:"), len(text) > len("purpose:") && strings.HasPrefix(text, "purpose:"):
		return text, nil
	}
	return "", fault.New(fault.Invalid, "outbox.scope", "a prohibition is all-marketing, research, profiling, channel:<name> or purpose:<name>:<channel>").In("scope")
}
