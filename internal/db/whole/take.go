// Package whole takes a register on PostgreSQL as a whole, and puts one in the place of
// another. (On SQLite a register is two files; see db.DB.Snapshot.)
//
// Take gives the form of each table and its rows as they were at one moment, while
// others go on writing. Replace makes the tables and loads the rows, in one
// transaction: until it has come through, nobody sees anything of it. It is refused
// while a server is Serving the register. Aside gives a place in the same database
// where a backup can be tried.
//
// Beside the rows goes the form (form.go) that the server's catalogue has of each
// table: the columns in the order in which the rows carry them, keys, checks and
// indexes. So an old backup brings the tables of its day, by a program that knows them
// otherwise or not at all, and they are brought up to date when the register is opened,
// as those of a file of SQLite are. A form comes out of a file, so one that says more
// than this program would ever have written is refused.
package whole

import (
	"context"
	"database/sql"
	"io"
	"slices"
	"strings"

	"github.com/jackc/pgx/v5/stdlib"

	"kartotek/internal/db"
	"kartotek/internal/fault"
)

// names are the tables of a register whose rooms are given.
func names(rooms []db.Table) []string {
	all := slices.Clone(db.Own)
	for _, t := range rooms {
		all = append(all, t.Name)
	}
	return all
}

// connect gives one connection; end closes it.
func connect(ctx context.Context, dsn string) (conn *sql.Conn, end func(), err error) {
	pool, err := sql.Open("pgx", dsn)
	if err != nil {
		return nil, nil, err
	}
	if conn, err = pool.Conn(ctx); err != nil {
		pool.Close()
		return nil, nil, fault.New(fault.Unavailable, "db.unreachable", "the database does not answer; check the address, the user and that the server runs").Because(err)
	}
	return conn, func() { conn.Close(); pool.Close() }, nil
}

// Taken is a register on PostgreSQL as it was at one moment.
type Taken struct {
	Steps  map[string]int // how far each room's tables had come
	Tables []Table
	conn   *sql.Conn
}

// Take gives a register while others go on writing: what fn reads of it is as it was
// when Take was called. Its tables cannot be changed in form meanwhile.
func Take(ctx context.Context, d *db.DB, fn func(*Taken) error) error {
	conn, end, err := connect(ctx, d.Address())
	if err != nil {
		return err
	}
	defer end()
	tx, err := conn.BeginTx(ctx, &sql.TxOptions{Isolation: sql.LevelRepeatableRead, ReadOnly: true})
	if err != nil {
		return err
	}
	defer tx.Rollback()
	// The lock comes before the first question, which fixes the moment: the catalogue
	// is asked as it is now, not as it was then.
	all := names(d.Tables())
	if _, err := tx.ExecContext(ctx, "LOCK TABLE "+strings.Join(all, ", ")+" IN ACCESS SHARE MODE"); err != nil {
		return err
	}
	w := &Taken{conn: conn}
	if w.Steps, err = steps(ctx, tx); err != nil {
		return err
	}
	if w.Tables, err = forms(ctx, tx, all); err != nil {
		return err
	}
	return fn(w)
}

func forms(ctx context.Context, tx *sql.Tx, names []string) ([]Table, error) {
	var text []byte
	if err := tx.QueryRowContext(ctx, query, names).Scan(&text); err != nil {
		return nil, err
	}
	return parse(text)
}

// Copy writes the rows of a table; it gives their number.
func (w *Taken) Copy(ctx context.Context, t Table, to io.Writer) (rows int64, err error) {
	err = w.conn.Raw(func(raw any) error {
		tag, err := raw.(*stdlib.Conn).Conn().PgConn().CopyTo(ctx, to, t.out())
		rows = tag.RowsAffected()
		return err
	})
	return rows, err
}

type querier interface {
	QueryContext(context.Context, string, ...any) (*sql.Rows, error)
}

// steps reads how far the tables of each room have come; those of an empty database have come nowhere.
func steps(ctx context.Context, q querier) (map[string]int, error) {
	done := map[string]int{}
	there, err := texts(ctx, q, `SELECT 'yes' WHERE to_regclass('schema_steps') IS NOT NULL`)
	if err != nil || len(there) == 0 {
		return done, err
	}
	rows, err := q.QueryContext(ctx, `SELECT room, max(step) FROM schema_steps GROUP BY room`)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
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

// texts reads the rows of a query of one text.
func texts(ctx context.Context, q querier, query string, args ...any) (out []string, err error) {
	rows, err := q.QueryContext(ctx, query, args...)
	if err != nil {
		return nil, err
	}
	defer rows.Close()
	for rows.Next() {
		var s string
		if err := rows.Scan(&s); err != nil {
			return nil, err
		}
		out = append(out, s)
	}
	return out, rows.Err()
}
