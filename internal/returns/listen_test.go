package returns

import (
	"context"
	"errors"
	"fmt"
	"net"
	"path/filepath"
	"strings"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"github.com/emersion/go-smtp"

	"kartotek/internal/clock"
	"kartotek/internal/db"
	"kartotek/internal/db/dbtest"
	"kartotek/internal/fault"
	"kartotek/internal/party"
)

// listening is a register with a listener in front of it.
func listening(t *testing.T, place string, n int) (*world, *Listener) {
	t.Helper()
	c := clock.At(dbtest.Start)
	w := letters(t, dbtest.SQLite(t, schemas, dbtest.At(c)), c, n)
	at, err := ReadPlace(place)
	if err != nil {
		t.Fatal(err)
	}
	l, err := w.Listen(t.Context(), at, host, nil)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := l.Close(context.Background()); err != nil {
			t.Error(err)
		}
	})
	return w, l
}

// client speaks to a listener as another mail server does.
func client(t *testing.T, l *Listener) *smtp.Client {
	t.Helper()
	conn, err := net.Dial(l.l.Addr().Network(), l.Addr())
	if err != nil {
		t.Fatal(err)
	}
	c := smtp.NewClient(conn)
	if l.lmtp {
		c = smtp.NewClientLMTP(conn)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// hand gives a mail to the server, and the code of the answer that ended it.
func hand(c *smtp.Client, mail string, to ...string) int {
	err := c.Mail("", nil)
	for _, rcpt := range to {
		if err == nil {
			err = c.Rcpt(rcpt, nil)
		}
	}
	if err == nil {
		var data *smtp.DataCommand
		if data, err = c.Data(); err == nil {
			fmt.Fprint(data, strings.ReplaceAll(mail, "\n", "\r\n"))
			err = data.Close()
		}
	}
	var refused *smtp.SMTPError
	switch {
	case err == nil:
		return 250
	case errors.As(err, &refused):
		_ = c.Reset()
		return refused.Code
	}
	return 0
}

// TestListen takes mail for return paths and known names, and for nobody else.
func TestListen(t *testing.T) {
	for _, place := range []string{"smtp://127.0.0.1:0", "lmtp://127.0.0.1:0", "lmtp://" + filepath.Join(t.TempDir(), "s")} {
		w, l := listening(t, place, 4)
		c := client(t, l)
		lost := dsn(addr(0), "550 5.1.1 User unknown")
		for _, step := range []struct {
			what, mail string
			to         []string
			want       int
		}{
			{"a bounce", lost, []string{w.path(0)}, 250},
			{"the same again", lost, []string{w.path(0)}, 250},
			{"a complaint to a name", arf("List-Unsubscribe: <" + w.link(1) + ">"), []string{"Complaints@" + host}, 250},
			{"a stranger", lost, []string{"someone@elsewhere.example"}, 550},
			{"a name elsewhere", lost, []string{"postmaster@elsewhere.example"}, 550},
			{"a forged path", lost, []string{strings.Replace(w.path(2), "b-", "b-a", 1)}, 550},
			{"no bounce at all", "Subject: hej\n\nhej", []string{w.path(3)}, 250},
			{"larger than what is read", dsn(addr(2), "552 5.2.2 Mailbox full") + strings.Repeat("x\n", 1<<20), []string{w.path(2)}, 250},
		} {
			if got := hand(c, step.mail, step.to...); got != step.want {
				t.Errorf("%s, %s: answered %d, not %d", place, step.what, got, step.want)
			}
		}
		if !w.reach(0).Has(party.BadEmail) || !strings.Contains(w.standing(1), "all-marketing") || w.reach(2).Has(party.BadEmail) {
			t.Error(place, "the bounce or the complaint was not acted on")
		}
	}
}

// TestStrangersAreTurnedAway holds that forged mail changes nothing, and that whoever sends much of it is told to come later.
func TestStrangersAreTurnedAway(t *testing.T) {
	w, l := listening(t, "smtp://127.0.0.1:0", 2)
	c := client(t, l)
	seen := map[int]int{}
	for range 3 * missesAMinute {
		seen[hand(c, dsn(addr(0), "550 5.1.1 User unknown"), "b-"+strings.Repeat("a", 26)+"-aaaaaaaaaa@"+host)]++
	}
	if seen[550] != missesAMinute || seen[421] != 2*missesAMinute {
		t.Error("answered", seen)
	}
	if got := hand(c, dsn(addr(0), "550 5.1.1 User unknown"), w.path(0)); got != 421 {
		t.Error("a right one meanwhile:", got)
	}
	if w.reach(0).Has(party.BadEmail) {
		t.Error("forged mail was believed")
	}
	w.clock.Move(time.Minute)
	if got := hand(c, dsn(addr(0), "550 5.1.1 User unknown"), w.path(0)); got != 250 {
		t.Error("a minute later:", got)
	}
}

// TestListenMany brings the same bounces over several conversations at once.
func TestListenMany(t *testing.T) {
	w, l := listening(t, "smtp://127.0.0.1:0", 20)
	var all sync.WaitGroup
	for range 5 {
		c := client(t, l)
		all.Go(func() {
			for i := range w.sent {
				if got := hand(c, dsn(addr(i), "550 5.1.1 User unknown"), w.path(i)); got != 250 {
					t.Error("answered", got)
				}
			}
		})
	}
	all.Wait()
	if err := l.Close(t.Context()); err != nil {
		t.Error(err)
	}
	for i := range w.sent {
		if !w.reach(i).Has(party.BadEmail) {
			t.Errorf("person %d is still written to", i)
		}
	}
	if len(w.judged) != 1 {
		t.Error("the campaign was judged", len(w.judged), "times at the end")
	}
}

// TestReadPlace reads the setting.
func TestReadPlace(t *testing.T) {
	for text, ok := range map[string]bool{"smtp://127.0.0.1:25": true, "lmtp://[::1]:24": true, "lmtp:///run/k/lmtp": true, "smtp://host": false,
		"smtp:///run/k": false, "imap://h:1": false, "smtp://u@h:1": false, "smtp://h:1/x": false, "": false, "127.0.0.1:25": false} {
		if _, err := ReadPlace(text); (err == nil) != ok || err != nil && !fault.Is(err, fault.Invalid) {
			t.Errorf("%q: %v", text, err)
		}
	}
}

// BenchmarkListen is a storm over ten conversations: 1 in 10 mails is new.
func BenchmarkListen(b *testing.B) {
	c := clock.At(dbtest.Start)
	d, err := db.Open(b.Context(), b.TempDir(), db.Options{Clock: c, Schema: schemas})
	if err != nil {
		b.Fatal(err)
	}
	b.Cleanup(func() { d.Close() })
	w := letters(b, d, c, 2000)
	l, err := w.Listen(b.Context(), Place{network: "tcp", addr: "127.0.0.1:0"}, host, nil)
	if err != nil {
		b.Fatal(err)
	}
	defer l.Close(context.Background())
	var next atomic.Int64
	var all sync.WaitGroup
	b.ResetTimer()
	for range 10 {
		all.Go(func() {
			var c *smtp.Client
			for done := 0; ; done++ {
				i := next.Add(1) - 1
				if i >= int64(b.N) {
					return
				}
				if done%maxMails == 0 {
					conn, err := net.Dial("tcp", l.Addr())
					if err != nil {
						b.Error(err)
						return
					}
					c = smtp.NewClient(conn)
					defer c.Close()
				}
				k := int(i/10) % len(w.sent)
				if got := hand(c, dsn(addr(k), "550 5.1.1 User unknown"), w.path(k)); got != 250 {
					b.Error("answered", got)
				}
			}
		})
	}
	all.Wait()
}
