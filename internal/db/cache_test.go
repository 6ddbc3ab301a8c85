package db_test

import (
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"

	"kartotek/internal/db"
	"kartotek/internal/db/dbtest"
	"kartotek/internal/id"
)

var (
	cardsOf = db.SQL(db.Set, `SELECT name FROM cards WHERE bucket BETWEEN $1 AND $2 ORDER BY bucket, person_id`)
	named   = db.SQL(db.Set, `SELECT cards.name FROM {each $2} JOIN cards ON cards.bucket = (each.value & 4095) AND cards.person_id = each.value
		WHERE cards.at >= $1 ORDER BY cards.bucket, cards.person_id`)
	called = db.SQL(db.Set, `UPDATE cards SET name = each.text FROM {each $1 $2} WHERE bucket = (each.value & 4095) AND person_id = each.value`)
	rename = db.SQL(db.Set, `UPDATE cards SET name = $2 FROM {each $1} WHERE bucket = (each.value & 4095) AND person_id = each.value AND name <> $2`)
)

// TestKeptStatements runs a statement while its own rows are read, many times
// over, and around a change of the tables' indexes.
func TestKeptStatements(t *testing.T) {
	dbtest.Each(t, schema, func(t *testing.T, d *db.DB) {
		ids := deal(t, d, 20)
		count := func() (n int) {
			must(t, d.Do(t.Context(), by, func(tx *db.Tx) error {
				n = 0
				for range 3 {
					if err := tx.Each(cardsOf, func(db.Scan) error { n++; return nil }, 0, 4095); err != nil {
						return err
					}
				}
				return nil
			}))
			return n
		}
		if n := count(); n != 60 {
			t.Errorf("%d rows", n)
		}
		must(t, d.WithoutIndexes(t.Context(), []string{"cards"}, func() error {
			if n := count(); n != 60 {
				return fmt.Errorf("%d rows without indexes", n)
			}
			return nil
		}))
		if n := count(); n != 60 {
			t.Errorf("%d rows afterwards", n)
		}
		if d.Engine() == db.Postgres {
			return // it runs one query at a time
		}
		nested := 0
		must(t, d.View(t.Context(), by, func(tx *db.Tx) error {
			return tx.Each(cardsOf, func(db.Scan) error {
				return tx.Each(cardsOf, func(db.Scan) error { nested++; return nil }, 0, 4095)
			}, 0, ids[0].Bucket())
		}))
		if nested != 20 {
			t.Errorf("%d rows within rows", nested)
		}
	})
}

func TestEachList(t *testing.T) {
	dbtest.Each(t, schema, func(t *testing.T, d *db.DB) {
		ids := deal(t, d, 20)
		must(t, d.Do(t.Context(), by, func(tx *db.Tx) error {
			for _, want := range []int64{7, 0} {
				if n, err := tx.Exec(rename, ids[:7], "Aino"); err != nil || n != want {
					return fmt.Errorf("%d renamed, want %d: %w", n, want, err)
				}
			}
			texts := []string{`"a" & <b>`, "å", "", "Aino", "d", "e", "f"}
			if n, err := tx.Exec(called, ids[7:14], texts); err != nil || n != 7 {
				return fmt.Errorf("%d named: %w", n, err)
			}
			for i, want := range texts {
				var name string
				if err := tx.Each(named, func(scan db.Scan) error { return scan(&name) }, 0, ids[7+i:8+i]); err != nil || name != want {
					return fmt.Errorf("named %q, want %q: %w", name, want, err)
				}
			}
			n := 0
			err := tx.Each(named, func(scan db.Scan) error {
				var name string
				if err := scan(&name); err != nil {
					return err
				}
				if name == "Aino" {
					n++
				}
				return nil
			}, 0, ids[4:9])
			if err == nil && n != 3 {
				err = fmt.Errorf("%d read", n)
			}
			return err
		}))
	})
}

// TestVersion holds that the version moves with every commit, here or in another
// process, and with nothing else.
func TestVersion(t *testing.T) {
	dbtest.Each(t, schema, func(t *testing.T, d *db.DB) {
		deal(t, d, 3)
		look := func() db.Version {
			v, err := d.Version(t.Context())
			must(t, err)
			return v
		}
		before := look()
		must(t, d.View(t.Context(), by, func(tx *db.Tx) error { return tx.Each(cardsOf, func(db.Scan) error { return nil }, 0, 4095) }))
		if !look().Same(before) && d.Engine() == db.SQLite {
			t.Error("reading moved the version")
		}
		for i := range 3 {
			before := look()
			must(t, d.Do(t.Context(), by, func(tx *db.Tx) error {
				_, err := tx.Exec(addLog, 5, 5, i, "x")
				return err
			}))
			if look().Same(before) {
				t.Error("a commit did not move the version")
			}
		}
	})
}

// TestQuiet holds that a quiet commit leaves the version as it was, and hides no
// other that comes before, between or after, also while many look.
func TestQuiet(t *testing.T) {
	d := dbtest.SQLite(t, schema)
	n := 0
	write := func(quiet bool) {
		n++
		must(t, d.Do(t.Context(), by, func(tx *db.Tx) error {
			if quiet {
				tx.Quiet()
			}
			_, err := tx.Exec(addLog, 5, 5, n, "x")
			return err
		}))
	}
	look := func() db.Version {
		v, err := d.Version(t.Context())
		must(t, err)
		return v
	}
	if look().Same(db.Version{}) || (db.Version{}).Same(db.Version{}) {
		t.Error("the zero version is the same as another")
	}
	for i := range 40 {
		before := look()
		loud := false
		for k := range 4 {
			quiet := i>>k&1 == 0
			loud = loud || !quiet
			write(quiet)
		}
		if got := look().Same(before); got == loud {
			t.Errorf("round %d: same is %v", i, got)
		}
	}
	before := look()
	for range 5 {
		must(t, d.Do(t.Context(), by, func(tx *db.Tx) error { tx.Quiet(); return nil })) // nothing written at all
		write(false)
	}
	if look().Same(before) {
		t.Error("transactions that wrote nothing were taken off the count")
	}
	var wg sync.WaitGroup
	stop := make(chan struct{})
	defer wg.Wait()
	defer close(stop)
	wg.Go(func() {
		for {
			select {
			case <-stop:
				return
			default:
				write(true)
			}
		}
	})
	for i := range 300 {
		before := look()
		err := d.Do(t.Context(), by, func(tx *db.Tx) error { _, err := tx.Exec(addLog, 6, 6, i, "x"); return err })
		must(t, err)
		if look().Same(before) {
			t.Fatal("a commit among quiet ones went unseen")
		}
	}
}

// TestQuietElsewhere holds that what another process does is never quiet.
func TestQuietElsewhere(t *testing.T) {
	dir := t.TempDir()
	open := func() *db.DB {
		d, err := db.Open(t.Context(), dir, db.Options{Schema: schema})
		must(t, err)
		t.Cleanup(func() { d.Close() })
		return d
	}
	here, there := open(), open()
	for i := range 20 {
		before, err := here.Version(t.Context())
		must(t, err)
		for k, d := range []*db.DB{here, there, here}[i%2:] {
			must(t, d.Do(t.Context(), by, func(tx *db.Tx) error {
				tx.Quiet()
				_, err := tx.Exec(addLog, 7, 7, 10*i+k, "x")
				return err
			}))
		}
		if now, err := here.Version(t.Context()); err != nil || now.Same(before) {
			t.Errorf("round %d: the commit of another went unseen (%v)", i, err)
		}
	}
}

// deal writes n cards.
func deal(t *testing.T, d *db.DB, n int) []id.ID {
	t.Helper()
	ids := someIDs(d, n)
	write(t, d, func(tx *db.Tx) error { return tx.Bulk(cards, n, fillCards(ids, numbered, tx.Now())) })
	return ids
}

func must(t *testing.T, err error) {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
}

// TestLocksStay holds that looking at the version leaves the locks in place by
// which other processes know that the register is open: without them the next one
// to open it would empty the file that all share.
func TestLocksStay(t *testing.T) {
	dir := t.TempDir()
	d, err := db.Open(t.Context(), dir, db.Options{Schema: schema})
	must(t, err)
	defer d.Close()
	deal(t, d, 3)
	locks := func() int {
		info, err := os.Stat(filepath.Join(dir, db.FileName+"-shm"))
		must(t, err)
		all, err := os.ReadFile("/proc/locks")
		must(t, err)
		return strings.Count(string(all), fmt.Sprintf(":%d ", info.Sys().(*syscall.Stat_t).Ino))
	}
	before := locks()
	_, err = d.Version(t.Context())
	must(t, err)
	if after := locks(); before == 0 || after < before {
		t.Errorf("%d locks before the look, %d after", before, after)
	}
}
