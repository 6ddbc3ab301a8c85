package web

import (
	"net/http"

	"kartotek/internal/access"
	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/staff"
	"kartotek/internal/web/door"
	"kartotek/internal/web/page/office"
)

// actor is who a session is, with the levels taken up in it. They are read anew
// for every request, so that one that was ended is over at once.
func (s *site) actor(r *door.Request, session *staff.Session) (*door.Actor, error) {
	raised, err := s.Elevations(func(fn func(*db.Tx) error) error {
		return s.DB.View(r.Context(), db.System("session"), fn)
	}, session, r.InForce)
	if err != nil {
		return nil, err
	}
	return door.NewActor(session, r.InForce, raised...), nil
}

// run lets a request that may come in do what it came for: after a second pair of
// eyes where the notice asks for one, and with a note of the rights it used.
func (s *site) run(r *door.Request, route *door.Route) error {
	pass, held, err := s.fourEyes(r, route)
	if err != nil || held {
		return err
	}
	err = route.Handler(r)
	done := err == nil && r.W.(*recorder).status < http.StatusBadRequest
	if pass != nil && !done {
		s.giveBack(r, *pass)
	}
	if r.Actor != nil && done {
		r.Actor.Use(route.Level, "")
		r.Actor.Use(route.Act(), "")
		if r.Method == http.MethodPost || door.Shows(route.Act()) {
			r.Actor.UseFor(route.Act())
		}
		s.Access.Note(r.Actor.Who(), s.DB.Now(), r.Actor.Used()...)
	}
	return err
}

// fourEyes holds what is an act for which somebody else has to agree: a form, or a
// page of an act that is done by looking. pass is the agreement that lets it through.
func (s *site) fourEyes(r *door.Request, route *door.Route) (pass *access.Request, held bool, err error) {
	act := route.Act()
	posts := r.Method == http.MethodPost
	if r.Actor == nil || route.Drafts || !r.Actor.FourEyes(act) || !posts && !door.Shows(act) {
		return nil, false, nil
	}
	if r.Method == http.MethodHead {
		return nil, true, errWaits() // uses up no agreement
	}
	ask := r.Hold
	if !posts {
		ask = r.Agreed
	}
	req, through, err := ask(route)
	switch {
	case err != nil:
		return nil, false, err
	case through:
		return &req, false, nil
	case req.ID == 0:
		return nil, true, s.askFirst(r, act)
	}
	return nil, true, s.waits(r, req)
}

// askToSee makes the route by which consent to a page is asked for: a form sent to
// the page's own address.
func (s *site) askToSee(page door.Route) door.Route {
	ask := door.Route{Method: http.MethodPost, Path: page.Path, Level: page.Level, Confirm: page.Confirm, Drafts: true}
	ask.Handler = func(r *door.Request) error {
		if !r.Actor.FourEyes(page.Act()) {
			return r.Redirect(r.URL.RequestURI())
		}
		req, err := r.AskToSee(&page)
		if err != nil {
			return err
		}
		if req.State == access.Approved {
			return r.Redirect(r.URL.RequestURI())
		}
		return s.waits(r, req)
	}
	return ask
}

// asksToSee reports whether a page may have to be asked for.
func asksToSee(route *door.Route) bool {
	return route.Method == http.MethodGet && !route.Key && route.Level != door.Public && door.Shows(route.Act())
}

func errWaits() error {
	return fault.New(fault.Conflict, "access.waits", "somebody else has to agree to this first; send the same again once they have")
}

// askFirst answers a page that somebody else has to agree to and nobody was asked about.
func (s *site) askFirst(r *door.Request, act string) error {
	if wantsJSON(r) {
		return errWaits()
	}
	v := office.HeldView{Act: r.T("may_act." + act), Object: r.URL.Path, Ask: r.URL.RequestURI()}
	err := r.View("", func(tx *db.Tx) (err error) { v.Who, err = s.others(tx, r, act); return err })
	if err != nil {
		return err
	}
	v.Frame = r.Frame(r.T("held.title"), "access")
	return r.Render(http.StatusForbidden, office.Held(v))
}

// giveBack makes an agreement good again after an act that did not come about.
func (s *site) giveBack(r *door.Request, req access.Request) {
	err := r.Do("", func(tx *db.Tx) error { return s.Access.GiveBack(tx, req.ID) })
	if err != nil {
		s.Log.Error("an agreement was not given back", "number", r.Number, "code", fault.KeyOf(err))
	}
}

// waits answers an act that is held: what happens next, and who can agree.
func (s *site) waits(r *door.Request, req access.Request) error {
	if wantsJSON(r) {
		return errWaits()
	}
	v := office.HeldView{Act: r.T("may_act." + req.Name), Object: req.Object, At: req.At}
	err := r.View("", func(tx *db.Tx) (err error) { v.Who, err = s.others(tx, r, req.Name); return err })
	if err != nil {
		return err
	}
	v.Frame = r.Frame(r.T("held.title"), "access")
	return r.Render(http.StatusAccepted, office.Held(v))
}

// others names who besides the actor may do an act, and so agree to it.
func (s *site) others(tx *db.Tx, r *door.Request, act string) (names []string, err error) {
	all, err := staff.List(tx)
	for _, a := range all {
		if a.Active(tx.Time()) && !access.SamePerson(a, r.Actor.Account) && mayDo(r, a, act) {
			names = append(names, a.Name)
		}
	}
	return names, err
}

func mayDo(r *door.Request, a *staff.Account, act string) bool {
	for _, name := range a.Levels {
		if l, ok := r.InForce.Level(name); ok && l.Can(act) {
			return true
		}
	}
	return false
}
