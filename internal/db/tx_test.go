package db_test

import (
	"errors"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"

	"kartotek/internal/db"
	"kartotek/internal/db/dbtest"
	"kartotek/internal/fault"
	"kartotek/internal/id"
)

// fillCards gives n people named by their place in the list.
func fillCards(ids []id.ID, names func(i int) string, at int64) func(i int, dst []any) {
	return func(i int, dst []any) {
		dst[0], dst[1], dst[2], dst[3], dst[4], dst[5], dst[6] = ids[i].Bucket(), ids[i], names(i), nil, 1.5, []byte{0, 1, 255}, at
		if i%2 == 0 {
			dst[3] = "Åbo"
		}
	}
}

func someIDs(d *db.DB, n int) []id.ID {
	ids := make([]id.ID, n)
	for i := range ids {
		ids[i] = d.NewID()
	}
	slices.SortFunc(ids, func(a, b id.ID) int {
		if c := a.Bucket() - b.Bucket(); c != 0 {
			return c
		}
		return int(a - b)
	})
	return ids
}

func numbered(i int) string { return "Name " + string(rune('a'+i/26%26)) + string(rune('a'+i%26)) }

func TestBulkAndArguments(t *testing.T) {
	dbtest.Each(t, schema, func(t *testing.T, d *db.DB) {
		ids := someIDs(d, 173) // three full batches and a rest on SQLite
		write(t, d, func(tx *db.Tx) error { return tx.Bulk(cards, len(ids), fillCards(ids, numbered, tx.Now())) })
		view(t, d, func(tx *db.Tx) error {
			var n, at, top int64
			if _, err := tx.One(countCards, []any{&n, &at, &top}); err != nil {
				return err
			}
			if n != 173 || at != dbtest.Start.UnixMilli() || id.ID(top) != slices.Max(ids) {
				t.Errorf("read %d rows, time %d, largest %d", n, at, top)
			}
			var name string
			var city *string
			var score float64
			var photo []byte
			found, err := tx.One(cardByKey, []any{&name, &city, &score, &photo}, ids[4].Bucket(), ids[4])
			if err != nil || !found || name != numbered(4) || *city != "Åbo" || score != 1.5 || string(photo) != "\x00\x01\xff" {
				t.Errorf("read %v %q %v %v %v: %v", found, name, city, score, photo, err)
			}
			if found, err = tx.One(twisted, []any{&name}, ids[9].Bucket(), ids[9]); err != nil || !found || name != numbered(9) {
				t.Errorf("placeholders out of order: %v %q %v", found, name, err)
			}
			return nil
		})
	})
}

func TestLists(t *testing.T) {
	dbtest.Each(t, schema, func(t *testing.T, d *db.DB) {
		ids := someIDs(d, 5)
		write(t, d, func(tx *db.Tx) error { return tx.Bulk(cards, 5, fillCards(ids, numbered, tx.Now())) })
		view(t, d, func(tx *db.Tx) error {
			for want, q := range map[string]func() []string{
				"Name aa,Name ac": func() []string { return names(t, tx, byName, []string{numbered(0), numbered(2), "Nobody"}) },
				"Name ab":         func() []string { return names(t, tx, byID, []id.ID{ids[1], 7}, tx.Now()) },
				"Name ae":         func() []string { return names(t, tx, byID, []int64{int64(ids[4])}, tx.Now()) },
				"":                func() []string { return names(t, tx, byName, []string{}) },
			} {
				if got := strings.Join(q(), ","); got != want {
					t.Errorf("got %q, want %q", got, want)
				}
			}
			err := tx.Each(byName, func(db.Scan) error { return nil }, make([]string, 501))
			if err == nil || !strings.Contains(err.Error(), "501 values") {
				t.Errorf("a list that is too long: %v", err)
			}
			return nil
		})
	})
}

func names(t *testing.T, tx *db.Tx, s *db.Stmt, args ...any) (out []string) {
	t.Helper()
	err := tx.Each(s, func(scan db.Scan) error {
		var name string
		err := scan(&name)
		out = append(out, name)
		return err
	}, args...)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

func TestRefusedArguments(t *testing.T) {
	dbtest.Each(t, schema, func(t *testing.T, d *db.DB) {
		now := time.Now()
		for _, args := range [][]any{{}, {1}, {1, 2, 3}, {1, now}, {1, &now}} {
			err := d.View(t.Context(), by, func(tx *db.Tx) error {
				_, err := tx.One(cardByKey, nil, args...)
				return err
			})
			if err == nil {
				t.Errorf("%d arguments %T were taken", len(args), args)
			}
		}
	})
}

func TestBulkConflict(t *testing.T) {
	dbtest.Each(t, schema, func(t *testing.T, d *db.DB) {
		ids := someIDs(d, 120)
		write(t, d, func(tx *db.Tx) error { return tx.Bulk(cards, 60, fillCards(ids, numbered, tx.Now())) })
		renamed := func(i int) string { return "New " + numbered(i) }
		write(t, d, func(tx *db.Tx) error { return tx.Bulk(cardsUpsert, 120, fillCards(ids, renamed, tx.Now())) })
		err := d.Do(t.Context(), by, func(tx *db.Tx) error { return tx.Bulk(cards, 1, fillCards(ids, numbered, tx.Now())) })
		if err == nil {
			t.Error("a second row with the same key was taken")
		}
		view(t, d, func(tx *db.Tx) error {
			if got := names(t, tx, byName, []string{renamed(3), renamed(100), numbered(3)}); len(got) != 2 {
				t.Errorf("after the upsert: %v", got)
			}
			return nil
		})
	})
}

func TestAppendOnly(t *testing.T) {
	dbtest.Each(t, schema, func(t *testing.T, d *db.DB) {
		p := d.NewID()
		write(t, d, func(tx *db.Tx) error {
			_, err := tx.Exec(addLog, p.Bucket(), p, tx.NewID(), "made")
			return err
		})
		for what, fn := range map[string]func(*db.Tx) (int64, error){
			"UPDATE": func(tx *db.Tx) (int64, error) { return tx.Exec(changeLog, p.Bucket(), p, "forged") },
			"DELETE": func(tx *db.Tx) (int64, error) { return tx.Exec(deleteLog, p.Bucket(), p) },
		} {
			err := d.Do(t.Context(), by, func(tx *db.Tx) error { _, err := fn(tx); return err })
			if err == nil {
				t.Errorf("%s of an append-only table was let through", what)
			}
		}
	})
}

func TestBucketCheck(t *testing.T) {
	dbtest.Each(t, schema, func(t *testing.T, d *db.DB) {
		p := d.NewID()
		err := d.Do(t.Context(), by, func(tx *db.Tx) error {
			_, err := tx.Exec(addLog, p.Bucket()^1, p, tx.NewID(), "made")
			return err
		})
		if err == nil {
			t.Error("a row in the wrong bucket was taken")
		}
	})
}

// TestRetry lets two transactions read the sum and write what they read: one of
// them must run again, so that no addition is lost.
func TestRetry(t *testing.T) {
	dbtest.Each(t, schema, func(t *testing.T, d *db.DB) {
		const workers, rounds = 4, 6
		drawer := d.NewID()
		write(t, d, func(tx *db.Tx) error { _, err := tx.Exec(addDrawer, drawer, "top", 0); return err })
		var wg sync.WaitGroup
		var done, committed sync.Map
		for w := range workers {
			wg.Go(func() {
				for r := range rounds {
					err := d.Do(t.Context(), by, func(tx *db.Tx) error {
						var n int
						if _, err := tx.One(readDrawer, []any{&n}, drawer); err != nil {
							return err
						}
						tx.AfterCommit(func() { committed.Store(w*100+r, true) })
						_, err := tx.Exec(setDrawer, drawer, n+1)
						return err
					})
					if err == nil {
						done.Store(w*100+r, true)
					}
				}
			})
		}
		wg.Wait()
		succeeded, hooks := 0, 0
		done.Range(func(_, _ any) bool { succeeded++; return true })
		committed.Range(func(_, _ any) bool { hooks++; return true })
		view(t, d, func(tx *db.Tx) error {
			var n int
			_, err := tx.One(sumDrawers, []any{&n})
			if n != succeeded || hooks != succeeded || n < rounds {
				t.Errorf("%d additions said to be done, %d found, %d told after commit", succeeded, n, hooks)
			}
			return err
		})
	})
}

func TestRetryRunsAgain(t *testing.T) {
	d := dbtest.Postgres(t, schema)
	a, b := d.NewID(), d.NewID()
	write(t, d, func(tx *db.Tx) error {
		_, err := tx.Exec(addDrawer, a, "a", 1)
		return err
	})
	runs := 0
	err := d.Do(t.Context(), by, func(tx *db.Tx) error {
		runs++
		var n int
		if _, err := tx.One(readDrawer, []any{&n}, a); err != nil {
			return err
		}
		if runs == 1 { // another writer comes in between
			if err := d.Do(t.Context(), by, func(tx *db.Tx) error { _, err := tx.Exec(setDrawer, a, 5); return err }); err != nil {
				return err
			}
		}
		if _, err := tx.Exec(setDrawer, a, n+1); err != nil {
			return err
		}
		_, err := tx.Exec(addDrawer, b, "b", n)
		return err
	})
	if err != nil || runs != 2 {
		t.Fatalf("ran %d times: %v", runs, err)
	}
	view(t, d, func(tx *db.Tx) error {
		var n int
		_, err := tx.One(readDrawer, []any{&n}, a)
		if n != 6 {
			t.Errorf("found %d, want 6", n)
		}
		return err
	})
}

// TestPanic holds that a function that panics leaves the register usable.
func TestPanic(t *testing.T) {
	dbtest.Each(t, schema, func(t *testing.T, d *db.DB) {
		drawer := d.NewID()
		func() {
			defer func() { _ = recover() }()
			_ = d.Do(t.Context(), by, func(tx *db.Tx) error {
				_, _ = tx.Exec(addDrawer, drawer, "lost", 1)
				panic("a bug")
			})
		}()
		write(t, d, func(tx *db.Tx) error {
			var n int
			found, err := tx.One(readDrawer, []any{&n}, drawer)
			if found {
				t.Error("what a panicking transaction wrote was kept")
			}
			return err
		})
	})
}

func TestAfterCommitAndRollback(t *testing.T) {
	dbtest.Each(t, schema, func(t *testing.T, d *db.DB) {
		told := 0
		boom := errors.New("no")
		err := d.Do(t.Context(), by, func(tx *db.Tx) error {
			tx.AfterCommit(func() { told++ })
			return boom
		})
		if !errors.Is(err, boom) || told != 0 {
			t.Errorf("err %v, told %d", err, told)
		}
		write(t, d, func(tx *db.Tx) error {
			tx.AfterCommit(func() {
				write(t, d, func(*db.Tx) error { told++; return nil }) // the connection is free again
			})
			return nil
		})
		if told != 1 {
			t.Errorf("told %d times", told)
		}
	})
}

// TestGather: what is given in one transaction is handed over once, together, after the
// commit, and not at all when there was none.
func TestGather(t *testing.T) {
	dbtest.Each(t, schema, func(t *testing.T, d *db.DB) {
		var got [][]id.ID
		give := func(fail error) error {
			return d.Do(t.Context(), by, func(tx *db.Tx) error {
				for _, things := range [][]id.ID{{1}, {2, 3}} {
					tx.Gather("keys", things, func(all []id.ID) { got = append(got, all) })
				}
				return fail
			})
		}
		if err := give(errors.New("no")); err == nil || len(got) > 0 {
			t.Errorf("rolled back: %v, %v", got, err)
		}
		if err := give(nil); err != nil || len(got) != 1 || !slices.Equal(got[0], []id.ID{1, 2, 3}) {
			t.Errorf("%v, %v", got, err)
		}
	})
}

func TestViewCannotWrite(t *testing.T) {
	dbtest.Each(t, schema, func(t *testing.T, d *db.DB) {
		err := d.View(t.Context(), by, func(tx *db.Tx) error {
			_, err := tx.Exec(addDrawer, tx.NewID(), "x", 1)
			return err
		})
		if err == nil {
			t.Error("a read transaction wrote")
		}
	})
}

func TestSkipLocked(t *testing.T) {
	d := dbtest.Postgres(t, schema)
	write(t, d, func(tx *db.Tx) error {
		for range 2 {
			if _, err := tx.Exec(addDrawer, tx.NewID(), "x", 1); err != nil {
				return err
			}
		}
		return nil
	})
	first := func(tx *db.Tx) (got int64) {
		if _, err := tx.One(someDrawers, []any{&got}, 1); err != nil {
			t.Error(err)
		}
		return got
	}
	write(t, d, func(tx *db.Tx) error {
		mine := first(tx)
		return d.Do(t.Context(), by, func(tx *db.Tx) error {
			if other := first(tx); other == mine || other == 0 {
				t.Errorf("two holders of row %d", other)
			}
			return nil
		})
	})
}

func TestReadOnly(t *testing.T) {
	dir := t.TempDir()
	dbtest.Open(t, dir, schema)
	d := dbtest.Open(t, dir, schema, func(o *db.Options) { o.ReadOnly = true })
	if err := d.Do(t.Context(), by, func(*db.Tx) error { return nil }); !fault.Is(err, fault.Unavailable) {
		t.Errorf("got %v", err)
	}
}
