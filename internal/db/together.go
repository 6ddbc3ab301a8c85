package db

import (
	"context"
	"fmt"
	"sync"
	"time"
)

// Together is Do for a small act of which many come at once, such as the answers
// to a newsletter: on SQLite those that come while a commit is under way share the
// next one, because a commit waits for the disk and the acts do not. Each is a
// transaction of its own towards the others: one that fails is taken back
// alone, and nobody is answered before the commit is safely stored. On PostgreSQL,
// where commits of many connections go together by themselves, it is Do.
//
// fn may run twice, as with Do.
func (d *DB) Together(ctx context.Context, by By, fn func(*Tx) error) error {
	if d.engine == Postgres || d.opt.ReadOnly {
		return d.Do(ctx, by, fn)
	}
	w := &waiting{ctx: ctx, by: by, fn: fn, done: make(chan error, 1)}
	if d.queue.enter(w) {
		go d.queue.run(d)
	}
	// Whoever leaves early would not know whether the act was done.
	return <-w.done
}

// most is how many acts share a commit: enough that the disk is no bound, few
// enough that nobody waits long for the others.
const most = 200

// patience is how long a shared commit may take.
const patience = 30 * time.Second

// waiting is one act of a shared transaction.
type waiting struct {
	ctx  context.Context
	by   By
	fn   func(*Tx) error
	tx   *Tx
	err  error
	done chan error
}

// queue holds the acts that wait for the next shared transaction.
type queue struct {
	mu   sync.Mutex
	next []*waiting // guarded by mu
	busy bool       // guarded by mu
}

// enter joins; first is true when nobody is at work.
func (q *queue) enter(w *waiting) (first bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.next = append(q.next, w)
	first, q.busy = !q.busy, true
	return first
}

// take gives the next group; none, and no longer busy, when nobody waits.
func (q *queue) take() []*waiting {
	q.mu.Lock()
	defer q.mu.Unlock()
	n := min(len(q.next), most)
	group := q.next[:n:n]
	q.next, q.busy = q.next[n:], n > 0
	return group
}

func (q *queue) run(d *DB) {
	for group := q.take(); len(group) > 0; group = q.take() {
		err := d.together(group)
		for _, w := range group {
			if w.err == nil {
				w.err = err
			}
			if w.err == nil {
				for _, f := range w.tx.after {
					f()
				}
			}
			w.done <- busy(full(w.err))
		}
	}
}

// together runs a group in one transaction. It does not end with any one context,
// because the others go on.
func (d *DB) together(group []*waiting) error {
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	return d.once(ctx, System("together"), true, func(tx *Tx) error {
		tx.quiet = true
		for _, w := range group {
			if err := w.run(tx); err != nil {
				return err
			}
			if w.err == nil {
				tx.last = append(tx.last, w.tx.last...)
			}
		}
		return nil
	})
}

// run runs one act between savepoints. Its error is the act's own; what it returns
// has broken the whole.
func (w *waiting) run(all *Tx) error {
	if w.err = w.ctx.Err(); w.err != nil {
		return nil
	}
	mark := func(text string) error { _, err := all.tx.ExecContext(all.ctx, text); return err }
	if err := mark("SAVEPOINT act"); err != nil {
		return err
	}
	w.tx = &Tx{ctx: all.ctx, db: all.db, conn: all.conn, tx: all.tx, now: all.now, by: w.by, write: true}
	if w.err = w.call(); w.err != nil {
		if err := mark("ROLLBACK TO act"); err != nil {
			return err
		}
	}
	all.wrote, all.quiet = all.wrote || w.tx.wrote, all.quiet && w.tx.quiet
	return mark("RELEASE act")
}

// call keeps a panic from taking the others along.
func (w *waiting) call() (err error) {
	defer func() {
		if p := recover(); p != nil {
			err = fmt.Errorf("the act broke: %T", p) // its text may hold what was being worked on
		}
	}()
	return w.fn(w.tx)
}
