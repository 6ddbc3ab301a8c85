package post_test

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"sync"
	"testing"
	"time"

	"kartotek/internal/catcher"
	"kartotek/internal/db"
	"kartotek/internal/dossier"
	"kartotek/internal/fault"
	"kartotek/internal/id"
	"kartotek/internal/outbox"
	"kartotek/internal/party"
	"kartotek/internal/permit"
	"kartotek/internal/post"
)

var order = map[string]any{"number": "A-17", "lines": []any{map[string]any{"n": 2.0, "what": "Filter <M>"}}}

// TestSend sends one confirmation in the person's language, to somebody who forbade
// all marketing: it is about what they bought.
func TestSend(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.template(confirmation())
		h.person(1, "sv", no)
		r := h.must(post.Mail{Address: addr(1), Template: "order-confirmed", Data: order})
		if !r.Allowed || r.Again {
			t.Fatalf("%+v", r)
		}
		h.work(t.Context())
		m := h.message(r)
		if m.State != outbox.Sent || m.Campaign != 0 || m.Purpose != "relationship" {
			t.Errorf("%+v", m)
		}
		mail := h.raw(1)
		for _, want := range []string{"Subject: Din order A-17", "order@nordanvind.example", "Hej =C3=85sa", "2 =C3=97 Filter <M>", "Auto-Submitted: auto-generated", "Message-ID: <" + m.ID.String() + ".0@nordanvind.example>"} {
			if !strings.Contains(mail, want) {
				t.Errorf("the mail has no %q:\n%s", want, mail)
			}
		}
		if strings.Contains(mail, "List-Unsubscribe") {
			t.Error("a service message offers to unsubscribe")
		}
	})
}

// TestVerdicts holds that each message is decided by what its purpose is.
func TestVerdicts(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.person(1, "sv", yes)
		h.person(2, "fi", yes, no)
		h.person(3, "en")
		letter := post.Mail{Purpose: "newsletter", Subject: "Welcome", Body: "A special offer for you"}
		for n, want := range map[int]string{1: "", 2: "PROHIBITED-ALL", 3: "NO-CONSENT"} {
			letter.Address = addr(n)
			r := h.must(letter)
			if r.Allowed != (want == "") || want != "" && !strings.HasPrefix(r.Code, want[:8]) {
				t.Errorf("person %d: %+v", n, r)
			}
			if m := h.message(r); !r.Allowed && m.State != outbox.Skipped {
				t.Errorf("person %d: %s", n, m.State)
			}
		}
		h.work(t.Context())
		if got := h.got(); len(got) != 1 || got[addr(1)] != 1 {
			t.Errorf("%v", got)
		}
		if !strings.Contains(h.raw(1), "List-Unsubscribe-Post") {
			t.Error("marketing offers no way out")
		}
	})
}

func TestRefused(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.person(1, "sv")
		base := post.Mail{Address: addr(1), Purpose: "relationship", Subject: "Your order", Body: "Thank you"}
		for want, change := range map[string]func(*post.Mail){
			"post.promotion":      func(m *post.Mail) { m.Body = "Tack! Passa på: 20 % rabatt på allt." },
			"post.whom":           func(m *post.Mail) { m.Address = "" },
			"post.no_person":      func(m *post.Mail) { m.Address = "nobody@people.example" },
			"post.no_template":    func(m *post.Mail) { m.Template, m.Subject, m.Body = "none", "", "" },
			"post.both":           func(m *post.Mail) { m.Template = "none" },
			"notice.not_promised": func(m *post.Mail) { m.Purpose = "hobby" },
			"post.internal":       func(m *post.Mail) { m.Purpose = "analysis" },
			"form.missing":        func(m *post.Mail) { m.Subject = " " },
			"post.from":           func(m *post.Mail) { m.From = "nobody" },
			"post.data":           func(m *post.Mail) { m.Data = map[string]any{"a b": 1.0} },
			"template.unknown_field": func(m *post.Mail) {
				m.Body = "{{ person.shoe_size }}"
			},
		} {
			m := base
			change(&m)
			if _, err := h.send(m); fault.KeyOf(err) != want {
				t.Errorf("%s: %v", want, err)
			}
		}
		m := base
		m.Data = map[string]any{"note": "Köp nu!"}
		m.Body = "{{ data.note }}"
		var p *post.Promoting
		if _, err := h.send(m); !errors.As(err, &p) || len(p.Found) != 1 || p.Found[0] != "köp nu" {
			t.Errorf("promotion in the data: %v", err)
		}
		h.work(t.Context())
		if h.catcher.Count() != 0 {
			t.Errorf("%d mails", h.catcher.Count())
		}
	})
}

// TestKeys holds that a key stands for one message.
func TestKeys(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.person(1, "sv")
		m := post.Mail{Address: addr(1), Purpose: "relationship", Subject: "Your order", Body: "Thank you", Owner: "k1", Key: "order 17"}
		first, again := h.must(m), h.must(m)
		if again.Message != first.Message || !again.Again || again.Allowed != first.Allowed {
			t.Errorf("%+v, then %+v", first, again)
		}
		other := m
		other.Body = "Thank you!"
		if _, err := h.send(other); fault.KeyOf(err) != "post.key_used" {
			t.Errorf("another body: %v", err)
		}
		other.Owner = "k2"
		if r := h.must(other); r.Again {
			t.Errorf("another owner: %+v", r)
		}
		var all sync.WaitGroup
		m.Key = "order 18"
		seen := make([]*post.Receipt, 8)
		for i := range seen {
			all.Go(func() {
				if r, err := h.send(m); err == nil || fault.Is(err, fault.Unavailable) {
					seen[i] = r
				} else {
					t.Error(err)
				}
			})
		}
		all.Wait()
		h.work(t.Context())
		if h.catcher.Count() != 3 {
			t.Errorf("%d mails", h.catcher.Count())
		}
		h.clock.move(31 * 24 * time.Hour)
		m.Key = "order 17"
		if r := h.must(m); r.Again {
			t.Error("the key stands after its time")
		}
	})
}

// faulty is a channel that does something at the nth message.
type faulty struct {
	outbox.Channel
	mu     sync.Mutex
	n, at  int
	before func()
	after  func()
}

type faultySession struct {
	outbox.Session
	f *faulty
}

func (f *faulty) Open(ctx context.Context) (outbox.Session, error) {
	s, err := f.Channel.Open(ctx)
	if err != nil {
		return nil, err
	}
	return &faultySession{s, f}, nil
}

func (s *faultySession) Send(ctx context.Context, l outbox.Letter, ask func() error) outbox.Outcome {
	s.f.mu.Lock()
	s.f.n++
	hit := s.f.n == s.f.at
	s.f.mu.Unlock()
	out := s.Session.Send(ctx, l, func() error {
		if hit && s.f.before != nil {
			s.f.before()
		}
		return ask()
	})
	if hit && s.f.after != nil {
		s.f.after()
	}
	return out
}

// TestCrash kills the process, as far as the register can tell, in the middle of a
// group: duty mail reaches everybody, under one Message-ID; marketing reaches nobody
// twice, and what nobody can know is uncertain.
func TestCrash(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		const n = 24
		var all []*post.Receipt
		for i := range n {
			h.person(i, "en", yes)
			m := post.Mail{Address: addr(i), Purpose: "relationship", Subject: "Your order", Body: "Thank you"}
			if i%2 == 1 {
				m.Purpose, m.Subject = "newsletter", "Welcome"
			}
			all = append(all, h.must(m))
		}
		for _, at := range []int{8} {
			dying := h.another()
			dying.Channel = &faulty{Channel: h.Channel, at: at, after: func() { dying.DB.Close() }}
			ctx, stop := context.WithTimeout(t.Context(), 3*time.Second)
			dying.workOnce(ctx)
			stop()
			h.clock.move(time.Minute)
		}
		h.work(t.Context())
		got, uncertain := h.got(), 0
		for i, r := range all {
			m := h.message(r)
			switch {
			case !m.State.Ended():
				t.Errorf("person %d: %s", i, m.State)
			case i%2 == 0 && (m.State != outbox.Sent || got[addr(i)] == 0):
				t.Errorf("duty mail %d: %s, %d mails", i, m.State, got[addr(i)])
			case i%2 == 1 && got[addr(i)] > 1, i%2 == 1 && m.State == outbox.Sent && got[addr(i)] != 1:
				t.Errorf("marketing %d: %s, %d mails", i, m.State, got[addr(i)])
			}
			if m.State == outbox.Uncertain {
				uncertain++
			}
		}
		if uncertain == 0 {
			t.Error("nobody is uncertain")
		}
		h.checkIDs()
	})
}

// checkIDs holds that nobody got mail under two ids.
func (h *house) checkIDs() {
	h.t.Helper()
	ids := map[string]string{}
	for i := range h.catcher.Count() {
		m, _ := h.catcher.Get(int64(i + 1))
		_, rest, _ := strings.Cut(string(m.Raw), "Message-ID: ")
		mid, _, _ := strings.Cut(rest, "\r\n")
		if before := ids[m.To]; before != "" && before != mid {
			h.t.Errorf("%s got mail under two ids", m.To)
		}
		ids[m.To] = mid
	}
}

// TestObjectionOnTheWay withdraws a consent when everything but the text is sent.
func TestObjectionOnTheWay(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		who := h.person(1, "en", yes)
		h.Channel = &faulty{Channel: h.Channel, at: 1, before: func() {
			h.clock.move(time.Second)
			h.do(func(tx *db.Tx) error {
				_, err := h.Outbox.Ledger.Record(tx, who, nil, no)
				return err
			})
			h.clock.move(time.Second)
		}}
		r := h.must(post.Mail{Person: who, Purpose: "newsletter", Subject: "Welcome", Body: "Hello"})
		h.work(t.Context())
		if m := h.message(r); m.State != outbox.Skipped || h.catcher.Count() != 0 {
			t.Errorf("%s %s, %d mails", m.State, m.Code, h.catcher.Count())
		}
	})
}

// TestRetry holds that what is refused for now comes back, and what is refused for
// good does not.
func TestRetry(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		who := h.person(1, "en")
		h.catcher.Fail(catcher.AtRcpt, 450, 2)
		r := h.must(post.Mail{Person: who, Purpose: "relationship", Subject: "Your order", Body: "Thank you"})
		h.work(t.Context())
		if m := h.message(r); m.State != outbox.Retry || m.Next == 0 {
			t.Fatalf("%+v", m)
		}
		for range 3 {
			h.clock.move(15 * time.Minute)
			h.work(t.Context())
		}
		if m := h.message(r); m.State != outbox.Sent || m.Attempt != 3 || h.catcher.Count() != 1 {
			t.Errorf("%+v", m)
		}
		h.catcher.Fail(catcher.AtRcpt, 550, 1)
		r = h.must(post.Mail{Person: who, Purpose: "relationship", Subject: "Your order", Body: "Thank you"})
		h.work(t.Context())
		if m := h.message(r); m.State != outbox.Failed {
			t.Errorf("%+v", m)
		}
	})
}

// TestServerAway holds that messages wait for a mail server that does not answer.
func TestServerAway(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		who := h.person(1, "en")
		there := h.Channel
		h.Channel = outbox.Email{URL: "smtp://127.0.0.1:1"}
		r := h.must(post.Mail{Person: who, Purpose: "relationship", Subject: "Your order", Body: "Thank you"})
		h.work(t.Context())
		if m := h.message(r); m.State != outbox.Queued {
			t.Errorf("%s", m.State)
		}
		h.Channel = there
		h.clock.move(time.Minute)
		h.work(t.Context())
		if m := h.message(r); m.State != outbox.Sent {
			t.Errorf("%s", m.State)
		}
	})
}

// TestNotPromised withdraws a purpose from the notice while a message waits.
func TestNotPromised(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		who := h.person(1, "en", yes)
		r := h.must(post.Mail{Person: who, Purpose: "newsletter", Subject: "Welcome", Body: "Hello"})
		later := *h.terms
		later.Version, later.Question = 2, func(string, string, time.Time) (q permit.Question, err error) {
			return q, fault.New(fault.Denied, "notice.no_purpose", "the register notice has no such purpose")
		}
		h.terms = &later
		h.work(t.Context())
		if m := h.message(r); m.State != outbox.Skipped || m.Code != post.CodeNotPromised || h.catcher.Count() != 0 {
			t.Errorf("%+v", m)
		}
	})
}

// TestKeeper walks a person's letters: what they were made of is shown, moved with
// them, and gone after an erasure.
func TestKeeper(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.template(confirmation())
		from, to := h.person(1, "sv"), h.person(2, "sv")
		m := post.Mail{Person: from, Template: "order-confirmed", Data: order, Owner: "k", Key: "17"}
		r := h.must(m)
		var records []dossier.Record
		h.do(func(tx *db.Tx) error {
			return h.Export(tx, from, func(rec dossier.Record) error { records = append(records, rec); return nil })
		})
		if len(records) != 1 || !strings.Contains(fmt.Sprint(records[0].Values), "A-17") {
			t.Errorf("%+v", records)
		}
		h.do(func(tx *db.Tx) error {
			for _, mover := range []party.Mover{h.Outbox, h.Room} {
				if err := mover.Move(tx, from, to); err != nil {
					return err
				}
			}
			return nil
		})
		h.work(t.Context())
		if got := h.got(); got[addr(2)] != 1 {
			t.Errorf("what waited did not move: %v", got)
		}
		h.do(func(tx *db.Tx) error {
			held, err := h.Erase(tx, to, dossier.Plan{})
			if err == nil && (len(held) != 1 || held[0].Count != 1) {
				t.Errorf("%+v", held)
			}
			return err
		})
		h.do(func(tx *db.Tx) error {
			left, err := h.Holdings(tx, to)
			if len(left) != 0 {
				t.Errorf("%+v", left)
			}
			return err
		})
		if again := h.must(m); again.Message == r.Message {
			t.Error("a key leads to a message that was erased")
		}
	})
}

// TestTemplates holds what is refused, and that what was sent keeps its text.
func TestTemplates(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		saved := h.template(confirmation())
		for want, change := range map[string]func(*post.Template){
			"post.promotion":      func(x *post.Template) { x.Texts[1].Body = "Osta nyt, niin saat alennuksen" },
			"post.name":           func(x *post.Template) { x.Name = "Order confirmed" },
			"post.name_taken":     func(x *post.Template) { x.ID = 0 },
			"post.event":          func(x *post.Template) { x.Event = "Order!" },
			"post.language":       func(x *post.Template) { x.Texts[0].Language = "fi" },
			"post.no_text":        func(x *post.Template) { x.Texts = nil },
			"notice.not_promised": func(x *post.Template) { x.Purpose = "hobby" },
		} {
			x := *saved
			x.Texts = append([]post.Text(nil), saved.Texts...)
			change(&x)
			err := h.try(func(tx *db.Tx) error { _, err := h.SaveTemplate(tx, x); return err })
			if fault.KeyOf(err) != want {
				t.Errorf("%s: %v", want, err)
			}
		}
		h.person(1, "sv")
		h.must(post.Mail{Address: addr(1), Template: "order-confirmed", Data: order})
		x := *saved
		x.Texts = append([]post.Text(nil), saved.Texts...)
		for i := range x.Texts {
			x.Texts[i].Subject = "New"
		}
		changed := h.template(x)
		h.work(t.Context())
		if !strings.Contains(h.raw(1), "Subject: Din order A-17") {
			t.Error("what was accepted before the change got the new text")
		}
		h.do(func(tx *db.Tx) error {
			all, err := h.For(tx, "order.confirmed")
			if err == nil && (len(all) != 1 || all[0].ID != changed.ID || len(all[0].Texts) != 3) {
				t.Errorf("%+v", all)
			}
			return err
		})
		h.do(func(tx *db.Tx) error { return h.DeleteTemplate(tx, saved.ID) })
		if _, err := h.send(post.Mail{Address: addr(1), Template: "order-confirmed"}); fault.KeyOf(err) != "post.no_template" {
			t.Errorf("deleted: %v", err)
		}
	})
}

// TestMany sends some hundred confirmations over few sessions, two workers at a time.
func TestMany(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.template(confirmation())
		const n = 200
		var who []id.ID
		for i := range n {
			who = append(who, h.person(i, []string{"sv", "fi", "en"}[i%3]))
		}
		count := &counting{Channel: h.Channel}
		h.Channel = count
		start := time.Now()
		for i := range n {
			h.must(post.Mail{Person: who[i], Template: "order-confirmed", Data: order})
		}
		accepted := time.Since(start)
		h.work(t.Context())
		t.Logf("%d accepted in %s, sent in %s over %d sessions", n, accepted, time.Since(start)-accepted, count.opened)
		for i := range n {
			if got := h.got()[addr(i)]; got != 1 {
				t.Errorf("person %d: %d mails", i, got)
			}
		}
		if count.opened > 10 {
			t.Errorf("%d sessions", count.opened)
		}
	})
}

type counting struct {
	outbox.Channel
	mu     sync.Mutex
	opened int
}

func (c *counting) Open(ctx context.Context) (outbox.Session, error) {
	c.mu.Lock()
	c.opened++
	c.mu.Unlock()
	return c.Channel.Open(ctx)
}

// TestTidy holds what is kept, and for how long.
func TestTidy(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		who := h.person(1, "en")
		h.must(post.Mail{Person: who, Purpose: "relationship", Subject: "Your order", Body: "Thank you"})
		h.work(t.Context())
		tidied := func() (left int) {
			h.do(func(tx *db.Tx) error { return h.Begin(tx) })
			h.work(t.Context())
			h.do(func(tx *db.Tx) error {
				held, err := h.Holdings(tx, who)
				left = len(held)
				return err
			})
			return left
		}
		h.clock.move(23 * 30 * 24 * time.Hour)
		if tidied() != 1 {
			t.Error("gone too early")
		}
		h.clock.move(60 * 24 * time.Hour)
		if tidied() != 0 {
			t.Error("kept too long")
		}
	})
}

// TestTwoProcesses lets two processes send at the same time, while more comes in.
func TestTwoProcesses(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		const n = 120
		var who []id.ID
		for i := range n {
			who = append(who, h.person(i, "en", yes))
		}
		ctx, stop := context.WithCancel(t.Context())
		var all sync.WaitGroup
		for _, one := range []*house{h, h.another()} {
			all.Go(func() { one.workOnce(ctx) })
		}
		for i := range n {
			purpose := []string{"relationship", "newsletter"}[i%2]
			h.must(post.Mail{Person: who[i], Purpose: purpose, Subject: "Your order", Body: "Thank you"})
		}
		wait, done := context.WithTimeout(t.Context(), 30*time.Second)
		defer done()
		if err := h.catcher.Wait(wait, n); err != nil {
			t.Errorf("%d of %d mails: %v", h.catcher.Count(), n, err)
		}
		stop()
		all.Wait()
		got := h.got()
		for i := range n {
			if got[addr(i)] != 1 {
				t.Errorf("person %d: %d mails", i, got[addr(i)])
			}
		}
	})
}

// TestElsewhere holds that a message of service goes to the address it names, whatever
// is known of the person's first one, and to somebody restricted only when they asked
// for it. law: GDPR 18(2)
func TestElsewhere(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		who := h.person(1, "sv", no)
		letter := post.Mail{Person: who, Purpose: "relationship", Subject: "Key", Body: "Here it is.", To: "other@people.example"}
		h.do(func(tx *db.Tx) error { return h.Outbox.Party.MarkReach(tx, who, party.BadEmail, true) })
		r := h.must(letter)
		if !r.Allowed {
			t.Fatalf("the bad first address counts: %s", r.Code)
		}
		h.work(t.Context())
		if got := h.got(); len(got) != 1 || got["other@people.example"] != 1 {
			t.Fatalf("%v", got)
		}
		h.do(func(tx *db.Tx) error { return h.Outbox.Party.SetStatus(tx, who, party.Restricted) })
		if r := h.must(letter); r.Allowed || r.Code != permit.CodeRestricted {
			t.Errorf("restricted: %+v", r)
		}
		letter.Asked = true
		asked := h.must(letter)
		if !asked.Allowed {
			t.Errorf("restricted and asked: %+v", asked)
		}
		h.work(t.Context())
		if m := h.message(asked); m.State != outbox.Sent {
			t.Errorf("%+v", m)
		}
		letter.Purpose = "newsletter"
		if _, err := h.send(letter); fault.KeyOf(err) != "post.elsewhere" {
			t.Errorf("marketing elsewhere: %v", err)
		}
	})
}
