package audit

import (
	"context"
	"sync"

	"kartotek/internal/db"
	"kartotek/internal/fault"
)

// groups holds those who wait for the next commit, where there is no journal.
//
// The first caller commits at once. Those who come meanwhile wait for that
// commit to end and then share the next one: on a quiet register a read waits
// for one commit, on a busy one for at most two, and the disk sees one commit for
// many reads.
type groups struct {
	mu   sync.Mutex
	next []*waiting // guarded by mu
	busy bool       // guarded by mu
}

type waiting struct {
	by      db.By
	entries []Entry
	done    chan error
}

func (g *groups) seen(ctx context.Context, d *db.DB, by db.By, entries []Entry) error {
	w := &waiting{by: by, entries: entries, done: make(chan error, 1)}
	if g.enter(w) {
		go g.commit(d)
	}
	select {
	case err := <-w.done:
		return err
	case <-ctx.Done():
		return fault.New(fault.Unavailable, "audit.unwritable", "the log was not written in time, so nothing is shown").Because(ctx.Err())
	}
}

// enter joins the next group; first is true when nobody is committing.
func (g *groups) enter(w *waiting) (first bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.next = append(g.next, w)
	first, g.busy = !g.busy, true
	return first
}

// leave takes the group to be committed; nil, and no longer busy, when there is none.
func (g *groups) leave() []*waiting {
	g.mu.Lock()
	defer g.mu.Unlock()
	group := g.next
	g.next, g.busy = nil, len(group) > 0
	return group
}

func (g *groups) commit(d *db.DB) {
	for group := g.leave(); group != nil; group = g.leave() {
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
				rows = append(rows, prepare(tx.NewID(), tx.Time(), w.by, e))
			}
		}
		return store(tx, rows)
	})
	if err != nil && !fault.Is(err, fault.Unavailable) {
		err = unshown(err)
	}
	return err
}
