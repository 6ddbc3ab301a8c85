// Package backups makes backups of an open register, puts one in the place of a
// register, and rehearses it. Package backup knows the file; here it is brought
// together with the register: the log names what was done, the journal of erasures is
// carried out, and what was put back is looked over before anybody uses it.
//
// Begin with Restore.
package backups

import (
	"context"
	"crypto/sha256"
	"errors"
	"fmt"
	"hash"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strconv"

	"kartotek/internal/app"
	"kartotek/internal/audit"
	"kartotek/internal/backup"
	"kartotek/internal/config"
	"kartotek/internal/db"
	"kartotek/internal/erasure"
	"kartotek/internal/fault"
	"kartotek/internal/seal"
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
	// Measure of the notice whose check a drill was; "" for none.
	Measure string `json:"measure,omitempty"`
	// Copy is what the backup itself shows of evidence, before erasures since were
	// carried out again.
	Copy erasure.Copy `json:"copy"`
}

// Restore puts a backup in the place of a register, which nobody may have open. On
// SQLite it is unpacked beside, looked over, and has the journal of erasures carried
// out, before it takes the place of what is there; on PostgreSQL it is loaded in a
// transaction, and the journal is carried out before anybody is served. A restore that
// is stopped leaves the register before or the one after; the next opening says in the
// log what this one could not. law: GDPR 32(1)(c)
func Restore(ctx context.Context, at config.Store, by db.By, r io.Reader, lock backup.Lock, reason string) (out Restored, err error) {
	if err := at.Check(); err != nil {
		return out, err
	}
	if err := backup.Reasoned(reason); err != nil {
		return out, err
	}
	note := backup.Note{ID: seal.Token(), By: by, Reason: reason}
	if at.DSN != "" {
		err = replaceTables(ctx, at, r, lock, note)
	} else {
		err = replaceFiles(ctx, at, r, lock, note, &out)
	}
	if err != nil {
		return out, err
	}
	return out, lookOver(ctx, at, by, &out)
}

// lookOver opens the register that was put back, which says so in the log.
func lookOver(ctx context.Context, at config.Store, by db.By, out *Restored) error {
	h, err := app.Open(ctx, at, app.Options{})
	if err != nil {
		return err
	}
	defer h.Close()
	out.Was = h.Was
	if at.DSN != "" {
		out.Erased, out.Said = h.Replayed.Erased, h.Replayed.Said
	}
	v, err := h.VerifyKept(ctx, by, nil)
	if out.People, out.Verified = v.People, v.OK; err == nil && !v.OK {
		err = fault.New(fault.Conflict, "backup.unverified", "the register was put back, but its log does not hold together; run kartotek verify")
	}
	return err
}

func replaceFiles(ctx context.Context, at config.Store, r io.Reader, lock backup.Lock, note backup.Note, out *Restored) error {
	if err := os.MkdirAll(at.Data, 0o700); err != nil {
		return err
	}
	release, err := backup.Take(at.Data, "a restore")
	if err != nil {
		return err
	}
	defer release()
	fresh := filepath.Join(at.Data, backup.Fresh)
	if *out, err = try(ctx, at, r, lock, fresh, (*db.DB).Sane); err != nil {
		return errors.Join(err, os.RemoveAll(fresh))
	}
	return backup.Swap(at.Data, note)
}

// try unpacks a backup into a folder, looks it over, and carries out the journal.
func try(ctx context.Context, at config.Store, r io.Reader, lock backup.Lock, dir string, check func(*db.DB, context.Context) ([]string, error)) (out Restored, err error) {
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
	return prove(ctx, config.Store{Data: dir, Keys: keys}, app.Options{}, check)
}

// prove opens a register that was put somewhere to be tried, and looks it over: a
// restore checks the pages, a drill also that indexes and tables agree.
func prove(ctx context.Context, at config.Store, opt app.Options, check func(*db.DB, context.Context) ([]string, error)) (out Restored, err error) {
	opt.Before = func(h *app.House) error {
		h.Erasure.KeysStay = true // those of the register in use: a copy says nothing of them
		return h.DB.View(ctx, db.System("restore"), func(tx *db.Tx) (err error) { out.Copy, err = h.Erasure.Look(tx); return err })
	}
	h, err := app.Open(ctx, at, opt)
	if err != nil {
		return out, err
	}
	defer func() { err = errors.Join(err, h.Close()) }()
	out.Erased, out.Said = h.Replayed.Erased, h.Replayed.Said
	wrong, err := check(h.DB, ctx)
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

// Drill tries a backup in a place of its own, which goes afterwards: that it opens, is
// whole, and has the journal carried out. On SQLite that is a folder, on PostgreSQL a
// schema in the same database. The log of the register in use says how it went, and it
// is the check of the measure by which the notice promises it. law: GDPR 32(1)(d)
func Drill(ctx context.Context, h *app.House, at config.Store, by db.By, r io.Reader, lock backup.Lock) (out Restored, err error) {
	if err := os.MkdirAll(h.Folder, 0o700); err != nil {
		return out, err
	}
	dir, err := os.MkdirTemp(h.Folder, "drill-")
	if err != nil {
		return out, err
	}
	defer os.RemoveAll(dir)
	seen := sha256.New()
	r = io.TeeReader(r, seen)
	if at.DSN != "" {
		out, err = tryTables(ctx, h, at, r, lock, dir)
	} else {
		out, err = try(ctx, at, r, lock, dir, (*db.DB).Intact)
	}
	if err == nil && out.Copy.Open > 0 {
		err = fault.New(fault.Conflict, "backup.legible", "of %d people who were erased since, the backup still shows what was sealed: their keys were in the keys folder; run kartotek verify on the register, and see that the folder people of its keys is the newest", out.Copy.Open)
	}
	out.Verified = err == nil
	return out, errors.Join(err, h.DB.Do(ctx, by, func(tx *db.Tx) error { return drilled(tx, h, &out, err, seen) }))
}

// notOf are faults of a drill that say nothing of the backup.
var notOf = []string{"backup.lock", "backup.engine", "backup.drilling", "backup.drill_right", "backup.drill_schema", "db.restoring"}

// drilled lets the log say how a drill went, and records it as the check of the measure
// by which the notice promises it.
func drilled(tx *db.Tx, h *app.House, out *Restored, failed error, seen hash.Hash) error {
	e := audit.Entry{Action: "backup.drill", Kind: "backup", Count: out.People, Detail: map[string]string{"erased": strconv.Itoa(out.Erased), "said": strconv.Itoa(out.Said), "unreadable": strconv.Itoa(out.Copy.Gone)}}
	evidence := fmt.Sprintf("kartotek drill restore: %d people, SHA-256 of the backup %x", out.People, seen.Sum(nil))
	if failed != nil {
		e.Outcome = audit.Failed
		e.Detail["fault"] = fault.KeyOf(failed)
		evidence = "kartotek drill restore: " + fault.KeyOf(failed)
	}
	if err := audit.Write(tx, e); err != nil || slices.Contains(notOf, fault.KeyOf(failed)) || tx.Ctx().Err() != nil {
		return err
	}
	in, found, err := h.Notice.InForceAt(tx, tx.Time())
	if err == nil && found {
		out.Measure, err = h.Measure.Drilled(tx, in.Notice, failed == nil, evidence)
	}
	return err
}
