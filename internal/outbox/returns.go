package outbox

import (
	"kartotek/internal/db"
	"kartotek/internal/id"
	"kartotek/internal/outbox/back"
	"kartotek/internal/outbox/suppress"
	"kartotek/internal/permit"
	"kartotek/internal/seal"
)

// What came back, as package back keeps it.
type (
	Return      = back.Return
	ReturnTally = back.Tally
)

// The kinds of Return.
const (
	ReturnBounce    = back.Bounce
	ReturnComplaint = back.Complaint
)

// CountReturns counts what came back of a campaign in a range of buckets, by kind and reason.
func (r *Room) CountReturns(tx *db.Tx, campaign id.ID, part Range) ([]ReturnTally, error) {
	return back.Count(tx, campaign, part.Lo, part.Hi)
}

// ReturnsByDay counts what came back since a time (ms), by day since 1970 in UTC.
func (r *Room) ReturnsByDay(tx *db.Tx, since int64, fn func(day int64, complaint, hard bool, n int)) error {
	return back.ByDay(tx, since, fn)
}

// ReturnPath is the address mail about a message comes back to, under a domain; see package back.
func ReturnPath(keys *seal.Keys, domain string, who, message id.ID) string {
	return back.Path(keys, domain, who, message)
}

// ByReturnPath finds the message of a return path, also when the person was merged
// into another since; nil when there is none.
func (r *Room) ByReturnPath(tx *db.Tx, address string) (*Message, error) {
	who, message, ok := back.ReadPath(r.Keys, address)
	if !ok {
		return nil, nil
	}
	who, err := follow(tx, who)
	if err != nil {
		return nil, err
	}
	m, found, err := r.Get(tx, who, message)
	if err != nil || !found {
		return nil, err
	}
	return m, nil
}

// TakeReturn keeps what came back of a message and does what follows from it, once:
// fresh is false when the same was kept before; acted tells that the address or
// the permissions changed.
//
// An address that does not exist is suppressed for everything, when addr is still
// the person's; one they forwarded to is not ours to judge. addr is "" when the mail
// names none: it is then about the address the message went to, which is the person's
// when theirs has not changed since. A complaint is the
// person's own act and forbids all marketing; asking by mail to be taken off is
// an unsubscription. Anything else is kept for the sender's health alone.
// law: GDPR 7(3), 21(2), 21(3)
func (r *Room) TakeReturn(tx *db.Tx, m *Message, addr string, b Return) (fresh, acted bool, err error) {
	fresh, err = back.Keep(tx, m.Person, m.ID, m.Campaign, b)
	if err != nil || !fresh {
		return false, false, err
	}
	switch {
	case b.Kind == ReturnComplaint:
		return true, true, r.complained(tx, m, b)
	case b.Hard:
		acted, err = r.dead(tx, m, addr)
	}
	return true, acted, err
}

// dead suppresses an address that does not exist.
func (r *Room) dead(tx *db.Tx, m *Message, addr string) (bool, error) {
	p, found, err := r.Party.Get(tx, m.Person)
	if err != nil || !found || p.Email == "" {
		return false, err
	}
	meant := suppress.Same(p.Email, addr)
	if addr == "" {
		meant = m.FormerID == 0 && p.OriginOf("email").Changed <= m.HandedAt
	}
	if !meant {
		return false, nil
	}
	return true, r.Suppress(tx, p.Email, Suppression{Kind: "email", Class: HoldAll, Reason: "bounce"})
}

// complained records a complaint in the ledger.
func (r *Room) complained(tx *db.Tx, m *Message, b Return) error {
	said := Said{Method: "complaint", Notice: m.Notice}
	if b.Code == "opt_out" && m.Class != permit.Service {
		said.Method = "mail"
		_, err := r.Unsubscribe(tx, m, said)
		return err
	}
	_, err := r.Object(tx, m.Person, said, ScopeAll)
	return err
}
