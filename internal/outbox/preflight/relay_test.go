package preflight

import (
	"bufio"
	"context"
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"math/big"
	"net"
	"strings"
	"testing"
	"time"
)

// certificate makes a certificate for relay.example that ends then.
func certificate(t *testing.T, name string, until time.Time) (tls.Certificate, *x509.CertPool) {
	t.Helper()
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	tpl := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: until.AddDate(0, -3, 0), NotAfter: until, DNSNames: []string{name}}
	der, err := x509.CreateCertificate(rand.Reader, tpl, tpl, key.Public(), key)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(leaf)
	return tls.Certificate{Certificate: [][]byte{der}, PrivateKey: key}, roots
}

// relay plays a mail server on one end of a pipe: it says what it is told to at
// each verb.
func relay(conn net.Conn, says map[string]string, cfg *tls.Config) {
	defer conn.Close()
	if cfg != nil && says["GREETING"] == "tls" {
		conn = tls.Server(conn, cfg)
		_ = conn.(*tls.Conn).Handshake()
		return
	}
	r := bufio.NewReader(conn)
	verb := "GREETING"
	for {
		answer, ok := says[verb]
		if !ok {
			return
		}
		if _, err := conn.Write([]byte(answer + "\r\n")); err != nil {
			return
		}
		if verb == "STARTTLS" && strings.HasPrefix(answer, "220") && cfg != nil {
			_ = tls.Server(conn, cfg).Handshake()
			return
		}
		line, err := r.ReadString('\n')
		if err != nil {
			return
		}
		verb, _, _ = strings.Cut(strings.TrimSpace(line), " ")
	}
}

func TestProbe(t *testing.T) {
	good, roots := certificate(t, "relay.example", now.AddDate(0, 2, 0))
	old, oldRoots := certificate(t, "relay.example", now.AddDate(0, 0, -1))
	wrong, wrongRoots := certificate(t, "other.example", now.AddDate(0, 2, 0))
	usual := map[string]string{"GREETING": "220 relay.example", "EHLO": "250-relay.example\r\n250-SIZE 1\r\n250 STARTTLS", "STARTTLS": "220 go"}
	with := func(verb, answer string) map[string]string {
		out := map[string]string{}
		for k, v := range usual {
			out[k] = v
		}
		out[verb] = answer
		return out
	}
	for _, c := range []struct {
		name, url string
		says      map[string]string
		cert      *tls.Certificate
		roots     *x509.CertPool
		most      uint16
		want      string
	}{
		{"well", "smtp://relay.example:25", usual, &good, roots, 0, "tls.ok"},
		{"TLS from the first byte", "smtps://relay.example", map[string]string{"GREETING": "tls"}, &good, roots, 0, "tls.ok"},
		{"old TLS", "smtp://relay.example", usual, &good, roots, tls.VersionTLS11, "tls.old"},
		{"not trusted", "smtp://relay.example", usual, &good, oldRoots, 0, "tls.issuer"},
		{"expired", "smtp://relay.example", usual, &old, oldRoots, 0, "tls.expired"},
		{"another name", "smtp://relay.example", usual, &wrong, wrongRoots, 0, "tls.name"},
		{"not offered", "smtp://relay.example", with("EHLO", "250-relay.example\r\n250 XSTARTTLS"), nil, nil, 0, "tls.none"},
		{"offered and refused", "smtp://relay.example", with("STARTTLS", "502 no"), nil, nil, 0, "tls.none"},
		{"not now", "smtp://relay.example", with("STARTTLS", "454 later"), nil, nil, 0, "tls.unknown"},
		{"busy", "smtp://relay.example", with("GREETING", "421 busy"), nil, nil, 0, "tls.unknown"},
		{"no SMTP", "smtp://relay.example", with("GREETING", "SSH-2.0-x"), nil, nil, 0, "tls.unknown"},
		{"gone", "smtp://relay.example", map[string]string{}, nil, nil, 0, "tls.unknown"},
		{"no URL", "relay", usual, nil, nil, 0, "tls.unknown"},
	} {
		t.Run(c.name, func(t *testing.T) {
			var cfg *tls.Config
			if c.cert != nil {
				cfg = &tls.Config{Certificates: []tls.Certificate{*c.cert}, MinVersion: tls.VersionTLS10, MaxVersion: c.most}
			}
			p := SMTP{Roots: c.roots, Dial: func(context.Context, string, string) (net.Conn, error) {
				ours, theirs := net.Pipe()
				go relay(theirs, c.says, cfg)
				return ours, nil
			}}
			r := run{Request: Request{Relays: []Relay{{URL: c.url}}, Now: now}}
			if got := r.tls(t.Context(), p); len(got) != 1 || got[0].Code != c.want {
				t.Errorf("%+v, want %s", got, c.want)
			}
		})
	}
}

// TestProbeHere holds that a relay on this machine is not asked for TLS.
func TestProbeHere(t *testing.T) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	got, err := SMTP{}.Probe(t.Context(), "smtp://"+l.Addr().String(), now)
	if err != nil || !got.Local {
		t.Errorf("%+v %v", got, err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if _, err := (SMTP{}).Probe(ctx, "smtp://"+l.Addr().String(), now); err == nil {
		t.Error("a probe went on after its time")
	}
}
