package scan

import (
	"context"
	"slices"
	"time"

	"kartotek/internal/audit"
	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/id"
	"kartotek/internal/job"
)

// KindForget destroys what waited for a form that was not sent again.
const KindForget = "scan.forget"

// WaitsForm is how long files wait for the form they came with to be sent again.
const WaitsForm = 2 * time.Hour

// batch are the files that came with one form of one member of staff. They lie in the
// table of files as those of no case do: under the batch where the person stands, and
// under the member of staff where the case stands, so that nobody else finds them.
type batch struct{ Batch, Staff id.ID }

// Wait keeps the files of a form that was refused until it is sent again, for whoever
// acts, and gives their batch and all that wait in it. of is the batch the form named, 0
// when it named none; of that, what is not among stay is destroyed. law: GDPR 5(1)(c)
func (r *Room) Wait(tx *db.Tx, of id.ID, stay []id.ID, came []Found) (id.ID, []File, error) {
	b := batch{of, tx.By().ID}
	have, err := r.waiting(tx, b)
	if len(have) == 0 { // none yet, somebody else's, or too old
		b.Batch = tx.NewID()
	}
	if err == nil {
		err = r.drop(tx, b, slices.DeleteFunc(have, func(f File) bool { return slices.Contains(stay, f.ID) }))
	}
	for i := range came {
		if err == nil {
			err = r.wait(tx, b, &came[i])
		}
	}
	if err == nil && len(came) > 0 {
		_, _, err = job.Enqueue(tx, KindForget, b.Batch.String(), b, job.Opt{RunAt: tx.Time().Add(WaitsForm), MaxAttempts: 1000})
	}
	if err != nil {
		return 0, nil, err
	}
	have, err = r.waiting(tx, b)
	return b.Batch, have, err
}

func (r *Room) wait(tx *db.Tx, b batch, came *Found) error {
	f := File{Person: b.Batch, Case: b.Staff, ID: tx.NewID(), At: tx.Now(), Via: ByClerk, By: tx.By().Name, State: Waiting, Name: came.Name,
		Kind: came.Kind, Code: came.Refused, Locked: came.Locked, Size: int64(came.Size), Digest: came.Digest, Identity: came.Identity}
	if err := r.room(tx, &f, len(came.Content)); err != nil {
		return err
	}
	return r.insert(tx, &f, came.Content)
}

// waiting lists what waits in a batch and is not too old.
func (r *Room) waiting(tx *db.Tx, b batch) ([]File, error) {
	all, err := r.List(tx, b.Batch, b.Staff)
	since := tx.Time().Add(-WaitsForm).UnixMilli()
	return slices.DeleteFunc(all, func(f File) bool { return f.State != Waiting || f.At <= since }), err
}

// Waited gives those files of a batch that the form, which is sent again, names. One
// that waits no longer is pointed out: nothing is left out of a case without a word.
func (r *Room) Waited(tx *db.Tx, of id.ID, named []id.ID) (out []Found, err error) {
	if of == 0 || len(named) == 0 {
		return nil, nil
	}
	have, err := r.waiting(tx, batch{of, tx.By().ID})
	for _, which := range named {
		at := slices.IndexFunc(have, func(f File) bool { return f.ID == which })
		if err == nil && at < 0 {
			err = fault.New(fault.Conflict, "scan.waited", "the files chosen before are no longer kept: choose them again")
		}
		if err != nil {
			return nil, err
		}
		f := &have[at]
		found := Found{Name: f.Name, Kind: f.Kind, Size: int(f.Size), Digest: f.Digest, Refused: f.Code, Locked: f.Locked, Identity: f.Identity}
		if f.Code == "" {
			found.Content, err = r.content(tx, f)
		}
		out = append(out, found)
	}
	return out, err
}

// Settle destroys a batch whose form was taken: what belonged to the case lies there.
func (r *Room) Settle(tx *db.Tx, of id.ID) error {
	if of == 0 {
		return nil
	}
	b := batch{of, tx.By().ID}
	all, err := r.List(tx, b.Batch, b.Staff)
	return either(err, r.drop(tx, b, all))
}

// drop removes files of a batch, and their keys.
func (r *Room) drop(tx *db.Tx, b batch, all []File) error {
	if len(all) == 0 {
		return nil
	}
	for _, f := range all {
		if _, err := tx.Exec(delOne, b.Batch.Bucket(), int64(b.Batch), int64(b.Staff), int64(f.ID)); err != nil {
			return err
		}
	}
	err := audit.Write(tx, audit.Entry{Action: "case.files_forgotten", Kind: "files", Object: b.Batch.String()})
	if err == nil {
		err = r.Spend.Keys(tx, ids(all)...)
	}
	return either(err, r.scrubLater(tx))
}

var delOne = db.SQL(db.OnePerson, `DELETE FROM case_files WHERE bucket = $1 AND person_id = $2 AND case_id = $3 AND file_id = $4`)

// forget destroys a batch once its youngest file is too old.
func (r *Room) forget(ctx context.Context, j *job.Job) error {
	var b batch
	if err := j.Decode(&b); err != nil {
		return err
	}
	var again time.Time
	err := r.DB.Do(ctx, j.By(), func(tx *db.Tx) (err error) {
		if err = j.Hold(tx); err == nil {
			again, err = r.forgetOld(tx, b)
		}
		return err
	})
	if err == nil && !again.IsZero() {
		return job.Later(again)
	}
	return err
}

// forgetOld destroys a batch, or says when it is old enough.
func (r *Room) forgetOld(tx *db.Tx, b batch) (again time.Time, err error) {
	all, err := r.List(tx, b.Batch, b.Staff)
	if err != nil || len(all) == 0 {
		return again, err
	}
	if until := time.UnixMilli(all[len(all)-1].At).Add(WaitsForm); until.After(tx.Time()) {
		return until, nil
	}
	return again, r.drop(tx, b, all)
}
