// Package dispatch chooses the way of a letter of the rights desk: by mail to whoever
// the register knows, by mail to the address a request came from when it knows nobody,
// or to be printed. A letter that cannot be mailed is still owed. law: GDPR 12(1), 12(3)
//
//	somebody known     package post: a service message to the address the register has
//	  wanted elsewhere the way of somebody unknown, once it is sure enough who asks
//	somebody unknown   package courier: to the address the request came from by mail or
//	                   web form; a letter, a call or a visit gives none that counts
//	else               printed: the desk sees it among its letters
//
// # Whoever was unknown, and is matched
//
// A request that came by mail or web form from an address the register does not have
// wants its answer there (rightsdef.ToNew). While the desk does not know whose it is,
// letters go there: they say nothing of anybody. Once it is matched they speak to a
// person of the register, so the stricter way holds until it is sure who asks:
//
//	not sure             to the address the register has; what an impostor set off reaches
//	                     the person, and the impostor nothing. Printed when it has none
//	sure enough          to the address the request came from, as was wished. Sure enough is
//	                     what a copy of the data may go to a new address with
//
// A request that turns out to have come from an address the register has of the person
// is none of these: it is answered like any other of theirs.
//
// Shape: Way with what it needs, Way.Mail.
package dispatch

import (
	"errors"

	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/id"
	"kartotek/internal/party"
	"kartotek/internal/post"
	"kartotek/internal/rights/matter"
	"kartotek/internal/rightsdef/letter"
)

// Way is what letters go by.
type Way struct {
	Post    *post.Room     // may be nil
	Courier matter.Courier // may be nil
	Able    func() bool    // whether mail goes out from this register at all; nil is yes
	Terms   *matter.Terms
}

// To is whom a letter is for.
type To struct {
	Person            *party.Person // nil when the register has nobody, or has them no longer
	Whose, Case, Item id.ID
	Known             bool   // the case concerns somebody of the register
	Channel           string // by which the request came
	Elsewhere         bool   // the answer goes to where the request came from, although the register knows whose it is
	From              string // address it came from
}

// Mail sends a letter and gives its message's id; 0 when it is to be printed.
func (w Way) Mail(tx *db.Tx, to To, l *letter.Letter) (id.ID, error) {
	switch {
	case w.Terms.Service == "" || w.Able != nil && !w.Able():
		return 0, nil
	case to.Known && !to.Elsewhere:
		return w.known(tx, to, l)
	case w.Courier == nil || to.Channel != "email" && to.Channel != "web":
		return 0, nil
	}
	o := w.Terms.Controller
	return w.Courier.Carry(tx, matter.Outgoing{Person: to.Whose, Case: to.Case, Item: to.Item, To: to.From, From: o.Email, FromName: o.Name, ReplyTo: w.Terms.Contact,
		Own: []string{o.Email, w.Terms.Contact}, Letter: l})
}

func (w Way) known(tx *db.Tx, to To, l *letter.Letter) (id.ID, error) {
	p := to.Person
	if p == nil || w.Post == nil || w.Post.Channel == nil || !p.Reach.Has(party.HasEmail) || p.Reach.Has(party.BadEmail) {
		return 0, nil
	}
	got, err := w.Post.Send(tx, post.Mail{Person: p.ID, Purpose: w.Terms.Service, Language: l.Lang, Subject: l.Subject, Body: letter.MailBody, Format: "html", ReplyTo: w.Terms.Contact, Asked: true,
		Data: l.MailData()})
	var promoting *post.Promoting
	if errors.As(err, &promoting) {
		return 0, nil
	}
	if err != nil && fault.CodeOf(err) != fault.Internal && fault.CodeOf(err) != fault.Unavailable {
		return 0, nil // it cannot be said by mail
	}
	if err != nil || !got.Allowed {
		return 0, err
	}
	return got.Message, nil
}
