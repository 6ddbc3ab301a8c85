package retention

import (
	"context"
	"sync"

	"kartotek/internal/db"
	"kartotek/internal/id"
)

// rangeBuckets is how many buckets one step of a run looks through: of a register of a
// million, some 16,000 people.
const rangeBuckets = 64

// together is how many ranges are read at a time: reading and reckoning take turns.
const together = 3

// Preview counts what a run would do now. It writes nothing. Every range is read from
// a snapshot of its own, so that over a register that changes meanwhile the figures
// are about those of now.
func (r *Room) Preview(ctx context.Context, by db.By) (*Report, error) {
	var total Report
	var failed error
	var mu sync.Mutex
	var wg sync.WaitGroup
	lows := make(chan int)
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	for range together {
		wg.Go(func() {
			for lo := range lows {
				part, err := r.look(ctx, by, lo, lo+rangeBuckets-1)
				mu.Lock()
				if err == nil {
					total.add(part)
				} else if failed == nil {
					failed = err
					stop()
				}
				mu.Unlock()
			}
		})
	}
	for lo := 0; lo < id.Buckets && ctx.Err() == nil; lo += rangeBuckets {
		lows <- lo
	}
	close(lows)
	wg.Wait()
	if failed != nil {
		return nil, failed
	}
	total.sort()
	return &total, ctx.Err()
}

// look counts one range.
func (r *Room) look(ctx context.Context, by db.By, lo, hi int) (*Report, error) {
	out := &Report{}
	err := r.DB.View(ctx, by, func(tx *db.Tx) error {
		*out = Report{}
		s, err := r.sifter(tx)
		if err != nil {
			return err
		}
		f, err := s.sift(tx, lo, hi)
		if err == nil {
			out.count(s, f)
		}
		return err
	})
	return out, err
}
