package db

import (
	"database/sql/driver"
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

// insert runs one statement past database/sql, which would copy its thousand
// arguments once more. When the context has ended the transaction may be over, and
// what ran then would stay.
func (t *Tx) insert(ins *Insert, text string, args []any) error {
	err := t.conn.Raw(func(c any) (err error) {
		if err := t.ctx.Err(); err != nil {
			return err
		}
		if t.named, err = nameArgs(t.named[:0], args); err == nil {
			var res driver.Result
			if res, err = c.(*liteConn).ExecContext(t.ctx, text, t.named); err == nil {
				changed, _ := res.RowsAffected()
				t.wrote = t.wrote || changed > 0
			}
		}
		return err
	})
	if err != nil {
		return fmt.Errorf("insert into %s: %w", ins.Table, err)
	}
	return nil
}

// nameArgs appends arguments in the driver's form.
func nameArgs(dst []driver.NamedValue, args []any) ([]driver.NamedValue, error) {
	for i, a := range args {
		switch a.(type) {
		case nil, int64, string, []byte, float64:
		default:
			var err error
			if a, err = driver.DefaultParameterConverter.ConvertValue(a); err != nil {
				return nil, err
			}
		}
		dst = append(dst, driver.NamedValue{Ordinal: i + 1, Value: a})
	}
	return dst, nil
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
