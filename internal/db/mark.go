package db

import (
	"context"
	"database/sql"

	"kartotek/internal/fault"
)

const makeMark = `CREATE TABLE IF NOT EXISTS key_mark (mark TEXT NOT NULL PRIMARY KEY)`

// CheckKeys compares a mark made with the keys at hand with the one the register
// was first opened with, so that a register is never used with keys that are not
// its own: links already sent would die and suppressed addresses would no longer
// be recognised. The first mark is stored.
func (d *DB) CheckKeys(ctx context.Context, mark string) error {
	return d.locked(ctx, func(tx *sql.Tx) error {
		marks, err := strings1(ctx, tx, `SELECT mark FROM key_mark`)
		switch {
		case err != nil:
			return err
		case len(marks) == 0:
			_, err := tx.ExecContext(ctx, `INSERT INTO key_mark (mark) VALUES ($1)`, mark)
			return err
		case marks[0] != mark:
			return fault.New(fault.Conflict, "db.other_keys", "these are not the keys this register was made with; put its own keys folder back, or name it with --keys")
		}
		return nil
	})
}
