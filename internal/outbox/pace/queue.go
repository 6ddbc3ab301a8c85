package pace

import (
	"container/heap"
	"slices"
	"sync"
	"time"
)

// Sizes are how much a queue holds. What does not fit stays where it came from.
type Sizes struct {
	Workers int // how many take at once
	Each    int // items of one provider; 0 is 1,000
	All     int // items of all; 0 is 10,000
}

// Queue hands out waiting work, fairly among providers; see the package comment.
// It never blocks and is safe for concurrent use.
type Queue[T any] struct {
	pacer *Pacer
	size  Sizes

	mu      sync.Mutex
	lines   map[string]*line[T] // guarded by mu, with all below
	ready   []*line[T]          // that may have their turn; the first is next
	full    []*line[T]          // that hold their share of the workers
	waiting lineHeap[T]         // that may not be sent to yet
	queued  int                 // items
	out     int                 // items being worked on
	came    float64             // items ever offered, the older the less
	service time.Duration       // usual time of work on an item, over all providers
	epoch   time.Time           // of the first Take: beginnings are summed up from here
}

// line is the work for one provider.
type line[T any] struct {
	provider string
	items    []T
	place    place
	due      time.Time     // when place is inWaiting
	turn     int           // items left of its turn
	out      int           // being worked on
	since    time.Duration // sum of their beginnings, from the queue's epoch
	came     float64       // as Queue.came
	service  time.Duration
}

// place is where a line stands.
type place int

const (
	nowhere place = iota // it has no items
	inReady
	inFull
	inWaiting
)

// Ticket stands for an item taken, until Done.
type Ticket struct {
	provider string
	begun    time.Duration
}

// Provider is whom the item goes to.
func (t Ticket) Provider() string { return t.provider }

const (
	mostTurn  = 16                    // items in a row to one provider
	aging     = 10_000                // items after which the past counts half
	slowTimes = 6                     // a provider is slow when it takes so many times the usual
	slowLeast = 50 * time.Millisecond // and at least this
	slowPart  = 0.1                   // of the workers that a slow provider may hold while others have work
)

// NewQueue makes an empty queue. The pacer says when a provider may be sent to.
func NewQueue[T any](p *Pacer, s Sizes) *Queue[T] {
	s.Workers = max(1, s.Workers)
	if s.Each <= 0 {
		s.Each = 1000
	}
	if s.All <= 0 {
		s.All = 10_000
	}
	return &Queue[T]{pacer: p, size: s, lines: map[string]*line[T]{}}
}

// Add takes an item in, or refuses it: the queue, or the part of this provider, is
// full. first says that the item was not offered before; from those the queue
// learns how much of the work is for whom, taken in or not.
func (q *Queue[T]) Add(provider string, item T, first bool) bool {
	q.mu.Lock()
	defer q.mu.Unlock()
	l := q.lines[provider]
	if l == nil {
		l = &line[T]{provider: provider}
		q.lines[provider] = l
	}
	if first || l.came == 0 {
		q.came, l.came = q.came+1, l.came+1
		if q.came > aging {
			q.age(l)
		}
	}
	if len(l.items) >= q.size.Each || q.queued >= q.size.All {
		return false
	}
	l.items = append(l.items, item)
	q.queued++
	if l.place == nowhere {
		l.place, q.ready = inReady, append(q.ready, l)
	}
	return true
}

// Take gives the next item. When there is none to be worked on now, ok is false,
// and wait is when to ask again; 0 then means after the next Add or Done.
// Each item taken is ended by Done.
func (q *Queue[T]) Take(now time.Time) (item T, t Ticket, wait time.Duration, ok bool) {
	q.mu.Lock()
	defer q.mu.Unlock()
	if q.epoch.IsZero() {
		q.epoch = now
	}
	q.wake(now)
	for len(q.ready) > 0 {
		l := q.ready[0]
		if l.out >= q.share(l, now) {
			q.ready = q.ready[1:]
			l.place, q.full = inFull, append(q.full, l)
			continue
		}
		if w := q.pacer.Next(now, l.provider); w > 0 {
			q.ready = q.ready[1:]
			q.wait(l, now.Add(w))
			continue
		}
		item, t = q.give(l, now)
		q.next(l)
		return item, t, 0, true
	}
	if l := q.lend(now); l != nil {
		if item, t = q.give(l, now); len(l.items) == 0 {
			q.full = slices.DeleteFunc(q.full, func(m *line[T]) bool { return m == l })
			l.place = nowhere
		}
		return item, t, 0, true
	}
	if len(q.waiting) > 0 {
		wait = max(1, q.waiting[0].due.Sub(now))
	}
	return item, t, wait, false
}

// wake brings back the lines whose wait is over.
func (q *Queue[T]) wake(now time.Time) {
	for len(q.waiting) > 0 && !q.waiting[0].due.After(now) {
		l := heap.Pop(&q.waiting).(*line[T])
		l.place, q.ready = inReady, append(q.ready, l)
	}
}

func (q *Queue[T]) wait(l *line[T], due time.Time) {
	l.place, l.due, l.turn = inWaiting, due, 0
	heap.Push(&q.waiting, l)
}

// share is how many workers a line may hold: as its part of all that came; half
// of that until it has shown that it answers; and while it is known to be slow and
// others have work no more than a tenth.
func (q *Queue[T]) share(l *line[T], now time.Time) int {
	part := l.came / max(q.came, 1)
	switch {
	case q.queued == len(l.items):
	case l.service == 0:
		part /= 2
	case part > slowPart && q.slow(l, now):
		part = slowPart
	}
	return max(1, int(part*float64(q.size.Workers)))
}

// give takes an item off a line.
func (q *Queue[T]) give(l *line[T], now time.Time) (T, Ticket) {
	item := l.items[0]
	var none T
	l.items[0] = none // not kept alive by the slice
	l.items = l.items[1:]
	q.queued--
	q.out++
	l.out++
	t := Ticket{l.provider, now.Sub(q.epoch)}
	l.since += t.begun
	return item, t
}

// next ends the turn of the first line in ready when it has had enough: a large
// provider gets several in a row, so that many small ones do not hold it up.
func (q *Queue[T]) next(l *line[T]) {
	if l.turn <= 0 {
		l.turn = max(1, int(mostTurn*l.came/max(q.came, 1)))
	}
	l.turn--
	switch {
	case len(l.items) == 0:
		l.place, l.turn, l.items = nowhere, 0, nil
		q.ready = q.ready[1:]
	case l.turn == 0:
		q.ready = append(q.ready[1:], l)
	}
}

// lend finds a line that may hold more than its share, because nobody else can
// use the worker now. One always stays free for others, and a line that is slow, or
// whose speed is not known, gets nothing lent while others have work.
func (q *Queue[T]) lend(now time.Time) *line[T] {
	others := len(q.full)+len(q.waiting) > 1
	for i, l := range q.full {
		most := q.size.Workers
		switch {
		case others && q.slow(l, now):
			continue
		case others || q.slow(l, now):
			most = q.size.Workers / 2
		case len(q.lines) > 1:
			most--
		}
		if l.out >= most || l.out >= q.size.Workers {
			continue
		}
		if w := q.pacer.Next(now, l.provider); w > 0 {
			q.full = slices.Delete(q.full, i, i+1)
			q.wait(l, now.Add(w))
			return q.lend(now)
		}
		return l
	}
	return nil
}

// slow reports whether a line takes much longer than usual, by what it has done
// and by what it has begun.
func (q *Queue[T]) slow(l *line[T], now time.Time) bool {
	took := l.service
	if l.out > 0 {
		took = max(took, now.Sub(q.epoch)-l.since/time.Duration(l.out))
	}
	return l.service == 0 || took > max(slowLeast, slowTimes*q.service)
}

// Done ends the work on an item taken.
func (q *Queue[T]) Done(now time.Time, t Ticket) {
	q.mu.Lock()
	defer q.mu.Unlock()
	l := q.lines[t.provider]
	if l == nil || l.out == 0 {
		return
	}
	q.out--
	l.out--
	l.since -= t.begun
	took := max(1, now.Sub(q.epoch)-t.begun)
	l.service, q.service = average(l.service, took), median(q.service, took)
	if l.place == inFull && l.out < q.share(l, now) {
		q.full = slices.DeleteFunc(q.full, func(m *line[T]) bool { return m == l })
		l.place, q.ready = inReady, append(q.ready, l)
	}
}

// average is a running one, of the last eight or so.
func average(before, took time.Duration) time.Duration {
	if before == 0 {
		return took
	}
	return max(1, before+(took-before)/8)
}

// median is a running one, by small steps towards each value: a few that are very
// slow hardly move it.
func median(before, took time.Duration) time.Duration {
	switch {
	case before == 0:
		return took
	case took > before:
		return before + before/50 + 1
	case took < before:
		return max(1, before-before/50)
	}
	return before
}

// age halves the past, and drops lines with nothing in them and little to
// remember, so that the domains of a long list do not all stay.
func (q *Queue[T]) age(keep *line[T]) {
	q.came /= 2
	for name, l := range q.lines {
		if l.came /= 2; l != keep && l.place == nowhere && l.out == 0 && l.came < 1 {
			delete(q.lines, name)
		}
	}
}

// Len is how many items wait, and how many are being worked on.
func (q *Queue[T]) Len() (waiting, out int) {
	q.mu.Lock()
	defer q.mu.Unlock()
	return q.queued, q.out
}

// Drain takes everything out that waits, for a stop: it goes back to where it came from.
func (q *Queue[T]) Drain() []T {
	q.mu.Lock()
	defer q.mu.Unlock()
	var out []T
	for name, l := range q.lines {
		out = append(out, l.items...)
		l.items, l.place, l.turn = nil, nowhere, 0
		if l.out == 0 {
			delete(q.lines, name)
		}
	}
	q.ready, q.full, q.waiting, q.queued = nil, nil, nil, 0
	return out
}

// lineHeap is a heap of waiting lines, the earliest first.
type lineHeap[T any] []*line[T]

func (h lineHeap[T]) Len() int           { return len(h) }
func (h lineHeap[T]) Less(i, j int) bool { return h[i].due.Before(h[j].due) }
func (h lineHeap[T]) Swap(i, j int)      { h[i], h[j] = h[j], h[i] }

// Push and Pop are for package heap.
func (h *lineHeap[T]) Push(x any) { *h = append(*h, x.(*line[T])) }

// Pop gives the last.
func (h *lineHeap[T]) Pop() any {
	old := *h
	l := old[len(old)-1]
	*h = old[:len(old)-1]
	return l
}
