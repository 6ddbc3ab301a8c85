package whole

import (
	"context"
	"database/sql"
	"errors"
	"io"
	"slices"

	"github.com/jackc/pgx/v5/stdlib"

	"kartotek/internal/db"
	"kartotek/internal/fault"
)

// Load is a register on PostgreSQL that is being put in the place of another.
type Load struct {
	opt    db.Options
	conn   *sql.Conn
	tx     *sql.Tx
	tables []Table
}

// patienceForLocks is how long a register that is put back waits for those who use the one there.
const patienceForLocks = "SET LOCAL lock_timeout = '10s'"

// Replace puts a register in the place of the one at dsn, or into an empty database, in
// one transaction: fn loads it, and until it has come through nobody sees anything of
// it. It is refused while somebody serves the register, and nobody can begin to until
// after has run, which is called when the new register stands. mark says which one it
// is; see Replaced.
func Replace(ctx context.Context, dsn string, opt db.Options, mark string, fn func(*Load) error, after func() error) error {
	conn, end, err := connect(ctx, dsn)
	if err != nil {
		return err
	}
	defer end()
	if err := alone(ctx, conn); err != nil {
		return err
	}
	if err := replace(ctx, conn, opt, mark, fn); err != nil {
		return inUse(err)
	}
	return after()
}

func replace(ctx context.Context, conn *sql.Conn, opt db.Options, mark string, fn func(*Load) error) error {
	done, err := steps(ctx, conn)
	if err == nil {
		err = opt.Fits(done) // the register that is there
	}
	if err != nil {
		return err
	}
	tx, err := conn.BeginTx(ctx, nil)
	if err != nil {
		return err
	}
	defer tx.Rollback()
	l := &Load{opt: opt, conn: conn, tx: tx}
	if err := fn(l); err != nil {
		return err
	}
	if err := l.end(ctx, mark); err != nil {
		return err
	}
	return tx.Commit()
}

// inUse says in words that somebody holds tables of the register.
func inUse(err error) error {
	var pg interface{ SQLState() string }
	if lockedOut(err) || errors.As(err, &pg) && pg.SQLState() == "40P01" {
		return fault.New(fault.Conflict, "app.held", "somebody is at work in this register, such as an import: wait until it has ended, or stop it").Because(err)
	}
	return err
}

// Begin takes the tables away that are there and makes those of the register that
// comes. One of a newer program is refused.
func (l *Load) Begin(ctx context.Context, steps map[string]int, tables []Table) error {
	if err := l.opt.Fits(steps); err != nil {
		return err
	}
	if err := check(tables); err != nil {
		return err
	}
	all := names(l.opt.Tables())
	for _, t := range tables {
		all = append(all, t.Name)
	}
	there, err := texts(ctx, l.tx, `SELECT relname::text FROM pg_class WHERE relnamespace = current_schema()::regnamespace AND relkind IN ('r', 'p')
		AND NOT relispartition AND relname = ANY($1::text[]) ORDER BY relname`, all)
	if err != nil {
		return err
	}
	all = []string{patienceForLocks}
	for _, name := range there {
		all = append(all, "DROP TABLE "+name)
	}
	l.tables = tables
	for _, t := range tables {
		all = append(all, t.begin()...)
	}
	return l.run(ctx, all)
}

func (l *Load) run(ctx context.Context, all []string) error {
	for _, text := range all {
		if _, err := l.tx.ExecContext(ctx, text); err != nil {
			return err
		}
	}
	return nil
}

// Copy reads the rows of a table as Whole.Copy wrote them; it gives their number.
func (l *Load) Copy(ctx context.Context, t Table, from io.Reader) (rows int64, err error) {
	err = l.conn.Raw(func(raw any) error {
		tag, err := raw.(*stdlib.Conn).Conn().PgConn().CopyFrom(ctx, from, t.in())
		rows = tag.RowsAffected()
		return err
	})
	return rows, err
}

// Keys gives the mark of the keys that the register belongs to; "" when it was never
// opened.
func (l *Load) Keys(ctx context.Context) (string, error) {
	marks, err := texts(ctx, l.tx, `SELECT mark FROM key_mark`)
	if err != nil || len(marks) == 0 {
		return "", err
	}
	return marks[0], nil
}

// end builds keys and indexes, and lets the engine guard what it is to guard.
func (l *Load) end(ctx context.Context, mark string) error {
	var all []string
	known := l.opt.Tables()
	for _, t := range l.tables {
		t.Guarded = t.Guarded || slices.ContainsFunc(known, func(k db.Table) bool { return k.Name == t.Name && k.AppendOnly })
		all = append(all, t.end()...)
	}
	if err := l.run(ctx, all); err != nil {
		return err
	}
	return l.run(ctx, []string{"COMMENT ON TABLE key_mark IS '" + plain(mark) + "'"})
}

// plain leaves of a text what needs no quoting.
func plain(s string) string {
	keep := []byte{}
	for _, b := range []byte(s) {
		if b >= 'a' && b <= 'z' || b >= 'A' && b <= 'Z' || b >= '0' && b <= '9' || b == '-' || b == '_' {
			keep = append(keep, b)
		}
	}
	return string(keep)
}

// selMark asks for the mark of the register that stands; "" when there is none.
const selMark = `SELECT coalesce(obj_description(to_regclass('key_mark'), 'pg_class'), '')`

// Replaced gives the mark of the last Replace that made this register; "" when it was
// never put back, and on SQLite. It is told in the same transaction as the register
// itself. One that a process left that died a moment ago is waited for: it may yet come
// through.
func Replaced(ctx context.Context, d *db.DB) (mark string, err error) {
	if d.Engine() != db.Postgres {
		return "", nil
	}
	conn, end, err := connect(ctx, d.Address())
	if err != nil {
		return "", err
	}
	defer end()
	if got, err := hold(ctx, conn, holdShared); err != nil || !got {
		return "", errors.Join(err, restoring())
	}
	err = conn.QueryRowContext(ctx, selMark).Scan(&mark)
	return mark, err
}

// Stands tells whether the register is the one of a mark.
func Stands(ctx context.Context, d *db.DB) func(mark string) (bool, error) {
	return func(mark string) (bool, error) {
		is, err := Replaced(ctx, d)
		return err == nil && is == mark, err
	}
}

// Stands tells whether the register that is to be replaced is the one of a mark.
func (l *Load) Stands(ctx context.Context) func(mark string) (bool, error) {
	return func(mark string) (bool, error) {
		var is string
		err := l.tx.QueryRowContext(ctx, selMark).Scan(&is)
		return err == nil && is == mark, err
	}
}
