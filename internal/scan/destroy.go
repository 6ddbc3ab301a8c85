package scan

import (
	"context"
	"time"

	"kartotek/internal/audit"
	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/id"
	"kartotek/internal/job"
)

// Kinds of jobs.
const (
	KindScrub  = "scan.scrub"  // has the database write over what was destroyed
	KindExpire = "scan.expire" // destroys what nobody looked at; runs again by itself
)

const (
	// Waits is how long an identity document waits for somebody to look at it.
	Waits       = 7 * 24 * time.Hour
	expireEvery = 6 * time.Hour
	expireBatch = 50
)

// ShowOnce gives an identity document and destroys it in the same transaction: give
// what it returns to the one clerk who asked, once that transaction is committed, and
// to nothing that keeps it. law: GDPR 5(1)(c)
func (r *Room) ShowOnce(tx *db.Tx, who, of, file id.ID) (File, []byte, error) {
	f, err := r.Get(tx, who, of, file)
	if err == nil && f.State != Held {
		err = fault.New(fault.Conflict, "scan.shown", "this file was shown already, or is none that is shown once")
	}
	if err != nil {
		return f, nil, err
	}
	content, err := r.content(tx, &f)
	if err == nil {
		err = r.destroy(tx, &f, Shown)
	}
	return f, content, err
}

// Destroy destroys the content of a file; reason is one of those of File.GoneWhy.
func (r *Room) Destroy(tx *db.Tx, who, of, file id.ID, reason string) error {
	f, err := r.Get(tx, who, of, file)
	if err != nil {
		return err
	}
	if f.State != Kept && f.State != Held && f.GoneWhy != Earlier {
		return fault.New(fault.Conflict, "scan.gone", "the content of this file is not kept")
	}
	return r.destroy(tx, &f, reason)
}

func (r *Room) destroy(tx *db.Tx, f *File, reason string) error {
	n, err := tx.Exec(updGone, f.Person.Bucket(), int64(f.Person), int64(f.Case), int64(f.ID), []byte{}, tx.Now(), tx.By().Name, reason)
	if err == nil && n == 0 {
		err = none()
	}
	if err == nil {
		err = r.Spend.Keys(tx, f.ID)
	}
	if err == nil {
		err = audit.Write(tx, r.entry("case.file_destroy", f, map[string]string{"reason": reason, "file": f.ID.String()}))
	}
	if err != nil {
		return err
	}
	return r.scrubLater(tx)
}

// scrubLater has the database write over what this transaction deletes.
func (r *Room) scrubLater(tx *db.Tx) error {
	_, _, err := job.Enqueue(tx, KindScrub, tx.NewID().String(), nil, job.Opt{MaxAttempts: 1000}) // a key of its own: one at work may be past it
	return err
}

// Release keeps a file that its name made look like an identity document, without
// showing it: when the person said what it is.
func (r *Room) Release(tx *db.Tx, who, of, file id.ID) error {
	f, err := r.Get(tx, who, of, file)
	if err != nil {
		return err
	}
	n, err := tx.Exec(updKept, who.Bucket(), int64(who), int64(of), int64(file))
	if err == nil && n == 0 {
		err = fault.New(fault.Conflict, "scan.shown", "this file was shown already, or is none that is shown once")
	}
	if err != nil {
		return err
	}
	return audit.Write(tx, r.entry("case.file_release", &f, map[string]string{"file": file.String()}))
}

// Others marks a kept document that tells of somebody else: it is left out of the
// person's package, which says so. law: GDPR 15(4)
const Others Code = "others"

// SetOthers says whether a kept document tells of somebody else.
func (r *Room) SetOthers(tx *db.Tx, who, of, file id.ID, on bool) error {
	f, err := r.Get(tx, who, of, file)
	if err != nil {
		return err
	}
	code := Code("")
	if on {
		code = Others
	}
	n, err := tx.Exec(updCode, who.Bucket(), int64(who), int64(of), int64(file), string(code))
	if err == nil && n == 0 {
		err = fault.New(fault.Conflict, "scan.gone", "the content of this file is not kept")
	}
	if err != nil {
		return err
	}
	return audit.Write(tx, r.entry("case.file_others", &f, map[string]string{"file": file.String(), "code": string(code)}))
}

var updCode = db.SQL(db.OnePerson, `UPDATE case_files SET code = $5 WHERE bucket = $1 AND person_id = $2 AND case_id = $3 AND file_id = $4 AND state = 'kept'`)

var updKept = db.SQL(db.OnePerson, `UPDATE case_files SET state = 'kept' WHERE bucket = $1 AND person_id = $2 AND case_id = $3 AND file_id = $4 AND state = 'held'`)

// DropCase removes the files of a case whose time of keeping is over.
func (r *Room) DropCase(tx *db.Tx, who, of id.ID) error {
	all, err := r.List(tx, who, of)
	if err != nil {
		return err
	}
	if _, err := tx.Exec(delCase, who.Bucket(), int64(who), int64(of)); err != nil {
		return err
	}
	return either(r.Spend.Keys(tx, ids(all)...), r.scrubLater(tx))
}

// Handle makes a runner do the room's work.
func (r *Room) Handle(run *job.Runner) {
	run.Handle(KindScrub, func(ctx context.Context, _ *job.Job) error { return r.DB.Scrub(ctx, table) })
	run.Handle(KindExpire, r.expire)
	run.Handle(KindForget, r.forget)
}

// Begin puts the work into the queue that a running register always has.
func (r *Room) Begin(tx *db.Tx) error {
	_, _, err := job.Enqueue(tx, KindExpire, "all", nil, job.Opt{})
	return err
}

// expire destroys identity documents that nobody looked at in time, and asks to be
// run again.
func (r *Room) expire(ctx context.Context, j *job.Job) error {
	for more := true; more; {
		err := r.DB.Do(ctx, j.By(), func(tx *db.Tx) error {
			if err := j.Hold(tx); err != nil {
				return err
			}
			n, err := r.expireSome(tx)
			more = n == expireBatch
			return err
		})
		if err != nil {
			return err
		}
	}
	return job.Later(r.DB.Now().Add(expireEvery))
}

func (r *Room) expireSome(tx *db.Tx) (int, error) {
	var all [][3]id.ID
	err := tx.Each(selHeld, func(scan db.Scan) error {
		var k [3]id.ID
		err := scan(&k[0], &k[1], &k[2])
		all = append(all, k)
		return err
	}, tx.Time().Add(-Waits).UnixMilli(), expireBatch)
	for _, k := range all {
		if err == nil {
			err = r.Destroy(tx, k[0], k[1], k[2], Unseen)
		}
	}
	return len(all), err
}
