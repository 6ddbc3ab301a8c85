package rights

import (
	"slices"
	"strconv"
	"strings"

	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/id"
	"kartotek/internal/law"
	"kartotek/internal/party"
	"kartotek/internal/rights/matter"
	"kartotek/internal/rightsdef"
)

// Match says whose request it is. Everything that came with it, and with the other
// cases of the same unknown requester, moves to that person. law: GDPR 11(2), 12(2)
func (r *Room) Match(tx *db.Tx, c *Case, who id.ID) error {
	if err := c.may(tx); err != nil {
		return err
	}
	to, err := r.Party.Forward(tx, who)
	if err != nil {
		return err
	}
	p, found, err := r.Party.Get(tx, to)
	if err != nil || !found || p.Status == party.Erased {
		return errOr(err, party.NotFound())
	}
	if c.Matched && c.Person == p.ID {
		return nil
	}
	if c.Matched {
		return fault.New(fault.Conflict, "rights.matched", "the case concerns somebody already; unmatch it first")
	}
	if err := r.moveAll(tx, c.Person, p.ID); err != nil {
		return err
	}
	if err := matter.FilesOf(r.Files).Move(tx, c.Person, p.ID); err != nil {
		return err
	}
	if r.Courier != nil {
		if err := r.Courier.Move(tx, c.Person, p.ID); err != nil {
			return err
		}
	}
	c.Person, c.Matched = p.ID, true
	asked, err := r.Request(tx, c)
	if err == nil {
		err = r.answerKnown(tx, c, asked.From())
	}
	if err != nil {
		return err
	}
	if r.StaffOf != nil && p.Email != "" && c.Staff == 0 {
		if c.Staff, err = r.StaffOf(tx, p.Email); err != nil {
			return err
		}
	}
	if err := r.save(tx, c, Event{Kind: "matched"}); err != nil {
		return err
	}
	return r.effects(tx, c)
}

// Unmatch takes back a match that was wrong: the items of this case go to a fresh id.
func (r *Room) Unmatch(tx *db.Tx, c *Case) error {
	if err := c.may(tx); err != nil {
		return err
	}
	if !c.Matched || !c.Open() {
		return fault.New(fault.Conflict, "rights.not_matched", "the case concerns nobody of the register, or is closed")
	}
	if err := matter.Settled(tx, KindCarry, c.ID); err != nil {
		return err
	}
	from, to := c.Person, tx.NewID()
	if _, err := tx.Exec(cpyItemsOfCase, to.Bucket(), int64(to), from.Bucket(), int64(from), int64(c.ID)); err != nil {
		return err
	}
	if _, err := tx.Exec(delItemsOfCase, from.Bucket(), int64(from), int64(c.ID)); err != nil {
		return err
	}
	if err := matter.FilesOf(r.Files).MoveCase(tx, from, to, c.ID); err != nil {
		return err
	}
	c.Person, c.Matched, c.Certainty = to, false, rightsdef.Claimed
	return r.save(tx, c, Event{Kind: "unmatched"})
}

// moveAll gives the cases and items of one person to another.
func (r *Room) moveAll(tx *db.Tx, from, to id.ID) error {
	if _, err := tx.Exec(cpyItems, to.Bucket(), int64(to), from.Bucket(), int64(from)); err != nil {
		return err
	}
	if _, err := tx.Exec(delItemsOf, from.Bucket(), int64(from)); err != nil {
		return err
	}
	_, err := tx.Exec(movCases, int64(from), int64(to))
	return err
}

func errOr(err, other error) error {
	if err != nil {
		return err
	}
	return other
}

// Verification is how the desk made sure who asks. A document that was shown is looked
// at and given back: only its kind is written down. law: GDPR 5(1)(c), 12(6)
type Verification struct {
	Method   rightsdef.Certainty
	Matches  bool   // it is the person concerned; otherwise the check failed
	Document string // of a photo ID: its kind, such as passport; never its number
	Note     string // which facts agreed, in words; erased when the case is decided
}

// VerifyIdentity records a check of identity. One that failed leaves the case as it
// is; the desk may ask for the next rung or refuse (A12IdentityFailure).
func (r *Room) VerifyIdentity(tx *db.Tx, c *Case, v Verification) error {
	if v.Method <= rightsdef.Claimed || v.Method > rightsdef.PhotoID {
		return fault.New(fault.Invalid, "rights.method", "say how the identity was checked").In("method")
	}
	if v.Method == rightsdef.PhotoID && !c.doubted() {
		return fault.New(fault.Invalid, "rights.doubt", "say what the doubt about the person's identity rests on; without a doubt nothing more may be asked for").In("doubt")
	}
	if strings.ContainsAny(v.Document, "0123456789") {
		return fault.New(fault.Invalid, "rights.document", "write down which sort of document was shown, not its number").In("document")
	}
	if v.Matches && !c.Matched {
		return fault.New(fault.Conflict, "rights.no_person", "say first whose request it is")
	}
	if !v.Matches {
		return r.failedCheck(tx, c, v)
	}
	if err := r.answered(tx, c); err != nil {
		return err
	}
	if err := c.step(tx, rightsdef.Verify); err != nil {
		return err
	}
	c.Certainty = max(c.Certainty, v.Method)
	item, err := r.add(tx, c, matter.Identity, "", Content{Text: v.Note, Facts: map[string]string{"method": v.Method.String(), "document": v.Document}})
	if err != nil {
		return err
	}
	e := Event{Kind: "verified", Code: v.Method.String(), Item: item, Detail: map[string]string{"document": v.Document, "copy_kept": "no"}}
	if err := r.save(tx, c, e); err != nil {
		return err
	}
	return r.effects(tx, c)
}

func (r *Room) failedCheck(tx *db.Tx, c *Case, v Verification) error {
	if err := c.may(tx); err != nil {
		return err
	}
	if !c.Open() {
		return fault.New(fault.Conflict, "rights.closed", "the case is closed")
	}
	item, err := r.add(tx, c, matter.Identity, "", Content{Text: v.Note, Facts: map[string]string{"method": v.Method.String(), "document": v.Document, "result": "no match"}})
	if err != nil {
		return err
	}
	return r.save(tx, c, Event{Kind: "not-verified", Code: v.Method.String(), Item: item})
}

// doubted reports whether a doubt about the identity was recorded.
func (c *Case) doubted() bool {
	for _, p := range c.Pauses {
		if p.Doubt != "" {
			return true
		}
	}
	return false
}

// Asking is what the person is asked for.
type Asking struct {
	Why   string              // rightsdef.WaitIdentity or WaitClarification
	Doubt string              // of rightsdef.Doubts, for identity. law: GDPR 12(6)
	Want  rightsdef.Certainty // the rung asked for, for identity
	Text  string              // what is unclear, as the letter puts it; for a clarification
	Note  string              // what the doubt rests on, for the file
	On    law.Date            // the day it was asked; "" is today
}

// Ask asks the person for identity or a clarification by letter; the clock stands from
// that day until the answer. law: GDPR 12(6), 11(2)
func (r *Room) Ask(tx *db.Tx, c *Case, a Asking) error {
	return r.pause(tx, c, a, true)
}

// Pause does as Ask, for what was asked by other means: no letter is written.
func (r *Room) Pause(tx *db.Tx, c *Case, a Asking) error { return r.pause(tx, c, a, false) }

func (r *Room) pause(tx *db.Tx, c *Case, a Asking, letter bool) error {
	if err := r.checkAsk(tx, c, &a); err != nil {
		return err
	}
	if err := c.step(tx, rightsdef.Ask); err != nil {
		return err
	}
	p := Pause{ID: tx.NewID(), Pause: rightsdef.Pause{Asked: a.On, Why: a.Why}, Doubt: a.Doubt, Want: a.Want}
	c.Pauses = append(c.Pauses, p)
	if err := c.wind(c.today(tx)); err != nil {
		return err
	}
	if _, err := tx.Exec(insPause, int64(c.ID), int64(p.ID), string(p.Asked), p.Why, p.Doubt, int(p.Want)); err != nil {
		return err
	}
	if a.Note != "" {
		if _, err := r.add(tx, c, matter.Note, "", Content{Text: a.Note, Facts: map[string]string{"doubt": a.Doubt}}); err != nil {
			return err
		}
	}
	code := "A12InformationRequired"
	if a.Why == rightsdef.WaitIdentity {
		code = "A12IdentityRequired"
	}
	e := Event{Kind: "asked", Code: code, Detail: map[string]string{"why": a.Why, "doubt": a.Doubt, "want": a.Want.String()}}
	if letter {
		item, err := r.writeAsk(tx, c, a)
		if err != nil {
			return err
		}
		e.Item = item
	}
	return r.save(tx, c, e)
}

func (r *Room) checkAsk(tx *db.Tx, c *Case, a *Asking) error {
	if a.On == "" {
		a.On = c.today(tx)
	}
	if a.On > c.today(tx) || a.On < c.Received {
		return fault.New(fault.Invalid, "rights.asked_on", "the day of asking lies between the arrival and today").In("on")
	}
	switch a.Why {
	case rightsdef.WaitIdentity:
		reachable, err := r.reachable(tx, c)
		if err != nil {
			return err
		}
		return rightsdef.CheckAsk(a.Doubt, c.Certainty, a.Want, reachable)
	case rightsdef.WaitClarification:
		return limited("text", a.Text)
	}
	return fault.New(fault.Invalid, "rights.why", "say whether it is about the identity or about what is asked for").In("why")
}

// reachable reports whether the register has an e-mail address to prove control of.
func (r *Room) reachable(tx *db.Tx, c *Case) (bool, error) {
	if !c.Matched {
		return false, nil
	}
	p, found, err := r.Party.Get(tx, c.Person)
	return err == nil && found && p.Reach.Has(party.HasEmail) && !p.Reach.Has(party.BadEmail), err
}

// Resume records that the person answered, on a day ("" is today): the clock runs on.
func (r *Room) Resume(tx *db.Tx, c *Case, on law.Date, reply string) error {
	if err := c.step(tx, rightsdef.Resume); err != nil {
		return err
	}
	if err := r.endPauses(tx, c, on); err != nil {
		return err
	}
	e := Event{Kind: "resumed"}
	if reply != "" {
		item, err := r.add(tx, c, matter.Reply, "", Content{Text: reply})
		if err != nil {
			return err
		}
		e.Item = item
	}
	return r.save(tx, c, e)
}

func (r *Room) endPauses(tx *db.Tx, c *Case, on law.Date) error {
	if on == "" {
		on = c.today(tx)
	}
	for i := range c.Pauses {
		p := &c.Pauses[i]
		if p.Answered != "" {
			continue
		}
		if on < p.Asked || on > c.today(tx) {
			return fault.New(fault.Invalid, "rights.answered_on", "the day of the answer lies between the question and today").In("on")
		}
		p.Answered = on
	}
	_, err := tx.Exec(endPauses, int64(c.ID), string(on))
	return err
}

// answered ends a pause that a check of identity answers.
func (r *Room) answered(tx *db.Tx, c *Case) error {
	if c.State != rightsdef.RequiresAction {
		return nil
	}
	return r.endPauses(tx, c, "")
}

// Extend takes two more months, by a letter that gives the reason. It is refused once
// the first date has passed, and a second time. law: GDPR 12(3)
func (r *Room) Extend(tx *db.Tx, c *Case, code, reasons string) error {
	reason, err := rightsdef.CheckDelay(code)
	if err != nil {
		return err
	}
	if err := limited("reasons", reasons); err != nil {
		return err
	}
	told := c.today(tx)
	if _, err := c.timing().MayExtend(told); err != nil {
		return err
	}
	if err := c.step(tx, rightsdef.Extend); err != nil {
		return err
	}
	c.Clock.Extended = told
	if err := c.wind(told); err != nil {
		return err
	}
	item, err := r.writeExtension(tx, c, reason, reasons)
	if err != nil {
		return err
	}
	return r.save(tx, c, Event{Kind: "extended", Code: string(reason.Code), Item: item, Detail: map[string]string{"due": string(c.Clock.Due), "days_left": strconv.Itoa(c.Clock.Days)}})
}

// Refusal is why no action is taken on a request, or on a part of it.
type Refusal struct {
	Code     string
	Reasons  string // as the letter gives them, in the person's language
	Part     string // of what the refusal is; "" for the whole
	Weighing rightsdef.Weighing
}

// Refuse refuses a request with a coded ground and reasons, by a letter that names the
// authority and the courts. A part refused leaves the rest to be carried out.
// law: GDPR 12(4), 12(5)
func (r *Room) Refuse(tx *db.Tx, c *Case, f Refusal) error {
	reason, err := rightsdef.CheckRefusal(c.Kind, f.Code)
	if err != nil {
		return err
	}
	if err := limited("reasons", f.Reasons); err != nil {
		return err
	}
	if err := rightsdef.CheckWeighing(reason.Code, f.Weighing); err != nil {
		return err
	}
	act, kind := rightsdef.Refuse, "refused"
	if f.Part != "" {
		act, kind = rightsdef.RefusePart, "refused-part"
	}
	if err := c.step(tx, act); err != nil {
		return err
	}
	if f.Weighing != (rightsdef.Weighing{}) {
		w := f.Weighing
		if _, err := r.add(tx, c, matter.Weighing, "", Content{Facts: map[string]string{"objective": w.Objective, "subjective": w.Subjective, "intent": w.Intent}}); err != nil {
			return err
		}
	}
	c.Code = string(reason.Code)
	item, err := r.writeRefusal(tx, c, reason, f)
	if err != nil {
		return err
	}
	e := Event{Kind: kind, Code: c.Code, Item: item}
	if f.Part == "" {
		if err := r.decided(tx, c, rightsdef.OutcomeRefused); err != nil {
			return err
		}
		if err := r.witness(tx, c, Made{}, &e); err != nil {
			return err
		}
	}
	return r.save(tx, c, e)
}

// decided closes a case and erases what identity was checked by. law: GDPR 5(1)(e), 12(6)
func (r *Room) decided(tx *db.Tx, c *Case, outcome string) error {
	if err := r.endPauses(tx, c, ""); err != nil {
		return err
	}
	c.end(tx, outcome)
	items, err := r.Items(tx, c)
	if err != nil {
		return err
	}
	items = slices.DeleteFunc(items, func(x Item) bool { return x.Kind != matter.Identity })
	return r.drop(tx, items, delItemsKind, c.Person.Bucket(), int64(c.Person), int64(c.ID), matter.Identity)
}

// Close closes a case that no answer is owed to, for one of rightsdef.Closings.
func (r *Room) Close(tx *db.Tx, c *Case, outcome string) error {
	if !rightsdef.ClosingKnown(outcome) || outcome == rightsdef.OutcomeJoined {
		return fault.New(fault.Invalid, "rights.closing", "say why nothing is owed; to say no, refuse the request").In("outcome")
	}
	return r.closeAs(tx, c, rightsdef.Close, outcome, "closed")
}

func (r *Room) closeAs(tx *db.Tx, c *Case, act rightsdef.Act, outcome, kind string) error {
	if err := c.step(tx, act); err != nil {
		return err
	}
	if err := r.decided(tx, c, outcome); err != nil {
		return err
	}
	return r.save(tx, c, Event{Kind: kind, Code: outcome})
}

// Withdraw records that the person took the request back, whatever was begun. What was
// restricted for it is not, when they do so themselves. law: GDPR 18(3)
func (r *Room) Withdraw(tx *db.Tx, c *Case) error {
	if c.Limits && tx.By().Kind == "person" {
		c.Lift = c.today(tx)
	}
	return r.closeAs(tx, c, rightsdef.Withdraw, rightsdef.OutcomeWithdrawn, "withdrawn")
}

// Join closes a case that asks for the same as another of the person's: it is
// answered with that one, whose date is the earlier.
func (r *Room) Join(tx *db.Tx, c, into *Case) error {
	if c.ID == into.ID || c.Person != into.Person || c.Kind != into.Kind || !into.Open() || into.Received > c.Received {
		return fault.New(fault.Conflict, "rights.join", "a case is joined to an open, earlier one of the same person and kind")
	}
	c.Into = into.ID
	if err := r.closeAs(tx, c, rightsdef.Close, rightsdef.OutcomeJoined, "joined"); err != nil {
		return err
	}
	return r.tell(tx, into, Event{Kind: "took-in", Code: c.Ref})
}

// Reopen takes up a case again whose closing turned out to be wrong. Its clock never
// stood still.
func (r *Room) Reopen(tx *db.Tx, c *Case) error {
	if err := c.step(tx, rightsdef.Reopen); err != nil {
		return err
	}
	c.Outcome, c.Code, c.Closed, c.Into = "", "", 0, 0
	return r.save(tx, c, Event{Kind: "reopened"})
}

// Assign says who handles a case; 0 takes it from whoever did.
func (r *Room) Assign(tx *db.Tx, c *Case, account id.ID, name string) error {
	if account != 0 && account == c.Staff {
		return fault.New(fault.Denied, "rights.own_case", "nobody deals with their own request; let somebody else take it")
	}
	if err := c.may(tx); err != nil {
		return err
	}
	c.HandlerID, c.Handler = account, name
	return r.save(tx, c, Event{Kind: "assigned", Detail: map[string]string{"to": account.String()}})
}
