package catcher

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"kartotek/internal/compose"
	"kartotek/internal/outbox/channel/email"
)

func start(t *testing.T) (*Catcher, *email.Conn) {
	t.Helper()
	c, err := Start("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := c.Close(); err != nil {
			t.Error(err)
		}
	})
	conn, err := email.Dial(t.Context(), c.URL(), email.Options{})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { conn.Close() })
	return c, conn
}

// letter is a whole mail as the program composes it.
func letter(t *testing.T) []byte {
	t.Helper()
	tpl, err := compose.Compile(compose.Source{Subject: "Hej {{ person.first_name }}", Body: "# Nyheter\n\nHej **{{ person.first_name }}**!", Lang: "sv",
		Class: "marketing", Sender: compose.Sender{Name: "Nordanvind Ab", Address: "Storgatan 1, Åbo"}})
	if err != nil {
		t.Fatal(err)
	}
	p, err := compose.Prepare(tpl, compose.Headers{FromName: "Nordanvind – brev", From: "brev@nordanvind.example"})
	if err != nil {
		t.Fatal(err)
	}
	raw, err := p.AppendTo(nil, compose.Personal{To: "asa@x.example", ToName: "Åsa", MessageID: "1@k.example", Date: time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC),
		UnsubscribeURL: "https://k.example/u/1", Vars: compose.Vars{Person: compose.Fields{"first_name": "Åsa"}}})
	if err != nil {
		t.Fatal(err)
	}
	return raw
}

func TestCatchAndRead(t *testing.T) {
	c, conn := start(t)
	raw := letter(t)
	for i := range 3 {
		if out := conn.Send(t.Context(), "brev@nordanvind.example", fmt.Sprintf("p%d@x.example", i), raw, nil); out.State != email.Sent {
			t.Fatalf("%+v", out)
		}
	}
	if err := c.Wait(t.Context(), 3); err != nil || c.Count() != 3 {
		t.Fatal(err, c.Count())
	}
	list := c.List(2, 0)
	if len(list) != 2 || list[0].To != "p2@x.example" || list[0].Subject != "Hej Åsa" || list[0].From != "Nordanvind – brev <brev@nordanvind.example>" {
		t.Errorf("%+v", list)
	}
	if older := c.List(5, list[1].ID); len(older) != 1 || older[0].To != "p0@x.example" {
		t.Errorf("%+v", older)
	}
	m, ok := c.Get(list[0].ID)
	if !ok || !strings.Contains(m.HTML, "<strong>Åsa</strong>") || !strings.Contains(m.Text, "Hej Åsa!") || m.Date.Hour() != 9 || string(m.Raw) != string(raw) ||
		m.Header["List-Unsubscribe-Post"] != "List-Unsubscribe=One-Click" {
		t.Errorf("%v %+v", ok, m)
	}
	if _, ok := c.Get(99); ok {
		t.Error("a mail that is not there")
	}
}

func TestFailures(t *testing.T) {
	c, conn := start(t)
	raw := letter(t)
	send := func(to string) email.Outcome { return conn.Send(t.Context(), "brev@nordanvind.example", to, raw, nil) }
	for to, want := range map[string]string{
		"fail-550@x.example": "failed 550 RCPT", "defer-450@x.example": "retry 450 RCPT", "late-fail-554@y.example": "failed 554 DOT",
		"late-defer-451@y.example": "retry 451 DOT", "fail-450@x.example": "sent 250 DOT", "fail-550x@x.example": "sent 250 DOT",
	} {
		if out := send(to); fmt.Sprint(out.State, " ", out.SMTPCode, " ", out.Verb) != want {
			t.Errorf("%s: %+v, want %s", to, out, want)
		}
	}
	for verb, code := range map[Verb]int{AtMail: 452, AtRcpt: 553, AtDot: 552} {
		c.Fail(verb, code, 1)
		if out := send("a@x.example"); out.SMTPCode != code || out.Verb != string(verb) {
			t.Errorf("%s: %+v", verb, out)
		}
		if out := send("a@x.example"); out.State != email.Sent {
			t.Errorf("after %s: %+v", verb, out)
		}
	}
	c.Fail(AtRcpt, 450, -1)
	c.Heal()
	if out := send("a@x.example"); out.State != email.Sent {
		t.Errorf("%+v", out)
	}
}

func TestOldMailsMakeWay(t *testing.T) {
	c, _ := start(t)
	for range MaxMails + 5 {
		c.keep(caught{raw: []byte("Subject: x\r\n\r\n")})
	}
	if n := len(c.List(MaxMails*2, 0)); n != MaxMails || c.Count() != MaxMails+5 {
		t.Error(n, c.Count())
	}
	if _, ok := c.Get(5); ok {
		t.Error("the oldest is still there")
	}
	for range 8 {
		c.keep(caught{raw: make([]byte, 9<<20)})
	}
	if n := len(c.List(100, 0)); n != 7 {
		t.Errorf("%d mails of 9 MB are kept", n)
	}
}

func TestWaitEndsWithItsContext(t *testing.T) {
	c, _ := start(t)
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	if err := c.Wait(ctx, 1); err == nil {
		t.Error("waited for nothing")
	}
}

func FuzzOpen(f *testing.F) {
	f.Add([]byte("Subject: x\r\nContent-Type: multipart/alternative; boundary=b\r\n\r\n--b\r\n\r\nx\r\n--b--\r\n"))
	f.Add([]byte("\x00"))
	f.Fuzz(func(_ *testing.T, raw []byte) {
		m := caught{raw: raw}
		m.open()
		m.summary()
	})
}
