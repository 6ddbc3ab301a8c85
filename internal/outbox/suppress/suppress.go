// Package suppress is the list of addresses that are not to be used, whoever has them.
//
// An address comes on the list when it does not exist, when whoever has it complained
// or asked, when somebody was erased who had forbidden marketing, or when a list from
// elsewhere names it. The address itself is not kept, only a hash of it under a key
// that never changes (seal.Keys.Blind): the list tells nobody whose address it is, and
// yet knows it again, also after the person was erased. law: GDPR 17(3), 21(3)
//
//	suppressions     (address, class)                one by one, with a reason
//	suppress_lists   (list_id)                       lists from elsewhere, each replaced whole (list.go)
//	suppress_listed  (address, list_id, generation)  their addresses
//
// A suppression holds everything or marketing alone (HoldAll, HoldMarketing). It is
// asked when a message is handed over (outbox.Group), when an address comes into a
// card (Unusable), and by imports (Check). An address that bounced may be tried again
// in time (Revive); whatever else holds it goes on doing so.
//
// Types: Room, Suppression, Held, List, AddressFile (read.go).
package suppress

import (
	"slices"
	"strings"

	"kartotek/internal/address"
	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/id"
	"kartotek/internal/party"
	"kartotek/internal/seal"
)

// Room is what the list needs; outbox.Room gives one (Holds).
type Room struct {
	DB    *db.DB
	Party *party.Room
	Keys  *seal.Keys
}

// Classes of suppression.
const (
	HoldAll       = "all"       // the address does not work: nothing goes to it
	HoldImport    = "import"    // no import brings it back: somebody was erased; they may come again themselves
	HoldMarketing = "marketing" // marketing and surveys do not: an objection that outlives erasure, a national opt-out list
)

// Reasons of a suppression.
const (
	ReasonBounce    = "bounce"    // messages came back: the address does not exist; may be tried again
	ReasonComplaint = "complaint" // the reader called it spam
	ReasonErased    = "erased"    // the person was erased
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

// AddressOf is the person's address on a channel, normalised, with its kind in
// the suppression list; "" when there is none.
func AddressOf(p *party.Person, channel string) (kind, value string) {
	switch channel {
	case "email":
		if v, err := address.Email(p.Email); err == nil {
			return "email", v
		}
	case "sms", "call":
		if v, err := address.Phone(p.Phone, p.Country); err == nil {
			return "phone", v
		}
	}
	return "", ""
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

// Same reports whether two e-mail addresses are one, however written.
func Same(a, b string) bool {
	one, err := address.Email(a)
	other, bad := address.Email(b)
	return err == nil && bad == nil && one == other
}

// Suppress puts an address on the list, and marks the person who has it, so that
// decisions over the whole register see it too. It is idempotent; of two reasons the
// first stays, but for a bounce, which any other replaces because it alone is lifted
// in time.
func (r Room) Suppress(tx *db.Tx, value string, s Suppression) error {
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

// Hold puts on the list an address of which only the keyed hash is known, with the time
// of s. It is idempotent, as Suppress.
func (r Room) Hold(tx *db.Tx, hash string, s Suppression) error {
	_, err := tx.Exec(putSuppress, hash, s.Class, s.Kind, s.Reason, s.At, tx.By().Name)
	return err
}

// Release takes an address off the list again.
func (r Room) Release(tx *db.Tx, value string, s Suppression) error {
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
func (r Room) mark(tx *db.Tx, norm string, s Suppression, on bool) error {
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
func (r Room) Revive(tx *db.Tx, who id.ID, before int64) (bool, error) {
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
func (r Room) Check(tx *db.Tx, kind string, values []string) (map[string]Held, error) {
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

// Of tells which of the addresses in a person's row are held, by kind.
func (r Room) Of(tx *db.Tx, p *party.Person) (map[string]Held, error) {
	out := map[string]Held{}
	for _, channel := range []string{"email", "sms"} {
		kind, value := AddressOf(p, channel)
		if value == "" {
			continue
		}
		held, err := r.Check(tx, kind, []string{value})
		if err != nil {
			return nil, err
		}
		if h, found := held[value]; found {
			out[kind] = h
		}
	}
	return out, nil
}

// Unusable tells which of the addresses in a person's row are held from every
// message, for party.Room.Held.
func (r Room) Unusable(tx *db.Tx, p *party.Person) (bits party.Reach, err error) {
	held, err := r.Of(tx, p)
	for kind, h := range held {
		if h.All {
			bits |= badBit[kind]
		}
	}
	return bits, err
}

// Find says why one address is held, as typed by somebody; nothing when it is not.
func (r Room) Find(tx *db.Tx, kind, value string) (all []Suppression, err error) {
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

// Tallied counts suppressions for one reason.
type Tallied struct {
	Kind, Class, Reason string
	N                   int
}

// Tally counts the addresses suppressed one by one; Lists counts the others.
func (r Room) Tally(tx *db.Tx) (all []Tallied, err error) {
	err = tx.Each(sumSuppress, func(scan db.Scan) error {
		var t Tallied
		err := scan(&t.Kind, &t.Class, &t.Reason, &t.N)
		all = append(all, t)
		return err
	})
	return all, err
}

// Any tells whether any address is held at all.
func (r Room) Any(tx *db.Tx) (bool, error) {
	var one int
	return tx.One(anySuppress, []any{&one})
}

// Tables are the room's part of the outbox.
var Tables = append([]db.Table{{
	Name: "suppressions", Kind: db.ValueTable, Key: "address, class",
	Cols: db.Cols(`address text, class text, kind text, reason text, at big, by_name text`),
}}, listTables...)

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
