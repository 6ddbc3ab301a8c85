package job

import (
	"sync"

	"kartotek/internal/id"
)

// Event tells that a job of this process has moved on.
type Event struct {
	Job      id.ID
	Kind     string
	Key      string
	State    State
	Progress Progress
	Error    string
}

type followers struct {
	mu  sync.Mutex
	all map[chan Event]struct{} // guarded by mu
}

// Subscribe gives a channel of what this runner's jobs do, and a function that
// ends it. A reader who is slow misses older events, never the newest. Jobs of
// other processes are not heard: pages ask the table for those.
func (r *Runner) Subscribe() (<-chan Event, func()) {
	c := make(chan Event, 16)
	r.follow.mu.Lock()
	defer r.follow.mu.Unlock()
	if r.follow.all == nil {
		r.follow.all = map[chan Event]struct{}{}
	}
	r.follow.all[c] = struct{}{}
	return c, func() {
		r.follow.mu.Lock()
		defer r.follow.mu.Unlock()
		if _, ok := r.follow.all[c]; ok {
			delete(r.follow.all, c)
			close(c)
		}
	}
}

func (r *Runner) publish(e Event) {
	r.follow.mu.Lock()
	defer r.follow.mu.Unlock()
	for c := range r.follow.all {
		for {
			select {
			case c <- e:
			default:
				select { // full: let the oldest go
				case <-c:
				default:
				}
				continue
			}
			break
		}
	}
}
