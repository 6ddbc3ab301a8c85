package pace

import (
	"context"
	"errors"
	"net"
	"sort"
	"strings"
	"sync"
	"time"
)

// Resolver finds the hosts that receive for a domain. *net.Resolver is one. The
// name is given with a dot at its end.
type Resolver interface {
	LookupMX(ctx context.Context, name string) ([]*net.MX, error)
}

// How long answers are kept. Resolvers of Go do not tell how long an answer is
// good for; providers change once in years.
const (
	keepFound  = 12 * time.Hour
	keepNone   = time.Hour   // the domain has no MX: it may be receiving by its address, or be gone
	keepFailed = time.Minute // no answer: asked again soon, and the old answer serves meanwhile
	mostKept   = 50_000      // domains remembered; the rest is asked for again
)

// Directory tells which provider receives for a domain. It is safe for
// concurrent use, and asks for a domain once however many want to know.
type Directory struct {
	r    Resolver
	mu   sync.Mutex
	kept map[string]*entry // guarded by mu
}

type entry struct {
	provider string
	until    time.Time
	asking   chan struct{} // closed when the answer is there; nil when nobody asks
}

// NewDirectory makes an empty directory.
func NewDirectory(r Resolver) *Directory { return &Directory{r: r, kept: map[string]*entry{}} }

// Known gives the provider without asking anybody, for use where nothing may
// wait. fresh is false when Find should be called meanwhile; the provider is
// then the last known one, or the domain itself.
func (d *Directory) Known(now time.Time, domain string) (provider string, fresh bool) {
	if p, ok := homes[domain]; ok {
		return p, true
	}
	d.mu.Lock()
	defer d.mu.Unlock()
	e := d.kept[domain]
	switch {
	case e == nil || e.provider == "":
		return domain, false
	case now.Before(e.until) && e.until.Sub(now) <= keepFound:
		return e.provider, true
	}
	return e.provider, false // also after the clock was set back
}

// Find gives the provider and asks for it when needed. While DNS does not answer
// it gives the last known provider, or the domain itself; there is no error,
// because sending need not stop for it. The domain is in ASCII, in small letters.
func (d *Directory) Find(ctx context.Context, now time.Time, domain string) string {
	for {
		p, fresh := d.Known(now, domain)
		if fresh {
			return p
		}
		mine, asking := d.claim(now, domain)
		if mine {
			return d.ask(ctx, now, domain)
		}
		select {
		case <-asking:
		case <-ctx.Done():
			return p
		}
	}
}

// claim makes the caller the one that asks, or gives what to wait for.
func (d *Directory) claim(now time.Time, domain string) (mine bool, asking <-chan struct{}) {
	d.mu.Lock()
	defer d.mu.Unlock()
	e := d.kept[domain]
	if e == nil {
		d.makeRoom(now)
		e = &entry{}
		d.kept[domain] = e
	}
	if e.asking != nil {
		return false, e.asking
	}
	e.asking = make(chan struct{})
	return true, nil
}

// makeRoom forgets what is stale, and if that is too little whatever comes first.
func (d *Directory) makeRoom(now time.Time) {
	if len(d.kept) < mostKept {
		return
	}
	for domain, e := range d.kept {
		if e.asking == nil && now.After(e.until) {
			delete(d.kept, domain)
		}
	}
	for domain, e := range d.kept {
		if len(d.kept) < mostKept*3/4 {
			return
		}
		if e.asking == nil {
			delete(d.kept, domain)
		}
	}
}

func (d *Directory) ask(ctx context.Context, now time.Time, domain string) string {
	all, err := d.r.LookupMX(ctx, domain+".")
	provider, keep := read(all, err)
	d.mu.Lock()
	defer d.mu.Unlock()
	e := d.kept[domain]
	close(e.asking)
	e.asking, e.until = nil, now.Add(keep)
	if provider != "" || keep == keepNone || e.provider == "" {
		e.provider = provider
	}
	if e.provider == "" {
		e.provider = domain
	}
	return e.provider
}

// read makes a provider of an answer: that of the MX mails go to first. "" when
// there is none, or no answer.
func read(all []*net.MX, err error) (provider string, keep time.Duration) {
	var dns *net.DNSError
	switch {
	case len(all) > 0:
		sort.SliceStable(all, func(i, j int) bool {
			return all[i].Pref < all[j].Pref || all[i].Pref == all[j].Pref && strings.Compare(all[i].Host, all[j].Host) < 0
		})
		if p := ByHost(all[0].Host); p != "" {
			return p, keepFound
		}
		return "", keepNone // a null MX
	case err == nil, errors.As(err, &dns) && dns.IsNotFound:
		return "", keepNone
	}
	return "", keepFailed
}
