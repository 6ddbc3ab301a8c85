package job

import (
	"encoding/json"
	"sync"
	"time"

	"kartotek/internal/clock"
	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/id"
)

var (
	insert = db.SQL(db.Local, `INSERT INTO jobs (id, kind, key, state, run_at, attempt, max_attempt, lease_until, holder, fence, payload,
		done, total, note, error, created_at, finished_at, cause_kind, cause_id, cause_name, purpose)
		VALUES ($1, $2, $3, 'ready', $4, 0, $5, 0, '', 0, $6, 0, $7, '', '', $8, 0, $9, $10, $11, $12) ON CONFLICT DO NOTHING`)
	liveByKey = db.SQL(db.Local, `SELECT id FROM jobs WHERE kind = $1 AND key = $2 AND state IN ('ready', 'running')`)

	columns = `id, kind, key, state, run_at, attempt, max_attempt, lease_until, holder, fence, payload,
		done, total, note, error, created_at, finished_at, cause_kind, cause_id, cause_name, purpose`
	byID     = db.SQL(db.Local, `SELECT `+columns+` FROM jobs WHERE id = $1`)
	lastKey  = db.SQL(db.Local, `SELECT `+columns+` FROM jobs WHERE kind = $1 AND key = $2 ORDER BY id DESC LIMIT 1`)
	listAll  = db.SQL(db.Local, `SELECT `+columns+` FROM jobs WHERE id < $1 AND (CAST($2 AS TEXT) = '' OR state = $2) ORDER BY id DESC LIMIT $3`)
	listKind = db.SQL(db.Local, `SELECT `+columns+` FROM jobs WHERE kind = $1 AND id < $2 AND (CAST($3 AS TEXT) = '' OR state = $3) ORDER BY id DESC LIMIT $4`)

	cancel = db.SQL(db.Local, `UPDATE jobs SET state = 'cancelled', finished_at = $2, fence = fence + 1, holder = '', lease_until = 0
		WHERE id = $1 AND state IN ('ready', 'running')`)
	revive = db.SQL(db.Local, `UPDATE jobs SET state = 'ready', run_at = $2, attempt = 0, finished_at = 0, error = '' WHERE id = $1 AND state IN ('dead', 'cancelled')`)
	sweep  = db.SQL(db.Local, `DELETE FROM jobs WHERE finished_at > 0 AND finished_at < $1`)
)

// Opt says how a job is to be run. The zero value: now, 8 attempts.
type Opt struct {
	RunAt       time.Time // not before
	Ahead       bool      // before all work that waits already
	MaxAttempts int
	Total       int64 // for progress, when known beforehand
}

// Enqueue puts work into the queue as part of the caller's transaction. payload
// is stored as JSON and must hold no personal data beyond keys. When the same
// kind and key is already ready or running, that job's id is given and created
// is false.
func Enqueue(tx *db.Tx, kind, key string, payload any, opt Opt) (job id.ID, created bool, err error) {
	raw, err := json.Marshal(payload)
	if err != nil {
		return 0, false, err
	}
	if opt.MaxAttempts == 0 {
		opt.MaxAttempts = DefaultAttempts
	}
	at, by := max(clock.Ms(opt.RunAt), tx.Now()), tx.By()
	if opt.Ahead {
		at = 0 // the queue is worked through by this time
	}
	job = tx.NewID()
	n, err := tx.Exec(insert, job, kind, key, at, opt.MaxAttempts, string(raw), opt.Total, tx.Now(), by.Kind, by.ID, by.Name, by.Purpose)
	if err != nil {
		return 0, false, err
	}
	if n == 0 {
		_, err = tx.One(liveByKey, []any{&job}, kind, key)
		return job, false, err
	}
	tx.AfterCommit(bell.ring)
	return job, true, nil
}

// Get reads a job.
func Get(tx *db.Tx, job id.ID) (*Job, error) {
	return one(tx, byID, job)
}

// Latest reads the newest job of a kind and key, live or finished.
func Latest(tx *db.Tx, kind, key string) (*Job, error) {
	return one(tx, lastKey, kind, key)
}

func one(tx *db.Tx, s *db.Stmt, args ...any) (found *Job, err error) {
	err = tx.Each(s, func(scan db.Scan) error {
		found, err = read(scan)
		return err
	}, args...)
	if err == nil && found == nil {
		err = fault.New(fault.NotFound, "job.none", "there is no such job")
	}
	return found, err
}

// List reads jobs, newest first. kind and state may be empty, for any. before is
// the id of the last job of the page above, or 0.
func List(tx *db.Tx, kind string, state State, before id.ID, limit int) (out []*Job, err error) {
	if before == 0 {
		before = 1<<63 - 1
	}
	add := func(scan db.Scan) error {
		j, err := read(scan)
		out = append(out, j)
		return err
	}
	if kind == "" {
		return out, tx.Each(listAll, add, before, string(state), limit)
	}
	err = tx.Each(listKind, add, kind, before, string(state), limit)
	return out, err
}

func read(scan db.Scan) (*Job, error) {
	var j Job
	var runAt, lease, created, finished int64
	var payload string
	err := scan(&j.ID, &j.Kind, &j.Key, &j.State, &runAt, &j.Attempt, &j.MaxAttempt, &lease, &j.Holder, &j.Fence, &payload,
		&j.Progress.Done, &j.Progress.Total, &j.Progress.Note, &j.Error, &created, &finished,
		&j.Cause.Kind, &j.Cause.ID, &j.Cause.Name, &j.Cause.Purpose)
	j.Payload = json.RawMessage(payload)
	j.RunAt, j.LeaseUntil, j.CreatedAt, j.FinishedAt = clock.FromMs(runAt), clock.FromMs(lease), clock.FromMs(created), clock.FromMs(finished)
	return &j, err
}

// Cancel stops a job for good. A handler at work learns it at its next Hold or
// renewal, and can commit nothing from now on.
func Cancel(tx *db.Tx, job id.ID) error {
	return changed(tx, cancel, "job.finished", "the job has finished already", job, tx.Now())
}

// Retry makes a dead or cancelled job ready again, with all its attempts.
func Retry(tx *db.Tx, job id.ID) error {
	j, err := Get(tx, job)
	if err != nil {
		return err
	}
	if live, err := tx.One(liveByKey, []any{new(int64)}, j.Kind, j.Key); err != nil || live {
		return fault.New(fault.Conflict, "job.live", "the same work is already under way").Because(err)
	}
	tx.AfterCommit(bell.ring)
	return changed(tx, revive, "job.not_dead", "only a job that was given up can be tried again", job, tx.Now())
}

func changed(tx *db.Tx, s *db.Stmt, key, msg string, args ...any) error {
	n, err := tx.Exec(s, args...)
	if err == nil && n == 0 {
		err = fault.New(fault.Conflict, key, "%s", msg)
	}
	return err
}

// Sweep removes the jobs that finished before a time, and says how many.
func Sweep(tx *db.Tx, before time.Time) (int64, error) {
	return tx.Exec(sweep, clock.Ms(before))
}

// bell wakes the runners of this process when a job was enqueued in it. Runners
// of other processes look at the table every Poll.
var bell = chime{c: make(chan struct{})}

type chime struct {
	mu sync.Mutex
	c  chan struct{} // guarded by mu: closed at the next ring
}

func (b *chime) ring() {
	b.mu.Lock()
	defer b.mu.Unlock()
	close(b.c)
	b.c = make(chan struct{})
}

// next gives the channel that closes at the next ring. Ask before looking at the
// table, so that no ring is missed.
func (b *chime) next() <-chan struct{} {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.c
}
