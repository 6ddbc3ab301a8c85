package retention

import (
	"context"
	"encoding/json"
	"fmt"
	"time"

	"kartotek/internal/audit"
	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/id"
	"kartotek/internal/job"
)

// Kinds of job.
const (
	KindNight = "retention.night" // begins a run each night
	KindCount = "retention.count" // counts a range
	KindErase = "retention.erase" // carries a range out
)

// Kinds of run.
const (
	Nightly     = "night"
	ByHand      = "hand"
	OnlyPreview = "preview"
)

// State is where a run stands.
type State string

// The states of a run.
const (
	Counting State = "counting"
	Waiting  State = "waiting" // for somebody's OK: it would touch unusually many
	Erasing  State = "erasing"
	Done     State = "done"
	Stopped  State = "stopped"
)

// Run is one run and its report.
type Run struct {
	ID         id.ID
	Night      string // ISO; "" unless nightly
	Kind       string
	State      State
	Notice     int    // the version it goes by
	Day        string // ISO: what was due on this day
	At         int64
	Ended      int64
	ByName     string
	Counted    Report // what was found
	Done       Report // what was done
	Why        string // it waits or stopped: share, notice, declined
	AnsweredBy string
	Answered   int64
	Left       int // ranges not through the phase at hand
	Ranges     int
}

// Live reports whether the run has not ended.
func (r *Run) Live() bool { return r.Ended == 0 }

const runCols = `run_id, night, kind, state, notice, day, at, ended_at, by_name, report, why, answered_by, answered_at`

var (
	insRun    = db.SQL(db.Local, `INSERT INTO retention_runs (`+runCols+`) VALUES ($1, $2, $3, 'counting', $4, $5, $6, 0, $7, '', '', '', 0)`)
	selRun    = db.SQL(db.Local, `SELECT `+runCols+` FROM retention_runs WHERE run_id = $1`)
	selRuns   = db.SQL(db.Local, `SELECT `+runCols+` FROM retention_runs ORDER BY run_id DESC LIMIT $1`)
	selNight  = db.SQL(db.Local, `SELECT run_id FROM retention_runs WHERE night = $1 AND night <> ''`)
	updState  = db.SQL(db.Local, `UPDATE retention_runs SET state = $3, report = $4, why = $5, ended_at = $6 WHERE run_id = $1 AND state = $2`)
	updAnswer = db.SQL(db.Local, `UPDATE retention_runs SET answered_by = $2, answered_at = $3 WHERE run_id = $1`)
	insPart   = db.SQL(db.Local, `INSERT INTO retention_parts (run_id, lo, hi, phase, report) VALUES ($1, $2, $3, 'count', '')`)
	selPart   = db.SQL(db.Local, `SELECT hi, phase, report FROM retention_parts WHERE run_id = $1 AND lo = $2`)
	selParts  = db.SQL(db.Local, `SELECT lo, phase, report FROM retention_parts WHERE run_id = $1 ORDER BY lo`)
	updPart   = db.SQL(db.Local, `UPDATE retention_parts SET phase = $3, report = $4 WHERE run_id = $1 AND lo = $2`)
	updPhase  = db.SQL(db.Local, `UPDATE retention_parts SET phase = $2, report = '' WHERE run_id = $1`)
	delParts  = db.SQL(db.Local, `DELETE FROM retention_parts WHERE run_id = $1`)
)

// both is what a run's row holds of its reports.
type both struct {
	Counted Report `json:"counted"`
	Done    Report `json:"done"`
}

func scanRun(scan db.Scan) (x Run, err error) {
	var report string
	err = scan(&x.ID, &x.Night, &x.Kind, &x.State, &x.Notice, &x.Day, &x.At, &x.Ended, &x.ByName, &report, &x.Why, &x.AnsweredBy, &x.Answered)
	if err == nil && report != "" {
		var b both
		err = json.Unmarshal([]byte(report), &b)
		x.Counted, x.Done = b.Counted, b.Done
	}
	return x, err
}

// read reads a run's row.
func read(tx *db.Tx, which id.ID) (*Run, error) {
	var x Run
	found := false
	err := tx.Each(selRun, func(scan db.Scan) (err error) { x, err = scanRun(scan); found = true; return err }, int64(which))
	if err == nil && !found {
		err = fault.New(fault.NotFound, "retention.none", "there is no such run")
	}
	return &x, err
}

// Get reads a run, with how far it has come.
func (r *Room) Get(tx *db.Tx, which id.ID) (*Run, error) {
	x, err := read(tx, which)
	if err != nil {
		return nil, err
	}
	all, err := parts(tx, which)
	for _, p := range all {
		x.Ranges++
		if p.phase == "count" || p.phase == "erase" {
			x.Left++
		}
	}
	return x, err
}

// Runs lists the latest runs, the newest first.
func (r *Room) Runs(tx *db.Tx, limit int) (all []Run, err error) {
	err = tx.Each(selRuns, func(scan db.Scan) error {
		x, err := scanRun(scan)
		all = append(all, x)
		return err
	}, limit)
	return all, err
}

type part struct {
	lo     int
	phase  string
	report Report
}

func parts(tx *db.Tx, which id.ID) (all []part, err error) {
	err = tx.Each(selParts, func(scan db.Scan) error {
		var p part
		var report string
		err := scan(&p.lo, &p.phase, &report)
		if err == nil && report != "" {
			err = json.Unmarshal([]byte(report), &p.report)
		}
		all = append(all, p)
		return err
	}, int64(which))
	return all, err
}

// Start begins a run: Nightly of a night (ISO), ByHand or OnlyPreview. One runs at a
// time, and one a night: a live one, or that of the night, is given instead.
func (r *Room) Start(tx *db.Tx, kind, night string) (*Run, error) {
	t, err := r.terms(tx)
	if err != nil {
		return nil, err
	}
	if night != "" {
		var old id.ID
		if found, err := tx.One(selNight, []any{&old}, night); err != nil || found {
			return nil, err
		}
	}
	last, err := r.Runs(tx, 1)
	if err != nil {
		return nil, err
	}
	if len(last) > 0 && last[0].Live() {
		if last[0].State == Waiting || tx.Now()-last[0].At < stuck.Milliseconds() {
			return &last[0], nil
		}
		if err := r.finish(tx, &last[0], Stopped, "stuck"); err != nil { // its jobs gave up; what it left is found anew
			return nil, err
		}
	}
	x := &Run{ID: tx.NewID(), Night: night, Kind: kind, State: Counting, Notice: t.in.Number, Day: t.day, At: tx.Now(), ByName: tx.By().Name}
	if _, err := tx.Exec(insRun, int64(x.ID), night, kind, x.Notice, x.Day, x.At, x.ByName); err != nil {
		return nil, err
	}
	for lo := 0; lo < id.Buckets; lo += rangeBuckets {
		if _, err := tx.Exec(insPart, int64(x.ID), lo, lo+rangeBuckets-1); err != nil {
			return nil, err
		}
		if err := enqueue(tx, KindCount, x.ID, lo); err != nil {
			return nil, err
		}
	}
	return x, audit.Write(tx, audit.Entry{Action: "retention.start", Kind: "run", Object: x.ID.String(), Detail: map[string]string{"kind": kind}})
}

// stuck is how old a run that still counts or erases must be to be taken for dead.
const stuck = 20 * time.Hour

// piece is a job's payload.
type piece struct {
	Run id.ID `json:"run"`
	Lo  int   `json:"lo"`
}

// Prefix begins the keys of a run's jobs.
func Prefix(run id.ID) string { return run.String() + "/" }

func enqueue(tx *db.Tx, kind string, run id.ID, lo int) error {
	_, _, err := job.Enqueue(tx, kind, fmt.Sprintf("%s%04d", Prefix(run), lo), piece{run, lo}, job.Opt{})
	return err
}

// Handle gives the room's handlers to a runner, before it runs.
func (r *Room) Handle(run *job.Runner) {
	run.Handle(KindNight, r.night)
	run.Handle(KindCount, r.countRange)
	run.Handle(KindErase, r.eraseRange)
}

func (r *Room) load(tx *db.Tx, j *job.Job) (x *Run, lo, hi int, phase string, done Report, err error) {
	if err = j.Hold(tx); err != nil {
		return
	}
	var p piece
	if err = j.Decode(&p); err != nil {
		return nil, 0, 0, "", done, job.Permanent(err)
	}
	if x, err = read(tx, p.Run); err != nil {
		return
	}
	var report string
	lo = p.Lo
	_, err = tx.One(selPart, []any{&hi, &phase, &report}, int64(p.Run), p.Lo)
	if err == nil && report != "" {
		err = json.Unmarshal([]byte(report), &done)
	}
	return
}

func (r *Room) countRange(ctx context.Context, j *job.Job) error {
	var x *Run
	err := r.DB.Do(ctx, j.By(), func(tx *db.Tx) (err error) {
		tx.Quiet()
		var lo, hi int
		var phase string
		if x, lo, hi, phase, _, err = r.load(tx, j); err != nil || phase != "count" || x.State != Counting {
			return err
		}
		s, err := r.sifter(tx)
		if err != nil {
			return err
		}
		f, err := s.sift(tx, lo, hi)
		if err != nil {
			return err
		}
		var out Report
		out.count(s, f)
		return store(tx, x.ID, lo, "counted", &out)
	})
	if err != nil {
		return err
	}
	return r.advance(ctx, j, x.ID)
}

// advance moves a run on when all its ranges are through. It is a transaction of its
// own: those of the ranges touch nothing of each other.
func (r *Room) advance(ctx context.Context, j *job.Job, which id.ID) error {
	return r.DB.Do(ctx, j.By(), func(tx *db.Tx) error {
		x, err := r.Get(tx, which)
		if err != nil || x.Left > 0 {
			return err
		}
		switch x.State {
		case Counting:
			return r.counted(tx, x)
		case Erasing:
			return r.erased(tx, x)
		}
		return nil
	})
}

// erased sums up what every range did.
func (r *Room) erased(tx *db.Tx, x *Run) error {
	all, err := parts(tx, x.ID)
	if err != nil {
		return err
	}
	x.Done = Report{}
	for i := range all {
		x.Done.add(&all[i].report)
	}
	x.Done.sort()
	return r.finish(tx, x, Done, "")
}

func store(tx *db.Tx, run id.ID, lo int, phase string, report *Report) error {
	text, err := json.Marshal(report)
	if err == nil {
		_, err = tx.Exec(updPart, int64(run), lo, phase, string(text))
	}
	return err
}

// counted decides what follows when every range was counted.
func (r *Room) counted(tx *db.Tx, x *Run) error {
	all, err := parts(tx, x.ID)
	if err != nil {
		return err
	}
	x.Counted = Report{}
	for i := range all {
		x.Counted.add(&all[i].report)
	}
	x.Counted.sort()
	set, err := r.Settings(tx)
	switch {
	case err != nil:
		return err
	case x.Kind == OnlyPreview || x.Counted.Empty():
		return r.finish(tx, x, Done, "")
	case set.Unusual(&x.Counted):
		return r.turn(tx, x, Waiting, "share")
	}
	return r.carry(tx, x)
}

// carry begins the second half.
func (r *Room) carry(tx *db.Tx, x *Run) error {
	if err := r.turn(tx, x, Erasing, ""); err != nil {
		return err
	}
	if _, err := tx.Exec(updPhase, int64(x.ID), "erase"); err != nil {
		return err
	}
	for lo := 0; lo < id.Buckets; lo += rangeBuckets {
		if err := enqueue(tx, KindErase, x.ID, lo); err != nil {
			return err
		}
	}
	return nil
}

// turn moves a run from its state to another.
func (r *Room) turn(tx *db.Tx, x *Run, to State, why string) error {
	ended := int64(0)
	if to == Done || to == Stopped {
		ended = tx.Now()
	}
	text, err := json.Marshal(both{x.Counted, x.Done})
	if err != nil {
		return err
	}
	n, err := tx.Exec(updState, int64(x.ID), string(x.State), string(to), string(text), why, ended)
	if err == nil && n == 0 {
		err = fault.New(fault.Conflict, "retention.state", "the run is not %s any longer", x.State)
	}
	x.State, x.Why, x.Ended = to, why, ended
	return err
}

// finish ends a run. What it did stays as figures; whom a run that carried out was
// about is forgotten.
func (r *Room) finish(tx *db.Tx, x *Run, to State, why string) error {
	if x.Kind != OnlyPreview {
		x.Counted.Sample, x.Done.Sample = nil, nil
	}
	if err := r.turn(tx, x, to, why); err != nil {
		return err
	}
	if _, err := tx.Exec(delParts, int64(x.ID)); err != nil {
		return err
	}
	return audit.Write(tx, audit.Entry{Action: "retention." + string(to), Kind: "run", Object: x.ID.String(), Count: x.Done.Due, Detail: map[string]string{"kind": x.Kind, "why": why}})
}

// Approve lets a run that waits go on; whoever approves has seen its figures.
func (r *Room) Approve(tx *db.Tx, which id.ID) error {
	x, err := r.answer(tx, which)
	if err != nil {
		return err
	}
	if err := r.carry(tx, x); err != nil {
		return err
	}
	return audit.Write(tx, audit.Entry{Action: "retention.approve", Kind: "run", Object: which.String(), Count: x.Counted.Due})
}

// Decline ends a run that waits without erasing anything.
func (r *Room) Decline(tx *db.Tx, which id.ID) error {
	x, err := r.answer(tx, which)
	if err != nil {
		return err
	}
	return r.finish(tx, x, Stopped, "declined")
}

func (r *Room) answer(tx *db.Tx, which id.ID) (*Run, error) {
	x, err := r.Get(tx, which)
	if err == nil && x.State != Waiting {
		err = fault.New(fault.Conflict, "retention.not_waiting", "the run does not wait for an answer")
	}
	if err != nil {
		return nil, err
	}
	_, err = tx.Exec(updAnswer, int64(which), tx.By().Name, tx.Now())
	return x, err
}
