package db

import (
	"context"
	"regexp"

	"kartotek/internal/fault"
)

var plainName = regexp.MustCompile(`^[a-z_]+$`)

// Scrub makes what was deleted from tables leave the disk, as far as the engine can.
// Call it after the commit; it is quick when little was deleted.
//
// On SQLite deleted content is written over in the file as part of the delete, and
// Scrub folds the write-ahead log in and cuts it to nothing, so that neither holds the
// old bytes. It is Unavailable while somebody reads an older snapshot. On PostgreSQL
// it vacuums the tables, which frees the old rows' room for others; the server's own
// log holds them for as long as its keeping says. What must be unreadable at once
// there has to be sealed before it is stored. law: GDPR 17(1)
func (d *DB) Scrub(ctx context.Context, tables ...string) error {
	if d.engine == SQLite {
		return d.cutLog(ctx)
	}
	for _, t := range tables {
		if !plainName.MatchString(t) {
			return fault.New(fault.Internal, "db.scrub", "%q is no table", t)
		}
		if _, err := d.write.ExecContext(ctx, "VACUUM "+t); err != nil {
			return err
		}
	}
	return nil
}

// patient and hasty are how long the writing connection waits for others, in ms: a
// cut that has to wait is better tried again, because nobody can write meanwhile.
const (
	patient = "PRAGMA busy_timeout = 10000"
	hasty   = "PRAGMA busy_timeout = 100"
)

func (d *DB) cutLog(ctx context.Context) error {
	conn, err := d.write.Conn(ctx)
	if err != nil {
		return err
	}
	defer conn.Close()
	if _, err := conn.ExecContext(ctx, hasty); err != nil {
		return err
	}
	defer conn.ExecContext(context.WithoutCancel(ctx), patient)
	var busy, frames, folded int
	err = conn.QueryRowContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)").Scan(&busy, &frames, &folded)
	if err == nil && busy != 0 {
		err = fault.New(fault.Unavailable, "db.scrub", "the log of the database is being read; it is cut later")
	}
	return err
}
