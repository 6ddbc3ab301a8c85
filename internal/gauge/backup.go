package gauge

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"slices"
	"time"

	"filippo.io/age"

	"kartotek/internal/app/backups"
	"kartotek/internal/backup"
	"kartotek/internal/clock"
	"kartotek/internal/config"
	"kartotek/internal/db"
)

// Backup is what a backup of a register and putting it back took, beside a plain copy
// of as much with a sync, which is what the disk alone takes.
type Backup struct {
	Bytes, Sealed       int64 // of the register, and of its backup
	Copy, Made, PutBack time.Duration
	WritePeak           int // MB the process had at most when the backup was made
}

// BenchBackup makes a backup in a folder and puts it back: of a register on SQLite
// beside it, of one on PostgreSQL in its own place. It is sealed for a key: a passphrase
// takes most of a second more each way, whatever the size.
func (h House) BenchBackup(ctx context.Context, dir string, at config.Store, peak func() int) (b Backup, err error) {
	key, err := age.GenerateX25519Identity()
	if err != nil {
		return b, err
	}
	lock := backup.Lock{Recipient: key.Recipient().String(), Identity: key.String()}
	work, err := os.MkdirTemp(dir, "backup-")
	if err != nil {
		return b, err
	}
	defer os.RemoveAll(work)
	by, file := db.System("bench"), filepath.Join(work, "kartotek.age")
	b.Made, err = timed(func() error {
		return backup.Put(file, func(to io.Writer) (err error) { b.Bytes, err = backups.Write(ctx, h.House, by, to, lock); return err })
	})
	if err != nil {
		return b, err
	}
	b.WritePeak = peak()
	if info, err := os.Stat(file); err == nil {
		b.Sealed = info.Size()
	}
	if b.Copy, err = plainCopy(file, filepath.Join(work, "copy"), b.Bytes); err != nil {
		return b, err
	}
	if at.DSN == "" {
		keys := filepath.Join(work, "keys")
		if err := os.CopyFS(keys, os.DirFS(h.Keys.Dir())); err != nil {
			return b, err
		}
		at = config.Store{Data: filepath.Join(work, "again"), Keys: keys}
	}
	sealed, err := os.Open(file)
	if err != nil {
		return b, err
	}
	defer sealed.Close()
	b.PutBack, err = timed(func() error { _, err := backups.Restore(ctx, at, by, sealed, lock, "a measurement"); return err })
	return b, err
}

func timed(fn func() error) (time.Duration, error) {
	start := clock.System().Now()
	err := fn()
	return clock.System().Now().Sub(start), err
}

// plainCopy writes as much as a register has, of the backup over and over, to another
// file, three times; it gives the median, because one is over in a moment.
func plainCopy(from, to string, size int64) (time.Duration, error) {
	in, err := os.Open(from)
	if err != nil {
		return 0, err
	}
	defer in.Close()
	defer os.Remove(to)
	took := make([]time.Duration, 3)
	for i := range took {
		if took[i], err = timed(func() error { return copyOnce(to, in, size) }); err != nil {
			return 0, err
		}
	}
	slices.Sort(took)
	return took[1], nil
}

func copyOnce(to string, in io.ReadSeeker, size int64) error {
	out, err := os.Create(to)
	if err != nil {
		return err
	}
	return errors.Join(fill(out, in, size), out.Sync(), out.Close())
}

func fill(out io.Writer, in io.ReadSeeker, size int64) error {
	piece := make([]byte, 1<<20)
	for size > 0 {
		n, err := in.Read(piece[:min(size, int64(len(piece)))])
		if err == io.EOF {
			_, err = in.Seek(0, io.SeekStart)
		}
		if err == nil {
			_, err = out.Write(piece[:n])
		}
		if err != nil {
			return err
		}
		size -= int64(n)
	}
	return nil
}
