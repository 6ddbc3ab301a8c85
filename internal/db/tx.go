package db

import (
	"context"
	"database/sql"
	"database/sql/driver"
	"encoding/json"
	"errors"
	"fmt"
	"time"

	"kartotek/internal/clock"
	"kartotek/internal/fault"
	"kartotek/internal/id"
)

// By says who acts, and for which purpose. Nothing about a person is read or
// written without it. law: GDPR 5(2), 29
type By struct {
	Kind    string // "staff", "person", "cli", "job", "system"
	ID      id.ID  // the account or person, when there is one
	Name    string // shown in logs: an account's name, "cli:root", a job's kind; never a data subject's name
	Level   string // the access level used, for staff
	Purpose string // the notice's purpose the act serves
	Device  string // session or device label, for staff
}

// System is the program acting on its own, for a named task.
func System(task string) By { return By{Kind: "system", Name: task} }

// Tx is a transaction with one time and one actor. It is not safe for
// concurrent use. Its context is the one given to Do or View.
type Tx struct {
	ctx   context.Context
	db    *DB
	conn  *sql.Conn
	tx    *sql.Tx
	now   int64
	by    By
	write bool
	quiet bool
	wrote bool // some row was changed
	asked int  // statements run
	after []func()
	whole map[any][]id.ID // what Gather was given
	last  []last
	named []driver.NamedValue // memory of Bulk
}

// Now is the transaction's time in milliseconds: the same for all it writes.
func (t *Tx) Now() int64 { return t.now }

// Time is Now as a time.Time.
func (t *Tx) Time() time.Time { return clock.FromMs(t.now) }

// By is who acts.
func (t *Tx) By() By { return t.by }

// Asked is how many statements it has run so far, rows inserted in bulk not counted:
// what a test holds to say that work does not ask once a row.
func (t *Tx) Asked() int { return t.asked }

// Asked is how many statements all transactions have run so far, rows inserted in bulk
// not counted: what a test holds to say that two answers cost the same.
func (d *DB) Asked() int64 { return d.asked.Load() }

// Ctx is the context the transaction lives in.
func (t *Tx) Ctx() context.Context { return t.ctx }

// NewID makes an id for a row to be written.
func (t *Tx) NewID() id.ID { return t.db.ids.New() }

// AfterCommit runs f once the transaction has been committed, and never if it was not.
func (t *Tx) AfterCommit(f func()) { t.after = append(t.after, f) }

// Gather is AfterCommit for what costs as much for many things as for one: f is called
// once, with everything that was given under a key.
func (t *Tx) Gather(key any, things []id.ID, f func(all []id.ID)) {
	if t.whole == nil {
		t.whole = map[any][]id.ID{}
	}
	if _, there := t.whole[key]; !there {
		t.AfterCommit(func() { f(t.whole[key]) })
	}
	t.whole[key] = append(t.whole[key], things...)
}

// last is what is done before a commit.
type last struct{ write, flush func() error }

// BeforeCommit is for what must be on the disk elsewhere before the act counts: write
// and then flush are called when everything else of the transaction is done, just
// before it is committed. Where acts share a commit, all write before the first
// flushes. An error undoes the transaction; a commit may fail all the same.
func (t *Tx) BeforeCommit(write, flush func() error) { t.last = append(t.last, last{write, flush}) }

func (t *Tx) beforeCommit() error {
	for _, l := range t.last {
		if err := l.write(); err != nil {
			return err
		}
	}
	for _, l := range t.last {
		if err := l.flush(); err != nil {
			return err
		}
	}
	return nil
}

// Do runs fn in a write transaction and commits it. On PostgreSQL a conflict
// with another transaction runs fn again, up to five times.
func (d *DB) Do(ctx context.Context, by By, fn func(*Tx) error) error {
	if d.opt.ReadOnly {
		return fault.New(fault.Unavailable, "db.read_only", "the register is open for reading only")
	}
	wait := 5 * time.Millisecond
	for try := 1; ; try++ {
		err := d.once(ctx, by, true, fn)
		if err == nil || try == 5 || !retryable(err) {
			return busy(full(err))
		}
		select {
		case <-ctx.Done():
			return ctx.Err()
		case <-time.After(wait):
			wait *= 3
		}
	}
}

// View runs fn in a read transaction, on a snapshot that does not move.
func (d *DB) View(ctx context.Context, by By, fn func(*Tx) error) error {
	return d.once(ctx, by, false, fn)
}

func (d *DB) once(ctx context.Context, by By, write bool, fn func(*Tx) error) error {
	pool, opts := d.write, &sql.TxOptions{}
	if !write {
		pool = d.read
	}
	if d.engine == Postgres {
		opts.Isolation = sql.LevelSerializable
		if !write {
			opts.Isolation, opts.ReadOnly = sql.LevelRepeatableRead, true
		}
	}
	conn, err := pool.Conn(ctx)
	if err != nil {
		return down(ctx, err)
	}
	defer conn.Close()
	raw, err := conn.BeginTx(ctx, opts)
	if err != nil {
		return down(ctx, err)
	}
	t := &Tx{ctx: ctx, db: d, conn: conn, tx: raw, now: clock.Ms(d.clk.Now()), by: by, write: write}
	defer raw.Rollback() // also when fn panics; nothing once committed
	if err = fn(t); err != nil {
		return err
	}
	if err = t.beforeCommit(); err != nil {
		return err
	}
	commit := raw.Commit
	if t.quiet && t.wrote && d.engine == SQLite { // one that wrote nothing is not counted
		commit = func() error { return d.watch.commit(raw.Commit) }
	}
	if err = commit(); err != nil {
		return err
	}
	conn.Close() // first: what runs after the commit may open a transaction of its own
	for _, f := range t.after {
		f()
	}
	return nil
}

// retryable reports whether PostgreSQL asked to try the transaction again
// (serialisation failure, deadlock, unique key raced in by another writer, or a
// server going away before commit was sent).
func retryable(err error) bool {
	var pg interface{ SQLState() string }
	if !errors.As(err, &pg) {
		return false
	}
	switch pg.SQLState() {
	case "40001", "40P01", "23505", "57P01", "57P02", "57P03", "25006":
		return true
	}
	return false
}

// busy turns a conflict that did not go away into a fault that says so. A key
// that exists already is not one: it stays the error it is.
func busy(err error) error {
	var pg interface{ SQLState() string }
	if errors.As(err, &pg) && pg.SQLState() != "23505" && retryable(err) {
		return fault.New(fault.Unavailable, "db.busy", "others were changing the same things; nothing was changed, try again").Because(err)
	}
	return err
}

// down turns a database in which no transaction can be begun into a fault that
// says so; a caller who gave up, or a server that asks to be tried again, is none.
func down(ctx context.Context, err error) error {
	if ctx.Err() != nil || retryable(err) {
		return err
	}
	return fault.New(fault.Unavailable, "db.down", "the database does not answer: nothing was changed; try again in a moment").Because(err)
}

// full turns "no space left" into a fault that says what to do.
func full(err error) error {
	var lite interface{ Code() int }
	if errors.As(err, &lite) && lite.Code()&0xff == 13 {
		return fault.New(fault.Unavailable, "db.full", "the disk is full: nothing was changed; free some space and try again").Because(err)
	}
	return err
}

// Exec runs a statement and gives the number of rows it changed.
func (t *Tx) Exec(s *Stmt, args ...any) (int64, error) {
	args, err := t.args(s, args)
	if err != nil {
		return 0, err
	}
	res, err := t.tx.ExecContext(t.ctx, s.forms[t.db.engine], args...)
	if err != nil {
		return 0, fmt.Errorf("%s %s: %w", s.Room, s.Where, err)
	}
	n, err := res.RowsAffected()
	t.wrote = t.wrote || n > 0
	return n, err
}

// Scan reads the columns of the row at hand.
type Scan func(dest ...any) error

// Stop ends Each early, without an error.
//
//lint:ignore ST1012 it is no failure, as fs.SkipAll is none
var Stop = errors.New("stop")

// Each runs a query and calls fn for every row; fn may return Stop.
func (t *Tx) Each(s *Stmt, fn func(Scan) error, args ...any) error {
	args, err := t.args(s, args)
	if err != nil {
		return err
	}
	rows, err := t.tx.QueryContext(t.ctx, s.forms[t.db.engine], args...)
	if err != nil {
		return fmt.Errorf("%s %s: %w", s.Room, s.Where, err)
	}
	defer rows.Close()
	for rows.Next() {
		if err := fn(rows.Scan); err != nil {
			if errors.Is(err, Stop) {
				return nil
			}
			return err
		}
	}
	return rows.Err()
}

// One runs a query of at most one row and scans it into dest; found is false when there is none.
func (t *Tx) One(s *Stmt, dest []any, args ...any) (found bool, err error) {
	err = t.Each(s, func(scan Scan) error {
		found = true
		if err := scan(dest...); err != nil {
			return err
		}
		return Stop
	}, args...)
	return found, err
}

// maxList is how many values a {in $n} argument may have.
const maxList = 500

// args checks the arguments: their number, that no time.Time slips in, and that
// lists are short.
func (t *Tx) args(s *Stmt, args []any) ([]any, error) {
	t.asked++
	t.db.asked.Add(1)
	if len(args) != s.args {
		return nil, fmt.Errorf("%s %s: %d arguments given, %d wanted", s.Room, s.Where, len(args), s.args)
	}
	for i, a := range args {
		n := 0
		switch v := a.(type) {
		case time.Time, *time.Time:
			return nil, fmt.Errorf("%s %s: argument %d is a time.Time; store milliseconds", s.Room, s.Where, i+1)
		case []string:
			args[i], n = t.list(v), len(v)
		case []int64:
			args[i], n = t.list(v), len(v)
		case []id.ID:
			ns := make([]int64, len(v))
			for k := range v {
				ns[k] = int64(v[k])
			}
			args[i], n = t.list(ns), len(ns)
		}
		if n > maxList {
			return nil, fmt.Errorf("%s %s: argument %d lists %d values, more than %d; name larger sets by bucket", s.Room, s.Where, i+1, n, maxList)
		}
	}
	if t.db.engine == SQLite && s.order != nil {
		inOrder := make([]any, len(s.order))
		for i, n := range s.order {
			inOrder[i] = args[n]
		}
		return inOrder, nil
	}
	return args, nil
}

// list gives a {in $n} argument the form the engine takes.
func (t *Tx) list(v any) any {
	if t.db.engine == Postgres {
		return v
	}
	b, _ := json.Marshal(v) // texts and numbers always encode
	return string(b)
}
