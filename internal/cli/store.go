package cli

import (
	"os/user"

	"kartotek/internal/app"
	"kartotek/internal/config"
	"kartotek/internal/db"
)

// store names a register on the command line.
type store struct {
	config.Store `embed:""`
}

// with opens the register, lets fn use it, and closes it.
func (s *store) with(w *world, fn func(*app.House) error) error {
	h, err := app.Open(w.ctx, s.Store, app.Options{})
	if err != nil {
		return err
	}
	defer h.Close()
	return fn(h)
}

// by says who acts: the machine's user at the command line.
func (s *store) by(purpose string) db.By {
	name := "cli"
	if u, err := user.Current(); err == nil {
		name += ":" + u.Username
	}
	return db.By{Kind: "cli", Name: name, Purpose: purpose}
}
