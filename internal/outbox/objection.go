package outbox

import (
	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/id"
	"kartotek/internal/ledger"
	"kartotek/internal/outbox/wish"
	"kartotek/internal/permit"
)

// What a person wants is worked out by package wish; its words that doors use.
type (
	Said   = wish.Said
	Choice = wish.Choice
)

// Scopes of a prohibition.
const (
	ScopeAll       = wish.ScopeAll
	ScopeResearch  = wish.ScopeResearch
	ScopeProfiling = wish.ScopeProfiling
)

// ScopeChannel forbids marketing and surveys by a channel.
func ScopeChannel(channel string) string { return wish.ScopeChannel(channel) }

// ScopePurpose forbids one purpose by one channel.
func ScopePurpose(purpose, channel string) string { return wish.ScopePurpose(purpose, channel) }

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
		if !wish.Forbidden(packed, scope) {
			e := said.Entry(ledger.Prohibition)
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
	if wish.Consented(packed, m.Purpose, m.Channel) {
		e := said.Entry(ledger.Withdrawal)
		e.Purpose, e.Channel = m.Purpose, m.Channel
		entries = append(entries, e)
	}
	if !wish.Forbidden(packed, scope) {
		e := said.Entry(ledger.Prohibition)
		e.Scope = scope
		entries = append(entries, e)
	}
	return r.record(tx, m.Person, said, entries)
}
