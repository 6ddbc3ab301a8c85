package retention_test

import (
	"context"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"kartotek/internal/audit"
	"kartotek/internal/clock"
	"kartotek/internal/db"
	"kartotek/internal/db/dbtest"
	"kartotek/internal/dossier"
	"kartotek/internal/fault"
	"kartotek/internal/id"
	"kartotek/internal/job"
	"kartotek/internal/ledger"
	"kartotek/internal/notice"
	"kartotek/internal/noticedef"
	"kartotek/internal/party"
	"kartotek/internal/party/times"
	"kartotek/internal/retention"
	"kartotek/internal/seal"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

var schemas = []db.Schema{job.Schema, audit.Schema, notice.Schema, party.Schema, ledger.Schema, retention.Schema}

var by = db.By{Kind: "staff", ID: 7, Name: "Asta Ek"}

type catalogue struct{}

func (catalogue) HasField(string) bool { return true }

// house is a register with the notice of Nordanvind Oy in force.
type house struct {
	*testing.T
	*retention.Room
	c       *clock.Fixed
	carried map[id.ID][]string
	fail    id.ID
}

func each(t *testing.T, fn func(h *house)) {
	start := time.Date(2026, 11, 22, 12, 0, 0, 0, time.UTC)
	for _, engine := range []string{"sqlite", "postgres"} {
		t.Run(engine, func(t *testing.T) {
			c := clock.At(start)
			open := dbtest.SQLite
			if engine == "postgres" {
				open = dbtest.Postgres
			}
			d := open(t, schemas, dbtest.At(c))
			h := &house{T: t, c: c, carried: map[id.ID][]string{}}
			h.Room = &retention.Room{DB: d, Party: &party.Room{DB: d, Catalogue: func() party.Catalogue { return catalogue{} }}, Ledger: &ledger.Room{DB: d, Keys: seal.Fixed([32]byte{7})}, Notice: &notice.Room{DB: d}}
			h.Heard = []retention.Source{h.Ledger.LastSaid, times.Touched}
			h.Expirers = []dossier.Expirer{h.Ledger, h.Room}
			h.Carry = h.carry
			h.do(func(tx *db.Tx) error {
				_, err := h.Notice.Publish(tx, noticedef.DemoNotice(), "Kaisa Esimerkki", "")
				return err
			})
			fn(h)
		})
	}
}

// carry stands for the room of erasures: it takes fields away, or the whole person.
func (h *house) carry(ctx context.Context, by db.By, who id.ID, categories []string) error {
	if who == h.fail {
		return fault.New(fault.Unavailable, "test", "the disk is full")
	}
	h.carried[who] = categories
	return h.DB.Do(ctx, by, func(tx *db.Tx) error {
		if categories == nil {
			_, err := h.Party.Erase(tx, who, dossier.Plan{})
			return err
		}
		n, err := h.Notice.Current(ctx)
		if err != nil {
			return err
		}
		var clear []party.Pair
		for _, f := range n.Notice.Fields() {
			if slices.Contains(categories, f.Category) {
				clear = append(clear, party.Pair{Name: f.Name})
			}
		}
		_, err = h.Party.Edit(tx, who, 0, clear)
		return err
	})
}

func (h *house) do(fn func(tx *db.Tx) error) {
	h.Helper()
	if err := h.DB.Do(h.Context(), by, fn); err != nil {
		h.Fatal(err)
	}
}

func (h *house) person(n int, more ...party.Pair) (who id.ID) {
	h.Helper()
	h.do(func(tx *db.Tx) error {
		fields := append([]party.Pair{{Name: "email", Value: fmt.Sprintf("person%d@people.example", n)}, {Name: "last_name", Value: "Rea"}}, more...)
		p, err := h.Party.Create(tx, party.New{Fields: fields})
		if err == nil {
			who = p.ID
		}
		return err
	})
	return who
}

func (h *house) says(who id.ID, e ledger.Entry) {
	h.Helper()
	e.SaidBy, e.Method = ledger.ByPerson, "form"
	h.do(func(tx *db.Tx) error { _, err := h.Ledger.Record(tx, who, nil, e); return err })
}

func (h *house) on(day string) {
	at, err := time.Parse(time.DateOnly, day)
	if err != nil {
		h.Fatal(err)
	}
	h.c.Move(at.Add(12 * time.Hour).Sub(h.c.Now()))
}

func (h *house) preview() *retention.Report {
	h.Helper()
	r, err := h.Preview(h.Context(), by)
	if err != nil {
		h.Fatal(err)
	}
	return r
}

// run begins a run by hand and works until it ends or waits.
func (h *house) run(kind string) *retention.Run {
	h.Helper()
	var x *retention.Run
	h.do(func(tx *db.Tx) (err error) { x, err = h.Start(tx, kind, ""); return err })
	return h.work(x.ID)
}

func (h *house) work(which id.ID) (x *retention.Run) {
	h.Helper()
	run := &job.Runner{DB: h.DB, Workers: 1}
	h.Handle(run)
	if err := run.RunUntilIdle(h.Context(), job.Filter{KeyPrefix: retention.Prefix(which)}); err != nil {
		h.Fatal(err)
	}
	h.do(func(tx *db.Tx) (err error) { x, err = h.Get(tx, which); return err })
	return x
}

func (h *house) held(who id.ID, x retention.Hold) (made *retention.Hold) {
	h.Helper()
	x.Citation, x.Reason = "GDPR 17(3)(e)", "a claim about order 4711"
	h.do(func(tx *db.Tx) (err error) { made, err = h.Hold(tx, who, x); return err })
	return made
}

var consent = ledger.Entry{Kind: ledger.Consent, Purpose: "newsletter", Channel: "email"}

// TestRun: who was not heard of for two years goes whole; who consents stays; of whom a
// statute keeps the billing details only the rest goes; and a second run finds nothing.
func TestRun(t *testing.T) {
	each(t, func(h *house) {
		gone, reader, buyer, late := h.person(1), h.person(2), h.person(3, party.Pair{Name: "billing_name", Value: "Rea"}), h.person(4)
		h.says(reader, consent)
		h.on("2027-06-01")
		h.says(late, ledger.Entry{Kind: ledger.Withdrawal, Purpose: "newsletter", Channel: "email"})
		h.on("2028-11-22")
		if r := h.preview(); !r.Empty() {
			t.Errorf("on the last day %+v", r)
		}
		h.on("2028-11-23")
		r := h.preview()
		if r.People != 4 || r.Due != 2 || r.Whole != 1 || len(r.Sample) != 2 {
			t.Fatalf("%+v", r)
		}
		if want := (retention.Line{Category: "contact", Purpose: "relationship", Why: "registered", People: 2}); r.Lines[0] != want {
			t.Errorf("%+v", r.Lines)
		}
		if len(h.carried) != 0 {
			t.Error("the preview erased")
		}
		x := h.run(retention.ByHand)
		if x.State != retention.Done || x.Done.Due != 2 || x.Done.Whole != 1 || x.Done.Failed != 0 || x.Counted.Sample != nil {
			t.Fatalf("%+v", x)
		}
		if c, whole := h.carried[gone]; !whole || c != nil {
			t.Errorf("%v", h.carried)
		}
		if c := h.carried[buyer]; !slices.Equal(c, []string{"identity", "contact"}) {
			t.Errorf("%v", c)
		}
		if h.carried[reader] != nil || h.carried[late] != nil {
			t.Errorf("%v", h.carried)
		}
		if again := h.run(retention.ByHand); again.State != retention.Done || !again.Counted.Empty() {
			t.Errorf("again: %+v", again)
		}
	})
}

// TestHolds: a hold keeps, a released one does not, and both are seen in the dates.
func TestHolds(t *testing.T) {
	each(t, func(h *house) {
		one, two := h.person(1), h.person(2)
		h.on("2028-11-22")
		x := h.held(one, retention.Hold{Review: "2029-05-01"})
		h.held(two, retention.Hold{Review: "2029-05-01", Until: "2028-12-31", Categories: []string{"contact"}})
		h.on("2028-12-01")
		r := h.preview()
		if r.Due != 1 || r.Whole != 0 || r.Lines[0].Category != "identity" {
			t.Errorf("%+v", r)
		}
		h.do(func(tx *db.Tx) error { return h.Release(tx, one, x.ID, "settled") })
		if r := h.preview(); r.Due != 2 || r.Whole != 1 {
			t.Errorf("released: %+v", r)
		}
		h.on("2029-01-01")
		if r := h.preview(); r.Whole != 2 {
			t.Errorf("after its last day: %+v", r)
		}
		h.do(func(tx *db.Tx) error {
			dates, err := h.Dates(tx, two)
			for _, d := range dates {
				if d.Category == "contact" && d.Purpose == "relationship" && d.Until != "2028-12-31" {
					t.Errorf("%+v", d)
				}
			}
			if err == nil && h.Release(tx, one, x.ID, "again") == nil {
				t.Error("released twice")
			}
			return err
		})
	})
}

func TestHoldRefuses(t *testing.T) {
	each(t, func(h *house) {
		who := h.person(1)
		good := retention.Hold{Reason: "a claim", Citation: "GDPR 17(3)(e)", Review: "2027-05-01"}
		for key, change := range map[string]func(x *retention.Hold){
			"retention.reason":   func(x *retention.Hold) { x.Reason = " " },
			"retention.ground":   func(x *retention.Hold) { x.Citation = "GDPR 6(1)(f)" },
			"retention.category": func(x *retention.Hold) { x.Categories = []string{"shoes"} },
			"retention.until":    func(x *retention.Hold) { x.Until = "2026-11-21" },
			"retention.review":   func(x *retention.Hold) { x.Review = "2028-05-01" },
		} {
			x := good
			change(&x)
			err := h.DB.Do(h.Context(), by, func(tx *db.Tx) error { _, err := h.Hold(tx, who, x); return err })
			if fault.KeyOf(err) != key {
				t.Errorf("%s: %v", key, err)
			}
		}
	})
}

// TestUnusual: a run over the limit waits, shows its figures, and does nothing until
// somebody answers.
func TestUnusual(t *testing.T) {
	each(t, func(h *house) {
		for n := range 4 {
			h.person(n)
		}
		h.do(func(tx *db.Tx) error {
			return h.Set(tx, retention.Settings{On: true, Hour: "03:30", Share: 500, Least: 1})
		})
		h.on("2029-01-01")
		x := h.run(retention.ByHand)
		if x.State != retention.Waiting || x.Why != "share" || x.Counted.Whole != 4 || len(h.carried) != 0 {
			t.Fatalf("%+v", x)
		}
		h.do(func(tx *db.Tx) error { return h.Decline(tx, x.ID) })
		if err := h.DB.Do(h.Context(), by, func(tx *db.Tx) error { return h.Approve(tx, x.ID) }); fault.KeyOf(err) != "retention.not_waiting" {
			t.Error(err)
		}
		x = h.run(retention.ByHand)
		h.do(func(tx *db.Tx) error { return h.Approve(tx, x.ID) })
		if x = h.work(x.ID); x.State != retention.Done || x.Done.Whole != 4 || x.AnsweredBy != by.Name {
			t.Errorf("%+v", x)
		}
	})
}

// TestFailing: one person who cannot be erased does not keep the others; the next run
// tries again.
func TestFailing(t *testing.T) {
	each(t, func(h *house) {
		h.fail = h.person(1)
		h.person(2)
		h.on("2029-01-01")
		if x := h.run(retention.ByHand); x.State != retention.Done || x.Done.Failed != 1 || x.Done.Whole != 1 {
			t.Errorf("%+v", x)
		}
		h.fail = 0
		if x := h.run(retention.ByHand); x.Done.Whole != 1 || x.Done.Failed != 0 {
			t.Errorf("%+v", x)
		}
	})
}

// TestNewNotice: a run counted under one version of the notice does not erase under another.
func TestNewNotice(t *testing.T) {
	each(t, func(h *house) {
		h.person(1)
		h.do(func(tx *db.Tx) error {
			return h.Set(tx, retention.Settings{On: true, Hour: "03:30", Share: 1, Least: 0})
		})
		h.on("2029-01-01")
		x := h.run(retention.ByHand)
		src := strings.ReplaceAll(string(noticedef.DemoNotice()), "keep: {while: relation, then: 24 months}", "keep: {while: relation, then: 36 months}")
		src = strings.NewReplacer("2028-02-29", "2031-02-28", "2027-", "2030-", "2028-", "2031-").Replace(src)
		h.do(func(tx *db.Tx) error {
			_, err := h.Notice.Publish(tx, []byte(src), "Kaisa Esimerkki", "2029-01-01")
			if bad := notice.FindingsOf(err); bad != nil {
				t.Logf("%+v", bad)
			}
			return err
		})
		h.do(func(tx *db.Tx) error { return h.Approve(tx, x.ID) })
		if x = h.work(x.ID); x.State != retention.Stopped || x.Why != "notice" || len(h.carried) != 0 {
			t.Errorf("%+v", x)
		}
	})
}

// TestNight: the run begins once a night at the hour the walls show, through both
// nights when the clock is changed, and once after nights when nothing ran.
func TestNight(t *testing.T) {
	each(t, func(h *house) {
		h.do(h.Begin)
		nights := func() (out []string) {
			h.do(func(tx *db.Tx) error {
				all, err := h.Runs(tx, 20)
				for _, x := range all {
					out = append(out, x.Night)
				}
				return err
			})
			slices.Reverse(out)
			return out
		}
		tick := func() {
			run := &job.Runner{DB: h.DB, Workers: 1}
			h.Handle(run)
			ctx, stop := context.WithCancel(h.Context())
			run.Wait = func(context.Context, time.Duration, <-chan struct{}) { stop() } // nothing is ready now
			_ = run.Run(ctx)
		}
		for _, x := range []struct{ at, want string }{
			{"2026-11-22T20:00:00Z", ""},                      // put into the queue at noon
			{"2026-11-23T01:29:59Z", ""},                      // 03:29:59 in Helsinki
			{"2026-11-23T01:30:00Z", "2026-11-23"},            // 03:30
			{"2026-11-23T09:00:00Z", "2026-11-23"},            // once a night
			{"2026-11-27T09:00:00Z", "2026-11-23 2026-11-27"}, // four nights missed, one run
			{"2027-03-27T01:30:00Z", "2026-11-23 2026-11-27 2027-03-27"},
			{"2027-03-28T01:00:00Z", "2026-11-23 2026-11-27 2027-03-27 2027-03-28"}, // 03:30 is not shown this night: 04:00 is
			{"2027-03-28T02:00:00Z", "2026-11-23 2026-11-27 2027-03-27 2027-03-28"},
			{"2027-10-31T00:30:00Z", "2026-11-23 2026-11-27 2027-03-27 2027-03-28 2027-10-31"}, // shown twice: the first
			{"2027-10-31T01:30:00Z", "2026-11-23 2026-11-27 2027-03-27 2027-03-28 2027-10-31"},
		} {
			at, _ := time.Parse(time.RFC3339, x.at)
			h.c.Move(at.Sub(h.c.Now()))
			tick()
			if got := strings.Join(nights(), " "); got != x.want {
				t.Errorf("%s: %q, want %q", x.at, got, x.want)
			}
		}
	})
}

// TestRelation: a recorded end counts; erasing and moving take it along.
func TestRelation(t *testing.T) {
	each(t, func(h *house) {
		one, two := h.person(1), h.person(2)
		h.do(func(tx *db.Tx) error { return h.End(tx, one, "2027-12-31") })
		h.on("2028-11-23")
		if r := h.preview(); r.Whole != 1 || r.Sample[0] != two {
			t.Errorf("%+v", r)
		}
		h.do(func(tx *db.Tx) error { return h.Move(tx, one, two) })
		if r := h.preview(); r.Whole != 1 || r.Sample[0] != one {
			t.Errorf("moved: %+v", r)
		}
		h.held(two, retention.Hold{Review: "2029-05-01"})
		h.do(func(tx *db.Tx) error {
			gone, err := h.Erase(tx, two, dossier.Plan{})
			left, err2 := h.Holdings(tx, two)
			if len(gone) != 2 || len(left) != 0 {
				t.Errorf("%+v %+v", gone, left)
			}
			if err == nil {
				err = err2
			}
			return err
		})
	})
}
