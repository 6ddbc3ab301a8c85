package letters

import (
	"kartotek/internal/app"
	"kartotek/internal/audit"
	"kartotek/internal/cli/shell"
	"kartotek/internal/db"
	"kartotek/internal/id"
	"kartotek/internal/series"
)

// Series is the group of commands of that name.
type Series struct {
	shell.Store `embed:""`
	Act         string `arg:"" enum:"list,show,pause,resume" help:"list: all with how many people are where; show: one; pause: move nobody on; resume: go on."`
	Name        string `arg:"" optional:"" help:"Name of the series; not for list."`
	JSON        bool   `name:"json" help:"Print JSON, one line a series."`
}

// Run does the act; after pause and resume the series is shown as it is then.
func (c *Series) Run(w *shell.World) error {
	return c.With(w, func(h *app.House) error {
		if c.Act == "list" {
			return h.DB.View(w.Ctx, c.Who("newsletter"), func(tx *db.Tx) error {
				all, err := h.Series.List(tx)
				for i := range all {
					if err == nil {
						err = c.print(w, h, tx, &all[i])
					}
				}
				return err
			})
		}
		return h.DB.Do(w.Ctx, c.Who("newsletter"), func(tx *db.Tx) error {
			x, err := h.Series.Named(tx, c.Name)
			if do := map[string]func(*db.Tx, id.ID) error{"pause": h.Series.Pause, "resume": h.Series.Resume}[c.Act]; err == nil && do != nil {
				if err = do(tx, x.ID); err == nil {
					err = audit.Write(tx, audit.Entry{Action: "series." + c.Act, Kind: "series", Object: x.ID.String(), Purpose: x.Purpose})
				}
			}
			if err == nil {
				x, err = h.Series.Get(tx, x.ID)
			}
			if err != nil {
				return err
			}
			return c.print(w, h, tx, x)
		})
	})
}

func (c *Series) print(w *shell.World, h *app.House, tx *db.Tx, x *series.Series) error {
	f, err := h.Series.Figures(tx, x)
	if err == nil && c.JSON {
		return w.Line(map[string]any{"name": x.Name, "state": x.State, "in": f.In, "waiting": f.Waiting, "done": f.Done, "left": f.Left, "stopped": f.Stopped, "letters": f.Letters})
	}
	w.Printf("%-8s %8d in %8d waiting %8d done  %s %v\n", x.State, f.In, f.Waiting, f.Done, x.Name, f.Left)
	return err
}
