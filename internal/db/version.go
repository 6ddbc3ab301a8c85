package db

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"errors"
	"strconv"
	"sync"
)

// Version tells whether anything at all was written: two equal versions mean
// that no transaction was committed between them, by this process or another.
// The zero Version equals none that Version gives.
type Version string

// watch is the connection that looks. SQLite counts the changes that one
// connection did not make itself, so it must always be the same one, and never write.
type watch struct {
	mu    sync.Mutex
	pool  *sql.DB
	conn  *sql.Conn // guarded by mu
	epoch int       // guarded by mu: raised with each new connection, whose count begins anew
}

// Version is the version of the register now. It costs some microseconds on
// SQLite, a round trip on PostgreSQL, and is meant for those who have read
// something and want to know cheaply that it still holds: take the version
// first, read, and compare later.
func (d *DB) Version(ctx context.Context) (Version, error) {
	if d.engine == Postgres {
		// The transactions finished so far: each that writes has a number, and the
		// list of those still open is part of the text.
		var v string
		err := d.read.QueryRowContext(ctx, `SELECT CAST(txid_current_snapshot() AS TEXT)`).Scan(&v)
		return Version(v), err
	}
	return d.watch.look(ctx)
}

func (w *watch) look(ctx context.Context) (Version, error) {
	w.mu.Lock()
	defer w.mu.Unlock()
	var err error
	if w.conn == nil {
		if w.conn, err = w.pool.Conn(ctx); err != nil {
			return "", err
		}
		w.epoch++
	}
	var n int64
	err = w.conn.Raw(func(c any) (err error) { n, err = c.(*liteConn).version(); return err })
	if err != nil {
		w.conn.Close()
		w.conn = nil
		return "", err
	}
	return Version(strconv.Itoa(w.epoch) + "." + strconv.FormatInt(n, 10)), nil
}

// version reads SQLite's count, past database/sql: a look is too short to be
// cancelled, and must cost no goroutine.
func (c *liteConn) version() (int64, error) {
	ctx := context.Background()
	k, err := c.take(ctx, dataVersion)
	if err != nil {
		return 0, err
	}
	rows, err := k.stmt.QueryContext(ctx, nil)
	if err != nil {
		return 0, err
	}
	var v [1]driver.Value
	err = errors.Join(rows.Next(v[:]), rows.Close())
	n, _ := v[0].(int64)
	return n, err
}

const dataVersion = "PRAGMA data_version"

func (w *watch) close() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.conn != nil {
		w.conn.Close()
		w.conn = nil
	}
	if w.pool != nil {
		w.pool.Close()
	}
}
