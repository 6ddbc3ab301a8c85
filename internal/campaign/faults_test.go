package campaign_test

import (
	"context"
	"runtime"
	"sync"
	"sync/atomic"
	"testing"
	"time"

	"kartotek/internal/campaign"
	"kartotek/internal/campaign/alarm"
	"kartotek/internal/catcher"
	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/id"
	"kartotek/internal/noticedef"
	"kartotek/internal/outbox"
	"kartotek/internal/outbox/channel/email"
	"kartotek/internal/outbox/preflight"
	"kartotek/internal/party"
	"kartotek/internal/relay"
)

// scripted is a mail server that does as it is told.
func scripted(t *testing.T, script catcher.Script) *catcher.Scripted {
	t.Helper()
	s, err := catcher.StartScript(script)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(s.Close)
	return s
}

// through sends by way of a pool with one relay.
func (h *house) through(url string) *relay.Room {
	r := &relay.Room{DB: h.DB, Keys: keys, Simple: url}
	h.Channel = r.Pool()
	return r
}

// once does an act the first time a verb is reached for somebody, or each time.
func nth(verb string, at int64, times int64, a catcher.Act) catcher.Script {
	var n atomic.Int64
	return func(v, _ string) catcher.Act {
		if v != verb {
			return catcher.Act{}
		}
		if i := n.Add(1); i >= at && i < at+times {
			return a
		}
		return catcher.Act{}
	}
}

// TestEveryVerb breaks the conversation in every way at every moment: each person
// ends where they should, nobody is sent two mails, and an hour later all is done.
func TestEveryVerb(t *testing.T) {
	const people, allowed = 60, 20
	drop, bye := catcher.Act{Drop: true}, catcher.Act{Reply: "421 4.3.2 closing down"}
	for _, c := range []struct {
		name              string
		verb              string
		act               catcher.Act
		failed, uncertain int
		twice             int // mails the server took although it said something else
	}{
		{"refused at the greeting", "CONNECT", catcher.Act{Reply: "554 5.3.2 not now"}, 0, 0, 0},
		{"busy at the greeting", "CONNECT", bye, 0, 0, 0},
		{"cut at EHLO", "EHLO", drop, 0, 0, 0},
		{"4xx at MAIL", "MAIL", catcher.Act{Reply: "451 4.3.0 later"}, 0, 0, 0},
		{"5xx at MAIL", "MAIL", catcher.Act{Reply: "550 5.7.1 sender refused"}, 1, 0, 0},
		{"421 at MAIL", "MAIL", bye, 0, 0, 0},
		{"cut at MAIL", "MAIL", drop, 0, 0, 0},
		{"4xx at RCPT", "RCPT", catcher.Act{Reply: "450 4.2.0 later"}, 0, 0, 0},
		{"5xx at RCPT", "RCPT", catcher.Act{Reply: "550 5.2.2 full"}, 1, 0, 0},
		{"421 at RCPT", "RCPT", bye, 0, 0, 0},
		{"cut at RCPT", "RCPT", drop, 0, 0, 0},
		{"4xx at DATA", "DATA", catcher.Act{Reply: "451 4.3.0 later"}, 0, 0, 0},
		{"5xx at DATA", "DATA", catcher.Act{Reply: "554 5.3.0 no"}, 1, 0, 0},
		{"cut at DATA", "DATA", drop, 0, 0, 0},
		{"4xx at the dot", "DOT", catcher.Act{Reply: "452 4.3.1 full"}, 0, 0, 0},
		{"5xx at the dot", "DOT", catcher.Act{Reply: "554 5.6.0 no"}, 1, 0, 0},
		{"421 at the dot", "DOT", bye, 0, 0, 0},
		{"cut after the dot", "DOT", drop, 0, 1, 1},
		{"nonsense after the dot", "DOT", catcher.Act{Reply: "hello"}, 0, 1, 0},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := newHouse(t, t.TempDir(), ticking(time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)), mailServer(t))
			ids := h.people(people)
			s := scripted(t, nth(c.verb, 1, 1, c.act))
			h.through(s.URL())
			for range 3 {
				if _, err := h.run(t.Context(), newsletter("June")); err != nil && !fault.Is(err, fault.Unavailable) {
					t.Fatal(err)
				}
				h.clock.move(2 * time.Hour)
			}
			out := h.mustRun(newsletter("June"))
			if out.Sent != allowed-c.failed-c.uncertain || out.Failed != c.failed || out.Uncertain != c.uncertain || out.Waiting != 0 {
				t.Errorf("results: %+v", out)
			}
			got := map[string]int{}
			for _, to := range s.Taken() {
				got[to]++
			}
			if len(s.Taken()) != out.Sent+c.twice {
				t.Errorf("%d mails were taken, %d are sent", len(s.Taken()), out.Sent)
			}
			for i, m := range h.messages("June", ids) {
				if n := got[addr(i)]; n > 1 || m.State == outbox.Sent && n != 1 || m.State == outbox.Failed && n != 0 || !m.State.Ended() {
					t.Errorf("person %d: %d mails, %s", i, n, m.State)
				}
			}
		})
	}
}

// TestHang holds that a server that stops answering costs its time and no more:
// before the text the message is tried again, after the final dot nobody can know.
func TestHang(t *testing.T) {
	for verb, uncertain := range map[string]int{"MAIL": 0, "RCPT": 0, "DATA": 0, "DOT": 1} {
		t.Run(verb, func(t *testing.T) {
			t.Parallel() // they wait
			h := newHouse(t, t.TempDir(), ticking(time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)), mailServer(t))
			h.people(60)
			s := scripted(t, nth(verb, 3, 1, catcher.Act{Wait: time.Hour}))
			short := 3 * time.Second // no answer of a busy machine's takes so long
			h.Channel = outbox.Email{URL: s.URL(), Options: email.Options{Timeouts: email.Timeouts{Reply: short, Data: short, Block: short, Dot: short}}}
			for range 2 {
				if _, err := h.run(t.Context(), newsletter("June")); err != nil {
					t.Fatal(err)
				}
				h.clock.move(time.Hour)
			}
			if out := h.mustRun(newsletter("June")); out.Sent != 20-uncertain || out.Uncertain != uncertain || out.Waiting != 0 || out.Failed != 0 {
				t.Errorf("results: %+v", out)
			}
		})
	}
}

// TestRefusedEverybody holds that a server that refuses everybody pauses the
// campaign instead of failing it, and that it goes on when that was put right.
func TestRefusedEverybody(t *testing.T) {
	for _, c := range []struct{ name, verb, reply string }{
		{"as policy", "RCPT", "550 5.7.26 this mail is unauthenticated"}, {"without a reason", "RCPT", "550 no"}, {"the sender", "MAIL", "553 5.1.8 sender rejected"},
	} {
		t.Run(c.name, func(t *testing.T) {
			h := newHouse(t, t.TempDir(), ticking(time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)), mailServer(t))
			ids := h.people(600)
			var healed atomic.Bool
			s := scripted(t, func(verb, _ string) catcher.Act {
				if verb == c.verb && !healed.Load() {
					return catcher.Act{Reply: c.reply}
				}
				return catcher.Act{}
			})
			h.Channel = outbox.Email{URL: s.URL()}
			out := h.mustRun(newsletter("June"))
			if out.State != campaign.Paused || out.Failed < 20 || out.Failed > 40 || out.Waiting != out.Allowed-out.Failed { // it may pause before everybody was decided about
				t.Errorf("results: %+v", out)
			}
			h.alarmed("June", "policy")
			for i, m := range h.messages("June", ids) {
				if m.State == outbox.Failed && h.bad(ids[i]) {
					t.Errorf("person %d is marked for what is the sender's", i)
				}
			}
			healed.Store(true)
			h.clock.move(time.Hour)
			if again := h.mustRun(newsletter("June")); again.State != campaign.Done || again.Sent != 200-out.Failed {
				t.Errorf("again: %+v", again)
			}
		})
	}
}

// TestPausedUnderWay holds that a run tells the whole of its results: an answer that
// came when the campaign had paused is among them.
func TestPausedUnderWay(t *testing.T) {
	h := newHouse(t, t.TempDir(), ticking(time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)), mailServer(t))
	ids := h.people(600)
	var refused atomic.Int32
	paused := make(chan struct{})
	s := scripted(t, func(verb, _ string) catcher.Act {
		if verb != "RCPT" {
			return catcher.Act{}
		}
		if refused.Add(1) == 1 {
			<-paused
		}
		return catcher.Act{Reply: "550 no"}
	})
	h.Channel = outbox.Email{URL: s.URL()}
	once := sync.OnceFunc(func() { close(paused) })
	defer once()
	failed := func() (n int) {
		for _, m := range h.messages("June", ids) {
			if m.State == outbox.Failed {
				n++
			}
		}
		return n
	}
	out, err := h.Run(t.Context(), newsletter("June"), campaign.RunOptions{By: by, Workers: 4, Watch: func(_ *campaign.Campaign, r campaign.Results) {
		if r.State == campaign.Paused {
			once()
			for t.Context().Err() == nil && failed() == r.Failed {
				runtime.Gosched()
			}
		}
	}})
	if n := failed(); err != nil || out.State != campaign.Paused || out.Failed != n || out.Waiting != 200-n {
		t.Fatalf("told %+v, %d failed: %v", out, n, err)
	}
}

func (h *house) alarmed(name, code string) {
	h.t.Helper()
	h.view(func(tx *db.Tx) error {
		c, err := h.Named(tx, name)
		if err != nil {
			return err
		}
		a, err := h.Alarmed(tx, c.ID)
		if err == nil && (a == nil || a.Code != code) {
			h.t.Errorf("alarm %+v, want %s", a, code)
		}
		return err
	})
}

func (h *house) bad(who id.ID) (bad bool) {
	h.t.Helper()
	h.view(func(tx *db.Tx) error {
		p, _, err := h.Outbox.Party.Get(tx, who)
		if err == nil {
			bad = p.Reach&party.BadEmail != 0
		}
		return err
	})
	return bad
}

// TestDeadAddresses holds that an address found to be wrong is not used again, and
// that too many of them pause the campaign.
func TestDeadAddresses(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ids := h.people(60)
		s := scripted(t, func(verb, to string) catcher.Act {
			if verb == "RCPT" && to == addr(6) {
				return catcher.Act{Reply: "550 5.1.1 user unknown"}
			}
			return catcher.Act{}
		})
		h.Channel = outbox.Email{URL: s.URL()}
		if out := h.mustRun(newsletter("June")); out.Failed != 1 || out.Sent != 19 {
			t.Errorf("results: %+v", out)
		}
		if !h.bad(ids[6]) || h.bad(ids[0]) {
			t.Error("the wrong address is not marked, or another is")
		}
		h.clock.move(time.Hour)
		if out := h.mustRun(newsletter("July")); out.Sent != 19 || out.Blocked["SUPPRESSED"] != 11 {
			t.Errorf("the next: %+v", out)
		}
	})
	t.Run("many", func(t *testing.T) {
		h := newHouse(t, t.TempDir(), ticking(time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)), mailServer(t))
		h.people(1200)
		var n atomic.Int64
		s := scripted(t, func(verb, _ string) catcher.Act {
			if verb == "RCPT" && n.Add(1)%5 == 0 {
				return catcher.Act{Reply: "550 5.1.1 user unknown"}
			}
			return catcher.Act{}
		})
		h.Channel = outbox.Email{URL: s.URL()}
		if out := h.mustRun(newsletter("June")); out.State != campaign.Paused || out.Waiting == 0 {
			t.Errorf("results: %+v", out)
		}
		h.alarmed("June", "bounces")
	})
}

// TestGate holds that what is not known about the sender makes a campaign wait, and
// that what is wrong pauses it before anybody is written to.
func TestGate(t *testing.T) {
	h := newHouse(t, t.TempDir(), ticking(time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)), mailServer(t))
	h.people(60)
	verdict := preflight.Stop
	h.Gate = func(_ context.Context, domain string, many bool) (preflight.Verdict, error) {
		if domain != "nordanvind.example" || !many {
			t.Errorf("asked about %s, many %v", domain, many)
		}
		return verdict, nil
	}
	if out := h.mustRun(newsletter("June")); out.State != campaign.Paused || out.Sent != 0 || out.Failed != 0 {
		t.Errorf("stopped: %+v", out)
	}
	h.alarmed("June", alarm.CodePreflight)
	if err := h.Ready(t.Context(), newsletter("June")); fault.KeyOf(err) != "campaign.not_ready" {
		t.Error(err)
	}
	verdict = preflight.Pause
	h.clock.move(time.Minute)
	ctx, stop := context.WithTimeout(t.Context(), 2*time.Second)
	defer stop()
	out, err := h.run(ctx, newsletter("June"))
	if err == nil || out.Sent != 0 || out.Failed != 0 || out.State == campaign.Paused {
		t.Errorf("not known: %+v %v", out, err)
	}
	verdict = preflight.Go
	h.clock.move(5 * time.Minute)
	if out := h.mustRun(newsletter("June")); out.Sent != 20 {
		t.Errorf("ready: %+v", out)
	}
}

// TestHeldMessages holds that a receiver's limit spreads its messages over time and
// counts no try.
func TestHeldMessages(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ids := h.people(30)
		var n atomic.Int64
		s := scripted(t, func(verb, _ string) catcher.Act {
			if verb == "RCPT" && n.Add(1) == 5 {
				return catcher.Act{Reply: "450 4.7.28 too many messages"}
			}
			return catcher.Act{}
		})
		h.through(s.URL())
		out := h.mustRun(newsletter("June"))
		if out.Sent < 4 || out.Sent > 5 || out.Waiting != 10-out.Sent || out.Failed != 0 {
			t.Errorf("results: %+v", out)
		}
		tries := 0
		for _, m := range h.messages("June", ids) {
			if m.State == outbox.Retry && m.Attempt == 1 {
				tries++
			}
		}
		if tries > 2 { // the one refused, and one that was announced already
			t.Errorf("%d have a counted try", tries)
		}
		for range 20 {
			h.clock.move(time.Minute)
			if out = h.mustRun(newsletter("June")); out.Waiting == 0 {
				break
			}
		}
		if out.Sent != 10 || len(s.Taken()) != 10 {
			t.Errorf("in the end: %+v, %d mails", out, len(s.Taken()))
		}
	})
}

// TestReturnPaths holds that each message has a return path of its own, which leads
// back to it.
func TestReturnPaths(t *testing.T) {
	h := newHouse(t, t.TempDir(), ticking(time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)), mailServer(t))
	h.people(18)
	h.ReturnDomain = "bounce.nordanvind.example"
	post := &spy{Channel: h.Channel}
	h.Channel = post
	h.mustRun(newsletter("June"))
	seen := map[id.ID]bool{}
	for _, from := range post.from {
		h.view(func(tx *db.Tx) error {
			got, err := h.Outbox.ByReturnPath(tx, from)
			if err != nil || got == nil {
				t.Errorf("%s leads nowhere: %v", from, err)
				return err
			}
			seen[got.ID] = true
			return nil
		})
	}
	if len(seen) != 6 {
		t.Errorf("%d messages", len(seen))
	}
}

// spy is a channel that remembers the senders of envelopes.
type spy struct {
	outbox.Channel
	mu   sync.Mutex
	from []string
}

type spying struct {
	outbox.Session
	s *spy
}

func (s *spy) Open(ctx context.Context) (outbox.Session, error) {
	c, err := s.Channel.Open(ctx)
	return &spying{c, s}, err
}

func (s *spying) Send(ctx context.Context, l outbox.Letter, ask func() error) outbox.Outcome {
	s.s.mu.Lock()
	s.s.from = append(s.s.from, l.From)
	s.s.mu.Unlock()
	return s.Session.Send(ctx, l, ask)
}

// anyProcessor is a notice that lists one.
func anyProcessor(*db.Tx) (*noticedef.Notice, error) {
	return &noticedef.Notice{Recipients: []noticedef.Recipient{{ID: "post", Role: "processor", Country: "FI", Receives: []string{"all"},
		Contract: &noticedef.Contract{Signed: "2025-01-01", Until: "open"}}}}, nil
}

// TestAlarmStands holds that an alarm is told as long as nobody has gone on with the
// campaign, and not when somebody pauses it later.
func TestAlarmStands(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.people(60)
		verdict := preflight.Stop
		h.Gate = func(context.Context, string, bool) (preflight.Verdict, error) { return verdict, nil }
		h.mustRun(newsletter("June"))
		told := func() (a *campaign.Alarm) {
			h.view(func(tx *db.Tx) error {
				c, err := h.Named(tx, "June")
				if err == nil {
					a, err = h.PausedBy(tx, c)
				}
				return err
			})
			return a
		}
		if a := told(); a == nil || a.Code != alarm.CodePreflight {
			t.Errorf("%+v", a)
		}
		verdict = preflight.Go
		h.clock.move(time.Minute)
		h.do(func(tx *db.Tx) error {
			c, err := h.Named(tx, "June")
			if err != nil {
				return err
			}
			if err := h.Resume(tx, c.ID); err != nil {
				return err
			}
			return h.Pause(tx, c.ID)
		})
		if a := told(); a != nil {
			t.Errorf("told of what somebody went on with: %+v", a)
		}
	})
}
