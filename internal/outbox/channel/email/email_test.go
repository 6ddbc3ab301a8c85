package email

import (
	"bufio"
	"context"
	"crypto/ed25519"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"fmt"
	"math/big"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"kartotek/internal/fault"
)

// server is a scripted mail server on the loopback. At each verb it answers
// with the script's action, else like an obliging server.
type server struct {
	l      net.Listener
	ehlo   []string
	mu     sync.Mutex
	script map[string]string // verb -> "450 …", "drop", "hang", "junk"
	heard  []string
	mails  []string
	wg     sync.WaitGroup
	done   chan struct{}
	tls    *tls.Config
}

func serve(t testing.TB, ehlo []string, script map[string]string) *server {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &server{l: l, ehlo: ehlo, script: script, done: make(chan struct{})}
	s.wg.Add(1)
	go func() {
		defer s.wg.Done()
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			s.wg.Add(1)
			go func() { defer s.wg.Done(); defer c.Close(); s.talk(c) }()
		}
	}()
	t.Cleanup(func() { close(s.done); l.Close(); s.wg.Wait() })
	return s
}

func (s *server) url() string { return "smtp://" + s.l.Addr().String() }

func (s *server) action(verb string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return s.script[verb]
}

func (s *server) hear(line string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.heard = append(s.heard, line)
}

// reply answers a verb; false ends the connection.
func (s *server) reply(c net.Conn, verb, usual string) bool {
	switch a := s.action(verb); a {
	case "drop":
		return false
	case "hang":
		<-s.done
		return false
	case "":
		fmt.Fprintf(c, "%s\r\n", usual)
	default:
		fmt.Fprintf(c, "%s\r\n", a)
		return !strings.HasPrefix(a, "421")
	}
	return true
}

func (s *server) talk(c net.Conn) {
	r := bufio.NewReader(c)
	ok := s.reply(c, "GREETING", "220 hello")
	for ok {
		line, err := r.ReadString('\n')
		if err != nil {
			return
		}
		line = strings.TrimRight(line, "\r\n")
		s.hear(line)
		verb := strings.ToUpper(strings.SplitN(line, " ", 2)[0])
		switch verb {
		case "EHLO":
			ok = s.reply(c, verb, "250-hello\r\n250-"+strings.Join(append(s.ehlo, "ENHANCEDSTATUSCODES"), "\r\n250-")+"\r\n250 HELP")
		case "DATA":
			a := s.action(verb)
			if ok = s.reply(c, verb, "354 go on"); ok && a == "" {
				ok = s.text(c, r)
			}
		case "STARTTLS":
			if ok = s.reply(c, verb, "220 go on"); ok {
				c = tls.Server(c, s.tls)
				r.Reset(c)
			}
		case "QUIT":
			return
		default:
			ok = s.reply(c, verb, "250 2.0.0 fine")
		}
	}
}

func (s *server) text(c net.Conn, r *bufio.Reader) bool {
	var b strings.Builder
	for {
		if s.action("TEXT") == "drop" && b.Len() > 0 {
			if t, ok := c.(*net.TCPConn); ok {
				_ = t.SetLinger(0)
			}
			return false
		}
		line, err := r.ReadString('\n')
		if err != nil {
			return false
		}
		if line == ".\r\n" {
			break
		}
		b.WriteString(strings.TrimPrefix(line, "."))
	}
	s.mu.Lock()
	s.mails = append(s.mails, b.String())
	s.mu.Unlock()
	return s.reply(c, "DOT", "250 2.0.0 queued")
}

const short = 150 * time.Millisecond

func dial(t *testing.T, s *server) *Conn {
	t.Helper()
	c, err := Dial(t.Context(), s.url(), Options{Hello: "k.example", Timeouts: Timeouts{short * 10, short, short, short * 4, short}})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

const letter = "Subject: x\r\n\r\n.a dot\r\n..\r\nend\r\n"

func TestOutcomes(t *testing.T) {
	type want struct {
		state State
		code  int
		dead  bool
	}
	cases := map[string]want{
		"DOT 250 2.0.0 ok": {Sent, 250, false}, "DOT drop": {Uncertain, 0, true}, "DOT hang": {Uncertain, 0, true}, "DOT junk": {Uncertain, 0, true},
		"DOT 354 what": {Uncertain, 0, true}, "TEXT drop": {Retry, 0, true},
	}
	for _, verb := range []string{"MAIL", "RCPT", "DATA", "DOT"} {
		cases[verb+" 450 4.2.0 later"] = want{Retry, 450, false}
		cases[verb+" 550 5.1.1 no"] = want{Failed, 550, false}
		cases[verb+" 421 4.3.2 bye"] = want{Retry, 421, true}
		if verb != "DOT" {
			cases[verb+" drop"], cases[verb+" hang"], cases[verb+" junk"] = want{Retry, 0, true}, want{Retry, 0, true}, want{Retry, 0, true}
		}
	}
	for _, ehlo := range [][]string{nil, {"PIPELINING", "SIZE 1000000"}} {
		for script, w := range cases {
			t.Run(fmt.Sprint(script, len(ehlo)), func(t *testing.T) {
				t.Parallel()
				verb, action, _ := strings.Cut(script, " ")
				s := serve(t, ehlo, map[string]string{verb: action})
				c := dial(t, s)
				msg := letter
				if verb == "TEXT" {
					msg = strings.Repeat(strings.Repeat("x", 900)+"\r\n", 20000)
				}
				asked := 0
				out := c.Send(t.Context(), "brev@k.example", "aino@x.example", []byte(msg), func() error { asked++; return nil })
				if out.State != w.state || out.SMTPCode != w.code || c.Dead() != w.dead {
					t.Errorf("%+v dead=%v, want %+v", out, c.Dead(), w)
				}
				if before := ehlo == nil && (verb == "MAIL" || verb == "RCPT"); before == (asked > 0) {
					t.Errorf("asked %d times", asked)
				}
				if w.code != 0 && w.state != Sent && (out.Verb != verb || out.Enhanced != action[4:9]) {
					t.Errorf("verb %s, enhanced %s", out.Verb, out.Enhanced)
				}
				s.again(t, c, verb)
			})
		}
	}
}

// again sends once more on a connection that survived: it must go through.
func (s *server) again(t *testing.T, c *Conn, verb string) {
	t.Helper()
	s.mu.Lock()
	delete(s.script, verb)
	s.mu.Unlock()
	want := Sent
	if c.Dead() {
		want = Retry
	}
	if out := c.Send(t.Context(), "brev@k.example", "b@x.example", []byte(letter), nil); out.State != want {
		t.Errorf("the next mail: %+v, want %s", out, want)
	}
	if s.mu.Lock(); want == Sent && s.mails[len(s.mails)-1] != letter {
		t.Errorf("the mail arrived as %q", s.mails[len(s.mails)-1])
	}
	s.mu.Unlock()
}

func TestVeto(t *testing.T) {
	s := serve(t, nil, nil)
	c := dial(t, s)
	no := errors.New("said no meanwhile")
	out := c.Send(t.Context(), "brev@k.example", "aino@x.example", []byte(letter), func() error { return no })
	if out.State != Vetoed || !errors.Is(out.Err, no) || len(s.mails) != 0 {
		t.Errorf("%+v, %d mails", out, len(s.mails))
	}
	if got := s.heard[len(s.heard)-1]; got != "RSET" {
		t.Errorf("last heard %s", got)
	}
	s.again(t, c, "")
}

func TestCancelBeforeTheDot(t *testing.T) {
	s := serve(t, nil, map[string]string{"RCPT": "hang"})
	c, err := Dial(t.Context(), s.url(), Options{})
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), short)
	defer cancel()
	if out := c.Send(ctx, "brev@k.example", "a@x.example", []byte(letter), nil); out.State != Retry || !c.Dead() {
		t.Errorf("%+v", out)
	}
}

func TestCancelAfterTheDotWaits(t *testing.T) {
	s := serve(t, nil, nil)
	c := dial(t, s)
	ctx, cancel := context.WithCancel(t.Context())
	c.follow(ctx)
	c.outlast() // as text does once the dot is written
	cancel()
	c.abort()
	if rep, err := c.command(short, "NOOP"); err != nil || rep.code != 250 {
		t.Errorf("%v %v", rep, err)
	}
}

func TestAddressesAreCheckedBeforeTheWire(t *testing.T) {
	s := serve(t, []string{"PIPELINING"}, nil)
	c := dial(t, s)
	for _, a := range []string{"\"a@x>\r\nRCPT TO:<v@y\"@z.example", "a@b@c.example", "<>", "", "a@x.example\r\nDATA", "a b@x.example", "a@x.example>", "\"a\"@x.example", "a@[127.0.0.1]"} {
		if out := c.Send(t.Context(), "brev@k.example", a, []byte(letter), nil); out.State != Failed || out.Verb != "CHECK" {
			t.Errorf("%q: %+v", a, out)
		}
	}
	for _, m := range []string{"a\nb\r\n", "a\r.\r\n", "no end", strings.Repeat("x", 999) + "\r\n", "a\r\n.\n"} {
		if out := c.Send(t.Context(), "brev@k.example", "a@x.example", []byte(m), nil); out.State != Failed || out.Verb != "CHECK" {
			t.Errorf("%.20q: %+v", m, out)
		}
	}
	if len(s.heard) != 1 {
		t.Errorf("heard %q", s.heard)
	}
}

func TestSMTPUTF8(t *testing.T) {
	for _, c := range []struct {
		ehlo, to, state, rcpt string
	}{
		{"SIZE", "åsa@x.example", "failed", ""},
		{"SMTPUTF8", "åsa@x.example", "sent", "RCPT TO:<åsa@x.example>"},
		{"SIZE", "Asa@bücher.example", "sent", "RCPT TO:<Asa@xn--bcher-kva.example>"},
	} {
		s := serve(t, []string{c.ehlo}, nil)
		out := dial(t, s).Send(t.Context(), "brev@k.example", c.to, []byte(letter), nil)
		s.mu.Lock()
		if string(out.State) != c.state || c.rcpt != "" && !strings.Contains(strings.Join(s.heard, "\n"), c.rcpt+"\nDATA") {
			t.Errorf("%+v: %+v %q", c, out, s.heard)
		}
		s.mu.Unlock()
	}
}

func TestDialFaults(t *testing.T) {
	for script, code := range map[string]fault.Code{
		"GREETING 554 no": fault.Unavailable, "GREETING drop": fault.Unavailable, "GREETING hang": fault.Unavailable,
		"EHLO 421 bye": fault.Unavailable, "AUTH 535 5.7.8 no": fault.Denied, "AUTH 454 later": fault.Unavailable, "AUTH drop": fault.Unavailable,
	} {
		verb, action, _ := strings.Cut(script, " ")
		s := serve(t, []string{"AUTH PLAIN LOGIN"}, map[string]string{verb: action})
		_, err := Dial(t.Context(), "smtp://u:secretpw@"+s.l.Addr().String(), Options{Timeouts: Timeouts{Reply: short}})
		if fault.CodeOf(err) != code || strings.Contains(fmt.Sprint(err), "secretpw") {
			t.Errorf("%s: %v", script, err)
		}
	}
	for _, u := range []string{"", "http://x.example", "smtp://", "x.example:25"} {
		if _, err := Dial(t.Context(), u, Options{}); !fault.Is(err, fault.Invalid) {
			t.Errorf("%q: %v", u, err)
		}
	}
}

// certificate makes a server's settings for 127.0.0.1 and a client's that
// trusts it.
func certificate(t *testing.T) (server, client *tls.Config) {
	t.Helper()
	pub, key, err := ed25519.GenerateKey(rand.Reader)
	if err != nil {
		t.Fatal(err)
	}
	tpl := &x509.Certificate{SerialNumber: big.NewInt(1), NotBefore: time.Now().Add(-time.Hour), NotAfter: time.Now().Add(time.Hour), IPAddresses: []net.IP{net.IPv4(127, 0, 0, 1)}}
	der, err := x509.CreateCertificate(rand.Reader, tpl, tpl, pub, key)
	if err != nil {
		t.Fatal(err)
	}
	leaf, err := x509.ParseCertificate(der)
	if err != nil {
		t.Fatal(err)
	}
	roots := x509.NewCertPool()
	roots.AddCert(leaf)
	return &tls.Config{Certificates: []tls.Certificate{{Certificate: [][]byte{der}, PrivateKey: key}}}, &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}
}

func TestTLS(t *testing.T) {
	cert, trust := certificate(t)
	s := serve(t, []string{"STARTTLS"}, nil)
	s.tls = cert
	for name, c := range map[string]struct {
		trust *tls.Config
		good  bool
	}{"trusted": {trust, true}, "unknown": {nil, false}} {
		conn, err := Dial(t.Context(), s.url(), Options{TLS: c.trust, Timeouts: Timeouts{Reply: short * 10}})
		if err != nil {
			t.Fatal(err)
		}
		if err := conn.startTLS(); (err == nil) != c.good {
			t.Errorf("%s: %v", name, err)
		}
		if c.good {
			s.again(t, conn, "")
		}
		conn.Close()
	}
}

func TestReplyHoldsNoAddress(t *testing.T) {
	s := serve(t, nil, map[string]string{"RCPT": "550-5.1.1 <aino@x.example>: user\x1b[31m unknown\r\n550 5.1.1 " + strings.Repeat("long ", 100)})
	out := dial(t, s).Send(t.Context(), "brev@k.example", "aino@x.example", []byte(letter), nil)
	if out.State != Failed || strings.ContainsAny(out.Reply, "@\x1b") || len(out.Reply) > maxReplyText+3 {
		t.Errorf("%+v", out)
	}
}

// TestNext sends mails that are announced with the one before.
func TestNext(t *testing.T) {
	for script, want := range map[string][]State{
		"":                {Sent, Sent, Sent, Sent},
		"RCPT 550 5.1.1":  {Failed, Failed, Failed, Failed},
		"DATA 450 4.2.0":  {Retry, Retry, Retry, Retry},
		"once RCPT 550":   {Failed, Sent, Sent, Sent},
		"DOT 550 5.7.1 x": {Failed, Failed, Failed, Failed},
		"DOT 421 4.3.2 x": {Retry, Retry, Retry, Retry},
		"DOT drop":        {Uncertain, Retry, Retry, Retry},
	} {
		t.Run(script, func(t *testing.T) {
			rest, once := strings.CutPrefix(script, "once ")
			verb, action, _ := strings.Cut(rest, " ")
			s := serve(t, []string{"PIPELINING"}, map[string]string{verb: action})
			c := dial(t, s)
			for i, w := range want {
				if i == 1 && once {
					s.mu.Lock()
					delete(s.script, verb)
					s.mu.Unlock()
				}
				if i+1 < len(want) && i != 1 {
					c.Next("brev@k.example", fmt.Sprintf("p%d@x.example", i+1), len(letter))
				}
				out := c.Send(t.Context(), "brev@k.example", fmt.Sprintf("p%d@x.example", i), []byte(letter), nil)
				if out.State != w {
					t.Errorf("mail %d: %+v, want %s", i, out, w)
				}
			}
		})
	}
}

// TestNextVetoed holds that a mail announced and then vetoed is not delivered, nor
// is one sent in place of the announced one.
func TestNextVetoed(t *testing.T) {
	for name, to := range map[string]string{"vetoed": "b@x.example", "another": "c@x.example"} {
		t.Run(name, func(t *testing.T) {
			s := serve(t, []string{"PIPELINING"}, nil)
			c := dial(t, s)
			c.Next("brev@k.example", "b@x.example", len(letter))
			if out := c.Send(t.Context(), "brev@k.example", "a@x.example", []byte(letter), nil); out.State != Sent {
				t.Fatalf("%+v", out)
			}
			no := errors.New("said no meanwhile")
			out := c.Send(t.Context(), "brev@k.example", to, []byte(letter), func() error { return no })
			if want := map[string]State{"vetoed": Vetoed, "another": Retry}[name]; out.State != want || !c.Dead() {
				t.Errorf("%+v, dead %v", out, c.Dead())
			}
			s.mu.Lock()
			defer s.mu.Unlock()
			if len(s.mails) != 1 {
				t.Errorf("%d mails", len(s.mails))
			}
		})
	}
}

func FuzzParseLine(f *testing.F) {
	f.Add([]byte("250-x\r\n"))
	f.Fuzz(func(t *testing.T, b []byte) {
		if code, _, _, ok := parseLine(b); ok && (code < 200 || code > 599) {
			t.Error(code)
		}
	})
}

func BenchmarkSend(b *testing.B) {
	s := serve(b, []string{"PIPELINING"}, nil)
	c, err := Dial(b.Context(), s.url(), Options{})
	if err != nil {
		b.Fatal(err)
	}
	msg := []byte(strings.Repeat("a line of a letter that is about so long\r\n", 100))
	for b.Loop() {
		if out := c.Send(b.Context(), "brev@k.example", "aino@x.example", msg, nil); out.State != Sent {
			b.Fatal(out)
		}
	}
	c.Close()
}
