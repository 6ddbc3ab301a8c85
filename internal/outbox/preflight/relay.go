package preflight

import (
	"bufio"
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"net"
	"net/url"
	"strings"
	"time"
)

// Prober looks at how a relay protects what is handed to it.
type Prober interface {
	// Probe connects to a relay's URL. An error means that nothing was learnt.
	Probe(ctx context.Context, rawURL string, now time.Time) (Protection, error)
}

// Protection is what a relay offers.
type Protection struct {
	Local   bool      // the relay is on this machine, where nobody listens in
	Offered bool      // STARTTLS, or TLS from the first byte
	Version uint16    // of the best both speak, such as tls.VersionTLS13
	Invalid string    // why its certificate does not hold: "expired", "name", "issuer" or "certificate"; "" when it does
	Until   time.Time // when the certificate ends
}

// soon is when a certificate's end is worth a warning: those renewed by programs
// have 30 days left at that moment.
const soon = 14 * 24 * time.Hour

func (r *run) tls(ctx context.Context, p Prober) []Finding {
	var out []Finding
	for _, relay := range r.Relays {
		if relay.URL == "" || p == nil {
			continue
		}
		got, err := p.Probe(ctx, relay.URL, r.Now)
		out = append(out, protection(got, err, relay.title(), r.Now))
	}
	return out
}

func protection(p Protection, err error, relay string, now time.Time) Finding {
	switch {
	case err != nil:
		return found(TLS, "unknown", "relay", relay)
	case p.Local:
		return found(TLS, "local", "relay", relay)
	case !p.Offered:
		return found(TLS, "none", "relay", relay)
	case p.Version < tls.VersionTLS12:
		return found(TLS, "old", "relay", relay, "version", tls.VersionName(p.Version))
	case p.Invalid != "":
		return found(TLS, p.Invalid, "relay", relay)
	case p.Until.Sub(now) < soon:
		return found(TLS, "expiring", "relay", relay, "date", p.Until.UTC().Format(time.DateOnly))
	}
	return found(TLS, "ok", "relay", relay, "version", tls.VersionName(p.Version))
}

// SMTP is the Prober of the real world. It says EHLO and STARTTLS, and leaves.
type SMTP struct {
	Dial  func(ctx context.Context, network, addr string) (net.Conn, error) // nil: net.Dialer
	Roots *x509.CertPool                                                    // nil: the system's
	Hello string                                                            // our name; "" is "localhost"
}

var errSMTP = errors.New("the server does not speak SMTP")

// Probe implements Prober.
func (s SMTP) Probe(ctx context.Context, rawURL string, now time.Time) (Protection, error) {
	u, err := url.Parse(rawURL)
	if err != nil || u.Hostname() == "" {
		return Protection{}, errSMTP
	}
	dial := s.Dial
	if dial == nil {
		dial = new(net.Dialer).DialContext
	}
	conn, err := dial(ctx, "tcp", net.JoinHostPort(u.Hostname(), port(u)))
	if err != nil {
		return Protection{}, err
	}
	defer conn.Close()
	defer context.AfterFunc(ctx, func() { conn.Close() })()
	if a, ok := conn.RemoteAddr().(*net.TCPAddr); ok && a.IP.IsLoopback() {
		return Protection{Local: true}, nil
	}
	if u.Scheme != "smtps" {
		if offered, err := s.start(conn); err != nil || !offered {
			return Protection{}, err
		}
	}
	return s.handshake(ctx, conn, u.Hostname(), now)
}

// port is the one that sending would use.
func port(u *url.URL) string {
	switch {
	case u.Port() != "":
		return u.Port()
	case u.Scheme == "smtps":
		return "465"
	case u.User != nil:
		return "587"
	}
	return "25"
}

// start asks for TLS and tells whether the server agrees.
func (s SMTP) start(conn net.Conn) (bool, error) {
	r := bufio.NewReaderSize(conn, 2048)
	if code, _, err := reply(r); err != nil || code != "220" {
		return false, errors.Join(err, errSMTP)
	}
	hello := s.Hello
	if hello == "" {
		hello = "localhost"
	}
	if _, err := conn.Write([]byte("EHLO " + hello + "\r\n")); err != nil {
		return false, err
	}
	code, lines, err := reply(r)
	if err != nil || code != "250" {
		return false, errors.Join(err, errSMTP)
	}
	if !strings.Contains(strings.ToUpper("\n"+lines), "\nSTARTTLS\n") {
		return false, nil
	}
	if _, err := conn.Write([]byte("STARTTLS\r\n")); err != nil {
		return false, err
	}
	code, _, err = reply(r)
	switch {
	case err != nil:
		return false, err
	case code[0] == '4': // not now
		return false, errSMTP
	}
	return code == "220" && r.Buffered() == 0, nil
}

// reply reads one reply and gives its code and its texts, a line each.
func reply(r *bufio.Reader) (code, lines string, err error) {
	const most = 100
	for range most {
		b, err := r.ReadSlice('\n')
		if err != nil {
			return "", "", err
		}
		line := strings.TrimRight(string(b), "\r\n")
		if len(line) < 3 || strings.Trim(line[:3], "0123456789") != "" {
			return "", "", errSMTP
		}
		if len(line) > 4 {
			lines += line[4:] + "\n"
		}
		if len(line) == 3 || line[3] == ' ' {
			return line[:3], lines, nil
		}
	}
	return "", "", errSMTP
}

// handshake takes any certificate and any version, in order to say what is wrong
// with them; nothing is sent over the connection.
func (s SMTP) handshake(ctx context.Context, conn net.Conn, host string, now time.Time) (Protection, error) {
	c := tls.Client(conn, &tls.Config{ServerName: host, MinVersion: tls.VersionTLS10, InsecureSkipVerify: true})
	if err := c.HandshakeContext(ctx); err != nil {
		return Protection{}, err
	}
	st := c.ConnectionState()
	leaf := st.PeerCertificates[0]
	between := x509.NewCertPool()
	for _, m := range st.PeerCertificates[1:] {
		between.AddCert(m)
	}
	_, err := leaf.Verify(x509.VerifyOptions{DNSName: host, Roots: s.Roots, Intermediates: between, CurrentTime: now})
	return Protection{Offered: true, Version: st.Version, Until: leaf.NotAfter, Invalid: why(err)}, nil
}

func why(err error) string {
	var name x509.HostnameError
	var issuer x509.UnknownAuthorityError
	var invalid x509.CertificateInvalidError
	switch {
	case err == nil:
		return ""
	case errors.As(err, &name):
		return "name"
	case errors.As(err, &issuer):
		return "issuer"
	case errors.As(err, &invalid) && invalid.Reason == x509.Expired:
		return "expired"
	}
	return "certificate"
}
