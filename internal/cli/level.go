package cli

import (
	"encoding/json"
	"io"
	"kartotek/internal/cli/shell"

	"kartotek/internal/app"
	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/notice"
	"kartotek/internal/noticedef"
	"kartotek/internal/staff"
)

type levelCmd struct {
	Show levelShowCmd `cmd:"" help:"Show access levels as the notice in force has them."`
	Set  levelSetCmd  `cmd:"" help:"Change an access level, or add one, and publish the notice with it."`
}

type levelShowCmd struct {
	Name  string `arg:"" optional:"" help:"The level; without it all are listed."`
	store `embed:""`
	JSON  bool `name:"json" help:"Print JSON."`
}

// levelLine is a level as scripts read it.
type levelLine struct {
	Name  string          `json:"name"`
	Level json.RawMessage `json:"level"`
}

// Run shows levels. One of them is printed as level set takes it.
func (c *levelShowCmd) Run(w *world) error {
	return c.With(w, func(h *app.House) error {
		in, err := h.Notice.Current(w.Ctx)
		if err != nil {
			return err
		}
		all := in.Notice.LevelList()
		if c.Name != "" {
			l, ok := in.Level(c.Name)
			if !ok {
				return fault.New(fault.NotFound, "levels.none", "the notice in force has no access level %q", c.Name)
			}
			all = []noticedef.Level{l}
		}
		return c.print(w, all)
	})
}

func (c *levelShowCmd) print(w *world, all []noticedef.Level) error {
	lines := make([]levelLine, 0, len(all))
	for _, l := range all {
		lines = append(lines, levelLine{l.Name, l.Fact().JSON()})
	}
	switch {
	case c.JSON && c.Name != "":
		return w.JSON(lines[0])
	case c.JSON:
		return w.JSON(lines)
	case c.Name != "":
		_, err := w.Out.Write(all[0].YAML())
		return err
	}
	for _, l := range all {
		w.Printf("%-12s %-20s %s\n", l.Name, l.Title.In("en"), l.Job.In("en"))
	}
	return nil
}

type levelSetCmd struct {
	Name   string `arg:"" help:"The level."`
	store  `embed:""`
	File   string `required:"" placeholder:"FILE" help:"YAML of the level, as level show prints it; - reads standard input."`
	DryRun bool   `help:"Say what would change, and for how many, and change nothing."`
	JSON   bool   `name:"json" help:"Print JSON."`
}

// levelSet is the answer of level set.
type levelSet struct {
	Level   string             `json:"level"`
	Version int                `json:"version,omitempty"` // 0: nothing was published
	Changes []noticedef.Change `json:"changes"`
	Effects []noticedef.Effect `json:"effects"`
}

// Run changes a level. The operator at the machine may change any of them, since the
// database and its keys are open to them anyway; what they do is in the log.
func (c *levelSetCmd) Run(w *world) error {
	l, err := c.read(w)
	if err != nil {
		return err
	}
	return c.With(w, func(h *app.House) error {
		change, err := h.SetLevel(w.Ctx, c.Who("staff"), l, c.DryRun)
		if err != nil {
			printFindings(&world{Out: w.Err}, "notice", notice.FindingsOf(err))
			return err
		}
		out := levelSet{Level: l.Name, Changes: change.Changes}
		if out.Effects, err = h.Effects(w.Ctx, change); err != nil {
			return err
		}
		if !c.DryRun {
			in, err := h.Notice.Current(w.Ctx)
			if err != nil {
				return err
			}
			out.Version = in.Number
		}
		return c.print(w, out)
	})
}

func (c *levelSetCmd) read(w *world) (l noticedef.Level, err error) {
	var src []byte
	if c.File == "-" {
		src, err = io.ReadAll(io.LimitReader(w.In, shell.MaxFile))
	} else {
		src, err = shell.ReadFile(c.File)
	}
	if err != nil {
		return l, err
	}
	l, found := noticedef.ReadLevel(c.Name, src)
	if noticedef.Errors(found) > 0 {
		printFindings(w, c.File, found)
		return l, errFindings
	}
	return l, nil
}

func (c *levelSetCmd) print(w *world, out levelSet) error {
	if c.JSON {
		return w.JSON(out)
	}
	for _, x := range out.Changes {
		sign := map[string]string{noticedef.Added: "+", noticedef.Removed: "-", noticedef.Changed: "~"}[x.Kind]
		w.Printf("%s %s: %s\n", sign, x.Path, arrow(x.Old, x.New))
	}
	for _, e := range out.Effects {
		what := e.Action
		if e.Category != "" {
			what += " " + e.Category
		}
		w.Printf("%s: %d lose it, %d gain it\n", what, e.Lose, e.Gain)
	}
	if out.Version > 0 {
		w.Printf("version %d of the notice is in force\n", out.Version)
	}
	return nil
}

func arrow(old, now string) string {
	switch {
	case old == "":
		return now
	case now == "":
		return old
	}
	return old + " -> " + now
}

type staffSetCmd struct {
	Email   string `arg:"" help:"The account's e-mail address."`
	store   `embed:""`
	Level   []string `help:"The access levels it shall have, and no others."`
	NoLevel bool     `help:"Take all access levels away."`
	Until   string   `placeholder:"DATE" help:"Last day; open for none."`
}

// Run changes an account's levels and last day; its sessions end.
func (c *staffSetCmd) Run(w *world) error {
	if len(c.Level) == 0 && !c.NoLevel && c.Until == "" || len(c.Level) > 0 && c.NoLevel {
		return usage("say what to change: --level NAME, --no-level or --until DATE")
	}
	return withAccount(w, &c.store, c.Email, func(h *app.House, tx *db.Tx, a *staff.Account) error {
		if len(c.Level) > 0 || c.NoLevel {
			if err := h.SetStaffLevels(tx, a, c.Level); err != nil {
				return err
			}
		}
		switch c.Until {
		case "":
			return nil
		case "open":
			return h.Staff.SetUntil(tx, a.ID, "")
		}
		return h.Staff.SetUntil(tx, a.ID, c.Until)
	})
}
