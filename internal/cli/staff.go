package cli

import (
	"errors"

	"kartotek/internal/app"
	"kartotek/internal/audit"
	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/staff"
	"kartotek/internal/staff/factor"
	"kartotek/internal/staff/oidc"
)

type staffCmd struct {
	Add     staffAddCmd     `cmd:"" help:"Make a named account and print its one-time sign-in link."`
	Link    staffLinkCmd    `cmd:"" help:"Print a new one-time sign-in link."`
	Disable staffDisableCmd `cmd:"" help:"Disable an account and end its sessions."`
	Enable  staffEnableCmd  `cmd:"" help:"Open a disabled account again."`
	Reset   staffResetCmd   `cmd:"" help:"End an account's password and sessions and print a new one-time sign-in link."`
	Set     staffSetCmd     `cmd:"" help:"Change an account's access levels and last day."`
	List    staffListCmd    `cmd:"" help:"List accounts."`
}

type staffAddCmd struct {
	Email     string `arg:"" help:"The account's e-mail address."`
	store     `embed:""`
	Name      string   `required:"" help:"The person's name."`
	Level     []string `help:"Access levels of the notice; without one the account may do nothing."`
	Processor string   `help:"For people of a listed processor: its id in the notice."`
	Until     string   `placeholder:"DATE" help:"Last day."`
	BaseURL   string   `name:"base-url" env:"KARTOTEK_BASE_URL" default:"http://127.0.0.1:8600" placeholder:"URL" help:"Public address of the register."`
}

// Run makes an account.
func (c *staffAddCmd) Run(w *world) error {
	return c.With(w, func(h *app.House) error {
		var token string
		err := h.DB.Do(w.Ctx, c.Who("staff"), func(tx *db.Tx) error {
			n := staff.NewAccount{Name: c.Name, Email: c.Email, Until: c.Until, Levels: c.Level, Processor: c.Processor}
			if c.Processor != "" {
				n.Affiliation = staff.Processor
			}
			a, err := h.AddStaff(tx, n)
			if err != nil {
				return err
			}
			token, err = h.Staff.Link(tx, a.ID, staff.InviteLink)
			return err
		})
		if err == nil {
			w.Printf("%s/signin/link/%s\n", c.BaseURL, token)
		}
		return err
	})
}

type staffLinkCmd struct {
	Email   string `arg:"" help:"The account's e-mail address."`
	store   `embed:""`
	BaseURL string `name:"base-url" env:"KARTOTEK_BASE_URL" default:"http://127.0.0.1:8600" placeholder:"URL" help:"Public address of the register."`
}

// Run prints a link that signs in once.
func (c *staffLinkCmd) Run(w *world) error {
	var token string
	err := withAccount(w, &c.store, c.Email, func(h *app.House, tx *db.Tx, a *staff.Account) (err error) {
		token, err = h.Staff.Link(tx, a.ID, staff.SignInLink)
		return err
	})
	if err == nil {
		w.Printf("%s/signin/link/%s\n", c.BaseURL, token)
	}
	return err
}

func account(tx *db.Tx, email string) (*staff.Account, error) {
	a, err := staff.Find(tx, email)
	if err == nil && a == nil {
		err = fault.New(fault.NotFound, "staff.no_account", "there is no such account")
	}
	return a, err
}

type staffDisableCmd struct {
	Email string `arg:"" help:"The account's e-mail address."`
	store `embed:""`
}

// Run disables an account; its sessions end at once.
func (c *staffDisableCmd) Run(w *world) error {
	return withAccount(w, &c.store, c.Email, func(h *app.House, tx *db.Tx, a *staff.Account) error { return h.Staff.Disable(tx, a.ID) })
}

// withAccount does something with one account, in one transaction.
func withAccount(w *world, s *store, email string, fn func(*app.House, *db.Tx, *staff.Account) error) error {
	return s.With(w, func(h *app.House) error {
		return h.DB.Do(w.Ctx, s.Who("staff"), func(tx *db.Tx) error {
			a, err := account(tx, email)
			if err != nil {
				return err
			}
			return fn(h, tx, a)
		})
	})
}

type staffEnableCmd struct {
	Email string `arg:"" help:"The account's e-mail address."`
	store `embed:""`
}

// Run opens a disabled account again; its owner signs in as before.
func (c *staffEnableCmd) Run(w *world) error {
	return withAccount(w, &c.store, c.Email, func(h *app.House, tx *db.Tx, a *staff.Account) error { return h.Staff.Enable(tx, a.ID) })
}

type staffResetCmd struct {
	Email   string `arg:"" help:"The account's e-mail address."`
	store   `embed:""`
	Factors bool   `help:"Take the account's second factors away too, and its tie to the company's sign-in, for somebody who has lost them all. Without it the link asks for one."`
	BaseURL string `name:"base-url" env:"KARTOTEK_BASE_URL" default:"http://127.0.0.1:8600" placeholder:"URL" help:"Public address of the register."`
}

// Run ends what an account was signed in with and prints a link to begin anew.
func (c *staffResetCmd) Run(w *world) error {
	var token string
	err := withAccount(w, &c.store, c.Email, func(h *app.House, tx *db.Tx, a *staff.Account) (err error) {
		if err = h.Staff.Reset(tx, a.ID); err == nil && c.Factors {
			err = errors.Join((&factor.Room{Keys: h.Keys, Staff: h.Staff}).RemoveAll(tx, a.ID), (&oidc.Room{}).Unbind(tx, a.ID))
		}
		if err == nil {
			token, err = h.Staff.Link(tx, a.ID, staff.SignInLink)
		}
		return err
	})
	if err == nil {
		w.Printf("%s/signin/link/%s\n", c.BaseURL, token)
	}
	return err
}

type staffListCmd struct {
	store `embed:""`
	JSON  bool `name:"json" help:"Print JSON."`
}

type staffLine struct {
	Email  string   `json:"email"`
	Name   string   `json:"name"`
	Levels []string `json:"levels"`
	Until  string   `json:"until,omitempty"`
	Active bool     `json:"active"`
	Second bool     `json:"second_factor"`
}

// Run lists accounts.
func (c *staffListCmd) Run(w *world) error {
	return c.With(w, func(h *app.House) error {
		var out []staffLine
		err := h.DB.Do(w.Ctx, c.Who("staff"), func(tx *db.Tx) error {
			all, err := staff.List(tx)
			if err != nil {
				return err
			}
			out = make([]staffLine, 0, len(all))
			for _, a := range all {
				out = append(out, staffLine{a.Email, a.Name, a.Levels, a.Until, a.Active(tx.Time()), a.Second})
			}
			return audit.Write(tx, audit.Entry{Action: "staff.list", Kind: "staff", Count: len(all)})
		})
		if err != nil {
			return err
		}
		if c.JSON {
			return w.JSON(out)
		}
		for _, a := range out {
			state := "active"
			if !a.Active {
				state = "disabled"
			}
			w.Printf("%-32s %-24s %-8s %v\n", a.Email, a.Name, state, a.Levels)
		}
		return nil
	})
}
