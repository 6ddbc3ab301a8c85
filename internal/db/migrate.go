package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"slices"

	"kartotek/internal/clock"
	"kartotek/internal/fault"
)

const makeSteps = `CREATE TABLE IF NOT EXISTS schema_steps (room TEXT NOT NULL, step INTEGER NOT NULL, at BIGINT NOT NULL, PRIMARY KEY (room, step))`
const makeDebt = `CREATE TABLE IF NOT EXISTS index_debt (name TEXT NOT NULL PRIMARY KEY)`

// migrate makes missing tables and runs missing steps, one process at a time.
// A register written by a newer program is refused: an older one would not know
// what its rows mean.
func (d *DB) migrate(ctx context.Context) (err error) {
	defer fault.Wrap(&err, "bring the schema up to date")
	done, err := d.stepsDone(ctx)
	if err != nil {
		return err
	}
	missing, err := d.missing(done)
	if err != nil || len(missing) == 0 {
		return err
	}
	if d.opt.ReadOnly {
		return fault.New(fault.Conflict, "db.old_schema", "the register has an older schema; open it once for writing")
	}
	return d.locked(ctx, func(tx *sql.Tx) error {
		return d.applyMissing(ctx, tx)
	})
}

type step struct {
	room   string
	number int
	ddl    []string
}

func (d *DB) steps() []step {
	var all []step
	for _, s := range d.schemas {
		var ddl []string
		for _, t := range s.Tables {
			ddl = append(ddl, t.DDL(d.engine, d.opt.Partition)...)
		}
		all = append(all, step{s.Room, 1, ddl})
		for _, st := range s.Steps {
			var ddl []string
			for _, text := range st.DDL {
				ddl = append(ddl, portable(d.engine, text))
			}
			all = append(all, step{s.Room, st.Number, ddl})
		}
	}
	return all
}

func (d *DB) missing(done map[string]int) ([]step, error) {
	newest := map[string]int{}
	var out []step
	for _, s := range d.steps() {
		newest[s.room] = max(newest[s.room], s.number)
		if s.number > done[s.room] {
			out = append(out, s)
		}
	}
	for room, n := range done {
		if len(d.schemas) > 0 && n > newest[room] {
			return nil, fault.New(fault.Conflict, "db.newer_schema",
				"this register was written by a newer Kartotek (%s is at step %d, this program knows %d): use the newer program", room, n, newest[room])
		}
	}
	return out, nil
}

// Own are the tables of this package itself.
var Own = []string{"schema_steps", "schema_shape", "index_debt", "key_mark"}

// Tables lists every table of the schemas.
func (o Options) Tables() []Table { return (&DB{schemas: withNeeded(o.Schema)}).Tables() }

// Fits tells whether a register whose rooms have come as far as done says is one that
// this program knows, or can bring up to date: one of a newer program is refused.
func (o Options) Fits(done map[string]int) error {
	_, err := (&DB{schemas: withNeeded(o.Schema)}).missing(done)
	return err
}

// stepsDone reads how far each room has come; an empty database has come nowhere.
func (d *DB) stepsDone(ctx context.Context) (map[string]int, error) {
	exists := `SELECT count(*) FROM sqlite_master WHERE type='table' AND name='schema_steps'`
	if d.engine == Postgres {
		exists = `SELECT count(*) FROM information_schema.tables WHERE table_name='schema_steps' AND table_schema=current_schema()`
	}
	var n int
	if err := d.write.QueryRowContext(ctx, exists).Scan(&n); err != nil || n == 0 {
		return map[string]int{}, err
	}
	return readSteps(ctx, d.write)
}

type querier interface {
	QueryContext(context.Context, string, ...any) (*sql.Rows, error)
}

func readSteps(ctx context.Context, q querier) (map[string]int, error) {
	rows, err := q.QueryContext(ctx, `SELECT room, max(step) FROM schema_steps GROUP BY room`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	done := map[string]int{}
	for rows.Next() {
		var room string
		var n int
		if err := rows.Scan(&room, &n); err != nil {
			return nil, err
		}
		done[room] = n
	}
	return done, rows.Err()
}

// locked runs fn in a transaction no other migrating process can enter.
func (d *DB) locked(ctx context.Context, fn func(*sql.Tx) error) error {
	tx, err := d.write.BeginTx(ctx, nil) // IMMEDIATE on SQLite: it waits for other writers
	if err != nil {
		return err
	}
	defer tx.Rollback()
	if d.engine == Postgres {
		if _, err := tx.ExecContext(ctx, `SELECT pg_advisory_xact_lock(7061957)`); err != nil {
			return err
		}
	}
	if err := fn(tx); err != nil {
		return err
	}
	return tx.Commit()
}

func (d *DB) applyMissing(ctx context.Context, tx *sql.Tx) error {
	for _, text := range []string{makeSteps, makeDebt, makeMark} {
		if _, err := tx.ExecContext(ctx, text); err != nil {
			return err
		}
	}
	done, err := readSteps(ctx, tx) // again: another process may have been first
	if err != nil {
		return err
	}
	missing, err := d.missing(done)
	if err != nil {
		return err
	}
	for _, s := range missing {
		for _, ddl := range s.ddl {
			if _, err := tx.ExecContext(ctx, ddl); err != nil {
				return fmt.Errorf("%s step %d: %w in %s", s.room, s.number, err, ddl)
			}
		}
		now := clock.Ms(d.clk.Now())
		if _, err := tx.ExecContext(ctx, `INSERT INTO schema_steps (room, step, at) VALUES ($1, $2, $3)`, s.room, s.number, now); err != nil {
			return err
		}
	}
	return nil
}

// Tables lists every table of the open schema, for checks and exports.
func (d *DB) Tables() []Table {
	var out []Table
	for _, s := range d.schemas {
		out = append(out, s.Tables...)
	}
	return out
}

func (d *DB) indexesOf(tables []string) map[string]string {
	out := map[string]string{}
	for _, t := range d.Tables() {
		if !slices.Contains(tables, t.Name) {
			continue
		}
		for _, ix := range t.Indexes {
			if !ix.Unique {
				out[ix.Name] = ix.DDL(t.Name)
			}
		}
	}
	return out
}

// WithoutIndexes runs a large load with the plain secondary indexes of tables
// away, and builds them afterwards in one sorted pass each, also when load
// failed. If the process dies in between, RepairIndexes builds them.
func (d *DB) WithoutIndexes(ctx context.Context, tables []string, load func() error) (err error) {
	err = d.locked(ctx, func(tx *sql.Tx) error {
		for name := range d.indexesOf(tables) {
			if _, err := tx.ExecContext(ctx, `INSERT INTO index_debt (name) VALUES ($1) ON CONFLICT (name) DO NOTHING`, name); err != nil {
				return err
			}
			if _, err := tx.ExecContext(ctx, `DROP INDEX IF EXISTS `+name); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	if err := d.bulkMode(ctx, true); err != nil {
		return err
	}
	done := context.WithoutCancel(ctx)
	return errors.Join(load(), d.bulkMode(done, false), d.RepairIndexes(done))
}

// bulkMode gives SQLite's writer more memory and rarer checkpoints while a large
// load runs: each batch touches the end of every bucket, so pages are changed
// again by the next batch, and writing them to the file once is enough.
func (d *DB) bulkMode(ctx context.Context, on bool) error {
	if d.engine != SQLite {
		return nil
	}
	pragmas := fmt.Sprintf("PRAGMA cache_size = -%d; PRAGMA wal_autocheckpoint = 4000; PRAGMA shrink_memory; PRAGMA wal_checkpoint(PASSIVE)", writerCache)
	if on {
		pragmas = "PRAGMA cache_size = -48000; PRAGMA wal_autocheckpoint = 40000"
	}
	_, err := d.write.ExecContext(ctx, pragmas)
	return err
}

// RepairIndexes builds the indexes that an interrupted load left away. It does
// nothing, in microseconds, when there are none.
func (d *DB) RepairIndexes(ctx context.Context) error {
	var owed int
	if err := d.write.QueryRowContext(ctx, `SELECT count(*) FROM index_debt`).Scan(&owed); err != nil || owed == 0 {
		return err
	}
	var all []string
	for _, t := range d.Tables() {
		all = append(all, t.Name)
	}
	ddl := d.indexesOf(all)
	return d.locked(ctx, func(tx *sql.Tx) error {
		names, err := strings1(ctx, tx, `SELECT name FROM index_debt ORDER BY name`)
		if err != nil {
			return err
		}
		for _, name := range names {
			if _, err := tx.ExecContext(ctx, `DROP INDEX IF EXISTS `+name); err != nil {
				return err
			}
			if _, err := tx.ExecContext(ctx, ddl[name]); err != nil {
				return err
			}
			if _, err := tx.ExecContext(ctx, `DELETE FROM index_debt WHERE name = $1`, name); err != nil {
				return err
			}
		}
		return nil
	})
}

func strings1(ctx context.Context, q querier, text string) ([]string, error) {
	rows, err := q.QueryContext(ctx, text)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	var out []string
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			return nil, err
		}
		out = append(out, s)
	}
	return out, rows.Err()
}
