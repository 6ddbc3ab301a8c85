package cli

import (
	"os"

	"kartotek/internal/app"
	"kartotek/internal/backup"
	"kartotek/internal/fault"
	"kartotek/internal/inclusion"
)

type verifyCmd struct {
	store          `embed:""`
	JSON           bool     `name:"json" help:"Print JSON."`
	Checkpoint     []string `name:"checkpoint" placeholder:"FILE" help:"A signed head of the log that was kept elsewhere; the log must begin with it. May be given several times."`
	AcceptRestored string   `name:"accept-restored" placeholder:"REASON" help:"Say that an older copy of the register was put back on purpose, and why. The log goes on from there under a new anchor; the old one is kept beside the keys."`
	AdoptEarlier   string   `name:"adopt-earlier" placeholder:"REASON" help:"Take the entries of a register that an earlier program kept, without a tree, into the tree, and say why. It is done once, and logged."`
}

// Run checks everything that can be computed again. Exit code 1 when anything is wrong.
func (c *verifyCmd) Run(w *world) error {
	return c.With(w, func(h *app.House) error {
		if c.AcceptRestored != "" {
			was, err := backup.Accept(w.Ctx, h.DB, h.Tree, c.Who("verify"), c.AcceptRestored)
			if err != nil {
				return err
			}
			w.Note("The log goes on from the copy that was put back. Before, it had %d entries.", was)
		}
		if c.AdoptEarlier != "" {
			n, err := h.AdoptEarlier(w.Ctx, c.Who("verify"), c.AdoptEarlier)
			if err != nil {
				return err
			}
			w.Note("%d entries from before are in the tree now. Keep the signed head of today outside the machine: it vouches for them.", n)
		}
		kept, err := c.kept(h)
		if err != nil {
			return err
		}
		v, err := h.Verify(w.Ctx, c.Who("verify"), kept)
		if err != nil {
			return err
		}
		return c.print(w, v)
	})
}

// kept reads the signed heads that were kept elsewhere.
func (c *verifyCmd) kept(h *app.House) (map[string]inclusion.Checkpoint, error) {
	out := map[string]inclusion.Checkpoint{}
	for _, file := range c.Checkpoint {
		text, err := os.ReadFile(file)
		if err != nil {
			return nil, fault.New(fault.Invalid, "inclusion.checkpoint", "%s cannot be read", file).Because(err)
		}
		head, err := h.Tree.Read(text)
		if err != nil {
			return nil, err
		}
		out["the copy in "+file] = *head
	}
	return out, nil
}

func (c *verifyCmd) print(w *world, v app.Verified) error {
	if c.JSON {
		if err := w.JSON(v); err != nil {
			return err
		}
	} else {
		w.Printf("ledger entries %d · log entries %d · notice versions %d · people %d\n", v.Entries, v.Log, v.Notices, v.People)
		w.Printf("tree of %d entries, %d waiting · root %s\n", v.TreeSize, v.Waiting, v.Root)
		for _, p := range v.Problems {
			w.Printf("wrong: %s\n", p)
		}
		if v.More > 0 {
			w.Printf("and %d more\n", v.More)
		}
	}
	if !v.OK {
		return errFindings
	}
	return nil
}
