// Package letter writes what the rights desk says to a person: that a request came in,
// what is asked of them, that more time is needed, a refusal, the answer, and that a
// restriction is about to be lifted. law: GDPR 12(1)
//
// A letter is made from Facts alone and is pure: the same facts give the same letter,
// so that one can be written again years later. It is a list of blocks, and has three
// forms: Text, HTML and PDF. Words stand in internal/i18n/text/rightsletter.*.json,
// written in each language, with the law's own terms.
//
// Every letter names the case and the way back. A refusal has all that GDPR 12(4)
// asks for: ground, reasons, the authority with its address, and the way to a court,
// both from the law packs.
package letter

import (
	"strings"
	"time"

	"kartotek/internal/i18n"
	"kartotek/internal/law"
	"kartotek/internal/rightsdef"
)

// Sender is the company.
type Sender struct {
	Name, Street, Postcode, City, Email, Phone, BusinessID string
}

// Address is the company's postal address in one line.
func (s Sender) Address() string {
	return joined(", ", s.Name, s.Street, strings.TrimSpace(s.Postcode+" "+s.City))
}

// Facts are what a letter about a case is made from.
type Facts struct {
	Lang      string
	Kind      rightsdef.Kind
	Ref       string
	Received  law.Date
	Due       law.Date
	Today     law.Date
	From      Sender
	Contact   string   // where questions go
	Name      string   // of the person; "" when nobody knows
	To        []string // the lines of the address, name first
	Agent     string   // who asks in the person's name
	Authority law.Authority
}

// Block is a part of a letter.
type Block struct {
	Kind  string   `json:"kind"` // para, heading, list
	Text  string   `json:"text,omitempty"`
	Items []string `json:"items,omitempty"`
}

// Letter is a letter, before it is given a form.
type Letter struct {
	Kind    string   `json:"kind"` // of Kinds
	Lang    string   `json:"lang"`
	Subject string   `json:"subject"`
	Ref     string   `json:"ref"`
	Day     law.Date `json:"day"`
	Sender  []string `json:"sender"` // the lines at the head
	To      []string `json:"to,omitempty"`
	Blocks  []Block  `json:"blocks"`
}

// The kinds of letter.
const (
	Receipt       = "receipt"
	Identity      = "identity"
	Clarification = "clarification"
	Extension     = "extension"
	Refusal       = "refusal"
	Fulfilment    = "fulfilment"
	Lifting       = "lifting"
)

// Kinds lists them in the order of a case's life.
var Kinds = []string{Receipt, Identity, Clarification, Extension, Refusal, Fulfilment, Lifting}

// writer puts a letter together.
type writer struct {
	*Facts
	p *i18n.Printer
	l Letter
}

func begin(f *Facts, kind, title string) *writer {
	w := &writer{Facts: f, p: i18n.For(f.Lang)}
	w.l = Letter{Kind: kind, Lang: w.p.Lang(), Ref: f.Ref, Day: f.Today, To: f.To,
		Sender: lines(f.From.Name, f.From.Street, strings.TrimSpace(f.From.Postcode+" "+f.From.City), f.From.Email, f.From.Phone, f.From.BusinessID)}
	w.l.Subject = w.p.T("letter.subject", "title", w.p.T("letter."+title), "ref", f.Ref)
	if f.Name == "" {
		w.para(w.p.T("letter.hello_nobody"))
	} else {
		w.para(w.p.T("letter.hello", "name", f.Name))
	}
	return w
}

func (w *writer) para(text string) {
	for part := range strings.SplitSeq(text, "\n\n") {
		if part = strings.TrimSpace(part); part != "" {
			w.l.Blocks = append(w.l.Blocks, Block{Kind: "para", Text: part})
		}
	}
}

// say writes a paragraph of our words.
func (w *writer) say(key string, args ...any) { w.para(w.p.T("letter."+key, args...)) }

func (w *writer) heading(key string) {
	w.l.Blocks = append(w.l.Blocks, Block{Kind: "heading", Text: w.p.T("letter." + key)})
}

func (w *writer) list(items []string) {
	if len(items) > 0 {
		w.l.Blocks = append(w.l.Blocks, Block{Kind: "list", Items: items})
	}
}

// body says what was asked for, and when.
func (w *writer) body(key string, more ...any) {
	w.say(key, append([]any{"received", w.day(w.Received), "asked", w.p.T("letter.asked." + string(w.Kind)), "ref", w.Ref, "due", w.day(w.Due)}, more...)...)
	if w.Agent != "" {
		w.say("agent", "agent", w.Agent)
	}
}

// day writes a date as letters do. Swedish names it "den 7 december", and the word
// stands in our sentences where it is wanted.
func (w *writer) day(d law.Date) string {
	text := w.p.In(time.UTC).LongDate(d.Time())
	return strings.TrimPrefix(text, "den ")
}

// end writes the way back and the name.
func (w *writer) end() Letter {
	w.say("return", "ref", w.Ref, "contact", w.Contact, "post", w.From.Address())
	w.para(w.p.T("letter.regards") + "\n" + w.From.Name)
	return w.l
}

func joined(sep string, parts ...string) string { return strings.Join(lines(parts...), sep) }

// lines leaves out what is empty.
func lines(parts ...string) (out []string) {
	for _, p := range parts {
		if p != "" {
			out = append(out, p)
		}
	}
	return out
}
