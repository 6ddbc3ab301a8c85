// Package public is the side of Kartotek that the people in the register see: the
// notice, their choices, one-click unsubscribing, and why they got a message.
//
// # Addresses
//
//	/notice                          the notice in the reader's language; stable, for links from elsewhere
//	/notice/{lang}                   as it is in force
//	/notice/{lang}/v/{n}             a version, for ever
//	/notice/{lang}/diff/{a}/{b}      what changed between two
//	/p/{token}    GET, POST          the preference centre
//	/u/{token}    GET, POST          unsubscribe; the POST is RFC 8058's one click
//	/w/{token}    GET                why did I get this?
//	/c/{token}    GET                leads on to where a counted link of a letter leads
//	/p/{token}/receipt/{entry}       the receipt of what the person said, as a file; ?view as a page
//	/w/{token}/receipt               of the entry the message rests on
//	/archive, /archive/{lang}        letters for everybody to read, with rss.xml
//	/archive/{id}/{slug}             one of them
//	/m/{file}                        a picture of letters
//	/receipt/verify[/offline]        checks a receipt in the browser; as one file
//
// # The links in messages
//
// A token (package outbox) is a right to one kind of act for one person. There is
// no login, no cookie and no script. What may be followed by a machine changes
// nothing: GET, HEAD and OPTIONS only show, since mail scanners follow every link;
// every act is a POST. law: GDPR 7(3), 21(3), 21(5)
//
// A link that opens nothing — altered, cut short, of another kind, of a message
// that was erased — is answered with one page and one status, after the same work.
// Too many of them from one network are answered with 429; valid links are never
// held up by it, because one mail provider unsubscribes for many people.
//
// Whoever holds the link may be somebody else, to whom a mail was forwarded:
// pages show the address masked, and no name.
package public

import (
	"net/http"
	"slices"
	"time"

	"kartotek/internal/audit"
	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/i18n"
	"kartotek/internal/media"
	"kartotek/internal/outbox"
	"kartotek/internal/party"
	"kartotek/internal/web/door"
	"kartotek/internal/web/page"
	"kartotek/internal/web/public/choices"
	"kartotek/internal/web/public/mine"
)

// Routes are the public side's entries of the sitemap.
func Routes() []door.Route {
	l := links{misses: &door.Limiter{Burst: 60, Every: 2 * time.Second}}
	get := func(path string, h door.Handler) door.Route {
		return door.Route{Method: http.MethodGet, Path: path, Level: door.Public, Handler: h}
	}
	linked := func(method, path string, h door.Handler) door.Route {
		return door.Route{Method: method, Path: path, Level: door.Public, Handler: h, Token: true, Body: maxForm}
	}
	return append([]door.Route{
		get("/notice", stable), get("/notice/{lang}", current), get("/notice/{lang}/v/{n}", version), get("/notice/{lang}/diff/{a}/{b}", difference),
		linked("GET", "/p/{token}", l.with(outbox.LinkPreferences, preferences)), linked("POST", "/p/{token}", l.with(outbox.LinkPreferences, savePreferences)),
		linked("GET", "/u/{token}", l.with(outbox.LinkUnsubscribe, unsubscribe)), linked("POST", "/u/{token}", l.with(outbox.LinkUnsubscribe, oneClick)),
		linked("GET", "/w/{token}", l.with(outbox.LinkWhy, why)),
		linked("GET", "/c/{token}", l.click),
		{Method: http.MethodGet, Path: media.Path + "{file}", Level: door.Public, Bare: true, Handler: picture},
	}, slices.Concat(l.receiptRoutes(), archiveRoutes(), mine.Routes())...)
}

// maxForm is more than any form of these pages.
const maxForm = 64 << 10

// links opens the links of messages.
type links struct{ misses *door.Limiter }

// guest is somebody who came by a link.
type guest struct {
	choices.Chooser
	message *outbox.Message
	person  *party.Person
	address string // masked
}

// with makes a handler of a page that is opened by a link of a kind.
func (l links) with(kind outbox.Link, h func(*guest) error) door.Handler {
	return func(r *door.Request) error {
		g := &guest{Chooser: choices.Chooser{Request: r}}
		err := r.DB.View(r.Context(), db.System("public link"), func(tx *db.Tx) error { return g.open(tx, kind) })
		if fault.Is(err, fault.NotFound) {
			return l.gone(r)
		}
		if err != nil {
			return err
		}
		if !r.Chosen && i18n.Known(g.person.Language) {
			r.Printer = i18n.For(g.person.Language)
		}
		_, value := outbox.AddressOf(g.person, g.message.Channel)
		g.address = choices.Mask(value)
		return h(g)
	}
}

// open finds the message and the person of the link. One that opens nothing
// costs as many questions to the database as one that does.
func (g *guest) open(tx *db.Tx, kind outbox.Link) error {
	m, err := g.Outbox.ByToken(tx, kind, g.PathValue("token"))
	if err != nil {
		_, _, _ = g.Outbox.Get(tx, 1, 1) // nobody and nothing: only for the time it takes
		_, _, _ = g.Party.Get(tx, 1)
		return err
	}
	p, found, err := g.Party.Get(tx, m.Person)
	if err == nil && (!found || p.Status == party.Erased) {
		err = party.NotFound()
	}
	g.message, g.person, g.Who, g.For = m, p, m.Person, m.Purpose
	return err
}

// gone answers a link that opens nothing.
func (l links) gone(r *door.Request) error {
	if !l.misses.Take(r.DB.Now(), r.Client) {
		return fault.New(fault.TooMany, "link.too_many", "too many links that open nothing came from this network")
	}
	return r.Render(http.StatusNotFound, page.Gone(page.GoneView{Public: outside(r, r.T("gone.title"))}))
}

// outside is what a public page needs around its content.
func outside(r *door.Request, title string) page.Public {
	p := page.Public{P: r.Printer, Title: title, Controller: "Kartotek"}
	if r.InForce != nil {
		p.Controller, p.NoticeURL = r.InForce.Notice.Controller.Name, "/notice/"+r.Printer.Lang()
	}
	return p
}

// outside is that of a page opened by a link, which is there in all languages.
func (g *guest) outside(title string) page.Public {
	p := outside(g.Request, title)
	if g.Method == http.MethodGet {
		p.Langs = map[string]string{}
		for _, lang := range i18n.Langs {
			p.Langs[lang] = g.URL.Path + "?lang=" + lang
		}
	}
	return p
}

// url is the address of a page for the same message.
func (g *guest) url(kind outbox.Link) string {
	return "/" + string(kind) + "/" + outbox.Token(g.Keys, kind, g.message.Addressee(), g.message.ID)
}

// entry is a line of the log about this person and message.
func (g *guest) entry(action string, detail map[string]string) audit.Entry {
	return audit.Entry{Action: action, Kind: "message", Object: g.message.ID.String(), Person: g.message.Person, Detail: detail}
}

// look logs that the page was opened, before it is shown.
func (g *guest) look(action string) error {
	return g.Audit.Seen(g.Context(), g.By(), g.entry(action, nil))
}

// act runs an act of the person's with its line in the log, in one transaction.
func (g *guest) act(action string, detail map[string]string, fn func(*db.Tx) error) error {
	return g.DB.Together(g.Context(), g.By(), func(tx *db.Tx) error {
		if err := fn(tx); err != nil {
			return err
		}
		return audit.Write(tx, g.entry(action, detail))
	})
}

// what names the kind of message: "Newsletter by e-mail".
func (g *guest) what() string {
	return g.PurposeName(g.message.Purpose) + " " + g.T("by."+g.message.Channel)
}
