package casework

import (
	"kartotek/internal/app"
	"kartotek/internal/cli/shell"
	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/id"
	"kartotek/internal/law"
	"kartotek/internal/party"
	"kartotek/internal/rights"
	"kartotek/internal/rightsdef"
)

type matchCmd struct {
	caseArg `embed:""`
	Person  string `arg:"" name:"address-or-id" help:"Whose request it is: an e-mail address, a telephone number, or the id of a person."`
}

// Run says whose request it is. law: GDPR 11(2)
func (c *matchCmd) Run(w *shell.World) error {
	return c.act(w, func(tx *db.Tx, h *app.House, x *rights.Case) error {
		who, found, err := h.Party.ByAddress(tx, c.Person)
		if err != nil && !fault.Is(err, fault.Invalid) {
			return err
		}
		if !found {
			if who, err = id.Parse(c.Person); err != nil {
				return party.NotFound()
			}
		}
		return h.Rights.Match(tx, x, who)
	})
}

type unmatchCmd struct {
	caseArg `embed:""`
}

// Run takes a match back.
func (c *unmatchCmd) Run(w *shell.World) error {
	return c.act(w, func(tx *db.Tx, h *app.House, x *rights.Case) error { return h.Rights.Unmatch(tx, x) })
}

type splitCmd struct {
	caseArg `embed:""`
	Name    string `required:"" help:"The other person, as the request names them."`
	Email   string `help:"Their e-mail address."`
	Phone   string `help:"Their telephone number."`
	Address string `help:"Their postal address, parts separated by commas."`
}

// Run opens a case for another person of the same request, and prints that one.
func (c *splitCmd) Run(w *shell.World) error {
	return c.act(w, func(tx *db.Tx, h *app.House, x *rights.Case) error {
		other, err := h.Rights.Split(tx, x, rights.Requester{Name: c.Name, Email: c.Email, Phone: c.Phone, Address: lines(c.Address)})
		if err == nil {
			*x = *other
		}
		return err
	})
}

// asking are the flags of what the person is asked for.
type asking struct {
	Why   string `required:"" enum:"identity,clarification" help:"What for: identity or clarification."`
	Doubt string `help:"For identity: what the doubt rests on, such as nobody-fits, several-people, unknown-address, name-differs, facts-wrong or agent. Without one nothing more may be asked for."`
	Want  string `help:"For identity: the next step asked for: known_address, session, shared_facts or photo_id_shown."`
	Text  string `help:"For a clarification: what is unclear, as the letter puts it; - reads standard input."`
	Note  string `help:"What the doubt rests on, for the file. The person may read it."`
	On    string `placeholder:"DATE" help:"Day it was asked; today when left out."`
}

func (a *asking) read(w *shell.World) (out rights.Asking, err error) {
	text, err := readText(w, a.Text)
	out = rights.Asking{Why: a.Why, Doubt: a.Doubt, Text: text, Note: a.Note, On: law.Date(a.On)}
	out.Want, _ = rightsdef.ParseCertainty(a.Want)
	return out, err
}

type askCmd struct {
	caseArg `embed:""`
	asking  `embed:""`
}

// Run asks by letter. law: GDPR 12(6)
func (c *askCmd) Run(w *shell.World) error {
	a, err := c.read(w)
	if err != nil {
		return err
	}
	return c.act(w, func(tx *db.Tx, h *app.House, x *rights.Case) error { return h.Rights.Ask(tx, x, a) })
}

type pauseCmd struct {
	caseArg `embed:""`
	asking  `embed:""`
}

// Run records what was asked by other means.
func (c *pauseCmd) Run(w *shell.World) error {
	a, err := c.read(w)
	if err != nil {
		return err
	}
	return c.act(w, func(tx *db.Tx, h *app.House, x *rights.Case) error { return h.Rights.Pause(tx, x, a) })
}

type resumeCmd struct {
	caseArg `embed:""`
	On      string `placeholder:"DATE" help:"Day the answer came; today when left out."`
	Reply   string `help:"What the answer says; - reads standard input."`
}

// Run records that the person answered.
func (c *resumeCmd) Run(w *shell.World) error {
	reply, err := readText(w, c.Reply)
	if err != nil {
		return err
	}
	return c.act(w, func(tx *db.Tx, h *app.House, x *rights.Case) error {
		return h.Rights.Resume(tx, x, law.Date(c.On), reply)
	})
}

type liftCmd struct {
	caseArg `embed:""`
	Reasons string `required:"" help:"Why the restriction ends, in the person's language; - reads standard input."`
	Days    int    `default:"14" help:"After how many days it ends, at least 7: the person is told before."`
}

// Run announces the end of a restriction. law: GDPR 18(3)
func (c *liftCmd) Run(w *shell.World) error {
	reasons, err := readText(w, c.Reasons)
	if err != nil {
		return err
	}
	return c.act(w, func(tx *db.Tx, h *app.House, x *rights.Case) error {
		return h.Rights.AnnounceLift(tx, x, reasons, c.Days)
	})
}
