package app

import (
	"context"
	"time"

	"kartotek/internal/db"
	"kartotek/internal/notice"
	"kartotek/internal/noticedef"
)

// contract tells whether the notice in force lists a processor whose contract holds.
func (h *House) contract(processor string, at time.Time) bool {
	in, err := h.Notice.Current(context.Background())
	return err == nil && in.Notice.UnderContract(processor, at)
}

// SetLevel changes one access level, or adds it, for the operator at the machine,
// whom the database and its keys are open to anyway. A trial run says what would
// come of it and changes nothing.
func (h *House) SetLevel(ctx context.Context, by db.By, level noticedef.Level, trial bool) (c *notice.LevelChange, err error) {
	run := h.DB.Do
	if trial {
		run = h.DB.View
	}
	err = run(ctx, by, func(tx *db.Tx) error {
		if c, err = h.Notice.PlanLevel(tx, level); err != nil || trial {
			return err
		}
		_, err = h.Notice.SetLevel(tx, c)
		return err
	})
	return c, err
}
