package returns

import (
	"context"
	"errors"
	"slices"
	"sync"

	"kartotek/internal/db"
	"kartotek/internal/id"
)

// watch holds the campaigns of which something came back since they were last judged.
type watch struct {
	mu   sync.Mutex
	some map[id.ID]bool // guarded by mu
}

func (w *watch) add(all []id.ID) {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.some == nil {
		w.some = map[id.ID]bool{}
	}
	for _, c := range all {
		if c != 0 {
			w.some[c] = true
		}
	}
}

func (w *watch) take() (all []id.ID) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for c := range w.some {
		all = append(all, c)
	}
	clear(w.some)
	slices.Sort(all)
	return all
}

// Settle lets campaigns be judged of which something came back since it was last
// called: one still being sent pauses when too much did. It gives the names of those
// that paused.
func (r *Room) Settle(ctx context.Context, by db.By) (paused []string, err error) {
	if r.Judge == nil {
		return nil, nil
	}
	var errs []error
	for _, which := range r.watch.take() {
		name, err := r.Judge(ctx, by, which)
		if err != nil {
			r.watch.add([]id.ID{which}) // the next call asks again
			errs = append(errs, err)
		}
		if name != "" {
			paused = append(paused, name)
		}
	}
	return paused, errors.Join(errs...)
}
