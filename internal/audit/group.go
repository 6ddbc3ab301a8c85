package audit

import (
	"context"
	"sync"
	"time"

	"kartotek/internal/db"
	"kartotek/internal/fault"
)

// patience is how long a group's commit may take before its readers are refused.
const patience = 10 * time.Second

// Seen logs reads of personal data and returns when the entries are stored. Call
// it before the answer is sent, and send nothing when it fails.
//
// The first caller commits at once. Those who come meanwhile wait for that
// commit to end and then share the next one: on a quiet register a read waits
// for one commit, on a busy one for at most two, and the disk sees one commit for
// many reads.
func Seen(ctx context.Context, d *db.DB, by db.By, entries ...Entry) error {
	if len(entries) == 0 {
		return nil
	}
	w := &waiting{by: by, entries: entries, done: make(chan error, 1)}
	if enter(d, w) {
		go commitGroups(d)
	}
	select {
	case err := <-w.done:
		return err
	case <-ctx.Done():
		return fault.New(fault.Unavailable, "audit.unwritable", "the log was not written in time, so nothing is shown").Because(ctx.Err())
	}
}

type waiting struct {
	by      db.By
	entries []Entry
	done    chan error
}

// groups holds, per register, those who wait for the next commit. A register is
// in the map only while one is under way.
var groups = struct {
	sync.Mutex
	next map[*db.DB][]*waiting // guarded by Mutex
}{next: map[*db.DB][]*waiting{}}

// enter joins the next group; first is true when nobody is committing.
func enter(d *db.DB, w *waiting) (first bool) {
	groups.Lock()
	defer groups.Unlock()
	next, busy := groups.next[d]
	groups.next[d] = append(next, w)
	return !busy
}

// leave takes the group to be committed; nil, and no longer busy, when there is none.
func leave(d *db.DB) []*waiting {
	groups.Lock()
	defer groups.Unlock()
	group := groups.next[d]
	if len(group) == 0 {
		delete(groups.next, d)
		return nil
	}
	groups.next[d] = nil
	return group
}

func commitGroups(d *db.DB) {
	for group := leave(d); group != nil; group = leave(d) {
		err := commit(d, group)
		for _, w := range group {
			w.done <- err
		}
	}
}

// commit stores a group. It does not end with the context of any one reader,
// because the others wait for it too.
func commit(d *db.DB, group []*waiting) error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	err := d.Do(ctx, db.System("read log"), func(tx *db.Tx) error {
		tx.Quiet()
		var rows []row
		for _, w := range group {
			for _, e := range w.entries {
				rows = append(rows, prepare(tx, w.by, e))
			}
		}
		return store(tx, rows)
	})
	if err != nil && !fault.Is(err, fault.Unavailable) {
		err = fault.New(fault.Unavailable, "audit.unwritable", "the log cannot be written, so nothing is shown").Because(err)
	}
	return err
}
