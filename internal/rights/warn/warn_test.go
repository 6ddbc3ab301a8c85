package warn

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"kartotek/internal/audit"
	"kartotek/internal/clock"
	"kartotek/internal/db"
	"kartotek/internal/db/dbtest"
	"kartotek/internal/id"
	"kartotek/internal/job"
	"kartotek/internal/law"
	"kartotek/internal/ledger"
	"kartotek/internal/noticedef"
	"kartotek/internal/outbox"
	"kartotek/internal/party"
	"kartotek/internal/rights"
	"kartotek/internal/rights/courier"
	"kartotek/internal/rightsdef"
	"kartotek/internal/seal"
	"kartotek/internal/staff"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// server is a mail server that keeps what it is given; several work at it at a time.
type server struct {
	mu  sync.Mutex
	got []outbox.Letter // guarded by mu
}

func (s *server) Name() string                                 { return "email" }
func (s *server) Open(context.Context) (outbox.Session, error) { return s, nil }
func (s *server) Alive() bool                                  { return true }
func (s *server) Close() error                                 { return nil }
func (s *server) Send(_ context.Context, l outbox.Letter, ask func() error) outbox.Outcome {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.got = append(s.got, l)
	return outbox.Outcome{State: outbox.Sent}
}

type world struct {
	*Room
	t     *testing.T
	mail  *server
	clock *clock.Fixed
}

var (
	asta = Account{ID: 71, Name: "Asta", Email: "asta@nordanvind.example"}
	dag  = Account{ID: 72, Name: "Dag", Email: "dag@nordanvind.example", Officer: true}
	eva  = Account{ID: 73, Name: "Eva", Email: "eva@nordanvind.example"} // sells
)

func each(t *testing.T, fn func(t *testing.T, w *world)) {
	t.Helper()
	c := clock.At(dbtest.Start)
	schemas := []db.Schema{job.Schema, audit.Schema, party.Schema, ledger.Schema, outbox.Schema, rights.Schema, courier.Schema, Schema}
	dbtest.Each(t, schemas, func(t *testing.T, d *db.DB) {
		c.Move(dbtest.Start.Sub(c.Now()))
		keys := seal.Fixed([32]byte{7})
		people := &party.Room{DB: d}
		out := &outbox.Room{DB: d, Party: people, Ledger: &ledger.Room{DB: d, Keys: keys}, Keys: keys}
		w := &world{t: t, mail: &server{}, clock: c}
		desk := &rights.Room{DB: d, Keys: keys, Party: people, Outbox: out, Terms: func(*db.Tx) (*rights.Terms, error) {
			return &rights.Terms{Version: 3, Authority: "FI", Country: "FI", Language: "en", Contact: "privacy@nordanvind.example", Base: "https://register.example",
				Controller: rights.Controller{Name: "Nordanvind Oy", Email: "info@nordanvind.example", Country: "FI"}}, nil
		}}
		post := &courier.Room{DB: d, Keys: keys, Outbox: out, Channel: func() outbox.Channel { return w.mail }}
		w.Room = &Room{DB: d, Rights: desk, Courier: post, Staff: func(*db.Tx) ([]Account, error) { return []Account{asta, dag, eva}, nil }}
		fn(t, w)
	}, dbtest.At(c))
}

func (w *world) do(fn func(tx *db.Tx) error) {
	w.t.Helper()
	if err := w.DB.Do(w.t.Context(), db.By{Kind: "staff", ID: 99, Name: "Clerk"}, fn); err != nil {
		w.t.Fatal(err)
	}
}

// night looks and mails, and gives who was told what: "asta: R-2026-0001 week".
func (w *world) night() (out []string) {
	w.t.Helper()
	w.mail.got = nil
	w.do(w.Look)
	run := &job.Runner{DB: w.DB}
	w.Handle(run)
	if err := run.RunUntilIdle(w.t.Context(), job.Filter{Kinds: []string{KindMail}}); err != nil {
		w.t.Fatal(err)
	}
	for _, l := range w.mail.got {
		name, _, _ := strings.Cut(l.To, "@")
		text := strings.ReplaceAll(string(l.Data), "=\r\n", "")
		for line := range strings.Lines(text) {
			for word, level := range map[string]string{"a week or less": Week, "two days or less": Two, "overdue": Overdue, "nobody deals": Free} {
				if ref, rest, found := strings.Cut(line, ": "); found && strings.HasPrefix(ref, "R-") && strings.Contains(rest, word) {
					out = append(out, name+" "+ref+" "+level)
				}
			}
		}
		for _, no := range []string{"Bo Okänd", "bo@people.example", "What do you hold", "access"} {
			if strings.Contains(text, no) {
				w.t.Errorf("the mail says %q:\n%s", no, text)
			}
		}
		if !strings.Contains(text, "https://register.example/requests/") {
			w.t.Errorf("no way to the case:\n%s", text)
		}
	}
	slices.Sort(out)
	return out
}

func (w *world) open(handler Account, email string) (c *rights.Case) {
	w.do(func(tx *db.Tx) (err error) {
		c, err = w.Rights.Open(tx, rights.Intake{Kind: rightsdef.Access, Channel: "post", Text: "What do you hold?", Requester: rights.Requester{Name: "Bo Okänd", Email: email}})
		if err == nil && handler.ID != 0 {
			err = w.Rights.Assign(tx, c, handler.ID, handler.Name)
		}
		return err
	})
	return c
}

// TestWarns: whoever deals with a case and whoever is responsible are told once at each
// step; of what nobody deals with the responsible are told every day; nobody else is.
func TestWarns(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		a, free := w.open(asta, "bo@people.example"), w.open(Account{}, "bo2@people.example")
		to := func(left int) { // the day on which so many are left to plan with
			day := law.Date(a.Clock.Plan).Time().AddDate(0, 0, -left).Add(3 * time.Hour)
			w.clock.Move(day.Sub(w.clock.Now()))
		}
		want := func(when string, lines ...string) {
			t.Helper()
			slices.Sort(lines)
			if got := w.night(); !slices.Equal(got, lines) {
				t.Errorf("%s: told %q, want %q", when, got, lines)
			}
		}
		daily := fmt.Sprintf("dag %s free", free.Ref)
		want("the first day", daily)
		want("the same night again")
		to(8)
		want("eight days before", daily)
		to(7)
		want("seven days before", daily, "asta "+a.Ref+" week", "dag "+a.Ref+" week", "dag "+free.Ref+" week")
		to(5)
		want("five days before", daily)
		to(2)
		want("two days before", daily, "asta "+a.Ref+" two", "dag "+a.Ref+" two", "dag "+free.Ref+" two")
		w.do(func(tx *db.Tx) error {
			c, err := w.Rights.Get(tx, a.ID)
			if err == nil {
				err = w.Rights.Extend(tx, c, "A12Complexity", "Many systems.")
			}
			if err == nil {
				c, err = w.Rights.Get(tx, free.ID)
			}
			if err == nil {
				err = w.Rights.Assign(tx, c, eva.ID, eva.Name)
			}
			return err
		})
		to(-4)
		want("late", "dag "+free.Ref+" overdue", "eva "+free.Ref+" overdue")
		want("late, again")
		w.do(func(tx *db.Tx) (err error) { a, err = w.Rights.Get(tx, a.ID); return err })
		to(7)
		want("a week before the later date", "asta "+a.Ref+" week", "dag "+a.Ref+" week")
	})
}

// TestSettled: what was answered before the mail left is not said; nor is anything to an
// account that is closed, or about somebody's own request.
func TestSettled(t *testing.T) {
	each(t, func(t *testing.T, w *world) {
		c := w.open(asta, "bo@people.example")
		w.Rights.StaffOf = func(*db.Tx, string) (id.ID, error) { return dag.ID, nil }
		own := w.open(asta, "dag@nordanvind.example")
		w.clock.Move(law.Date(c.Clock.Plan).Time().AddDate(0, 0, -1).Sub(w.clock.Now()))
		w.do(w.Look)
		w.do(func(tx *db.Tx) error {
			c, err := w.Rights.Get(tx, c.ID)
			if err == nil {
				err = w.Rights.Refuse(tx, c, rights.Refusal{Code: "A12IdentityFailure", Reasons: "Nobody fits."})
			}
			return err
		})
		if got := w.night(); !slices.Equal(got, []string{"asta " + own.Ref + " two"}) {
			t.Errorf("%q", got)
		}
	})
}

func TestAccounts(t *testing.T) {
	n := &noticedef.Notice{Levels: []noticedef.Level{{Name: "owner", Acts: []string{"rights"}}, {Name: "sales"}}}
	all := []*staff.Account{{ID: 1, Levels: []string{"owner"}}, {ID: 2, Levels: []string{"sales"}}, {ID: 3, Levels: []string{"dpo"}}}
	is := func(out []Account) (ids []id.ID) {
		for _, a := range out {
			if a.Officer {
				ids = append(ids, a.ID)
			}
		}
		return ids
	}
	anybody := func(*staff.Account) bool { return true }
	if got := is(Accounts(all, n, anybody)); !slices.Equal(got, []id.ID{3}) {
		t.Errorf("with an officer: %v", got)
	}
	if got := is(Accounts(all, n, func(a *staff.Account) bool { return a.ID != 3 })); !slices.Equal(got, []id.ID{1}) {
		t.Errorf("without: %v", got)
	}
}
