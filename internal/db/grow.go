package db

import (
	"context"
	"crypto/sha256"
	"database/sql"
	"encoding/hex"
	"fmt"

	"kartotek/internal/fault"
)

// A schema grows by tables, columns and indexes being written into it; nothing is
// ever taken out. A register made by an earlier program then lacks some, and gets
// them when it is opened: old rows hold "", 0 or nothing in a new column. What
// needs more than that, such as a change of what rows mean, is a Step.

const makeShape = `CREATE TABLE IF NOT EXISTS schema_shape (shape TEXT NOT NULL PRIMARY KEY)`

// shape names the schemas this program knows; it changes with every word of them.
func (d *DB) shape() string {
	h := sha256.New()
	for _, s := range d.steps() {
		fmt.Fprintln(h, s.room, s.number, s.ddl)
	}
	return hex.EncodeToString(h.Sum(nil)[:16])
}

// grow brings a register up to the schemas. One that has the shape already costs one
// question.
func (d *DB) grow(ctx context.Context) (err error) {
	defer fault.Wrap(&err, "add what the schema has more")
	shape := d.shape()
	if d.known(ctx, shape) {
		return nil
	}
	if d.opt.ReadOnly {
		return fault.New(fault.Conflict, "db.old_schema", "the register has an older schema; open it once for writing")
	}
	return d.locked(ctx, func(tx *sql.Tx) error {
		if _, err := tx.ExecContext(ctx, makeShape); err != nil {
			return err
		}
		for _, t := range d.Tables() {
			if err := d.growTable(ctx, tx, t); err != nil {
				return err
			}
		}
		if _, err := tx.ExecContext(ctx, `DELETE FROM schema_shape`); err != nil {
			return err
		}
		_, err := tx.ExecContext(ctx, `INSERT INTO schema_shape (shape) VALUES ($1)`, shape)
		return err
	})
}

func (d *DB) known(ctx context.Context, shape string) bool {
	var n int
	err := d.write.QueryRowContext(ctx, `SELECT count(*) FROM schema_shape WHERE shape = $1`, shape).Scan(&n)
	return err == nil && n > 0 // an error is that of a register without the table
}

func (d *DB) growTable(ctx context.Context, tx *sql.Tx, t Table) error {
	run := func(all ...string) error {
		for _, ddl := range all {
			if _, err := tx.ExecContext(ctx, ddl); err != nil {
				return fmt.Errorf("%w in %s", err, ddl)
			}
		}
		return nil
	}
	have, err := d.columns(ctx, tx, t.Name)
	if err != nil {
		return err
	}
	if len(have) == 0 {
		return run(t.DDL(d.engine, d.opt.Partition)...)
	}
	for _, c := range t.Cols {
		if _, ok := have[c.Name]; !ok {
			if err := run(c.add(d.engine, t.Name)...); err != nil {
				return err
			}
		}
		delete(have, c.Name)
	}
	for name, full := range have {
		if full {
			return fault.New(fault.Conflict, "db.newer_schema", "this register was written by a newer Kartotek (%s has a column %s): use the newer program", t.Name, name)
		}
	}
	return d.growIndexes(ctx, tx, t)
}

// columns lists what a table has, and of each column whether every row has a value.
func (d *DB) columns(ctx context.Context, tx *sql.Tx, table string) (map[string]bool, error) {
	text := `SELECT name, "notnull" = 1 FROM pragma_table_info($1)`
	if d.engine == Postgres {
		text = `SELECT column_name, is_nullable = 'NO' FROM information_schema.columns
			WHERE table_schema = current_schema() AND table_name = $1`
	}
	rows, err := tx.QueryContext(ctx, text, table)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	out := map[string]bool{}
	for rows.Next() {
		var name string
		var full bool
		if err := rows.Scan(&name, &full); err != nil {
			return nil, err
		}
		out[name] = full
	}
	return out, rows.Err()
}

// add gives the statements that add a column to a table with rows.
func (c Col) add(e Engine, table string) []string {
	zero := map[string]string{"int": "0", "big": "0", "real": "0", "text": "''", "blob": "''"}[c.Type]
	if e == SQLite && c.Type == "blob" {
		zero = "x''"
	}
	ddl := "ALTER TABLE " + table + " ADD COLUMN " + c.ddl(e)
	switch {
	case c.Null:
		return []string{ddl}
	case e == SQLite:
		return []string{ddl + " DEFAULT " + zero}
	}
	return []string{ddl + " DEFAULT " + zero, "ALTER TABLE " + table + " ALTER COLUMN " + c.Name + " DROP DEFAULT"}
}

// growIndexes makes indexes that are missing, but for those a load left away.
func (d *DB) growIndexes(ctx context.Context, tx *sql.Tx, t Table) error {
	exists := `SELECT count(*) FROM sqlite_master WHERE type = 'index' AND name = $1`
	if d.engine == Postgres {
		exists = `SELECT count(*) FROM pg_indexes WHERE schemaname = current_schema() AND indexname = $1`
	}
	for _, ix := range t.Indexes {
		var have, owed int
		if err := tx.QueryRowContext(ctx, exists, ix.Name).Scan(&have); err != nil {
			return err
		}
		if err := tx.QueryRowContext(ctx, `SELECT count(*) FROM index_debt WHERE name = $1`, ix.Name).Scan(&owed); err != nil {
			return err
		}
		if have+owed == 0 {
			if _, err := tx.ExecContext(ctx, ix.DDL(t.Name)); err != nil {
				return fmt.Errorf("%w in %s", err, ix.DDL(t.Name))
			}
		}
	}
	return nil
}
