package relay

import (
	"context"
	"slices"
	"strings"
	"time"

	"kartotek/internal/clock"
	"kartotek/internal/db"
	"kartotek/internal/id"
	"kartotek/internal/outbox"
	"kartotek/internal/outbox/channel/email"
	"kartotek/internal/outbox/pace"
)

// Standing is how a relay stands now.
type Standing struct {
	Relay
	Refused error     // why it may not be used; nil when it may
	Resting time.Time // until when nothing is given to it; zero when it is well
	Counts  Counts    // of the time asked for
}

// Provider is how one receiver stands, over all relays.
type Provider struct {
	Name    string
	Counts  Counts
	Rate    float64   // messages a second that it is sent at most; 0: no limit is known
	Until   time.Time // nothing is sent to it until then; zero: now
	Strikes int       // lessons in a row
}

// Counts are what became of messages.
type Counts struct {
	Taken, Limited, Later, Refused, Address, Policy, Broken int64
}

func (c *Counts) add(what string, n int64) {
	for name, to := range map[string]*int64{pace.Taken.String(): &c.Taken, pace.Limited.String(): &c.Limited, pace.Closing.String(): &c.Limited, pace.Later.String(): &c.Later,
		pace.Refused.String(): &c.Refused, whatAddress: &c.Address, pace.Policy.String(): &c.Policy, pace.Broken.String(): &c.Broken} {
		if name == what {
			*to += n
		}
	}
}

// Answered is how many messages were answered for good.
func (c *Counts) Answered() int64 { return c.Taken + c.Refused + c.Address + c.Policy }

// Day is one day of the plots, in UTC.
type Day struct {
	Day time.Time
	Counts
	Bounced, Complaints int // came back later
}

// Health is what the page of the sender's health shows.
type Health struct {
	Relays    []Standing
	Providers []Provider // most mail first
	Days      []Day      // the oldest first, without gaps
	AsOf      time.Time
}

var selDays = db.SQL(db.Local, `SELECT day, relay_id, provider, what, n FROM relay_days WHERE day >= $1 ORDER BY day`)

// Health reads how sending has gone over the last days, up to 90, and stands now. It
// is as fresh as the last writing of each process, some 15 seconds.
func (r *Room) Health(tx *db.Tx, out *outbox.Room, days int) (*Health, error) {
	days = min(max(days, 1), 90)
	today := tx.Now() / dayMs
	first := today - int64(days) + 1
	h := &Health{AsOf: tx.Time(), Days: make([]Day, days)}
	for i := range h.Days {
		h.Days[i].Day = clock.FromMs((first + int64(i)) * dayMs)
	}
	relays, providers := map[id.ID]*Counts{}, map[string]*Provider{}
	err := tx.Each(selDays, func(scan db.Scan) error {
		var day, n int64
		var relay id.ID
		var provider, what string
		if err := scan(&day, &relay, &provider, &what, &n); err != nil {
			return err
		}
		if i := day - first; i < int64(days) {
			h.Days[i].add(what, n)
		}
		if relays[relay] == nil {
			relays[relay] = &Counts{}
		}
		relays[relay].add(what, n)
		if provider != "" && providers[provider] == nil {
			providers[provider] = &Provider{Name: provider}
		}
		if p := providers[provider]; p != nil {
			p.Counts.add(what, n)
		}
		return nil
	}, first)
	if err != nil {
		return nil, err
	}
	if err := r.standings(tx, h, relays, providers); err != nil {
		return nil, err
	}
	for _, p := range providers {
		h.Providers = append(h.Providers, *p)
	}
	slices.SortFunc(h.Providers, func(a, b Provider) int {
		if d := b.Counts.Answered() - a.Counts.Answered(); d != 0 {
			return int(min(max(d, -1), 1))
		}
		return strings.Compare(a.Name, b.Name)
	})
	return h, r.cameBack(tx, out, h, first*dayMs)
}

// standings adds what is remembered of relays and of what their receivers bear.
func (r *Room) standings(tx *db.Tx, h *Health, counts map[id.ID]*Counts, providers map[string]*Provider) error {
	all, err := r.List(tx)
	if err != nil {
		return err
	}
	if r.Simple != "" {
		if host, err := hostOf(r.Simple); err == nil {
			all = append([]*Relay{{Name: "smtp", Host: host, State: Active, Weight: 1}}, all...)
		}
	}
	for _, a := range all {
		s := Standing{Relay: *a}
		s.URL = ""
		if c := counts[a.ID]; c != nil {
			s.Counts = *c
		}
		if a.ID != 0 && a.State == Active {
			s.Refused = r.admit(tx, a)
		}
		m, _, _, err := r.remembered(tx, a.ID)
		if err != nil {
			return err
		}
		if until := time.Unix(0, m.Health.Until).UTC(); until.After(tx.Time()) {
			s.Resting = until
		}
		for name, lane := range m.Lanes {
			p := providers[name]
			if p == nil && (lane.Rate > 0 || lane.Strikes > 0) {
				p = &Provider{Name: name}
				providers[name] = p
			}
			if p != nil {
				p.learnt(lane, tx.Time())
			}
		}
		h.Relays = append(h.Relays, s)
	}
	return nil
}

// learnt adds what one relay has learnt about a provider; the strictest counts.
func (p *Provider) learnt(s pace.State, now time.Time) {
	if s.Rate > 0 && (p.Rate == 0 || s.Rate < p.Rate) {
		p.Rate = s.Rate
	}
	if until := time.Unix(0, s.Until).UTC(); until.After(now) && until.After(p.Until) {
		p.Until = until
	}
	p.Strikes = max(p.Strikes, s.Strikes)
}

// cameBack adds bounces and complaints by day.
func (r *Room) cameBack(tx *db.Tx, out *outbox.Room, h *Health, from int64) error {
	return out.ReturnsByDay(tx, from, func(day int64, complaint, hard bool, n int) {
		i := (day*dayMs - from) / dayMs
		switch {
		case i < 0 || i >= int64(len(h.Days)):
		case complaint:
			h.Days[i].Complaints += n
		case hard:
			h.Days[i].Bounced += n
		}
	})
}

// Probe reaches for a relay now and says how that went; nil: it is well.
func (r *Room) Probe(ctx context.Context, a *Relay) error {
	c, err := email.Dial(ctx, a.URL, email.Options{Hello: r.Hello, Timeouts: email.Timeouts{Connect: 10 * time.Second, Reply: 10 * time.Second}})
	if err != nil {
		return err
	}
	return c.Close()
}

// Allowed says why a relay may not be used now; nil when it may.
func (r *Room) Allowed(tx *db.Tx, a *Relay) error {
	if a.ID == 0 {
		return nil
	}
	return r.admit(tx, a)
}
