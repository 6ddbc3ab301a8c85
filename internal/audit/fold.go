package audit

import (
	"bytes"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"syscall"
	"time"

	"kartotek/internal/db"
	"kartotek/internal/id"
)

const (
	// foldMost is how many entries one transaction takes in, so that no act waits
	// long for it on SQLite.
	foldMost  = 4000
	foldLock  = "fold.lock"
	damageEnd = ".damaged"
)

// Fold takes what was noted in journals into the log: one's own, those of dead
// processes, and what living ones have noted so far. Do so before the log is read.
// A killed fold is done again by the next one, and nothing is taken in twice.
func (r *Room) Fold(ctx context.Context) error {
	if r.Dir == "" {
		return nil
	}
	if _, err := os.Stat(r.Dir); errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	r.folding.Lock()
	defer r.folding.Unlock()
	err := r.fold(ctx)
	if ctx.Err() != nil {
		return err // one who gave up says nothing about the log
	}
	if was := r.behind.Swap(err != nil); err != nil && !was {
		r.log().Error("what was read could not be taken into the log; it waits in the journal, and nothing more is shown", "error", err)
	}
	return err
}

func (r *Room) fold(ctx context.Context) error {
	release, err := holdFolder(ctx, filepath.Join(r.Dir, foldLock))
	if err != nil {
		return unshown(err)
	}
	defer release()
	r.journal.turn()
	left, err := files(r.Dir, journalEnd)
	if err != nil {
		return unshown(err)
	}
	for _, name := range left {
		if err := r.foldFile(ctx, name); err != nil {
			return unshown(err)
		}
	}
	return nil
}

// holdFolder keeps other processes from folding meanwhile.
func holdFolder(ctx context.Context, name string) (release func(), err error) {
	f, err := os.OpenFile(name, os.O_CREATE|os.O_RDWR, 0o600)
	if err != nil {
		return nil, err
	}
	for {
		err := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB)
		if err == nil {
			return func() { f.Close() }, nil
		}
		select {
		case <-ctx.Done():
			return nil, errors.Join(ctx.Err(), f.Close())
		case <-time.After(5 * time.Millisecond):
		}
	}
}

// foldFile takes in a file, and removes it unless its process lives.
func (r *Room) foldFile(ctx context.Context, name string) error {
	f, err := os.Open(name)
	if errors.Is(err, fs.ErrNotExist) {
		return nil
	}
	if err != nil {
		return err
	}
	defer f.Close()
	left := syscall.Flock(int(f.Fd()), syscall.LOCK_EX|syscall.LOCK_NB) == nil
	data, err := io.ReadAll(f)
	if err != nil {
		return err
	}
	rest, err := r.takeIn(ctx, data)
	if err != nil || !left {
		return err // the end of a file that is being written may be half an entry
	}
	if len(bytes.Trim(rest, "\x00")) > 0 {
		if err := r.damaged(ctx, name, rest); err != nil {
			return err
		}
	}
	return os.Remove(name)
}

// takeIn stores the entries of a journal. It gives the bytes from the first on
// that is none.
func (r *Room) takeIn(ctx context.Context, data []byte) (rest []byte, err error) {
	for {
		var rows []row
		for len(rows) < foldMost {
			e, n := noted(data)
			if n == 0 {
				break
			}
			rows, data = append(rows, e), data[n:]
		}
		if len(rows) == 0 {
			return data, nil
		}
		err := r.DB.Do(ctx, db.System("read log"), func(tx *db.Tx) error {
			tx.Quiet()
			fresh, err := unknown(tx, rows)
			if err != nil || len(fresh) == 0 {
				return err
			}
			return store(tx, fresh)
		})
		if err != nil {
			return nil, err
		}
	}
}

var keysIn = db.SQL(db.Local, `SELECT id, digest FROM audit_log WHERE id BETWEEN $1 AND $2`)

// unknown leaves out the entries that are in the log already. One whose key another
// process has happened to give to something else gets a new one.
func unknown(tx *db.Tx, rows []row) ([]row, error) {
	lo, hi := rows[0].ID, rows[0].ID
	for i := range rows {
		lo, hi = min(lo, rows[i].ID), max(hi, rows[i].ID)
	}
	known := map[id.ID]string{}
	err := tx.Each(keysIn, func(scan db.Scan) error {
		var k id.ID
		var digest []byte
		err := scan(&k, &digest)
		known[k] = string(digest)
		return err
	}, lo, hi)
	fresh := make([]row, 0, len(rows))
	for _, e := range rows {
		switch digest, taken := known[e.ID]; {
		case !taken:
			known[e.ID] = string(e.digest)
		case digest == string(e.digest):
			continue
		default:
			e = prepare(tx.NewID(), e.At, e.By, e.entry())
		}
		fresh = append(fresh, e)
	}
	return fresh, err
}

// damaged sets the rest of a journal aside and says so in the log. After a power
// cut it is of reads that were never answered, and then nothing is lost; whether
// it is more than that a person must judge.
func (r *Room) damaged(ctx context.Context, name string, rest []byte) error {
	kept := name + damageEnd
	if err := os.WriteFile(kept, rest, 0o600); err != nil {
		return err
	}
	r.log().Warn("the end of a journal of reads is not whole; it was set aside", "file", kept, "bytes", len(rest))
	err := r.DB.Do(ctx, db.System("read log"), func(tx *db.Tx) error {
		return Write(tx, Entry{Action: "log.damaged", Kind: "log", Object: filepath.Base(name), Count: len(rest), Outcome: Failed})
	})
	if err != nil {
		return errors.Join(err, os.Remove(kept))
	}
	return nil
}
