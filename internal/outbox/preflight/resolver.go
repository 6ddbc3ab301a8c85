package preflight

import (
	"context"
	"errors"
	"net"
	"net/netip"
	"strings"
	"sync"
)

// Resolver answers questions about names. *net.Resolver is one. Names are given
// with a dot at the end, so that no search list is tried. An error that is a
// *net.DNSError with IsNotFound means there is none; any other that it is not known.
type Resolver interface {
	LookupTXT(ctx context.Context, name string) ([]string, error)
	LookupMX(ctx context.Context, name string) ([]*net.MX, error)
	LookupIPAddr(ctx context.Context, host string) ([]net.IPAddr, error)
	LookupAddr(ctx context.Context, addr string) ([]string, error)
}

// errUnknown is the answer of a name server that gives none.
var errUnknown = errors.New("not known now")

// names asks each question of a run once and remembers the answer.
type names struct {
	r    Resolver
	seen sync.Map // question -> *answer
}

type answer struct {
	once  sync.Once
	value any
	err   error
}

// ask gives an answer; none at all is empty without an error, and whatever else
// went wrong is errUnknown.
func ask[T any](n *names, question string, look func() ([]T, error)) ([]T, error) {
	v, _ := n.seen.LoadOrStore(question, &answer{})
	a := v.(*answer)
	a.once.Do(func() {
		got, err := look()
		var dns *net.DNSError
		switch {
		case err == nil, len(got) > 0: // net.Resolver gives what is valid beside an error about the rest
		case errors.As(err, &dns) && dns.IsNotFound && !dns.IsTemporary && !dns.IsTimeout:
			got = nil
		default:
			a.err = errUnknown
		}
		a.value = got
	})
	return a.value.([]T), a.err
}

func (n *names) txt(ctx context.Context, name string) ([]string, error) {
	return ask(n, "TXT "+name, func() ([]string, error) { return n.r.LookupTXT(ctx, name+".") })
}

func (n *names) mx(ctx context.Context, name string) ([]*net.MX, error) {
	return ask(n, "MX "+name, func() ([]*net.MX, error) { return n.r.LookupMX(ctx, name+".") })
}

// addresses gives the addresses of a host; an address in writing is its own.
func (n *names) addresses(ctx context.Context, host string) ([]netip.Addr, error) {
	if a, err := netip.ParseAddr(host); err == nil {
		return []netip.Addr{a.Unmap()}, nil
	}
	return ask(n, "A "+host, func() ([]netip.Addr, error) {
		all, err := n.r.LookupIPAddr(ctx, host+".")
		var out []netip.Addr
		for _, a := range all {
			if ip, ok := netip.AddrFromSlice(a.IP); ok {
				out = append(out, ip.Unmap())
			}
		}
		return out, err
	})
}

func (n *names) pointer(ctx context.Context, a netip.Addr) ([]string, error) {
	return ask(n, "PTR "+a.String(), func() ([]string, error) { return n.r.LookupAddr(ctx, a.String()) })
}

// records keeps the TXT texts that begin with a version tag.
func records(texts []string, version string) []string {
	var out []string
	for _, t := range texts {
		if rest, ok := cutPrefixFold(strings.TrimSpace(t), version); ok && (rest == "" || rest[0] == ' ' || rest[0] == ';' || rest[0] == '\t') {
			out = append(out, strings.TrimSpace(t))
		}
	}
	return out
}

func cutPrefixFold(s, prefix string) (string, bool) {
	if len(s) < len(prefix) || !strings.EqualFold(s[:len(prefix)], prefix) {
		return s, false
	}
	return s[len(prefix):], true
}

// tags reads "a=b; c=d" (RFC 6376 3.2). A tag twice, or something that is no tag,
// makes the list wrong.
func tags(s string) (map[string]string, bool) {
	out := map[string]string{}
	for part := range strings.SplitSeq(s, ";") {
		if strings.TrimSpace(part) == "" {
			continue
		}
		name, value, ok := strings.Cut(part, "=")
		name = strings.ToLower(strings.TrimSpace(name))
		if _, twice := out[name]; !ok || twice || name == "" {
			return nil, false
		}
		out[name] = strings.TrimSpace(value)
	}
	return out, true
}
