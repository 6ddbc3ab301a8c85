// Package mine is "My data": where people sign in by a link to an address the register
// has of them, see what is held, why, until when and from where, correct it, fetch it,
// object, and have it restricted or erased. law: GDPR 12(2), 15, 16, 17, 18, 20, 21
//
//	/me                    GET: what is held, or the form that asks for a link; POST: asks
//	/me/in/{token}         GET shows a button, POST signs in; /here asks for a new letter
//	/me/confirm/{token}    GET shows what a letter confirms, POST confirms it
//	/me/erased/{mark}      the certificate of an erasure; /pdf as a document
//	/me/facts, /me/permissions, /me/messages, /me/readers, /me/received, /me/cases,
//	/me/rights, /me/address, /me/sessions, /me/copy.zip   behind signing in
//	/me/cases/{case}       a request; /letters/{item}, /letters/{item}/pdf; POST /withdraw
//
// Asking for a link answers the same, after the same work, for every address (package
// subject). Nothing changes by GET: mail scanners follow links. A POST from another
// site is refused like everywhere; a session is a cookie of its own and opens nothing
// of staff's.
//
// What the person does is written to the log as theirs, and so is every page they
// look at: whoever signs in by their mail leaves a trace that they can see.
package mine

import (
	"net/http"
	"net/netip"
	"time"

	"kartotek/internal/audit"
	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/i18n"
	"kartotek/internal/party"
	"kartotek/internal/subject"
	"kartotek/internal/web/door"
	"kartotek/internal/web/page"
	view "kartotek/internal/web/page/mine"
	"kartotek/internal/web/public/choices"
)

// Routes are the entries of the sitemap.
func Routes() []door.Route {
	e := &entrance{asks: &door.Limiter{Burst: 10, Every: time.Minute}, misses: &door.Limiter{Burst: 60, Every: 2 * time.Second}}
	open := func(method, path string, h door.Handler) door.Route {
		return door.Route{Method: method, Path: path, Level: door.Public, Handler: h, Body: maxForm}
	}
	in := func(method, path string, h func(*self) error) door.Route {
		return door.Route{Method: method, Path: path, Level: door.Self, Handler: with(h), Body: maxForm}
	}
	copied := in("GET", "/me/copy.zip", copyZip)
	copied.Long = true
	return []door.Route{
		open("GET", "/me", e.me), open("POST", "/me", e.ask),
		open("GET", "/me/in/{token}", e.look), open("POST", "/me/in/{token}", e.enter), open("POST", "/me/in/{token}/here", e.here),
		open("GET", "/me/confirm/{token}", e.lookConfirm), open("POST", "/me/confirm/{token}", e.confirm),
		open("GET", "/me/erased/{mark}", erased), open("GET", "/me/erased/{mark}/pdf", erasedPDF),
		in("GET", "/me/facts", facts), in("POST", "/me/facts", correct),
		in("GET", "/me/permissions", permissions), in("POST", "/me/permissions", savePermissions), in("GET", "/me/permissions/{entry}", receiptOf),
		in("GET", "/me/messages", messages), in("GET", "/me/readers", readers), in("GET", "/me/received", received),
		in("GET", "/me/cases", cases), in("GET", "/me/cases/{case}", oneCase), in("GET", "/me/cases/{case}/receipt", caseReceipt), in("GET", "/me/cases/{case}/letters/{item}", readLetter),
		in("GET", "/me/cases/{case}/letters/{item}/pdf", letterPDF), in("POST", "/me/cases/{case}/withdraw", withdrawCase),
		in("GET", "/me/rights", rightsPage), in("POST", "/me/object", object), in("POST", "/me/withdraw", withdraw), in("POST", "/me/restrict", restrict),
		in("POST", "/me/copy", askCopy), copied, in("POST", "/me/erase", askErase),
		in("GET", "/me/address", address), in("POST", "/me/address", move),
		in("GET", "/me/sessions", sessions), in("POST", "/me/out", out), in("POST", "/me/out-all", outAll),
	}
}

// maxForm is more than any form of these pages.
const maxForm = 64 << 10

func errNoPage() error {
	return fault.New(fault.NotFound, "page.none", "there is no such page")
}

// requests is the form for requests of any kind, by anybody.
const requests = "/ask"

// outside is what a page needs around its content.
func outside(r *door.Request, title string) page.Public {
	p := page.Public{P: r.Printer, Title: title, Controller: "Kartotek"}
	if r.InForce != nil {
		p.Controller, p.NoticeURL = r.InForce.Notice.Controller.Name, "/notice/"+r.Printer.Lang()
	}
	if r.Method == http.MethodGet {
		p.Langs = map[string]string{}
		for _, lang := range i18n.Langs {
			p.Langs[lang] = r.URL.Path + "?lang=" + lang
		}
	}
	return p
}

// self is somebody signed in.
type self struct {
	choices.Chooser
	me      *subject.Session
	person  *party.Person
	address string // by which they signed in
	flash   *page.Flash
}

// with makes a handler of a page for somebody signed in.
func with(h func(*self) error) door.Handler {
	return func(r *door.Request) error {
		s := &self{Chooser: choices.Chooser{Request: r, Who: r.Self.Person}, me: r.Self, flash: r.TakeFlash()}
		err := r.DB.View(r.Context(), s.by(), func(tx *db.Tx) error {
			p, found, err := r.Party.Get(tx, s.Who)
			if err == nil && !found {
				err = party.NotFound()
			}
			if err == nil {
				s.person = p
				s.address, err = r.Subject.Address(tx, s.me)
			}
			return err
		})
		if err != nil {
			return err
		}
		if !r.Chosen && i18n.Known(s.person.Language) {
			r.Printer = i18n.For(s.person.Language)
		}
		return h(s)
	}
}

// by is the person acting for themselves.
func (s *self) by() db.By { return s.me.By("") }

// look reads in one snapshot, and logs that the page was read before it is shown.
func (s *self) look(what string, fn func(*db.Tx) error) error {
	if err := s.DB.View(s.Context(), s.by(), fn); err != nil {
		return err
	}
	return s.Audit.Seen(s.Context(), s.by(), audit.Entry{Action: "subject.read", Kind: "page", Object: what, Person: s.Who})
}

// act acts in one transaction, with its line in the log.
func (s *self) act(action string, fn func(*db.Tx) error) error {
	return s.DB.Do(s.Context(), s.by(), func(tx *db.Tx) error {
		if err := fn(tx); err != nil {
			return err
		}
		return audit.Write(tx, audit.Entry{Action: action, Person: s.Who})
	})
}

// inside is the frame of a page.
func (s *self) inside(title, section string) view.Inside {
	ends := min(s.DB.Now().Add(subject.Idle).UnixMilli(), s.me.CreatedAt.Add(subject.Absolute).UnixMilli())
	name := s.person.Name()
	if name == s.address {
		name = s.T("mine.you")
	}
	return view.Inside{Public: outside(s.Request, title), Section: section, Name: name, Address: s.address, Ends: time.UnixMilli(ends), Flash: s.flash}
}

// said goes back to a page with a sentence on top.
func (s *self) said(back, text string) error {
	s.Flash(page.Flash{Tone: page.Yes, Text: text})
	return s.Redirect(back)
}

// entrance is the way in.
type entrance struct{ asks, misses *door.Limiter }

// me shows what is held to somebody signed in, and to others the form.
func (e *entrance) me(r *door.Request) error {
	if token := r.CookieValue(door.SelfCookie); token != "" {
		session, err := r.Subject.Session(r.Context(), token)
		if err == nil {
			r.Self = session
			return with(overview)(r)
		}
		if !fault.Is(err, fault.SignIn) {
			return err
		}
		r.SetCookie(door.SelfCookie, "", -1)
	}
	return e.form(r, http.StatusOK, "", "")
}

func (e *entrance) form(r *door.Request, status int, typed, why string) error {
	return r.Render(status, view.Ask(view.AskView{Public: outside(r, r.T("mine.title")), Address: typed, Error: why, RequestURL: requests}))
}

// askCookie holds what binds a link to the browser that asked for it.
const askCookie = "me-ask"

// tooMany is the answer to a network that asks without end, whatever it asks.
func (e *entrance) tooMany(l *door.Limiter, now time.Time, from netip.Addr) error {
	if l.Take(now, from) {
		return nil
	}
	return fault.New(fault.TooMany, "subject.too_many", "too many requests came from here; wait a little and try again")
}

// ask takes an address. What it does and answers depends on the text alone.
func (e *entrance) ask(r *door.Request) error {
	f, err := r.Form(0)
	if err != nil {
		return err
	}
	if err := e.tooMany(e.asks, r.DB.Now(), r.Client); err != nil {
		return err
	}
	typed, err := f.Line("address", 320)
	if err == nil && len(f.Values["address"]) > 1 {
		err = fault.New(fault.Invalid, "subject.address", "write one e-mail address")
	}
	var asked subject.Asked
	if err == nil {
		err = r.DB.Do(r.Context(), db.System("subject"), func(tx *db.Tx) (err error) {
			asked, err = r.Subject.Ask(tx, subject.Asking{Address: typed, Lang: r.Printer.Lang(), Browser: r.CookieValue(askCookie)})
			return err
		})
	}
	if fault.Is(err, fault.Invalid) {
		return e.form(r, http.StatusBadRequest, "", r.T("error.subject.address"))
	}
	if err != nil {
		return err
	}
	return e.asked(r, asked)
}

func (e *entrance) asked(r *door.Request, a subject.Asked) error {
	r.SetCookie(askCookie, a.Browser, int(subject.LinkLife.Seconds()))
	return r.Render(http.StatusOK, view.Asked(view.AskedView{Public: outside(r, r.T("mine.asked")), Code: a.Code, Until: a.Until, RequestURL: requests}))
}

// gone answers a link that opens nothing: one page, one status.
func (e *entrance) gone(r *door.Request, err error) error {
	if !fault.Is(err, fault.NotFound) {
		return err
	}
	if err := e.tooMany(e.misses, r.DB.Now(), r.Client); err != nil {
		return err
	}
	return r.Render(http.StatusNotFound, page.Gone(page.GoneView{Public: outside(r, r.T("gone.title"))}))
}

// found finds the link of the address, without changing anything.
func (e *entrance) found(r *door.Request) (f subject.Found, err error) {
	err = r.DB.View(r.Context(), db.System("subject"), func(tx *db.Tx) (err error) {
		f, err = r.Subject.Look(tx, r.PathValue("token"), r.CookieValue(askCookie))
		return err
	})
	if err == nil && !r.Chosen && i18n.Known(f.Lang) {
		r.Printer = i18n.For(f.Lang)
	}
	return f, err
}

// look shows the button. Following the link changes nothing.
func (e *entrance) look(r *door.Request) error {
	f, err := e.found(r)
	if err != nil {
		return e.gone(r, err)
	}
	return e.button(r, http.StatusOK, f.Code, "")
}

func (e *entrance) button(r *door.Request, status int, code bool, why string) error {
	r.W.Header().Set("X-Robots-Tag", "noindex")
	path := "/me/in/" + r.PathValue("token")
	return r.Render(status, view.Enter(view.EnterView{Public: outside(r, r.T("mine.title")), Action: path, Here: path + "/here", Code: code, Error: why}))
}

// enter signs in: the button was pressed.
func (e *entrance) enter(r *door.Request) error {
	f, err := r.Form(0)
	if err != nil {
		return err
	}
	token := r.PathValue("token")
	key, _, err := r.Subject.Enter(r.Context(), subject.Entering{Token: token, Browser: r.CookieValue(askCookie), Code: digits(f.Get("code")), Agent: r.UserAgent()})
	if fault.Is(err, fault.Invalid) {
		return e.button(r, http.StatusBadRequest, true, r.T("error.subject.code"))
	}
	if err != nil {
		return e.gone(r, err)
	}
	r.SetCookie(door.SelfCookie, key, int(subject.Absolute.Seconds()))
	r.SetCookie(askCookie, "", -1)
	return r.Redirect("/me")
}

// digits are those of a code, however it was typed.
func digits(s string) string {
	out := ""
	for _, c := range s {
		if c >= '0' && c <= '9' && len(out) < 7 {
			out += string(c)
		}
	}
	return out
}

// here sends a new letter, bound to this browser.
func (e *entrance) here(r *door.Request) error {
	if err := e.tooMany(e.asks, r.DB.Now(), r.Client); err != nil {
		return err
	}
	var a subject.Asked
	err := r.DB.Do(r.Context(), db.System("subject"), func(tx *db.Tx) (err error) {
		a, err = r.Subject.AskHere(tx, r.PathValue("token"))
		return err
	})
	if err != nil {
		return e.gone(r, err)
	}
	return e.asked(r, a)
}

// out signs out.
func out(s *self) error {
	err := s.DB.Do(s.Context(), s.by(), func(tx *db.Tx) error { return s.Subject.SignOut(tx, s.me) })
	return s.left(err)
}

// outAll signs out everywhere, and ends letters on their way.
func outAll(s *self) error {
	err := s.DB.Do(s.Context(), s.by(), func(tx *db.Tx) error { return s.Subject.SignOutAll(tx, s.Who) })
	return s.left(err)
}

func (s *self) left(err error) error {
	if err != nil {
		return err
	}
	s.SetCookie(door.SelfCookie, "", -1)
	return s.Redirect("/me")
}
