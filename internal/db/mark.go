package db

import (
	"context"
	"database/sql"
	"errors"
	"slices"
	"strconv"
	"strings"

	"kartotek/internal/fault"
)

const makeMark = `CREATE TABLE IF NOT EXISTS key_mark (mark TEXT NOT NULL PRIMARY KEY)`

// CheckKeys compares a mark made with the keys at hand, and the name of the root of
// people's keys, with those the register was first opened with, so that a register is
// never used with keys that are not its own: links already sent would die, suppressed
// addresses would no longer be recognised, and what one server sealed another could not
// read. The first mark and root are stored. It gives when the keys of people were lost
// and begun anew (RenewPeople), in ms; 0 for never.
func (d *DB) CheckKeys(ctx context.Context, mark, root string) (lost int64, err error) {
	err = d.locked(ctx, func(tx *sql.Tx) error {
		marks, err := strings1(ctx, tx, `SELECT mark FROM key_mark`)
		if err != nil {
			return err
		}
		roots := slices.DeleteFunc(slices.Clone(marks), func(m string) bool { return !strings.HasPrefix(m, rootMark) })
		for _, m := range marks {
			if at, found := strings.CutPrefix(m, lostMark); found {
				n, err := strconv.ParseInt(at, 10, 64)
				if err != nil {
					return err
				}
				lost = max(lost, n)
			}
		}
		marks = slices.DeleteFunc(marks, func(m string) bool { return strings.HasPrefix(m, rootMark) || strings.HasPrefix(m, lostMark) })
		if err := known(ctx, tx, marks, mark, fault.New(fault.Conflict, "db.other_keys",
			"these are not the keys this register was made with; put its own keys folder back, or name it with --keys")); err != nil {
			return err
		}
		return known(ctx, tx, roots, rootMark+root, fault.New(fault.Conflict, "db.other_people",
			"the keys of people in this keys folder are not those of the register: its folder people was made anew or belongs to another; put in its place the folder people of a server that has the register open, or of the newest backup of the keys folder; when there is none any more, begin anew with: kartotek key renew-people --reason WHY"))
	})
	return lost, err
}

// RenewPeople has a register go on with another root of people's keys, when its own is
// lost for good: what was sealed with the keys of people until now stays unreadable.
func (d *DB) RenewPeople(ctx context.Context, root string) error {
	return d.locked(ctx, func(tx *sql.Tx) error {
		res, err := tx.ExecContext(ctx, `UPDATE key_mark SET mark = $1 WHERE mark LIKE 'people %' AND mark <> $1`, rootMark+root)
		if err != nil {
			return err
		}
		if n, err := res.RowsAffected(); err != nil || n == 0 {
			return errors.Join(err, fault.New(fault.Conflict, "db.own_people", "the keys of people in this keys folder are those of the register: nothing of them is lost"))
		}
		_, err = tx.ExecContext(ctx, `INSERT INTO key_mark (mark) VALUES ($1)`, lostMark+strconv.FormatInt(d.Now().UnixMilli(), 10))
		return err
	})
}

// lostMark begins the mark that says when the keys of people were begun anew.
const lostMark = "lost "

// rootMark begins the mark that names the root of people's keys. Registers made before
// there were such keys have none until they are opened.
const rootMark = "people "

// known compares a mark with the one that is stored, or stores it.
func known(ctx context.Context, tx *sql.Tx, stored []string, mark string, other *fault.Error) error {
	switch {
	case len(stored) == 0:
		_, err := tx.ExecContext(ctx, `INSERT INTO key_mark (mark) VALUES ($1)`, mark)
		return err
	case stored[0] != mark:
		return other
	}
	return nil
}
