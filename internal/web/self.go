package web

import (
	"kartotek/internal/fault"
	"kartotek/internal/web/door"
)

// self lets somebody in to their own data: the key of package subject, in a cookie of
// its own, and nothing of staff's. Without one, the page to ask for a link is shown;
// it is the same whatever was asked for.
func (s *site) self(r *door.Request, route *door.Route) error {
	if token := r.CookieValue(door.SelfCookie); token != "" && s.Subject != nil {
		session, err := s.Subject.Session(r.Context(), token)
		switch {
		case err == nil:
			r.Self = session
		case !fault.Is(err, fault.SignIn):
			return err
		}
	}
	if r.Self == nil {
		return r.Redirect("/me")
	}
	s.allow(r, route)
	return route.Handler(r)
}
