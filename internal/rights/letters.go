package rights

import (
	"strings"

	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/id"
	"kartotek/internal/law"
	"kartotek/internal/party"
	"kartotek/internal/rights/dispatch"
	"kartotek/internal/rights/matter"
	"kartotek/internal/rightsdef"
	"kartotek/internal/rightsdef/letter"
)

// Letter is what the desk wrote to a person.
type Letter = letter.Letter

// The states of a letter.
const (
	LetterQueued  = "mail"    // goes by mail, or went: the message says
	LetterToPrint = "print"   // waits to be printed, or handed over
	LetterPrinted = "printed" // went by post, or was handed over
)

// elsewhere reports whether letters of a case that concerns somebody of the register go
// to the address the request gave, and not to one the register has of the person: when
// the answer is wanted there and it is as sure who asks as it must be for an answer of
// any kind to go there. law: GDPR 5(1)(f), 12(6)
func (c *Case) elsewhere() bool {
	return c.Delivery == rightsdef.ToNew && c.Certainty >= rightsdef.Enough(rightsdef.Access, rightsdef.ToNew)
}

// facts gathers what a letter about a case is made from. A letter goes to the person
// as the register knows them; what a request gives as its sender is used only where
// nobody is matched, or the answer is wanted elsewhere and it is sure who asks.
func (r *Room) facts(tx *db.Tx, c *Case) (f letter.Facts, p *party.Person, err error) {
	t, err := r.Terms(tx)
	if err != nil {
		return f, nil, err
	}
	a, _ := law.AuthorityOf(t.Authority)
	o := t.Controller
	f = letter.Facts{Lang: c.Language, Kind: c.Kind, Ref: c.Ref, Received: c.Received, Due: c.Clock.Due, Today: c.today(tx), Contact: t.Contact, Authority: a,
		From: letter.Sender{Name: o.Name, Street: o.Street, Postcode: o.Postcode, City: o.City, Email: o.Email, Phone: o.Phone, BusinessID: o.BusinessID}}
	asked, err := r.Request(tx, c)
	if err != nil {
		return f, nil, err
	}
	if asked.Agent != nil {
		f.Agent = strings.TrimSpace(asked.Agent.Name + " " + asked.Agent.Organisation)
	}
	if c.Matched {
		found := false
		if p, found, err = r.Party.Get(tx, c.Person); err != nil {
			return f, nil, err
		}
		if !found || p.Status == party.Erased {
			p = nil
		}
	}
	if p != nil && !c.elsewhere() {
		f.Name = p.FirstName + " " + p.LastName
		f.To = matter.Lines(f.Name, party.PostOf(p).String(), p.Email)
	} else if q := asked.Requester; q != nil {
		f.Name = q.Name
		f.To = matter.Lines(q.Name, q.Address, q.Email)
	}
	f.Name = strings.TrimSpace(f.Name)
	return f, p, nil
}

// write stores a letter with its case and sends it by mail, where that may be, or
// leaves it to be printed. law: GDPR 12(1), 12(3)
func (r *Room) write(tx *db.Tx, c *Case, p *party.Person, l Letter) (id.ID, error) {
	item, state := tx.NewID(), LetterToPrint
	asked, err := r.Request(tx, c)
	if err != nil {
		return 0, err
	}
	t, err := r.Terms(tx)
	if err != nil {
		return 0, err
	}
	way := dispatch.Way{Post: r.Post, Courier: r.Courier, Able: r.Able, Terms: t}
	message, err := way.Mail(tx, dispatch.To{Person: p, Whose: c.Person, Known: c.Matched, Case: c.ID, Item: item, Channel: c.Channel, Elsewhere: c.elsewhere(), From: asked.From()}, &l)
	if err != nil {
		return 0, err
	}
	if message != 0 {
		state = LetterQueued
	}
	return item, r.put(tx, c, item, matter.Letter, state, message, Content{Letter: &l})
}

// Back has a letter printed that mail did not take.
func (r *Room) Back(tx *db.Tx, of, item id.ID) error {
	c, err := r.Get(tx, of)
	if err == nil {
		_, err = tx.Exec(updItem, c.Person.Bucket(), int64(c.Person), int64(of), int64(item), LetterToPrint)
	}
	return err
}

// compose writes a letter that an act owes the person.
func (r *Room) compose(tx *db.Tx, c *Case, make func(f letter.Facts) Letter) (id.ID, error) {
	f, p, err := r.facts(tx, c)
	if err != nil {
		return 0, err
	}
	return r.write(tx, c, p, make(f))
}

func (r *Room) writeAsk(tx *db.Tx, c *Case, a Asking) (id.ID, error) {
	return r.compose(tx, c, func(f letter.Facts) Letter {
		if a.Why == rightsdef.WaitClarification {
			return letter.AskClarification(f, a.Text)
		}
		return letter.AskIdentity(f, a.Doubt, a.Want)
	})
}

func (r *Room) writeExtension(tx *db.Tx, c *Case, why rightsdef.Reason, reasons string) (id.ID, error) {
	return r.compose(tx, c, func(f letter.Facts) Letter { return letter.Extend(f, why, reasons) })
}

func (r *Room) writeRefusal(tx *db.Tx, c *Case, why rightsdef.Reason, x Refusal) (id.ID, error) {
	return r.compose(tx, c, func(f letter.Facts) Letter { return letter.Refuse(f, why, x.Reasons, x.Part) })
}

// Waiting is a letter that waits to be printed.
type Waiting struct {
	Person, Case, Item id.ID
	At                 int64 // ms, written
}

// ToPrint lists letters that wait to be printed or handed over, oldest first. Item
// gives one with its text; Item.Content.Letter.PDF is for the envelope.
func (r *Room) ToPrint(tx *db.Tx, limit int) (all []Waiting, err error) {
	err = tx.Each(selPrint, func(scan db.Scan) error {
		var w Waiting
		err := scan(&w.Person, &w.Case, &w.Item, &w.At)
		all = append(all, w)
		return err
	}, LetterToPrint, limit)
	return all, err
}

// Printed marks a letter as posted or handed over.
func (r *Room) Printed(tx *db.Tx, c *Case, item id.ID) error {
	x, err := r.Item(tx, c, item)
	if err != nil {
		return err
	}
	if x.Kind != matter.Letter || x.State != LetterToPrint {
		return fault.New(fault.Conflict, "rights.printed", "this letter does not wait to be printed")
	}
	if _, err := tx.Exec(updItem, c.Person.Bucket(), int64(c.Person), int64(c.ID), int64(item), LetterPrinted); err != nil {
		return err
	}
	return r.tell(tx, c, Event{Kind: "printed", Item: item})
}
