package cli

import (
	"kartotek/internal/app"
)

type verifyCmd struct {
	store `embed:""`
	JSON  bool `name:"json" help:"Print JSON."`
}

// Run checks everything that can be computed again. Exit code 1 when anything is wrong.
func (c *verifyCmd) Run(w *world) error {
	return c.with(w, func(h *app.House) error {
		v, err := h.Verify(w.ctx, c.by("verify"))
		if err != nil {
			return err
		}
		if c.JSON {
			err = w.json(v)
		} else {
			w.printf("ledger entries %d · log entries %d · notice versions %d · people %d\n", v.Entries, v.Log, v.Notices, v.People)
			for _, p := range v.Problems {
				w.printf("wrong: %s\n", p.What)
			}
		}
		if err == nil && !v.OK {
			err = errFindings
		}
		return err
	})
}
