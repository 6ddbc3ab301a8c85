package backups

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"

	"kartotek/internal/app"
	"kartotek/internal/backup"
	"kartotek/internal/config"
	"kartotek/internal/db"
	"kartotek/internal/db/whole"
	"kartotek/internal/fault"
	"kartotek/internal/seal"
)

// replaceTables puts a backup in the place of a register on PostgreSQL. The folder of
// files is held first, then the register; the note stands before the transaction is
// committed, so that whoever comes after a death between the two finds it, and asks
// the database whether it came through.
func replaceTables(ctx context.Context, at config.Store, r io.Reader, lock backup.Lock, note backup.Note) error {
	mark, dir, err := marked(at)
	if err != nil {
		return err
	}
	folder := config.Files(dir)
	if err := os.MkdirAll(folder, 0o700); err != nil {
		return err
	}
	release, err := backup.Hold(folder, "a restore")
	if err != nil {
		return err
	}
	defer release()
	load := func(l *whole.Load) error {
		if err := backup.Settle(folder, l.Stands(ctx)); err != nil {
			return err
		}
		fresh := filepath.Join(folder, backup.Fresh)
		if err := os.MkdirAll(fresh, 0o700); err != nil {
			return err
		}
		if err := backup.LoadTables(ctx, r, lock, l, mark, fresh); err != nil {
			return errors.Join(err, os.RemoveAll(fresh))
		}
		return backup.Begin(folder, note)
	}
	return whole.Replace(ctx, at.DSN, db.Options{Schema: app.Schemas()}, note.ID, load, func() error { return backup.Finish(folder) })
}

// marked gives the mark of the keys at hand and their folder. None are made.
func marked(at config.Store) (mark, dir string, err error) {
	if dir, err = at.KeysDir(); err != nil {
		return "", "", err
	}
	if !seal.Exists(dir) {
		return "", "", fault.New(fault.Conflict, "app.no_keys", "the keys of this register are not in %s; put them back, or name their folder with --keys", dir)
	}
	keys, err := seal.Open(dir)
	if err != nil {
		return "", "", err
	}
	return keys.Blind("register", "keys"), dir, nil
}

// tryTables loads a backup into a schema of its own and looks it over.
func tryTables(ctx context.Context, h *app.House, at config.Store, r io.Reader, lock backup.Lock, dir string) (out Restored, err error) {
	keys, err := at.KeysDir()
	if err != nil {
		return out, err
	}
	mark := h.Keys.Blind("register", "keys")
	err = whole.Aside(ctx, at.DSN, func(dsn string) error {
		load := func(l *whole.Load) error { return backup.LoadTables(ctx, r, lock, l, mark, dir) }
		err := whole.Replace(ctx, dsn, db.Options{Schema: app.Schemas()}, seal.Token(), load, func() error { return nil })
		if err == nil {
			out, err = prove(ctx, config.Store{DSN: dsn, Keys: keys}, app.Options{Folder: dir}, (*db.DB).Intact)
		}
		return err
	})
	return out, err
}
