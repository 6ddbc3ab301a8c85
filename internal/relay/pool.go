package relay

import (
	"context"
	"errors"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/outbox"
	"kartotek/internal/outbox/channel/email"
	"kartotek/internal/outbox/dkim"
	"kartotek/internal/outbox/pace"
)

// Times of the pool.
const (
	rereadAfter = 5 * time.Second         // the tables are looked at again
	hedgeAfter  = 1500 * time.Millisecond // the next relay is tried beside one that has not answered
)

// Pool sends through the relays in use: it is the outbox.Channel of this process.
// It is safe for concurrent use.
type Pool struct {
	room *Room

	mu      sync.Mutex
	lines   []*line                 // guarded by mu
	groups  map[string]*pace.Relays // guarded by mu: by pool
	members map[string][]pace.Relay // guarded by mu: whom the groups were made of
	signers map[string]*dkim.Signer // guarded by mu: by domain
	read    time.Time               // guarded by mu: when the tables were
	slots   map[string]int64        // guarded by mu: by provider, ns: when one more may come back
	flushed time.Time               // guarded by mu

	directory *pace.Directory
	questions chan string
	asking    atomic.Int32
	dials     tempo // connections to relays being opened
	servers   tempo // relays
	receivers tempo // providers behind them
	days      tally
}

// line is a relay in use.
type line struct {
	Relay
	refused error // why it may not be used now
	pacer   *pace.Pacer
	open    *atomic.Int32 // sessions
	carrier int64         // bit of its processor, 0 for none
}

// Pool is the channel of this process.
func (r *Room) Pool() *Pool {
	p := &r.pool
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.room == nil {
		p.room, p.slots, p.questions = r, map[string]int64{}, make(chan string, 256)
		if r.Resolver != nil {
			p.directory = pace.NewDirectory(r.Resolver)
		}
	}
	return p
}

// Any reports whether this process has something to send by.
func (r *Room) Any(ctx context.Context) (bool, error) {
	if r.Simple != "" {
		return true, nil
	}
	var all []*Relay
	err := r.DB.View(ctx, db.System("relay"), func(tx *db.Tx) (err error) { all, err = r.List(tx); return err })
	return slices.ContainsFunc(all, func(a *Relay) bool { return a.State == Active }), err
}

// Able is Any for those who cannot wait: what cannot be read is not able.
func (r *Room) Able() bool {
	any, err := r.Any(context.Background())
	return err == nil && any
}

// Name implements outbox.Channel.
func (p *Pool) Name() string { return "email" }

// Open implements outbox.Channel.
func (p *Pool) Open(ctx context.Context) (outbox.Session, error) { return p.open(ctx, "") }

// In implements outbox.Pools. A pool without a name is that of the relays that are in no pool.
func (p *Pool) In(pool string) outbox.Channel { return member{p, pool} }

type member struct {
	*Pool
	pool string
}

func (m member) Open(ctx context.Context) (outbox.Session, error) { return m.Pool.open(ctx, m.pool) }

// reread looks at the tables when that was not done lately. What is known of a
// relay outlives its being changed.
func (p *Pool) reread(ctx context.Context) error {
	now := p.room.DB.Now()
	p.mu.Lock()
	defer p.mu.Unlock()
	if since := now.Sub(p.read); p.lines != nil && since >= 0 && since < rereadAfter {
		return nil
	}
	err := p.room.DB.View(ctx, db.System("relay"), func(tx *db.Tx) error { return p.load(tx, now) })
	if err == nil {
		p.read = now
	}
	return err
}

func (p *Pool) load(tx *db.Tx, now time.Time) error {
	var all []*Relay
	var err error
	if p.room.Simple != "" {
		host, err := hostOf(p.room.Simple)
		if err != nil {
			return err
		}
		all = []*Relay{{Name: "smtp", URL: p.room.Simple, Host: host, Recipient: p.room.Processor, Weight: 1, State: Active}}
	} else if all, err = p.room.List(tx); err != nil {
		return err
	}
	processors, err := carriers(tx)
	if err != nil {
		return err
	}
	lines := []*line{}
	for _, a := range all {
		l, err := p.lineOf(tx, a)
		if err != nil {
			return err
		}
		if a.Recipient != "" { // a server of the controller's own has none
			l.carrier = bitOf(processors, a.Recipient)
		}
		lines = append(lines, l)
	}
	if p.signers, err = p.room.signers(tx); err != nil {
		return err
	}
	return p.regroup(tx, lines)
}

// lineOf makes the line of a relay, with what was learnt about it.
func (p *Pool) lineOf(tx *db.Tx, a *Relay) (*line, error) {
	l := &line{Relay: *a}
	if (a.ID != 0 || a.Recipient != "") && a.State == Active {
		l.refused = p.room.admit(tx, a)
		if l.refused != nil && fault.CodeOf(l.refused) == fault.Internal {
			return nil, l.refused
		}
	}
	i := slices.IndexFunc(p.lines, func(o *line) bool { return o.ID == a.ID })
	if i >= 0 && p.lines[i].sameLimits(a) {
		l.pacer = p.lines[i].pacer
	} else {
		l.pacer = pace.NewPacer(pace.Config{Usual: pace.Limits{Rate: float64(a.Rate) / 60, Connections: a.Connections, Daily: a.Daily}, Started: a.Started})
		if i >= 0 {
			l.pacer.Import(p.lines[i].pacer.Export())
		}
	}
	l.open = new(atomic.Int32)
	if i >= 0 {
		l.open = p.lines[i].open
	}
	return l, nil
}

func (l *line) sameLimits(a *Relay) bool {
	return l.Rate == a.Rate && l.Connections == a.Connections && l.Daily == a.Daily && l.Started.Equal(a.Started)
}

// usable are the lines that may be given mail now.
func usable(lines []*line) (out []*line) {
	for _, l := range lines {
		if l.State == Active && l.refused == nil {
			out = append(out, l)
		}
	}
	return out
}

// regroup makes the pools, with what was learnt. Those in no pool are everybody's;
// when each is in one, all are.
func (p *Pool) regroup(tx *db.Tx, lines []*line) error {
	members := map[string][]pace.Relay{}
	ready := usable(lines)
	for _, l := range ready {
		members[l.Pool] = append(members[l.Pool], pace.Relay{Name: l.Name, Weight: l.Weight, Priority: l.Priority})
	}
	if members[""] == nil {
		for _, l := range ready {
			members[""] = append(members[""], pace.Relay{Name: l.Name, Weight: l.Weight, Priority: l.Priority})
		}
	}
	groups := map[string]*pace.Relays{}
	for name, list := range members {
		if slices.Equal(list, p.members[name]) {
			groups[name] = p.groups[name]
			continue
		}
		g, err := pace.NewRelays(list...)
		if err != nil {
			return err
		}
		if old := p.groups[name]; old != nil {
			g.Import(old.Export())
		}
		groups[name] = g
	}
	first := p.lines == nil
	p.lines, p.groups, p.members = lines, groups, members
	if first {
		return p.recall(tx)
	}
	return nil
}

// group gives a pool and its lines.
func (p *Pool) group(name string) (*pace.Relays, map[string]*line) {
	p.mu.Lock()
	defer p.mu.Unlock()
	lines := map[string]*line{}
	for _, l := range usable(p.lines) {
		lines[l.Name] = l
	}
	return p.groups[name], lines
}

// dialled is what came of an attempt to reach a relay.
type dialled struct {
	line    *line
	session outbox.Session
	err     error
}

// attempt is the search for one session.
type attempt struct {
	p       *Pool
	relays  *pace.Relays
	lines   map[string]*line
	tried   map[string]bool
	pending int
	results chan dialled
}

// open gives a session with the relay whose turn it is, or with another when that
// one cannot be reached. Errors are Unavailable: another time may work.
func (p *Pool) open(ctx context.Context, pool string) (outbox.Session, error) {
	if err := p.reread(ctx); err != nil {
		return nil, err
	}
	relays, lines := p.group(pool)
	if relays == nil {
		return nil, p.nothing(pool)
	}
	a := &attempt{p: p, relays: relays, lines: lines, tried: map[string]bool{}, results: make(chan dialled, len(lines))}
	s, err := a.run(ctx)
	if a.pending > 0 {
		go a.settle()
	}
	return s, err
}

// nothing says why a pool has no relay.
func (p *Pool) nothing(pool string) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	for _, l := range p.lines {
		if l.refused != nil && (pool == "" || l.Pool == pool) {
			return fault.New(fault.Unavailable, fault.KeyOf(l.refused), "relay %s may not be used: %v", l.Name, l.refused)
		}
	}
	if pool != "" && len(p.lines) > 0 {
		return fault.New(fault.Unavailable, "relay.no_pool", "no relay in use is in pool %q", pool)
	}
	return fault.New(fault.Unavailable, "relay.nowhere", "no relay is in use; enter one, or give --smtp")
}

func (a *attempt) run(ctx context.Context) (outbox.Session, error) {
	last := fault.New(fault.Unavailable, "relay.resting", "no relay can be reached; they are tried again by and by")
	for {
		more := a.begin(ctx)
		if !more && a.pending == 0 {
			return nil, last
		}
		hedge := make(<-chan time.Time)
		if more {
			hedge = time.After(hedgeAfter)
		}
		select {
		case d := <-a.results:
			a.pending--
			if d.err == nil {
				return d.session, nil
			}
			a.failed(d)
			last = last.Because(d.err)
		case <-hedge:
		case <-ctx.Done():
			return nil, ctx.Err()
		}
	}
}

// begin starts reaching for the next relay; false when all were tried.
func (a *attempt) begin(ctx context.Context) bool {
	l := a.pick()
	if l == nil {
		return false
	}
	a.tried[l.Name] = true
	a.pending++
	l.open.Add(1)
	began := a.p.room.DB.Now()
	a.p.dials.begin(began, l.Name)
	go func() {
		c, err := outbox.Email{URL: l.URL, Options: email.Options{Hello: a.p.room.Hello}}.Open(ctx)
		a.p.dials.drop(began, l.Name)
		if err != nil {
			l.open.Add(-1)
			a.results <- dialled{line: l, err: err}
			return
		}
		a.results <- dialled{line: l, session: newSession(a.p, l, a.relays, c)}
	}()
	return true
}

// pick gives the relay whose turn it is; a slow one only when no other is left.
func (a *attempt) pick() *line {
	now := a.p.room.DB.Now()
	well := a.relays.Healthy()
	var slow *line
	for range 4 * len(well) {
		name, _, ok := a.relays.Pick(now)
		if !ok {
			break
		}
		l := a.lines[name]
		switch {
		case l == nil || a.tried[name] || l.Connections > 0 && int(l.open.Load()) >= l.Connections:
		case well[name] && (a.p.servers.shunned(now, name) || a.p.dials.stuck(now, name)):
			slow = l
		default:
			return l
		}
	}
	if a.pending > 0 || slow == nil {
		return a.spare(well)
	}
	return slow
}

// spare gives a relay that is not at turn while others of a lower priority are
// thought to be well: those were all tried in vain now.
func (a *attempt) spare(well map[string]bool) (out *line) {
	for name, l := range a.lines {
		if well[name] && !a.tried[name] && !a.p.dials.stuck(a.p.room.DB.Now(), name) && (l.Connections == 0 || int(l.open.Load()) < l.Connections) && (out == nil || l.Priority < out.Priority) {
			out = l
		}
	}
	return out
}

func (a *attempt) failed(d dialled) {
	if errors.Is(d.err, context.Canceled) {
		return // we ended it
	}
	a.relays.Result(a.p.room.DB.Now(), d.line.Name, pace.Broken, chance())
	a.p.days.add(d.line.ID, "", pace.Broken.String(), 1)
}

// settle waits for the relays that were reached for in vain.
func (a *attempt) settle() {
	for ; a.pending > 0; a.pending-- {
		if d := <-a.results; d.err != nil {
			a.failed(d)
		} else {
			d.session.Close()
		}
	}
}
