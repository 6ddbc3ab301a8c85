package db

import (
	"fmt"
	"strings"

	"github.com/jackc/pgx/v5"
	"github.com/jackc/pgx/v5/stdlib"
)

// Bulk inserts n rows. fill writes row i's values into dst, whose length is the
// number of columns. Rows should come in key order: the table is clustered by it.
func (t *Tx) Bulk(ins *Insert, n int, fill func(i int, dst []any)) error {
	if n == 0 {
		return nil
	}
	if t.db.engine == SQLite {
		return t.bulkSQLite(ins, n, fill)
	}
	if ins.Conflict != "" {
		return t.bulkUpsert(ins, n, fill)
	}
	return t.copyRows(ins, n, fill)
}

func (t *Tx) bulkSQLite(ins *Insert, n int, fill func(i int, dst []any)) error {
	cols := len(ins.Cols)
	args := make([]any, batchRows*cols)
	i := 0
	for ; i+batchRows <= n; i += batchRows {
		for r := range batchRows {
			fill(i+r, args[r*cols:(r+1)*cols])
		}
		if err := t.insert(ins, ins.many[0], args); err != nil {
			return err
		}
	}
	for ; i < n; i++ {
		fill(i, args[:cols])
		if err := t.insert(ins, ins.many[1], args[:cols]); err != nil {
			return err
		}
	}
	return nil
}

func (t *Tx) insert(ins *Insert, text string, args []any) error {
	if _, err := t.tx.ExecContext(t.ctx, text, args...); err != nil {
		return fmt.Errorf("insert into %s: %w", ins.Table, err)
	}
	return nil
}

// bulkUpsert sends multi-row INSERT … ON CONFLICT on PostgreSQL, where COPY cannot.
func (t *Tx) bulkUpsert(ins *Insert, n int, fill func(i int, dst []any)) error {
	cols := len(ins.Cols)
	for i := 0; i < n; {
		rows := min(batchRows, n-i)
		args := make([]any, rows*cols)
		for r := range rows {
			fill(i+r, args[r*cols:(r+1)*cols])
		}
		if _, err := t.tx.ExecContext(t.ctx, ins.text(rows, "$"), args...); err != nil {
			return fmt.Errorf("insert into %s: %w", ins.Table, err)
		}
		i += rows
	}
	return nil
}

type copySource struct {
	n, i int
	row  []any
	fill func(i int, dst []any)
}

func (c *copySource) Next() bool { c.i++; return c.i < c.n }
func (c *copySource) Values() ([]any, error) {
	c.fill(c.i, c.row)
	return c.row, nil
}
func (c *copySource) Err() error { return nil }

func (t *Tx) copyRows(ins *Insert, n int, fill func(i int, dst []any)) error {
	err := t.conn.Raw(func(raw any) error {
		src := &copySource{n: n, i: -1, row: make([]any, len(ins.Cols)), fill: fill}
		_, err := raw.(*stdlib.Conn).Conn().CopyFrom(t.ctx, pgx.Identifier{ins.Table}, ins.Cols, src)
		return err
	})
	if err != nil {
		return fmt.Errorf("copy into %s: %w", strings.TrimSpace(ins.Table), err)
	}
	return nil
}
