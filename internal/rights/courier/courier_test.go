package courier

import (
	"context"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"kartotek/internal/audit"
	"kartotek/internal/clock"
	"kartotek/internal/db"
	"kartotek/internal/db/dbtest"
	"kartotek/internal/dossier"
	"kartotek/internal/id"
	"kartotek/internal/job"
	"kartotek/internal/ledger"
	"kartotek/internal/outbox"
	"kartotek/internal/outbox/suppress"
	"kartotek/internal/party"
	"kartotek/internal/rights"
	"kartotek/internal/rightsdef"
	"kartotek/internal/seal"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// server is a mail server that keeps what it is given.
type server struct {
	mu      sync.Mutex // of all below
	got     []outbox.Letter
	answers []outbox.State // of the next letters; Sent when there is none
}

func (s *server) Name() string                                 { return "email" }
func (s *server) Open(context.Context) (outbox.Session, error) { return s, nil }
func (s *server) Alive() bool                                  { return true }
func (s *server) Close() error                                 { return nil }
func (s *server) Send(_ context.Context, l outbox.Letter, ask func() error) outbox.Outcome {
	s.mu.Lock()
	defer s.mu.Unlock()
	if err := ask(); err != nil {
		return outbox.Outcome{State: outbox.Queued}
	}
	state := outbox.Sent
	if len(s.answers) > 0 {
		state, s.answers = s.answers[0], s.answers[1:]
	}
	if state == outbox.Sent {
		s.got = append(s.got, l)
	}
	return outbox.Outcome{State: state}
}

type world struct {
	*Room
	t     *testing.T
	desk  *rights.Room
	mail  *server
	clock *clock.Fixed
}

var clerk = db.By{Kind: "staff", ID: 71, Name: "Asta"}

type catalogue struct{}

func (catalogue) HasField(name string) bool { return slices.Contains(party.ColumnFields, name) }

func each(t *testing.T, fn func(t *testing.T, w *world)) {
	t.Helper()
	c := clock.At(dbtest.Start)
	schemas := []db.Schema{job.Schema, audit.Schema, party.Schema, ledger.Schema, outbox.Schema, rights.Schema, Schema}
	dbtest.Each(t, schemas, func(t *testing.T, d *db.DB) {
		c.Move(dbtest.Start.Sub(c.Now()))
		keys := seal.Fixed([32]byte{7})
		people := &party.Room{DB: d, Catalogue: func() party.Catalogue { return catalogue{} }}
		out := &outbox.Room{DB: d, Party: people, Ledger: &ledger.Room{DB: d, Keys: keys}, Keys: keys}
		w := &world{t: t, mail: &server{}, clock: c}
		w.Room = &Room{DB: d, Keys: keys, Outbox: out, Channel: func() outbox.Channel { return w.mail }}
		w.desk = &rights.Room{DB: d, Keys: keys, Party: people, Outbox: out, Courier: w.Room, Terms: func(*db.Tx) (*rights.Terms, error) {
			return &rights.Terms{Version: 3, Authority: "FI", Country: "FI", Language: "en", Contact: "privacy@nordanvind.example", Service: "service",
				Controller: rights.Controller{Name: "Nordanvind Öl Oy", Email: "info@nordanvind.example", Country: "FI"}}, nil
		}}
		w.Back = w.desk.Back
		people.Movers = []party.Mover{out.Ledger, out, w.desk, w.Room}
		fn(t, w)
	}, dbtest.At(c))
}

func (w *world) do(fn func(tx *db.Tx) error) {
	w.t.Helper()
	if err := w.DB.Do(w.t.Context(), clerk, fn); err != nil {
		w.t.Fatal(err)
	}
}

func (w *world) open(channel, email string) (c *rights.Case) {
	w.t.Helper()
	w.do(func(tx *db.Tx) (err error) {
		c, err = w.desk.Open(tx, rights.Intake{Kind: rightsdef.Access, Channel: channel, Text: "What do you hold?", Unmatched: true, Requester: rights.Requester{Name: "Bo Okänd", Email: email}})
		return err
	})
	return c
}

func (w *world) work() {
	w.t.Helper()
	run := &job.Runner{DB: w.DB, Workers: 1}
	w.Handle(run)
	ctx, stop := context.WithTimeout(w.t.Context(), 20*time.Second)
	defer stop()
	run.Wait = func(ctx context.Context, _ time.Duration, wake <-chan struct{}) {
		if !w.pending() {
			stop()
		}
		select {
		case <-ctx.Done():
		case <-wake:
		case <-time.After(5 * time.Millisecond):
		}
	}
	_ = run.Run(ctx)
}

// pending reports whether some letter is being handed over or is due.
func (w *world) pending() (some bool) {
	w.do(func(tx *db.Tx) error {
		all, err := job.List(tx, KindSend, "", 0, 50)
		for _, j := range all {
			some = some || j.State == job.Running || j.State == job.Ready && !j.RunAt.After(tx.Time())
		}
		return err
	})
	return some
}

// letters are the states of the letters of a case, oldest first.
func (w *world) letters(c *rights.Case) (out []string) {
	w.t.Helper()
	w.do(func(tx *db.Tx) error {
		now, err := w.desk.Get(tx, c.ID)
		if err != nil {
			return err
		}
		out = nil
		items, err := w.desk.Items(tx, now)
		for _, x := range items {
			if x.Content.Letter != nil {
				out = append(out, x.State)
			}
		}
		return err
	})
	return out
}

// TestWay: a letter to somebody the register does not know goes to the address the
// request came from by mail or web form, once, as text; anything else is printed.
func TestWay(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		w.do(func(tx *db.Tx) error {
			return w.Outbox.Suppress(tx, "held@people.example", suppress.Suppression{Kind: "email", Reason: "complaint", Class: suppress.HoldAll})
		})
		for _, x := range []struct {
			channel, email string
			mailed         bool
		}{
			{"email", "bo@people.example", true},
			{"web", "eva@people.example", true},
			{"post", "carl@people.example", false},
			{"phone", "dag@people.example", false},
			{"web", "", false},
			{"web", "no address", false},
			{"web", "x@people.example\r\nBcc: y@people.example", false},
			{"email", "held@people.example", false},
			{"email", "info@nordanvind.example", false},
			{"email", "Privacy@Nordanvind.example", false},
			{"email", "no-reply@people.example", false},
			{"email", "MAILER-DAEMON@people.example", false},
			{"email", "bounces+1234@people.example", false},
			{"web", "eva@people.example", false}, // a second confirmation within the hour
		} {
			w.mail.got = nil
			c := w.open(x.channel, x.email)
			w.work()
			w.work()
			want := map[bool]string{true: rights.LetterQueued, false: rights.LetterToPrint}[x.mailed]
			if got := w.letters(c); len(w.mail.got) != map[bool]int{true: 1}[x.mailed] || !slices.Equal(got, []string{want}) {
				t.Errorf("%s from %q: %d mails, letters %v", x.channel, x.email, len(w.mail.got), got)
			}
			for _, l := range w.mail.got {
				raw := string(l.Data)
				if l.To != x.email || l.From != "info@nordanvind.example" || !strings.Contains(raw, "Auto-Submitted: auto-replied\r\n") || !strings.Contains(raw, c.Ref) ||
					!strings.Contains(raw, "Reply-To: <privacy@nordanvind.example>") || strings.Contains(raw, "What do you hold") {
					t.Errorf("%s", raw)
				}
			}
		}
	})
}

// TestAnswers: identity is asked for, nothing is held, it is refused: each by one mail;
// what the server puts off is tried again, what it refuses is printed.
func TestAnswers(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		c := w.open("email", "bo@people.example")
		w.work()
		act := func(fn func(tx *db.Tx, c *rights.Case) error) {
			t.Helper()
			w.do(func(tx *db.Tx) (err error) {
				if c, err = w.desk.Get(tx, c.ID); err != nil {
					return err
				}
				return fn(tx, c)
			})
		}
		w.mail.answers = []outbox.State{outbox.Retry}
		act(func(tx *db.Tx, c *rights.Case) error {
			return w.desk.Ask(tx, c, rights.Asking{Why: rightsdef.WaitIdentity, Doubt: "nobody-fits", Want: rightsdef.Facts})
		})
		w.work()
		w.clock.Move(tryAgain + time.Minute)
		w.work()
		if len(w.mail.got) != 2 {
			t.Errorf("put off, and not tried again: %d mails", len(w.mail.got))
		}
		act(func(tx *db.Tx, c *rights.Case) error { return w.desk.Resume(tx, c, "", "It is me.") })
		act(func(tx *db.Tx, c *rights.Case) error { return w.desk.Fulfil(tx, c, rights.Fulfilment{Nothing: true}) })
		w.work()
		if len(w.mail.got) != 3 || strings.Contains(string(w.mail.got[2].Data), "Auto-Submitted") {
			t.Errorf("that nothing is held was not said: %d mails", len(w.mail.got))
		}
		w.clock.Move(2 * time.Hour)
		c = w.open("email", "bo@people.example")
		w.work()
		w.mail.answers = []outbox.State{outbox.Failed}
		act(func(tx *db.Tx, c *rights.Case) error {
			return w.desk.Refuse(tx, c, rights.Refusal{Code: "A12IdentityFailure", Reasons: "Nobody fits."})
		})
		w.work()
		if got := w.letters(c); !slices.Equal(got, []string{rights.LetterQueued, rights.LetterToPrint}) {
			t.Errorf("a refused letter: %v", got)
		}
	})
}

// TestOnce: a letter found handed over after a crash is not sent again but printed; one
// whose person was found meanwhile goes; one whose person was erased does not.
func TestOnce(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		waiting := func() (which id.ID) {
			w.do(func(tx *db.Tx) error {
				return tx.Each(db.SQL(db.Set, `SELECT mail_id FROM courier_mails WHERE state = $1`), func(scan db.Scan) error { return scan(&which) }, string(outbox.Queued))
			})
			return which
		}
		c := w.open("email", "bo@people.example")
		which := waiting()
		w.do(func(tx *db.Tx) error { _, err := w.begin(tx, which); return err })
		w.work()
		if got := w.letters(c); len(w.mail.got) != 0 || !slices.Equal(got, []string{rights.LetterToPrint}) {
			t.Errorf("after a crash: %d mails, %v", len(w.mail.got), got)
		}
		c = w.open("email", "eva@people.example")
		var who id.ID
		w.do(func(tx *db.Tx) error {
			p, err := w.desk.Party.Create(tx, party.New{Fields: []party.Pair{{Name: "last_name", Value: "Åberg"}}})
			if err == nil {
				who = p.ID
				err = w.desk.Match(tx, c, p.ID)
			}
			return err
		})
		w.do(func(tx *db.Tx) error {
			n := 0
			err := w.Export(tx, who, func(r dossier.Record) error { n++; return nil })
			if n != 1 {
				t.Errorf("%d letters on their way are known of the person", n)
			}
			return err
		})
		w.work()
		if len(w.mail.got) != 1 {
			t.Error("the letter did not follow its case")
		}
		c = w.open("email", "dag@people.example")
		w.do(func(tx *db.Tx) error { _, err := w.Erase(tx, c.Person, dossier.Plan{}); return err })
		w.work()
		if len(w.mail.got) != 1 {
			t.Error("a letter went to somebody who was erased")
		}
		w.clock.Move(72 * time.Hour)
		left := 0
		w.do(func(tx *db.Tx) error {
			if err := w.Tidy(tx); err != nil {
				return err
			}
			return tx.Each(db.SQL(db.Set, `SELECT count(*) FROM courier_mails`), func(scan db.Scan) error { return scan(&left) })
		})
		if left != 0 {
			t.Errorf("%d letters are kept here after they came to their end", left)
		}
	})
}
