package rights_test

import (
	"context"
	"slices"
	"strings"
	"testing"
	"time"

	"kartotek/internal/db"
	"kartotek/internal/dossier"
	"kartotek/internal/fault"
	"kartotek/internal/id"
	"kartotek/internal/job"
	"kartotek/internal/rights"
	"kartotek/internal/rightsdef"
	"kartotek/internal/rightsdef/letter"
)

// work runs the desk's jobs until none is due now.
func (d *desk) work() {
	d.t.Helper()
	d.do(func(tx *db.Tx) error { return d.Begin(tx) })
	run := &job.Runner{DB: d.DB, Workers: 1}
	d.Handle(run)
	ctx, stop := context.WithTimeout(d.t.Context(), 20*time.Second)
	defer stop()
	run.Wait = func(ctx context.Context, _ time.Duration, wake <-chan struct{}) {
		if !d.pending() {
			stop()
		}
		select {
		case <-ctx.Done():
		case <-wake:
		case <-time.After(5 * time.Millisecond):
		}
	}
	_ = run.Run(ctx)
}

// pending reports whether some job of the desk is at work or due.
func (d *desk) pending() (some bool) {
	d.do(func(tx *db.Tx) error {
		for _, kind := range []string{rights.KindCarry, rights.KindWatch} {
			all, err := job.List(tx, kind, "", 0, 50)
			if err != nil {
				return err
			}
			for _, j := range all {
				some = some || j.State == job.Running || j.State == job.Ready && !j.RunAt.After(tx.Time())
			}
		}
		return nil
	})
	return some
}

func (d *desk) mustGet(tx *db.Tx, which id.ID) *rights.Case {
	c, err := d.Get(tx, which)
	if err != nil {
		d.t.Fatal(err)
	}
	return c
}

// held counts what the desk holds of a person.
func (d *desk) held(who id.ID) (n int) {
	d.t.Helper()
	d.do(func(tx *db.Tx) error {
		all, err := d.Holdings(tx, who)
		for _, h := range all {
			n += h.Count
		}
		return err
	})
	return n
}

func (d *desk) timeline(c *rights.Case) (all []rights.Event) {
	d.t.Helper()
	d.do(func(tx *db.Tx) (err error) { all, err = d.Timeline(tx, c); return err })
	return all
}

// find is the last letter of a kind; nil when there is none.
func (d *desk) find(c *rights.Case, kind string) (l *letter.Letter) {
	d.t.Helper()
	for _, x := range d.items(c) {
		if x.Content.Letter != nil && x.Content.Letter.Kind == kind {
			l = x.Content.Letter
		}
	}
	return l
}

func (d *desk) last(c *rights.Case, kind string) *letter.Letter {
	d.t.Helper()
	l := d.find(c, kind)
	if l == nil {
		d.t.Fatalf("%s has no letter of kind %s", c.Ref, kind)
	}
	return l
}

// TestWatch warns once at each stage, and never lets a date pass unseen.
func TestWatch(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		c := d.open(rights.Intake{Kind: rightsdef.Access, Channel: "post", Requester: rights.Requester{Name: "Eva"}})
		var warned []string
		for range 40 {
			d.work()
			d.clock.Move(days(1))
		}
		for _, e := range d.timeline(c) {
			if e.Kind == "warned" {
				warned = append(warned, e.Code)
			}
		}
		if !slices.Equal(warned, []string{"soon", "urgent", "last", "overdue"}) {
			t.Errorf("%v", warned)
		}
		d.do(func(tx *db.Tx) error {
			f, err := d.Now(tx)
			if f.Open != 1 || f.Stages[rightsdef.Overdue] != 1 || f.Unmatched != 1 || f.ToPrint != 1 {
				t.Errorf("%+v", f)
			}
			s, err2 := d.Statistics(tx, "2026-11-01", "2026-12-31")
			if s.Cases != 1 || s.Late != 1 || s.Counts[0] != (rightsdef.Count{Kind: rightsdef.Access, Channel: "post", Cases: 1}) {
				t.Errorf("%+v", s)
			}
			return errs(err, err2)
		})
	})
}

func errs(all ...error) error {
	for _, err := range all {
		if err != nil {
			return err
		}
	}
	return nil
}

// TestForget: 24 months after a case was closed nobody can tell whose it was; its row
// still counts.
func TestForget(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		eva := d.person("eva@people.example", "Eva", "Åberg", "sv")
		c := d.open(rights.Intake{Kind: rightsdef.Information, Channel: "email", Text: "?", Requester: by("Eva Åberg", "eva@people.example")})
		d.must(c, func(tx *db.Tx, c *rights.Case) error {
			return d.Fulfil(tx, c, rights.Fulfilment{Text: "Se registrets informationstext."})
		})
		d.clock.Move(days(720))
		if d.work(); d.held(eva) == 0 {
			t.Error("gone too early")
		}
		d.clock.Move(days(20))
		if d.work(); d.held(eva) != 0 || d.get(c.ID).Person != 0 {
			t.Error("kept too long")
		}
		d.do(func(tx *db.Tx) error {
			s, err := d.Statistics(tx, "2026-11-01", "2026-12-31")
			if s.Cases != 1 || s.Late != 0 {
				t.Errorf("%+v", s)
			}
			return err
		})
	})
}

// TestErase answers before anything is gone, keeps its own case as the plan says, and
// closes it.
func TestErase(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		eva := d.person("eva@people.example", "Eva", "Åberg", "sv")
		d.Needs.PlanErasure = func(*db.Tx, *rights.Case, rights.Erasing) ([]string, error) {
			return []string{"Kontaktuppgifter: raderas."}, nil
		}
		d.Needs.Erase = func(ctx context.Context, by db.By, c *rights.Case, e rights.Erasing) (rights.Made, error) {
			if e.Ground != "A17NonNecessity" {
				t.Error(e)
			}
			return rights.Made{Certificate: "c1"}, d.DB.Do(ctx, by, func(tx *db.Tx) error {
				plan := dossier.Plan{Keep: map[string]string{"rights.cases": "A17LegallyRequired"}}
				_, err := dossier.Keepers{d.Party, d.Room}.Erase(tx, c.Person, plan)
				return err
			})
		}
		c := d.open(rights.Intake{Kind: rightsdef.Erasure, Channel: "web", Certainty: rightsdef.Session, Requester: by("Eva Åberg", "eva@people.example")})
		c = d.must(c, func(tx *db.Tx, c *rights.Case) error {
			return d.Fulfil(tx, c, rights.Fulfilment{Erasing: rights.Erasing{Ground: "A17NonNecessity"}})
		})
		if !c.Open() {
			t.Error("closed before anything was erased")
		}
		d.work()
		if c = d.get(c.ID); c.State != rightsdef.Fulfilled {
			t.Errorf("%+v", c)
		}
		l := d.last(c, letter.Fulfilment)
		if !strings.Contains(l.Text(), "Kontaktuppgifter: raderas.") || !strings.Contains(l.Text(), "Hej Eva Åberg") {
			t.Error(l.Text())
		}
		d.do(func(tx *db.Tx) error {
			p, _, err := d.Party.Get(tx, eva)
			if err == nil && p.Email != "" {
				t.Error("the person is still there")
			}
			held, err2 := d.Erase(tx, eva, dossier.Plan{})
			if len(held) != 1 || d.sum(tx, eva) != 0 {
				t.Errorf("%+v", held)
			}
			return errs(err, err2)
		})
	})
}

func (d *desk) sum(tx *db.Tx, who id.ID) (n int) {
	all, err := d.Holdings(tx, who)
	if err != nil {
		d.t.Fatal(err)
	}
	for _, h := range all {
		n += h.Count
	}
	return n
}

// TestPackage leaves the building to a job, and answers when it is there; a register
// that cannot do it says so.
func TestPackage(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		d.person("eva@people.example", "Eva", "Åberg", "sv")
		c := d.open(rights.Intake{Kind: rightsdef.Portability, Channel: "web", Certainty: rightsdef.Session, Requester: by("Eva Åberg", "eva@people.example")})
		fulfil := func(tx *db.Tx, c *rights.Case) error { return d.Fulfil(tx, c, rights.Fulfilment{}) }
		if _, err := d.act(c, fulfil); err == nil {
			t.Error("fulfilled by nobody")
		}
		built := 0
		d.Needs.Package = func(_ context.Context, _ db.By, c *rights.Case, portable bool) (rights.Made, error) {
			if portable {
				built++
			}
			return rights.Made{Fetch: "https://register.example/me"}, nil
		}
		d.must(c, fulfil)
		if _, err := d.act(c, fulfil); err == nil {
			t.Error("begun twice")
		}
		d.work()
		if c = d.get(c.ID); c.State != rightsdef.Fulfilled || built != 1 || !strings.Contains(d.find(c, letter.Fulfilment).Text(), "https://register.example/me") {
			t.Errorf("%d built, %+v", built, c)
		}
	})
}

// TestExport gives a person what they wrote and were answered, with the case's number.
func TestExport(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		eva := d.person("eva@people.example", "Eva", "Åberg", "sv")
		c := d.open(rights.Intake{Kind: rightsdef.Access, Channel: "email", Text: "Vad vet ni?", Agent: &rights.Agent{Name: "Ombudet Ab", Authority: "fullmakt 1.11.2026"}, Requester: by("Eva Åberg", "eva@people.example")})
		if c.Certainty != rightsdef.Claimed || !c.Agent {
			t.Errorf("%+v", c)
		}
		var told strings.Builder
		d.do(func(tx *db.Tx) error {
			return d.Export(tx, eva, func(r dossier.Record) error {
				for _, v := range r.Values {
					told.WriteString(v.Name + "=" + v.Text + "\n")
				}
				return nil
			})
		})
		for _, want := range []string{"case=" + c.Ref, "text=Vad vet ni?", "agent=Ombudet Ab", "authority=fullmakt", "Begäran har gjorts för din räkning av Ombudet Ab."} {
			if !strings.Contains(told.String(), want) {
				t.Errorf("%q is missing in\n%s", want, told.String())
			}
		}
	})
}

// TestTakenBack: a request taken back while it is being carried out is not carried out.
func TestTakenBack(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		eva := d.person("eva@people.example", "Eva", "Åberg", "sv")
		did := 0
		d.Needs.Package = func(context.Context, db.By, *rights.Case, bool) (rights.Made, error) {
			did++
			return rights.Made{}, nil
		}
		d.Needs.PlanErasure = func(*db.Tx, *rights.Case, rights.Erasing) ([]string, error) { return []string{"all"}, nil }
		d.Needs.Erase = func(context.Context, db.By, *rights.Case, rights.Erasing) (rights.Made, error) {
			did++
			return rights.Made{}, nil
		}
		for _, kind := range []rightsdef.Kind{rightsdef.Access, rightsdef.Erasure} {
			c := d.open(rights.Intake{Kind: kind, Channel: "web", Person: eva, Certainty: rightsdef.Session})
			c = d.must(c, func(tx *db.Tx, c *rights.Case) error {
				return d.Fulfil(tx, c, rights.Fulfilment{Erasing: rights.Erasing{Ground: "A17NonNecessity"}})
			})
			c = d.must(c, func(tx *db.Tx, c *rights.Case) error { return d.Withdraw(tx, c) })
			d.work()
			if c = d.get(c.ID); did != 0 || c.Outcome != rightsdef.OutcomeWithdrawn {
				t.Errorf("%s: carried out %d times, %s", kind, did, c.Outcome)
			}
			d.do(func(tx *db.Tx) error {
				if _, err := d.Receipt(tx, c); fault.KeyOf(err) != "rights.no_receipt" {
					t.Errorf("%s taken back has a receipt: %v", kind, err)
				}
				return nil
			})
		}
	})
}
