package outbox

import (
	"slices"
	"strings"

	"kartotek/internal/address"
	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/id"
	"kartotek/internal/party"
	"kartotek/internal/permit"
)

// Classes of suppression.
const (
	HoldAll       = "all"       // the address does not work: nothing goes to it
	HoldMarketing = "marketing" // marketing and surveys do not: an objection that outlives erasure, a national opt-out list
)

// Reasons of a suppression.
const (
	ReasonBounce    = "bounce"    // messages came back: the address does not exist; may be tried again
	ReasonComplaint = "complaint" // the reader called it spam
	ReasonErased    = "erased"    // the person had forbidden marketing and was erased
	ReasonAsked     = "asked"     // whoever has the address asked, without being in the register
	ReasonStaff     = "staff"     // staff had another reason
	ReasonList      = "list"      // it stands on a list (List); not a reason to give
)

// Reasons are those that may be given.
var Reasons = []string{ReasonBounce, ReasonComplaint, ReasonErased, ReasonAsked, ReasonStaff}

// Suppression is one address on the list. The address itself is not kept, only
// its keyed hash. law: GDPR 17(3), 21(3)
type Suppression struct {
	Kind   string // email or phone
	Class  string // HoldAll or HoldMarketing
	Reason string // one of Reasons
	List   string // the name of the list it stands on, with ReasonList
	At     int64  // ms
	By     string
}

// Held is what the suppression list says of one address.
type Held struct {
	All, Marketing bool
	Itself         bool // it is held for itself, not only because a list names it
}

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
func normal(kind, value string) (string, error) { return normalIn(kind, value, "") }

// normalIn is normal for a telephone number that may be written as within a country.
func normalIn(kind, value, country string) (string, error) {
	switch kind {
	case "email":
		return address.Email(value)
	case "phone":
		return address.Phone(value, country)
	}
	return "", wrongKind()
}

func wrongKind() error {
	return fault.New(fault.Invalid, "outbox.suppress_kind", "an address is an e-mail address or a phone number").In("kind")
}

func wrongClass() error {
	return fault.New(fault.Invalid, "outbox.suppress_class", "a suppression holds all messages or marketing").In("class")
}

// Suppress puts an address on the list, and marks the person who has it, so that
// decisions over the whole register see it too. It is idempotent; of two reasons the
// first stays, but for a bounce, which any other replaces because it alone is lifted
// in time.
func (r *Room) Suppress(tx *db.Tx, value string, s Suppression) error {
	if s.Class != HoldAll && s.Class != HoldMarketing {
		return wrongClass()
	}
	if !slices.Contains(Reasons, s.Reason) {
		return fault.New(fault.Invalid, "outbox.suppress_reason", "a reason is one of %s", strings.Join(Reasons, ", ")).In("reason")
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

// Revive lets an address that bounced before a time (ms) be tried again: mailboxes
// and domains come back, and a person may have confirmed it anew. Whatever else holds
// the address goes on doing so. It tells whether there was anything to lift.
func (r *Room) Revive(tx *db.Tx, who id.ID, before int64) (bool, error) {
	p, found, err := r.Party.Get(tx, who)
	if err != nil || !found || !p.Reach.Has(party.BadEmail) {
		return false, err
	}
	norm, err := normal("email", p.Email)
	if err != nil {
		return false, nil
	}
	n, err := tx.Exec(delBounced, r.Keys.Blind("email", norm), before)
	if err != nil || n == 0 {
		return false, err
	}
	return true, r.Party.MarkReach(tx, who, party.BadEmail, false)
}

// Check tells which of up to 500 normalised addresses of one kind are held, one by
// one or by a list. Imports and forms ask it, so that an address erased after an
// objection, or one that bounced, does not come back as if nothing had been said.
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
		var hash, class string
		var itself int
		if err := scan(&hash, &class, &itself); err != nil {
			return err
		}
		h := out[byHash[hash]]
		h.Itself = h.Itself || itself == 1
		h.All, h.Marketing = h.All || class == HoldAll, h.Marketing || class == HoldMarketing
		out[byHash[hash]] = h
		return nil
	}, list)
	return out, err
}

// Unusable tells which of the addresses in a person's row are held from every
// message, for party.Room.Held.
func (r *Room) Unusable(tx *db.Tx, p *party.Person) (bits party.Reach, err error) {
	for _, channel := range []string{"email", "sms"} {
		h, err := r.held(tx, p, channel)
		if err != nil {
			return 0, err
		}
		if h.All {
			kind, _ := AddressOf(p, channel)
			bits |= badBit[kind]
		}
	}
	return bits, nil
}

// Find says why one address is held, as typed by somebody; nothing when it is not.
func (r *Room) Find(tx *db.Tx, kind, value string) (all []Suppression, err error) {
	norm, err := normal(kind, value)
	if err != nil {
		return nil, err
	}
	err = tx.Each(selWhy, func(scan db.Scan) error {
		s := Suppression{Kind: kind}
		err := scan(&s.Class, &s.Reason, &s.List, &s.At, &s.By)
		all = append(all, s)
		return err
	}, r.Keys.Blind(kind, norm))
	return all, err
}

// SuppressTally counts suppressions for one reason.
type SuppressTally struct {
	Kind, Class, Reason string
	N                   int
}

// TallySuppressed counts the addresses suppressed one by one; Lists counts the others.
func (r *Room) TallySuppressed(tx *db.Tx) (all []SuppressTally, err error) {
	err = tx.Each(sumSuppress, func(scan db.Scan) error {
		var t SuppressTally
		err := scan(&t.Kind, &t.Class, &t.Reason, &t.N)
		all = append(all, t)
		return err
	})
	return all, err
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

// AnySuppressed tells whether any address is held at all.
func (r *Room) AnySuppressed(tx *db.Tx) (bool, error) {
	var one int
	return tx.One(anySuppress, []any{&one})
}

var (
	putSuppress = db.SQL(db.Set, `INSERT INTO suppressions (address, class, kind, reason, at, by_name) VALUES ($1, $2, $3, $4, $5, $6)
		ON CONFLICT (address, class) DO UPDATE SET reason = excluded.reason, at = excluded.at, by_name = excluded.by_name WHERE suppressions.reason = 'bounce'`)
	delSuppress = db.SQL(db.Set, `DELETE FROM suppressions WHERE address = $1 AND class = $2`)
	delBounced  = db.SQL(db.Set, `DELETE FROM suppressions WHERE address = $1 AND class = 'all' AND reason = 'bounce' AND at < $2`)
	selSuppress = db.SQL(db.Set, `SELECT address, class, 1 FROM suppressions WHERE address {in $1}
		UNION ALL SELECT address, class, 0 FROM suppress_listed JOIN suppress_lists USING (list_id, generation) WHERE address {in $1}`)
	selWhy = db.SQL(db.Set, `SELECT class, reason, '' AS list, at, by_name FROM suppressions WHERE address = $1
		UNION ALL SELECT class, 'list' AS reason, name AS list, at, by_name FROM suppress_listed JOIN suppress_lists USING (list_id, generation)
		WHERE address = $1 ORDER BY class, reason, list`)
	sumSuppress = db.SQL(db.Set, `SELECT kind, class, reason, count(*) FROM suppressions GROUP BY kind, class, reason ORDER BY kind, class, reason`)
	anySuppress = db.SQL(db.Set, `SELECT 1 FROM suppressions UNION ALL SELECT 1 FROM suppress_lists LIMIT 1`)
)
