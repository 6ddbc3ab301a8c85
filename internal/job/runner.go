package job

import (
	"context"
	"errors"
	"log/slog"
	"maps"
	"runtime/debug"
	"slices"
	"sync"
	"time"

	"kartotek/internal/clock"
	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/id"
)

// Poll is how often a runner looks for work that another process enqueued.
const Poll = 2 * time.Second

// Handler does one job. The context ends when the process stops or the job is
// lost. See the package comment for what a handler must keep to.
type Handler func(ctx context.Context, j *Job) error

// Runner works through the queue. Set the fields, add handlers, then call Run or
// RunUntilIdle, once.
type Runner struct {
	DB      *db.DB
	Workers int          // jobs at a time; default 2
	Log     *slog.Logger // default: nothing is logged
	Holder  string       // default: this process
	// Wait pauses until wake closes, d has passed or ctx ends; tests put their clock here.
	Wait func(ctx context.Context, d time.Duration, wake <-chan struct{})

	handlers map[string]Handler

	freed    chan struct{} // a worker has become free; set by setup, as the next two
	drain    chan struct{} // closed when draining begins
	ended    chan struct{} // closed when the last worker has ended
	mu       sync.Mutex
	held     map[id.ID]*running // guarded by mu
	written  map[id.ID]int64    // guarded by mu: when Tell last wrote
	draining bool               // guarded by mu
	follow   followers
	plenty   bool // the last step took jobs; used by the loop alone
	work     sync.WaitGroup
}

type running struct {
	job  *Job
	stop context.CancelCauseFunc
}

// Handle sets the handler of a kind.
func (r *Runner) Handle(kind string, h Handler) {
	if r.handlers == nil {
		r.handlers = map[string]Handler{}
	}
	r.handlers[kind] = h
}

// Filter chooses jobs by kind and by the beginning of their key. Empty means all
// the runner has handlers for.
type Filter struct {
	Kinds     []string
	KeyPrefix string
}

func (r *Runner) setup() {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.held, r.written = map[id.ID]*running{}, map[id.ID]int64{}
	r.freed, r.drain, r.ended = make(chan struct{}, 1), make(chan struct{}), make(chan struct{})
	if r.draining { // Drain came first
		close(r.drain)
	}
	if r.Workers == 0 {
		r.Workers = 2
	}
	if r.Log == nil {
		r.Log = slog.New(slog.DiscardHandler)
	}
	if r.Holder == "" {
		r.Holder = process
	}
	if r.Wait == nil {
		r.Wait = wait
	}
}

func wait(ctx context.Context, d time.Duration, wake <-chan struct{}) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-wake:
	case <-t.C:
	}
}

// Run works until ctx ends, then stops the handlers and gives their jobs back to
// the queue; or until Drain was called and the last job has finished.
func (r *Runner) Run(ctx context.Context) error { return r.loop(ctx, Filter{}, false) }

// RunUntilIdle works on the chosen jobs until none of them is ready or running,
// neither here nor in another process, which may be at work on them too.
func (r *Runner) RunUntilIdle(ctx context.Context, f Filter) error { return r.loop(ctx, f, true) }

func (r *Runner) loop(ctx context.Context, f Filter, untilIdle bool) (err error) {
	defer fault.Wrap(&err, "run jobs")
	r.setup()
	if f.Kinds == nil {
		f.Kinds = slices.Sorted(maps.Keys(r.handlers))
	}
	ctx, stop := context.WithCancelCause(ctx)
	defer stop(nil)
	renewing := r.renewEvery(ctx)
	defer func() { stop(nil); r.work.Wait(); <-renewing; close(r.ended) }()
	for ctx.Err() == nil && !r.isDraining() {
		if r.free() == 0 {
			r.waitForWorker(ctx)
			continue
		}
		wake := bell.next()
		rest, err := r.step(ctx, f)
		if err != nil && ctx.Err() == nil {
			r.Log.Error("jobs could not be read", "error", err)
			rest = Poll
		}
		if rest == idle && untilIdle {
			return nil
		}
		if rest > 0 {
			r.pause(ctx, min(rest, Poll), wake)
		}
	}
	if r.isDraining() {
		r.work.Wait()
	}
	return nil
}

func (r *Runner) waitForWorker(ctx context.Context) {
	select {
	case <-ctx.Done():
	case <-r.freed:
	case <-r.drain:
	}
}

// pause waits for time to pass, the bell, a worker becoming free, or the end.
func (r *Runner) pause(ctx context.Context, d time.Duration, wake <-chan struct{}) {
	woken := make(chan struct{})
	done := make(chan struct{})
	go func() {
		defer close(woken)
		select {
		case <-wake:
		case <-r.freed:
		case <-r.drain:
		case <-done:
		}
	}()
	r.Wait(ctx, d, woken)
	close(done)
	<-woken
}

// idle is the rest a step gives when no chosen job is left.
const idle = time.Duration(1<<63 - 1)

var (
	nextDue = db.SQL(db.Local, `SELECT run_at FROM jobs
		WHERE state IN ('ready', 'running') AND kind || '' {in $1} AND key >= $2 AND key < $3 ORDER BY run_at, id LIMIT 1`)
	claimable = db.SQL(db.Local, `SELECT 1 FROM jobs WHERE state IN ('ready', 'running') AND run_at <= $1 AND kind || '' {in $2} AND key >= $3 AND key < $4
		AND (state = 'ready' OR lease_until < $5 OR CAST($6 AS TEXT) <> '' AND holder <> $6) ORDER BY run_at, id LIMIT 1`)
)

// step takes as many jobs as there are free workers and says how long to rest:
// 0 when there may be more at once, idle when no chosen job is left. It looks
// before it takes, because looking disturbs nobody; while there is plenty it
// takes at once.
func (r *Runner) step(ctx context.Context, f Filter) (time.Duration, error) {
	could, rest := true, Poll
	if !r.plenty {
		var err error
		if could, rest, err = r.look(ctx, f); err != nil || !could {
			return rest, err
		}
	}
	taken, err := r.claim(ctx, f, r.free())
	for _, j := range taken {
		r.start(ctx, j)
	}
	if r.plenty && len(taken) == 0 {
		rest = 0 // look properly
	}
	r.plenty = len(taken) > 0
	if err != nil || r.plenty {
		return 0, err
	}
	return rest, nil
}

// look says whether a job could be taken, and if not how long to rest.
func (r *Runner) look(ctx context.Context, f Filter) (could bool, rest time.Duration, err error) {
	lo, hi := keyRange(f.KeyPrefix)
	rest = idle
	err = r.DB.View(ctx, db.System("jobs"), func(tx *db.Tx) error {
		var first int64
		live, err := tx.One(nextDue, []any{&first}, f.Kinds, lo, hi)
		if err != nil || !live {
			return err
		}
		if rest = Poll; first > tx.Now() {
			rest = time.Duration(first-tx.Now()) * time.Millisecond
		}
		could, err = tx.One(claimable, []any{new(int)}, tx.Now(), f.Kinds, lo, hi, tx.Now(), r.suspect())
		return err
	})
	return could, rest, err
}

// keyRange gives the bounds of the keys that begin with a prefix.
func keyRange(prefix string) (lo, hi string) { return prefix, prefix + "\U0010FFFF" }

// claim takes up to n jobs; none when that could not be committed. Whoever started
// them all the same would share the fence of whoever takes them next.
func (r *Runner) claim(ctx context.Context, f Filter, n int) (taken []*Job, err error) {
	lo, hi := keyRange(f.KeyPrefix)
	err = r.DB.Do(ctx, db.System("jobs"), func(tx *db.Tx) error {
		taken = taken[:0]
		rows, err := r.candidates(tx, f, lo, hi, n)
		if err != nil {
			return err
		}
		for _, c := range rows {
			got, err := tx.Exec(take, c.id, c.fence, r.Holder, tx.Now()+Lease.Milliseconds())
			if err != nil {
				return err
			}
			if got == 0 {
				continue
			}
			j, err := Get(tx, c.id)
			if err != nil {
				return err
			}
			taken = append(taken, j)
		}
		return nil
	})
	if err != nil {
		return nil, err
	}
	return taken, nil
}

type candidate struct {
	id    id.ID
	fence int64
}

// candidates lists jobs that are ready, or whose holder let them go or is dead.
func (r *Runner) candidates(tx *db.Tx, f Filter, lo, hi string, n int) (out []candidate, err error) {
	limit := n // PostgreSQL locks every row it gives
	if r.suspect() != "" {
		limit = 200 // some may be held by the living
	}
	err = tx.Each(due, func(scan db.Scan) error {
		var c candidate
		var holder string
		var state State
		var lease int64
		if err := scan(&c.id, &c.fence, &holder, &state, &lease); err != nil {
			return err
		}
		if state == Running && lease >= tx.Now() && !gone(holder, r.suspect()) {
			return nil
		}
		if out = append(out, c); len(out) == n {
			return db.Stop
		}
		return nil
	}, tx.Now(), f.Kinds, lo, hi, tx.Now(), r.suspect(), limit)
	return out, err
}

// suspect is the holder whose own jobs are not looked at for a dead process; ""
// where processes cannot be looked at, because they are on other machines.
func (r *Runner) suspect() string {
	if r.DB.Engine() == db.SQLite {
		return r.Holder
	}
	return ""
}

// start runs a taken job on a worker of its own.
func (r *Runner) start(ctx context.Context, j *Job) {
	j.runner = r
	ctx, stop := context.WithCancelCause(ctx)
	r.mu.Lock()
	r.held[j.ID] = &running{j, stop}
	r.mu.Unlock()
	r.publish(Event{Job: j.ID, Kind: j.Kind, Key: j.Key, State: Running, Progress: j.Progress})
	r.work.Go(func() {
		defer stop(nil)
		r.finish(ctx, j, r.call(ctx, j))
	})
}

// call runs the handler; a panic is an error like any other.
func (r *Runner) call(ctx context.Context, j *Job) (err error) {
	defer func() {
		if p := recover(); p != nil {
			r.Log.Error("a job panicked", "kind", j.Kind, "job", j.ID.String(), "stack", string(debug.Stack()))
			err = fault.New(fault.Internal, "job.panic", "the program has a fault in %s", j.Kind)
		}
	}()
	if j.Attempt > j.MaxAttempt { // it killed every process that tried
		return Permanent(fault.New(fault.Internal, "job.crashes", "the job ended the process that ran it, %d times", j.MaxAttempt))
	}
	return r.handlers[j.Kind](ctx, j)
}

// finish records the end of a run. A handler stopped by the end of the process
// has not failed: its job goes back as it was. Nor has one that ran into another.
func (r *Runner) finish(ctx context.Context, j *Job, result error) {
	switch {
	case result != nil && ctx.Err() != nil && !isPermanent(result):
		result = Later(r.DB.Now())
	case Crossed(result):
		result = Later(r.DB.Now().Add(aside))
	}
	state, err := r.record(ctx, j, result)
	if err != nil && !Lost(err) {
		r.Log.Error("the end of a job could not be recorded", "kind", j.Kind, "job", j.ID.String(), "error", err)
	}
	r.report(j, state, result, err)
	r.mu.Lock()
	delete(r.held, j.ID)
	delete(r.written, j.ID)
	r.mu.Unlock()
	select {
	case r.freed <- struct{}{}:
	default:
	}
}

// record stores the end of a run. While the database takes no writes it tries again,
// for as long as the job is surely ours, so that the job need not wait for its lease
// to run out when the database is back.
func (r *Runner) record(ctx context.Context, j *Job, result error) (state State, err error) {
	state = j.State
	for until := r.DB.Now().Add(Lease); ; r.Wait(ctx, Poll, nil) {
		err = r.DB.Do(context.WithoutCancel(ctx), j.By(), func(tx *db.Tx) (err error) {
			state, err = j.settle(tx, result)
			return err
		})
		if !fault.Is(err, fault.Unavailable) || ctx.Err() != nil || r.isDraining() || !r.DB.Now().Before(until) {
			return state, err
		}
	}
}

func (r *Runner) report(j *Job, state State, result, err error) {
	if Lost(err) {
		r.Log.Warn("a job was lost", "kind", j.Kind, "job", j.ID.String())
		return
	}
	e := Event{Job: j.ID, Kind: j.Kind, Key: j.Key, State: state, Progress: j.Progress}
	var asked later
	switch {
	case result == nil:
	case errors.As(result, &asked):
		r.Log.Debug("a job goes on later", "kind", j.Kind, "job", j.ID.String(), "at", asked.at)
	default:
		e.Error = message(result)
		r.Log.Warn("a job did not finish", "kind", j.Kind, "job", j.ID.String(), "attempt", j.Attempt, "state", string(state), "error", e.Error)
	}
	r.publish(e)
}

func (r *Runner) free() int {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.Workers - len(r.held)
}

// mayWrite lets Tell write at most once a second for a job.
func (r *Runner) mayWrite(job id.ID) bool {
	now := clock.Ms(r.DB.Now())
	r.mu.Lock()
	defer r.mu.Unlock()
	if last, ok := r.written[job]; ok && now-last < 1000 {
		return false
	}
	r.written[job] = now
	return true
}

// renewEvery renews the leases of running jobs three times in their length.
func (r *Runner) renewEvery(ctx context.Context) <-chan struct{} {
	ended := make(chan struct{})
	go func() {
		defer close(ended)
		t := time.NewTicker(Lease / 3)
		defer t.Stop()
		for {
			select {
			case <-ctx.Done():
				return
			case <-t.C:
				r.renew(ctx)
			}
		}
	}()
	return ended
}

// renew lengthens the leases that have less than two thirds left, and stops the
// handlers whose job was lost.
func (r *Runner) renew(ctx context.Context) {
	for _, h := range r.all() {
		err := r.DB.Do(ctx, db.System("jobs"), func(tx *db.Tx) error {
			cur, err := Get(tx, h.job.ID)
			if err == nil && cur.Fence == h.job.Fence && cur.LeaseUntil.Sub(tx.Time()) > Lease*2/3 {
				return nil
			}
			return h.job.Hold(tx)
		})
		if Lost(err) {
			h.stop(err)
		} else if err != nil && ctx.Err() == nil {
			r.Log.Warn("a lease could not be renewed", "job", h.job.ID.String(), "error", err)
		}
	}
}

func (r *Runner) all() []*running {
	r.mu.Lock()
	defer r.mu.Unlock()
	return slices.Collect(maps.Values(r.held))
}

func (r *Runner) isDraining() bool {
	r.mu.Lock()
	defer r.mu.Unlock()
	return r.draining
}

// Drain takes no new jobs and waits for those under way; when ctx ends first,
// their handlers are stopped and their jobs go back to the queue.
func (r *Runner) Drain(ctx context.Context) error {
	r.mu.Lock()
	first := !r.draining
	r.draining = true
	ended, drain := r.ended, r.drain
	r.mu.Unlock()
	if ended == nil {
		return nil
	}
	if first {
		close(drain)
	}
	select {
	case <-ended:
		return nil
	case <-ctx.Done():
	}
	for _, h := range r.all() {
		h.stop(errors.New("the program is stopping"))
	}
	<-ended
	return ctx.Err()
}
