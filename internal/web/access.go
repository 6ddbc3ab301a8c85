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
		s.Access.Note(r.Actor.Who(), s.DB.Now(), r.Actor.Used()...)
	}
	return err
}

// fourEyes holds a POST to a route of an act for which somebody else has to agree.
// pass is the agreement that lets it through.
func (s *site) fourEyes(r *door.Request, route *door.Route) (pass *access.Request, held bool, err error) {
	if r.Actor == nil || r.Method != http.MethodPost || route.Drafts || !r.Actor.FourEyes(route.Level) {
		return nil, false, nil
	}
	req, through, err := r.Hold(route)
	if err != nil {
		return nil, false, err
	}
	if through {
		return &req, false, nil
	}
	return nil, true, s.waits(r, req)
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
		return fault.New(fault.Conflict, "access.waits", "somebody else has to agree to this first; send the same again once they have")
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
