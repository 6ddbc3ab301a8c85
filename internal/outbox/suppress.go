package outbox

import (
	"slices"

	"kartotek/internal/address"
	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/party"
	"kartotek/internal/permit"
)

// Classes of suppression.
const (
	HoldAll       = "all"       // the address does not work: nothing goes to it
	HoldMarketing = "marketing" // marketing and surveys do not: an objection that outlives erasure, a national opt-out list
)

// Suppression is one address on the list. The address itself is not kept, only
// its keyed hash. law: GDPR 17(3), 21(3)
type Suppression struct {
	Kind   string // email or phone
	Class  string // HoldAll or HoldMarketing
	Reason string // bounce, complaint, erased, robinson, staff, …
}

// Held is what the suppression list says of one address.
type Held struct{ All, Marketing bool }

// add puts what is held among the facts of a decision about a channel; it
// reports whether a prohibition came of it.
func (h Held) add(f *permit.Facts, channel string) bool {
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

// normal brings an address to the form that is hashed.
func normal(kind, value string) (string, error) {
	switch kind {
	case "email":
		return address.Email(value)
	case "phone":
		return address.Phone(value, "")
	}
	return "", fault.New(fault.Invalid, "outbox.suppress_kind", "an address is an e-mail address or a phone number").In("kind")
}

// Suppress puts an address on the list, and marks the person who has it, so that
// decisions over the whole register see it too. It is idempotent.
func (r *Room) Suppress(tx *db.Tx, value string, s Suppression) error {
	if s.Class != HoldAll && s.Class != HoldMarketing {
		return fault.New(fault.Invalid, "outbox.suppress_class", "a suppression holds all messages or marketing").In("class")
	}
	norm, err := normal(s.Kind, value)
	if err != nil {
		return err
	}
	if _, err := tx.Exec(putSuppress, r.Keys.Blind(s.Kind, norm), s.Class, s.Kind, s.Reason, tx.Now(), tx.By().Name); err != nil {
		return err
	}
	return r.mark(tx, norm, s, true)
}

// Release takes an address off the list again.
func (r *Room) Release(tx *db.Tx, value string, s Suppression) error {
	norm, err := normal(s.Kind, value)
	if err != nil {
		return err
	}
	if _, err := tx.Exec(delSuppress, r.Keys.Blind(s.Kind, norm), s.Class); err != nil {
		return err
	}
	return r.mark(tx, norm, s, false)
}

var badBit = map[string]party.Reach{"email": party.BadEmail, "phone": party.BadPhone}

// mark notes on the person's row that the address does not work, or does again.
func (r *Room) mark(tx *db.Tx, norm string, s Suppression, on bool) error {
	if s.Class != HoldAll {
		return nil
	}
	who, found, err := r.Party.ByAddress(tx, norm)
	if err != nil || !found {
		return err
	}
	return r.Party.MarkReach(tx, who, badBit[s.Kind], on)
}

// Check tells which of up to 500 normalised addresses of one kind are held.
// Imports and forms ask it, so that an address erased after an objection, or one
// that bounced, does not come back as if nothing had been said.
func (r *Room) Check(tx *db.Tx, kind string, values []string) (map[string]Held, error) {
	var list []string
	byHash := make(map[string]string, len(values))
	for _, v := range values {
		h := r.Keys.Blind(kind, v)
		byHash[h] = v
		list = append(list, h)
	}
	out := map[string]Held{}
	err := tx.Each(selSuppress, func(scan db.Scan) error {
		var hash, class, reason string
		var at int64
		if err := scan(&hash, &class, &reason, &at); err != nil {
			return err
		}
		h := out[byHash[hash]]
		h.All, h.Marketing = h.All || class == HoldAll, h.Marketing || class == HoldMarketing
		out[byHash[hash]] = h
		return nil
	}, list)
	return out, err
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

// CountSuppressed is the length of the list.
func (r *Room) CountSuppressed(tx *db.Tx) (n int, err error) {
	_, err = tx.One(cntSuppress, []any{&n})
	return n, err
}
