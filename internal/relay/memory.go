package relay

import (
	"context"
	"encoding/json"
	"sync"
	"time"

	"kartotek/internal/db"
	"kartotek/internal/id"
	"kartotek/internal/outbox/pace"
)

// whatAddress counts refusals because the address is wrong, beside the classes of package pace.
const whatAddress = "address"

// Others stands for providers beyond those counted by name.
const (
	Others       = "*"
	mostCounted  = 300 // providers by name in one writing
	flushAfter   = 15 * time.Second
	mostRemember = 500 // providers in a stored memory
)

// tally counts what became of messages until that is written down.
type tally struct {
	mu    sync.Mutex
	n     map[counted]int64 // guarded by mu
	names map[string]bool   // guarded by mu
}

type counted struct {
	relay    id.ID
	provider string
	what     string
}

func (t *tally) add(relay id.ID, provider, what string, n int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.n == nil {
		t.n, t.names = map[counted]int64{}, map[string]bool{}
	}
	if !t.names[provider] {
		if len(t.names) >= mostCounted {
			provider = Others
		}
		t.names[provider] = true
	}
	t.n[counted{relay, provider, what}] += n
}

func (t *tally) take() map[counted]int64 {
	t.mu.Lock()
	defer t.mu.Unlock()
	out := t.n
	t.n, t.names = nil, nil
	return out
}

// giveBack returns counts that could not be written.
func (t *tally) giveBack(all map[counted]int64) {
	t.mu.Lock()
	defer t.mu.Unlock()
	if t.n == nil {
		t.n, t.names = map[counted]int64{}, map[string]bool{}
	}
	for k, n := range all {
		t.n[k] += n
	}
}

var (
	addDay = db.SQL(db.Local, `INSERT INTO relay_days (day, relay_id, provider, what, n) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (day, relay_id, provider, what) DO UPDATE SET n = relay_days.n + excluded.n`)
	putMemory = db.SQL(db.Local, `INSERT INTO relay_memory (relay_id, node, at, memory) VALUES ($1, $2, $3, $4)
		ON CONFLICT (relay_id, node) DO UPDATE SET at = excluded.at, memory = excluded.memory`)
	selMemory = db.SQL(db.Local, `SELECT node, at, memory FROM relay_memory WHERE relay_id = $1 ORDER BY at DESC`)
)

// memory is what is kept of a relay over a restart.
type memory struct {
	Host   string                `json:"host"` // whom it is about: another server under the same name begins anew
	Health pace.Health           `json:"health"`
	Lanes  map[string]pace.State `json:"lanes,omitempty"`
}

// memories gives what is known of each line now.
func (p *Pool) memories() map[id.ID]memory {
	p.mu.Lock()
	defer p.mu.Unlock()
	out := map[id.ID]memory{}
	for _, l := range p.lines {
		m := memory{Host: l.Host, Lanes: map[string]pace.State{}}
		for name, s := range l.pacer.Export() {
			if len(m.Lanes) < mostRemember {
				m.Lanes[name] = s
			}
		}
		for _, g := range p.groups {
			if h, ok := g.Export()[l.Name]; ok && (h.Failures > m.Health.Failures || h.Rests > m.Health.Rests) {
				m.Health = h
			}
		}
		out[l.ID] = m
	}
	return out
}

// recall takes up what an earlier process, or another, had learnt.
func (p *Pool) recall(tx *db.Tx) error {
	for _, l := range p.lines {
		m, _, found, err := p.room.remembered(tx, l.ID)
		if err != nil {
			return err
		}
		if found && m.Host == l.Host {
			l.pacer.Import(m.Lanes)
			for _, g := range p.groups {
				g.Import(map[string]pace.Health{l.Name: m.Health})
			}
		}
	}
	return nil
}

// remembered reads what this process's node last wrote of a relay, or else any.
func (r *Room) remembered(tx *db.Tx, relay id.ID) (m memory, at int64, found bool, err error) {
	own := false
	err = tx.Each(selMemory, func(scan db.Scan) error {
		var node int
		var text string
		var when int64
		if err := scan(&node, &when, &text); err != nil {
			return err
		}
		var got memory
		if own || found && node != r.Node || json.Unmarshal([]byte(text), &got) != nil {
			return nil
		}
		m, at, found, own = got, when, true, node == r.Node
		return nil
	}, int64(relay))
	return m, at, found, err
}

// Flush writes down what was counted and learnt since the last time.
func (p *Pool) Flush(ctx context.Context) error {
	counts := p.days.take()
	if len(counts) == 0 {
		return nil
	}
	all := p.memories()
	err := p.room.DB.Do(ctx, db.System("relay"), func(tx *db.Tx) error {
		tx.Quiet()
		day := tx.Now() / dayMs
		for k, n := range counts {
			if _, err := tx.Exec(addDay, day, int64(k.relay), k.provider, k.what, n); err != nil {
				return err
			}
		}
		for relay, m := range all {
			text, err := json.Marshal(m)
			if err != nil {
				return err
			}
			if _, err := tx.Exec(putMemory, int64(relay), int64(p.room.Node), tx.Now(), string(text)); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		p.days.giveBack(counts)
	}
	return err
}

// Run keeps the memory, and looks after the keys of signatures once a day, until ctx ends.
func (r *Room) Run(ctx context.Context, failed func(error)) {
	p := r.Pool()
	tick := time.NewTicker(flushAfter)
	defer tick.Stop()
	var upkeep time.Time
	for {
		if err := p.Flush(ctx); err != nil && ctx.Err() == nil {
			failed(err)
		}
		if now := r.DB.Now(); now.Sub(upkeep) >= upkeepEvery || now.Before(upkeep) {
			if err := r.Upkeep(ctx); err != nil && ctx.Err() == nil {
				failed(err)
			}
			upkeep = now
		}
		select {
		case <-ctx.Done():
			return
		case <-tick.C:
		}
	}
}
