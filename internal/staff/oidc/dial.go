package oidc

import (
	"context"
	"errors"
	"io"
	"net"
	"net/http"
	"net/netip"
	"net/url"
	"strings"
	"syscall"
	"time"
)

// Bounds of what is asked of a provider.
const (
	dialTime   = 5 * time.Second
	answerTime = 10 * time.Second
	maxAnswer  = 1 << 20
)

// errPrivate is a dial to where nothing of the outside may lead.
var errPrivate = errors.New("oidc: the address is of a private network")

// newClient makes the client that speaks with the provider. The address is looked
// at after the name was resolved and for each connection, so a name that leads
// elsewhere the second time gains nothing. It follows no redirect and uses no
// proxy, both of which would dial for it.
func newClient(s *Settings) *http.Client {
	host := ""
	if u, err := url.Parse(s.Issuer); err == nil && s.Private {
		host = strings.ToLower(u.Hostname())
	}
	t := &http.Transport{
		DialContext: func(ctx context.Context, network, address string) (net.Conn, error) {
			name, _, _ := net.SplitHostPort(address)
			own := host != "" && strings.ToLower(name) == host
			d := net.Dialer{Timeout: dialTime, Control: func(_, to string, _ syscall.RawConn) error { return guard(to, own) }}
			return d.DialContext(ctx, network, address)
		},
		TLSHandshakeTimeout: dialTime, ResponseHeaderTimeout: answerTime, MaxResponseHeaderBytes: 64 << 10,
		MaxConnsPerHost: 4, IdleConnTimeout: 30 * time.Second, ForceAttemptHTTP2: true,
	}
	return &http.Client{Transport: bounded{t}, Timeout: answerTime,
		CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
}

// guard refuses a resolved address (host:port) of the machine itself or of a
// private network; own says that the issuer's own host may be there.
func guard(address string, own bool) error {
	at, err := netip.ParseAddrPort(address)
	if err != nil {
		return errPrivate
	}
	a := at.Addr().Unmap().WithZone("")
	if own && (a.IsLoopback() || a.IsPrivate()) {
		return nil
	}
	if !Public(a) {
		return errPrivate
	}
	return nil
}

// closed are networks that are not the public internet, beside those netip names:
// "this network", shared address space, protocol assignments, documentation,
// benchmarks, reserved; and for IPv6 the forms that carry an IPv4 address, and
// site-local. Source: IANA special-purpose registries (RFC 6890).
var closed = prefixes("0.0.0.0/8", "100.64.0.0/10", "192.0.0.0/24", "192.0.2.0/24", "192.88.99.0/24", "198.18.0.0/15", "198.51.100.0/24",
	"203.0.113.0/24", "240.0.0.0/4", "::/96", "64:ff9b::/96", "64:ff9b:1::/48", "100::/64", "2001::/23", "2001:db8::/32", "2002::/16", "3fff::/20", "fec0::/10")

func prefixes(list ...string) []netip.Prefix {
	out := make([]netip.Prefix, len(list))
	for i, s := range list {
		out[i] = netip.MustParsePrefix(s)
	}
	return out
}

// Public reports whether an address is one of the public internet.
func Public(a netip.Addr) bool {
	a = a.Unmap()
	if !a.IsGlobalUnicast() || a.IsPrivate() {
		return false
	}
	for _, p := range closed {
		if p.Contains(a) {
			return false
		}
	}
	return true
}

// bounded cuts answers off that are too long to be meant well.
type bounded struct{ rt http.RoundTripper }

// RoundTrip implements http.RoundTripper.
func (b bounded) RoundTrip(r *http.Request) (*http.Response, error) {
	res, err := b.rt.RoundTrip(r)
	if err == nil {
		res.Body = &limited{res.Body, maxAnswer}
	}
	return res, err
}

type limited struct {
	io.ReadCloser
	left int
}

var errLarge = errors.New("oidc: the provider's answer is too long")

// Read implements io.Reader.
func (l *limited) Read(p []byte) (int, error) {
	if len(p) > l.left+1 {
		p = p[:l.left+1]
	}
	n, err := l.ReadCloser.Read(p)
	if n > l.left {
		return 0, errLarge
	}
	l.left -= n
	return n, err
}
