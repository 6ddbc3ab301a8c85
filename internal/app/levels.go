package app

import (
	"context"
	"time"

	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/notice"
	"kartotek/internal/noticedef"
	"kartotek/internal/staff"
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

// Effects counts whom a change of levels takes something from, and whom it gives
// something.
func (h *House) Effects(ctx context.Context, c *notice.LevelChange) (out []noticedef.Effect, err error) {
	err = h.DB.View(ctx, db.System("levels"), func(tx *db.Tx) error {
		all, err := staff.List(tx)
		var held [][]string
		for _, a := range all {
			if a.Active(tx.Time()) && h.Staff.UnderContract(a, tx.Time()) {
				held = append(held, a.Levels)
			}
		}
		out = noticedef.Effects(c.From.Notice, c.To, held)
		return err
	})
	return out, err
}

// SetStaffLevels gives an account levels that the notice in force knows.
func (h *House) SetStaffLevels(tx *db.Tx, a *staff.Account, levels []string) error {
	if err := h.knowsLevels(tx, levels); err != nil {
		return err
	}
	return h.Staff.SetLevels(tx, a.ID, levels)
}

func (h *House) knowsLevels(tx *db.Tx, levels []string) error {
	in, err := h.version(tx, 0)
	if err != nil {
		return err
	}
	for _, name := range levels {
		if _, ok := in.Level(name); !ok {
			return fault.New(fault.Invalid, "staff.no_level", "the register notice has no access level %q", name).In("level")
		}
	}
	return nil
}

// AddStaff makes an account whose levels the notice in force knows, of a processor
// that it lists with a contract that holds.
func (h *House) AddStaff(tx *db.Tx, n staff.NewAccount) (*staff.Account, error) {
	if err := h.knowsLevels(tx, n.Levels); err != nil {
		return nil, err
	}
	if n.Affiliation == staff.Processor && !h.contract(n.Processor, tx.Time()) {
		return nil, fault.New(fault.Invalid, "staff.no_processor", "the register notice lists no processor %q with a contract that holds", n.Processor).In("affiliation")
	}
	return h.Staff.Create(tx, n)
}
