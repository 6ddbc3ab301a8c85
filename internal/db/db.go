// Package db is the one way to the database, whichever engine is behind it.
//
// Kartotek runs on embedded SQLite by default and on PostgreSQL when several
// nodes share one register; only the data source name differs. One SQL text
// serves both. This package holds every difference between them: opening,
// transactions and their retries, placeholders, bulk loading, and the shape of
// tables (schema.go, ddl.go).
//
// # The rules it keeps
//
//   - SQL is declared once, as a package variable of the room that owns the
//     table (stmt.go). Nothing else can be run: Tx has no method taking text.
//   - Do runs a function in a write transaction: IMMEDIATE on SQLite,
//     SERIALIZABLE with bounded retry on PostgreSQL. The function may run twice,
//     so it must send nothing.
//   - A transaction has one time, Now, and one actor, By, so that every row and
//     log line of one act agree.
//   - Times are whole milliseconds since 1970 UTC in BIGINT columns. time.Time
//     is refused as an argument, because drivers write it differently.
//
// # The engines
//
// SQLite: one writer connection and a pool of readers, write-ahead log,
// synchronous=FULL, because a consent answered with "saved" must survive a power
// cut, and secure_delete, because what was erased or corrected must not lie on in
// the free space of the file (erase.go). PostgreSQL: pgx through database/sql, native COPY for bulk loads.
package db

import (
	"context"
	"database/sql"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"sync/atomic"
	"time"

	_ "github.com/jackc/pgx/v5/stdlib" // registers "pgx"

	"kartotek/internal/clock"
	"kartotek/internal/fault"
	"kartotek/internal/id"
)

// Engine tells the two databases apart.
type Engine int

// The engines.
const (
	SQLite Engine = iota
	Postgres
)

// FileName is the SQLite file inside a data folder.
const FileName = "kartotek.db"

// Options for Open. The zero value is right for a program run by a person.
type Options struct {
	Clock     clock.Clock // default clock.System()
	Node      int         // 0–1023, part of every id made here
	Readers   int         // SQLite reader connections; default 4
	Partition bool        // PostgreSQL: person tables PARTITION BY HASH (bucket), as a rehearsal of Citus
	Schema    []Schema    // the tables of all rooms; migrated on open
	ReadOnly  bool        // refuse to migrate and to write
}

// DB is an open register. It is safe for concurrent use.
type DB struct {
	engine  Engine
	write   *sql.DB
	read    *sql.DB
	watch   watch // SQLite
	queue   queue // SQLite: acts that share a commit
	clk     clock.Clock
	ids     *id.Maker
	schemas []Schema
	opt     Options
	dsn     string
	asked   atomic.Int64 // statements run
}

// Open opens the register at dsn, a folder (SQLite) or postgres:// URL, and
// brings its schema up to date. A folder is made if it is missing.
func Open(ctx context.Context, dsn string, opt Options) (*DB, error) {
	if opt.Clock == nil {
		opt.Clock = clock.System()
	}
	if opt.Readers == 0 {
		opt.Readers = 4
	}
	opt.Schema = withNeeded(opt.Schema)
	d := &DB{clk: opt.Clock, schemas: opt.Schema, opt: opt, dsn: dsn}
	d.ids = id.NewMaker(opt.Node, opt.Clock.Now)
	open := d.openSQLite
	if IsPostgres(dsn) {
		open = d.openPostgres
	}
	if err := open(ctx, dsn); err != nil {
		return nil, err
	}
	if err := errors.Join(d.migrate(ctx), d.grow(ctx)); err != nil {
		d.Close()
		return nil, err
	}
	return d, nil
}

// IsPostgres reports whether a data source name is a PostgreSQL URL.
func IsPostgres(dsn string) bool {
	return strings.HasPrefix(dsn, "postgres://") || strings.HasPrefix(dsn, "postgresql://")
}

// The pages that SQLite keeps in memory, in kB: by the connection that writes, and by
// each that reads. They take twice as much, because each lies with its header in 8 kB,
// and what the program takes at most does not grow with the register once they are
// full. Six times as many make a send, an import and a search no cheaper.
const (
	writerCache = 4000
	readerCache = 1000
)

// minSQLite is the oldest library without the WAL-reset and FTS5 corruption faults.
const minSQLite = 3_053_002

func (d *DB) openSQLite(ctx context.Context, dir string) (err error) {
	defer fault.Wrap(&err, "open register in %s", dir)
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return err
	}
	d.engine = SQLite
	file := filepath.Join(dir, FileName)
	base := uri(file) + "?_txlock=immediate&_pragma=busy_timeout(10000)&_pragma=journal_mode(WAL)&_pragma=synchronous(FULL)&_pragma=foreign_keys(1)"
	if d.write, err = openLite(base + fmt.Sprintf("&_pragma=cache_size(-%d)&_pragma=wal_autocheckpoint(4000)&_pragma=secure_delete(1)", writerCache)); err != nil {
		return err
	}
	d.write.SetMaxOpenConns(1)
	if err := d.first(ctx); err != nil {
		return err
	}
	if err := d.checkSQLite(ctx); err != nil {
		return err
	}
	_ = os.Chmod(file, 0o600)
	d.read, err = openLite(strings.Replace(base, "_txlock=immediate", "_txlock=deferred", 1) + fmt.Sprintf("&_pragma=query_only(1)&_pragma=cache_size(-%d)", readerCache))
	if err != nil {
		return err
	}
	d.read.SetMaxOpenConns(d.opt.Readers)
	d.read.SetMaxIdleConns(d.opt.Readers)
	d.watch.file, d.watch.epoch = file, 1
	d.watch.pool, err = openLite(uri(file) + "?_pragma=busy_timeout(10000)&_pragma=query_only(1)&_pragma=cache_size(-100)")
	return err
}

// uri names a file for SQLite, to which %, ? and # mean something else.
func uri(file string) string {
	return "file:" + strings.NewReplacer("%", "%25", "?", "%3f", "#", "%23").Replace(file)
}

// first connects. Of two who make a new file keep a write-ahead log at the same
// moment, SQLite tells one at once that it is busy, whatever the timeout, because
// both could wait for ever: that one tries again.
func (d *DB) first(ctx context.Context) error {
	ctx, cancel := context.WithTimeout(ctx, 10*time.Second)
	defer cancel()
	for {
		err := d.write.PingContext(ctx)
		var lite interface{ Code() int }
		if !errors.As(err, &lite) || lite.Code()&0xff != liteBusy {
			return err
		}
		select {
		case <-ctx.Done():
			return err
		case <-time.After(5 * time.Millisecond):
		}
	}
}

// liteBusy is SQLITE_BUSY.
const liteBusy = 5

func (d *DB) checkSQLite(ctx context.Context) error {
	var v string
	if err := d.write.QueryRowContext(ctx, "SELECT sqlite_version()").Scan(&v); err != nil {
		return err
	}
	var a, b, c int
	if _, err := fmt.Sscanf(v, "%d.%d.%d", &a, &b, &c); err != nil || a*1_000_000+b*1000+c < minSQLite {
		return fmt.Errorf("SQLite %s is too old: 3.53.2 or newer is needed", v)
	}
	return nil
}

func (d *DB) openPostgres(ctx context.Context, dsn string) (err error) {
	defer fault.Wrap(&err, "open register on PostgreSQL")
	d.engine = Postgres
	if d.write, err = sql.Open("pgx", dsn); err != nil {
		return err
	}
	d.write.SetMaxOpenConns(16)
	d.write.SetMaxIdleConns(4)
	d.write.SetConnMaxIdleTime(5 * time.Minute)
	d.read = d.write
	if err := d.write.PingContext(ctx); err != nil {
		return fault.New(fault.Unavailable, "db.unreachable", "the database does not answer; check the address, the user and that the server runs").Because(err)
	}
	return nil
}

// Engine says which database is behind.
func (d *DB) Engine() Engine { return d.engine }

// Address is where it was opened.
func (d *DB) Address() string { return d.dsn }

// NewID makes an id that no other row has.
func (d *DB) NewID() id.ID { return d.ids.New() }

// Now is the register's time.
func (d *DB) Now() time.Time { return d.clk.Now() }

// Clock is the register's clock.
func (d *DB) Clock() clock.Clock { return d.clk }

// Close releases the connections. On SQLite the log is folded into the file.
func (d *DB) Close() error {
	defer d.watch.release()
	d.watch.close()
	if d.read != nil && d.read != d.write {
		d.read.Close()
	}
	if d.write != nil {
		return d.write.Close()
	}
	return nil
}
