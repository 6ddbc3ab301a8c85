package relay

import (
	"context"
	"encoding/json"
	"net/netip"
	"slices"
	"time"

	"kartotek/internal/clock"
	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/outbox/dkim"
	"kartotek/internal/outbox/preflight"
)

// How long a look is believed: DNS changes seldom, and what was not known may be
// known soon.
const (
	goodFor    = 4 * time.Hour
	stopFor    = 5 * time.Minute // somebody is mending it
	unknownFor = time.Minute
	AgainAfter = 2 * time.Minute // when a send waits for what is not known
)

// Look is what a look before a send found.
type Look struct {
	Domain   string
	At       time.Time
	Findings []preflight.Finding
}

// Verdict says what follows, for many letters at once or for single ones.
func (l *Look) Verdict(many bool) preflight.Verdict { return preflight.Judge(l.Findings, many) }

var (
	selLook  = db.SQL(db.Local, `SELECT domain, at, findings FROM relay_looks WHERE domain = $1`)
	selLooks = db.SQL(db.Local, `SELECT domain, at, findings FROM relay_looks ORDER BY at DESC, domain LIMIT 10`)
	putLook  = db.SQL(db.Local, `INSERT INTO relay_looks (domain, at, findings) VALUES ($1, $2, $3) ON CONFLICT (domain) DO UPDATE SET at = excluded.at, findings = excluded.findings`)
)

// Looked gives the last look at a domain; nil when there was none.
func (r *Room) Looked(tx *db.Tx, domain string) (*Look, error) {
	var l Look
	var at int64
	var text string
	found, err := tx.One(selLook, []any{&l.Domain, &at, &text}, domain)
	if err != nil || !found {
		return nil, err
	}
	l.At = clock.FromMs(at)
	return &l, json.Unmarshal([]byte(text), &l.Findings)
}

// Looks gives the looks of late, the latest first.
func (r *Room) Looks(tx *db.Tx) (all []*Look, err error) {
	err = tx.Each(selLooks, func(scan db.Scan) error {
		l := &Look{}
		var at int64
		var text string
		if err := scan(&l.Domain, &at, &text); err != nil {
			return err
		}
		l.At = clock.FromMs(at)
		all = append(all, l)
		return json.Unmarshal([]byte(text), &l.Findings)
	})
	return all, err
}

// Exempt reports whether nothing need be looked at: mail stays on this machine, as
// in a demonstration or a test, or nobody can be asked.
func (r *Room) Exempt(ctx context.Context) (bool, error) {
	if r.Local || r.Resolver == nil {
		return true, nil
	}
	all, err := r.inUse(ctx)
	return err == nil && !slices.ContainsFunc(all, func(a *Relay) bool { return !a.local() }), err
}

// inUse are the relays that mail goes through.
func (r *Room) inUse(ctx context.Context) ([]*Relay, error) {
	p := r.Pool()
	if err := p.reread(ctx); err != nil {
		return nil, err
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	var out []*Relay
	for _, l := range usable(p.lines) {
		out = append(out, &l.Relay)
	}
	return out, nil
}

// Look looks now whether the world is ready for mail from a domain, and keeps the answer.
func (r *Room) Look(ctx context.Context, domain string) (*Look, error) {
	domain, err := asciiDomain(domain)
	if err != nil {
		return nil, err
	}
	if r.Resolver == nil {
		return nil, fault.New(fault.Unavailable, "relay.no_dns", "this program asks no DNS")
	}
	relays, err := r.inUse(ctx)
	if err != nil {
		return nil, err
	}
	q := preflight.Request{From: domain, Bounce: r.ReturnDomain, Now: r.DB.Now()}
	theySign := len(relays) > 0
	for _, a := range relays {
		if a.local() {
			continue
		}
		theySign = theySign && a.Signs
		one := preflight.Relay{Name: a.Name, URL: a.URL}
		if ip, err := netip.ParseAddr(a.Host); err == nil {
			one.From = []netip.Addr{ip}
		}
		q.Relays = append(q.Relays, one)
	}
	if err := r.DB.View(ctx, db.System("relay"), func(tx *db.Tx) (err error) { q.Keys, err = r.publicKeys(tx, domain); return err }); err != nil {
		return nil, err
	}
	c := preflight.Checker{Resolver: r.Resolver, Prober: r.Prober}
	l := &Look{Domain: domain, At: q.Now, Findings: c.Run(ctx, q)}
	if theySign && len(q.Keys) == 0 {
		l.Findings = slices.DeleteFunc(l.Findings, signedElsewhere)
	}
	return l, r.keep(ctx, l)
}

// signedElsewhere are findings that say nothing when the relay signs with a key of
// its own, under a name that only it knows.
func signedElsewhere(f preflight.Finding) bool {
	return f.Code == "dkim.none" || f.Code == "dmarc.unaligned"
}

func (r *Room) keep(ctx context.Context, l *Look) error {
	text, err := json.Marshal(l.Findings)
	if err != nil {
		return err
	}
	return r.DB.Do(ctx, db.System("relay"), func(tx *db.Tx) error {
		tx.Quiet()
		_, err := tx.Exec(putLook, l.Domain, clock.Ms(l.At), string(text))
		return err
	})
}

// publicKeys are the keys that sign for a domain; those still new when none does.
func (r *Room) publicKeys(tx *db.Tx, domain string) (out []preflight.Key, err error) {
	all, err := r.DKIM(tx)
	if err != nil {
		return nil, err
	}
	for _, state := range []string{KeyActive, KeyNew} {
		for _, k := range domainKeys(all, domain) {
			if k.State != state {
				continue
			}
			open, err := dkim.Unseal(r.Keys, k.Domain, k.Selector, k.sealed)
			if err != nil {
				return nil, err
			}
			out = append(out, preflight.Key{Domain: k.Domain, Selector: k.Selector, Public: open.Public()})
		}
		if out != nil {
			return out, nil
		}
	}
	return nil, nil
}

// Ready says whether mail from a domain may go: from the last look when it is fresh
// enough, else from a new one. The look is nil when nothing need be looked at.
func (r *Room) Ready(ctx context.Context, domain string, many bool) (preflight.Verdict, *Look, error) {
	free, err := r.Exempt(ctx)
	if err != nil || free {
		return preflight.Go, nil, err
	}
	if domain, err = asciiDomain(domain); err != nil {
		return preflight.Stop, nil, err
	}
	var l *Look
	err = r.DB.View(ctx, db.System("relay"), func(tx *db.Tx) (err error) { l, err = r.Looked(tx, domain); return err })
	if err != nil {
		return preflight.Pause, nil, err
	}
	if l != nil {
		keep := map[preflight.Verdict]time.Duration{preflight.Go: goodFor, preflight.Stop: stopFor, preflight.Pause: unknownFor}[l.Verdict(many)]
		if age := r.DB.Now().Sub(l.At); age >= 0 && age < keep {
			return l.Verdict(many), l, nil
		}
	}
	if l, err = r.Look(ctx, domain); err != nil {
		return preflight.Pause, nil, err
	}
	return l.Verdict(many), l, nil
}
