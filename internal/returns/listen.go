package returns

import (
	"bytes"
	"context"
	"crypto/tls"
	"errors"
	"io"
	"log"
	"net"
	"net/netip"
	"net/url"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/emersion/go-smtp"
	"golang.org/x/net/netutil"

	"kartotek/internal/bounce"
	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/outbox/back"
)

// Limits of the listener.
const (
	maxConns   = 100      // at the same time
	maxMail    = 25 << 20 // taken; of which bounce.Usual bytes are read
	maxRcpt    = 20       // a mail
	maxMails   = 1000     // a conversation
	idle       = 2 * time.Minute
	settleTime = 10 * time.Second // between looks at campaigns of which something came back
)

// Names are the local parts that mail is taken for besides return paths: where
// providers send complaints and other servers their reports (RFC 2142).
var Names = []string{"abuse", "bounces", "complaints", "mailer-daemon", "postmaster", "returns"}

// Place is where a Listener listens, as the setting says it: smtp://host:port,
// lmtp://host:port, or lmtp:///path of a socket.
type Place struct {
	LMTP    bool
	network string // tcp or unix
	addr    string
}

// ReadPlace reads the setting.
func ReadPlace(text string) (Place, error) {
	u, err := url.Parse(text)
	if err != nil || u.Scheme != "smtp" && u.Scheme != "lmtp" || u.User != nil || u.RawQuery != "" || u.Fragment != "" {
		return Place{}, wrongPlace()
	}
	p := Place{LMTP: u.Scheme == "lmtp", network: "tcp", addr: u.Host}
	if p.LMTP && u.Host == "" && strings.HasPrefix(u.Path, "/") {
		p.network, p.addr = "unix", u.Path
		return p, nil
	}
	if u.Port() == "" || strings.Trim(u.Path, "/") != "" {
		return Place{}, wrongPlace()
	}
	return p, nil
}

func wrongPlace() error {
	return fault.New(fault.Invalid, "config.returns_listen", "give smtp://host:port, lmtp://host:port, or lmtp:///path of a socket").In("--returns-listen")
}

// Listener is a mail server that takes mail coming back and nothing else. Start it with Room.Listen.
type Listener struct {
	room   *Room
	domain string
	lmtp   bool
	server *smtp.Server
	l      net.Listener
	ctx    context.Context
	stop   context.CancelFunc
	ended  sync.WaitGroup

	mu     sync.Mutex
	closed bool           // guarded by mu
	busy   sync.WaitGroup // mails being acted on
}

// Listen starts a listener for mail to a domain. With a certificate it offers
// STARTTLS. It serves until Close.
func (r *Room) Listen(ctx context.Context, at Place, domain string, cert *tls.Certificate) (*Listener, error) {
	l, err := (&net.ListenConfig{}).Listen(ctx, at.network, at.addr)
	if err != nil {
		return nil, fault.New(fault.Unavailable, "returns.listen", "cannot listen for returning mail at %s", at.addr).Because(err)
	}
	return r.serve(ctx, l, at, domain, cert), nil
}

// serve serves a listener.
func (r *Room) serve(ctx context.Context, l net.Listener, at Place, domain string, cert *tls.Certificate) *Listener {
	s := &Listener{room: r, domain: domain, lmtp: at.LMTP, l: l}
	s.ctx, s.stop = context.WithCancel(context.WithoutCancel(ctx))
	s.server = smtp.NewServer(smtp.BackendFunc(s.session))
	s.server.Domain, s.server.LMTP = domain, at.LMTP
	s.server.MaxMessageBytes, s.server.MaxRecipients = maxMail, maxRcpt
	s.server.ReadTimeout, s.server.WriteTimeout = idle, idle
	s.server.EnableSMTPUTF8 = true
	s.server.ErrorLog = log.New(io.Discard, "", 0) // may quote what strangers send
	if cert != nil {
		s.server.TLSConfig = &tls.Config{Certificates: []tls.Certificate{*cert}, MinVersion: tls.VersionTLS12}
	}
	s.ended.Go(func() { _ = s.server.Serve(netutil.LimitListener(l, maxConns)) }) // ends with Close
	s.ended.Go(s.settle)
	r.listening.Store(s)
	return s
}

// ListensAt is the address mail is taken at, "" when it is taken nowhere.
func (r *Room) ListensAt() string {
	if s := r.listening.Load(); s != nil {
		return s.Addr()
	}
	return ""
}

// Addr is where it listens.
func (s *Listener) Addr() string { return s.l.Addr().String() }

// Close stops listening, lets mails under way be acted on until the context ends, and
// ends all conversations.
func (s *Listener) Close(ctx context.Context) error {
	s.mu.Lock()
	s.closed = true
	s.mu.Unlock()
	idle := make(chan struct{})
	go func() { s.busy.Wait(); close(idle) }()
	select {
	case <-idle:
	case <-ctx.Done():
	}
	s.room.listening.CompareAndSwap(s, nil)
	err := s.server.Close()
	s.stop()
	s.ended.Wait()
	if errors.Is(err, smtp.ErrServerClosed) || errors.Is(err, net.ErrClosed) {
		return nil
	}
	return err
}

// begin counts a mail that is being acted on; no more begin once Close was called.
func (s *Listener) begin() bool {
	s.mu.Lock()
	defer s.mu.Unlock()
	if !s.closed {
		s.busy.Add(1)
	}
	return !s.closed
}

// settle looks at the campaigns from time to time, and once more at the end.
func (s *Listener) settle() {
	tick := time.NewTicker(settleTime)
	defer tick.Stop()
	for more := true; more; {
		select {
		case <-tick.C:
		case <-s.ctx.Done():
			more = false
		}
		paused, err := s.room.Settle(context.WithoutCancel(s.ctx), by)
		s.room.tell(paused, err)
	}
}

// by is who acts on mail that comes in.
var by = db.System("returns")

// tell logs what was paused, and what went wrong.
func (r *Room) tell(paused []string, err error) {
	if r.Log == nil {
		return
	}
	if len(paused) > 0 {
		r.Log.Warn("campaigns paused: too much of them came back", "campaigns", paused)
	}
	if err != nil {
		r.Log.Error("mail that came back", "error", err)
	}
}

// session is one conversation.
type session struct {
	s     *Listener
	from  netip.Prefix
	paths []string
	ask   bool // to one of AskNames
	mails int
}

var (
	errLater   = &smtp.SMTPError{Code: 421, EnhancedCode: smtp.EnhancedCode{4, 7, 0}, Message: "Too much that is not for us; come later"}
	errBulk    = &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 7, 1}, Message: "Mail that is sent to many is not taken here"}
	errNobody  = &smtp.SMTPError{Code: 550, EnhancedCode: smtp.EnhancedCode{5, 1, 1}, Message: "No such address here"}
	errTrouble = &smtp.SMTPError{Code: 451, EnhancedCode: smtp.EnhancedCode{4, 3, 0}, Message: "Cannot take it now"}
)

func (s *Listener) session(c *smtp.Conn) (smtp.Session, error) {
	v := &session{s: s, from: network(c.Conn().RemoteAddr())}
	if err := v.welcome(); err != nil {
		return nil, err
	}
	return v, nil
}

// welcome turns away who tried too much. A mail server of one's own (LMTP) hands on
// what others send it, so it is never turned away.
func (v *session) welcome() error {
	if !v.s.lmtp && !v.s.room.guard.welcome(v.from, v.s.room.DB.Now()) {
		return errLater
	}
	return nil
}

func (v *session) miss() { v.s.room.guard.miss(v.from, v.s.room.DB.Now()) }

// Mail implements smtp.Session. Any sender will do: bounces have none, complaints have their provider's.
func (v *session) Mail(string, *smtp.MailOptions) error {
	v.paths, v.ask = nil, false
	if v.mails++; v.mails > maxMails {
		return errLater
	}
	return v.welcome()
}

// Rcpt implements smtp.Session.
func (v *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	if err := v.welcome(); err != nil {
		return err
	}
	if v.s.asks(to) {
		v.ask = true
		return nil
	}
	if _, _, ok := back.ReadPath(v.s.room.Keys, to); !ok && !v.s.named(to) {
		v.miss()
		return errNobody
	}
	v.paths = append(v.paths, to)
	return nil
}

// named reports whether an address is one of Names at our domain.
func (s *Listener) named(to string) bool {
	local, domain, ok := strings.Cut(strings.ToLower(to), "@")
	return ok && slices.Contains(Names, local) && strings.EqualFold(domain, s.domain) || !ok && local == "postmaster"
}

// asks reports whether an address is one of AskNames at our domain.
func (s *Listener) asks(to string) bool {
	local, domain, ok := strings.Cut(strings.ToLower(to), "@")
	return ok && s.room.Ask != nil && slices.Contains(s.room.AskNames, local) && strings.EqualFold(domain, s.domain)
}

// Data implements smtp.Session.
func (v *session) Data(in io.Reader) error {
	most := bounce.Usual.Bytes
	if v.ask {
		most = MaxHanded
	}
	raw, err := io.ReadAll(io.LimitReader(in, int64(most)+1))
	if err == nil {
		_, err = io.Copy(io.Discard, in)
	}
	if err != nil {
		return err
	}
	rep, err := bounce.Parse(bytes.NewReader(raw), bounce.Usual)
	if err != nil || !v.s.begin() {
		return errTrouble
	}
	defer v.s.busy.Done()
	if v.ask {
		err := v.s.room.Ask(v.s.ctx, by, raw)
		if errors.Is(err, ErrBulk) {
			return errBulk
		}
		if err != nil {
			v.s.room.tell(nil, err)
			return errTrouble
		}
		if len(v.paths) == 0 {
			return nil
		}
	}
	done, err := v.s.room.Take(v.s.ctx, by, []Mail{{Report: rep, Path: v.paths}})
	if err != nil {
		v.s.room.tell(nil, err)
		return errTrouble
	}
	if slices.Contains(done[0].Done, Stranger) {
		v.miss()
	}
	return nil
}

// Reset implements smtp.Session.
func (v *session) Reset() { v.paths, v.ask = nil, false }

// Logout implements smtp.Session.
func (v *session) Logout() error { return nil }
