package series_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"kartotek/internal/catcher"
	"kartotek/internal/compose"
	"kartotek/internal/db"
	"kartotek/internal/db/dbtest"
	"kartotek/internal/fault"
	"kartotek/internal/id"
	"kartotek/internal/job"
	"kartotek/internal/ledger"
	"kartotek/internal/outbox"
	"kartotek/internal/party"
	"kartotek/internal/permit"
	"kartotek/internal/post"
	"kartotek/internal/seal"
	"kartotek/internal/segdef"
	"kartotek/internal/segment"
	"kartotek/internal/series"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

var schemas = []db.Schema{job.Schema, party.Schema, ledger.Schema, outbox.Schema, segment.Schema, post.Schema, series.Schema}

var by = db.System("test")

type catalogue struct{}

func (catalogue) HasField(name string) bool {
	return slices.Contains(append([]string{"renewal", "born"}, party.ColumnFields...), name)
}
func (catalogue) HasPurpose(code string) bool { _, ok := classes[code]; return ok }
func (catalogue) HasChannel(name string) bool { return name == "email" }

var classes = map[string]permit.Class{"newsletter": permit.Marketing, "relationship": permit.Service}

func question(purpose, channel string, at time.Time) (permit.Question, error) {
	class, ok := classes[purpose]
	if !ok {
		return permit.Question{}, fault.New(fault.Denied, "notice.no_purpose", "the notice in force has no such purpose")
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

// to moves the clock to a wall time in Helsinki.
func (c *tock) to(wall string) {
	zone, _ := time.LoadLocation("Europe/Helsinki")
	t, err := time.ParseInLocation("2006-01-02 15:04", wall, zone)
	if err != nil {
		panic(err)
	}
	c.mu.Lock()
	defer c.mu.Unlock()
	c.t, c.since = t, time.Now()
}

type house struct {
	*series.Room
	clock   *tock
	catcher *catcher.Catcher
	dsn     string
	t       *testing.T
}

var nodes struct {
	sync.Mutex
	n int
}

func node() int { nodes.Lock(); defer nodes.Unlock(); nodes.n++; return nodes.n & 1023 }

func open(t *testing.T, dsn string, c *tock, mails *catcher.Catcher) *house {
	d := dbtest.Open(t, dsn, schemas, dbtest.At(c), dbtest.Node(node()))
	people := &party.Room{DB: d, Catalogue: func() party.Catalogue { return catalogue{} }}
	out := &outbox.Room{DB: d, Party: people, Ledger: &ledger.Room{DB: d, Keys: seal.Fixed([32]byte{7})}, Keys: seal.Fixed([32]byte{7})}
	terms := &post.Terms{Version: 1, Question: question, Catalogue: catalogue{}, Uses: func(string, string) bool { return true }, Language: "en",
		Sender: compose.Sender{Name: "Nordanvind Oy", Address: "Exempelgatan 1, Helsingfors", Contact: "info@nordanvind.example"}}
	p := &post.Room{DB: d, Outbox: out, BaseURL: "https://register.example", Channel: outbox.Email{URL: mails.URL()}, Terms: func(*db.Tx) (*post.Terms, error) { return terms, nil }}
	segs := &segment.Room{DB: d, Outbox: out, Catalogue: func(*db.Tx) (segdef.Catalogue, error) { return catalogue{}, nil }}
	h := &house{Room: &series.Room{DB: d, Outbox: out, Post: p, Segments: segs}, clock: c, catcher: mails, dsn: dsn, t: t}
	out.Ledger.Heard = h.Heard
	people.Movers = []party.Mover{out.Ledger, out, p, h.Room}
	return h
}

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
			h := open(t, dsn, &tock{}, mails)
			h.clock.to("2027-03-01 08:00")
			fn(t, h)
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

func (h *house) person(n int, fields ...party.Pair) (who id.ID) {
	h.t.Helper()
	fields = append([]party.Pair{{Name: "email", Value: addr(n)}, {Name: "first_name", Value: "Åsa"}, {Name: "last_name", Value: "Exempel"},
		{Name: "country", Value: "FI"}, {Name: "language", Value: []string{"sv", "fi", "en"}[n%3]}}, fields...)
	h.do(func(tx *db.Tx) error {
		p, err := h.Outbox.Party.Create(tx, party.New{Fields: fields})
		if err == nil {
			who = p.ID
		}
		return err
	})
	return who
}

var (
	yes = ledger.Entry{Kind: ledger.Consent, Purpose: "newsletter", Channel: "email", SaidBy: ledger.ByPerson, Method: "form"}
	no  = ledger.Entry{Kind: ledger.Prohibition, Scope: "all-marketing", SaidBy: ledger.ByPerson, Method: "letter"}
)

func (h *house) says(who id.ID, said ledger.Entry) {
	h.t.Helper()
	h.clock.move(time.Second)
	h.do(func(tx *db.Tx) error {
		_, err := h.Outbox.Ledger.Record(tx, who, nil, said)
		return err
	})
}

// template stores a letter for a purpose in three languages.
func (h *house) template(name, purpose string) {
	h.t.Helper()
	t := post.Template{Name: name, Title: name, Purpose: purpose}
	for _, lang := range []string{"sv", "fi", "en"} {
		t.Texts = append(t.Texts, post.Text{Language: lang, Subject: name + " " + lang + " {{ data.number }}", Body: "{{ person.first_name }}"})
	}
	h.do(func(tx *db.Tx) error { _, err := h.Post.SaveTemplate(tx, t); return err })
}

func (h *house) start(x series.Series) *series.Series {
	h.t.Helper()
	var saved *series.Series
	h.do(func(tx *db.Tx) (err error) {
		if saved, err = h.Save(tx, x); err != nil {
			return err
		}
		if err = h.Start(tx, saved.ID); err == nil {
			saved, err = h.Get(tx, saved.ID)
		}
		return err
	})
	return saved
}

// welcome is two letters, two days apart.
func (h *house) welcome() series.Series {
	h.template("welcome", "newsletter")
	h.template("second", "newsletter")
	return series.Series{Name: "Welcome", Purpose: "newsletter", Trigger: series.Trigger{Kind: series.SignUp, Purpose: "newsletter"},
		Steps: []series.Step{{Kind: series.Letter, Template: "welcome"}, {Kind: series.Wait, Days: 2}, {Kind: series.Letter, Template: "second"}}}
}

// work runs the queue until nothing is due for the next ten seconds.
func (h *house) work() {
	run := &job.Runner{DB: h.DB, Workers: 2}
	h.Handle(run)
	h.Post.Handle(run)
	h.clock.move(15 * time.Second)
	ctx, stop := context.WithTimeout(h.t.Context(), 20*time.Second)
	defer stop()
	run.Wait = func(ctx context.Context, d time.Duration, wake <-chan struct{}) {
		select {
		case <-ctx.Done():
		case <-wake:
		case <-time.After(10 * time.Millisecond):
			if !h.pending() {
				stop()
			}
		}
	}
	_ = run.Run(ctx)
}

// step runs the series' own work for a moment, without sending.
func (h *house) step() {
	run := &job.Runner{DB: h.DB, Workers: 1}
	h.Handle(run)
	ctx, stop := context.WithTimeout(h.t.Context(), 60*time.Millisecond)
	defer stop()
	_ = run.Run(ctx)
}

func (h *house) pending() (some bool) {
	h.do(func(tx *db.Tx) error {
		all, err := job.List(tx, "", "", 0, 200)
		for _, j := range all {
			some = some || j.State == job.Running || j.State == job.Ready && !j.RunAt.After(tx.Time().Add(2*time.Second))
		}
		return err
	})
	return some
}

func (h *house) got() map[string]int {
	out := map[string]int{}
	for _, m := range h.catcher.List(catcher.MaxMails, 0) {
		out[m.To]++
	}
	return out
}

func (h *house) places(who id.ID) (all []series.Place) {
	h.t.Helper()
	h.do(func(tx *db.Tx) (err error) { all, err = h.Of(tx, who); return err })
	return all
}

func (h *house) figures(which id.ID) (f series.Figures) {
	h.t.Helper()
	h.do(func(tx *db.Tx) error {
		x, err := h.Get(tx, which)
		if err == nil {
			f, err = h.Figures(tx, x)
		}
		return err
	})
	return f
}
