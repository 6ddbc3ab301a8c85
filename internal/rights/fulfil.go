package rights

import (
	"context"
	"slices"
	"strings"

	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/id"
	"kartotek/internal/law"
	"kartotek/internal/party"
	"kartotek/internal/rightsdef"
	"kartotek/internal/rightsdef/letter"
)

// Needs are what the desk needs of other rooms. Each is set by the roof where the room
// is in the house. What a nil one would do is done by hand, and Fulfilment.ByHand
// says so.
type Needs struct {
	// Package builds the access package and makes it ready for the person.
	Package func(ctx context.Context, by db.By, c *Case, portable bool) (Made, error)
	// PlanErasure says, a line for each category in the case's language, what erasing
	// would do. Nothing is changed.
	PlanErasure func(tx *db.Tx, c *Case, e Erasing) (lines []string, err error)
	// Erase carries the plan out.
	Erase func(ctx context.Context, by db.By, c *Case, e Erasing) (Made, error)
	// Restrict stops the use of a person's data in every room, or allows it again.
	Restrict func(tx *db.Tx, who id.ID, on bool) error
	// Object records an objection in the ledger, in the ledger's scopes.
	Object func(tx *db.Tx, c *Case, scopes []string) error
	// Withdraw records that consents are withdrawn: those for the purposes, or all when
	// none is named.
	Withdraw func(tx *db.Tx, c *Case, purposes []string) error
	// Tell tells those the data were disclosed to, and says how many. law: GDPR 19
	Tell func(tx *db.Tx, c *Case, reason string, categories []string) (int, error)
}

// Made is what became of a package or an erasure.
type Made struct {
	Nothing     bool   // the register holds nothing of the person but the case
	Fetch       string // the address they can fetch it at; "" when it is handed over
	Manifest    string // SHA-256 of the package's manifest, in hex
	Certificate string // number of the certificate of erasure
}

// Erasing is what an erasure rests on.
type Erasing struct {
	Ground     string   `json:"ground"`               // of rightsdef.ForErasure, such as A17NonNecessity
	Categories []string `json:"categories,omitempty"` // of the notice; none is all
}

// Fulfilment is how a request is carried out.
type Fulfilment struct {
	Values  []party.Pair // rectification: fields of the catalogue and their new values
	Erasing Erasing      // erasure
	Nothing bool         // access: the register was searched and holds nothing
	ByHand  bool         // it was done outside the program; Text says how
	Text    string       // what the letter says besides, in the person's language
}

// effects lets take effect at once what may not wait for the desk: an objection, a
// withdrawal, a restriction. It is asked whenever a case comes to know more of who
// asks, and does nothing twice. law: GDPR 18(1), 21(3), 7(3)
func (r *Room) effects(tx *db.Tx, c *Case) error {
	if !c.Matched || !c.Open() || c.Certainty < rightsdef.Enough(c.Kind, rightsdef.ToKnown) && !c.limiting() {
		return nil
	}
	switch {
	case c.Kind == rightsdef.Objection && c.Effective == "" && r.Needs.Object != nil:
		return r.effective(tx, c, r.Needs.Object(tx, c, rightsdef.Objected(c.Scope)))
	case c.Kind == rightsdef.Withdrawal && c.Effective == "" && r.Needs.Withdraw != nil:
		return r.effective(tx, c, r.Needs.Withdraw(tx, c, c.Scope))
	case c.limiting() && c.Certainty >= rightsdef.Known:
		return r.limit(tx, c)
	}
	return nil
}

// limiting reports whether the data are only stored while the case is open.
func (c *Case) limiting() bool {
	return c.Kind == rightsdef.Restriction || c.Kind == rightsdef.Rectification && slices.Contains(c.Scope, rightsdef.Contested)
}

func (r *Room) effective(tx *db.Tx, c *Case, err error) error {
	if err != nil {
		return err
	}
	c.Effective = c.today(tx)
	return r.save(tx, c, Event{Kind: "effective"})
}

// limit restricts the person's data because of a case. law: GDPR 18(1)
func (r *Room) limit(tx *db.Tx, c *Case) error {
	if c.Limits || r.Needs.Restrict == nil {
		return nil
	}
	if err := r.Needs.Restrict(tx, c.Person, true); err != nil {
		return err
	}
	c.Limits = true
	return r.save(tx, c, Event{Kind: "restricted"})
}

// Fulfil carries a request out and answers the person. It is refused while it is not
// sure enough who asks. Building a package and erasing take longer than a page may:
// the case is then finished by a job. law: GDPR 12(3)
func (r *Room) Fulfil(tx *db.Tx, c *Case, f Fulfilment) error {
	if err := c.may(tx); err != nil {
		return err
	}
	if _, err := rightsdef.Next(c.State, rightsdef.Fulfil); err != nil {
		return err
	}
	if !f.Nothing {
		if err := rightsdef.Allows(c.Kind, c.Certainty, c.Delivery); err != nil {
			return err
		}
	}
	if !c.Matched && !f.Nothing && !f.ByHand && c.Kind != rightsdef.Information {
		return fault.New(fault.Conflict, "rights.no_person", "say first whose request it is")
	}
	if (f.ByHand || c.Kind == rightsdef.Information) && strings.TrimSpace(f.Text) == "" {
		return limited("text", "")
	}
	if f.ByHand || f.Nothing {
		return r.finish(tx, c, letter.Done{Text: f.Text, Nothing: f.Nothing}, Made{})
	}
	switch c.Kind {
	case rightsdef.Access, rightsdef.Portability:
		if r.Needs.Package == nil {
			return byHand()
		}
		return r.carry(tx, c, f)
	case rightsdef.Erasure:
		return r.erase(tx, c, f)
	case rightsdef.Rectification:
		return r.rectify(tx, c, f)
	case rightsdef.Restriction:
		if err := r.limit(tx, c); err != nil {
			return err
		}
		if !c.Limits {
			return byHand()
		}
		return r.tellAndFinish(tx, c, letter.Done{Text: f.Text})
	case rightsdef.Objection, rightsdef.Withdrawal:
		return r.confirmed(tx, c, f)
	}
	return r.finish(tx, c, letter.Done{Text: f.Text}, Made{})
}

func byHand() error {
	return fault.New(fault.Conflict, "rights.by_hand", "this register cannot do that by itself yet; do it by hand and write down how")
}

// confirmed finishes an objection or withdrawal, which took effect before.
func (r *Room) confirmed(tx *db.Tx, c *Case, f Fulfilment) error {
	if err := r.effects(tx, c); err != nil {
		return err
	}
	if c.Effective == "" {
		return byHand()
	}
	terms, err := r.Terms(tx)
	if err != nil {
		return err
	}
	return r.finish(tx, c, letter.Done{Text: f.Text, Effective: c.Effective, Items: terms.Covered(c.Language, c.Kind, c.Scope)}, Made{})
}

// rectify corrects values; each keeps that the person gave it, and when.
// law: GDPR 16, 19
func (r *Room) rectify(tx *db.Tx, c *Case, f Fulfilment) error {
	if len(f.Values) == 0 {
		return fault.New(fault.Invalid, "rights.values", "say what is to be changed into what; or refuse the request").In("values")
	}
	source, err := r.Party.AddSource(tx, "person", c.Ref)
	if err != nil {
		return err
	}
	if _, err := r.Party.Edit(tx, c.Person, source, f.Values); err != nil {
		return err
	}
	d := letter.Done{Text: f.Text}
	for _, v := range f.Values {
		d.Items = append(d.Items, letter.Field(c.Language, v.Name)+": "+v.Value)
	}
	return r.tellAndFinish(tx, c, d)
}

// tellAndFinish tells the recipients and finishes. law: GDPR 19
func (r *Room) tellAndFinish(tx *db.Tx, c *Case, d letter.Done) error {
	if err := r.recipients(tx, c, nil, &d); err != nil {
		return err
	}
	return r.finish(tx, c, d, Made{})
}

func (r *Room) recipients(tx *db.Tx, c *Case, categories []string, d *letter.Done) error {
	if r.Needs.Tell == nil {
		return nil
	}
	n, err := r.Needs.Tell(tx, c, string(c.Kind), categories)
	if err != nil || n == 0 {
		return err
	}
	d.Recipients = true
	return r.tell(tx, c, Event{Kind: "recipients", Code: c.Kind.Article()})
}

// finish writes the answer and closes the case.
func (r *Room) finish(tx *db.Tx, c *Case, d letter.Done, made Made) error {
	d.Part = c.Code != ""
	item, err := r.compose(tx, c, func(f letter.Facts) Letter { return letter.Answer(f, d) })
	if err != nil {
		return err
	}
	return r.Done(tx, c, item, made)
}

// Done closes a case that was carried out and answered, by a letter or (0) on the spot.
func (r *Room) Done(tx *db.Tx, c *Case, item id.ID, made Made) error {
	if err := c.step(tx, rightsdef.Fulfil); err != nil {
		return err
	}
	outcome := rightsdef.OutcomeFulfilled
	if c.Code != "" {
		outcome = rightsdef.OutcomePart
	}
	if err := r.decided(tx, c, outcome); err != nil {
		return err
	}
	e := Event{Kind: "fulfilled", Code: outcome, Item: item}
	if err := r.witness(tx, c, made, &e); err != nil {
		return err
	}
	return r.save(tx, c, e)
}

// AnnounceLift tells the person that the restriction made for a case ends after some
// days; the watch lifts it then. There is no other way to lift one. law: GDPR 18(3)
func (r *Room) AnnounceLift(tx *db.Tx, c *Case, why string, after int) error {
	if err := c.may(tx); err != nil {
		return err
	}
	if !c.Limits {
		return fault.New(fault.Conflict, "rights.not_limited", "this case restricts nothing")
	}
	if after < LiftDays {
		return fault.New(fault.Invalid, "rights.lift_days", "the person is told at least %d days before", LiftDays).In("days")
	}
	c.Lift = law.DateOf(c.today(tx).Time().AddDate(0, 0, after))
	item, err := r.compose(tx, c, func(f letter.Facts) Letter { return letter.Lift(f, c.Lift, why) })
	if err != nil {
		return err
	}
	return r.save(tx, c, Event{Kind: "lifting", Item: item, Detail: map[string]string{"on": string(c.Lift)}})
}

// LiftDays is how long before a restriction ends the person is told, at least.
const LiftDays = 7

// lift ends the restriction a case made, unless another case of the person still needs
// it. law: GDPR 18(3)
func (r *Room) lift(tx *db.Tx, c *Case) error {
	c.Limits, c.Lift = false, ""
	all, err := r.Of(tx, c.Person)
	if err != nil {
		return err
	}
	others := slices.ContainsFunc(all, func(x *Case) bool { return x.ID != c.ID && x.Limits })
	if !others && r.Needs.Restrict != nil {
		if err := r.Needs.Restrict(tx, c.Person, false); err != nil {
			return err
		}
	}
	return r.save(tx, c, Event{Kind: "lifted"})
}
