// Package keeping is the commands about how long data is kept and what is on paper:
// retention and paper. What they print and how they end is as package cli says; the
// rules are those of packages retention and paper. Begin with Retention.
package keeping

import (
	"strings"

	"kartotek/internal/app"
	"kartotek/internal/audit"
	"kartotek/internal/cli/shell"
	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/id"
	"kartotek/internal/job"
	"kartotek/internal/party"
	"kartotek/internal/retention"
)

// Retention is the group of commands of that name.
type Retention struct {
	Run  runCmd  `cmd:"" help:"Let go what is over its time, or only count it."`
	Hold holdCmd `cmd:"" help:"Keep data longer than its time, with a reason."`
}

type runCmd struct {
	shell.Store `embed:""`
	Preview     bool   `help:"Only count; change nothing."`
	Approve     string `placeholder:"RUN" help:"Let a run that waits for an OK go on, by its id."`
	JSON        bool   `name:"json" help:"Print JSON."`
}

// Run runs, and prints the report. A run that waits for an OK ends with code 1.
func (c *runCmd) Run(w *shell.World) error {
	return c.With(w, func(h *app.House) error {
		by := c.Who("retention")
		if c.Preview {
			r, err := h.Retention.Preview(w.Ctx, by)
			if err != nil {
				return err
			}
			return c.print(w, &retention.Run{Kind: retention.OnlyPreview, State: retention.Done, Counted: *r})
		}
		x, err := c.carry(w, h, by)
		if err != nil {
			return err
		}
		if err := c.print(w, x); err != nil {
			return err
		}
		if x.State == retention.Waiting {
			w.Note("unusually many people: look at the figures, then run: kartotek retention run --approve %s", x.ID)
			return shell.ErrFindings
		}
		return nil
	})
}

// carry begins a run, or lets one go on, and works until it ends or waits.
func (c *runCmd) carry(w *shell.World, h *app.House, by db.By) (x *retention.Run, err error) {
	err = h.DB.Do(w.Ctx, by, func(tx *db.Tx) (err error) {
		if c.Approve == "" {
			x, err = h.Retention.Start(tx, retention.ByHand, "")
			return err
		}
		which, err := id.Parse(c.Approve)
		if err != nil {
			return fault.New(fault.Invalid, "retention.none", "there is no such run").Because(err)
		}
		x = &retention.Run{ID: which}
		return h.Retention.Approve(tx, which)
	})
	if err != nil {
		return nil, err
	}
	run := &job.Runner{DB: h.DB, Workers: 2}
	h.Retention.Handle(run)
	if err := run.RunUntilIdle(w.Ctx, job.Filter{Kinds: []string{retention.KindCount, retention.KindErase}, KeyPrefix: retention.Prefix(x.ID)}); err != nil {
		return nil, err
	}
	err = h.DB.View(w.Ctx, by, func(tx *db.Tx) (err error) { x, err = h.Retention.Get(tx, x.ID); return err })
	return x, err
}

func (c *runCmd) print(w *shell.World, x *retention.Run) error {
	r, did := &x.Counted, "would go"
	if x.State == retention.Done && x.Kind != retention.OnlyPreview {
		r, did = &x.Done, "went"
	}
	if c.JSON {
		return w.JSON(map[string]any{"id": x.ID, "kind": x.Kind, "state": x.State, "why": x.Why, "day": x.Day, "notice": x.Notice, "counted": x.Counted, "done": x.Done})
	}
	w.Printf("%s: of %d people something of %d %s, %d of them wholly\n", x.State, max(x.Counted.People, r.People), r.Due, did, r.Whole)
	for _, l := range r.Lines {
		w.Printf("  %-20s %-20s %-12s %8d people\n", l.Category, l.Purpose, l.Why, l.People)
	}
	for _, t := range r.Things {
		w.Printf("  %-20s %-20s %8d of %d people\n", t.Keeper, t.Kind, t.Count, t.People)
	}
	if r.Failed > 0 {
		w.Printf("  %d people could not be erased; the next run tries again\n", r.Failed)
	}
	return nil
}

type holdCmd struct {
	Add     holdAddCmd     `cmd:"" help:"Put a hold on a person's data."`
	List    holdListCmd    `cmd:"" help:"List the holds that stand, or those on a person."`
	Release holdReleaseCmd `cmd:"" help:"Release a hold."`
}

// find finds the person an address belongs to.
func find(h *app.House, tx *db.Tx, address string) (id.ID, error) {
	who, found, err := h.Party.ByAddress(tx, address)
	if err == nil && !found {
		err = party.NotFound()
	}
	return who, err
}

type holdAddCmd struct {
	Address     string `arg:"" help:"E-mail address or phone number of the person."`
	shell.Store `embed:""`
	Reason      string   `required:"" help:"Why, for those who look after it."`
	Ground      string   `default:"GDPR 17(3)(e)" help:"What it rests on: GDPR 17(3)(b), 17(3)(e), 18(1)(c) or 18(2)."`
	Category    []string `placeholder:"NAME" help:"Categories of the notice; default all."`
	Until       string   `placeholder:"DATE" help:"Last day; default until it is released."`
	Review      string   `required:"" placeholder:"DATE" help:"Day on which somebody asks whether it is still needed, within a year."`
	JSON        bool     `name:"json" help:"Print JSON."`
}

// Run adds a hold and prints its id.
func (c *holdAddCmd) Run(w *shell.World) error {
	return c.With(w, func(h *app.House) error {
		var made *retention.Hold
		err := h.DB.Do(w.Ctx, c.Who("retention"), func(tx *db.Tx) error {
			who, err := find(h, tx, c.Address)
			if err == nil {
				made, err = h.Retention.Hold(tx, who, retention.Hold{Reason: c.Reason, Citation: c.Ground, Categories: c.Category, Until: c.Until, Review: c.Review})
			}
			return err
		})
		if err != nil {
			return err
		}
		if c.JSON {
			return w.JSON(map[string]any{"id": made.ID})
		}
		w.Printf("%s\n", made.ID)
		return nil
	})
}

type holdListCmd struct {
	Address     string `arg:"" optional:"" help:"Of this person, those released too."`
	shell.Store `embed:""`
	JSON        bool `name:"json" help:"Print JSON, one line a hold."`
}

type holdLine struct {
	ID         id.ID    `json:"id"`
	Person     id.ID    `json:"person"`
	Ground     string   `json:"ground"`
	Categories []string `json:"categories,omitempty"`
	Until      string   `json:"until,omitempty"`
	Review     string   `json:"review"`
	Released   bool     `json:"released,omitempty"`
}

// Run lists holds, without their reasons, which may tell of people.
func (c *holdListCmd) Run(w *shell.World) error {
	return c.With(w, func(h *app.House) error {
		var all []retention.Hold
		err := h.DB.Do(w.Ctx, c.Who("retention"), func(tx *db.Tx) (err error) {
			if c.Address == "" {
				all, _, err = h.Retention.Reviews(tx, "", 1000)
				return err
			}
			who, err := find(h, tx, c.Address)
			if err == nil {
				all, err = h.Retention.Holds(tx, who)
			}
			if err != nil {
				return err
			}
			return audit.Write(tx, audit.Entry{Action: "retention.read", Kind: "person", Person: who})
		})
		for _, x := range all {
			if err != nil {
				return err
			}
			if c.JSON {
				err = w.Line(holdLine{x.ID, x.Person, x.Citation, x.Categories, x.Until, x.Review, x.Released > 0})
				continue
			}
			w.Printf("%s  %s  %s  until %s  review %s\n", x.ID, x.Citation, strings.Join(x.Categories, " "), x.Until, x.Review)
		}
		return err
	})
}

type holdReleaseCmd struct {
	Address     string `arg:"" help:"Address of the person."`
	Hold        string `arg:"" help:"The hold's id."`
	shell.Store `embed:""`
	Why         string `required:"" help:"Why it is no longer needed."`
}

// Run releases a hold.
func (c *holdReleaseCmd) Run(w *shell.World) error {
	return c.With(w, func(h *app.House) error {
		which, err := id.Parse(c.Hold)
		if err != nil {
			return shell.Usage("the id of a hold is as hold list prints it")
		}
		return h.DB.Do(w.Ctx, c.Who("retention"), func(tx *db.Tx) error {
			who, err := find(h, tx, c.Address)
			if err == nil {
				err = h.Retention.Release(tx, who, which, c.Why)
			}
			return err
		})
	})
}
