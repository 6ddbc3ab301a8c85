package casework

import (
	"errors"

	"kartotek/internal/app"
	"kartotek/internal/cli/shell"
	"kartotek/internal/erasing"
	"kartotek/internal/erasure"
	"kartotek/internal/i18n"
	"kartotek/internal/seal"
)

// Erase is the command of that name.
type Erase struct {
	Address     string `arg:"" help:"E-mail address or phone number."`
	shell.Store `embed:""`
	Plan        bool     `help:"Only say what would become of each category."`
	Ground      string   `enum:"a,b,c,d,e,f" default:"b" help:"Point of GDPR 17(1): a no longer needed, b consent withdrawn, c objection, d unlawful, e a law orders it, f collected from a child."`
	Category    []string `placeholder:"NAME" help:"Only these categories of the notice. May be given several times."`
	Case        string   `placeholder:"REF" help:"Reference of the request, such as R-2026-0042."`
	Lang        string   `enum:"sv,fi,en" default:"en" help:"Language of the certificate: sv, fi or en."`
	PDF         string   `name:"certificate" placeholder:"FILE" help:"Also write the certificate as a PDF document."`
	JSON        bool     `name:"json" help:"Print JSON."`
}

// Run erases a person and prints the certificate, or only the plan.
func (c *Erase) Run(w *shell.World) error {
	return c.With(w, func(h *app.House) error {
		ask := erasing.Ask{Ground: erasing.Ground("17(1)(" + c.Ground + ")"), Categories: c.Category, Case: c.Case}
		who, plan, err := h.PlanErasure(w.Ctx, c.Who("rights"), c.Address, ask)
		if err != nil {
			return err
		}
		if c.Plan {
			return c.printPlan(w, plan)
		}
		done, err := h.Erasure.Erase(w.Ctx, c.Who("rights"), who, plan)
		if err != nil {
			return err
		}
		return errors.Join(c.printCertificate(w, done), c.writePDF(done))
	})
}

func (c *Erase) printPlan(w *shell.World, plan *erasing.Plan) error {
	if c.JSON {
		return w.JSON(plan)
	}
	p := i18n.For(c.Lang)
	for _, l := range plan.Lines {
		w.Printf("%s (%d): %s\n", l.Name(p), l.Count, l.Words(p))
	}
	return nil
}

func (c *Erase) writePDF(done *erasure.Certificate) error {
	if c.PDF == "" {
		return nil
	}
	text, err := done.PDF(i18n.For(c.Lang))
	if err != nil {
		return err
	}
	return seal.WriteFile(c.PDF, text)
}

func (c *Erase) printCertificate(w *shell.World, done *erasure.Certificate) error {
	if c.JSON {
		return w.JSON(done)
	}
	w.Printf("%s", done.Text(i18n.For(c.Lang)))
	return nil
}
