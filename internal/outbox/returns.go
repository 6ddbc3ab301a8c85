package outbox

import (
	"strings"

	"kartotek/internal/db"
	"kartotek/internal/dossier"
	"kartotek/internal/fault"
	"kartotek/internal/id"
	"kartotek/internal/permit"
)

// Return is what came back of a message: a bounce or a complaint. Package bounce
// reads it from the mail; here it is kept once for each message, person and code.
type Return struct {
	Kind   string // ReturnBounce or ReturnComplaint
	Code   string // a bounce.Reason
	Hard   bool   // the address does not exist
	Status string // enhanced code (RFC 3463), "" when none
}

// The kinds of Return.
const (
	ReturnBounce    = "bounce"    // it could not be delivered: a mail said so, or the receiving server at once
	ReturnComplaint = "complaint" // the reader called it spam
)

var returnsTable = db.Table{
	Name: "returns", Kind: db.PersonTable, Key: "bucket, person_id, message_id, code",
	Cols:    db.Cols(`bucket int, person_id big, message_id big, code text, campaign_id big, kind text personal, hard int, status text, at big`),
	Indexes: []db.Index{{Name: "returns_campaign", Cols: "bucket, campaign_id"}, {Name: "returns_hard", Cols: "bucket, person_id", Where: "hard = 1"}},
}

const returnCols = `bucket, person_id, message_id, code, campaign_id, kind, hard, status, at`

var (
	insReturn  = db.SQL(db.OnePerson, `INSERT INTO returns (`+returnCols+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (bucket, person_id, message_id, code) DO NOTHING`)
	selReturns = db.SQL(db.OnePerson, `SELECT message_id, campaign_id, code, kind, hard, status, at FROM returns WHERE bucket = $1 AND person_id = $2 ORDER BY message_id, code`)
	cntReturns = db.SQL(db.Set, `SELECT kind, code, hard, count(*) FROM returns WHERE bucket BETWEEN $1 AND $2 AND campaign_id = $3
		GROUP BY kind, code, hard ORDER BY kind, code, hard`)
	selHard = db.SQL(db.Set, `SELECT person_id FROM returns WHERE bucket BETWEEN $1 AND $2 AND (bucket > $1 OR person_id > $3) AND hard = 1 AND at < $4
		GROUP BY bucket, person_id ORDER BY bucket, person_id LIMIT $5`)
	delReturns = db.SQL(db.OnePerson, `DELETE FROM returns WHERE bucket = $1 AND person_id = $2`)
	cpyReturns = db.SQL(db.Set, `INSERT INTO returns (`+returnCols+`) SELECT CAST($1 AS BIGINT), CAST($2 AS BIGINT), message_id, code, campaign_id, kind, hard, status, at
		FROM returns WHERE bucket = $3 AND person_id = $4 ON CONFLICT (bucket, person_id, message_id, code) DO NOTHING`)
)

// Back is what a mail that came back shows of the message it is about.
type Back struct {
	Path            []string // addresses it came to
	ListUnsubscribe string   // the field of our letter; its link carries a MAC
	MessageID       string   // of our letter, without <>; "" when it is not to be believed
	To              []string // addresses the letter may have gone to
}

// Signed reports whether the mail bears a MAC of ours, or what should be one.
func (b *Back) Signed() bool {
	return ownPath(b.Path) != "" || unsubscribeToken(b.ListUnsubscribe) != ""
}

// Returned finds the message that came back, when it is one that left here; nil
// when it is not. The return path it came to proves it by its MAC, or else the
// link of our letter does; one that proves nothing ends the search: it is forged.
// Without either the Message-ID counts, only together with the address of the
// person that message was for. It has no MAC, so whoever takes mail from strangers
// counts their guesses, and leaves it out when there are many.
func (r *Room) Returned(tx *db.Tx, b Back) (m *Message, err error) {
	path := ownPath(b.Path)
	switch token := unsubscribeToken(b.ListUnsubscribe); {
	case path != "":
		m, err = r.ByReturnPath(tx, path)
	case token != "":
		m, err = r.ByToken(tx, LinkUnsubscribe, token)
	default:
		m, err = r.byMessageID(tx, b)
	}
	if fault.Is(err, fault.NotFound) {
		return nil, nil
	}
	if err != nil || m == nil || m.HandedAt == 0 {
		return nil, err
	}
	return m, nil
}

// ownPath picks the address that is made as our return paths are.
func ownPath(all []string) string {
	for _, a := range all {
		if len(a) > len(returnMark) && strings.EqualFold(a[:len(returnMark)], returnMark) && strings.Count(a, "-") == 2 {
			return a
		}
	}
	return ""
}

// unsubscribeToken takes the token out of a List-Unsubscribe field.
func unsubscribeToken(field string) string {
	_, rest, ok := strings.Cut(field, "/"+string(LinkUnsubscribe)+"/")
	if !ok {
		return ""
	}
	token, _, _ := strings.Cut(rest, ">")
	return strings.TrimSpace(token)
}

func (r *Room) byMessageID(tx *db.Tx, b Back) (*Message, error) {
	local, _, _ := strings.Cut(b.MessageID, "@")
	first, second, _ := strings.Cut(local, ".")
	message, err := id.Parse(first)
	if err != nil {
		return nil, nil
	}
	campaign, err := id.Parse(second)
	if err != nil {
		return nil, nil
	}
	for _, addr := range b.To {
		who, found, err := r.Party.ByAddress(tx, addr)
		if err != nil && fault.CodeOf(err) != fault.Invalid {
			return nil, err
		}
		if err != nil || !found {
			continue
		}
		if m, found, err := r.Get(tx, who, message); err != nil || found && m.Campaign == campaign {
			return m, err
		}
	}
	return nil, nil
}

// TakeReturn keeps what came back of a message and does what follows from it, once:
// fresh is false when the same was kept before; acted tells that the address or
// the permissions changed.
//
// An address that does not exist is suppressed for everything, when addr is still
// the person's; one they forwarded to is not ours to judge. A complaint is the
// person's own act and forbids all marketing; asking by mail to be taken off is
// an unsubscription. Anything else is kept for the sender's health alone.
// law: GDPR 7(3), 21(2), 21(3)
func (r *Room) TakeReturn(tx *db.Tx, m *Message, addr string, back Return) (fresh, acted bool, err error) {
	n, err := tx.Exec(insReturn, m.Person.Bucket(), int64(m.Person), int64(m.ID), back.Code, int64(m.Campaign), back.Kind, bit(back.Hard), cut(back.Status, 20), tx.Now())
	if err != nil || n == 0 {
		return false, false, err
	}
	switch {
	case back.Kind == ReturnComplaint:
		return true, true, r.complained(tx, m, back)
	case back.Hard:
		acted, err = r.dead(tx, m, addr)
	}
	return true, acted, err
}

func bit(b bool) int64 {
	if b {
		return 1
	}
	return 0
}

// dead suppresses an address that does not exist.
func (r *Room) dead(tx *db.Tx, m *Message, addr string) (bool, error) {
	p, found, err := r.Party.Get(tx, m.Person)
	if err != nil || !found || p.Email == "" {
		return false, err
	}
	if addr != "" && !SameAddress(p.Email, addr) {
		return false, nil
	}
	return true, r.Suppress(tx, p.Email, Suppression{Kind: "email", Class: HoldAll, Reason: "bounce"})
}

// SameAddress reports whether two e-mail addresses are one, however written.
func SameAddress(a, b string) bool {
	one, err := normal("email", a)
	other, bad := normal("email", b)
	return err == nil && bad == nil && one == other
}

// complained records a complaint in the ledger.
func (r *Room) complained(tx *db.Tx, m *Message, back Return) error {
	said := Said{Method: "complaint", Notice: m.Notice}
	if back.Code == "opt_out" && m.Class != permit.Service {
		said.Method = "mail"
		_, err := r.Unsubscribe(tx, m, said)
		return err
	}
	_, err := r.Object(tx, m.Person, said, ScopeAll)
	return err
}

// ReturnTally is how many messages of a campaign came back for a reason.
type ReturnTally struct {
	Kind string
	Code string // a bounce.Reason
	Hard bool
	N    int
}

// CountReturns counts what came back of a campaign in a range of buckets, by kind and reason.
func (r *Room) CountReturns(tx *db.Tx, campaign id.ID, part Range) (all []ReturnTally, err error) {
	err = tx.Each(cntReturns, func(scan db.Scan) error {
		var t ReturnTally
		var hard int
		err := scan(&t.Kind, &t.Code, &hard, &t.N)
		t.Hard = hard == 1
		all = append(all, t)
		return err
	}, part.Lo, part.Hi, int64(campaign))
	return all, err
}

// CameBack is one thing that came back from a person.
type CameBack struct {
	Message, Campaign id.ID
	At                int64 // ms
	Return
}

// ReturnsOf lists what came back from a person, by message.
func (r *Room) ReturnsOf(tx *db.Tx, who id.ID) (all []CameBack, err error) {
	err = tx.Each(selReturns, func(scan db.Scan) error {
		var c CameBack
		var hard int
		err := scan(&c.Message, &c.Campaign, &c.Code, &c.Kind, &hard, &c.Status, &c.At)
		c.Hard = hard == 1
		all = append(all, c)
		return err
	}, who.Bucket(), int64(who))
	return all, err
}

// HardSince lists people of a range of buckets, in key order after a cursor, of
// whom a message came back hard before a time (ms), limit at most.
func (r *Room) HardSince(tx *db.Tx, at Cursor, hi int, before int64, limit int) (all []id.ID, err error) {
	err = tx.Each(selHard, func(scan db.Scan) error {
		var who id.ID
		err := scan(&who)
		all = append(all, who)
		return err
	}, int64(at.Bucket), int64(hi), int64(at.Person), before, int64(limit))
	return all, err
}

// returned reads what came back from a person, as records of their data.
func (r *Room) returned(tx *db.Tx, who id.ID) (out []dossier.Record, err error) {
	all, err := r.ReturnsOf(tx, who)
	for _, c := range all {
		rec := dossier.Record{Keeper: "outbox", Kind: "returns", ID: c.Message, At: c.At}
		rec.Values = []dossier.Value{{Name: "kind", Text: c.Kind}, {Name: "code", Text: c.Code}}
		if c.Status != "" {
			rec.Values = append(rec.Values, dossier.Value{Name: "status", Text: c.Status})
		}
		out = append(out, rec)
	}
	return out, err
}

// exportReturns writes them.
func (r *Room) exportReturns(tx *db.Tx, who id.ID, w dossier.Writer) error {
	all, err := r.returned(tx, who)
	for i := range all {
		if err == nil {
			err = w(all[i])
		}
	}
	return err
}

// returnsHolding counts them.
func (r *Room) returnsHolding(tx *db.Tx, who id.ID) ([]dossier.Holding, error) {
	all, err := r.returned(tx, who)
	if err != nil || len(all) == 0 {
		return nil, err
	}
	h := dossier.Holding{Keeper: "outbox", Kind: "returns", Count: len(all), First: all[0].At, Last: all[0].At}
	for i := range all {
		h.First, h.Last = min(h.First, all[i].At), max(h.Last, all[i].At)
	}
	return []dossier.Holding{h}, nil
}

// moveReturns gives what came back from one person to another.
func moveReturns(tx *db.Tx, from, to id.ID) error {
	if _, err := tx.Exec(cpyReturns, to.Bucket(), int64(to), from.Bucket(), int64(from)); err != nil {
		return err
	}
	_, err := tx.Exec(delReturns, from.Bucket(), int64(from))
	return err
}
