package campaign_test

import (
	"strings"
	"testing"
	"time"

	"kartotek/internal/campaign"
	"kartotek/internal/campaign/def"
	"kartotek/internal/catcher"
	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/id"
	"kartotek/internal/outbox"
)

func (h *house) start(which id.ID) {
	h.t.Helper()
	h.do(func(tx *db.Tx) error { return h.Start(tx, which) })
}

// contest is a newsletter with a test of three subjects on half of the audience.
func contest() *campaign.Campaign {
	c := newsletter("June")
	c.Options.Split = &campaign.Split{Others: []campaign.Variant{{Subject: "Second"}, {Subject: "Third", Body: "Another text.\n"}}, Share: 50, Measure: def.Unsubscribes, Hours: 4}
	return c
}

// letters counts the mails by the start of their subject.
func (h *house) letters() map[string]int {
	out := map[string]int{}
	for _, m := range h.catcher.List(catcher.MaxMails, 0) {
		first, _, _ := strings.Cut(m.Subject, " ")
		out[first]++
	}
	return out
}

// TestSplit sends three letters to half of the audience, lets some of the readers
// of two of them say no, and sends the third to the rest when the time is over.
func TestSplit(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ids := h.people(many)
		which := h.draft(contest())
		h.start(which)
		h.work()
		c := h.state(which)
		tried := h.catcher.Count()
		if c.State != campaign.Choosing || tried < many/3/4 || tried > many/3*3/4 {
			t.Fatalf("the test: %s, %d of %d mails", c.State, tried, many/3)
		}
		if got := h.letters(); got["Hello"] == 0 || got["Second"] == 0 || got["Third"] == 0 {
			t.Errorf("letters: %v", got)
		}
		said := map[int]bool{}
		for _, m := range h.messages("June", ids) {
			if m.State == outbox.Sent && m.Variant != c.VariantOf(m.Person) {
				t.Errorf("the row says letter %d, the draw %d", m.Variant, c.VariantOf(m.Person))
			}
			if m.State == outbox.Sent && m.Variant < 3 && !said[m.Variant] {
				said[m.Variant] = true
				h.do(func(tx *db.Tx) error {
					_, err := h.Outbox.Unsubscribe(tx, m, outbox.Said{Method: "one-click"})
					return err
				})
			}
		}
		h.clock.move(4*time.Hour - time.Minute)
		h.work()
		if h.catcher.Count() != tried {
			t.Fatal("the rest was sent before the time was over")
		}
		h.clock.move(2 * time.Minute)
		h.work()
		c = h.state(which)
		s := c.Options.Split
		if c.State != campaign.Done || s.Winner != 3 || len(s.Tried) != 3 || s.Tried[0].Noes != 1 || s.Tried[1].Noes != 1 || s.Tried[2].Noes != 0 {
			t.Fatalf("the choice: %s %+v", c.State, s)
		}
		if n := s.Tried[0].Sent + s.Tried[1].Sent + s.Tried[2].Sent; n != tried {
			t.Errorf("%d counted, %d sent", n, tried)
		}
		h.checkSent(ids, "June")
		if got := h.letters(); got["Third"] != s.Tried[2].Sent+many/3-tried {
			t.Errorf("letters: %v, tried %+v", got, s.Tried)
		}
	})
}

// TestSplitByHand chooses before the time is over, stops, and chooses in a pause.
func TestSplitByHand(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.people(many)
		which := h.draft(contest())
		h.start(which)
		h.work()
		choose := func(n int) error {
			return h.DB.Do(t.Context(), by, func(tx *db.Tx) error { return h.Choose(tx, which, n, nil) })
		}
		for n, want := range map[int]string{0: "campaign.no_letter", 4: "campaign.no_letter"} {
			if err := choose(n); fault.KeyOf(err) != want {
				t.Errorf("letter %d: %v", n, err)
			}
		}
		h.do(func(tx *db.Tx) error { return h.Pause(tx, which) })
		if err := choose(2); err != nil {
			t.Fatal(err)
		}
		before := h.catcher.Count()
		h.work()
		if h.catcher.Count() != before {
			t.Error("a paused campaign was sent")
		}
		h.do(func(tx *db.Tx) error { return h.Resume(tx, which) })
		h.work()
		if c := h.state(which); c.State != campaign.Done || h.catcher.Count() != many/3 {
			t.Errorf("%s, %d mails", c.State, h.catcher.Count())
		}
		if err := choose(1); fault.KeyOf(err) != "campaign.chosen" {
			t.Errorf("a second choice: %v", err)
		}
		h.clock.move(5 * time.Hour)
		h.work()
		if c := h.state(which); c.Options.Split.Winner != 2 || h.catcher.Count() != many/3 {
			t.Errorf("after its time: %+v", c.Options.Split)
		}
	})
}

// TestSplitStopped skips those who waited for the choice.
func TestSplitStopped(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.people(many)
		which := h.draft(contest())
		h.start(which)
		h.work()
		sent := h.catcher.Count()
		h.do(func(tx *db.Tx) error { return h.Stop(tx, which) })
		h.work()
		var out campaign.Results
		h.view(func(tx *db.Tx) (err error) { out, err = h.Results(tx, which); return err })
		if out.Sent != sent || out.Waiting != 0 || out.Blocked[outbox.CodeStopped] != many/3-sent {
			t.Errorf("%+v, %d sent", out, sent)
		}
	})
}
