package campaign_test

import (
	"testing"
	"time"

	"kartotek/internal/campaign"
	"kartotek/internal/campaign/def"
	"kartotek/internal/fault"
	"kartotek/internal/outbox"
	"kartotek/internal/permit"
)

// TestCap sends newsletters under a limit of one a week: the second reaches
// nobody, and says why; after a week one does again; a service message always.
func TestCap(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		ids := h.people(24)
		limited := func(name string) *campaign.Campaign {
			c := newsletter(name)
			c.Options.Cap = &campaign.Cap{Most: 1, Days: 7}
			return c
		}
		if out := h.mustRun(limited("One")); out.Sent != 8 {
			t.Fatalf("first: %+v", out)
		}
		dry, err := h.Run(t.Context(), limited("Two"), campaign.RunOptions{By: by, DryRun: true})
		if err != nil || dry.Allowed != 0 || dry.Blocked[outbox.CodeCap] != 8 {
			t.Errorf("dry run of the second: %+v %v", dry, err)
		}
		if out := h.mustRun(limited("Two")); out.Sent != 0 || out.Blocked[outbox.CodeCap] != 8 {
			t.Errorf("second: %+v", out)
		}
		h.checkReplays(ids, "Two")
		service := limited("Opening hours")
		service.Purpose, service.Class = "relationship", permit.Service
		if out := h.mustRun(service); out.Sent != 20 {
			t.Errorf("service: %+v", out)
		}
		h.clock.move(7*24*time.Hour + time.Minute)
		if out := h.mustRun(limited("Three")); out.Sent != 8 || out.Blocked[outbox.CodeCap] != 0 {
			t.Errorf("a week later: %+v", out)
		}
	})
}

// TestCapAtHandOver holds that the limit is asked about again when a campaign
// that was decided long ago goes on.
func TestCapAtHandOver(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.clock.set(at(t, "2026-08-01 23:00:00 +0300"))
		h.people(24)
		first := newsletter("Waits for the morning")
		first.Options.Cap = &campaign.Cap{Most: 1, Days: 7}
		first.Options.Quiet = &campaign.Quiet{From: "21:00", To: "08:00", Zone: helsinki}
		if out := h.mustRun(first); out.Waiting != 8 || out.Sent != 0 {
			t.Fatalf("at night: %+v", out)
		}
		if out := h.mustRun(newsletter("Night letter")); out.Sent != 8 {
			t.Fatalf("another: %+v", out)
		}
		h.clock.set(at(t, "2026-08-02 08:00:01 +0300"))
		if out := h.mustRun(first); out.Sent != 0 || out.Blocked[outbox.CodeCap] != 8 || out.State != campaign.Done {
			t.Errorf("in the morning: %+v", out)
		}
	})
}

// TestQuietHours is a campaign started in the evening: it waits by itself, for the
// first minute after the quiet hours, and goes on by itself.
func TestQuietHours(t *testing.T) {
	for _, c := range []struct{ name, from, to, start, quiet, over string }{
		{"over midnight", "21:00", "08:00", "2026-08-01 22:00:00 +0300", "2026-08-02 07:59:30 +0300", "2026-08-02 08:00:01 +0300"},
		{"by day", "12:00", "13:00", "2026-08-01 12:30:00 +0300", "2026-08-01 12:59:30 +0300", "2026-08-01 13:00:01 +0300"},
		{"to a time that is not shown", "21:00", "03:30", "2027-03-27 23:00:00 +0200", "2027-03-28 02:59:30 +0200", "2027-03-28 04:00:01 +0300"},
		{"to a time that is shown twice", "21:00", "03:30", "2026-10-24 23:00:00 +0300", "2026-10-25 03:29:30 +0300", "2026-10-25 03:30:01 +0300"},
	} {
		t.Run(c.name, func(t *testing.T) {
			each(t, func(t *testing.T, h *house) {
				h.clock.set(at(t, c.start))
				h.people(12)
				letter := newsletter("Evening letter")
				letter.Options.Quiet = &campaign.Quiet{From: c.from, To: c.to, Zone: helsinki}
				which := h.draft(letter)
				h.start(which)
				for _, moment := range []string{"", c.quiet} {
					if moment != "" {
						h.clock.set(at(t, moment))
					}
					h.work()
					got := h.state(which)
					until := got.QuietUntil(h.clock.Now())
					if got.State != campaign.Sending || h.catcher.Count() != 0 || until.Sub(at(t, c.over)).Abs() > time.Second {
						t.Fatalf("%s: %s, %d mails, until %s", moment, got.State, h.catcher.Count(), until)
					}
				}
				h.clock.set(at(t, c.over))
				h.work()
				if got := h.state(which); got.State != campaign.Done || h.catcher.Count() != 4 {
					t.Errorf("after: %s, %d mails", got.State, h.catcher.Count())
				}
			})
		})
	}
}

func TestOptionsRefused(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		other := []campaign.Variant{{Subject: "Other"}}
		for want, o := range map[string]campaign.Options{
			"campaign.cap":          {Cap: &campaign.Cap{Most: 0, Days: 7}},
			"campaign.quiet":        {Quiet: &campaign.Quiet{From: "nine", To: "08:00", Zone: helsinki}},
			"campaign.quiet_always": {Quiet: &campaign.Quiet{From: "08:00", To: "08:00", Zone: helsinki}},
			"campaign.zone":         {Quiet: &campaign.Quiet{From: "08:00", To: "09:00", Zone: "Mars/Base"}},
			"campaign.letters":      {Split: &campaign.Split{Share: 20, Measure: def.Complaints}},
			"campaign.share":        {Split: &campaign.Split{Share: 0, Measure: def.Complaints, Others: other}},
			"campaign.hours":        {Split: &campaign.Split{Share: 20, Hours: -1, Measure: def.Complaints, Others: other}},
			"campaign.measure":      {Split: &campaign.Split{Share: 20, Measure: "opens", Others: other}},
			"campaign.no_clicks":    {Split: &campaign.Split{Share: 20, Measure: def.Clicks, Others: other}},
			"campaign.same_letter":  {Split: &campaign.Split{Share: 20, Measure: def.Complaints, Others: []campaign.Variant{{}}}},
		} {
			c := newsletter("June")
			c.Options = o
			if _, err := h.run(t.Context(), c); fault.KeyOf(err) != want {
				t.Errorf("%s: %v", want, err)
			}
		}
	})
}
