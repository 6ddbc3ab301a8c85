package relay

import (
	"context"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"kartotek/internal/audit"
	"kartotek/internal/catcher"
	"kartotek/internal/clock"
	"kartotek/internal/db"
	"kartotek/internal/db/dbtest"
	"kartotek/internal/id"
	"kartotek/internal/ledger"
	"kartotek/internal/noticedef"
	"kartotek/internal/outbox"
	"kartotek/internal/party"
	"kartotek/internal/seal"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

var schemas = []db.Schema{audit.Schema, party.Schema, ledger.Schema, outbox.Schema, Schema}

var by = db.System("test")

// promised is a notice with recipients of every sort.
func promised() *noticedef.Notice {
	n := &noticedef.Notice{Categories: []noticedef.Category{{ID: "contact", Fields: []noticedef.Field{{Name: "email"}}}}}
	signed := &noticedef.Contract{Signed: "2025-03-01", Until: "2030-02-28"}
	n.Recipients = []noticedef.Recipient{
		{ID: "mail-relay", Role: "processor", Country: "FI", Contract: signed, Receives: []string{"contact"}},
		{ID: "all", Role: "processor", Country: "SE", Contract: &noticedef.Contract{Signed: "2025-03-01", Until: "open"}, Receives: []string{"all"}},
		{ID: "bank", Role: "controller", Country: "FI", Receives: []string{"contact"}},
		{ID: "unsigned", Role: "processor", Country: "FI", Receives: []string{"contact"}},
		{ID: "over", Role: "processor", Country: "FI", Contract: &noticedef.Contract{Signed: "2020-01-01", Until: "2021-01-01"}, Receives: []string{"contact"}},
		{ID: "to-come", Role: "processor", Country: "FI", Contract: &noticedef.Contract{Signed: "2035-01-01", Until: "open"}, Receives: []string{"contact"}},
		{ID: "blind", Role: "processor", Country: "FI", Contract: signed, Receives: []string{"orders"}},
		{ID: "far", Role: "processor", Country: "US", Contract: signed, Receives: []string{"all"}},
		{ID: "far-listed", Role: "processor", Country: "US", Contract: signed, Receives: []string{"all"}, Transfer: &noticedef.Transfer{Tool: "adequacy", Listed: "2026-01-01"}},
		{ID: "far-unlisted", Role: "processor", Country: "US", Contract: signed, Receives: []string{"all"}, Transfer: &noticedef.Transfer{Tool: "adequacy"}},
		{ID: "far-clauses", Role: "processor", Country: "IN", Contract: signed, Receives: []string{"all"}, Transfer: &noticedef.Transfer{Tool: "scc", Module: 2, Assessed: "2026-01-01"}},
		{ID: "far-unassessed", Role: "processor", Country: "IN", Contract: signed, Receives: []string{"all"}, Transfer: &noticedef.Transfer{Tool: "scc", Module: 2}},
		{ID: "far-now-and-then", Role: "processor", Country: "IN", Contract: signed, Receives: []string{"all"}, Transfer: &noticedef.Transfer{Tool: "derogation", Occasional: true}},
		{ID: "far-over", Role: "processor", Country: "IN", Contract: signed, Receives: []string{"all"}, Transfer: &noticedef.Transfer{Tool: "bcr", Assessed: "2020-01-01", Until: "2024-01-01"}},
	}
	return n
}

// tock is a clock that runs and can be moved.
type tock struct {
	mu    sync.Mutex
	ahead time.Duration
	begun time.Time
}

func (c *tock) Now() time.Time {
	c.mu.Lock()
	defer c.mu.Unlock()
	return dbtest.Start.Add(time.Since(c.begun) + c.ahead)
}

func (c *tock) move(d time.Duration) { c.mu.Lock(); defer c.mu.Unlock(); c.ahead += d }

var _ clock.Clock = (*tock)(nil)

type world struct {
	*Room
	clock  *tock
	notice *noticedef.Notice
	t      *testing.T
}

func each(t *testing.T, fn func(t *testing.T, w *world)) {
	for name, open := range map[string]func(*testing.T, []db.Schema, ...dbtest.Option) *db.DB{"sqlite": dbtest.SQLite, "postgres": dbtest.Postgres} {
		t.Run(name, func(t *testing.T) {
			c := &tock{begun: time.Now()}
			fn(t, newWorld(t, open(t, schemas, dbtest.At(c)), c))
		})
	}
}

// small runs a test on the embedded engine only: what it is about asks no table.
func small(t *testing.T) *world {
	c := &tock{begun: time.Now()}
	return newWorld(t, dbtest.SQLite(t, schemas, dbtest.At(c)), c)
}

func newWorld(t *testing.T, d *db.DB, c *tock) *world {
	w := &world{clock: c, notice: promised(), t: t}
	w.Room = &Room{DB: d, Keys: seal.Fixed([32]byte{5}), Notice: func(*db.Tx) (*noticedef.Notice, error) { return w.notice, nil }}
	return w
}

func (w *world) do(fn func(tx *db.Tx) error) {
	w.t.Helper()
	if err := w.DB.Do(w.t.Context(), by, fn); err != nil {
		w.t.Fatal(err)
	}
}

// add enters a relay that is this server.
func (w *world) add(a Relay) {
	w.t.Helper()
	if a.Recipient == "" {
		a.Recipient = "mail-relay"
	}
	w.do(func(tx *db.Tx) error { _, err := w.Add(tx, a); return err })
	w.clock.move(rereadAfter)
}

func server(t *testing.T, script catcher.Script) *catcher.Scripted {
	t.Helper()
	s, err := catcher.StartScript(script)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

func letter(to string, n id.ID) outbox.Letter {
	return outbox.Letter{From: "news@nordanvind.example", To: to, ID: n, Data: []byte(strings.ReplaceAll(
		"From: Nordanvind\n <news@nordanvind.example>\nTo: "+to+"\nSubject: June\nDate: Thu, 01 Jan 2026 00:00:00 +0000\nMessage-ID: <1@nordanvind.example>\n\nHello.\n", "\n", "\r\n"))}
}

func yes() error { return nil }

// send opens a session in a pool and sends one letter.
func (w *world) send(pool, to string) outbox.Outcome {
	w.t.Helper()
	s, err := w.Pool().In(pool).Open(w.t.Context())
	if err != nil {
		return outbox.Outcome{State: outbox.Queued, Reply: outbox.Reply{Text: err.Error()}}
	}
	defer s.Close()
	return s.Send(w.t.Context(), letter(to, 1), yes)
}

// names is a fake DNS: "TXT name" or "MX name" to answers; "!" does not answer.
type names struct {
	mu   sync.Mutex
	text map[string][]string
}

func (z *names) set(name string, all ...string) { z.mu.Lock(); defer z.mu.Unlock(); z.text[name] = all }

func (z *names) ask(kind, name string) ([]string, error) {
	z.mu.Lock()
	defer z.mu.Unlock()
	all := z.text[kind+" "+strings.TrimSuffix(name, ".")]
	switch {
	case len(all) == 0:
		return nil, &net.DNSError{Err: "no such host", IsNotFound: true}
	case all[0] == "!":
		return nil, &net.DNSError{Err: "server misbehaving", IsTemporary: true}
	}
	return all, nil
}

func (z *names) LookupTXT(_ context.Context, name string) ([]string, error) {
	return z.ask("TXT", name)
}

func (z *names) LookupMX(_ context.Context, name string) (out []*net.MX, err error) {
	all, err := z.ask("MX", name)
	for _, h := range all {
		out = append(out, &net.MX{Host: h + "."})
	}
	return out, err
}

func (z *names) LookupIPAddr(_ context.Context, name string) (out []net.IPAddr, err error) {
	all, err := z.ask("A", name)
	for _, a := range all {
		out = append(out, net.IPAddr{IP: net.ParseIP(a)})
	}
	return out, err
}

func (z *names) LookupAddr(_ context.Context, addr string) ([]string, error) {
	return z.ask("PTR", addr)
}
