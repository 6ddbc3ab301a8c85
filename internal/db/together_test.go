package db_test

import (
	"context"
	"errors"
	"sync"
	"sync/atomic"
	"testing"

	"kartotek/internal/db"
	"kartotek/internal/db/dbtest"
)

var cntLog = db.SQL(db.Set, `SELECT count(*) FROM cards_log WHERE bucket = $1`)

// TestTogether lets many acts come at once: each counts by itself, those that fail
// leave nothing, and all that are answered well are stored.
func TestTogether(t *testing.T) {
	dbtest.Each(t, schema, func(t *testing.T, d *db.DB) {
		boom := errors.New("no")
		var wg sync.WaitGroup
		var stored, told, refused, broke atomic.Int64
		for i := range 120 {
			wg.Go(func() {
				err := d.Together(t.Context(), by, func(tx *db.Tx) error {
					tx.AfterCommit(func() { told.Add(1) })
					if _, err := tx.Exec(addLog, 9, 9, i, "x"); err != nil {
						return err
					}
					switch {
					case i%5 == 0:
						return boom
					case i%7 == 0 && d.Engine() == db.SQLite:
						panic("an act that breaks")
					}
					return nil
				})
				switch {
				case err == nil:
					stored.Add(1)
				case errors.Is(err, boom):
					refused.Add(1)
				default:
					broke.Add(1)
				}
			})
		}
		wg.Wait()
		n := 0
		must(t, d.View(t.Context(), by, func(tx *db.Tx) error { _, err := tx.One(cntLog, []any{&n}, 9); return err }))
		if int64(n) != stored.Load() || told.Load() != stored.Load() || refused.Load() != 24 || stored.Load()+refused.Load()+broke.Load() != 120 {
			t.Errorf("%d rows, %d stored, %d told, %d refused, %d broke", n, stored.Load(), told.Load(), refused.Load(), broke.Load())
		}
		ended, end := context.WithCancel(t.Context())
		end()
		if err := d.Together(ended, by, func(tx *db.Tx) error { return nil }); !errors.Is(err, context.Canceled) {
			t.Errorf("an act nobody waits for any more: %v", err)
		}
	})
}
