// Package casework is the part of the command line about people's requests concerning
// their own data. Its manners are those of package cli: what was asked for goes to
// standard output, --json gives JSON, the exit code is 0, 1 or 2. It holds no rules:
// each command reads its arguments and calls an act of the rights desk.
//
// A case is named by its reference, such as R-2026-0042.
package casework

import (
	"os"
	"time"

	"kartotek/internal/app"
	"kartotek/internal/audit"
	"kartotek/internal/cli/shell"
	"kartotek/internal/db"
	"kartotek/internal/i18n"
	"kartotek/internal/party"
	"kartotek/internal/rights"
	"kartotek/internal/rightsdef"
)

// Rights is the group of commands of that name.
type Rights struct {
	Open     openCmd     `cmd:"" help:"Enter a request that arrived. The clock starts on the day of arrival."`
	Show     showCmd     `cmd:"" help:"Show a case: its dates step by step, what happened, what was written."`
	List     listCmd     `cmd:"" help:"List cases, the most pressing first."`
	Match    matchCmd    `cmd:"" help:"Say whose request it is; what came with it moves to that person."`
	Unmatch  unmatchCmd  `cmd:"" help:"Take a match back that was wrong."`
	Split    splitCmd    `cmd:"" help:"Open a case for another person named in the same request."`
	Ask      askCmd      `cmd:"" help:"Ask for identity or a clarification by letter; the clock stands until the answer."`
	Pause    pauseCmd    `cmd:"" help:"As ask, for what was asked by other means: no letter is written."`
	Resume   resumeCmd   `cmd:"" help:"Record that the person answered; the clock runs on."`
	Verify   verifyCmd   `cmd:"" name:"verify-identity" help:"Record how it was made sure who asks. No document is kept."`
	Fulfil   fulfilCmd   `cmd:"" help:"Carry a request out and answer the person."`
	Extend   extendCmd   `cmd:"" help:"Take two more months, by a letter before the first date."`
	Refuse   refuseCmd   `cmd:"" help:"Refuse a request or a part of it, by a letter with ground, reasons, authority and court."`
	Close    closeCmd    `cmd:"" help:"Close a case that no answer is owed to."`
	Withdraw withdrawCmd `cmd:"" help:"Record that the person took the request back."`
	Lift     liftCmd     `cmd:"" help:"Announce to the person that a restriction ends; it ends after the days of notice, not before."`
}

// caseArg is a register and a case of it.
type caseArg struct {
	shell.Store `embed:""`
	Case        string `arg:"" help:"The reference of the case, such as R-2026-0042."`
	JSON        bool   `name:"json" help:"Print JSON."`
}

// act does something to the case and prints how it stands then.
func (a *caseArg) act(w *shell.World, fn func(tx *db.Tx, h *app.House, c *rights.Case) error) error {
	return a.With(w, func(h *app.House) error {
		var c *rights.Case
		err := h.DB.Do(w.Ctx, a.Who("rights"), func(tx *db.Tx) (err error) {
			if c, err = h.Rights.ByRef(tx, a.Case); err != nil {
				return err
			}
			if err := fn(tx, h, c); err != nil {
				return err
			}
			c, err = h.Rights.Get(tx, c.ID)
			return err
		})
		if err != nil {
			return err
		}
		return printCase(w, c, a.JSON)
	})
}

func printCase(w *shell.World, c *rights.Case, asJSON bool) error {
	if asJSON {
		return w.JSON(c)
	}
	w.Printf("%s  %-13s %-16s received %s  due %s  plan for %s  %s\n", c.Ref, c.Kind, c.State, c.Received, c.Clock.Due, c.Clock.Plan, c.Clock.Stage)
	return nil
}

type showCmd struct {
	caseArg  `embed:""`
	Language string `enum:"sv,fi,en" default:"en" help:"Language of the explanation: sv, fi or en."`
	PDF      string `placeholder:"FILE" help:"Write the last letter of the case into a file, as PDF."`
}

// shown is a case with everything about it.
type shown struct {
	*rights.Case
	Steps  []rightsdef.Line `json:"steps"`
	Events []rights.Event   `json:"events"`
	Items  []rights.Item    `json:"items"`
}

// Run shows the case; that its person's data were read is logged first.
func (c *showCmd) Run(w *shell.World) error {
	return c.With(w, func(h *app.House) error {
		var out shown
		err := h.DB.Do(w.Ctx, c.Who("rights"), func(tx *db.Tx) (err error) {
			if out.Case, err = h.Rights.ByRef(tx, c.Case); err != nil {
				return err
			}
			if out.Events, err = h.Rights.Timeline(tx, out.Case); err != nil {
				return err
			}
			if out.Items, err = h.Rights.Items(tx, out.Case); err != nil {
				return err
			}
			return audit.Write(tx, audit.Entry{Action: "rights.shown", Kind: "case", Object: out.Ref, Person: out.Person})
		})
		if err != nil {
			return err
		}
		out.Steps = rightsdef.Explain(out.Clock, i18n.For(c.Language))
		if c.PDF != "" {
			return writePDF(c.PDF, out.Items)
		}
		if c.JSON {
			return w.JSON(out)
		}
		return out.print(w)
	})
}

func (s *shown) print(w *shell.World) error {
	if err := printCase(w, s.Case, false); err != nil {
		return err
	}
	for _, l := range s.Steps {
		w.Printf("  %s  %-18s %s\n", l.Date, l.Citation, l.Text)
	}
	for _, e := range s.Events {
		w.Printf("  %s  %-14s %s %s\n", time.UnixMilli(e.At).UTC().Format(time.RFC3339), e.Kind, e.Code, e.By)
	}
	for _, x := range s.Items {
		text := x.Content.Text
		if l := x.Content.Letter; l != nil {
			text = l.Text()
		}
		w.Printf("\n[%s %s]\n%s\n", x.Kind, x.State, text)
	}
	return nil
}

// writePDF writes the last letter.
func writePDF(file string, items []rights.Item) error {
	for i := len(items) - 1; i >= 0; i-- {
		if l := items[i].Content.Letter; l != nil {
			raw, err := l.PDF()
			if err != nil {
				return err
			}
			return os.WriteFile(file, raw, 0o600)
		}
	}
	return shell.Usage("the case has no letter yet")
}

type listCmd struct {
	shell.Store `embed:""`
	State       string `enum:"open,closed,all" default:"open" help:"Which cases: open, closed or all."`
	Kind        string `help:"Only this right, such as access."`
	Stage       string `enum:",in-time,soon,urgent,last,overdue" default:"" help:"Only those as pressing: in-time, soon, urgent, last or overdue."`
	Limit       int    `default:"100" help:"At most so many."`
	JSON        bool   `name:"json" help:"Print JSON."`
}

// Run lists cases. None of what is listed tells who asked.
func (c *listCmd) Run(w *shell.World) error {
	return c.With(w, func(h *app.House) error {
		all := []*rights.Case{}
		err := h.DB.View(w.Ctx, c.Who("rights"), func(tx *db.Tx) error {
			found, err := h.Rights.List(tx, rights.Filter{State: c.State, Kind: rightsdef.Kind(c.Kind), Stage: rightsdef.Stage(c.Stage), Limit: c.Limit})
			all = append(all, found...)
			return err
		})
		if err != nil {
			return err
		}
		if c.JSON {
			return w.JSON(all)
		}
		for _, x := range all {
			if err := printCase(w, x, false); err != nil {
				return err
			}
		}
		return nil
	})
}

type verifyCmd struct {
	caseArg  `embed:""`
	Method   string `required:"" enum:"from_known_address,known_address,session,shared_facts,photo_id_shown" help:"How: from_known_address, known_address, session, shared_facts or photo_id_shown."`
	NoMatch  bool   `help:"The check failed: it is not the person concerned."`
	Document string `help:"Which sort of document was shown, such as passport; never its number."`
	Note     string `help:"What agreed. It is erased when the case is decided."`
	Person   string `help:"First match the case to the person with this address."`
}

// Run records the check.
func (c *verifyCmd) Run(w *shell.World) error {
	method, _ := rightsdef.ParseCertainty(c.Method)
	return c.act(w, func(tx *db.Tx, h *app.House, x *rights.Case) error {
		if c.Person != "" {
			who, found, err := h.Party.ByAddress(tx, c.Person)
			if err == nil && !found {
				err = party.NotFound()
			}
			if err != nil {
				return err
			}
			if err := h.Rights.Match(tx, x, who); err != nil {
				return err
			}
		}
		return h.Rights.VerifyIdentity(tx, x, rights.Verification{Method: method, Matches: !c.NoMatch, Document: c.Document, Note: c.Note})
	})
}

type fulfilCmd struct {
	caseArg  `embed:""`
	Set      map[string]string `help:"Rectification: a field and its new value, such as --set last_name=Öberg."`
	Ground   string            `help:"Erasure: the ground, such as A17NonNecessity."`
	Category []string          `help:"Erasure: only these categories of the notice."`
	Nothing  bool              `help:"Access: the register was searched and holds nothing of the person."`
	ByHand   bool              `name:"by-hand" help:"It was done outside the program; --text says how."`
	Text     string            `help:"What the letter says besides, in the person's language; - reads standard input."`
}

// Run carries the request out.
func (c *fulfilCmd) Run(w *shell.World) error {
	text, err := readText(w, c.Text)
	if err != nil {
		return err
	}
	f := rights.Fulfilment{Text: text, Nothing: c.Nothing, ByHand: c.ByHand, Erasing: rights.Erasing{Ground: c.Ground, Categories: c.Category}}
	for name, value := range c.Set {
		f.Values = append(f.Values, party.Pair{Name: name, Value: value})
	}
	return c.act(w, func(tx *db.Tx, h *app.House, x *rights.Case) error { return h.Rights.Fulfil(tx, x, f) })
}

type extendCmd struct {
	caseArg `embed:""`
	Code    string `required:"" enum:"A12Complexity,A12HighVolume" help:"Why: A12Complexity or A12HighVolume."`
	Reasons string `required:"" help:"The reasons, in the person's language; - reads standard input."`
}

// Run extends the time.
func (c *extendCmd) Run(w *shell.World) error {
	reasons, err := readText(w, c.Reasons)
	if err != nil {
		return err
	}
	return c.act(w, func(tx *db.Tx, h *app.House, x *rights.Case) error { return h.Rights.Extend(tx, x, c.Code, reasons) })
}

type refuseCmd struct {
	caseArg    `embed:""`
	Code       string `required:"" help:"The ground, such as A12IdentityFailure or A17LegalClaims."`
	Reasons    string `required:"" help:"The reasons, in the person's language; - reads standard input."`
	Part       string `help:"What is refused, when the rest is carried out."`
	Objective  string `help:"For a request that is manifestly unfounded or excessive: facts of number, time and effort."`
	Subjective string `help:"For the same: what shows that it is not made to use the right."`
	Intent     string `enum:",A12LackOfIntent,A12MaliciousIntent" default:"" help:"For the same: A12LackOfIntent or A12MaliciousIntent."`
}

// Run refuses.
func (c *refuseCmd) Run(w *shell.World) error {
	reasons, err := readText(w, c.Reasons)
	if err != nil {
		return err
	}
	f := rights.Refusal{Code: c.Code, Reasons: reasons, Part: c.Part, Weighing: rightsdef.Weighing{Objective: c.Objective, Subjective: c.Subjective, Intent: c.Intent}}
	return c.act(w, func(tx *db.Tx, h *app.House, x *rights.Case) error { return h.Rights.Refuse(tx, x, f) })
}

type closeCmd struct {
	caseArg `embed:""`
	Outcome string `required:"" enum:"answered,no-request" help:"Why nothing is owed: answered or no-request."`
}

// Run closes the case.
func (c *closeCmd) Run(w *shell.World) error {
	return c.act(w, func(tx *db.Tx, h *app.House, x *rights.Case) error { return h.Rights.Close(tx, x, c.Outcome) })
}

type withdrawCmd struct {
	caseArg `embed:""`
}

// Run ends the case.
func (c *withdrawCmd) Run(w *shell.World) error {
	return c.act(w, func(tx *db.Tx, h *app.House, x *rights.Case) error { return h.Rights.Withdraw(tx, x) })
}
