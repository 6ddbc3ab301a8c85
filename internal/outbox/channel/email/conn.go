package email

import (
	"bufio"
	"context"
	"crypto/tls"
	"encoding/base64"
	"net"
	"net/url"
	"strings"
	"sync"
	"time"

	"kartotek/internal/clock"
	"kartotek/internal/fault"
)

// Timeouts are how long to wait at each step. Zero values are RFC 5321's
// (section 4.5.3.2); giving up earlier at the final dot makes duplicates.
type Timeouts struct {
	Connect time.Duration // 30 s
	Reply   time.Duration // greeting, EHLO, MAIL, RCPT, RSET: 5 min
	Data    time.Duration // reply to DATA: 2 min
	Block   time.Duration // sending the text: 3 min
	Dot     time.Duration // reply to the final dot: 10 min
}

func (t Timeouts) orUsual() Timeouts {
	for _, p := range []struct {
		d     *time.Duration
		usual time.Duration
	}{{&t.Connect, 30 * time.Second}, {&t.Reply, 5 * time.Minute}, {&t.Data, 2 * time.Minute}, {&t.Block, 3 * time.Minute}, {&t.Dot, 10 * time.Minute}} {
		if *p.d == 0 {
			*p.d = p.usual
		}
	}
	return t
}

// Options are the settings of a connection.
type Options struct {
	Timeouts Timeouts
	Hello    string      // our name in EHLO; "" is "localhost"
	TLS      *tls.Config // nil: the system's roots, TLS 1.2 or later
	Clock    clock.Clock // nil: the system's; used for deadlines only
}

// Conn is one connection to a mail server, for one goroutine at a time.
type Conn struct {
	c     net.Conn
	r     *bufio.Reader
	opt   Options
	host  string
	ext   map[string]string // EHLO keywords, upper case, with their parameters
	dirty bool              // a transaction was begun and not ended
	dead  bool
	buf   []byte

	made   envelope
	coming string // commands to go with the next text
	ahead  string // commands that went with the last text, whose replies were not read

	mu  sync.Mutex
	ctx context.Context // guarded by mu: of the mail being sent, until its final dot
}

// Dial connects, greets, starts TLS and signs in. The URL is smtp://host:port,
// smtps://host:port, or either with user:password@; ports default to 25 (587
// with a user) and 465. Errors are faults: Invalid for a bad URL, Denied for a
// refused sign-in, Unavailable for all that may pass; none holds the password.
func Dial(ctx context.Context, rawURL string, opt Options) (*Conn, error) {
	u, err := url.Parse(rawURL)
	if err != nil || (u.Scheme != "smtp" && u.Scheme != "smtps") || u.Hostname() == "" {
		return nil, fault.New(fault.Invalid, "smtp.url", "write the mail server as smtp://host:port or smtps://host:port").In("smtp")
	}
	opt.Timeouts = opt.Timeouts.orUsual()
	if opt.Clock == nil {
		opt.Clock = clock.System()
	}
	if opt.Hello == "" {
		opt.Hello = "localhost"
	}
	if !plainWord(opt.Hello) {
		return nil, fault.New(fault.Invalid, "smtp.hello", "the name for EHLO is not a host name").In("hello")
	}
	d := net.Dialer{Timeout: opt.Timeouts.Connect}
	nc, err := d.DialContext(ctx, "tcp", net.JoinHostPort(u.Hostname(), port(u)))
	if err != nil {
		return nil, fault.New(fault.Unavailable, "smtp.connect", "the mail server cannot be reached").Because(err)
	}
	c := &Conn{c: nc, opt: opt, host: u.Hostname()}
	stop := context.AfterFunc(ctx, func() { nc.Close() })
	defer stop()
	if err := c.open(u); err != nil {
		nc.Close()
		return nil, err
	}
	return c, nil
}

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

func plainWord(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] <= ' ' || s[i] >= 0x7f {
			return false
		}
	}
	return s != ""
}

func (c *Conn) open(u *url.URL) error {
	if u.Scheme == "smtps" {
		c.c = tls.Client(c.c, c.tlsConfig())
	}
	c.r = bufio.NewReaderSize(c.c, 4096)
	if rep, err := c.read(c.opt.Timeouts.Reply); err != nil || rep.code != 220 {
		return c.notOpened("greeting", rep, err)
	}
	if err := c.hello(); err != nil {
		return err
	}
	if _, offered := c.ext["STARTTLS"]; offered && u.Scheme == "smtp" && !c.loopback() {
		if err := c.startTLS(); err != nil {
			return err
		}
	}
	if u.User != nil {
		return c.signIn(u.User)
	}
	return nil
}

func (c *Conn) tlsConfig() *tls.Config {
	cfg := &tls.Config{MinVersion: tls.VersionTLS12}
	if c.opt.TLS != nil {
		cfg = c.opt.TLS.Clone()
	}
	if cfg.ServerName == "" {
		cfg.ServerName = c.host
	}
	return cfg
}

func (c *Conn) loopback() bool {
	a, ok := c.c.RemoteAddr().(*net.TCPAddr)
	return ok && a.IP.IsLoopback()
}

// notOpened is the fault of a server that would not begin.
func (c *Conn) notOpened(step string, rep reply, err error) error {
	e := fault.New(fault.Unavailable, "smtp.open", "the mail server did not accept the %s (%d)", step, rep.code)
	if err != nil {
		e = e.Because(err)
	}
	return e
}

func (c *Conn) hello() error {
	rep, err := c.command(c.opt.Timeouts.Reply, "EHLO "+c.opt.Hello)
	if err == nil && rep.code/100 == 5 {
		rep, err = c.command(c.opt.Timeouts.Reply, "HELO "+c.opt.Hello)
		rep.lines = nil
	}
	if err != nil || rep.code != 250 {
		return c.notOpened("EHLO", rep, err)
	}
	c.ext = map[string]string{}
	for i, l := range rep.lines {
		if i > 0 {
			word, params, _ := strings.Cut(l, " ")
			c.ext[strings.ToUpper(word)] = params
		}
	}
	return nil
}

func (c *Conn) offers(ext string) bool { _, ok := c.ext[ext]; return ok }

// startTLS turns to TLS. What the server may have said in the clear after its
// reply is refused: it could have been put there by another.
func (c *Conn) startTLS() error {
	rep, err := c.command(c.opt.Timeouts.Reply, "STARTTLS")
	if err != nil || rep.code != 220 || c.r.Buffered() > 0 {
		return c.notOpened("STARTTLS", rep, err)
	}
	tc := tls.Client(c.c, c.tlsConfig())
	c.deadline(c.opt.Timeouts.Reply)
	if err := tc.Handshake(); err != nil {
		return c.notOpened("TLS handshake", reply{}, err)
	}
	c.c = tc
	c.r.Reset(tc)
	return c.hello()
}

func (c *Conn) signIn(user *url.Userinfo) error {
	if _, secure := c.c.(*tls.Conn); !secure && !c.loopback() {
		return fault.New(fault.Denied, "smtp.clear", "the mail server offers no TLS; the password was not sent")
	}
	name := user.Username()
	pass, _ := user.Password()
	b64 := base64.StdEncoding.EncodeToString
	methods := " " + strings.ToUpper(c.ext["AUTH"]) + " "
	steps := []string{"AUTH PLAIN " + b64([]byte("\x00"+name+"\x00"+pass))}
	if !strings.Contains(methods, " PLAIN ") && strings.Contains(methods, " LOGIN ") {
		steps = []string{"AUTH LOGIN", b64([]byte(name)), b64([]byte(pass))}
	}
	for _, s := range steps {
		rep, err := c.command(c.opt.Timeouts.Reply, s)
		switch {
		case err != nil || rep.code/100 == 4:
			return c.notOpened("sign-in", rep, err)
		case rep.code/100 == 5:
			return fault.New(fault.Denied, "smtp.sign_in", "the mail server refused the user name or password (%d)", rep.code)
		case rep.code == 235:
			return nil
		}
	}
	return fault.New(fault.Denied, "smtp.sign_in", "the mail server did not finish the sign-in")
}

// Dead reports whether the connection can carry no more mails.
func (c *Conn) Dead() bool { return c.dead }

// Close says goodbye, without waiting long, and closes.
func (c *Conn) Close() error {
	if !c.dead && c.ahead == "" {
		c.deadline(min(c.opt.Timeouts.Reply, time.Second))
		_, _ = c.c.Write([]byte("QUIT\r\n"))
		_, _ = c.r.ReadByte()
	}
	c.dead = true
	return c.c.Close()
}

// kill ends a connection whose state is not known.
func (c *Conn) kill() {
	c.dead = true
	c.c.Close()
}

// deadline gives the next step its time; none when the mail's context is over.
func (c *Conn) deadline(d time.Duration) {
	c.mu.Lock()
	defer c.mu.Unlock()
	t := c.opt.Clock.Now().Add(d)
	if c.ctx != nil && c.ctx.Err() != nil {
		t = time.Unix(1, 0)
	}
	_ = c.c.SetDeadline(t)
}
