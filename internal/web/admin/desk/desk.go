// Package desk is what all staff pages share: the notice in force, what the
// reader's level lets them see, and the words for what the rooms know in codes.
//
// # Shape
//
//	With(handler)      a door.Handler that is given a Desk
//	Desk               the request, the notice in force, the reader's language
//	access.go          which fields, purposes and acts this reader has
//	words.go           purposes, channels, scopes, sources, verdicts in words
//	answer.go          what a POST answers with: a redirect and a message
//
// The areas of the staff side are packages beside this one (people, outreach,
// importing, …), one file per action. They hold no rules and no SQL: they read
// what was asked, call acts of the rooms, and fill a view of package page.
//
// Every page that shows personal data logs the read before it answers
// (Desk.Read, Desk.Seen). law: GDPR 32(1)(b)
package desk

import (
	"kartotek/internal/db"
	"kartotek/internal/noticedef"
	"kartotek/internal/web/door"
	"kartotek/internal/web/page"
)

// Desk is a request of staff with the notice in force.
type Desk struct {
	*door.Request
	Facts   *noticedef.Notice // of the notice in force; empty when none is
	Version int               // of the notice in force; 0 when none is

	said *page.Flash
}

// Handler answers a request of staff.
type Handler func(*Desk) error

// With makes a door's handler of a staff page that works under the notice in
// force. Where none is in force the reader is sent to the page that says how to
// get one.
func With(h Handler) door.Handler {
	return func(r *door.Request) error {
		if r.InForce == nil {
			return r.Redirect("/notices")
		}
		return h(open(r))
	}
}

// Always is With for pages that also have something to say without a notice.
func Always(h Handler) door.Handler {
	return func(r *door.Request) error { return h(open(r)) }
}

func open(r *door.Request) *Desk {
	if r.InForce == nil {
		return &Desk{Request: r, Facts: &noticedef.Notice{}}
	}
	return &Desk{Request: r, Facts: r.InForce.Notice, Version: r.InForce.Number}
}

// Say puts a message on the page that answers this very request.
func (d *Desk) Say(tone page.Tone, text string) { d.said = &page.Flash{Tone: tone, Text: text} }

// Frame is what a staff page needs around its content.
func (d *Desk) Frame(title, section string) page.Frame {
	f := d.Request.Frame(title, section)
	if d.said != nil {
		f.Flash = d.said
	}
	return f
}

// Lang is the reader's language.
func (d *Desk) Lang() string { return d.Printer.Lang() }

// Look reads in one snapshot for the purpose the reader works for.
func (d *Desk) Look(fn func(*db.Tx) error) error { return d.View(d.Purpose(), fn) }

// Act does something in one transaction for the purpose the reader works for.
func (d *Desk) Act(fn func(*db.Tx) error) error { return d.Do(d.Purpose(), fn) }
