package preflight

import (
	"context"
	"net"
	"net/netip"
)

// spfAnswer is what a record says of an address (RFC 7208 2.6), as far as we need it.
type spfAnswer int

const (
	spfNone    spfAnswer = iota // not named
	spfPass                     // named
	spfDenied                   // named as one that may not
	spfUnknown                  // DNS did not answer, or it depends on the mail
)

// spfResult asks the record of a domain about an address, as a receiver would.
func (r *run) spfResult(ctx context.Context, a netip.Addr, d string, depth int) spfAnswer {
	texts, err := r.dns.txt(ctx, d)
	if err != nil || depth > mostLookups {
		return spfUnknown
	}
	rec, f := theSPF(texts, d)
	if f != nil {
		return spfNone
	}
	doubt := false
	for _, t := range rec.terms {
		switch r.matches(ctx, t, a, d, depth) {
		case spfPass:
			return verdict(t.sign, doubt)
		case spfUnknown:
			doubt = true
		}
	}
	switch {
	case doubt || rec.macro:
		return spfUnknown
	case rec.redirect != "":
		return r.spfResult(ctx, a, rec.redirect, depth+1)
	}
	return spfNone
}

// verdict is that of the mechanism that matched; when one before it may have
// matched too, only the agreement of both would be sure.
func verdict(sign byte, doubt bool) spfAnswer {
	switch {
	case doubt:
		return spfUnknown
	case sign == '+':
		return spfPass
	}
	return spfDenied
}

// matches tells whether a mechanism names an address: spfPass, spfNone or spfUnknown.
func (r *run) matches(ctx context.Context, t term, a netip.Addr, own string, depth int) spfAnswer {
	d := t.domain
	if d == "" {
		d = own
	}
	switch {
	case t.name == "all":
		return spfPass
	case t.name == "ip4" || t.name == "ip6":
		return yes(t.net.Contains(a))
	case t.macro || t.name == "ptr":
		return spfUnknown
	case t.name == "include":
		if got := r.spfResult(ctx, a, d, depth+1); got != spfDenied {
			return got
		}
		return spfNone
	case t.name == "exists":
		got, err := r.dns.addresses(ctx, d)
		return sure(len(got) > 0, err)
	}
	hosts := []*net.MX{{Host: d}}
	if t.name == "mx" {
		var err error
		if hosts, err = r.dns.mx(ctx, d); err != nil {
			return spfUnknown
		}
	}
	return r.oneOf(ctx, hosts[:min(len(hosts), mostLookups)], t, a)
}

// oneOf tells whether an address is in the networks around the addresses of hosts.
func (r *run) oneOf(ctx context.Context, hosts []*net.MX, t term, a netip.Addr) spfAnswer {
	out := spfNone
	for _, h := range hosts {
		all, err := r.dns.addresses(ctx, undot(h.Host))
		if err != nil {
			out = spfUnknown
		}
		for _, b := range all {
			bits := t.v6
			if b.Is4() {
				bits = t.v4
			}
			if p, err := b.Prefix(bits); err == nil && p.Contains(a) {
				return spfPass
			}
		}
	}
	return out
}

func yes(b bool) spfAnswer {
	if b {
		return spfPass
	}
	return spfNone
}

func sure(b bool, err error) spfAnswer {
	if err != nil {
		return spfUnknown
	}
	return yes(b)
}
