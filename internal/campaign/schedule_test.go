package campaign_test

import (
	"context"
	"testing"
	"time"

	"kartotek/internal/campaign"
	"kartotek/internal/clock"
	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/id"
	"kartotek/internal/job"
	"kartotek/internal/permit"
)

const helsinki = "Europe/Helsinki"

// at reads a moment in Helsinki as the wall shows it in winter or summer time.
func at(t *testing.T, text string) time.Time {
	t.Helper()
	out, err := time.Parse("2006-01-02 15:04:05 -0700", text)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// set moves the clock to a moment, whichever way.
func (c *tock) set(to time.Time) { c.move(to.Sub(c.Now())) }

// draft saves a campaign and gives its key.
func (h *house) draft(c *campaign.Campaign) (which id.ID) {
	h.t.Helper()
	h.do(func(tx *db.Tx) error {
		saved, err := h.Save(tx, *c)
		if err == nil {
			which = saved.ID
		}
		return err
	})
	return which
}

// work lets the register's jobs run until nothing is due now.
func (h *house) work() {
	h.t.Helper()
	run := &job.Runner{DB: h.DB, Workers: 2}
	h.Handle(run)
	ctx, stop := context.WithCancel(h.t.Context())
	ended := make(chan error, 1)
	go func() { ended <- run.Run(ctx) }()
	tick := time.NewTicker(5 * time.Millisecond)
	defer tick.Stop()
	for h.due() {
		<-tick.C
	}
	stop()
	if err := <-ended; err != nil {
		h.t.Fatal(err)
	}
}

// due reports whether a job is at work, or could be.
func (h *house) due() (due bool) {
	h.view(func(tx *db.Tx) error {
		soon := tx.Time().Add(time.Second) // also what was enqueued after this transaction began
		for _, s := range []job.State{job.Ready, job.Running} {
			all, err := job.List(tx, "", s, 0, 1000)
			if err != nil {
				return err
			}
			for _, j := range all {
				due = due || s == job.Running || j.RunAt.Before(soon)
			}
		}
		return nil
	})
	return due
}

func (h *house) state(which id.ID) (c *campaign.Campaign) {
	h.t.Helper()
	h.view(func(tx *db.Tx) (err error) { c, err = h.Get(tx, which); return err })
	return c
}

func (h *house) plan(which id.ID, date, hour string) (when time.Time) {
	h.t.Helper()
	h.do(func(tx *db.Tx) (err error) {
		when, err = h.Plan(tx, which, campaign.Schedule{Date: date, Time: hour, Zone: helsinki})
		return err
	})
	return when
}

// TestScheduleThroughClockChanges is a start planned for the two nights when the
// clock is changed: never early, once, also when the machine's clock is put back.
func TestScheduleThroughClockChanges(t *testing.T) {
	for _, c := range []struct {
		name, date, hour    string
		before, early, late string
		odd                 clock.Odd
	}{
		{"plain", "2026-08-03", "09:00", "2026-08-01 12:00:00 +0300", "2026-08-03 08:59:30 +0300", "2026-08-03 09:00:01 +0300", clock.Plain},
		{"gap", "2027-03-28", "03:30", "2027-03-27 12:00:00 +0200", "2027-03-28 02:59:30 +0200", "2027-03-28 04:00:01 +0300", clock.Gap},
		{"fold", "2026-10-25", "03:30", "2026-10-24 12:00:00 +0300", "2026-10-25 03:29:30 +0300", "2026-10-25 03:30:01 +0300", clock.Fold},
		{"leap day", "2028-02-29", "23:59", "2028-02-28 12:00:00 +0200", "2028-02-29 23:58:30 +0200", "2028-02-29 23:59:01 +0200", clock.Plain},
	} {
		t.Run(c.name, func(t *testing.T) {
			each(t, func(t *testing.T, h *house) {
				h.clock.set(at(t, c.before))
				h.people(6)
				which := h.draft(newsletter("Night letter"))
				h.plan(which, c.date, c.hour)
				if _, odd, _ := h.state(which).Options.Schedule.When(); odd != c.odd {
					t.Errorf("the time is %q, want %q", odd, c.odd)
				}
				h.work()
				h.clock.set(at(t, c.early))
				h.work()
				if got := h.state(which).State; got != campaign.Scheduled || h.catcher.Count() != 0 {
					t.Fatalf("too early: %s, %d mails", got, h.catcher.Count())
				}
				h.clock.set(at(t, c.late))
				h.work()
				if got := h.state(which).State; got != campaign.Done || h.catcher.Count() != 2 {
					t.Fatalf("at its time: %s, %d mails", got, h.catcher.Count())
				}
				for _, jump := range []time.Duration{-time.Hour, time.Hour, time.Hour} { // the hour comes twice
					h.clock.move(jump)
					h.work()
				}
				if n := h.catcher.Count(); n != 2 {
					t.Errorf("%d mails after the clock was put back and on", n)
				}
			})
		})
	}
}

func TestScheduleChangesAndEnds(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.clock.set(at(t, "2026-08-01 12:00:00 +0300"))
		h.people(6)
		which := h.draft(newsletter("June"))
		h.plan(which, "2026-08-02", "09:00")
		h.plan(which, "2026-08-03", "09:00") // later: the first time brings nothing
		h.clock.set(at(t, "2026-08-02 09:00:01 +0300"))
		h.work()
		if c := h.state(which); c.State != campaign.Scheduled {
			t.Fatalf("at the time it no longer has: %s", c.State)
		}
		h.do(func(tx *db.Tx) error { return h.Unplan(tx, which) })
		h.clock.set(at(t, "2026-08-03 09:00:01 +0300"))
		h.work()
		if c := h.state(which); c.State != campaign.Draft || h.catcher.Count() != 0 {
			t.Fatalf("without a time: %s", c.State)
		}
		h.plan(which, "2026-08-04", "09:00")
		h.do(func(tx *db.Tx) error { return h.Start(tx, which) }) // now, not then
		h.work()
		h.clock.set(at(t, "2026-08-04 09:00:01 +0300"))
		h.work()
		if c := h.state(which); c.State != campaign.Done || h.catcher.Count() != 2 {
			t.Errorf("started by hand: %s, %d mails", c.State, h.catcher.Count())
		}
	})
}

// TestScheduleNotKept are starts that do not come about: the campaign is a draft
// again and says why.
func TestScheduleNotKept(t *testing.T) {
	for _, c := range []struct {
		name, failed string
		spoil        func(h *house)
		late         string
	}{
		{"nothing was running for two days", "campaign.schedule_missed", func(*house) {}, "2026-08-04 09:00:01 +0300"},
		{"the notice no longer promises it", "notice.not_promised", func(h *house) {
			h.Terms = func(*db.Tx) (*campaign.Terms, error) {
				return &campaign.Terms{Version: 4, Catalogue: catalogue{}, Question: func(string, string, time.Time) (q permit.Question, err error) {
					return q, fault.New(fault.Denied, "notice.not_promised", "no longer")
				}}, nil
			}
		}, "2026-08-02 09:00:01 +0300"},
	} {
		t.Run(c.name, func(t *testing.T) {
			each(t, func(t *testing.T, h *house) {
				h.clock.set(at(t, "2026-08-01 12:00:00 +0300"))
				h.people(6)
				which := h.draft(newsletter("June"))
				h.plan(which, "2026-08-02", "09:00")
				c.spoil(h)
				h.clock.set(at(t, c.late))
				h.work()
				got := h.state(which)
				if got.State != campaign.Draft || got.Options.Schedule.Failed != c.failed || h.catcher.Count() != 0 {
					t.Errorf("%s %+v, %d mails", got.State, got.Options.Schedule, h.catcher.Count())
				}
			})
		})
	}
}

func TestScheduleRefused(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.clock.set(at(t, "2026-08-01 12:00:00 +0300"))
		which := h.draft(newsletter("June"))
		for _, c := range []struct{ date, hour, zone, want string }{
			{"2026-08-01", "11:59", helsinki, "campaign.schedule_past"},
			{"2026-08-32", "09:00", helsinki, "campaign.schedule"},
			{"2026-08-02", "9", helsinki, "campaign.schedule"},
			{"2026-08-02", "09:00", "Local", "campaign.zone"},
			{"2026-08-02", "09:00", "Europe/Nowhere", "campaign.zone"},
		} {
			err := h.DB.Do(t.Context(), by, func(tx *db.Tx) error {
				_, err := h.Plan(tx, which, campaign.Schedule{Date: c.date, Time: c.hour, Zone: c.zone})
				return err
			})
			if fault.KeyOf(err) != c.want {
				t.Errorf("%+v: %v", c, err)
			}
		}
		if got := h.state(which).State; got != campaign.Draft {
			t.Errorf("state %s", got)
		}
	})
}
