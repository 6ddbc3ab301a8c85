package web

import (
	"net/http"
	"net/url"
	"strings"

	"kartotek/internal/audit"
	"kartotek/internal/fault"
	"kartotek/internal/web/door"
	"kartotek/internal/web/page"
)

// notice finds out the notice in force. A register that does not answer leaves it
// unknown, as know does who is signed in, and then only public pages open.
func (s *site) notice(r *door.Request) {
	in, err := s.Notice.Current(r.Context())
	if err != nil && fault.KeyOf(err) != "notice.none" {
		s.Log.Error("notice in force", "number", r.Number, "code", fault.KeyOf(err))
	}
	if err == nil {
		r.InForce = in
	}
	policy(r)
}

// know finds out who is signed in.
func (s *site) know(r *door.Request) {
	if token := r.CookieValue(door.SessionCookie); token != "" {
		session, err := s.Staff.Session(r.Context(), s.DB, token)
		if err == nil {
			r.Actor, err = s.actor(r, session)
		}
		if err != nil && fault.CodeOf(err) != fault.SignIn {
			s.Log.Error("session", "number", r.Number, "code", fault.KeyOf(err))
		}
	}
}

// turnAway answers who may not come in: the sign-in page to nobody, a refusal to
// somebody. It is the same whether or not what was asked for exists.
func (s *site) turnAway(r *door.Request, route *door.Route) error {
	if r.Actor == nil {
		return s.askSignIn(r)
	}
	e := audit.Entry{Action: "page.refused", Kind: "route", Object: route.Method + " " + route.Path, Outcome: audit.Refused}
	if err := r.Seen(e); err != nil {
		return err
	}
	if wantsJSON(r) {
		return fault.New(fault.Denied, "page.denied", "your access level does not reach this")
	}
	f := r.Frame(r.T("denied.title"), "")
	return r.Render(http.StatusForbidden, page.NotAllowed(page.NotAllowedView{Frame: f, What: r.T("web.denied"), Ask: r.T("web.denied_ask")}))
}

func (s *site) askSignIn(r *door.Request) error {
	to := "/sign-in"
	if r.Method == http.MethodGet && r.URL.Path != "/" {
		to += "?" + url.Values{"next": {r.URL.RequestURI()}}.Encode()
	}
	switch {
	case wantsJSON(r):
		return fault.New(fault.SignIn, "staff.no_session", "sign in to go on")
	case r.Header.Get("HX-Request") == "true":
		r.W.Header().Set("HX-Redirect", "/sign-in") // a part of a page cannot hold the sign-in page
		r.W.WriteHeader(http.StatusUnauthorized)
		return nil
	case r.Method == http.MethodGet || r.Method == http.MethodHead:
		return r.Redirect(to)
	}
	return fault.New(fault.SignIn, "staff.no_session", "sign in to go on")
}

// forPrograms reports whether an address is one of those made for programs.
func forPrograms(r *door.Request) bool { return strings.HasPrefix(r.URL.Path, "/api/") }

// wantsJSON reports whether JSON is asked for, and no page.
func wantsJSON(r *door.Request) bool {
	accept := r.Header.Get("Accept")
	if forPrograms(r) {
		return true
	}
	return strings.Contains(accept, "json") && !strings.Contains(accept, "text/html")
}
