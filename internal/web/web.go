// Package web is the HTTP server of Kartotek: it lets requests in, or not, and
// turns what the pages say into answers.
//
// # The way of a request
//
//		number, log, panics -> limits -> headers -> cross-origin -> ServeMux ->
//		    who is it (session) -> notice in force -> language -> may they (level) -> four eyes -> Handler
//
//	  - Limits: bodies, addresses and times are bounded; an upload has its own bound
//	    on its own route.
//	  - Headers: a Content-Security-Policy made from the notice's list of third
//	    parties (none, unless the notice lists some), and its companions.
//	  - Cross-origin: a POST from another site is refused (http.CrossOriginProtection),
//	    but for addresses that are themselves the right to act, as one-click
//	    unsubscribing demands (RFC 8058).
//	  - Session: a cookie that is the key to a row (package staff). Nothing else is
//	    stored in the browser but the chosen language and a message to be shown once.
//	  - Level: every route has one, and nothing of the object asked for is looked at
//	    before it was checked. A refusal is logged.
//
// # Shape
//
//	New(rooms, routes...) -> http.Handler      the whole site
//	Server{Handler, Log}.Start(addr), Shutdown  its life
//
// Routes come from the packages web/public and web/admin.
//
// Answers to errors are pages in the reader's language, or problem+json (RFC
// 9457) when JSON is asked for. Neither they nor the log carry personal data: the
// log names the pattern of a route, never its address, because an address may
// hold a token.
package web

import (
	"bytes"
	"net/http"
	"strings"

	"kartotek/internal/fault"
	"kartotek/internal/web/door"
)

// site is the open house.
type site struct {
	*door.Rooms
	mux    *http.ServeMux
	cross  *http.CrossOriginProtection
	misses *door.Limiter // wrong API keys
}

// New makes the handler of the whole site. A pattern that stands twice, or a route
// without a level, panics: the sitemap is part of the program.
func New(rooms *door.Rooms, routes ...door.Route) http.Handler {
	s := &site{Rooms: rooms, mux: http.NewServeMux(), cross: http.NewCrossOriginProtection(), misses: newMisses()}
	s.cross.SetDenyHandler(http.HandlerFunc(s.foreign))
	all := append(own(), routes...)
	for i := range routes {
		if asksToSee(&routes[i]) {
			all = append(all, s.askToSee(routes[i]))
		}
	}
	for _, r := range all {
		pattern := r.Method + " " + r.Path
		if r.Method == "" || r.Level == "" || r.Handler == nil {
			panic("web: route " + pattern + " has no method, level or handler")
		}
		s.mux.Handle(pattern, s.answer(&r))
		if r.Token && r.Method == http.MethodPost {
			s.cross.AddInsecureBypassPattern(pattern)
		}
	}
	return s
}

// ServeHTTP implements http.Handler.
func (s *site) ServeHTTP(w http.ResponseWriter, hr *http.Request) {
	r := s.begin(w, hr)
	defer s.end(r)
	s.headers(r)
	if err := s.bounds(r); err != nil {
		s.fail(r, err)
		return
	}
	r.Printer, r.Chosen = language(r)
	if r.Method != http.MethodGet && r.Secure && strings.HasPrefix(r.Header.Get("Origin"), "http://") {
		s.foreign(nil, r.Request) // our own name without https is anybody's on the way
		return
	}
	s.cross.Handler(http.HandlerFunc(func(http.ResponseWriter, *http.Request) { s.route(r) })).ServeHTTP(r.W, r.Request)
}

// route finds the page, and answers in the site's own words when there is none.
func (s *site) route(r *door.Request) {
	h, pattern := s.mux.Handler(r.Request)
	if pattern != "" {
		s.mux.ServeHTTP(r.W, r.Request)
		return
	}
	var probe probe
	h.ServeHTTP(&probe, r.Request)
	if probe.status == http.StatusMethodNotAllowed {
		r.W.Header().Set("Allow", probe.Header().Get("Allow"))
		s.refuse(r, http.StatusMethodNotAllowed, "method")
		return
	}
	s.fail(r, errNoPage())
}

func errNoPage() error { return fault.New(fault.NotFound, "page.none", "there is no such page") }

// probe takes down what the ServeMux would answer.
type probe struct {
	head   http.Header
	status int
	body   bytes.Buffer
}

func (p *probe) Header() http.Header {
	if p.head == nil {
		p.head = http.Header{}
	}
	return p.head
}
func (p *probe) WriteHeader(status int) {
	if p.status == 0 {
		p.status = status
	}
}
func (p *probe) Write(b []byte) (int, error) {
	p.WriteHeader(http.StatusOK)
	return p.body.Write(b)
}

// answer makes the handler of one route.
func (s *site) answer(route *door.Route) http.Handler {
	return http.HandlerFunc(func(_ http.ResponseWriter, hr *http.Request) {
		r := requestOf(hr)
		r.Request = hr // with its path values
		if err := s.handle(r, route); err != nil {
			s.fail(r, err)
		}
	})
}

func (s *site) handle(r *door.Request, route *door.Route) error {
	if !route.Bare {
		s.notice(r)
	}
	switch {
	case route.Key && !route.Bare:
		if err := s.knowKey(r); err != nil {
			return err
		}
	case !route.Bare:
		s.know(r)
	}
	if route.Token {
		r.W.Header().Set("Referrer-Policy", "no-referrer")
	}
	if route.Level == door.Self {
		return s.self(r, route)
	}
	if !r.Actor.MayEnter(route.Level) {
		return s.turnAway(r, route)
	}
	if ok, err := r.Confirmed(route); !ok {
		return err
	}
	s.allow(r, route)
	return s.run(r, route)
}

// Table lists the site's routes with their levels, one a line, as New takes them.
func Table(routes []door.Route) string {
	var b strings.Builder
	for _, r := range append(own(), routes...) {
		b.WriteString(r.Method + " " + r.Path + "  " + r.Level + "\n")
	}
	return b.String()
}
