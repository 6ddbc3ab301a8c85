// Package backups makes backups of an open register, puts one in the place of a
// register, and rehearses it. Package backup knows the file; here it is brought
// together with the register: the log names what was done, the journal of erasures is
// carried out, and what was put back is looked over before anybody uses it.
//
// Begin with Restore.
package backups

import (
	"context"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strconv"

	"kartotek/internal/app"
	"kartotek/internal/audit"
	"kartotek/internal/backup"
	"kartotek/internal/config"
	"kartotek/internal/db"
	"kartotek/internal/fault"
)

// Write writes a sealed backup of the register while it is used. The log says so.
func Write(ctx context.Context, h *app.House, by db.By, w io.Writer, lock backup.Lock) (size int64, err error) {
	if size, err = backup.Write(ctx, w, h.DB, h.Folder, lock); err != nil {
		return 0, err
	}
	return size, h.DB.Do(ctx, by, func(tx *db.Tx) error {
		return audit.Write(tx, audit.Entry{Action: "backup.write", Kind: "backup", Detail: map[string]string{"bytes": strconv.FormatInt(size, 10)}})
	})
}

// Restored says what became of a backup that was put back or tried.
type Restored struct {
	People   int   `json:"people"`
	Erased   int   `json:"erased_again"` // people erased since, erased again
	Said     int   `json:"said_again"`   // objections and withdrawals since, recorded again
	Was      int64 `json:"log_was"`      // entries the log had before; 0 when not known
	Verified bool  `json:"verified"`
}

// Restore puts a backup in the place of a register in a folder, which nobody may have
// open. The backup is unpacked beside, looked over, and has the journal of erasures
// carried out, before it takes the place of what is there. law: GDPR 32(1)(c)
func Restore(ctx context.Context, at config.Store, by db.By, r io.Reader, lock backup.Lock, reason string) (out Restored, err error) {
	if at.Data == "" {
		return out, fault.New(fault.Invalid, "backup.folder", "a backup is put back into a folder: --data DIR")
	}
	if len(reason) < 3 || len(reason) > 200 {
		return out, fault.New(fault.Invalid, "tree.reason", "say in a few words why an older copy is put back, without naming people")
	}
	if err := os.MkdirAll(at.Data, 0o700); err != nil {
		return out, err
	}
	release, err := backup.Hold(at.Data, "a restore")
	if err != nil {
		return out, err
	}
	defer release()
	if err := backup.Finish(at.Data); err != nil {
		return out, err
	}
	if out, err = try(ctx, at, r, lock, filepath.Join(at.Data, backup.Fresh)); err != nil {
		return out, errors.Join(err, os.RemoveAll(filepath.Join(at.Data, backup.Fresh)))
	}
	if err := backup.Swap(at.Data); err != nil {
		return out, err
	}
	h, err := app.Open(ctx, at, app.Options{})
	if err != nil {
		return out, err
	}
	defer h.Close()
	if out.Was, err = h.AcceptRestored(ctx, by, reason); err != nil {
		return out, err
	}
	v, err := h.Verify(ctx, by, nil)
	if out.Verified = v.OK; err == nil && !v.OK {
		err = fault.New(fault.Conflict, "backup.unverified", "the register was put back, but its log does not hold together; run kartotek verify")
	}
	return out, err
}

// try unpacks a backup into a folder, looks it over, and carries out the journal.
func try(ctx context.Context, at config.Store, r io.Reader, lock backup.Lock, dir string) (out Restored, err error) {
	keys, err := at.KeysDir()
	if err != nil {
		return out, err
	}
	if err := os.MkdirAll(dir, 0o700); err != nil {
		return out, err
	}
	if err := backup.Unpack(ctx, r, dir, lock); err != nil {
		return out, err
	}
	h, err := app.Open(ctx, config.Store{Data: dir, Keys: keys}, app.Options{})
	if err != nil {
		return out, err
	}
	defer func() { err = errors.Join(err, h.Close()) }()
	out.Erased, out.Said = h.Replayed.Erased, h.Replayed.Said
	wrong, err := h.DB.Intact(ctx)
	if err == nil && len(wrong) > 0 {
		err = fault.New(fault.Invalid, "backup.damaged", "the backup is cut short or was changed; use another")
	}
	if err != nil {
		return out, err
	}
	return out, h.DB.View(ctx, db.System("restore"), func(tx *db.Tx) (err error) {
		out.People, err = h.Party.Count(tx)
		return err
	})
}

// Drill tries a backup in a folder of its own, which goes afterwards: that it opens,
// is whole, and has the journal carried out. The log of the register in use says how
// it went. law: GDPR 32(1)(d)
func Drill(ctx context.Context, h *app.House, at config.Store, by db.By, r io.Reader, lock backup.Lock) (out Restored, err error) {
	dir, err := os.MkdirTemp(h.Folder, "drill-")
	if err != nil {
		return out, err
	}
	defer os.RemoveAll(dir)
	out, err = try(ctx, at, r, lock, dir)
	e := audit.Entry{Action: "backup.drill", Kind: "backup", Count: out.People, Detail: map[string]string{"erased": strconv.Itoa(out.Erased), "said": strconv.Itoa(out.Said)}}
	if out.Verified = err == nil; err != nil {
		e.Outcome = audit.Failed
		e.Detail["fault"] = fault.KeyOf(err)
	}
	return out, errors.Join(err, h.DB.Do(ctx, by, func(tx *db.Tx) error { return audit.Write(tx, e) }))
}
