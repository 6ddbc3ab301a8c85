package outbox

import (
	"slices"

	"kartotek/internal/db"
	"kartotek/internal/outbox/suppress"
	"kartotek/internal/party"
	"kartotek/internal/permit"
)

// The suppression list's words that those who send use too; see package suppress.
type (
	Suppression = suppress.Suppression
	Held        = suppress.Held
)

// Classes and reasons of suppression.
const (
	HoldAll       = suppress.HoldAll
	HoldMarketing = suppress.HoldMarketing
	ReasonAsked   = suppress.ReasonAsked
	ReasonStaff   = suppress.ReasonStaff
	ReasonBounce  = suppress.ReasonBounce
)

// Holds is the list of addresses not to be used.
func (r *Room) Holds() suppress.Room { return suppress.Room{DB: r.DB, Party: r.Party, Keys: r.Keys} }

// Suppress puts an address on the list; see suppress.Room.
func (r *Room) Suppress(tx *db.Tx, value string, s Suppression) error {
	return r.Holds().Suppress(tx, value, s)
}

// Check tells which of up to 500 normalised addresses of one kind are held.
func (r *Room) Check(tx *db.Tx, kind string, values []string) (map[string]Held, error) {
	return r.Holds().Check(tx, kind, values)
}

// heed puts what is held among the facts of a decision about a channel; it
// reports whether a prohibition came of it.
func heed(h Held, f *permit.Facts, channel string) bool {
	if h.All && !slices.Contains(f.Suppressed, channel) {
		f.Suppressed = append(f.Suppressed[:len(f.Suppressed):len(f.Suppressed)], channel)
	}
	scope := "channel:" + channel
	if !h.Marketing || slices.Contains(f.Prohibitions, scope) {
		return false
	}
	f.Prohibitions = append(f.Prohibitions[:len(f.Prohibitions):len(f.Prohibitions)], scope)
	return true
}

// held asks the list about one person's address on a channel.
func (r *Room) held(tx *db.Tx, p *party.Person, channel string) (Held, error) {
	kind, value := AddressOf(p, channel)
	if value == "" {
		return Held{}, nil
	}
	found, err := r.Check(tx, kind, []string{value})
	return found[value], err
}
