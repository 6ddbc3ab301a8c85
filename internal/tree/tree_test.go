package tree

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/binary"
	"fmt"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"golang.org/x/mod/sumdb/tlog"
	"pgregory.net/rapid"

	"kartotek/internal/clock"
	"kartotek/internal/db"
	"kartotek/internal/db/dbtest"
	"kartotek/internal/fault"
	"kartotek/internal/id"
	"kartotek/internal/inclusion"
	"kartotek/internal/seal"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

var (
	schemas = []db.Schema{Schema}
	tester  = db.System("test")
)

func each(t *testing.T, fn func(t *testing.T, d *db.DB, c *clock.Fixed)) {
	t.Helper()
	c := clock.At(dbtest.Start)
	dbtest.Each(t, schemas, func(t *testing.T, d *db.DB) { fn(t, d, c) }, dbtest.At(c))
}

func room(t testing.TB, d *db.DB) *Room {
	t.Helper()
	keys, err := seal.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	return &Room{DB: d, Keys: keys}
}

func digestOf(e id.ID) []byte {
	h := sha256.Sum256(binary.BigEndian.AppendUint64(nil, uint64(e)))
	return h[:]
}

// pend writes one act with n entries and gives their keys.
func pend(t testing.TB, d *db.DB, kind byte, n int) (ids []id.ID) {
	t.Helper()
	err := d.Do(context.Background(), tester, func(tx *db.Tx) error {
		ids = ids[:0]
		var refs []Ref
		for range n {
			e := tx.NewID()
			ids = append(ids, e)
			refs = append(refs, Ref{kind, e, digestOf(e)})
		}
		return Pend(tx, refs...)
	})
	if err != nil {
		t.Fatal(err)
	}
	return ids
}

// drain sequences all that waits.
func drain(t testing.TB, r *Room) (n int) {
	t.Helper()
	for {
		got, err := r.Sequence(context.Background())
		if err != nil {
			t.Fatal(err)
		}
		if got == 0 {
			return n
		}
		n += got
	}
}

func do(t testing.TB, d *db.DB, fn func(*db.Tx) error) {
	t.Helper()
	if err := d.Do(context.Background(), tester, fn); err != nil {
		t.Fatal(err)
	}
}

func head(t testing.TB, r *Room) Head {
	t.Helper()
	h, _, err := r.Latest(context.Background())
	if err != nil {
		t.Fatal(err)
	}
	return h
}

func TestSequenceAndProve(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB, c *clock.Fixed) {
		r := room(t, d)
		if n := drain(t, r); n != 0 {
			t.Fatalf("an empty register gave %d leaves", n)
		}
		var all []id.ID
		for i, n := range []int{1, 1, 3, 250, 1, 1, 600, 1, 300} {
			all = append(all, pend(t, d, []byte{Audit, Ledger}[i%2], n)...)
			if i%3 != 1 {
				drain(t, r)
			}
		}
		drain(t, r)
		h := head(t, r)
		if h.Size != int64(len(all)) {
			t.Fatalf("%d leaves of %d entries", h.Size, len(all))
		}
		known, _ := r.Keys.LogVerifiers()
		err := d.View(t.Context(), tester, func(tx *db.Tx) error {
			for i := 0; i < len(all); i += 37 {
				kind := Audit
				p, err := r.Prove(tx, kind, all[i])
				if fault.KeyOf(err) == "tree.waits" {
					kind = Ledger
					p, err = r.Prove(tx, kind, all[i])
				}
				if err != nil || p.Index != int64(i) {
					return fmt.Errorf("entry %d has index %d: %w", i, p.Index, err)
				}
				if _, err := p.Check(inclusion.Leaf(kind, digestOf(all[i])), known...); err != nil {
					return err
				}
			}
			if _, err := r.Prove(tx, Audit, 12345); fault.KeyOf(err) != "tree.waits" {
				t.Errorf("an entry that is none: %v", err)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
		if a, err := r.Anchor(); err != nil || a.Size != h.Size || tlog.Hash(a.Root) != h.Root {
			t.Errorf("anchor %+v %v", a, err)
		}
	})
}

// TestRoot holds that the root of the stored tree is that of the tlog package,
// whatever the sizes of the passes.
func TestRoot(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		e, size := &edge{}, int64(0)
		var stored []tlog.Hash
		read := tlog.HashReaderFunc(func(at []int64) (out []tlog.Hash, err error) {
			for _, i := range at {
				out = append(out, stored[i])
			}
			return out, nil
		})
		for range rapid.IntRange(1, 5).Draw(t, "passes") {
			for range rapid.IntRange(0, 700).Draw(t, "leaves") {
				record := inclusion.Leaf(Audit, digestOf(id.ID(size)))
				e.add(Ref{Audit, id.ID(size), nil}, tlog.RecordHash(record))
				more, err := tlog.StoredHashes(size, record, read)
				if err != nil {
					t.Fatal(err)
				}
				stored, size = append(stored, more...), size+1
			}
			want, err := tlog.TreeHash(size, read)
			if err != nil || e.root() != want {
				t.Fatalf("after %d leaves: %v %v", size, e.root(), want)
			}
		}
	})
}

// TestConcurrentWriters has many writers and two sequencers at once: each entry
// becomes one leaf.
func TestConcurrentWriters(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB, c *clock.Fixed) {
		a := room(t, d)
		b := &Room{DB: d, Keys: a.Keys}
		var writers, sequencers sync.WaitGroup
		stop := make(chan struct{})
		for i, r := range []*Room{a, b} {
			sequencers.Go(func() {
				for {
					if _, err := r.Sequence(t.Context()); err != nil && !Held(err) && !fault.Is(err, fault.Unavailable) {
						t.Error(i, err)
					}
					select {
					case <-stop:
						return
					default:
						c.Move(Lease / 3) // so that the lease changes hands
					}
				}
			})
		}
		for range 6 {
			writers.Go(func() {
				for range 25 {
					pend(t, d, Audit, 3)
				}
			})
		}
		writers.Wait()
		close(stop)
		sequencers.Wait()
		c.Move(2 * Lease)
		drain(t, a)
		if got := head(t, a).Size; got != 6*25*3 {
			t.Errorf("%d leaves", got)
		}
		leaves := map[id.ID]int{}
		err := d.View(t.Context(), tester, func(tx *db.Tx) error {
			return tx.Each(leafTiles, func(scan db.Scan) error {
				var tl tile
				var width int
				err := scan(&tl.n, &width, &tl.hashes, &tl.refs)
				for i := range width {
					_, e := ref(tl.refs, i)
					leaves[e]++
				}
				return err
			})
		})
		if err != nil || len(leaves) != 6*25*3 {
			t.Errorf("%d entries are leaves: %v", len(leaves), err)
		}
	})
}

func TestLease(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB, c *clock.Fixed) {
		a := room(t, d)
		b := &Room{DB: d, Keys: a.Keys}
		pend(t, d, Audit, 1)
		drain(t, a)
		pend(t, d, Audit, 1)
		if _, err := b.Sequence(t.Context()); !Held(err) {
			t.Fatalf("the second took the entries while the first holds the lease: %v", err)
		}
		if b.Broken() != nil {
			t.Error("a held lease is no damage")
		}
		c.Move(Lease + time.Millisecond) // the first was killed
		if n, err := b.Sequence(t.Context()); n != 1 || err != nil {
			t.Fatal(n, err)
		}
		if _, err := a.Sequence(t.Context()); err != nil {
			t.Errorf("nothing waits: %v", err)
		}
		b.release(t.Context())
		pend(t, d, Audit, 1)
		if n, err := a.Sequence(t.Context()); n != 1 || err != nil {
			t.Errorf("after the lease was given back: %d %v", n, err)
		}
	})
}

// TestRun lets the sequencer run beside an act and waits until the act's entry
// is in the tree.
func TestRun(t *testing.T) {
	d := dbtest.SQLite(t, schemas, dbtest.At(clock.System()))
	r := room(t, d)
	second := filepath.Join(t.TempDir(), "elsewhere")
	r.Places = Places([]string{second})
	ctx, stop := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- r.Run(ctx) }()
	pend(t, d, Audit, 2)
	began := time.Now()
	for head(t, r).Size != 2 {
		if time.Since(began) > 5*time.Second {
			t.Fatal("the entries are not in the tree")
		}
	}
	if took := time.Since(began); took > time.Second {
		t.Errorf("the entries were taken in after %s", took)
	}
	for {
		if text, err := os.ReadFile(second); err == nil {
			if c, err := r.Read(text); err != nil || c.Size != 2 {
				t.Errorf("the second place has %+v %v", c, err)
			}
			break
		}
		if time.Since(began) > 10*time.Second {
			t.Fatal("the second place was not written")
		}
	}
	pend(t, d, Audit, 1)
	stop()
	if err := <-ended; err != context.Canceled {
		t.Error(err)
	}
	if head(t, r).Size != 3 {
		t.Error("the last act was left waiting")
	}
}

func TestHeadsAreThinned(t *testing.T) {
	d, c := (*db.DB)(nil), clock.At(dbtest.Start)
	d = dbtest.SQLite(t, schemas, dbtest.At(c))
	r := room(t, d)
	for range 30 {
		pend(t, d, Audit, 1)
		drain(t, r)
		c.Move(10 * time.Minute)
	}
	heads := 0
	do(t, d, func(tx *db.Tx) error {
		return tx.Each(countHeads, func(scan db.Scan) error { return scan(&heads) })
	})
	if heads != 5+1 { // five hours, one head each, and the newest
		t.Errorf("%d heads are kept", heads)
	}
}

var countHeads = db.SQL(db.Local, `SELECT count(*) FROM log_heads`)

// TestAnchorStops restores an old copy of the database behind the program's back.
func TestAnchorStops(t *testing.T) {
	dir := t.TempDir()
	openAt := func() *db.DB {
		d, err := db.Open(t.Context(), dir, db.Options{Schema: schemas, Clock: clock.At(dbtest.Start)})
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	d := openAt()
	r := room(t, d)
	pend(t, d, Audit, 300)
	drain(t, r)
	d.Close()
	file := filepath.Join(dir, db.FileName)
	old, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	d = openAt()
	r = &Room{DB: d, Keys: r.Keys}
	forceLease(t, d)
	pend(t, d, Audit, 10)
	drain(t, r)
	kept, _ := r.Anchor()
	d.Close()
	if err := os.WriteFile(file, old, 0o600); err != nil {
		t.Fatal(err)
	}
	d = openAt()
	defer d.Close()
	r = &Room{DB: d, Keys: r.Keys}
	forceLease(t, d)
	pend(t, d, Audit, 1)
	if _, err := r.Sequence(t.Context()); fault.KeyOf(err) != "tree.cut" || fault.KeyOf(r.Broken()) != "tree.cut" {
		t.Fatalf("an old copy was taken: %v", err)
	}
	was, err := r.Reanchor(t.Context())
	if err != nil || was != kept.Size {
		t.Fatalf("after a restore on purpose: %d %v", was, err)
	}
	if n := drain(t, r); n != 1 || r.Broken() != nil {
		t.Errorf("%d leaves, %v", n, r.Broken())
	}
	if text, err := os.ReadFile(r.anchorPath() + ".310"); err != nil || !bytes.Contains(text, []byte("\n310\n")) {
		t.Errorf("the old anchor is not kept: %v", err)
	}
}

var noLease = db.SQL(db.Local, `DELETE FROM log_lease`)

func forceLease(t *testing.T, d *db.DB) {
	t.Helper()
	do(t, d, func(tx *db.Tx) error { _, err := tx.Exec(noLease); return err })
}

func TestPendRefuses(t *testing.T) {
	d := dbtest.SQLite(t, schemas)
	err := d.Do(t.Context(), tester, func(tx *db.Tx) error { return Pend(tx, Ref{Audit, 7, []byte("short")}) })
	if fault.KeyOf(err) != "tree.digest" {
		t.Error(err)
	}
}

func FuzzUnpack(f *testing.F) {
	f.Add(make([]byte, 2*pendSize))
	f.Add([]byte("x"))
	f.Fuzz(func(t *testing.T, b []byte) {
		n := 0
		if err := unpack(b, func(r Ref) { n += pendSize }); err == nil && n != len(b) {
			t.Error("bytes were left over")
		}
	})
}

func TestSQL(t *testing.T) {
	var own []*db.Stmt
	for _, s := range db.Registered() {
		if s != refuseHead && s != allowHead {
			own = append(own, s)
		}
	}
	for _, f := range dbtest.LintSQL(own, Schema.Tables) {
		t.Error(f)
	}
	dbtest.Each(t, schemas, func(t *testing.T, d *db.DB) { dbtest.Catalogue(t, d) })
}

// BenchmarkSequence measures a leaf of a large pass.
func BenchmarkSequence(b *testing.B) {
	d, r := benchRoom(b)
	const n = 20_000
	for b.Loop() {
		for range n / 1000 {
			pend(b, d, Audit, 1000)
		}
		if drain(b, r) != n {
			b.Fatal("not all were taken in")
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/leaf")
}

func benchRoom(b *testing.B) (*db.DB, *Room) {
	b.Helper()
	d, err := db.Open(b.Context(), b.TempDir(), db.Options{Schema: schemas})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { d.Close() })
	return d, room(b, d)
}

// BenchmarkProve measures finding, proving and checking one of a million entries.
func BenchmarkProve(b *testing.B) {
	d, r := benchRoom(b)
	var all []id.ID
	for range 200 {
		all = append(all, pend(b, d, Audit, 5000)...)
	}
	drain(b, r)
	known, _ := r.Keys.LogVerifiers()
	i := 0
	for b.Loop() {
		i = (i + 7919) % len(all)
		err := d.View(b.Context(), tester, func(tx *db.Tx) error {
			p, err := r.Prove(tx, Audit, all[i])
			if err == nil {
				_, err = p.Check(inclusion.Leaf(Audit, digestOf(all[i])), known...)
			}
			return err
		})
		if err != nil {
			b.Fatal(err)
		}
	}
}

var (
	refuseHead = db.SQL(db.Local, `CREATE TRIGGER full BEFORE INSERT ON log_heads BEGIN SELECT RAISE(ABORT, 'no space left'); END`)
	allowHead  = db.SQL(db.Local, `DROP TRIGGER full`)
)

// TestKilledBetween ends a pass at its two seams: before the commit, when nothing
// may be left of it, and between the commit and the anchor.
func TestKilledBetween(t *testing.T) {
	d := dbtest.SQLite(t, schemas)
	r := room(t, d)
	pend(t, d, Audit, 300)
	drain(t, r)
	anchor, err := os.ReadFile(r.anchorPath())
	if err != nil {
		t.Fatal(err)
	}
	pend(t, d, Audit, 300)
	do(t, d, func(tx *db.Tx) error { _, err := tx.Exec(refuseHead); return err })
	if _, err := r.Sequence(t.Context()); err == nil || r.Broken() != nil {
		t.Fatalf("a head that cannot be stored: %v, broken %v", err, r.Broken())
	}
	do(t, d, func(tx *db.Tx) error { _, err := tx.Exec(allowHead); return err })
	if n := drain(t, r); n != 300 || head(t, r).Size != 600 {
		t.Errorf("after the failed pass %d entries were taken in", n)
	}
	if err := os.WriteFile(r.anchorPath(), anchor, 0o600); err != nil { // the process died before it wrote the new one
		t.Fatal(err)
	}
	pend(t, d, Audit, 1)
	again := &Room{DB: d, Keys: r.Keys}
	forceLease(t, d)
	if n := drain(t, again); n != 1 {
		t.Errorf("after the crash %d entries were taken in", n)
	}
	if a, err := again.Anchor(); err != nil || a.Size != 601 {
		t.Errorf("anchor %+v %v", a, err)
	}
}

// TestAnchorNeverGoesBack lets a paused process write its older head late.
func TestAnchorNeverGoesBack(t *testing.T) {
	d := dbtest.SQLite(t, schemas)
	r := room(t, d)
	pend(t, d, Audit, 3)
	drain(t, r)
	old := head(t, r)
	pend(t, d, Audit, 3)
	drain(t, r)
	if err := r.publish(old.Checkpoint); err != nil {
		t.Fatal(err)
	}
	if a, err := r.Anchor(); err != nil || a.Size != 6 {
		t.Errorf("the anchor is %+v %v", a, err)
	}
}

// TestForeignAnchor holds that an anchor nobody here signed stops the log too.
func TestForeignAnchor(t *testing.T) {
	d := dbtest.SQLite(t, schemas)
	r := room(t, d)
	pend(t, d, Audit, 3)
	drain(t, r)
	if err := os.WriteFile(r.anchorPath(), []byte("nonsense"), 0o600); err != nil {
		t.Fatal(err)
	}
	pend(t, d, Audit, 3)
	if _, err := r.Sequence(t.Context()); fault.KeyOf(err) != "tree.anchor" {
		t.Error(err)
	}
	if _, err := r.Reanchor(t.Context()); err != nil {
		t.Error(err)
	}
	if n := drain(t, r); n != 3 {
		t.Errorf("%d entries", n)
	}
}

// TestRotatedKey holds that heads signed with the old key still count.
func TestRotatedKey(t *testing.T) {
	d := dbtest.SQLite(t, schemas)
	r := room(t, d)
	pend(t, d, Audit, 3)
	drain(t, r)
	old := head(t, r)
	if _, err := r.Keys.RotateLogKey(); err != nil {
		t.Fatal(err)
	}
	pend(t, d, Audit, 3)
	drain(t, r)
	if _, err := r.Read(old.Checkpoint); err != nil {
		t.Errorf("the old head: %v", err)
	}
	if err := d.View(t.Context(), tester, func(tx *db.Tx) error { _, err := r.Sound(tx); return err }); err != nil {
		t.Error(err)
	}
}

// TestPlaces writes the head to a server, one that refuses at first.
func TestPlaces(t *testing.T) {
	got, answer := "", http.StatusInternalServerError
	srv := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, q *http.Request) {
		b, _ := io.ReadAll(q.Body)
		got = q.Method + " " + string(b)
		w.WriteHeader(answer)
	}))
	defer srv.Close()
	p := Place(srv.URL)
	if err := p.put(t.Context(), []byte("head")); fault.KeyOf(err) != "tree.place_refused" {
		t.Error(err)
	}
	answer = http.StatusNoContent
	if err := p.put(t.Context(), []byte("head")); err != nil || got != "POST head" {
		t.Errorf("%q %v", got, err)
	}
	if err := Place(filepath.Join(t.TempDir(), "no", "such")).put(t.Context(), nil); err == nil {
		t.Error("a folder that is not there was written to")
	}
}
