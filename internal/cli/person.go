package cli

import (
	"kartotek/internal/app"
	"kartotek/internal/clock"
	"kartotek/internal/ledger"
	"kartotek/internal/permit"
)

type personCmd struct {
	Show personShowCmd `cmd:"" help:"Show a person: values with source and date, permissions, what may be sent, history."`
}

type personShowCmd struct {
	Address string `arg:"" help:"E-mail address or phone number."`
	store   `embed:""`
	JSON    bool `name:"json" help:"Print JSON."`
}

// Run shows a person; the reading is logged.
func (c *personShowCmd) Run(w *world) error {
	return c.With(w, func(h *app.House) error {
		p, err := h.Show(w.Ctx, c.Who("relationship"), c.Address)
		if err != nil {
			return err
		}
		if c.JSON {
			return w.JSON(p)
		}
		printPerson(w, p)
		return nil
	})
}

func printPerson(w *world, p *app.PersonView) {
	w.Printf("%s  (%s, registered %s)\n\n", p.Name, p.ID, p.Registered)
	for _, v := range p.Values {
		w.Printf("  %-18s %s  (%s, %s)\n", v.Field, v.Value, v.Source, v.Changed)
	}
	w.Printf("\nMay we?\n")
	for _, m := range p.May {
		word := "no "
		if m.Allowed {
			word = "yes"
		}
		missing := ""
		if m.NoAddress {
			missing = "  (no address)"
		}
		w.Printf("  %s  %-14s %-6s %s%s\n", word, m.Purpose, m.Channel, m.Code, missing)
	}
	w.Printf("\nPermissions\n")
	for _, e := range p.Permissions {
		w.Printf("  %s  %-12s %-24s %s by %s: %s\n", e.Effective, e.Kind, e.About, e.Method, e.SaidBy, e.Evidence)
	}
	w.Printf("\nHistory\n")
	for _, c := range p.History {
		w.Printf("  %s  %-8s %s: %q -> %q (%s)\n", c.At, c.Kind, c.Field, c.Old, c.New, c.By)
	}
}

type permissionCmd struct {
	Set  permissionSetCmd  `cmd:"" help:"Record what a person said."`
	Sale permissionSaleCmd `cmd:"" help:"Record a sale, for the existing-customer exception."`
	Role permissionRoleCmd `cmd:"" help:"Record that a purpose's offers concern the person's work."`
}

type permissionSaleCmd struct {
	Address  string `arg:"" help:"E-mail address or phone number."`
	store    `embed:""`
	Sold     string   `required:"" placeholder:"DATE" help:"Day of the sale."`
	Goods    []string `required:"" placeholder:"GROUP,…" help:"Product groups sold, as the notice names them."`
	Offered  bool     `help:"An easy objection was offered when the address was given."`
	Evidence string   `required:"" placeholder:"TEXT" help:"What shows it, such as the order's number."`
}

// Run records the facts of a sale. law: 2002/58 13(2)
func (c *permissionSaleCmd) Run(w *world) error {
	on, err := day(c.Sold)
	if err != nil {
		return err
	}
	return c.With(w, func(h *app.House) error {
		e, err := h.RecordSale(w.Ctx, c.Who("permission"), c.Address, ledger.SaleFacts{On: clock.Ms(on), Goods: c.Goods, Similar: true, Offered: c.Offered}, c.Evidence)
		if err == nil {
			w.Printf("sale recorded (entry %s)\n", e.ID)
		}
		return err
	})
}

type permissionRoleCmd struct {
	Address  string `arg:"" help:"E-mail address or phone number."`
	store    `embed:""`
	Purpose  string `required:"" help:"The notice's purpose."`
	Evidence string `required:"" placeholder:"TEXT" help:"How it concerns the person's duties."`
}

// Run records a link between an offer and the person's work. law: FI 917/2014 202
func (c *permissionRoleCmd) Run(w *world) error {
	return c.With(w, func(h *app.House) error {
		e, err := h.RecordRole(w.Ctx, c.Who(c.Purpose), c.Address, c.Purpose, c.Evidence)
		if err == nil {
			w.Printf("link to the work recorded (entry %s)\n", e.ID)
		}
		return err
	})
}

type permissionSetCmd struct {
	Address  string `arg:"" help:"E-mail address or phone number."`
	Act      string `arg:"" enum:"consent,withdraw,prohibit" help:"consent, withdraw or prohibit."`
	store    `embed:""`
	Purpose  string `required:"" help:"The notice's purpose."`
	Channel  string `required:"" enum:"email,sms,call,post,all" help:"email, sms, call, post, or all."`
	Evidence string `required:"" placeholder:"TEXT" help:"What shows it, such as a letter's words."`
	Received string `placeholder:"DATE" help:"Day it arrived; default today."`
	JSON     bool   `name:"json" help:"Print JSON."`
}

// Run records the act in the ledger.
func (c *permissionSetCmd) Run(w *world) error {
	if c.Received != "" {
		if _, err := moment(c.Received); err != nil {
			return err
		}
	}
	return c.With(w, func(h *app.House) error {
		out, err := h.SetPermission(w.Ctx, c.Who(c.Purpose), app.Said{Address: c.Address, Act: c.Act, Purpose: c.Purpose, Channel: c.Channel,
			Evidence: c.Evidence, Received: c.Received})
		if err != nil {
			return err
		}
		if c.JSON {
			return w.JSON(out)
		}
		for _, e := range out {
			w.Printf("%s recorded: %s (entry %s)\n", e.Kind, e.About, e.Entry)
			if e.Now != "" && e.Now != permit.CodeConsent {
				w.Note("nothing may be sent all the same: %s. Only the person can take a prohibition back, by an act of their own.", e.Now)
			}
		}
		return nil
	})
}
