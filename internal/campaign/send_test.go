package campaign_test

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"

	"kartotek/internal/campaign"
	"kartotek/internal/catcher"
	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/id"
	"kartotek/internal/outbox"
	"kartotek/internal/permit"
)

const many = 300

// TestReachesExactlyTheAllowed sends to 300 people: those the rules allow get one
// mail, all others a row with the code that says why not, and a second run sends
// nothing.
func TestReachesExactlyTheAllowed(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ids := h.people(many)
		dry, err := h.Run(t.Context(), newsletter("June"), campaign.RunOptions{By: by, DryRun: true})
		if err != nil {
			t.Fatal(err)
		}
		out := h.mustRun(newsletter("June"))
		if out.Audience != many || out.Allowed != many/3 || out.Sent != many/3 || out.Failed+out.Uncertain+out.Waiting != 0 || out.State != campaign.Done {
			t.Errorf("results: %+v", out)
		}
		if dry.Allowed != out.Allowed || len(dry.Blocked) != len(out.Blocked) || dry.Sent != 0 {
			t.Errorf("dry run: %+v", dry)
		}
		h.checkSent(ids, "June")
		again := h.mustRun(newsletter("June"))
		if again.Sent != many/3 || h.catcher.Count() != many/3 {
			t.Errorf("again: %+v, %d mails", again, h.catcher.Count())
		}
		h.checkReplays(ids, "June")
	})
}

// checkSent holds that each person got what their sort allows, once, and has a row.
func (h *house) checkSent(ids []id.ID, name string) {
	h.t.Helper()
	got := h.got()
	for i, m := range h.messages(name, ids) {
		if m == nil {
			h.t.Fatalf("person %d has no row", i)
		}
		want, state := 1, outbox.Sent
		if expected[i%sorts] != "" {
			want, state = 0, outbox.Skipped
			if m.Code != expected[i%sorts] {
				h.t.Errorf("person %d: code %s, want %s", i, m.Code, expected[i%sorts])
			}
		}
		if got[addr(i)] != want || m.State != state {
			h.t.Errorf("person %d: %d mails, state %s, want %d and %s", i, got[addr(i)], m.State, want, state)
		}
	}
}

// checkReplays holds that every verdict can be replayed with the same answer.
func (h *house) checkReplays(ids []id.ID, name string) {
	h.t.Helper()
	all := h.messages(name, ids)
	h.view(func(tx *db.Tx) error {
		for i, m := range all {
			r, err := h.Outbox.Replay(tx, m)
			if err != nil {
				return err
			}
			if !r.Same {
				h.t.Errorf("person %d: stored %+v, replayed %+v (%s)", i, r.Stored, r.Again, r.Changed)
			}
		}
		return nil
	})
}

func TestLetter(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.people(3)
		h.mustRun(newsletter("June"))
		if h.catcher.Count() != 1 {
			t.Fatalf("%d mails", h.catcher.Count())
		}
		m, _ := h.catcher.Get(1)
		for _, want := range []string{"List-Unsubscribe: <https://register.example/u/", "List-Unsubscribe-Post: List-Unsubscribe=One-Click", "List-Id: ", "Feedback-ID: "} {
			if !strings.Contains(strings.ReplaceAll(string(m.Raw), "\r\n ", " "), want) {
				t.Errorf("the mail has no %q:\n%s", want, m.Raw)
			}
		}
	})
}

// TestServiceReachesObjectors holds that duty mail goes to those who objected.
func TestServiceReachesObjectors(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.people(12)
		c := newsletter("Opening hours")
		c.Purpose, c.Class = "relationship", permit.Service
		if out := h.mustRun(c); out.Sent != 10 || out.Blocked["SUPPRESSED"] != 2 {
			t.Errorf("results: %+v", out)
		}
	})
}

func TestRefusedCampaigns(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.people(6)
		for want, change := range map[string]func(*campaign.Campaign){
			"campaign.class":        func(c *campaign.Campaign) { c.Class = permit.Service },
			"notice.not_promised":   func(c *campaign.Campaign) { c.Channel = "sms" },
			"campaign.internal":     func(c *campaign.Campaign) { c.Purpose, c.Class = "analysis", permit.Internal },
			"campaign.from":         func(c *campaign.Campaign) { c.From = "nobody" },
			"segment.field_unknown": func(c *campaign.Campaign) { c.Audience = `shoe_size = 44` },
			"campaign.name":         func(c *campaign.Campaign) { c.Name = " " },
		} {
			c := newsletter("Refused " + want)
			change(c)
			if _, err := h.run(t.Context(), c); fault.KeyOf(err) != want {
				t.Errorf("%s: %v", want, err)
			}
		}
		c := newsletter("Loop")
		c.Body = "{{ person.shoe_size }}"
		if _, err := h.run(t.Context(), c); !fault.Is(err, fault.Invalid) {
			t.Errorf("unknown variable: %v", err)
		}
		if h.catcher.Count() != 0 {
			t.Errorf("%d mails were sent", h.catcher.Count())
		}
	})
}

func TestAudience(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.people(60)
		c := newsletter("Even")
		c.Audience = `tag "even" and consent newsletter email`
		if out := h.mustRun(c); out.Audience != 10 || out.Sent != 10 {
			t.Errorf("results: %+v", out)
		}
	})
}

// faulty is a channel that does something at the nth message.
type faulty struct {
	outbox.Channel
	mu     sync.Mutex
	n      int
	at     int
	before func() // the recipient was taken, the question not yet asked
	after  func() // the outcome is known, nothing recorded
}

type faultySession struct {
	outbox.Session
	f *faulty
}

func (f *faulty) Open(ctx context.Context) (outbox.Session, error) {
	s, err := f.Channel.Open(ctx)
	return &faultySession{s, f}, err
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

// TestCancelAndResume ends the context at several messages: everybody allowed
// gets one mail in the end and nobody is uncertain.
func TestCancelAndResume(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ids := h.people(many)
		channel := h.Channel
		for _, at := range []int{1, 2, 19, 20, 21, 33} {
			for _, before := range []bool{true, false} {
				ctx, cancel := context.WithCancel(t.Context())
				f := &faulty{Channel: channel, at: at, after: cancel}
				if before {
					f.before, f.after = cancel, nil
				}
				h.Channel = f
				if _, err := h.run(ctx, newsletter("June")); err == nil && f.n >= at {
					t.Errorf("cancelled at %d without an error", at)
				}
				cancel()
			}
		}
		h.Channel = channel
		if out := h.mustRun(newsletter("June")); out.Sent != many/3 || out.Uncertain != 0 {
			t.Errorf("results: %+v", out)
		}
		h.checkSent(ids, "June")
	})
}

// TestCrashAndResume kills the process, as far as the register can tell, at
// several messages. Nobody gets two mails, nobody is lost: who was handed over
// without an outcome is listed as uncertain.
func TestCrashAndResume(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ids := h.people(many)
		for _, at := range []int{1, 7, 20, 41} {
			dying := h.another()
			kill := func() { dying.DB.Close() }
			dying.Channel = &faulty{Channel: h.Channel, at: at, after: kill}
			if at == 7 {
				dying.Channel = &faulty{Channel: h.Channel, at: at, before: kill}
			}
			ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
			_, _ = dying.run(ctx, newsletter("June"))
			cancel()
			h.clock.move(time.Minute) // the lease runs out
		}
		out := h.mustRun(newsletter("June"))
		if out.Sent+out.Uncertain != many/3 || out.Uncertain == 0 || out.Waiting != 0 {
			t.Errorf("results: %+v", out)
		}
		got := h.got()
		for i, m := range h.messages("June", ids) {
			switch n := got[addr(i)]; {
			case n > 1, m.State == outbox.Sent && n != 1, m.State == outbox.Skipped && n != 0, !m.State.Ended():
				t.Errorf("person %d: %d mails, state %s", i, n, m.State)
			}
		}
		var listed []outbox.Message
		h.view(func(tx *db.Tx) error {
			c, err := h.Named(tx, "June")
			if err != nil {
				return err
			}
			listed, _, _, err = h.People(tx, c.ID, outbox.Uncertain, "", outbox.Begin(0), many)
			return err
		})
		if len(listed) != out.Uncertain {
			t.Errorf("%d are listed as uncertain, %d counted", len(listed), out.Uncertain)
		}
	})
}

// TestDutyMailAfterCrash holds that duty mail is sent again under the same id.
func TestDutyMailAfterCrash(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.people(30)
		c := newsletter("Opening hours")
		c.Purpose, c.Class = "relationship", permit.Service
		dying := h.another()
		dying.Channel = &faulty{Channel: h.Channel, at: 5, after: func() { dying.DB.Close() }}
		ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
		defer cancel()
		_, _ = dying.run(ctx, c)
		h.clock.move(time.Minute)
		if out := h.mustRun(c); out.Sent != 25 || out.Uncertain != 0 {
			t.Errorf("results: %+v", out)
		}
		ids := map[string]map[string]bool{}
		for i := range h.catcher.Count() {
			m, _ := h.catcher.Get(int64(i + 1))
			_, rest, _ := strings.Cut(string(m.Raw), "Message-ID: ")
			mid, _, _ := strings.Cut(rest, "\r\n")
			if ids[m.To] == nil {
				ids[m.To] = map[string]bool{}
			}
			ids[m.To][mid] = true
		}
		if len(ids) != 25 {
			t.Errorf("%d people were reached", len(ids))
		}
		for to, mids := range ids {
			if len(mids) != 1 {
				t.Errorf("%s got mail under %d ids", to, len(mids))
			}
		}
	})
}

// TestObjectionWhileRunning lets everybody object after the fifth message: it and
// all others stop, although they were handed over already.
func TestObjectionWhileRunning(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ids := h.people(many)
		other := h.another()
		f := &faulty{Channel: h.Channel, at: 5}
		f.before = func() {
			h.clock.move(time.Second)
			for _, who := range ids {
				other.do(func(tx *db.Tx) error {
					_, err := other.Outbox.StopAll(tx, who, outbox.Said{Method: "one-click"})
					return err
				})
			}
			h.clock.move(time.Second)
		}
		h.Channel = f
		file := newsletter("June")
		out, err := h.Run(t.Context(), file, campaign.RunOptions{By: by, Workers: 1})
		if err != nil {
			t.Fatal(err)
		}
		if out.Sent != 4 || h.catcher.Count() != 4 || out.Blocked["PROHIBITED-ALL"] == 0 || out.Waiting != 0 {
			t.Errorf("%d mails, results %+v", h.catcher.Count(), out)
		}
		h.checkReplays(ids, "June")
	})
}

// TestTwoSenders lets two processes share one campaign.
func TestTwoSenders(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ids := h.people(many)
		h.do(func(tx *db.Tx) error {
			c, err := h.Save(tx, *newsletter("June"))
			if err != nil {
				return err
			}
			return h.Start(tx, c.ID)
		})
		var wg sync.WaitGroup
		for _, p := range []*house{h, h.another(), h.another()} {
			wg.Go(func() {
				if _, err := p.run(t.Context(), newsletter("June")); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		h.checkSent(ids, "June")
	})
}

// TestServerFaults orders refusals and checks where each leads.
func TestServerFaults(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		for _, c := range []struct {
			verb                             catcher.Verb
			code                             int
			sent, failed, waiting, uncertain int
		}{
			{catcher.AtRcpt, 550, 99, 1, 0, 0},
			{catcher.AtRcpt, 450, 99, 0, 1, 0},
			{catcher.AtMail, 451, 99, 0, 1, 0},
			{catcher.AtDot, 452, 99, 0, 1, 0},
			{catcher.AtDot, 554, 99, 1, 0, 0},
		} {
			t.Run(fmt.Sprintf("%s %d", c.verb, c.code), func(t *testing.T) {
				h := newHouse(t, engineDSN(t, h), ticking(h.clock.Now()), mailServer(t))
				h.people(many)
				h.catcher.Fail(c.verb, c.code, 1)
				out := h.mustRun(newsletter("June"))
				if out.Sent != c.sent || out.Failed != c.failed || out.Waiting != c.waiting || out.Uncertain != c.uncertain {
					t.Errorf("results: %+v", out)
				}
				h.clock.move(time.Hour)
				if out := h.mustRun(newsletter("June")); out.Waiting != 0 || out.Sent != many/3-c.failed {
					t.Errorf("after an hour: %+v", out)
				}
			})
		}
	})
}

func TestServerUnreachable(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ids := h.people(60)
		channel := h.Channel
		h.Channel = outbox.Email{URL: "smtp://127.0.0.1:1"}
		if _, err := h.run(t.Context(), newsletter("June")); !fault.Is(err, fault.Unavailable) {
			t.Errorf("got %v", err)
		}
		h.Channel = channel
		h.clock.move(time.Minute)
		h.mustRun(newsletter("June"))
		h.checkSent(ids, "June")
	})
}

func TestPauseResumeStop(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ids := h.people(many)
		other := h.another()
		act := func(fn func(tx *db.Tx, which id.ID) error) {
			other.do(func(tx *db.Tx) error {
				c, err := other.Named(tx, "June")
				if err != nil {
					return err
				}
				return fn(tx, c.ID)
			})
		}
		channel := h.Channel
		h.Channel = &faulty{Channel: channel, at: 3, after: func() { act(other.Pause) }}
		out := h.mustRun(newsletter("June"))
		if out.State != campaign.Paused || out.Waiting == 0 {
			t.Errorf("paused: %+v", out)
		}
		h.Channel = &faulty{Channel: channel, at: 3, after: func() { act(other.Stop) }}
		h.clock.move(time.Minute)
		out = h.mustRun(newsletter("June"))
		if out.State != campaign.Stopped {
			t.Errorf("stopped: %+v", out)
		}
		h.Channel = channel
		for i, m := range h.messages("June", ids) {
			if !m.State.Ended() {
				t.Errorf("person %d is %s", i, m.State)
			}
		}
		h.checkReplays(ids, "June")
	})
}

func TestSuppressedAddress(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.people(12)
		h.do(func(tx *db.Tx) error {
			return errors.Join(
				h.Outbox.Suppress(tx, "Person0@People.example", outbox.Suppression{Kind: "email", Class: outbox.HoldAll, Reason: "bounce"}),
				h.Outbox.Suppress(tx, addr(6), outbox.Suppression{Kind: "email", Class: outbox.HoldMarketing, Reason: outbox.ReasonAsked}))
		})
		out := h.mustRun(newsletter("June"))
		if out.Sent != 2 || out.Blocked["SUPPRESSED"] != 3 || out.Blocked["PROHIBITED-CHANNEL"] != 3 {
			t.Errorf("results: %+v", out)
		}
	})
}

// cutter stands between sender and mail server and cuts the connection once, at
// the end of the first mail: before the server has its final dot, or after it.
func cutter(t *testing.T, server string, after bool) string {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { l.Close() })
	var once sync.Once
	go func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			s, err := net.Dial("tcp", server)
			if err != nil {
				c.Close()
				return
			}
			go between(c, s, &once, after)
		}
	}()
	return "smtp://" + l.Addr().String()
}

const finalDot = "\r\n.\r\n"

func between(c, s net.Conn, once *sync.Once, after bool) {
	defer c.Close()
	defer s.Close()
	answers := make(chan struct{})
	go func() { defer close(answers); _, _ = io.Copy(c, s); c.Close() }()
	buf := make([]byte, 1<<20)
	for {
		n, err := c.Read(buf)
		if err != nil {
			return
		}
		part, cut := buf[:n], false
		if strings.HasSuffix(string(part), finalDot) {
			once.Do(func() { cut = true })
		}
		if cut && after {
			c.Close() // the server still gets all of it; its answer finds nobody
		} else if cut {
			part = part[:len(part)-len(finalDot)]
		}
		if _, err := s.Write(part); err != nil {
			return
		}
		if cut && after {
			<-answers
		}
		if cut {
			return
		}
	}
}

// TestDropAtFinalDot cuts the connection at the final dot: nobody can know what
// became of the mail, so it is uncertain and never sent again.
func TestDropAtFinalDot(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		for i, after := range []bool{false, true} {
			h := newHouse(t, engineDSN(t, h), ticking(h.clock.Now()), mailServer(t))
			h.people(60)
			h.Channel = outbox.Email{URL: cutter(t, h.catcher.Addr(), after)}
			for range 2 {
				out := h.mustRun(newsletter("June"))
				if out.Uncertain != 1 || out.Sent != 19 || out.Waiting != 0 {
					t.Errorf("after %v: %+v", after, out)
				}
				h.clock.move(24 * time.Hour)
			}
			if h.catcher.Count() != 19+i {
				t.Errorf("after %v: %d mails", after, h.catcher.Count())
			}
		}
	})
}

// TestGivenUp changes the notice between the decision and the send: the run ends
// with an error instead of waiting, and goes on when the promise is back.
func TestGivenUp(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ids := h.people(60)
		terms := h.Terms
		h.do(func(tx *db.Tx) error {
			c, err := h.Save(tx, *newsletter("June"))
			if err != nil {
				return err
			}
			return h.Start(tx, c.ID)
		})
		h.Terms = func(tx *db.Tx) (*campaign.Terms, error) {
			broken, err := terms(tx)
			if err != nil {
				return nil, err
			}
			other := *broken
			other.Question = func(string, string, time.Time) (permit.Question, error) {
				return permit.Question{}, fault.New(fault.Denied, "notice.not_promised", "no longer promised")
			}
			return &other, nil
		}
		if _, err := h.run(t.Context(), newsletter("June")); fault.KeyOf(err) != "campaign.given_up" {
			t.Errorf("got %v", err)
		}
		if h.catcher.Count() != 0 {
			t.Errorf("%d mails were sent", h.catcher.Count())
		}
		h.Terms = terms
		h.mustRun(newsletter("June"))
		h.checkSent(ids, "June")
	})
}
