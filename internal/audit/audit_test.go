package audit

import (
	"bytes"
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"sync"
	"testing"
	"time"

	"kartotek/internal/clock"
	"kartotek/internal/db"
	"kartotek/internal/db/dbtest"
	"kartotek/internal/fault"
	"kartotek/internal/id"
	"kartotek/internal/seal"
	"kartotek/internal/tree"
)

func TestMain(m *testing.M) {
	if dir := os.Getenv(readAway); dir != "" {
		fmt.Fprintln(os.Stderr, read32(dir)) // until it is killed
		os.Exit(1)
	}
	dbtest.Main(m)
}

var schema = []db.Schema{Schema}

var asta = db.By{Kind: "staff", ID: 71, Name: "Asta", Level: "sales", Purpose: "relationship", Device: "Firefox on Linux"}

func each(t *testing.T, fn func(t *testing.T, d *db.DB, c *clock.Fixed)) {
	t.Helper()
	c := clock.At(dbtest.Start)
	dbtest.Each(t, schema, func(t *testing.T, d *db.DB) { fn(t, d, c) }, dbtest.At(c))
}

func do(t testing.TB, d *db.DB, by db.By, fn func(*db.Tx) error) {
	t.Helper()
	if err := d.Do(t.Context(), by, fn); err != nil {
		t.Fatal(err)
	}
}

func list(t *testing.T, d *db.DB, f Filter) (out []Entry) {
	t.Helper()
	err := d.View(t.Context(), asta, func(tx *db.Tx) (err error) { out, err = Read(tx, f); return err })
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestWriteAndRead(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB, c *clock.Fixed) {
		p := d.NewID()
		do(t, d, asta, func(tx *db.Tx) error {
			return Write(tx, Entry{Action: "person.edit", Kind: "person", Object: p.String(), Person: p, Detail: map[string]string{"b": "2", "a": "1"}})
		})
		got := list(t, d, Filter{})
		if len(got) != 1 {
			t.Fatalf("%d entries", len(got))
		}
		e := got[0]
		if e.By != asta || e.Purpose != "relationship" || e.Outcome != OK || e.Person != p || e.Detail["b"] != "2" || !e.At.Equal(d.Now()) || e.ID == 0 {
			t.Errorf("read %+v", e)
		}
		boom := errors.New("no")
		if err := d.Do(t.Context(), asta, func(tx *db.Tx) error { _ = Write(tx, Entry{Action: "x"}); return boom }); !errors.Is(err, boom) {
			t.Fatal(err)
		}
		if n := len(list(t, d, Filter{})); n != 1 {
			t.Errorf("an undone act is in the log: %d entries", n)
		}
	})
}

func TestFilters(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB, c *clock.Fixed) {
		begin := c.Now()
		people := []id.ID{d.NewID(), d.NewID()}
		bo := db.By{Kind: "staff", ID: 72, Name: "Bo"}
		for i := range 12 {
			by := []db.By{asta, bo}[i%2]
			do(t, d, by, func(tx *db.Tx) error {
				return Write(tx, Entry{Action: []string{"person.read", "search", "export"}[i%3], Person: people[i/6], Outcome: []string{OK, Refused}[i/11]})
			})
			c.Move(time.Minute)
		}
		for name, row := range map[string]struct {
			f    Filter
			want int
		}{
			"all":             {Filter{}, 12},
			"person":          {Filter{Person: people[0]}, 6},
			"actor":           {Filter{By: 71}, 6},
			"person, actor":   {Filter{Person: people[1], By: 72}, 3},
			"action":          {Filter{Action: "search"}, 4},
			"actor, action":   {Filter{By: 71, Action: "search"}, 2},
			"refused":         {Filter{Outcome: Refused}, 1},
			"from":            {Filter{From: begin.Add(10 * time.Minute)}, 2},
			"to":              {Filter{To: begin.Add(3 * time.Minute)}, 3},
			"page":            {Filter{Limit: 5}, 5},
			"nobody":          {Filter{Person: 5}, 0},
			"action and time": {Filter{Action: "export", From: begin.Add(6 * time.Minute), To: begin.Add(9 * time.Minute)}, 1},
		} {
			if got := list(t, d, row.f); len(got) != row.want {
				t.Errorf("%s: %d entries, want %d", name, len(got), row.want)
			}
		}
		var seen []id.ID
		for f := (Filter{Limit: 5}); ; {
			page := list(t, d, f)
			if len(page) == 0 {
				break
			}
			for _, e := range page {
				seen = append(seen, e.ID)
			}
			f.After = page[len(page)-1].ID
		}
		if len(seen) != 12 {
			t.Errorf("%d entries over the pages", len(seen))
		}
	})
}

func TestSeenGroups(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB, c *clock.Fixed) {
		var wg sync.WaitGroup
		r := &Room{DB: d}
		for i := range 80 {
			wg.Go(func() {
				by := asta
				by.ID = id.ID(1000 + i)
				if err := r.Seen(t.Context(), by, Entry{Action: "person.read", Person: d.NewID()}, Entry{Action: "search", Count: i}); err != nil {
					t.Error(err)
				}
				if got := list(t, d, Filter{By: by.ID}); len(got) != 2 {
					t.Errorf("%d entries stored before the answer", len(got))
				}
			})
		}
		wg.Wait()
		if n := len(list(t, d, Filter{Limit: 500})); n != 160 {
			t.Errorf("%d entries", n)
		}
		if r.groups.next != nil {
			t.Error("somebody still waits")
		}
	})
}

// TestSeenRefuses holds that without a log there is no reading.
func TestSeenRefuses(t *testing.T) {
	d := dbtest.SQLite(t, schema)
	d.Close()
	if err := (&Room{DB: d}).Seen(t.Context(), asta, Entry{Action: "person.read"}); !fault.Is(err, fault.Unavailable) {
		t.Errorf("got %v", err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := (&Room{DB: dbtest.SQLite(t, schema)}).Seen(ctx, asta, Entry{Action: "person.read"}); err != nil && !fault.Is(err, fault.Unavailable) {
		t.Errorf("got %v", err)
	}
}

// TestUnwritable lets the log refuse in its several ways, and expects that
// neither a read nor an act goes on, and that nothing is half-done.
func TestUnwritable(t *testing.T) {
	for name, breaks := range map[string]*db.Stmt{"no log": loseLog, "nowhere to wait for the tree": losePending, "a full disk": refuse} {
		t.Run(name, func(t *testing.T) {
			d := dbtest.SQLite(t, schema)
			do(t, d, asta, func(tx *db.Tx) error { _, err := tx.Exec(breaks); return err })
			if err := (&Room{DB: d}).Seen(t.Context(), asta, Entry{Action: "person.read"}); !fault.Is(err, fault.Unavailable) || fault.KeyOf(err) != "audit.unwritable" {
				t.Errorf("a read went on: %v", err)
			}
			err := d.Do(t.Context(), asta, func(tx *db.Tx) error {
				if _, err := tx.Exec(mark); err != nil {
					return err
				}
				return Write(tx, Entry{Action: "person.edit"})
			})
			if !fault.Is(err, fault.Unavailable) {
				t.Errorf("an act went on: %v", err)
			}
			marks := 0
			do(t, d, asta, func(tx *db.Tx) error { _, err := tx.One(marked, []any{&marks}); return err })
			if marks != 0 {
				t.Error("the act was half-done")
			}
		})
	}
}

var (
	loseLog     = db.SQL(db.Local, `DROP TABLE audit_log`)
	losePending = db.SQL(db.Local, `DROP TABLE log_pending`)
	refuse      = db.SQL(db.Local, `CREATE TRIGGER full BEFORE INSERT ON log_pending BEGIN SELECT RAISE(ABORT, 'no space left'); END`)
	mark        = db.SQL(db.Local, `INSERT INTO log_lease (name, holder, until) VALUES ('mark', '', 0)`)
	marked      = db.SQL(db.Local, `SELECT count(*) FROM log_lease`)
)

func TestAppendOnly(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB, c *clock.Fixed) {
		do(t, d, asta, func(tx *db.Tx) error { return Write(tx, Entry{Action: "x"}) })
		for _, s := range []*db.Stmt{forge, remove} {
			if err := d.Do(t.Context(), asta, func(tx *db.Tx) error { _, err := tx.Exec(s); return err }); err == nil {
				t.Errorf("%s was let through", s.Text)
			}
		}
	})
}

var (
	forge     = db.SQL(db.Local, `UPDATE audit_log SET outcome = 'ok'`)
	remove    = db.SQL(db.Local, `DELETE FROM audit_log`)
	forgeOne  = db.SQL(db.Local, `UPDATE audit_log SET by_name = 'Nobody' WHERE id = $1`)
	dropGuard = db.SQL(db.Local, `DROP TRIGGER audit_log_no_update`)
)

// TestVerify changes one entry behind the program's back, as someone with the
// file in hands could, and expects its digest to differ.
func TestVerify(t *testing.T) {
	d := dbtest.SQLite(t, schema)
	for i := range 30 {
		do(t, d, asta, func(tx *db.Tx) error {
			return Write(tx, Entry{Action: "x", Person: id.ID(i), Count: i, Detail: map[string]string{"n": fmt.Sprint(i)}})
		})
	}
	verify := func() (n int, wrong []id.ID) {
		_ = d.View(t.Context(), asta, func(tx *db.Tx) (err error) {
			n, err = Verify(tx, 0, 1<<62, func(e id.ID, stored, computed []byte) {
				if !bytes.Equal(stored, computed) {
					wrong = append(wrong, e)
				}
			})
			return err
		})
		return n, wrong
	}
	if n, wrong := verify(); n != 30 || wrong != nil {
		t.Fatalf("%d entries hold: %v", n, wrong)
	}
	victim := list(t, d, Filter{})[9].ID
	do(t, d, asta, func(tx *db.Tx) error {
		if _, err := tx.Exec(dropGuard); err != nil {
			return err
		}
		_, err := tx.Exec(forgeOne, victim)
		return err
	})
	if n, wrong := verify(); n != 30 || len(wrong) != 1 || wrong[0] != victim {
		t.Errorf("of %d entries %v differ; %s was changed", n, wrong, victim)
	}
}

// TestCanonical holds that no two different entries have the same bytes.
func TestCanonical(t *testing.T) {
	a := row{Entry: Entry{Action: "ab", Kind: "c"}}
	b := row{Entry: Entry{Action: "a", Kind: "bc"}}
	if string(a.canonical(nil)) == string(b.canonical(nil)) {
		t.Error("fields run into each other")
	}
}

func TestSQL(t *testing.T) {
	var own []*db.Stmt
	for _, s := range db.Registered() {
		if !slices.Contains([]*db.Stmt{dropGuard, loseLog, losePending, refuse, allow, mark, marked}, s) {
			own = append(own, s)
		}
	}
	for _, f := range dbtest.LintSQL(own, Schema.Tables) {
		t.Error(f)
	}
	dbtest.Each(t, schema, func(t *testing.T, d *db.DB) { dbtest.Catalogue(t, d) })
}

func benchRegister(b *testing.B) *db.DB {
	b.Helper()
	dir, err := os.MkdirTemp("", "audit")
	if err != nil {
		b.Fatal(err)
	}
	d, err := db.Open(b.Context(), dir, db.Options{Schema: schema})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { d.Close(); os.RemoveAll(dir) })
	return d
}

// BenchmarkSeen measures reads logged per second by 64 readers at once.
func BenchmarkSeen(b *testing.B) {
	r := &Room{DB: benchRegister(b)}
	b.SetParallelism(32)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if err := r.Seen(b.Context(), asta, Entry{Action: "person.read", Person: 4097}); err != nil {
				b.Error(err)
			}
		}
	})
}

// BenchmarkSeenInTree is the same with the sequencer at work beside, until every
// entry is a leaf.
func BenchmarkSeenInTree(b *testing.B) {
	d := benchRegister(b)
	keys, err := seal.Open(b.TempDir())
	if err != nil {
		b.Fatal(err)
	}
	room, r := &tree.Room{DB: d, Keys: keys}, &Room{DB: d}
	ctx, stop := context.WithCancel(b.Context())
	ended := make(chan error)
	go func() { ended <- room.Run(ctx) }()
	b.SetParallelism(32)
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			if err := r.Seen(b.Context(), asta, Entry{Action: "person.read", Person: 4097}); err != nil {
				b.Error(err)
			}
		}
	})
	stop()
	<-ended
	if h, _, err := room.Latest(b.Context()); err != nil || h.Size != int64(b.N) {
		b.Errorf("%d of %d entries are in the tree: %v", h.Size, b.N, err)
	}
}

// BenchmarkVerify measures one entry of Verify.
func BenchmarkVerify(b *testing.B) {
	d := benchRegister(b)
	const n = 50_000
	entries := make([]Entry, n)
	for i := range entries {
		entries[i] = Entry{Action: "person.read", Kind: "person", Object: "0123456789abc", Person: 4097, Detail: map[string]string{"page": "1"}}
	}
	do(b, d, asta, func(tx *db.Tx) error { return Write(tx, entries...) })
	for b.Loop() {
		_ = d.View(b.Context(), asta, func(tx *db.Tx) error {
			if got, err := Verify(tx, 0, 1<<62, func(id.ID, []byte, []byte) {}); got != n || err != nil {
				b.Error(got, err)
			}
			return nil
		})
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/entry")
}
