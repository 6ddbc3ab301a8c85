package job

import (
	"context"
	"errors"
	"fmt"
	"os"
	"strconv"
	"strings"
	"syscall"
	"time"

	"kartotek/internal/clock"
	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/seal"
)

// Statements that look for work write kind || ”, so that the engines walk the
// index of live jobs in its order instead of sorting all jobs of a kind.
var (
	due = db.SQL(db.Local, `SELECT id, fence, holder, state, lease_until FROM jobs
		WHERE state IN ('ready', 'running') AND run_at <= $1 AND kind || '' {in $2} AND key >= $3 AND key < $4
		AND (state = 'ready' OR lease_until < $5 OR CAST($6 AS TEXT) <> '' AND holder <> $6) ORDER BY run_at, id LIMIT $7 {skip locked}`)
	take = db.SQL(db.Local, `UPDATE jobs SET state = 'running', attempt = attempt + 1, fence = fence + 1, holder = $3, lease_until = $4
		WHERE id = $1 AND fence = $2 AND state IN ('ready', 'running')`)
	hold = db.SQL(db.Local, `UPDATE jobs SET lease_until = $3 WHERE id = $1 AND fence = $2 AND state = 'running'`)
	mark = db.SQL(db.Local, `UPDATE jobs SET lease_until = $3, done = $4, total = $5, note = $6 WHERE id = $1 AND fence = $2 AND state = 'running'`)
	end  = db.SQL(db.Local, `UPDATE jobs SET state = $3, finished_at = $4, error = $5, holder = '', lease_until = 0 WHERE id = $1 AND fence = $2 AND state = 'running'`)
	back = db.SQL(db.Local, `UPDATE jobs SET state = 'ready', run_at = $3, attempt = attempt - $4, error = $5, holder = '', lease_until = 0
		WHERE id = $1 AND fence = $2 AND state = 'running'`)
)

// errLost is what a handler gets that no longer holds its job.
func errLost() error {
	return fault.New(fault.Conflict, "job.lost", "this process no longer holds the job; another one does, or it was cancelled")
}

// Lost reports whether an error says that the job is no longer held.
func Lost(err error) bool { return fault.KeyOf(err) == "job.lost" }

// Hold makes the transaction one of the job's: it fails, and with it the
// transaction, when the job was taken over or cancelled. Call it first in every
// transaction of a handler. It also renews the lease.
func (j *Job) Hold(tx *db.Tx) error {
	return j.fenced(tx.Exec(hold, j.ID, j.Fence, tx.Now()+Lease.Milliseconds()))
}

// Mark is Hold that also records how far the job has come; it costs nothing more.
func (j *Job) Mark(tx *db.Tx, p Progress) error {
	err := j.fenced(tx.Exec(mark, j.ID, j.Fence, tx.Now()+Lease.Milliseconds(), p.Done, p.Total, p.Note))
	if err == nil {
		tx.AfterCommit(func() { j.tell(p) })
	}
	return err
}

// Tell records progress in a transaction of its own. Never call it inside
// another transaction: there, use Mark. Neither may be called by two goroutines
// at once. Followers in this process hear every
// call; the table is written at most once a second.
func (j *Job) Tell(ctx context.Context, p Progress) error {
	j.tell(p)
	if !j.runner.mayWrite(j.ID) {
		return nil
	}
	return j.runner.DB.Do(ctx, j.By(), func(tx *db.Tx) error {
		return j.fenced(tx.Exec(mark, j.ID, j.Fence, tx.Now()+Lease.Milliseconds(), p.Done, p.Total, p.Note))
	})
}

func (j *Job) tell(p Progress) {
	j.Progress = p
	if j.runner != nil {
		j.runner.publish(Event{Job: j.ID, Kind: j.Kind, Key: j.Key, State: Running, Progress: p})
	}
}

func (j *Job) fenced(n int64, err error) error {
	if err == nil && n == 0 {
		return errLost()
	}
	return err
}

// permanent marks an error that no further attempt can cure.
type permanent struct{ error }

func (p permanent) Unwrap() error { return p.error }

// Permanent gives an error that makes the job dead at once. Faults of the codes
// Invalid, Denied, NotFound and TooLarge are permanent without it.
func Permanent(err error) error { return permanent{err} }

// later asks for another run without having failed.
type later struct{ at time.Time }

func (l later) Error() string { return "again at " + l.at.UTC().Format(time.RFC3339) }

// Later is returned by a handler that stops for now and wants to be run again at
// a time; it does not count as an attempt.
func Later(at time.Time) error { return later{at} }

// Crossed reports whether an error only says that two got into each other's way in the
// database. A handler that gives it has not failed: its job comes again in a moment.
func Crossed(err error) bool { return fault.KeyOf(err) == "db.busy" && !isPermanent(err) }

// aside is how long a job steps aside for another that it ran into.
const aside = 250 * time.Millisecond

// Every makes a handler of work that is done in one transaction, and again after a
// while.
func Every(d *db.DB, again time.Duration, do func(tx *db.Tx) error) Handler {
	return func(ctx context.Context, j *Job) error {
		err := d.Do(ctx, j.By(), func(tx *db.Tx) error { return errors.Join(j.Hold(tx), do(tx)) })
		if err != nil {
			return err
		}
		return Later(d.Now().Add(again))
	}
}

// settle records how a run ended.
func (j *Job) settle(tx *db.Tx, result error) (State, error) {
	var l later
	switch {
	case result == nil:
		return Done, j.fenced(tx.Exec(end, j.ID, j.Fence, string(Done), tx.Now(), ""))
	case errors.As(result, &l):
		return Ready, j.fenced(tx.Exec(back, j.ID, j.Fence, clock.Ms(l.at), 1, ""))
	case isPermanent(result) || j.Attempt >= j.MaxAttempt:
		return Dead, j.fenced(tx.Exec(end, j.ID, j.Fence, string(Dead), tx.Now(), message(result)))
	}
	return Ready, j.fenced(tx.Exec(back, j.ID, j.Fence, tx.Now()+Backoff(j.Attempt).Milliseconds(), 0, message(result)))
}

func isPermanent(err error) bool {
	var p permanent
	if errors.As(err, &p) {
		return true
	}
	switch fault.CodeOf(err) {
	case fault.Invalid, fault.Denied, fault.NotFound, fault.TooLarge:
		return true
	}
	return false
}

// message is what is kept of an error: its key and text, cut to 500 bytes.
func message(err error) string {
	s := fault.KeyOf(err) + ": " + err.Error()
	if len(s) > 500 {
		s = strings.ToValidUTF8(s[:500], "") + "…"
	}
	return s
}

// Backoff is how long a job waits after its nth failed attempt: 5 s, 10 s, 20 s … at most an hour.
func Backoff(attempt int) time.Duration {
	return min(5*time.Second<<min(max(attempt-1, 0), 20), time.Hour)
}

// process names this process as a holder: host:pid:random. The random part tells
// it from an earlier process with the same number.
var process = func() string {
	host, err := os.Hostname()
	if err != nil || host == "" {
		host = "localhost"
	}
	return fmt.Sprintf("%s:%d:%s", strings.ReplaceAll(host, ":", "_"), os.Getpid(), seal.Token()[:8])
}()

// gone reports whether a holder is surely dead: it was on the machine of this
// process, and its process number is free or is now our own.
func gone(holder, self string) bool {
	h, s := strings.Split(holder, ":"), strings.Split(self, ":")
	if len(h) != 3 || len(s) != 3 || h[0] != s[0] || holder == self {
		return false
	}
	if h[1] == s[1] {
		return true
	}
	pid, err := strconv.Atoi(h[1])
	return err == nil && pid > 0 && errors.Is(syscall.Kill(pid, 0), syscall.ESRCH)
}
