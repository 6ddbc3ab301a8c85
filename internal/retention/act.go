package retention

import (
	"context"
	"maps"
	"slices"

	"kartotek/internal/db"
	"kartotek/internal/id"
	"kartotek/internal/job"
)

// eraseRange carries out what is due in a range now. Each person is erased in
// transactions of their own (Carry), single things a few dozen people at a time; what
// was done is counted in the same breath, and after a crash what is left is found
// anew. law: GDPR 5(1)(e), GDPR 17(1)(a)
func (r *Room) eraseRange(ctx context.Context, j *job.Job) error {
	var s *sifter
	var f *found
	var x *Run
	var lo, hi int
	var done Report
	err := r.DB.Do(ctx, j.By(), func(tx *db.Tx) (err error) {
		var phase string
		s, f = nil, nil
		if x, lo, hi, phase, done, err = r.load(tx, j); err != nil || phase != "erase" || x.State != Erasing {
			return err
		}
		if s, err = r.sifter(tx); err != nil {
			return err
		}
		if s.terms.in.Number != x.Notice { // other times hold now: nobody has seen what they would do
			s = nil
			return r.finish(tx, x, Stopped, "notice")
		}
		f, err = s.sift(tx, lo, hi)
		return err
	})
	if err != nil {
		return err
	}
	if s == nil { // through already, or stopped
		return r.advance(ctx, j, x.ID)
	}
	if done.People == 0 {
		done.People = f.people
	}
	w := &worker{room: r, job: j, run: x, lo: lo, done: done, sifter: s}
	if err := w.people(ctx, f.finds); err != nil {
		return err
	}
	if err := w.singles(ctx, f.things); err != nil {
		return err
	}
	return w.end(ctx)
}

// worker carries out one range.
type worker struct {
	room   *Room
	job    *job.Job
	run    *Run
	lo     int
	done   Report
	sifter *sifter
}

// do runs a transaction of the job that also stores what was done.
func (w *worker) do(ctx context.Context, fn func(tx *db.Tx, done *Report) error) error {
	var next Report
	err := w.room.DB.Do(ctx, w.job.By(), func(tx *db.Tx) error {
		if err := w.job.Hold(tx); err != nil {
			return err
		}
		next = w.done
		next.Lines, next.Things = slices.Clone(w.done.Lines), slices.Clone(w.done.Things)
		if err := fn(tx, &next); err != nil {
			return err
		}
		return store(tx, w.run.ID, w.lo, "erase", &next)
	})
	if err == nil {
		w.done = next
	}
	return err
}

// people erases what is due of people. One whose erasure fails is counted and left to
// the next night, so that one stubborn row does not keep all the others.
func (w *worker) people(ctx context.Context, all []Find) error {
	for i := range all {
		f := &all[i]
		categories := f.Categories
		if f.Whole {
			categories = nil
		}
		failed := w.room.Carry(ctx, w.job.By(), f.Person, categories)
		if ctx.Err() != nil {
			return ctx.Err()
		}
		err := w.do(ctx, func(_ *db.Tx, done *Report) error {
			if failed != nil {
				done.Failed++
			} else {
				done.person(f)
				done.Sample = nil
			}
			return nil
		})
		if err != nil {
			return err
		}
	}
	return nil
}

// few is how many people's single things go in one transaction.
const few = 50

func (w *worker) singles(ctx context.Context, all map[int]map[id.ID]int) error {
	for _, i := range slices.Sorted(maps.Keys(all)) {
		people := slices.SortedFunc(maps.Keys(all[i]), func(a, b id.ID) int {
			if before(a, b) {
				return -1
			}
			return 1
		})
		for chunk := range slices.Chunk(people, few) {
			if err := w.do(ctx, func(tx *db.Tx, done *Report) error { return w.some(tx, i, chunk, all[i], done) }); err != nil {
				return err
			}
		}
	}
	return nil
}

// some lets the things of a kind of a few people go: all of them where their category
// is over, else those over their age.
func (w *worker) some(tx *db.Tx, i int, people []id.ID, counted map[id.ID]int, done *Report) error {
	t := &w.sifter.things[i]
	out := Things{Keeper: t.Name(), Kind: t.Kind}
	for _, who := range people {
		until := t.before
		if t.bit != 0 && w.sifter.over[i][who] {
			until = tx.Now()
		}
		n, err := t.Expire(tx, who, t.Kind, until)
		if err != nil {
			return err
		}
		if n > 0 {
			out.People, out.Count = out.People+1, out.Count+n
		}
	}
	if out.Count > 0 {
		done.thing(out)
	}
	return nil
}

// end closes the range, and with the last one the run.
func (w *worker) end(ctx context.Context) error {
	err := w.room.DB.Do(ctx, w.job.By(), func(tx *db.Tx) error {
		if err := w.job.Hold(tx); err != nil {
			return err
		}
		return store(tx, w.run.ID, w.lo, "erased", &w.done)
	})
	if err != nil {
		return err
	}
	return w.room.advance(ctx, w.job, w.run.ID)
}
