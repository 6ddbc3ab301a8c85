package campaign_test

import (
	"context"
	"fmt"
	"strings"
	"testing"
	"time"

	"kartotek/internal/campaign"
	"kartotek/internal/catcher"
	"kartotek/internal/db"
	"kartotek/internal/party"
	"kartotek/internal/relay"
)

// crowd fills the register with n customers of a domain each.
func (h *house) crowd(n int, domain func(i int) string) {
	h.t.Helper()
	h.do(func(tx *db.Tx) error {
		var drafts []*party.Draft
		for i := range n {
			to := fmt.Sprintf("person%d@%s", i, domain(i))
			d := &party.Draft{New: true, Key: to, KeyKind: "email"}
			d.ID, d.Email, d.FirstName, d.Country, d.Language = tx.NewID(), to, "Åsa", "FI", "sv"
			d.Registered, d.Changed = tx.Now(), tx.Now()
			drafts = append(drafts, d)
		}
		return h.Outbox.Party.NewLoader().Write(tx, drafts)
	})
	h.clock.move(time.Minute)
}

func duty(name string) *campaign.Campaign {
	c := newsletter(name)
	c.Purpose, c.Class = "relationship", "service"
	return c
}

// rate sends a service letter to everybody and gives how long it took until so many of
// the quick arrived. What is put off for longer than a run waits gets its time at once.
func (h *house) rate(t *testing.T, s []*catcher.Scripted, quick string, want int) time.Duration {
	t.Helper()
	ctx, stop := context.WithCancel(t.Context())
	defer stop()
	start, done := time.Now(), make(chan error, 1)
	file := duty("Opening hours")
	go func() {
		out, err := h.Run(ctx, file, campaign.RunOptions{By: by, Workers: 8})
		for err == nil && out.State.Running() {
			h.clock.move(patience)
			out, err = h.Run(ctx, file, campaign.RunOptions{By: by, Workers: 8})
		}
		done <- err
	}()
	for {
		n := 0
		for _, one := range s {
			for _, to := range one.Taken() {
				if strings.HasSuffix(to, quick) {
					n++
				}
			}
		}
		if n >= want {
			took := time.Since(start)
			stop()
			<-done
			return took
		}
		select {
		case err := <-done:
			t.Fatalf("%d of %d arrived, then it ended: %v", n, want, err)
		case <-time.After(5 * time.Millisecond):
		}
	}
}

// patience is how long a run waits for what is due soon.
const patience = 10 * time.Second

// unhurt compares how long sending took with somebody bad and without, for as many
// tries as a machine that is busy with other things may need: a hold-up stays.
func unhurt(t *testing.T, slack time.Duration, with, without func() time.Duration) {
	t.Helper()
	var bad, good time.Duration
	for range 4 {
		if bad, good = with(), without(); bad <= good*3/2+slack {
			t.Logf("%v with, %v without", bad, good)
			return
		}
	}
	t.Errorf("the others are held up: %v, without %v", bad, good)
}

// TestSlowReceiver holds that one receiver that takes 400 ms for each mail does not
// hold up the others.
func TestSlowReceiver(t *testing.T) {
	const people = 2000
	took := func(slow bool) time.Duration {
		h := newHouse(t, t.TempDir(), ticking(time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)), mailServer(t))
		h.crowd(people, func(i int) string {
			if i%10 == 0 {
				return "slow.example"
			}
			return "quick.example"
		})
		s := scripted(t, func(verb, to string) catcher.Act {
			if slow && verb == "RCPT" && strings.HasSuffix(to, "@slow.example") {
				return catcher.Act{Wait: 400 * time.Millisecond}
			}
			return catcher.Act{}
		})
		h.through(s.URL())
		return h.rate(t, []*catcher.Scripted{s}, "@quick.example", people*9/10)
	}
	unhurt(t, 2*time.Second, func() time.Duration { return took(true) }, func() time.Duration { return took(false) })
}

// TestDeadRelays holds that of ten relays one that is dead, one that hangs and one
// that is slow do not hold up the others.
func TestDeadRelays(t *testing.T) {
	const people = 2000
	for name, bad := range map[string]catcher.Script{
		"dead":  nil,
		"hangs": func(string, string) catcher.Act { return catcher.Act{Wait: time.Hour} },
		"slow":  func(string, string) catcher.Act { return catcher.Act{Wait: 400 * time.Millisecond} },
	} {
		t.Run(name, func(t *testing.T) {
			through := func(all ...*catcher.Scripted) time.Duration {
				h := newHouse(t, t.TempDir(), ticking(time.Date(2026, 11, 2, 9, 0, 0, 0, time.UTC)), mailServer(t))
				h.crowd(people, func(int) string { return "quick.example" })
				for range 9 {
					all = append(all, scripted(t, nil))
				}
				return h.rateThrough(t, all, people)
			}
			unhurt(t, 3*time.Second, func() time.Duration {
				one := scripted(t, bad)
				if bad == nil {
					one.Close()
				}
				return through(one)
			}, func() time.Duration { return through() })
		})
	}
}

func (h *house) rateThrough(t *testing.T, all []*catcher.Scripted, want int) time.Duration {
	t.Helper()
	r := &relay.Room{DB: h.DB, Keys: keys, Notice: anyProcessor}
	h.do(func(tx *db.Tx) error {
		for i, s := range all {
			if _, err := r.Add(tx, relay.Relay{Name: fmt.Sprintf("r%d", i), URL: s.URL(), Recipient: "post"}); err != nil {
				return err
			}
		}
		return nil
	})
	h.Channel = r.Pool()
	if want > 50 {
		want -= 20 // what was handed to the bad one may be under way for long
	}
	return h.rate(t, all, "@quick.example", want)
}
