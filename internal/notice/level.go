package notice

import (
	"time"

	"kartotek/internal/audit"
	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/noticedef"
	"kartotek/internal/noticedef/amend"
)

// LevelChange is an access level as it will be, and what that does to the notice.
type LevelChange struct {
	Level   noticedef.Level
	From    *InForce           // the version it is planned upon
	To      *noticedef.Notice  // what will be in force
	Source  []byte             // its file
	Changes []noticedef.Change // of facts, without those in which a version speaks of itself
}

// PlanLevel writes one access level into the file of the notice in force and gives
// what would come of it. Nothing is stored. A file that is written in too unusual a
// way to be changed by a program is refused with the key levels.by_hand, one that
// the gate would refuse with notice.not_publishable.
func (r *Room) PlanLevel(tx *db.Tx, l noticedef.Level) (*LevelChange, error) {
	in, found, err := r.InForceAt(tx, tx.Time())
	if err == nil && !found {
		err = None()
	}
	if err != nil {
		return nil, err
	}
	return r.planUpon(tx, in, l, today(tx))
}

func today(tx *db.Tx) string { return tx.Time().UTC().Format(time.DateOnly) }

// planUpon plans a level into a version that is to begin on a day.
func (r *Room) planUpon(tx *db.Tx, in *InForce, l noticedef.Level, day string) (*LevelChange, error) {
	src, ok := amend.Level([]byte(in.Source), l, amend.Stamp{Day: noticedef.Date(day), Supersedes: in.Number})
	if !ok {
		return nil, fault.New(fault.Conflict, "levels.by_hand", "the notice's file is written in a way that only a person can change; edit its levels and publish it")
	}
	to, _ := noticedef.Parse("notice", src)
	c := &LevelChange{Level: l, From: in, To: to, Source: src}
	for _, x := range noticedef.Diff(in.Notice, to) {
		if x.Path != "compiled" && x.Path != "effective" && x.Path != "supersedes" {
			c.Changes = append(c.Changes, x)
		}
	}
	last, err := r.newest(tx)
	if err != nil {
		return nil, err
	}
	return c, r.gate(to, &Version{Effective: day}, last, src, tx.Time())
}

// SetLevel publishes a change of one access level, from today on. It goes through
// the same gate as every notice (Publish), approved by whoever makes the
// transaction, and is logged as level.set with the digests before and after. A plan
// made upon a version that is no longer in force is refused: levels.changed.
//
// A version that was published and is still to begin gets the same change, so that
// it does not bring the old level back on its day.
func (r *Room) SetLevel(tx *db.Tx, c *LevelChange) (*Version, error) {
	in, found, err := r.InForceAt(tx, tx.Time())
	if err != nil {
		return nil, err
	}
	if !found || in.Hash != c.From.Hash || in.Number != c.From.Number {
		return nil, fault.New(fault.Conflict, "levels.changed", "the notice changed in the meantime; look at the level again")
	}
	if len(c.Changes) == 0 {
		return nil, fault.New(fault.Conflict, "levels.same", "the level is like that already")
	}
	waiting, err := r.newest(tx)
	if err != nil {
		return nil, err
	}
	v, err := r.publishLevel(tx, c, today(tx), tx.By().Name)
	if err != nil || waiting.begun(tx.Time()) {
		return v, err
	}
	return v, r.carry(tx, waiting, c.Level)
}

func (r *Room) publishLevel(tx *db.Tx, c *LevelChange, day, approvedBy string) (*Version, error) {
	v, err := r.Publish(tx, c.Source, approvedBy, day)
	if err == nil {
		err = audit.Write(tx, audit.Entry{Action: "level.set", Kind: "notice", Object: v.Hash,
			Detail: map[string]string{"level": c.Level.Name, "from": c.From.Hash, "to": v.Hash}})
	}
	return v, err
}

// carry puts the level into a version that is still to begin.
func (r *Room) carry(tx *db.Tx, waiting *Version, l noticedef.Level) error {
	in, err := r.open(waiting)
	if err != nil {
		return err
	}
	c, err := r.planUpon(tx, in, l, waiting.Effective)
	if err == nil {
		_, err = r.publishLevel(tx, c, waiting.Effective, waiting.ApprovedBy)
	}
	return err
}

// LevelStep is a version of the notice that changed access levels.
type LevelStep struct {
	*Version
	Before, After *noticedef.Notice
	Changes       []noticedef.Change // of levels alone
}

// LevelHistory lists the versions that changed access levels, newest first, as far
// back as limit versions.
func (r *Room) LevelHistory(tx *db.Tx, limit int) (out []LevelStep, err error) {
	all, err := r.Versions(tx)
	if err != nil {
		return nil, err
	}
	for i := 0; i+1 < len(all) && i < limit; i++ {
		now, err := r.open(all[i])
		if err != nil {
			return nil, err
		}
		before, err := r.open(all[i+1])
		if err != nil {
			return nil, err
		}
		if changes := noticedef.LevelChanges(before.Notice, now.Notice); len(changes) > 0 {
			out = append(out, LevelStep{all[i], before.Notice, now.Notice, changes})
		}
	}
	return out, nil
}
