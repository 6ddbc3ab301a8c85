package audit

import (
	"context"
	"log/slog"
	"sync"
	"sync/atomic"
	"time"

	"kartotek/internal/db"
	"kartotek/internal/fault"
)

// Room is the open log. Set DB. While Run is at work, reads are noted in a journal
// in Dir; at other times, and when Dir is "", each is committed to the table.
type Room struct {
	DB  *db.DB
	Dir string       // folder of the journal
	Log *slog.Logger // default: nothing is logged

	once    sync.Once
	journal journal
	on      atomic.Bool // Run is at work
	behind  atomic.Bool // what was noted could not be taken into the log
	folding sync.Mutex  // one fold at a time
	groups  groups
}

const (
	// patience is how long storing may take before readers are refused.
	patience = 10 * time.Second
	// gather is how long entries may lie in the journal.
	gather = 500 * time.Millisecond
	// journalMax is how many bytes may: more means that the database is in trouble.
	journalMax = 16 << 20
)

// Seen logs reads of personal data and returns when the entries would survive a
// power cut. Call it before the answer is sent, and send nothing when it fails.
func (r *Room) Seen(ctx context.Context, by db.By, entries ...Entry) error {
	if len(entries) == 0 {
		return nil
	}
	if !r.on.Load() {
		return r.groups.seen(ctx, r.DB, by, entries)
	}
	if r.behind.Load() || r.journal.size.Load() > journalMax {
		if err := r.Fold(ctx); err != nil {
			return unshown(err)
		}
	}
	now, rows := r.DB.Now(), make([]row, len(entries))
	for i, e := range entries {
		rows[i] = prepare(r.DB.NewID(), now, by, e)
	}
	noted, err := r.journal.note(rows)
	if !noted && err == nil { // Run has just ended
		return r.groups.seen(ctx, r.DB, by, entries)
	}
	if err == nil {
		err = ctx.Err() // whoever has gone need not be answered
	}
	return unshown(err)
}

// unshown is the fault of a read that could not be logged.
func unshown(err error) error {
	if err != nil && fault.KeyOf(err) != "audit.unwritable" {
		err = fault.New(fault.Unavailable, "audit.unwritable", "the log cannot be written, so nothing is shown").Because(err)
	}
	return err
}

// Run lets reads be noted in the journal until ctx ends, and takes what was noted
// into the log within a second. Start it before people are let in and end it when
// the last of them is out; later reads are committed one by one. Without a folder
// it does nothing.
func (r *Room) Run(ctx context.Context) error {
	if r.Dir == "" {
		return nil
	}
	if err := r.begin(ctx); err != nil {
		return err
	}
	for {
		select {
		case <-ctx.Done():
			return r.end(ctx)
		case <-r.journal.bell:
		}
		wait := time.NewTimer(gather)
		select {
		case <-ctx.Done():
		case <-wait.C:
		}
		wait.Stop()
		if err := r.Fold(ctx); err != nil {
			r.journal.ring() // again
		}
	}
}

func (r *Room) begin(ctx context.Context) error {
	r.once.Do(func() { r.journal.bell = make(chan struct{}, 1) })
	if err := r.Fold(ctx); err != nil {
		return err
	}
	if err := r.journal.open(r.Dir); err != nil {
		return unshown(err)
	}
	r.on.Store(true)
	return nil
}

func (r *Room) end(ctx context.Context) error {
	r.on.Store(false)
	r.journal.close()
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), patience)
	defer cancel()
	return r.Fold(ctx)
}

func (r *Room) log() *slog.Logger {
	if r.Log == nil {
		return slog.New(slog.DiscardHandler)
	}
	return r.Log
}
