package db

import (
	"context"
	"errors"
	"os"
)

// Snapshot gives the two files of a SQLite register while others go on writing: copied
// one after the other, first the database and then its log, they are the register as it
// was at one moment between the beginning and the end of fn. A reading transaction is
// held meanwhile: nobody may then bring newer pages into the database file, and the log
// only grows; a last transaction that was copied half is ignored when the copy is
// opened, because its checksums do not fit.
func (d *DB) Snapshot(ctx context.Context, fn func(database, log *os.File) error) (err error) {
	conn, err := d.read.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	if _, err := conn.ExecContext(ctx, "BEGIN"); err != nil {
		return err
	}
	defer conn.ExecContext(context.WithoutCancel(ctx), "ROLLBACK")
	var n int
	if err := conn.QueryRowContext(ctx, "SELECT count(*) FROM sqlite_schema").Scan(&n); err != nil {
		return err
	}
	database, err := os.Open(d.watch.file)
	if err != nil {
		return err
	}
	d.watch.keep(database)
	log, err := os.Open(d.watch.file + "-wal")
	if err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	d.watch.keep(log)
	return fn(database, log)
}

// keep holds a file open as long as the register is: closing it would drop the locks
// that this process has on it (see begin).
func (w *watch) keep(f *os.File) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if f != nil {
		w.kept = append(w.kept, f)
	}
}

// Intact looks for damaged pages, in the whole file; it gives what is wrong, nothing
// when all is well. PostgreSQL looks after its pages itself.
func (d *DB) Intact(ctx context.Context) (wrong []string, err error) {
	if d.engine != SQLite {
		return nil, nil
	}
	return d.look(ctx, "PRAGMA integrity_check(20)")
}

// Sane is Intact without comparing indexes with their tables, which of two gigabytes
// takes seconds instead of minutes.
func (d *DB) Sane(ctx context.Context) (wrong []string, err error) {
	if d.engine != SQLite {
		return nil, nil
	}
	return d.look(ctx, "PRAGMA quick_check(20)")
}

func (d *DB) look(ctx context.Context, check string) (wrong []string, err error) {
	rows, err := d.read.QueryContext(ctx, check)
	if err != nil {
		return []string{"the database file cannot be read: " + err.Error()}, nil
	}
	defer rows.Close()
	for rows.Next() {
		var line string
		if err := rows.Scan(&line); err != nil {
			return append(wrong, "the database file cannot be read: "+err.Error()), nil
		}
		if line != "ok" {
			wrong = append(wrong, line)
		}
	}
	if err := rows.Err(); err != nil {
		wrong = append(wrong, "the database file cannot be read: "+err.Error())
	}
	return wrong, nil
}
