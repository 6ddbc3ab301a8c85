package backup

import (
	"context"
	"slices"

	"kartotek/internal/audit"
	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/tree"
)

// restored is the entry that says that a backup was put back.
const restored = "log.restored"

// Accept lets the log go on from what a backup held, under a new anchor, and says so in
// it, with the reason. The old anchor is kept beside the keys. It gives the number of
// entries the log had before, 0 when that is not known.
func Accept(ctx context.Context, d *db.DB, log *tree.Room, by db.By, reason string) (was int64, err error) {
	if err := Reasoned(reason); err != nil {
		return 0, err
	}
	if was, err = log.Reanchor(ctx); err != nil {
		return 0, err
	}
	return was, d.Do(ctx, by, func(tx *db.Tx) error {
		return audit.Write(tx, audit.Entry{Action: restored, Kind: "log", Count: int(was), Detail: map[string]string{"reason": reason}})
	})
}

// Reasoned checks the reason for putting a backup back, which the log holds.
func Reasoned(reason string) error {
	if len(reason) < 3 || len(reason) > 200 {
		return fault.New(fault.Invalid, "tree.reason", "say in a few words why an older copy is put back, without naming people")
	}
	return nil
}

// Say is Accept for a restore that has come through in a folder and that the log does
// not name yet. Whoever asked for the restore has accepted that the log ends earlier,
// so the first opening after it does this, by whatever process. It can be stopped
// anywhere, and begins again.
func Say(ctx context.Context, d *db.DB, log *tree.Room, folder string) (was int64, err error) {
	n, err := Unsaid(folder)
	if n == nil || err != nil {
		return 0, err
	}
	if kept, err := log.Anchor(); err == nil && kept != nil {
		was = kept.Size
	}
	err = d.Do(ctx, n.By, func(tx *db.Tx) error {
		said, err := audit.Read(tx, audit.Filter{Action: restored, Limit: 10})
		if err != nil || slices.ContainsFunc(said, func(e audit.Entry) bool { return e.Object == n.ID }) {
			return err
		}
		return audit.Write(tx, audit.Entry{Action: restored, Kind: "log", Object: n.ID, Count: int(was), Detail: map[string]string{"reason": n.Reason}})
	})
	if err == nil {
		err = anchorAnew(ctx, d, log)
	}
	if err != nil {
		return was, err
	}
	return was, Said(folder)
}

// anchorAnew begins a new anchor when the log does not go on where the old one left it.
// What no restore explains is left for verify to tell.
func anchorAnew(ctx context.Context, d *db.DB, log *tree.Room) error {
	err := d.View(ctx, db.System("restore"), func(tx *db.Tx) error {
		_, err := log.Sound(tx)
		return err
	})
	if fault.Is(err, fault.Conflict) {
		_, err = log.Reanchor(ctx)
	}
	if fault.Is(err, fault.Conflict) {
		err = nil
	}
	return err
}
