package shell

import (
	"os/user"

	"kartotek/internal/app"
	"kartotek/internal/config"
	"kartotek/internal/db"
)

// Store names a register on the command line.
type Store struct {
	config.Store `embed:""`
}

// With opens the register, lets fn use it, and closes it.
func (s *Store) With(w *World, fn func(*app.House) error) error {
	h, err := app.Open(w.Ctx, s.Store, app.Options{})
	if err != nil {
		return err
	}
	defer h.Close()
	return fn(h)
}

// Who says who acts: the machine's user at the command line.
func (s *Store) Who(purpose string) db.By {
	name := "cli"
	if u, err := user.Current(); err == nil {
		name += ":" + u.Username
	}
	return db.By{Kind: "cli", Name: name, Purpose: purpose}
}
