package db

import (
	"context"
	"database/sql"
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
	// A look is too short to be cancelled, and must not cost a goroutine.
	if err := w.conn.QueryRowContext(context.WithoutCancel(ctx), dataVersion).Scan(&n); err != nil {
		w.conn.Close()
		w.conn = nil
		return "", err
	}
	return Version(strconv.Itoa(w.epoch) + "." + strconv.FormatInt(n, 10)), nil
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
