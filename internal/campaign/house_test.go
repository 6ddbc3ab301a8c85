package campaign_test

import (
	"context"
	"fmt"
	"slices"
	"sync"
	"testing"
	"time"

	"kartotek/internal/audit"
	"kartotek/internal/campaign"
	"kartotek/internal/catcher"
	"kartotek/internal/clicks"
	"kartotek/internal/clock"
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
	"kartotek/internal/relay"
	"kartotek/internal/seal"
	"kartotek/internal/segdef"
	"kartotek/internal/segment"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

var schemas = []db.Schema{audit.Schema, relay.Schema, party.Schema, ledger.Schema, outbox.Schema, segment.Schema, clicks.Schema, campaign.Schema, job.Schema}

var by = db.System("test")

// catalogue is the notice of the tests: everything their letters need.
type catalogue struct{}

func (catalogue) HasField(name string) bool {
	return slices.Contains(append([]string{"industry"}, party.ColumnFields...), name)
}
func (catalogue) HasPurpose(code string) bool { _, ok := classes[code]; return ok }
func (catalogue) HasChannel(name string) bool { return name == "email" }

var classes = map[string]permit.Class{"newsletter": permit.Marketing, "following": permit.Marketing, "survey": permit.Survey, "relationship": permit.Service, "analysis": permit.Internal}

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

// tock is a clock that tests move while others read it; started, it also runs.
type tock struct {
	mu    sync.Mutex
	t     time.Time
	since time.Time // of the machine's clock; zero while it stands
}

func (c *tock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.since.IsZero() {
		return c.t
	}
	return c.t.Add(time.Since(c.since))
}

func ticking(from time.Time) *tock { c := &tock{t: from}; c.start(); return c }

func (c *tock) start() { c.mu.Lock(); defer c.mu.Unlock(); c.since = time.Now() }

func (c *tock) move(d time.Duration) { c.mu.Lock(); defer c.mu.Unlock(); c.t = c.t.Add(d) }

var _ clock.Clock = (*tock)(nil)

// house is one process: a handle on a register and its rooms.
type house struct {
	*campaign.Room
	clock   *tock
	catcher *catcher.Catcher
	dsn     string
	t       testing.TB
}

var keys = seal.Fixed([32]byte{1, 2, 3})

func newHouse(t *testing.T, dsn string, c *tock, post *catcher.Catcher) *house {
	h := furnish(t, dbtest.Open(t, dsn, schemas, dbtest.At(c), dbtest.Node(node.next())), c)
	h.catcher, h.dsn, h.Channel = post, dsn, outbox.Email{URL: post.URL()}
	return h
}

// furnish gives an open register its rooms.
func furnish(t testing.TB, d *db.DB, c *tock) *house {
	people := &party.Room{DB: d, Catalogue: func() party.Catalogue { return catalogue{} }}
	out := &outbox.Room{DB: d, Party: people, Ledger: &ledger.Room{DB: d, Keys: seal.Fixed([32]byte{7})}, Keys: keys}
	out.Question = func(_ *db.Tx, _ int, purpose, channel string, at time.Time) (permit.Question, error) {
		return question(purpose, channel, at)
	}
	segs := &segment.Room{DB: d, Outbox: out, Catalogue: func(*db.Tx) (segdef.Catalogue, error) { return catalogue{}, nil }}
	terms := &campaign.Terms{Version: 3, Question: question, Catalogue: catalogue{}, Language: "en",
		Sender: compose.Sender{Name: "Nordanvind Oy", Address: "Exempelgatan 1, Helsingfors", Contact: "info@nordanvind.example"}}
	r := &campaign.Room{DB: d, Outbox: out, Segments: segs, BaseURL: "https://register.example",
		Terms: func(*db.Tx) (*campaign.Terms, error) { return terms, nil }}
	return &house{Room: r, clock: c, t: t}
}

// node numbers the processes of a test run.
var node counter

type counter struct {
	mu sync.Mutex
	n  int
}

func (c *counter) next() int { c.mu.Lock(); defer c.mu.Unlock(); c.n++; return c.n & 1023 }

// each runs a test on both engines, with a mail server of its own.
func each(t *testing.T, fn func(t *testing.T, h *house)) {
	for _, engine := range []string{"sqlite", "postgres"} {
		t.Run(engine, func(t *testing.T) {
			dsn := t.TempDir()
			if engine == "postgres" {
				dsn = dbtest.Empty(t)
			}
			fn(t, newHouse(t, dsn, ticking(dbtest.Start), mailServer(t)))
		})
	}
}

func mailServer(t *testing.T) *catcher.Catcher {
	c, err := catcher.Start("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// another is a second process on the same register.
func (h *house) another() *house { return newHouse(h.t.(*testing.T), h.dsn, h.clock, h.catcher) }

func (h *house) do(fn func(tx *db.Tx) error) {
	h.t.Helper()
	if err := h.DB.Do(h.t.Context(), by, fn); err != nil {
		h.t.Fatal(err)
	}
}

func (h *house) view(fn func(tx *db.Tx) error) {
	h.t.Helper()
	if err := h.DB.View(h.t.Context(), by, fn); err != nil {
		h.t.Fatal(err)
	}
}

// The six sorts of people of the tests, by number modulo six.
const (
	consents = iota
	silent
	withdrew
	objected
	customer
	bounced
	sorts
)

// expected is what the newsletter's verdict on each sort is; "" is allowed.
var expected = [sorts]string{silent: "NO-CONSENT", withdrew: "CONSENT-WITHDRAWN", objected: "PROHIBITED-CHANNEL", bounced: "SUPPRESSED"}

func addr(i int) string { return fmt.Sprintf("person%d@people.example", i) }

// people fills the register with n people and gives their ids by number.
func (h *house) people(n int) []id.ID {
	h.t.Helper()
	ids := make([]id.ID, n)
	h.do(func(tx *db.Tx) error {
		var drafts []*party.Draft
		for i := range n {
			d := &party.Draft{New: true, Key: addr(i), KeyKind: "email"}
			d.ID, d.Email, d.FirstName, d.LastName, d.Country, d.Language = tx.NewID(), addr(i), "Åsa", fmt.Sprintf("Exempel %d", i), "FI", []string{"sv", "fi", "en"}[i%3]
			d.Registered, d.Changed = tx.Now(), tx.Now()
			if i%sorts == bounced {
				d.Reach |= party.BadEmail
			}
			if i%2 == 0 {
				d.Tags = []string{"even"}
			}
			ids[i] = d.ID
			drafts = append(drafts, d)
		}
		if err := h.Outbox.Party.NewLoader().Write(tx, drafts); err != nil {
			return err
		}
		return h.permissions(tx, ids)
	})
	h.clock.move(time.Minute)
	return ids
}

func (h *house) permissions(tx *db.Tx, ids []id.ID) error {
	order := make([]int, len(ids))
	for i := range order {
		order[i] = i
	}
	slices.SortFunc(order, func(a, b int) int {
		if x := ids[a].Bucket() - ids[b].Bucket(); x != 0 {
			return x
		}
		return int(ids[a] - ids[b])
	})
	var batch ledger.Batch
	for _, i := range order {
		said := entriesOf(i % sorts)
		if err := batch.Add(tx, ids[i], nil, make([]*ledger.Evidence, len(said)), said); err != nil {
			return err
		}
	}
	return h.Outbox.Ledger.Write(tx, &batch)
}

func entriesOf(sort int) []ledger.Entry {
	yes := ledger.Entry{Kind: ledger.Consent, Purpose: "newsletter", Channel: "email", SaidBy: ledger.ByPerson, Method: "form"}
	switch sort {
	case consents, bounced:
		return []ledger.Entry{yes}
	case withdrew:
		return []ledger.Entry{yes, {Kind: ledger.Withdrawal, Purpose: "newsletter", Channel: "email", SaidBy: ledger.ByPerson, Method: "preferences"}}
	case objected:
		return []ledger.Entry{yes, {Kind: ledger.Prohibition, Scope: "channel:email", SaidBy: ledger.ByPerson, Method: "letter"}}
	case customer:
		return []ledger.Entry{{Kind: ledger.Sale, Scope: "cpo", SaidBy: ledger.ByStaff, Method: "order"}}
	}
	return nil
}

func newsletter(name string) *campaign.Campaign {
	return &campaign.Campaign{Name: name, Purpose: "newsletter", Class: permit.Marketing, Channel: "email", From: "Nordanvind <news@nordanvind.example>",
		Subject: "Hello {{ person.first_name }}", Body: "Dear {{ person.first_name }},\n\nall is *well*.\n", Audience: "everyone"}
}

func (h *house) run(ctx context.Context, c *campaign.Campaign) (campaign.Results, error) {
	file := *c
	return h.Run(ctx, &file, campaign.RunOptions{By: by})
}

func (h *house) mustRun(c *campaign.Campaign) campaign.Results {
	h.t.Helper()
	out, err := h.run(h.t.Context(), c)
	if err != nil {
		h.t.Fatal(err)
	}
	return out
}

// got counts the mails each address was sent.
func (h *house) got() map[string]int {
	out := map[string]int{}
	for _, m := range h.catcher.List(catcher.MaxMails, 0) {
		out[m.To]++
	}
	return out
}

// messages reads the row of everybody for a campaign.
func (h *house) messages(name string, ids []id.ID) []*outbox.Message {
	h.t.Helper()
	out := make([]*outbox.Message, len(ids))
	h.view(func(tx *db.Tx) error {
		c, err := h.Named(tx, name)
		if err != nil {
			return err
		}
		for i, who := range ids {
			if out[i], _, err = h.Outbox.For(tx, who, c.ID); err != nil {
				return err
			}
		}
		return nil
	})
	return out
}

// engineDSN gives an empty register on the engine of h.
func engineDSN(t *testing.T, h *house) string {
	if h.DB.Engine() == db.Postgres {
		return dbtest.Empty(t)
	}
	return t.TempDir()
}
