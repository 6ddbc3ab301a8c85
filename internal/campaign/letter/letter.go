// Package letter makes the letters of a campaign: what one person gets, from what
// a marketer wrote and what the notice lets a letter say.
//
// # Shape
//
//	Terms, NoticeTerms       terms.go    what a letter needs of the notice in force
//	Prepare, Check, Read     letter.go   a campaign's letter with everything fixed made once
//	Press.Prepare, Write     letter.go   the same with counted links; the mail of one person
//	Press.Register           tracked.go  the links of a letter, counted when it asks for it
//	Press.Lint               lint.go     what is looked at before a letter is sent
//	Press.Trials             probe.go    letters marked as tests
//	Cache                    cache.go    letters last made, for the ranges of a run
//
// Whoever sends makes a Press from its own rooms and address. A letter that would be
// unlawful or broken is refused when it is prepared, so nothing half-made is ever
// handed over. Package campaign says whom a letter goes to, and when.
package letter

import (
	"net/mail"
	"strings"
	"time"

	"kartotek/internal/campaign/def"
	"kartotek/internal/clicks"
	"kartotek/internal/clock"
	"kartotek/internal/compose"
	"kartotek/internal/fault"
	"kartotek/internal/outbox"
	"kartotek/internal/party"
)

// Letter is a campaign's mail with everything fixed already made.
type Letter struct {
	*compose.Prepared
	From   string // the envelope's sender
	domain string // of Message-IDs
	sender string // controller.name
	name   string // campaign.name
	*tracked
}

// Press makes letters. Clicks counts the links of those that ask for it; nil counts
// none. BaseURL is the public address that links begin with.
type Press struct {
	Outbox  *outbox.Room
	Clicks  *clicks.Room
	BaseURL string
}

// Prepare makes a campaign's letter with its links as they are to be counted.
func (r Press) Prepare(c *def.Campaign, t *Terms, at time.Time) (*Letter, error) {
	ask, err := clicks.Ask(t.Question, c.Options.ClicksFor, c.Purpose, c.Channel, at)
	if err != nil {
		return nil, err
	}
	k := r.tracking(c, ask)
	l, err := prepare(c, t, r.link(c, k))
	if err == nil {
		l.tracked = k
	}
	return l, err
}

// Check makes all letters of a campaign, and gives what keeps one from being sent.
func Check(c *def.Campaign, t *Terms) error {
	for n := range c.Letters() {
		if _, err := prepare(c.Letter(n+1), t, nil); err != nil {
			return err
		}
	}
	return nil
}

// Read reads all letters of a campaign, and refuses (Invalid) what can never be made:
// variables nobody knows, fields the purpose does not use, blocks that are none. What
// is still missing in a draft is no error.
func Read(c *def.Campaign, t *Terms) error {
	for n := range c.Letters() {
		if _, err := compile(c.Letter(n+1), t, nil); err != nil {
			return err
		}
	}
	return nil
}

// Shows lists the person fields that a campaign's letter shows.
func Shows(c *def.Campaign, t *Terms) ([]string, error) {
	tpl, err := compile(c, t, nil)
	if err != nil {
		return nil, err
	}
	return tpl.Reads(), nil
}

// prepare compiles a campaign's letter. Problems that would make it unlawful or
// broken are refused; advice is left to pages. link gives the addresses to write in
// its links; nil for those of the text.
func prepare(c *def.Campaign, t *Terms, link func(string) (string, bool)) (*Letter, error) {
	from, err := mail.ParseAddress(c.From)
	if err != nil {
		return nil, fault.New(fault.Invalid, "campaign.from", "the sender is an address such as news@company.example, or Name <news@company.example>").In("from")
	}
	tpl, err := compile(c, t, link)
	if err != nil {
		return nil, err
	}
	if err := stopped(tpl); err != nil {
		return nil, err
	}
	l := &Letter{From: from.Address, sender: t.Sender.Name, name: c.Name}
	l.domain = from.Address[strings.LastIndexByte(from.Address, '@')+1:]
	h := compose.Headers{FromName: from.Name, From: from.Address, ReplyTo: c.ReplyTo, FeedbackID: c.ID.String() + ":" + c.Purpose + ":" + string(c.Class) + ":kartotek"}
	if c.Class != "service" {
		h.ListID, h.ListName = listID(c.Purpose)+"."+l.domain, t.Sender.Name
	}
	l.Prepared, err = compose.Prepare(tpl, h)
	return l, err
}

func compile(c *def.Campaign, t *Terms, link func(string) (string, bool)) (*compose.Template, error) {
	lang := c.Language
	if lang == "" {
		lang = t.Language
	}
	return compose.Compile(compose.Source{Subject: c.Subject, Body: c.Body, Format: c.Format, Lang: lang, Class: string(c.Class),
		Sender: t.Sender, Base: t.Base, KnownField: t.Catalogue.HasField, MayUse: t.mayUse(c.Purpose), Link: link})
}

// listID writes a purpose's code as a label of a domain name (RFC 2919).
func listID(purpose string) string { return strings.ReplaceAll(purpose, "_", "-") }

// fields gives a letter the person's values.
type fields struct{ *party.Person }

// Field implements compose.Person.
func (f fields) Field(name string) string { return f.Get(name) }

// Write appends the mail of one person to dst.
func (r Press) Write(dst []byte, l *Letter, m *outbox.Ready) ([]byte, error) {
	link := func(kind outbox.Link) string { return r.Outbox.URL(r.BaseURL, kind, m.Person, m.ID) }
	p := &m.To
	out := link(outbox.LinkUnsubscribe)
	return l.AppendTo(dst, compose.Personal{
		To: p.Email, ToName: strings.TrimSpace(p.FirstName + " " + p.LastName),
		Vars: compose.Vars{Person: fields{p}, Controller: l.sender, Campaign: l.name, Lang: p.Language,
			Links: compose.Links{Unsubscribe: out, Preferences: link(outbox.LinkPreferences), Why: link(outbox.LinkWhy)}, Click: r.click(l.tracked, m)},
		MessageID: m.ID.String() + "." + m.Campaign.String() + "@" + l.domain,
		Date:      clock.FromMs(m.HandedAt), UnsubscribeURL: out,
	})
}

// Preview renders a campaign's letter as one person would get it, without links
// that work.
func (r Press) Preview(c *def.Campaign, t *Terms, p *party.Person) (compose.Message, error) {
	tpl, err := compile(c, t, nil)
	if err != nil {
		return compose.Message{}, err
	}
	base := strings.TrimSuffix(r.BaseURL, "/")
	return tpl.Render(compose.Vars{Person: fields{p}, Controller: t.Sender.Name, Campaign: c.Name, Lang: p.Language,
		Links: compose.Links{Unsubscribe: base + "/u/", Preferences: base + "/p/", Why: base + "/w/"}})
}
