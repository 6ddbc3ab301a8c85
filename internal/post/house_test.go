package post_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"kartotek/internal/catcher"
	"kartotek/internal/clock"
	"kartotek/internal/compose"
	"kartotek/internal/db"
	"kartotek/internal/db/dbtest"
	"kartotek/internal/fault"
	"kartotek/internal/id"
	"kartotek/internal/job"
	"kartotek/internal/ledger"
	"kartotek/internal/outbox"
	"kartotek/internal/outbox/journal"
	"kartotek/internal/party"
	"kartotek/internal/permit"
	"kartotek/internal/post"
	"kartotek/internal/seal"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

var schemas = []db.Schema{job.Schema, party.Schema, ledger.Schema, outbox.Schema, post.Schema}

var by = db.System("test")

type catalogue struct{}

func (catalogue) HasField(name string) bool   { return slices.Contains(party.ColumnFields, name) }
func (catalogue) HasPurpose(code string) bool { _, ok := classes[code]; return ok }
func (catalogue) HasChannel(name string) bool { return name == "email" }

var classes = map[string]permit.Class{"newsletter": permit.Marketing, "relationship": permit.Service, "analysis": permit.Internal}

func question(purpose, channel string, at time.Time) (permit.Question, error) {
	class, ok := classes[purpose]
	if !ok || channel != "email" {
		return permit.Question{}, fault.New(fault.Denied, "notice.not_promised", "the notice in force does not promise this")
	}
	basis := "consent"
	if class == permit.Service {
		basis = "contract"
	}
	return permit.Question{Class: class, Purpose: purpose, Channel: channel, Basis: basis, At: at}, nil
}

// tock is a clock that tests move while others read it, and that also runs.
type tock struct {
	mu    sync.Mutex
	t     time.Time
	since time.Time
}

func (c *tock) Now() time.Time { c.mu.Lock(); defer c.mu.Unlock(); return c.t.Add(time.Since(c.since)) }

func (c *tock) move(d time.Duration) { c.mu.Lock(); defer c.mu.Unlock(); c.t = c.t.Add(d) }

var _ clock.Clock = (*tock)(nil)

// house is one process: a handle on a register and its rooms.
type house struct {
	*post.Room
	clock   *tock
	catcher *catcher.Catcher
	dsn     string
	t       *testing.T
	terms   *post.Terms
}

var nodes struct {
	sync.Mutex
	n int
}

func node() int { nodes.Lock(); defer nodes.Unlock(); nodes.n++; return nodes.n & 1023 }

func open(t *testing.T, dsn string, c *tock, mails *catcher.Catcher, notes string) *house {
	d := dbtest.Open(t, dsn, schemas, dbtest.At(c), dbtest.Node(node()))
	people := &party.Room{DB: d, Catalogue: func() party.Catalogue { return catalogue{} }}
	out := &outbox.Room{DB: d, Party: people, Ledger: &ledger.Room{DB: d, Keys: seal.Fixed([32]byte{7})}, Keys: seal.Fixed([32]byte{7})}
	if notes != "" {
		out.Journal = &journal.Journal{Dir: notes}
	}
	terms := &post.Terms{Version: 1, Question: question, Catalogue: catalogue{}, Uses: func(string, string) bool { return true }, Language: "en",
		Sender: compose.Sender{Name: "Nordanvind Oy", Address: "Exempelgatan 1, Helsingfors", Contact: "info@nordanvind.example"}}
	h := &house{Room: &post.Room{DB: d, Outbox: out, BaseURL: "https://register.example"}, clock: c, catcher: mails, dsn: dsn, t: t, terms: terms}
	h.Terms = func(*db.Tx) (*post.Terms, error) { return h.terms, nil }
	h.Channel = outbox.Email{URL: mails.URL()}
	people.Movers = []party.Mover{out.Ledger, out, h.Room}
	return h
}

// another is a second process on the same register.
func (h *house) another() *house { return open(h.t, h.dsn, h.clock, h.catcher, "") }

func each(t *testing.T, fn func(t *testing.T, h *house)) {
	for _, engine := range []string{"sqlite", "postgres"} {
		t.Run(engine, func(t *testing.T) {
			dsn := t.TempDir()
			if engine == "postgres" {
				dsn = dbtest.Empty(t)
			}
			mails, err := catcher.Start("127.0.0.1:0")
			if err != nil {
				t.Fatal(err)
			}
			t.Cleanup(func() { mails.Close() })
			fn(t, open(t, dsn, &tock{t: dbtest.Start, since: time.Now()}, mails, ""))
		})
	}
}

func (h *house) try(fn func(tx *db.Tx) error) error { return h.DB.Do(h.t.Context(), by, fn) }

func (h *house) do(fn func(tx *db.Tx) error) {
	h.t.Helper()
	if err := h.try(fn); err != nil {
		h.t.Fatal(err)
	}
}

func addr(n int) string { return fmt.Sprintf("person%d@people.example", n) }

// person adds somebody who consents to the newsletter when told to.
func (h *house) person(n int, language string, said ...ledger.Entry) (who id.ID) {
	h.t.Helper()
	h.do(func(tx *db.Tx) error {
		p, err := h.Outbox.Party.Create(tx, party.New{Fields: []party.Pair{{Name: "email", Value: addr(n)}, {Name: "first_name", Value: "Åsa"},
			{Name: "last_name", Value: "Rea"}, {Name: "country", Value: "FI"}, {Name: "language", Value: language}}})
		if err != nil {
			return err
		}
		who = p.ID
		if len(said) > 0 {
			_, err = h.Outbox.Ledger.Record(tx, who, nil, said...)
		}
		return err
	})
	return who
}

var (
	yes = ledger.Entry{Kind: ledger.Consent, Purpose: "newsletter", Channel: "email", SaidBy: ledger.ByPerson, Method: "form"}
	no  = ledger.Entry{Kind: ledger.Prohibition, Scope: "all-marketing", SaidBy: ledger.ByPerson, Method: "letter"}
)

func (h *house) send(m post.Mail) (r *post.Receipt, err error) {
	err = h.try(func(tx *db.Tx) (err error) { r, err = h.Send(tx, m); return err })
	return r, err
}

func (h *house) must(m post.Mail) *post.Receipt {
	h.t.Helper()
	r, err := h.send(m)
	if err != nil {
		h.t.Fatal(err)
	}
	return r
}

// workOnce runs the queue until the context ends.
func (h *house) workOnce(ctx context.Context) {
	run := &job.Runner{DB: h.DB, Workers: 2}
	h.Handle(run)
	_ = run.Run(ctx)
}

// work runs the queue until nothing is ready. A job for the second to come counts.
func (h *house) work(ctx context.Context) {
	run := &job.Runner{DB: h.DB, Workers: 2}
	h.Handle(run)
	h.clock.move(2 * time.Second)
	ctx, stop := context.WithTimeout(ctx, 20*time.Second)
	defer stop()
	run.Wait = func(ctx context.Context, d time.Duration, wake <-chan struct{}) {
		select {
		case <-ctx.Done():
		case <-wake:
		case <-time.After(20 * time.Millisecond):
			if !h.pending() {
				stop()
			}
		}
	}
	_ = run.Run(ctx)
}

// pending reports whether some message may be handed over now, or is under way.
func (h *house) pending() (some bool) {
	h.do(func(tx *db.Tx) error {
		all, err := job.List(tx, post.KindSend, "", 0, 200)
		for _, j := range all {
			some = some || j.State == job.Running || j.State == job.Ready && !j.RunAt.After(tx.Time().Add(2*time.Second))
		}
		return err
	})
	return some
}

func (h *house) message(r *post.Receipt) (m *outbox.Message) {
	h.t.Helper()
	h.do(func(tx *db.Tx) (err error) {
		m, err = h.Lookup(tx, r.Person, r.Message, func(string) bool { return true })
		return err
	})
	return m
}

// got counts the mails each address was sent.
func (h *house) got() map[string]int {
	out := map[string]int{}
	for _, m := range h.catcher.List(catcher.MaxMails, 0) {
		out[m.To]++
	}
	return out
}

func (h *house) raw(n int) string {
	h.t.Helper()
	m, ok := h.catcher.Get(int64(n))
	if !ok {
		h.t.Fatalf("there is no mail %d", n)
	}
	return strings.ReplaceAll(string(m.Raw), "=\r\n", "")
}

// confirmation is a plain template in three languages.
func confirmation() post.Template {
	return post.Template{Name: "order-confirmed", Title: "Orderbekräftelse", Purpose: "relationship", From: "Nordanvind <order@nordanvind.example>", Event: "order.confirmed", Texts: []post.Text{
		{Language: "sv", Subject: "Din order {{ data.number }}", Body: "Hej {{ person.first_name }},\n\ntack! {% for x in data.lines %}\n- {{ x.n }} × {{ x.what }}{% endfor %}\n"},
		{Language: "fi", Subject: "Tilauksesi {{ data.number }}", Body: "Hei {{ person.first_name }},\n\nkiitos!\n"},
		{Language: "en", Subject: "Your order {{ data.number }}", Body: "Hello {{ person.first_name }},\n\nthank you!\n"},
	}}
}

func (h *house) template(t post.Template) *post.Template {
	h.t.Helper()
	var saved *post.Template
	h.do(func(tx *db.Tx) (err error) { saved, err = h.SaveTemplate(tx, t); return err })
	return saved
}
