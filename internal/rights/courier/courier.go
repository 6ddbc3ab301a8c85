package courier

import (
	"encoding/json"
	"slices"
	"strings"
	"time"

	"kartotek/internal/address"
	"kartotek/internal/audit"
	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/id"
	"kartotek/internal/job"
	"kartotek/internal/outbox"
	"kartotek/internal/rights/matter"
	"kartotek/internal/rightsdef/letter"
)

// Bounds of what goes to addresses nobody vouches for.
const (
	confirmEvery = time.Hour // to one address
	perDay       = 10        // letters to one address
	perHour      = 300       // letters to all
)

var (
	insMail = db.SQL(db.OnePerson, `INSERT INTO courier_mails (bucket, person_id, mail_id, case_id, item_id, kind, to_mac, state, code, attempts, at, done_at, content)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, '', 0, $9, 0, $10)`)
	selTo = db.SQL(db.Set, `SELECT coalesce(sum(CASE WHEN kind = $2 AND at > $3 THEN 1 ELSE 0 END), 0), coalesce(sum(CASE WHEN at > $4 THEN 1 ELSE 0 END), 0)
		FROM courier_mails WHERE to_mac = $1`)
	cntHour = db.SQL(db.Set, `SELECT count(*) FROM courier_mails WHERE at > $1`)
	selMail = db.SQL(db.Set, `SELECT person_id, mail_id, case_id, item_id, state, attempts, content FROM courier_mails WHERE mail_id = $1`)
	updMail = db.SQL(db.OnePerson, `UPDATE courier_mails SET state = $4, code = $5, attempts = $6, done_at = $7, content = $8 WHERE bucket = $1 AND person_id = $2 AND mail_id = $3`)
)

// mail is a letter on its way.
type mail struct {
	person, id, of, item id.ID
	state                outbox.State
	attempts             int
	sealed               []byte
}

func sealing(mail id.ID) string { return "courier:" + mail.String() }

// Carry takes a letter to be handed over once the transaction is committed, and gives
// its id; 0 when it does not go by mail and is to be printed. law: GDPR 12(3)
func (r *Room) Carry(tx *db.Tx, m matter.Outgoing) (id.ID, error) {
	norm, err := address.Email(strings.TrimSpace(m.To))
	if err != nil || r.Channel == nil || r.Channel() == nil || m.From == "" || ours(norm, m.Own) {
		return 0, nil
	}
	if may, err := r.may(tx, norm, m.Letter.Kind); err != nil || !may {
		return 0, err
	}
	text := Text{To: norm, From: m.From, FromName: m.FromName, ReplyTo: m.ReplyTo, Lang: m.Letter.Lang, Subject: m.Letter.Subject, Body: m.Letter.Body(), Auto: m.Letter.Kind == letter.Receipt}
	raw, err := json.Marshal(text)
	if err != nil {
		return 0, err
	}
	x := tx.NewID()
	sealed, err := matter.Seal(r.Keys, matter.Letter, m.Case, x, sealing(x), raw)
	if err != nil {
		return 0, err
	}
	_, err = tx.Exec(insMail, m.Person.Bucket(), int64(m.Person), int64(x), int64(m.Case), int64(m.Item), m.Letter.Kind, r.mac(norm), string(outbox.Queued), tx.Now(), sealed)
	if err != nil {
		return 0, err
	}
	if _, _, err := job.Enqueue(tx, KindSend, x.String(), nil, job.Opt{MaxAttempts: 100}); err != nil {
		return 0, err
	}
	return x, audit.Write(tx, audit.Entry{Action: "courier.carry", Kind: "case", Object: m.Case.String(), Person: m.Person, Detail: map[string]string{"letter": m.Letter.Kind}})
}

func (r *Room) mac(norm string) string { return r.Keys.Blind("courier to", norm) }

// may reports whether the address may be written to now.
func (r *Room) may(tx *db.Tx, norm, kind string) (bool, error) {
	if held, err := r.held(tx, norm); err != nil || held {
		return false, err
	}
	now := tx.Time()
	confirmed, today, hour := 0, 0, 0
	if _, err := tx.One(selTo, []any{&confirmed, &today}, r.mac(norm), letter.Receipt, now.Add(-confirmEvery).UnixMilli(), now.Add(-24*time.Hour).UnixMilli()); err != nil {
		return false, err
	}
	if _, err := tx.One(cntHour, []any{&hour}, now.Add(-time.Hour).UnixMilli()); err != nil {
		return false, err
	}
	return (kind != letter.Receipt || confirmed == 0) && today < perDay && hour < perHour, nil
}

// held reports whether nobody may use the address. What is held for marketing alone may
// be answered.
func (r *Room) held(tx *db.Tx, norm string) (bool, error) {
	found, err := r.Outbox.Check(tx, "email", []string{norm})
	return found[norm].All, err
}

// machines are local parts that no person reads, or behind which a program answers.
var machines = []string{"mailer-daemon", "postmaster", "noreply", "no-reply", "no_reply", "donotreply", "do-not-reply", "bounce", "bounces", "listserv", "majordomo"}

// ours reports whether an address is one of our own, or a program's.
func ours(norm string, own []string) bool {
	local, _, _ := strings.Cut(norm, "@")
	local, _, _ = strings.Cut(local, "+")
	return slices.Contains(machines, strings.ToLower(local)) || slices.ContainsFunc(own, func(a string) bool {
		a, err := address.Email(a)
		return err == nil && a == norm
	})
}

// read finds a letter on its way; nil when it is gone, such as with its person.
func read(tx *db.Tx, which id.ID) (m *mail, err error) {
	err = tx.Each(selMail, func(scan db.Scan) error {
		m = &mail{}
		return scan(&m.person, &m.id, &m.of, &m.item, &m.state, &m.attempts, &m.sealed)
	}, int64(which))
	return m, err
}

// put stores where a letter stands; at its end what it says goes.
func (m *mail) put(tx *db.Tx, state outbox.State, code string) error {
	done, content := int64(0), m.sealed
	if m.state = state; state.Ended() {
		done, content = tx.Now(), []byte{}
	}
	_, err := tx.Exec(updMail, m.person.Bucket(), int64(m.person), int64(m.id), string(state), code, m.attempts, done, content)
	return err
}

func gone() error { return fault.New(fault.NotFound, "courier.gone", "the letter is no longer there") }
