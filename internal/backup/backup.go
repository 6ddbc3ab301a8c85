// Package backup makes one sealed file of a register, and a register of such a file.
//
// The file is a tar archive, compressed with S2 (compress.go), and sealed with age: for a passphrase, or for
// the public key of somebody who keeps the private one elsewhere. It holds the database
// as it was at one moment and the files of imports and uploads. It never holds the
// keys: whoever finds the backup and not the keys can forge no link and recognise no
// suppressed address. law: GDPR 32(1)
//
// Of a register on SQLite it holds the two files; of one on PostgreSQL the form of
// each table and its rows as the server copies them, with their number and digest
// (tables.go). What one engine gave is not put back on the other.
//
// # Putting one back
//
// SQLite: Unpack writes the content beside the register, into a folder of its own,
// where it can be looked over. Swap then puts it in place: it notes that it begins,
// moves file by file, and takes the note away. Should the machine stop in between,
// Resume goes on at the next opening, so that there is the register before or the one
// after, never half of each. PostgreSQL: LoadTables loads the rows in a transaction, and
// when it stands the files are moved in the same way; its mark in the database says
// whether they are to be.
//
// The note holds who puts what back and why, and outlives the moving: whoever opens
// the register next and finds it Unsaid says it in the log. What people said after the
// backup was made comes from the journal of erasures beside the keys, when the register
// is opened.
package backup

import (
	"archive/tar"
	"context"
	"errors"
	"io"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"runtime/debug"
	"strings"

	"filippo.io/age"

	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/seal"
)

// Lock is what a backup is sealed for, or opened with. Give one.
type Lock struct {
	Passphrase string
	Recipient  string // a public key, age1…
	Identity   string // the text of a file of private keys
}

func (l Lock) recipient() (age.Recipient, error) {
	switch {
	case l.Passphrase != "":
		if len(l.Passphrase) < 12 {
			return nil, fault.New(fault.Invalid, "backup.passphrase", "a passphrase has at least 12 characters").In("passphrase")
		}
		return age.NewScryptRecipient(l.Passphrase)
	case l.Recipient != "":
		r, err := age.ParseX25519Recipient(l.Recipient)
		if err != nil {
			return nil, fault.New(fault.Invalid, "backup.recipient", "this is not a public key of age").In("recipient")
		}
		return r, nil
	}
	return nil, fault.New(fault.Invalid, "backup.lock", "say what the backup is sealed for: a file with a passphrase, or a public key")
}

func (l Lock) identities() ([]age.Identity, error) {
	if l.Passphrase != "" {
		id, err := age.NewScryptIdentity(l.Passphrase)
		return []age.Identity{id}, err
	}
	ids, err := age.ParseIdentities(strings.NewReader(l.Identity))
	if err != nil {
		return nil, fault.New(fault.Invalid, "backup.lock", "say what opens the backup: a file with the passphrase, or one with the private key")
	}
	return ids, nil
}

// forget gives back the 256 MB that making a key of a passphrase takes, on purpose, so
// that what follows does not come on top.
func (l Lock) forget() {
	if l.Passphrase != "" {
		debug.FreeOSMemory()
	}
}

// folders are those of the register that go into a backup beside the database.
var folders = []string{"imports", "uploads"}

// logName is the log of the database in a backup.
const logName = db.FileName + "-wal"

// Write writes a backup while the register is used. It gives the bytes of the database.
func Write(ctx context.Context, w io.Writer, d *db.DB, folder string, lock Lock) (size int64, err error) {
	to, err := lock.recipient()
	if err != nil {
		return 0, err
	}
	sealed, err := age.Encrypt(w, to)
	if err != nil {
		return 0, err
	}
	lock.forget()
	small := compress(sealed)
	out := tar.NewWriter(small)
	if d.Engine() == db.Postgres {
		size, err = addTables(ctx, out, d)
	} else {
		size, err = addFiles(ctx, out, d)
	}
	for _, name := range folders {
		if err == nil {
			err = addFolder(ctx, out, folder, name)
		}
	}
	if err != nil {
		return 0, errors.Join(err, small.Close())
	}
	return size, errors.Join(out.Close(), small.Close(), sealed.Close())
}

// addFiles adds the files of a register on SQLite.
func addFiles(ctx context.Context, out *tar.Writer, d *db.DB) (size int64, err error) {
	err = d.Snapshot(ctx, func(database, log *os.File) (err error) {
		if size, err = add(ctx, out, db.FileName, database); err != nil || log == nil {
			return err
		}
		n, err := add(ctx, out, logName, log)
		size += n
		return err
	})
	return size, err
}

// add writes as much of a file as there is now.
func add(ctx context.Context, out *tar.Writer, name string, f *os.File) (int64, error) {
	info, err := f.Stat()
	if err != nil {
		return 0, err
	}
	if err := out.WriteHeader(&tar.Header{Name: name, Mode: 0o600, Size: info.Size(), Format: tar.FormatPAX}); err != nil {
		return 0, err
	}
	n, err := io.CopyBuffer(out, io.LimitReader(f, info.Size()), make([]byte, min(int64(buffer), info.Size()+1)))
	return n, errors.Join(err, ctx.Err())
}

func addFolder(ctx context.Context, out *tar.Writer, folder, name string) error {
	return filepath.WalkDir(filepath.Join(folder, name), func(at string, e fs.DirEntry, err error) error {
		if errors.Is(err, fs.ErrNotExist) || err == nil && !e.Type().IsRegular() {
			return nil
		}
		if err != nil {
			return err
		}
		f, err := os.Open(at)
		if errors.Is(err, fs.ErrNotExist) {
			return nil // an upload that was done with meanwhile
		}
		if err != nil {
			return err
		}
		defer f.Close()
		rel, err := filepath.Rel(folder, at)
		if err == nil {
			_, err = add(ctx, out, filepath.ToSlash(rel), f)
		}
		return err
	})
}

// Unpack writes the content of a backup of a register on SQLite into an empty folder. A
// file that is no backup, that another key sealed, or that was changed or cut is
// refused; then nothing of the folder is to be used.
func Unpack(ctx context.Context, r io.Reader, dir string, lock Lock) error {
	return opened(ctx, r, lock, func(in *tar.Reader) error {
		h, err := in.Next()
		if err == nil && h.Name == formsName {
			return fault.New(fault.Invalid, "backup.engine", "this is the backup of a register on PostgreSQL: name the database with --dsn")
		}
		found, err := unpackRest(ctx, in, h, err, dir)
		if err == nil && !found {
			err = io.ErrUnexpectedEOF
		}
		return err
	})
}

// opened gives what is in a backup to fn, and then sees to it that it ended where it
// was meant to.
func opened(ctx context.Context, r io.Reader, lock Lock, fn func(in *tar.Reader) error) error {
	ids, err := lock.identities()
	if err != nil {
		return err
	}
	plain, err := age.Decrypt(r, ids...)
	if err != nil {
		return fault.New(fault.Invalid, "backup.sealed", "the backup does not open: it is no backup, or sealed for another passphrase or key").Because(err)
	}
	lock.forget()
	large, done, err := expand(plain)
	if err == nil {
		defer done()
		err = fn(tar.NewReader(large))
	}
	if err == nil {
		_, err = io.Copy(io.Discard, large) // to the end, where a cut shows
	}
	if err != nil && ctx.Err() == nil && !told(err) {
		err = fault.New(fault.Invalid, "backup.damaged", "the backup is cut short or was changed; use another").Because(err)
	}
	return err
}

// told reports whether an error says what it is: a fault, or trouble of the disk or the
// database, where a damaged file has neither.
func told(err error) bool {
	var known *fault.Error
	var disk *fs.PathError
	var pg interface{ SQLState() string }
	return errors.As(err, &known) || errors.As(err, &disk) || errors.As(err, &pg) && !strings.HasPrefix(pg.SQLState(), "22")
}

// unpackRest writes the entries from h on into a folder; found tells whether a database was among them.
func unpackRest(ctx context.Context, in *tar.Reader, h *tar.Header, err error, dir string) (found bool, _ error) {
	for ; !errors.Is(err, io.EOF); h, err = in.Next() {
		if err != nil {
			return found, err
		}
		if !belongs(h.Name) || h.Typeflag != tar.TypeReg {
			return found, foreign()
		}
		if err := extract(in, filepath.Join(dir, filepath.FromSlash(h.Name))); err != nil {
			return found, err
		}
		if err := ctx.Err(); err != nil {
			return found, err
		}
		found = found || h.Name == db.FileName
	}
	seal.SyncDir(dir)
	return found, nil
}

func foreign() error {
	return fault.New(fault.Invalid, "backup.foreign", "the backup holds something that is not of a register")
}

// belongs reports whether a name may be in a backup.
func belongs(name string) bool {
	top, rest, below := strings.Cut(name, "/")
	if !below {
		return name == db.FileName || name == logName
	}
	for _, f := range folders {
		if top == f {
			return filepath.IsLocal(rest) && rest == path.Clean(rest)
		}
	}
	return false
}
