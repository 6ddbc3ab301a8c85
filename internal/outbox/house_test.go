package outbox_test

import (
	"fmt"
	"testing"
	"time"

	"kartotek/internal/clock"
	"kartotek/internal/db"
	"kartotek/internal/db/dbtest"
	"kartotek/internal/id"
	"kartotek/internal/ledger"
	"kartotek/internal/outbox"
	"kartotek/internal/party"
	"kartotek/internal/permit"
	"kartotek/internal/seal"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

var schemas = []db.Schema{party.Schema, ledger.Schema, outbox.Schema}

var by = db.System("test")

type anyField struct{}

func (anyField) HasField(string) bool { return true }

func open(d *db.DB) *outbox.Room {
	people := &party.Room{DB: d, Catalogue: func() party.Catalogue { return anyField{} }}
	r := &outbox.Room{DB: d, Party: people, Ledger: &ledger.Room{DB: d, Keys: seal.Fixed([32]byte{7})}, Keys: seal.Fixed([32]byte{9})}
	r.Question = func(_ *db.Tx, _ int, purpose, channel string, at time.Time) (permit.Question, error) {
		return ask(purpose, channel, at), nil
	}
	return r
}

var classes = map[string]permit.Class{"newsletter": permit.Marketing, "campaign": permit.Marketing, "survey": permit.Survey, "feedback": permit.Survey, "relationship": permit.Service}

var bases = map[string]string{"campaign": permit.BasisInterest, "feedback": permit.BasisInterest, "relationship": permit.BasisContract}

func ask(purpose, channel string, at time.Time) permit.Question {
	return permit.Question{Class: classes[purpose], Purpose: purpose, Channel: channel, Basis: bases[purpose], At: at}
}

// world is a register with a clock the test moves.
type world struct {
	*outbox.Room
	clock *clock.Fixed
	t     *testing.T
}

func each(t *testing.T, fn func(t *testing.T, w *world)) {
	for _, engine := range []string{"sqlite", "postgres", "partitioned"} {
		t.Run(engine, func(t *testing.T) {
			c := clock.At(dbtest.Start)
			var d *db.DB
			switch engine {
			case "sqlite":
				d = dbtest.SQLite(t, schemas, dbtest.At(c))
			case "postgres":
				d = dbtest.Postgres(t, schemas, dbtest.At(c))
			default:
				d = dbtest.Postgres(t, schemas, dbtest.At(c), func(o *db.Options) { o.Partition = true })
			}
			fn(t, &world{open(d), c, t})
		})
	}
}

func (w *world) do(fn func(tx *db.Tx) error) {
	w.t.Helper()
	w.clock.Move(time.Second)
	if err := w.DB.Do(w.t.Context(), by, fn); err != nil {
		w.t.Fatal(err)
	}
}

// person adds somebody with an address.
func (w *world) person(n int, kind party.Kind, fields ...party.Pair) (who id.ID) {
	w.t.Helper()
	fields = append([]party.Pair{{Name: "email", Value: fmt.Sprintf("person%d@people.example", n)}, {Name: "last_name", Value: "Exempel"}, {Name: "country", Value: "FI"}}, fields...)
	w.do(func(tx *db.Tx) error {
		p, err := w.Party.Create(tx, party.New{Kind: kind, Fields: fields})
		if err == nil {
			who = p.ID
		}
		return err
	})
	return who
}

func (w *world) say(who id.ID, entries ...ledger.Entry) {
	w.t.Helper()
	w.do(func(tx *db.Tx) error {
		_, err := w.Ledger.Record(tx, who, nil, entries...)
		return err
	})
}

func (w *world) verdict(who id.ID, q permit.Question) (v permit.Verdict) {
	w.t.Helper()
	w.do(func(tx *db.Tx) error {
		q.At = tx.Time()
		s, err := w.DecideOne(tx, who, q, nil)
		if err == nil {
			v = s.Verdict
		}
		return err
	})
	return v
}

// queue writes the message of a campaign to one person.
func (w *world) queue(who, campaign id.ID, purpose string) (m outbox.Message) {
	w.t.Helper()
	w.do(func(tx *db.Tx) error {
		d := outbox.Draft{Campaign: campaign, Question: ask(purpose, "email", tx.Time()), Notice: 1}
		s, err := w.DecideOne(tx, who, d.Question, nil)
		if err != nil {
			return err
		}
		m = d.New(tx, s)
		return w.Add(tx, []outbox.Message{m})
	})
	return m
}

func yes(purpose, channel string) ledger.Entry {
	return ledger.Entry{Kind: ledger.Consent, Purpose: purpose, Channel: channel, SaidBy: ledger.ByPerson, Method: "form"}
}

func no(scope string) ledger.Entry {
	return ledger.Entry{Kind: ledger.Prohibition, Scope: scope, SaidBy: ledger.ByPerson, Method: "letter"}
}
