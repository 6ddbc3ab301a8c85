package returns

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"kartotek/internal/audit"
	"kartotek/internal/bounce"
	"kartotek/internal/clock"
	"kartotek/internal/db"
	"kartotek/internal/db/dbtest"
	"kartotek/internal/id"
	"kartotek/internal/job"
	"kartotek/internal/ledger"
	"kartotek/internal/outbox"
	"kartotek/internal/party"
	"kartotek/internal/permit"
	"kartotek/internal/seal"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

var (
	schemas = []db.Schema{job.Schema, audit.Schema, party.Schema, ledger.Schema, outbox.Schema, Schema}
	tester  = db.System("test")
)

type anyField struct{}

func (anyField) HasField(string) bool { return true }

// world is a register with a newsletter that was sent, and a clock the test moves.
type world struct {
	*Room
	t        testing.TB
	clock    *clock.Fixed
	campaign id.ID
	sent     []outbox.Message // to person0@people.example and so on
	judged   []id.ID
}

const host = "register.example"

// letters is a register whose newsletter went to n people.
func letters(t testing.TB, d *db.DB, c *clock.Fixed, n int) *world {
	t.Helper()
	people := &party.Room{DB: d, Catalogue: func() party.Catalogue { return anyField{} }}
	keys := seal.Fixed([32]byte{9})
	out := &outbox.Room{DB: d, Party: people, Ledger: &ledger.Room{DB: d, Keys: seal.Fixed([32]byte{7})}, Keys: keys}
	w := &world{Room: &Room{DB: d, Outbox: out, Keys: keys}, t: t, clock: c, campaign: 77}
	w.Judge = func(_ context.Context, _ db.By, which id.ID) (string, error) {
		w.judged = append(w.judged, which)
		return "Uutiset", nil
	}
	w.do(func(tx *db.Tx) error {
		w.sent = nil
		for i := range n {
			p, err := people.Create(tx, party.New{Fields: []party.Pair{{Name: "email", Value: addr(i)}, {Name: "country", Value: "FI"}}})
			if err != nil {
				return err
			}
			w.sent = append(w.sent, outbox.Message{ID: tx.NewID(), Person: p.ID, Campaign: w.campaign, Class: permit.Marketing, Purpose: "newsletter", Channel: "email",
				State: outbox.Sent, HandedAt: tx.Now(), Done: tx.Now(), Notice: 1})
		}
		return out.Add(tx, w.sent)
	})
	return w
}

func addr(i int) string { return fmt.Sprintf("person%d@people.example", i) }

// each runs a test on both engines.
func each(t *testing.T, n int, fn func(t *testing.T, w *world)) {
	for _, engine := range []string{"sqlite", "postgres"} {
		t.Run(engine, func(t *testing.T) {
			c := clock.At(dbtest.Start)
			open := dbtest.SQLite
			if engine == "postgres" {
				open = dbtest.Postgres
			}
			fn(t, letters(t, open(t, schemas, dbtest.At(c)), c, n))
		})
	}
}

func (w *world) do(fn func(tx *db.Tx) error) {
	w.t.Helper()
	w.clock.Move(time.Second)
	if err := w.DB.Do(w.t.Context(), tester, fn); err != nil {
		w.t.Fatal(err)
	}
}

// path is the return path of a message.
func (w *world) path(i int) string {
	return outbox.ReturnPath(w.Keys, host, w.sent[i].Person, w.sent[i].ID)
}

func (w *world) link(i int) string {
	return w.Outbox.URL("https://"+host, outbox.LinkUnsubscribe, w.sent[i].Person, w.sent[i].ID)
}

// dsn is a bounce in the form of RFC 3464; returned are fields of our letter.
func dsn(to, said string, returned ...string) string {
	return "From: MAILER-DAEMON@x.example\nSubject: Undelivered Mail\nContent-Type: multipart/report; report-type=delivery-status; boundary=b\n\n--b\nContent-Type: message/delivery-status\n\n" +
		"Reporting-MTA: dns; x.example\n\nFinal-Recipient: rfc822; " + to + "\nAction: failed\nStatus: 5.0.0\nDiagnostic-Code: smtp; " + said +
		"\n\n--b\nContent-Type: text/rfc822-headers\n\nTo: " + to + "\n" + strings.Join(returned, "\n") + "\n\n--b--\n"
}

// arf is a complaint in the form of RFC 5965.
func arf(returned ...string) string {
	return "From: fbl@x.example\nContent-Type: multipart/report; report-type=feedback-report; boundary=b\n\n--b\nContent-Type: message/feedback-report\n\nFeedback-Type: abuse\nVersion: 1\n\n" +
		"--b\nContent-Type: text/rfc822-headers\n\n" + strings.Join(returned, "\n") + "\n\n--b--\n"
}

// take applies a mail sent to some addresses.
func (w *world) take(mail string, path ...string) []Done {
	w.t.Helper()
	w.clock.Move(time.Second)
	res, err := w.Take(w.t.Context(), tester, []Mail{read(w.t, mail, path...)})
	if err != nil {
		w.t.Fatal(err)
	}
	return res[0].Done
}

func read(t testing.TB, mail string, path ...string) Mail {
	rep, err := bounce.Parse(strings.NewReader(mail), bounce.Usual)
	if err != nil {
		t.Fatal(err)
	}
	return Mail{Report: rep, Path: path}
}

// reach is what is known of a person's addresses.
func (w *world) reach(i int) (r party.Reach) {
	w.do(func(tx *db.Tx) error {
		p, _, err := w.Outbox.Party.Get(tx, w.sent[i].Person)
		if err == nil {
			r = p.Reach
		}
		return err
	})
	return r
}

// standing is what the ledger says of a person.
func (w *world) standing(i int) (s string) {
	w.do(func(tx *db.Tx) (err error) {
		s, err = w.Outbox.Ledger.Standing(tx, w.sent[i].Person)
		return err
	})
	return s
}
