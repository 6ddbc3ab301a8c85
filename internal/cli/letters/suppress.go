package letters

import (
	"bufio"
	"kartotek/internal/cli/shell"
	"strings"

	"kartotek/internal/app"
	"kartotek/internal/outbox/suppress"
	"kartotek/internal/returns"
)

// Suppress is the group of commands of that name.
type Suppress struct {
	List   suppressListCmd   `cmd:"" help:"Count the addresses that are not to be used, by reason and by list."`
	Add    suppressAddCmd    `cmd:"" help:"Hold messages from an address, whoever has it."`
	Check  suppressCheckCmd  `cmd:"" help:"Say whether and why an address is held."`
	Import suppressImportCmd `cmd:"" help:"Read a list of addresses, such as a national opt-out register; it replaces what the list held before."`
}

type suppressListCmd struct {
	shell.Store `embed:""`
	JSON        bool `name:"json" help:"Print JSON."`
}

// Run counts.
func (c *suppressListCmd) Run(w *shell.World) error {
	return c.With(w, func(h *app.House) error {
		s, err := h.Returns.Suppressions(w.Ctx, c.Who("suppress"))
		if err == nil && c.JSON {
			return w.JSON(s)
		}
		for _, t := range s.Single {
			w.Printf("%9d  %-5s %-9s %s\n", t.N, t.Kind, t.Class, t.Reason)
		}
		for _, l := range s.Lists {
			w.Printf("%9d  %-5s %-9s list %q, read %s from %s\n", l.Addresses, l.Kind, l.Class, l.Name, l.Read, l.Source)
		}
		return err
	})
}

// addressArg is an address, or many.
type addressArg struct {
	shell.Store `embed:""`
	Address     string `arg:"" help:"E-mail address, or telephone number with its country code; - reads standard input, one a line."`
}

// each opens the register and calls fn for each address.
func (c *addressArg) each(w *shell.World, fn func(h *app.House, value string) error) error {
	return c.With(w, func(h *app.House) error {
		if c.Address != "-" {
			return fn(h, c.Address)
		}
		lines := bufio.NewScanner(w.In)
		for lines.Scan() {
			if err := fn(h, strings.TrimSpace(lines.Text())); err != nil {
				return err
			}
		}
		return lines.Err()
	})
}

type suppressAddCmd struct {
	addressArg `embed:""`
	Class      string `enum:"marketing,all" default:"marketing" help:"What is held: marketing, or all messages."`
	Reason     string `enum:"asked,complaint,erased,bounce,staff" default:"asked" help:"Why: asked, complaint, erased, bounce or staff."`
}

// Run holds the addresses.
func (c *suppressAddCmd) Run(w *shell.World) error {
	return c.each(w, func(h *app.House, value string) error {
		return h.Returns.Hold(w.Ctx, c.Who("suppress"), value, suppress.Suppression{Kind: returns.KindOf(value), Class: c.Class, Reason: c.Reason})
	})
}

type suppressCheckCmd struct {
	addressArg `embed:""`
	JSON       bool `name:"json" help:"Print JSON, one line an address."`
}

// Run says why. The address itself is not printed: what is printed may end in a log.
func (c *suppressCheckCmd) Run(w *shell.World) error {
	return c.each(w, func(h *app.House, value string) error {
		e, err := h.Returns.Explain(w.Ctx, c.Who("suppress"), value)
		if err != nil {
			return err
		}
		if c.JSON {
			return w.Line(e)
		}
		if !e.Held {
			w.Printf("free\n")
		}
		for _, s := range e.Why {
			w.Printf("held  %-9s since %s  %s\n", s.Class, s.Since, strings.TrimSpace(s.Reason+" "+s.List))
		}
		return nil
	})
}

type suppressImportCmd struct {
	shell.Store      `embed:""`
	returns.ListFile `embed:""`
	File             string `arg:"" help:"One address a line, or a table (CSV) with a column of addresses; - reads standard input."`
}

// Run replaces the list.
func (c *suppressImportCmd) Run(w *shell.World) error {
	return c.With(w, func(h *app.House) error {
		bar := shell.NewBar(w.Err)
		l, wrong, err := h.Returns.OpenList(w.Ctx, c.Who("suppress"), c.ListFile, c.File, w.In, func(f *suppress.AddressFile, size int64) { bar.Show(f.Bytes, size, f.Lines, "lines") })
		bar.Done()
		if err == nil {
			w.Printf("list %q: %d addresses; %d lines without one\n", l.Name, l.Addresses, wrong)
		}
		return err
	})
}
