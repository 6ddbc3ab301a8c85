package app

import (
	"context"
	"os"
	"path/filepath"

	"kartotek/internal/clock"
	"kartotek/internal/config"
	"kartotek/internal/db"
	"kartotek/internal/demo"
)

// demoRegister fills an empty folder with the invented register. It is built in a
// folder beside and moved in at the end, database last, so that a process that
// dies on the way leaves nothing half-made.
func demoRegister(ctx context.Context, cfg *config.Serve) error {
	if _, err := os.Stat(filepath.Join(cfg.Data, db.FileName)); err == nil {
		return nil
	}
	beside := filepath.Clean(cfg.Data) + ".new"
	if err := os.RemoveAll(beside); err != nil {
		return err
	}
	defer os.RemoveAll(beside)
	now := clock.System().Now()
	clk := clock.At(demo.Start(now))
	h, err := Open(ctx, config.Store{Data: beside}, Options{Create: true, SMTP: cfg.SMTP, BaseURL: cfg.BaseURL, DB: db.Options{Clock: clk}})
	if err != nil {
		return err
	}
	_, err = demo.Invent(ctx, h.demoRooms(), clk, now)
	if e := h.Close(); err == nil {
		err = e
	}
	if err != nil {
		return err
	}
	for _, name := range []string{"keys", "imports", db.FileName} {
		if err := os.Rename(filepath.Join(beside, name), filepath.Join(cfg.Data, name)); err != nil && !os.IsNotExist(err) {
			return err
		}
	}
	return nil
}

func (h *House) demoRooms() demo.Rooms {
	return demo.Rooms{DB: h.DB, Notice: h.Notice, Party: h.Party, Ledger: h.Ledger, Outbox: h.Outbox, Segment: h.Segment, Campaign: h.Campaign,
		Exchange: h.Exchange, Staff: h.Staff}
}
