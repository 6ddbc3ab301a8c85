package preflight

import (
	"context"
	"crypto"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"time"

	"golang.org/x/net/idna"
	"golang.org/x/net/publicsuffix"
)

// Request is what is about to be used for sending.
type Request struct {
	From   string // domain of the From field
	Bounce string // domain of the envelope's sender; "" when it is From's
	Keys   []Key  // that will sign, ours or the relay's
	Relays []Relay
	Now    time.Time // for the age of certificates
}

// Key is a DKIM key that signs.
type Key struct {
	Domain, Selector string
	Public           crypto.PublicKey // nil when the relay holds it
}

// Relay is a server that mails are handed to, or the world itself when we send directly.
type Relay struct {
	Name string       // as shown; "" is the host
	URL  string       // smtp://host:port or smtps://host:port; "" when we send directly
	From []netip.Addr // the addresses it sends to the world from, when known
	Ours bool         // we look after those addresses, so that their names are ours to set
}

func (r Relay) title() string {
	if r.Name != "" {
		return r.Name
	}
	return r.host()
}

func (r Relay) host() string {
	u, err := url.Parse(r.URL)
	if err != nil {
		return ""
	}
	return u.Hostname()
}

// Checker looks. Resolver must be set; Prober nil leaves the relays' TLS out.
type Checker struct {
	Resolver Resolver
	Prober   Prober
	Wait     time.Duration // for everything together; 0 is 20 s
}

// run is one look.
type run struct {
	Request
	dns *names
}

// Run looks at everything at once and gives the findings in the order of the
// checks. It always ends within Wait, and never fails: what could not be learnt
// is Unknown.
func (c *Checker) Run(ctx context.Context, q Request) []Finding {
	wait := c.Wait
	if wait == 0 {
		wait = 20 * time.Second
	}
	ctx, cancel := context.WithTimeout(ctx, wait)
	defer cancel()
	if q.Bounce == "" {
		q.Bounce = q.From
	}
	var ok, also bool
	q.From, ok = domain(q.From)
	if q.Bounce, also = domain(q.Bounce); !ok || !also {
		return []Finding{found(From, "invalid", "domain", q.From)}
	}
	r := &run{Request: q, dns: &names{r: c.Resolver}}
	looks := []func(context.Context) []Finding{r.from, r.spf, r.dkim, r.dmarc, r.mx, r.ptr,
		func(ctx context.Context) []Finding { return r.tls(ctx, c.Prober) }}
	all := make([][]Finding, len(looks))
	var wg sync.WaitGroup
	for i, look := range looks {
		wg.Go(func() { all[i] = look(ctx) })
	}
	wg.Wait()
	var out []Finding
	for _, f := range all {
		out = append(out, f...)
	}
	return out
}

// domain brings a domain to its ASCII form in small letters.
func domain(s string) (string, bool) {
	a, err := idna.Lookup.ToASCII(strings.TrimSuffix(strings.TrimSpace(s), "."))
	return a, err == nil && strings.Contains(a, ".") && len(a) <= 253
}

// organisation is the part of a domain that somebody registered (RFC 7489 3.2).
func organisation(d string) string {
	o, err := publicsuffix.EffectiveTLDPlusOne(d)
	if err != nil {
		return d
	}
	return o
}

func (r *run) from(context.Context) []Finding {
	if freeMail[r.From] {
		return []Finding{found(From, "free_mail", "domain", r.From)}
	}
	return []Finding{found(From, "ok", "domain", r.From)}
}

// freeMail are domains where anybody can have an address. Their owners tell
// receivers to refuse mail that comes in their name from elsewhere.
var freeMail = func() map[string]bool {
	out := map[string]bool{}
	for d := range strings.FieldsSeq(`gmail.com googlemail.com outlook.com outlook.fi outlook.se outlook.dk outlook.de outlook.fr hotmail.com hotmail.fi hotmail.se
		hotmail.no hotmail.dk hotmail.co.uk hotmail.de hotmail.fr live.com live.fi live.se live.no live.dk live.co.uk msn.com windowslive.com
		yahoo.com yahoo.se yahoo.fi yahoo.no yahoo.dk yahoo.de yahoo.fr yahoo.co.uk ymail.com rocketmail.com aol.com icloud.com me.com mac.com
		gmx.com gmx.net gmx.de gmx.at gmx.ch web.de freenet.de t-online.de mail.com mail.ru bk.ru inbox.ru list.ru yandex.ru yandex.com ya.ru
		proton.me protonmail.com pm.me tutanota.com tuta.com fastmail.com zoho.com zohomail.com zohomail.eu hey.com
		luukku.com suomi24.fi kolumbus.fi elisanet.fi saunalahti.fi netti.fi pp.inet.fi inet.fi dnainternet.net welho.com wippies.com phnet.fi
		telia.com spray.se bredband.net bredband2.com comhem.se tele2.se home.se passagen.se swipnet.se glocalnet.net bahnhof.se
		online.no orange.fr free.fr laposte.net wanadoo.fr libero.it seznam.cz wp.pl o2.pl onet.pl interia.pl mail.ee hot.ee`) {
		out[d] = true
	}
	return out
}()
