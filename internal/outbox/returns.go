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
	Kind   string // bounce or complaint
	Code   string // a bounce.Reason
	Hard   bool   // the address does not exist
	Status string // enhanced code (RFC 3463), "" when none
}

var returnsTable = db.Table{
	Name: "returns", Kind: db.PersonTable, Key: "bucket, person_id, message_id, code",
	Cols:    db.Cols(`bucket int, person_id big, message_id big, code text, campaign_id big, kind text personal, hard int, status text, at big`),
	Indexes: []db.Index{{Name: "returns_campaign", Cols: "bucket, campaign_id"}},
}

const returnCols = `bucket, person_id, message_id, code, campaign_id, kind, hard, status, at`

var (
	insReturn  = db.SQL(db.OnePerson, `INSERT INTO returns (`+returnCols+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9) ON CONFLICT (bucket, person_id, message_id, code) DO NOTHING`)
	selReturns = db.SQL(db.OnePerson, `SELECT message_id, code, kind, hard, status, at FROM returns WHERE bucket = $1 AND person_id = $2 ORDER BY message_id, code`)
	cntReturns = db.SQL(db.Set, `SELECT kind, hard, count(*) FROM returns WHERE bucket BETWEEN $1 AND $2 AND campaign_id = $3 GROUP BY kind, hard ORDER BY kind, hard`)
	delReturns = db.SQL(db.OnePerson, `DELETE FROM returns WHERE bucket = $1 AND person_id = $2`)
	cpyReturns = db.SQL(db.Set, `INSERT INTO returns (`+returnCols+`) SELECT CAST($1 AS BIGINT), CAST($2 AS BIGINT), message_id, code, campaign_id, kind, hard, status, at
		FROM returns WHERE bucket = $3 AND person_id = $4 ON CONFLICT (bucket, person_id, message_id, code) DO NOTHING`)
)

// Back is what a mail that came back shows of the message it is about.
type Back struct {
	ListUnsubscribe string   // the field of our letter; its link carries a MAC
	MessageID       string   // of our letter, without <>
	To              []string // addresses it may have gone to
}

// Returned finds the message that came back, when it is one that left here. The
// link of our letter proves it by its MAC, and a link that proves nothing ends
// the search: it is forged. Without a link the Message-ID counts only together
// with the address of the person that message was for.
func (r *Room) Returned(tx *db.Tx, b Back) (m *Message, err error) {
	if token := unsubscribeToken(b.ListUnsubscribe); token != "" {
		m, err = r.ByToken(tx, LinkUnsubscribe, token)
	} else {
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
	case back.Kind == "complaint":
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
	if ours, err := normal("email", p.Email); err != nil || addr != "" && !sameAddress(ours, addr) {
		return false, nil
	}
	return true, r.Suppress(tx, p.Email, Suppression{Kind: "email", Class: HoldAll, Reason: "bounce"})
}

func sameAddress(norm, addr string) bool {
	other, err := normal("email", addr)
	return err == nil && other == norm
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

// ReturnTally is how many messages of a campaign came back.
type ReturnTally struct{ Hard, Soft, Complaints int }

// CountReturns counts what came back of a campaign in a range of buckets.
func (r *Room) CountReturns(tx *db.Tx, campaign id.ID, part Range) (t ReturnTally, err error) {
	err = tx.Each(cntReturns, func(scan db.Scan) error {
		var kind string
		var hard, n int
		err := scan(&kind, &hard, &n)
		switch {
		case kind == "complaint":
			t.Complaints += n
		case hard == 1:
			t.Hard += n
		default:
			t.Soft += n
		}
		return err
	}, part.Lo, part.Hi, int64(campaign))
	return t, err
}

// returned reads what came back from a person, as records of their data.
func (r *Room) returned(tx *db.Tx, who id.ID) (all []dossier.Record, err error) {
	err = tx.Each(selReturns, func(scan db.Scan) error {
		rec := dossier.Record{Keeper: "outbox", Kind: "returns"}
		var code, kind, status string
		var hard int
		if err := scan(&rec.ID, &code, &kind, &hard, &status, &rec.At); err != nil {
			return err
		}
		rec.Values = []dossier.Value{{Name: "kind", Text: kind}, {Name: "code", Text: code}}
		if status != "" {
			rec.Values = append(rec.Values, dossier.Value{Name: "status", Text: status})
		}
		all = append(all, rec)
		return nil
	}, who.Bucket(), int64(who))
	return all, err
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
