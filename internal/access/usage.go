package access

import (
	"context"
	"slices"
	"sync"
	"time"

	"kartotek/internal/clock"
	"kartotek/internal/db"
	"kartotek/internal/id"
)

// Present is noted of everybody who is signed in and asks for something: the last
// day of it is when the account was last used.
const Present = "present"

// flushEvery is how often what was used is written.
const flushEvery = time.Minute

// meter remembers what was noted today, so that a right used a thousand times a
// day is one row and one write.
type meter struct {
	mu    sync.Mutex
	day   int64                     // days since 1970; guarded by mu
	known map[id.ID]map[string]bool // noted on that day; guarded by mu
	todo  []use                     // noted and not yet written; guarded by mu
}

type use struct {
	account id.ID
	right   string
	day     string
}

const dayMs = 24 * 60 * 60 * 1000

// Note takes down that an account used rights at a moment. It costs a lock and a
// look in a map, and is written within a minute, or when the program ends. What
// a machine that loses its power had not written yet is lost; it will be used again.
func (r *Room) Note(account id.ID, at time.Time, rights ...string) {
	m := &r.meter
	n := at.UnixMilli() / dayMs
	m.mu.Lock()
	defer m.mu.Unlock()
	if m.day != n || m.known == nil {
		m.day, m.known = n, map[id.ID]map[string]bool{}
	}
	mine := m.known[account]
	if mine == nil {
		mine = map[string]bool{}
		m.known[account] = mine
	}
	for _, right := range rights {
		if !mine[right] {
			mine[right] = true
			m.todo = append(m.todo, use{account, right, day(at)})
		}
	}
}

var addUsage = db.SQL(db.Local, `INSERT INTO access_usage (account, used_right, first_day, last_day, days) VALUES ($1, $2, $3, $3, 1)
	ON CONFLICT (account, used_right) DO UPDATE SET last_day = excluded.last_day, days = access_usage.days + 1 WHERE access_usage.last_day < excluded.last_day`)

// Flush writes what was noted. Several nodes and repetitions count a day once.
func (r *Room) Flush(ctx context.Context) error {
	m := &r.meter
	m.mu.Lock()
	todo := m.todo
	m.todo = nil
	m.mu.Unlock()
	if len(todo) == 0 {
		return nil
	}
	// in one order, so that nodes that write at the same time do not wait for each other in a circle
	slices.SortFunc(todo, func(a, b use) int {
		if a.account != b.account {
			return int(min(1, max(-1, a.account-b.account)))
		}
		return slices.Compare([]string{a.right, a.day}, []string{b.right, b.day})
	})
	err := r.DB.Do(ctx, db.System("usage"), func(tx *db.Tx) error {
		for _, u := range todo {
			if _, err := tx.Exec(addUsage, u.account, u.right, u.day); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		m.mu.Lock()
		m.todo = append(todo, m.todo...)
		m.mu.Unlock()
	}
	return err
}

// Run writes what was noted once a minute until ctx ends, and then once more.
func (r *Room) Run(ctx context.Context) {
	tick := time.NewTicker(flushEvery)
	defer tick.Stop()
	for {
		select {
		case <-tick.C:
			r.tell(r.Flush(ctx))
		case <-ctx.Done():
			last, cancel := context.WithTimeout(context.WithoutCancel(ctx), 5*time.Second)
			defer cancel()
			r.tell(r.Flush(last))
			return
		}
	}
}

func (r *Room) tell(err error) {
	if err != nil && r.Log != nil {
		r.Log.Error("use of rights was not written", "error", err)
	}
}

// Usage is one right of one account: first and last day of use, and the number of days.
type Usage struct {
	Right       string
	First, Last string // ISO days
	Days        int
}

var (
	usageOf   = db.SQL(db.Local, `SELECT used_right, first_day, last_day, days FROM access_usage WHERE account = $1 ORDER BY used_right`)
	usageFrom = db.SQL(db.Local, `SELECT first_day FROM access_usage ORDER BY first_day LIMIT 1`)
)

// Used lists what an account used, by right. What was noted within the last
// minute may be missing; Flush first where that matters.
func (r *Room) Used(tx *db.Tx, account id.ID) (out []Usage, err error) {
	err = tx.Each(usageOf, func(scan db.Scan) error {
		var u Usage
		err := scan(&u.Right, &u.First, &u.Last, &u.Days)
		out = append(out, u)
		return err
	}, account)
	return out, err
}

// MeasuredSince is the first day on which any use was counted, or today: what was
// not used before it says nothing.
func (r *Room) MeasuredSince(tx *db.Tx) (string, error) {
	first := day(clock.FromMs(tx.Now()))
	_, err := tx.One(usageFrom, []any{&first})
	return first, err
}
