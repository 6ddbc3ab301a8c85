package tree

import (
	"context"
	"sync"
	"time"

	"golang.org/x/mod/sumdb/tlog"

	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/inclusion"
)

const (
	// Lease is how long a node that took entries in is the one to go on.
	Lease = 5 * time.Second
	// Rest is how long the sequencer lets entries gather: a busy register writes
	// one head for many acts, and each act is in the tree within a second.
	Rest = 250 * time.Millisecond
	// Poll is how often it looks for entries of other processes.
	Poll = 700 * time.Millisecond
	// most is how many leaves one transaction takes in, so that no act waits long
	// for it on SQLite.
	most = 20_000
)

var (
	anyPending  = db.SQL(db.Local, `SELECT id FROM log_pending LIMIT 1`)
	allPending  = db.SQL(db.Local, `SELECT id, packed FROM log_pending ORDER BY id`)
	dropPending = db.SQL(db.Local, `DELETE FROM log_pending WHERE id <= $1`)
	takeLease   = db.SQL(db.Local, `INSERT INTO log_lease (name, holder, until) VALUES ('sequencer', $1, $2)
		ON CONFLICT (name) DO UPDATE SET holder = excluded.holder, until = excluded.until
		WHERE log_lease.holder = excluded.holder OR log_lease.until < $3`)
	ownLease = db.SQL(db.Local, `SELECT until FROM log_lease WHERE name = 'sequencer' AND holder = $1 AND until > 0`)
	endLease = db.SQL(db.Local, `UPDATE log_lease SET until = 0 WHERE name = 'sequencer' AND holder = $1`)
)

// Sequence takes what waits into the tree: one pass in one transaction. It gives
// the number of leaves added; 0 when nothing waits. Held (see Held) is a fault
// that another process is the one to do it now.
func (r *Room) Sequence(ctx context.Context) (n int, err error) {
	r.init()
	r.pass.Lock()
	defer r.pass.Unlock()
	waits, err := r.waits(ctx)
	if err != nil || !waits {
		return 0, err
	}
	signer, err := r.signer()
	if err != nil {
		return 0, err
	}
	var head Head
	err = r.DB.Do(ctx, db.System("log"), func(tx *db.Tx) (err error) {
		tx.Quiet()
		head, n, err = r.sequence(tx, signer)
		return err
	})
	if Held(err) {
		return 0, err
	}
	r.setBroken(err)
	if err != nil || n == 0 {
		return 0, err
	}
	return n, r.publish(head.Checkpoint)
}

// Held reports whether an error says that another process takes the entries in.
func Held(err error) bool { return fault.KeyOf(err) == "tree.held" }

func (r *Room) waits(ctx context.Context) (found bool, err error) {
	err = r.DB.View(ctx, db.System("log"), func(tx *db.Tx) error {
		var first int64
		found, err = tx.One(anyPending, []any{&first})
		return err
	})
	return found, err
}

func (r *Room) setBroken(err error) {
	if fault.CodeOf(err) != fault.Conflict {
		if err == nil {
			r.broken.Store(nil)
		}
		return
	}
	if r.broken.Swap(&err) == nil {
		r.Log.Error("the log is not what it was: nothing is taken into it until a person has looked; run kartotek verify", "error", err)
	}
}

// sequence is one pass, in the transaction.
func (r *Room) sequence(tx *db.Tx, s signer) (Head, int, error) {
	held, err := tx.Exec(takeLease, r.holder, tx.Now()+Lease.Milliseconds(), tx.Now())
	if err == nil && held == 0 {
		err = fault.New(fault.Unavailable, "tree.held", "another process takes entries into the log")
	}
	if err != nil {
		return Head{}, 0, err
	}
	before, edge, err := r.sound(tx, s)
	if err != nil {
		return Head{}, 0, err
	}
	n, err := takeIn(tx, edge)
	if err != nil || n == 0 {
		return Head{}, 0, err
	}
	if err := edge.store(tx); err != nil {
		return Head{}, 0, err
	}
	head, err := s.sign(Head{Size: before.Size + int64(n), At: tx.Now(), Root: edge.root()})
	if err != nil {
		return Head{}, 0, err
	}
	if err := thin(tx, head.At); err != nil {
		return Head{}, 0, err
	}
	_, err = tx.Exec(insHead, head.Size, head.At, head.Root[:], string(head.Checkpoint))
	return head, n, err
}

// sound reads the newest head and the edge of the tree, and checks that they
// belong together, that the head is ours, and that the tree goes on where the
// anchor left it.
func (r *Room) sound(tx *db.Tx, s signer) (Head, *edge, error) {
	head, found, err := r.Head(tx)
	if err != nil {
		return head, nil, err
	}
	if found {
		if err := s.vouches(head); err != nil {
			return head, nil, err
		}
	}
	edge, err := loadEdge(tx, head.Size)
	if err != nil {
		return head, nil, err
	}
	if edge.root() != head.Root {
		return head, nil, damaged("the hashes of the log do not come to its newest head, of %d entries", head.Size)
	}
	anchor, err := r.Anchor()
	if err != nil || anchor == nil {
		return head, edge, err
	}
	return head, edge, extends(tx, head, *anchor, "the anchor beside the keys")
}

// takeIn appends what waits, in order, and removes the rows.
func takeIn(tx *db.Tx, e *edge) (n int, err error) {
	var last, rows int64
	err = tx.Each(allPending, func(scan db.Scan) error {
		var packed []byte
		if err := scan(&last, &packed); err != nil {
			return err
		}
		rows++
		err := unpack(packed, func(ref Ref) {
			e.add(ref, tlog.RecordHash(inclusion.Leaf(ref.Kind, ref.Digest)))
			n++
		})
		if err == nil && n >= most {
			err = db.Stop
		}
		return err
	})
	if err != nil || rows == 0 {
		return 0, err
	}
	gone, err := tx.Exec(dropPending, last)
	if err == nil && gone != rows {
		err = fault.New(fault.Internal, "tree.rows", "%d rows were taken into the log, but %d removed", rows, gone)
	}
	return n, err
}

// thin drops the head before, unless it is the first of its hour: heads are kept
// about one an hour, to tell later how far the log had come when.
func thin(tx *db.Tx, now int64) error {
	var sizes, ats []int64
	err := tx.Each(twoHeads, func(scan db.Scan) error {
		var size, at int64
		err := scan(&size, &at)
		sizes, ats = append(sizes, size), append(ats, at)
		return err
	})
	if err != nil || len(sizes) < 2 || hour(ats[0]) != hour(ats[1]) {
		return err
	}
	_, err = tx.Exec(dropHead, sizes[0])
	return err
}

func hour(ms int64) int64 { return ms / time.Hour.Milliseconds() }

// Drain takes in all that waits and gives the lease back: for a program that ends
// soon. While another process holds the lease it leaves the entries to that one.
func (r *Room) Drain(ctx context.Context) error {
	r.init()
	for {
		n, err := r.Sequence(ctx)
		if Held(err) {
			return nil
		}
		if err != nil {
			return err
		}
		if n == 0 {
			return r.endLease(ctx)
		}
	}
}

// Run takes entries in until ctx ends, then those of the last acts, and gives the
// lease back. Errors are logged and do not end it: the entries wait.
func (r *Room) Run(ctx context.Context) error {
	r.init()
	if h, found, err := r.Latest(ctx); err == nil && found {
		r.latest.Store(&h.Checkpoint) // the second places may have missed it
	}
	var places sync.WaitGroup
	for _, p := range r.Places {
		places.Go(func() { r.keep(ctx, p) })
	}
	defer places.Wait()
	defer r.release(context.WithoutCancel(ctx))
	for ctx.Err() == nil {
		wake := bell.next()
		n, err := r.Sequence(ctx)
		switch {
		case err != nil && ctx.Err() == nil && !Held(err) && r.Broken() == nil:
			r.Log.Error("entries could not be taken into the log; they wait", "error", err)
			pause(ctx, Poll, nil)
		case n >= most: // more waits, as after an import
		case n > 0:
			pause(ctx, Rest, nil)
		default:
			pause(ctx, Poll, wake)
			pause(ctx, Rest, nil)
		}
	}
	return ctx.Err()
}

func (r *Room) release(ctx context.Context) {
	ctx, cancel := context.WithTimeout(ctx, Lease)
	defer cancel()
	_, _ = r.Sequence(ctx) // what this leaves waits for the next who runs
	if err := r.endLease(ctx); err != nil {
		r.Log.Warn("the lease of the log was not given back; it runs out by itself", "error", err)
	}
}

// endLease gives the lease back. It writes only when this room holds it.
func (r *Room) endLease(ctx context.Context) error {
	held := false
	err := r.DB.View(ctx, db.System("log"), func(tx *db.Tx) (err error) {
		var until int64
		held, err = tx.One(ownLease, []any{&until}, r.holder)
		return err
	})
	if err != nil || !held {
		return err
	}
	return r.DB.Do(ctx, db.System("log"), func(tx *db.Tx) error { _, err := tx.Exec(endLease, r.holder); return err })
}

func pause(ctx context.Context, d time.Duration, wake <-chan struct{}) {
	t := time.NewTimer(d)
	defer t.Stop()
	select {
	case <-ctx.Done():
	case <-wake:
	case <-t.C:
	}
}

// bell wakes the sequencers of this process when an act of it was committed.
var bell = chime{c: make(chan struct{})}

type chime struct {
	mu sync.Mutex
	c  chan struct{} // guarded by mu: closed by the next ring
}

func (b *chime) ring() {
	b.mu.Lock()
	defer b.mu.Unlock()
	close(b.c)
	b.c = make(chan struct{})
}

func (b *chime) next() <-chan struct{} {
	b.mu.Lock()
	defer b.mu.Unlock()
	return b.c
}
