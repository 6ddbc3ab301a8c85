package series_test

import (
	"fmt"
	"strings"
	"testing"
	"time"

	"kartotek/internal/db"
	"kartotek/internal/dossier"
	"kartotek/internal/fault"
	"kartotek/internal/id"
	"kartotek/internal/ledger"
	"kartotek/internal/party"
	"kartotek/internal/series"
)

// TestWelcome: who signs up gets the first letter at once and the second two days
// later, once each; who was there before gets none.
func TestWelcome(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		early := h.person(0)
		h.says(early, yes)
		x := h.start(h.welcome())
		who := h.person(1)
		h.says(who, yes)
		h.says(who, yes) // again: one place
		h.says(h.person(2), ledger.Entry{Kind: ledger.Consent, Purpose: "newsletter", Channel: "email", SaidBy: ledger.ByImport, Method: "import"})
		h.work()
		if got := h.got(); len(got) != 1 || got[addr(1)] != 1 {
			t.Fatalf("%v", got)
		}
		h.clock.move(47 * time.Hour)
		h.work()
		if h.catcher.Count() != 1 {
			t.Error("the second letter came early")
		}
		h.clock.move(time.Hour)
		h.work()
		h.work()
		if got := h.got(); got[addr(1)] != 2 {
			t.Errorf("%v", got)
		}
		f := h.figures(x.ID)
		if f.In != 1 || f.Done != 1 || f.Letters[0].Sent != 1 || f.Letters[2].Sent != 1 {
			t.Errorf("%+v", f)
		}
		m, _ := h.catcher.Get(1)
		if !strings.Contains(string(m.Raw), "Subject: welcome fi") {
			t.Errorf("%s", m.Raw)
		}
	})
}

// TestLeaves: who takes the consent back leaves at once, and gets nothing more.
func TestLeaves(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		x := h.start(h.welcome())
		one, two := h.person(1), h.person(2)
		h.says(one, yes)
		h.says(two, yes)
		h.work()
		h.says(one, no)
		if p := h.places(one); len(p) != 1 || p[0].State != "left" || !strings.HasPrefix(p[0].Code, "PROHIBITED") {
			t.Errorf("%+v", p)
		}
		h.do(func(tx *db.Tx) error { return h.Outbox.Party.SetStatus(tx, two, party.Restricted) })
		h.clock.move(49 * time.Hour)
		h.work()
		if p := h.places(two); p[0].State != "left" {
			t.Errorf("%+v", p)
		}
		if h.catcher.Count() != 2 {
			t.Errorf("%d mails", h.catcher.Count())
		}
		if f := h.figures(x.ID); f.In != 2 || f.Waiting != 0 || len(f.Left) != 2 {
			t.Errorf("%+v", f)
		}
	})
}

// TestPause: paused, nobody moves on; resumed, what was due is due; stopped, all ends.
func TestPause(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		x := h.start(h.welcome())
		who := h.person(1)
		h.do(func(tx *db.Tx) error { return h.Pause(tx, x.ID) })
		h.says(who, yes)
		h.work()
		if h.catcher.Count() != 0 || len(h.places(who)) != 1 {
			t.Errorf("paused: %d mails, %+v", h.catcher.Count(), h.places(who))
		}
		h.do(func(tx *db.Tx) error { return h.Resume(tx, x.ID) })
		h.work()
		if h.catcher.Count() != 1 {
			t.Errorf("resumed: %d mails", h.catcher.Count())
		}
		h.do(func(tx *db.Tx) error { return h.Stop(tx, x.ID) })
		h.clock.move(49 * time.Hour)
		h.work()
		if p := h.places(who); h.catcher.Count() != 1 || p[0].State != "stopped" {
			t.Errorf("stopped: %d mails, %+v", h.catcher.Count(), p)
		}
		for name, act := range map[string]func(*db.Tx, id.ID) error{"pause": h.Pause, "resume": h.Resume, "stop": h.Stop, "start": h.Start} {
			if err := h.try(func(tx *db.Tx) error { return act(tx, x.ID) }); !fault.Is(err, fault.Conflict) {
				t.Errorf("%s a stopped series: %v", name, err)
			}
		}
	})
}

func (h *house) occurs(e series.Event) *series.Happened {
	h.t.Helper()
	var out *series.Happened
	h.do(func(tx *db.Tx) (err error) { out, err = h.Occur(tx, e); return err })
	return out
}

// TestEvent: an order sends its confirmation and starts the series with its data, once
// for each key; a condition parts the people.
func TestEvent(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.template("follow-up", "relationship")
		h.template("third", "relationship")
		h.do(func(tx *db.Tx) error {
			x, err := h.Post.Named(tx, "third")
			x.Event = "order.confirmed"
			if err == nil {
				_, err = h.Post.SaveTemplate(tx, *x)
			}
			return err
		})
		x := h.start(series.Series{Name: "After an order", Purpose: "relationship", Trigger: series.Trigger{Kind: series.OnEvent, Event: "order.confirmed", Again: true},
			Steps: []series.Step{{Kind: series.Wait, Days: 3}, {Kind: series.If, If: `language = "fi"`, Else: series.Skip}, {Kind: series.Letter, Template: "follow-up"},
				{Kind: series.If, If: `country = "SE"`, Else: series.Leave}, {Kind: series.Letter, Template: "third"}}})
		fi, en := h.person(1), h.person(2)
		e := series.Event{Type: "order.confirmed", Person: fi, Data: map[string]any{"number": "A-17"}, Owner: "k", Key: "o17"}
		first, again := h.occurs(e), h.occurs(e)
		if len(first.Letters) != 1 || len(first.Series) != 1 || !again.Again || again.Event != first.Event || len(again.Letters) != 0 {
			t.Errorf("%+v, %+v", first, again)
		}
		h.occurs(series.Event{Type: "order.confirmed", Address: addr(2), Data: map[string]any{"number": "A-18"}})
		h.occurs(series.Event{Type: "order.confirmed", Person: fi, Data: map[string]any{"number": "A-19"}, Owner: "k", Key: "o19"})
		h.work()
		h.clock.move(73 * time.Hour)
		h.work()
		if got := h.got(); got[addr(1)] != 4 || got[addr(2)] != 1 {
			t.Errorf("%v", got)
		}
		subjects := map[string]bool{}
		for i := range h.catcher.Count() {
			m, _ := h.catcher.Get(int64(i + 1))
			_, rest, _ := strings.Cut(string(m.Raw), "Subject: ")
			s, _, _ := strings.Cut(rest, "\r\n")
			subjects[s] = true
		}
		if !subjects["follow-up fi A-17"] || !subjects["follow-up fi A-19"] {
			t.Errorf("%v", subjects)
		}
		if p := h.places(en); p[0].State != "left" || p[0].Code != series.CodeCondition {
			t.Errorf("%+v", p)
		}
		if f := h.figures(x.ID); f.In != 3 || f.Left[series.CodeCondition] != 3 || f.Letters[2].Sent != 2 {
			t.Errorf("%+v", f)
		}
		other := e
		other.Data = map[string]any{"number": "A-20"}
		if err := h.try(func(tx *db.Tx) error { _, err := h.Occur(tx, other); return err }); fault.KeyOf(err) != "post.key_used" {
			t.Errorf("another event under the key: %v", err)
		}
	})
}

// TestDates: cards are looked through each day, and each date is met once, also when
// the program was away for some days and on the night when the clock is changed.
func TestDates(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.template("renew", "relationship")
		h.template("born", "relationship")
		letter := func(name string) []series.Step { return []series.Step{{Kind: series.Letter, Template: name}} }
		h.start(series.Series{Name: "Renewal", Purpose: "relationship", Steps: letter("renew"), Trigger: series.Trigger{Kind: series.OnDate, Field: "renewal", Days: -14, Hour: "03:30"}})
		h.start(series.Series{Name: "Birthday", Purpose: "relationship", Steps: letter("born"), Trigger: series.Trigger{Kind: series.OnDate, Field: "born", Yearly: true, Hour: "09:00"}})
		h.person(1, party.Pair{Name: "renewal", Value: "2027-04-11"}) // fourteen days after the clock is put forward
		h.person(2, party.Pair{Name: "born", Value: "1992-02-29"})
		h.person(3, party.Pair{Name: "born", Value: "not known"})
		h.clock.to("2027-03-28 02:59")
		h.work()
		if h.catcher.Count() != 0 {
			t.Errorf("%d mails before the hour", h.catcher.Count())
		}
		h.clock.to("2027-03-28 04:05")
		for range 3 {
			h.work()
			h.clock.move(time.Hour)
		}
		if got := h.got(); got[addr(1)] != 1 || len(got) != 1 {
			t.Errorf("%v", got)
		}
		for _, at := range []string{"2028-02-28 12:00", "2028-02-29 12:00", "2028-03-01 12:00", "2029-02-27 12:00", "2029-02-28 12:00", "2029-03-01 12:00"} {
			h.clock.to(at)
			h.work()
		}
		if got := h.got(); got[addr(2)] != 2 || got[addr(1)] != 1 || len(got) != 2 {
			t.Errorf("%v", got)
		}
	})
}

// TestDateTold: a program tells of a date; another date takes its place until the
// series has begun.
func TestDateTold(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.template("renew", "relationship")
		h.start(series.Series{Name: "Renewal", Purpose: "relationship", Trigger: series.Trigger{Kind: series.OnDate, Event: "renewal", Days: -7},
			Steps: []series.Step{{Kind: series.Letter, Template: "renew"}}})
		who := h.person(1)
		for _, day := range []string{"2027-05-01", "2027-04-01", "2027-05-01", "2027-05-01", "2020-01-01"} {
			h.occurs(series.Event{Type: "date", Name: "renewal", Date: day, Person: who, Data: map[string]any{"number": day}})
		}
		h.clock.to("2027-03-26 12:00")
		h.work()
		if h.catcher.Count() != 0 {
			t.Error("the date that was moved brought a letter")
		}
		h.clock.to("2027-04-24 09:01")
		h.work()
		if got := h.got(); got[addr(1)] != 1 {
			t.Errorf("%v, %+v", got, h.places(who))
		}
	})
}

// TestLetterGone pauses a series whose letter can no longer be made, and loses nobody.
func TestLetterGone(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		w := h.welcome()
		w.Steps = append([]series.Step{{Kind: series.Letter, Template: "second"}}, w.Steps...)
		w.Steps[1].Template, w.Steps[3].Template = "welcome", "second"
		x := h.start(w)
		h.do(func(tx *db.Tx) error {
			t, err := h.Post.Named(tx, "welcome")
			if err == nil {
				err = h.Post.DeleteTemplate(tx, t.ID)
			}
			return err
		})
		who := h.person(1)
		h.says(who, yes)
		h.work()
		h.do(func(tx *db.Tx) (err error) { x, err = h.Get(tx, x.ID); return err })
		if x.State != series.Paused || x.Why != "post.no_template" || h.catcher.Count() != 1 || h.places(who)[0].Step != 1 {
			t.Errorf("%s %s, %d mails, %+v", x.State, x.Why, h.catcher.Count(), h.places(who))
		}
		if err := h.try(func(tx *db.Tx) error { return h.Resume(tx, x.ID) }); fault.KeyOf(err) != "post.no_template" {
			t.Errorf("resumed: %v", err)
		}
		h.template("welcome", "newsletter")
		h.do(func(tx *db.Tx) error { return h.Resume(tx, x.ID) })
		h.work()
		if h.catcher.Count() != 2 {
			t.Errorf("%d mails", h.catcher.Count())
		}
	})
}

func TestRefused(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		base := h.welcome()
		for want, change := range map[string]func(*series.Series){
			"series.name":           func(x *series.Series) { x.Name = " " },
			"series.trigger":        func(x *series.Series) { x.Trigger.Kind = "moon" },
			"series.step":           func(x *series.Series) { x.Steps = []series.Step{{Kind: series.Wait}} },
			"post.event":            func(x *series.Series) { x.Trigger = series.Trigger{Kind: series.OnEvent, Event: "Order"} },
			"post.no_template":      func(x *series.Series) { x.Steps[0].Template = "none" },
			"series.no_letter":      func(x *series.Series) { x.Steps = x.Steps[1:2] },
			"post.purpose":          func(x *series.Series) { x.Purpose = "relationship" },
			"notice.no_purpose":     func(x *series.Series) { x.Purpose = "hobby" },
			"series.field":          func(x *series.Series) { x.Trigger = series.Trigger{Kind: series.OnDate, Field: "shoe_size"} },
			"segment.field_unknown": func(x *series.Series) { x.Audience = "shoe_size = 44" },
		} {
			x := base
			x.Name = "Refused " + want
			x.Steps = append([]series.Step(nil), base.Steps...)
			change(&x)
			err := h.try(func(tx *db.Tx) error {
				saved, err := h.Save(tx, x)
				if err == nil {
					err = h.Start(tx, saved.ID)
				}
				return err
			})
			if fault.KeyOf(err) != want {
				t.Errorf("%s: %v", want, err)
			}
		}
		x := h.start(base)
		x.Steps = nil
		if err := h.try(func(tx *db.Tx) error { _, err := h.Save(tx, *x); return err }); fault.KeyOf(err) != "series.started" {
			t.Errorf("changed while running: %v", err)
		}
	})
}

// TestKilled kills the process, as far as the register can tell, again and again while
// a hundred people go through a series: each step is taken once.
func TestKilled(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		w := h.welcome()
		w.Steps[1] = series.Step{Kind: series.Wait, Hours: 1}
		h.start(w)
		const n = 60
		for i := range n {
			h.says(h.person(i), yes)
		}
		for range 4 {
			dying := open(t, h.dsn, h.clock, h.catcher)
			h.clock.move(time.Minute)
			timer := time.AfterFunc(15*time.Millisecond, func() { dying.DB.Close() })
			dying.step()
			timer.Stop()
		}
		h.clock.move(time.Minute)
		h.work()
		h.clock.move(61 * time.Minute)
		h.work()
		var twice, none int
		h.do(func(tx *db.Tx) error {
			counts, err := h.Post.Counts(tx, h.only(tx).ID)
			for _, c := range counts {
				if c.N != n {
					t.Errorf("step %d: %d letters %s", c.Step, c.N, c.State)
				}
			}
			if len(counts) != 2 {
				t.Errorf("%+v", counts)
			}
			return err
		})
		got := h.got()
		for i := range n {
			if got[addr(i)] > 2 {
				twice++
			} else if got[addr(i)] < 2 {
				none++
			}
		}
		if twice+none > 0 {
			t.Errorf("%d got a letter twice, %d not all", twice, none)
		}
	})
}

func (h *house) only(tx *db.Tx) *series.Series {
	all, err := h.List(tx)
	if err != nil || len(all) != 1 {
		h.t.Fatal(fmt.Errorf("%d series: %w", len(all), err))
	}
	return &all[0]
}

// TestKeeper: places are shown, moved and erased; of two places the further counts.
func TestKeeper(t *testing.T) {
	each(t, func(t *testing.T, h *house) {
		h.start(h.welcome())
		from, to := h.person(1), h.person(2)
		h.says(from, yes)
		h.work()
		h.says(to, yes)
		var records []dossier.Record
		h.do(func(tx *db.Tx) error {
			if err := h.Export(tx, from, func(r dossier.Record) error { records = append(records, r); return nil }); err != nil {
				return err
			}
			return h.Move(tx, from, to)
		})
		if len(records) != 1 || records[0].Values[0].Text != "Welcome" {
			t.Errorf("%+v", records)
		}
		if p := h.places(to); len(p) != 1 || p[0].Step != 2 || len(h.places(from)) != 0 {
			t.Errorf("%+v", p)
		}
		h.do(func(tx *db.Tx) error {
			held, err := h.Erase(tx, to, dossier.Plan{})
			if len(held) != 1 {
				t.Errorf("%+v", held)
			}
			return err
		})
		if p := h.places(to); len(p) != 0 {
			t.Errorf("%+v", p)
		}
	})
}
