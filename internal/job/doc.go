// Package job does work that must happen although nobody waits for it: an
// import of a million rows, the chunks of a newsletter, the nightly retention run.
//
// A job is a row. It is put there in the very transaction that makes it
// necessary, so that it exists if and only if its cause does:
//
//	job.Enqueue(tx, "send", campaign.String()+"/17", chunk{…}, job.Opt{})
//
// A Runner takes ready rows and calls the Handler of their kind. It holds each
// row by a lease of 30 seconds that it renews. A process that dies lets its
// leases run out, and another takes the rows over; on SQLite, where all processes
// are on one machine, a dead process's rows are taken over at once.
//
// # The fence
//
// A process that was only paused may wake up after its row was taken over. Each
// taking raises the row's fence number, and a handler begins every transaction
// with Hold, which fails if the number has moved on. What two processes do can
// thus never both be committed.
//
// A handler may run more than once for one job: it must be able to go on where
// it left off, and everything it sends must be recorded before it is sent.
//
// # States
//
//	ready ──► running ──► done
//	  ▲          ├──────► dead       (a Permanent error, or max_attempt tries)
//	  └──────────┘                   (an error: again later, waiting longer each time)
//	ready or running ──► cancelled
//
// A job whose transaction ran into another's (db.busy) has not failed: it goes back
// without an attempt being counted, and comes again in a moment.
//
// kind and key are unique among ready and running jobs: enqueueing the same work
// twice gives one job.
//
// Types: Job, Opt, Handler, Runner, Filter, Event. Table: jobs (local).
package job

import (
	"encoding/json"
	"time"

	"kartotek/internal/db"
	"kartotek/internal/id"
)

// Lease is how long a row is held without being renewed.
const Lease = 30 * time.Second

// DefaultAttempts is how often a job is tried when Opt does not say.
const DefaultAttempts = 8

// State is where a job stands.
type State string

// The states of a job.
const (
	Ready     State = "ready"
	Running   State = "running"
	Done      State = "done"
	Dead      State = "dead"
	Cancelled State = "cancelled"
)

// Job is a piece of work, as the queue knows it.
type Job struct {
	ID         id.ID
	Kind       string // which handler
	Key        string // which piece of work of that kind; unique while ready or running
	State      State
	RunAt      time.Time
	Attempt    int // how often it was begun
	MaxAttempt int
	LeaseUntil time.Time
	Holder     string // host:pid:random of the process that runs it
	Fence      int64  // raised each time a process takes the job
	Payload    json.RawMessage
	Progress   Progress
	Error      string // the last failure: a fault's key and message
	CreatedAt  time.Time
	FinishedAt time.Time
	Cause      db.By // who enqueued it

	runner *Runner
}

// Progress is how far a job has come. Done and Total count whatever the kind
// counts; Total is 0 while unknown. Note is a word for the reader, without
// personal data.
type Progress struct {
	Done  int64  `json:"done"`
	Total int64  `json:"total"`
	Note  string `json:"note,omitempty"`
}

// Decode reads the payload into v.
func (j *Job) Decode(v any) error { return json.Unmarshal(j.Payload, v) }

// By is who acts inside a handler: the job, for the account that caused it.
func (j *Job) By() db.By {
	return db.By{Kind: "job", ID: j.Cause.ID, Name: j.Kind, Purpose: j.Cause.Purpose}
}

// Live reports whether the job has still to finish.
func (j *Job) Live() bool { return j.State == Ready || j.State == Running }

// Schema is the queue's table.
var Schema = db.Schema{Room: "job", Tables: []db.Table{{
	Name: "jobs", Kind: db.LocalTable, Key: "id",
	Cols: db.Cols(`id big, kind text, key text, state text, run_at big, attempt int, max_attempt int
		lease_until big, holder text, fence big, payload text
		done big, total big, note text, error text, created_at big, finished_at big
		cause_kind text, cause_id big, cause_name text, purpose text`),
	Checks: []string{"state IN ('ready', 'running', 'done', 'dead', 'cancelled')"},
	Indexes: []db.Index{
		{Name: "jobs_live", Cols: "run_at, id", Where: "state IN ('ready', 'running')"},
		{Name: "jobs_key", Cols: "kind, key", Unique: true, Where: "state IN ('ready', 'running')"},
		{Name: "jobs_kind", Cols: "kind, id"},
		{Name: "jobs_finished", Cols: "finished_at, id"},
	},
}}}
