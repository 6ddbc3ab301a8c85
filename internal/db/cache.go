package db

import (
	"container/list"
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"strings"

	"modernc.org/sqlite"
)

// Preparing a statement costs SQLite more than running it: of a point read,
// four fifths. Every statement here is a registered text, so each connection
// keeps the ones it ran last, prepared, until it closes. (On PostgreSQL pgx does
// the same.) A kept statement that runs holds no lock once its rows are closed;
// one whose table changed shape is prepared again by SQLite itself.

// maxPrepared is how many statements a connection keeps; each holds some 10 kB.
const maxPrepared = 160

// openLite opens a SQLite file whose connections keep their statements.
func openLite(dsn string) (*sql.DB, error) {
	base, err := sqlite.NewConnector(dsn)
	if err != nil {
		return nil, err
	}
	return sql.OpenDB(keeping{base}), nil
}

type keeping struct{ driver.Connector }

// Connect implements driver.Connector.
func (k keeping) Connect(ctx context.Context) (driver.Conn, error) {
	c, err := k.Connector.Connect(ctx)
	if err != nil {
		return nil, err
	}
	return &liteConn{lite: c.(lite), kept: map[string]*list.Element{}}, nil
}

// lite is what the driver's connection can do.
type lite interface {
	driver.Conn
	driver.ConnPrepareContext
	driver.ConnBeginTx
	driver.ExecerContext
	driver.QueryerContext
	driver.SessionResetter
	driver.Validator
	driver.Pinger
}

// liteConn is a connection with its prepared statements, the last used in front.
type liteConn struct {
	lite
	kept  map[string]*list.Element // by text
	order list.List                // of *keptStmt
}

type keptStmt struct {
	text string
	stmt liteStmt
	busy bool // its rows are being read
}

type liteStmt interface {
	driver.Stmt
	driver.StmtExecContext
	driver.StmtQueryContext
}

// keepable reports whether a text is one of those that come again: no setting, no DDL.
func keepable(text string) bool {
	for _, verb := range []string{"SELECT", "INSERT", "UPDATE", "DELETE", "WITH", "SAVEPOINT", "RELEASE", "ROLLBACK TO"} {
		if strings.HasPrefix(text, verb) {
			return true
		}
	}
	return false
}

// take gives the prepared statement of a text, nil when it is better run
// unprepared: because it will not come again, or is being read from already.
func (c *liteConn) take(ctx context.Context, text string) (*keptStmt, error) {
	if e := c.kept[text]; e != nil {
		k := e.Value.(*keptStmt)
		if k.busy {
			return nil, nil
		}
		c.order.MoveToFront(e)
		return k, nil
	}
	if !keepable(text) {
		return nil, nil
	}
	st, err := c.PrepareContext(ctx, text)
	if err != nil {
		return nil, err
	}
	k := &keptStmt{text: text, stmt: st.(liteStmt)}
	c.kept[text] = c.order.PushFront(k)
	return k, c.trim()
}

// trim closes the statements not used for longest.
func (c *liteConn) trim() error {
	for e := c.order.Back(); e != nil && c.order.Len() > maxPrepared; {
		k, before := e.Value.(*keptStmt), e.Prev()
		if !k.busy {
			c.order.Remove(e)
			delete(c.kept, k.text)
			if err := k.stmt.Close(); err != nil {
				return err
			}
		}
		e = before
	}
	return nil
}

// ExecContext implements driver.ExecerContext.
func (c *liteConn) ExecContext(ctx context.Context, text string, args []driver.NamedValue) (driver.Result, error) {
	k, err := c.take(ctx, text)
	if err != nil {
		return nil, err
	}
	if k == nil {
		return c.lite.ExecContext(ctx, text, args)
	}
	return k.stmt.ExecContext(ctx, args)
}

// QueryContext implements driver.QueryerContext.
func (c *liteConn) QueryContext(ctx context.Context, text string, args []driver.NamedValue) (driver.Rows, error) {
	k, err := c.take(ctx, text)
	if err != nil {
		return nil, err
	}
	if k == nil {
		return c.lite.QueryContext(ctx, text, args)
	}
	rows, err := k.stmt.QueryContext(ctx, args)
	if err != nil {
		return nil, err
	}
	k.busy = true
	return &keptRows{rows, k}, nil
}

// Close implements driver.Conn.
func (c *liteConn) Close() error {
	var errs []error
	for e := c.order.Front(); e != nil; e = e.Next() {
		errs = append(errs, e.Value.(*keptStmt).stmt.Close())
	}
	clear(c.kept)
	c.order.Init()
	return errors.Join(append(errs, c.lite.Close())...)
}

// keptRows gives the statement back when they are closed.
type keptRows struct {
	driver.Rows
	from *keptStmt
}

// Close implements driver.Rows.
func (r *keptRows) Close() error {
	err := r.Rows.Close()
	r.from.busy = false
	return err
}
