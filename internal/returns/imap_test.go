package returns

import (
	"context"
	"crypto/tls"
	"crypto/x509"
	"errors"
	"io"
	"log"
	"net"
	"net/http/httptest"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-imap/v2"
	"github.com/emersion/go-imap/v2/imapserver"
	"github.com/emersion/go-imap/v2/imapserver/imapmemserver"

	"kartotek/internal/clock"
	"kartotek/internal/db"
	"kartotek/internal/db/dbtest"
	"kartotek/internal/fault"
	"kartotek/internal/job"
	"kartotek/internal/party"
)

// mailbox is an IMAP server with one mailbox.
type mailbox struct {
	user *imapmemserver.User
	BoxSettings
	trust *tls.Config
}

func serveMailbox(t *testing.T, security string) *mailbox {
	t.Helper()
	web := httptest.NewUnstartedServer(nil) // for its certificate
	web.StartTLS()
	t.Cleanup(web.Close)
	roots := x509.NewCertPool()
	roots.AddCert(web.Certificate())
	m := &mailbox{user: imapmemserver.NewUser("returns", "secret"), trust: &tls.Config{RootCAs: roots, MinVersion: tls.VersionTLS12}}
	if err := m.user.Create("INBOX", nil); err != nil {
		t.Fatal(err)
	}
	mem := imapmemserver.New()
	mem.AddUser(m.user)
	conf := &tls.Config{Certificates: web.TLS.Certificates, MinVersion: tls.VersionTLS12}
	s := imapserver.New(&imapserver.Options{NewSession: func(*imapserver.Conn) (imapserver.Session, *imapserver.GreetingData, error) {
		return mem.NewSession(), nil, nil
	},
		InsecureAuth: true, TLSConfig: conf, Caps: imap.CapSet{imap.CapIMAP4rev1: {}, imap.CapIMAP4rev2: {}}, Logger: log.New(io.Discard, "", 0)})
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	port := l.Addr().(*net.TCPAddr).Port
	if security == SecurityTLS {
		l = tls.NewListener(l, conf)
	}
	go s.Serve(l)
	t.Cleanup(func() { s.Close() })
	m.BoxSettings = BoxSettings{Host: "127.0.0.1", Port: port, Security: security, User: "returns", Password: "secret", Folder: "INBOX", Handled: "Handled"}
	return m
}

// literal is a mail as the server takes it.
type literal struct{ *strings.Reader }

func (l literal) Size() int64 { return l.Reader.Size() }

func (m *mailbox) put(t *testing.T, mail string) {
	t.Helper()
	if _, err := m.user.Append("INBOX", literal{strings.NewReader(strings.ReplaceAll(mail, "\n", "\r\n"))}, &imap.AppendOptions{}); err != nil {
		t.Fatal(err)
	}
}

func (m *mailbox) count(t *testing.T, folder string) uint32 {
	t.Helper()
	s, err := m.user.Status(folder, &imap.StatusOptions{NumMessages: true})
	if err != nil {
		t.Fatal(err)
	}
	return *s.NumMessages
}

// run lets the room do the work that is due.
func (w *world) run() {
	w.t.Helper()
	r := &job.Runner{DB: w.DB, Workers: 1}
	w.Handle(r)
	events, leave := r.Subscribe()
	defer leave()
	ctx, stop := context.WithCancel(w.t.Context())
	ended := make(chan error, 1)
	go func() { ended <- r.Run(ctx) }()
	for w.due() {
		select {
		case <-events:
		case <-time.After(time.Second): // an event may come before what it tells of can be read
		}
	}
	stop()
	if err := <-ended; err != nil && !errors.Is(err, context.Canceled) {
		w.t.Fatal(err)
	}
}

// due reports whether any work of the room is running or due.
func (w *world) due() (due bool) {
	w.t.Helper()
	now := w.DB.Now()
	err := w.DB.View(w.t.Context(), tester, func(tx *db.Tx) error {
		for _, kind := range []string{KindPoll, KindDecay, KindHand} {
			all, err := job.List(tx, kind, "", 0, 10)
			if err != nil {
				return err
			}
			for _, j := range all {
				if j.State == job.Dead {
					w.t.Fatal(j.Error)
				}
				due = due || j.State == job.Running || j.State == job.Ready && !j.RunAt.After(now)
			}
		}
		return nil
	})
	if err != nil {
		w.t.Fatal(err)
	}
	return due
}

func (w *world) box() (b Box) {
	w.do(func(tx *db.Tx) (err error) { b, _, err = w.Box(tx); return err })
	return b
}

// TestPoll reads a mailbox: bounces are acted on and moved away, letters from people stay.
func TestPoll(t *testing.T) {
	for _, security := range []string{SecurityNone, SecurityStart, SecurityTLS} {
		t.Run(security, func(t *testing.T) {
			c := clock.At(dbtest.Start)
			w := letters(t, dbtest.SQLite(t, schemas, dbtest.At(c)), c, 3)
			m := serveMailbox(t, security)
			w.TLS = m.trust
			m.put(t, "Delivered-To: "+w.path(0)+"\n"+dsn(addr(0), "550 5.1.1 User unknown"))
			m.put(t, "From: siv@kund.example\nSubject: Hej\n\nVad kostar det?\n")
			m.put(t, arf("List-Unsubscribe: <"+w.link(1)+">"))
			w.do(func(tx *db.Tx) error { return w.SaveBox(tx, m.BoxSettings) })
			w.run()
			if b := w.box(); b.Error != "" || b.Handled != 2 || b.Read == 0 {
				t.Fatalf("read: %+v", b)
			}
			if !w.reach(0).Has(party.BadEmail) || !strings.Contains(w.standing(1), "all-marketing") {
				t.Error("not acted on")
			}
			if in, done := m.count(t, "INBOX"), m.count(t, "Handled"); in != 1 || done != 2 {
				t.Errorf("%d mails in the folder, %d handled", in, done)
			}
			m.put(t, "Delivered-To: "+w.path(2)+"\n"+dsn(addr(2), "550 5.1.1 User unknown"))
			w.clock.Move(pollEvery)
			w.run()
			if b := w.box(); b.Handled != 3 || !w.reach(2).Has(party.BadEmail) || m.count(t, "INBOX") != 1 {
				t.Errorf("read again: %+v", b)
			}
		})
	}
}

// TestPollFails says in a code what is wrong, tries less often, and keeps the password to its server.
func TestPollFails(t *testing.T) {
	c := clock.At(dbtest.Start)
	w := letters(t, dbtest.SQLite(t, schemas, dbtest.At(c)), c, 1)
	m := serveMailbox(t, SecurityTLS)
	s := m.BoxSettings
	for name, step := range map[string]struct {
		change func(*BoxSettings)
		trust  *tls.Config
		want   string
	}{
		"all is well":      {func(*BoxSettings) {}, m.trust, ""},
		"a strange server": {func(*BoxSettings) {}, nil, BoxConnect},
		"nobody there":     {func(s *BoxSettings) { s.Port = 1 }, m.trust, BoxConnect},
		"another password": {func(s *BoxSettings) { s.Password = "guess" }, m.trust, BoxLogin},
		"no such folder":   {func(s *BoxSettings) { s.Folder = "Bounces" }, m.trust, BoxFolder},
	} {
		x := s
		step.change(&x)
		w.TLS = step.trust
		if got, _, err := w.TryBox(t.Context(), x); err != nil || got != step.want {
			t.Errorf("%s: %q %v", name, got, err)
		}
	}
	w.TLS = nil
	w.do(func(tx *db.Tx) error { return w.SaveBox(tx, s) })
	for n := range 2 {
		w.run()
		if b := w.box(); b.Error != BoxConnect || b.Failed != n+1 || b.Read != 0 {
			t.Errorf("failed: %+v", b)
		}
		w.clock.Move(pollEvery << n)
	}
	other := s
	other.Password, other.Host = "", "imap.elsewhere.example"
	w.do(func(tx *db.Tx) error {
		if err := w.SaveBox(tx, other); !fault.Is(err, fault.Invalid) {
			t.Error("the password went to another server", err)
		}
		other.Host = s.Host
		if err := w.SaveBox(tx, other); err != nil {
			t.Error("the password was not kept", err)
		}
		plain := other
		plain.Security, plain.Host, plain.Password = SecurityNone, "imap.elsewhere.example", "x"
		if err := w.SaveBox(tx, plain); fault.KeyOf(err) != "returns.box_security" {
			t.Error("a password in clear", err)
		}
		return w.DropBox(tx)
	})
	w.run()
}

// TestDecay holds that an address that bounced is tried again half a year later, and held again when it bounces again.
func TestDecay(t *testing.T) {
	each(t, 3, func(t *testing.T, w *world) {
		gone := dsn(addr(0), "550 5.1.1 User unknown")
		w.take(gone, w.path(0))
		w.do(w.Begin)
		w.run()
		if !w.reach(0).Has(party.BadEmail) {
			t.Error("lifted at once")
		}
		w.clock.Move(Decay - time.Hour)
		w.run()
		if !w.reach(0).Has(party.BadEmail) {
			t.Error("lifted too early")
		}
		w.clock.Move(2 * decayEvery)
		w.run()
		if w.reach(0).Has(party.BadEmail) {
			t.Error("not lifted")
		}
	})
}
