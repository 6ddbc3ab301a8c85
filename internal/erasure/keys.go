package erasure

import (
	"context"
	"errors"
	"io"
	"math"
	"slices"
	"time"

	"kartotek/internal/clock"
	"kartotek/internal/db"
	"kartotek/internal/erasure/journal"
	"kartotek/internal/fault"
	"kartotek/internal/id"
	"kartotek/internal/party"
	"kartotek/internal/seal"
)

// What becomes of the key of somebody who is erased.
const (
	KeyDestroyed = "destroyed"
	KeyKept      = "kept" // for what the plan keeps that is sealed with it
)

var (
	insSpent   = db.SQL(db.Local, `INSERT INTO spent_keys (spent_id, owner, at) VALUES ($1, $2, $3)`)
	selSpent   = db.SQL(db.Local, `SELECT spent_id, owner FROM spent_keys WHERE spent_id > $1 AND spent_id <= $2 ORDER BY spent_id LIMIT $3`)
	putWaiting = db.SQL(db.Local, `INSERT INTO keys_waiting (owner, at) VALUES ($1, $2) ON CONFLICT (owner) DO NOTHING`)
	delWaiting = db.SQL(db.Local, `DELETE FROM keys_waiting WHERE owner = $1`)
	selWaiting = db.SQL(db.Local, `SELECT owner FROM keys_waiting WHERE owner > $1 ORDER BY owner LIMIT 500`)
)

// spend says that the keys of erased people are to be destroyed: now, or when nothing is
// kept any more that is sealed with them. It is part of what the transaction commits, so
// that every server and every later start knows. What becomes of the first one's it gives.
func (r *Room) spend(tx *db.Tx, people []id.ID) (state string, err error) {
	var now []id.ID
	for i, who := range people {
		keyed, err := tx.Keyed(who)
		if err != nil {
			return "", err
		}
		if keyed {
			_, err = tx.Exec(putWaiting, int64(who), tx.Now())
		} else {
			now, err = append(now, who), insertSpent(tx, who)
		}
		if err != nil {
			return "", err
		}
		if i == 0 {
			state = map[bool]string{true: KeyKept, false: KeyDestroyed}[keyed]
		}
	}
	r.destroyAfter(tx, now)
	return state, nil
}

// Spend destroys keys of single things, such as a document, once tx is committed: here
// at once, on other servers within a minute, after a crash at the next start.
func (r *Room) Spend(tx *db.Tx, things ...id.ID) error {
	things = slices.Compact(slices.Sorted(slices.Values(things)))
	for _, t := range things {
		if err := insertSpent(tx, t); err != nil {
			return err
		}
	}
	r.destroyAfter(tx, things)
	return nil
}

func insertSpent(tx *db.Tx, who id.ID) error {
	_, err := tx.Exec(delWaiting, int64(who))
	if err == nil {
		_, err = tx.Exec(insSpent, int64(tx.NewID()), int64(who), tx.Now())
	}
	return err
}

// destroyAfter destroys keys on this machine as soon as the erasure is committed, never
// before: a crash between leaves the erasure done and the key to the next start. Should
// it fail, it is tried again with those of other servers.
func (r *Room) destroyAfter(tx *db.Tx, people []id.ID) {
	if len(people) > 0 && !r.KeysStay {
		tx.Gather(r, people, func(all []id.ID) { _, _ = r.Keys().Forget(all...) })
	}
}

// Keys are those of the register.
func (r *Room) Keys() *seal.Keys { return r.Outbox.Keys }

// late is how much later than its id was made a row can be committed.
const late = 10 * time.Minute

// spentBatch is how many keys are destroyed at once.
const spentBatch = 500

// DestroyKeys destroys the keys of whoever was erased since this machine last looked, by
// itself, by another server, or before an older copy of the keys folder was put back. It
// gives how many there were still. law: GDPR 17(1)
func (r *Room) DestroyKeys(ctx context.Context) (destroyed int, err error) {
	if r.KeysStay {
		return 0, nil
	}
	keys, from := r.Keys(), id.ID(0)
	if from, err = keys.Through(); err != nil {
		return 0, err
	}
	for more := true; more && err == nil; {
		var last id.ID
		var people []id.ID
		err = r.DB.View(ctx, db.System("keys"), func(tx *db.Tx) (err error) {
			last, people, err = spent(tx, from, math.MaxInt64)
			return err
		})
		if err != nil || len(people) == 0 {
			return destroyed, err
		}
		from, more = last, len(people) == spentBatch
		n, bad := keys.ForgetThrough(min(last, id.First(clock.Ms(r.DB.Now().Add(-late)))), people...)
		destroyed, err = destroyed+n, bad
	}
	return destroyed, err
}

// CatchUp carries out what happened since the database or the keys folder at hand: the
// journal, and keys to be destroyed. It is to be called before anybody is served.
func (r *Room) CatchUp(ctx context.Context) (all Replayed, err error) {
	if all, err = r.Replay(ctx, 0); err == nil {
		_, err = r.DestroyKeys(ctx)
	}
	return all, err
}

// spent lists entries after one and up to another, as many as are carried out at once.
func spent(tx *db.Tx, from, to id.ID) (last id.ID, people []id.ID, err error) {
	err = tx.Each(selSpent, func(scan db.Scan) error {
		var who id.ID
		err := scan(&last, &who)
		people = append(people, who)
		return err
	}, int64(from), int64(to), spentBatch)
	return last, people, err
}

// Settle goes through the keys that wait, and spends those of which nothing is kept any
// more.
func (r *Room) Settle(ctx context.Context) error {
	for last, more := id.ID(0), true; more; {
		var people []id.ID
		err := r.DB.View(ctx, db.System("keys"), func(tx *db.Tx) error {
			people = nil
			return tx.Each(selWaiting, func(scan db.Scan) error {
				var who id.ID
				err := scan(&who)
				people = append(people, who)
				return err
			}, int64(last))
		})
		if err != nil {
			return err
		}
		for _, who := range people {
			last = who
			if err := r.DB.Do(ctx, db.System("keys"), func(tx *db.Tx) error { return r.settleOne(tx, who) }); err != nil {
				return err
			}
		}
		more = len(people) == 500
	}
	return nil
}

func (r *Room) settleOne(tx *db.Tx, who id.ID) error {
	keyed, err := tx.Keyed(who)
	if err != nil || keyed {
		return err
	}
	if lives, err := r.lives(tx, who); err != nil || lives {
		return err
	}
	if err := insertSpent(tx, who); err != nil {
		return err
	}
	r.destroyAfter(tx, []id.ID{who})
	return nil
}

// spendAgain spends the keys of people whom a line of the journal says were erased as a
// whole, and which are still there: after a crash between commit and destroying, or when
// an old copy of the database or of the keys folder was put back.
func (r *Room) spendAgain(tx *db.Tx, l journal.Line) error {
	if l.Only != nil {
		return nil
	}
	known, err := r.known(l.People)
	if err != nil || len(known) == 0 {
		return err
	}
	for _, who := range l.People {
		if lives, err := r.lives(tx, who); err != nil || lives {
			return err
		}
	}
	_, err = r.spend(tx, known)
	return err
}

// lives reports whether somebody is in the register and not erased: a line of the
// journal may be of an act that was never committed.
func (r *Room) lives(tx *db.Tx, who id.ID) (bool, error) {
	p, found, err := r.Party.Get(tx, who)
	return found && (p.Status == party.Active || p.Status == party.Restricted), err
}

// known are those of some people whose key is still there.
func (r *Room) known(people []id.ID) (out []id.ID, err error) {
	for _, who := range people {
		forgot, err := r.Keys().Forgot(who)
		if err != nil {
			return nil, err
		}
		if !forgot {
			out = append(out, who)
		}
	}
	return out, nil
}

// Undestroyed counts the keys that the register has said for a while are destroyed and
// that are still in the keys folder.
func (r *Room) Undestroyed(tx *db.Tx) (n int, err error) {
	to := id.First(clock.Ms(tx.Time().Add(-late)))
	for from, more := id.ID(0), true; more; {
		last, people, err := spent(tx, from, to)
		if err != nil {
			return n, err
		}
		known, err := r.known(people)
		if err != nil {
			return n, err
		}
		n, from, more = n+len(known), last, len(people) == spentBatch
	}
	return n, nil
}

// Copy says what an old copy of the database still shows of evidence.
type Copy struct {
	Legible int `json:"legible"` // people whose evidence can be read
	Gone    int `json:"gone"`    // people whose evidence lies there and cannot be read by anybody: they were erased
	Open    int `json:"open"`    // people who were erased, and whose evidence can be read all the same
}

// Look reads a copy of the database as it lies, before the journal is carried out: what
// was sealed about whoever was erased since cannot be read.
func (r *Room) Look(tx *db.Tx) (c Copy, err error) {
	c.Legible, err = r.Ledger.Legible(tx, func(id.ID) { c.Gone++ })
	if err != nil {
		return c, err
	}
	erased, err := r.journalled()
	if err != nil {
		return c, err
	}
	known, err := r.known(erased)
	for _, who := range known {
		keyed, bad := tx.Keyed(who)
		if err = errors.Join(err, bad); keyed {
			c.Open++
		}
	}
	return c, err
}

// journalled are the people whom the journals say were erased without anything being kept.
func (r *Room) journalled() (people []id.ID, err error) {
	files, err := r.Journal.Files()
	for _, file := range files {
		in, bad := r.Journal.Read(file)
		if err = errors.Join(err, bad); err != nil {
			return nil, err
		}
		for bad == nil {
			var l journal.Line
			if l, bad = in.Next(); bad == nil && l.Kind == journal.Erased && l.Only == nil && len(l.Kept) == 0 {
				people = append(people, l.People...)
			}
		}
		if !errors.Is(bad, io.EOF) {
			err = bad
		}
		err = errors.Join(err, in.Close())
	}
	slices.Sort(people)
	return slices.Compact(people), err
}

// destroyed holds that an erasure has done its last step on this machine.
func (r *Room) destroyed(c *Certificate, who id.ID) error {
	if c.Key != KeyDestroyed {
		return nil
	}
	known, err := r.known([]id.ID{who})
	if err == nil && len(known) > 0 {
		_, err = r.Keys().Forget(known...)
	}
	if err == nil {
		return nil
	}
	return fault.New(fault.Unavailable, "erasure.key_left", "the person is erased, but their key beside the database could not be destroyed yet; it is tried again every minute, see the log of the server").Because(err)
}
