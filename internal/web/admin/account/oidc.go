package account

import (
	"net/http"
	"net/url"

	"kartotek/internal/fault"
	"kartotek/internal/staff/oidc"
	"kartotek/internal/web/door"
	"kartotek/internal/web/page"
	"kartotek/internal/web/page/office"
)

// tryCookie binds a sign-in by the company's provider to the browser it began in.
const tryCookie = "oidc"

// oidcRoutes are the way to the company's identity provider and back. The way there
// is a link: it makes a row that lasts ten minutes and says nothing of anybody, and
// a form could not lead to another site under the pages' policy (form-action).
func oidcRoutes(tries *door.Limiter) []door.Route {
	return []door.Route{
		{Method: "GET", Path: "/sign-in/oidc", Level: door.Public, Handler: slowly(tries, toProvider)},
		{Method: "GET", Path: oidc.CallbackPath, Level: door.Public, Handler: slowly(tries, fromProvider)},
	}
}

// others are the other ways to sign in that the sign-in page offers.
func others(r *door.Request, next string) []page.Link {
	if r.OIDC == nil {
		return nil
	}
	return []page.Link{{Text: r.T("oidc.button", "name", r.OIDC.Name), Href: "/sign-in/oidc?" + url.Values{"next": {next}}.Encode()}}
}

func noProvider() error { return fault.New(fault.NotFound, "page.none", "there is no such page") }

// toProvider sends the browser to the provider.
func toProvider(r *door.Request) error {
	if r.OIDC == nil {
		return noProvider()
	}
	s, err := r.OIDC.Begin(r.Context(), r.DB, door.Local(r.URL.Query().Get("next")))
	if fault.Is(err, fault.Unavailable) {
		return signInFailed(r, http.StatusServiceUnavailable, "oidc.unavailable")
	}
	if err != nil {
		return err
	}
	r.SetCookie(tryCookie, s.Browser, int(oidc.Life.Seconds()))
	r.W.Header().Set("Location", s.URL)
	r.W.WriteHeader(http.StatusSeeOther)
	return nil
}

// fromProvider is where the provider sends the browser back to. Whatever is wrong
// with what it brings gets one and the same page.
func fromProvider(r *door.Request) error {
	if r.OIDC == nil {
		return noProvider()
	}
	q, browser := r.URL.Query(), r.CookieValue(tryCookie)
	r.SetCookie(tryCookie, "", -1)
	a := oidc.Answer{Browser: browser, UserAgent: r.UserAgent()}
	for name, into := range map[string]*string{"state": &a.State, "code": &a.Code, "iss": &a.Issuer, "error": &a.Error} {
		if len(q[name]) > 1 {
			a = oidc.Answer{} // of which nothing can come (RFC 6749 3.1)
			break
		}
		*into = q.Get(name)
	}
	s, err := r.OIDC.Finish(r.Context(), r.DB, a)
	switch {
	case fault.KeyOf(err) == "oidc.refused":
		return signInFailed(r, http.StatusUnauthorized, "oidc.refused")
	case fault.Is(err, fault.Unavailable) && fault.KeyOf(err) == "oidc.unavailable":
		return signInFailed(r, http.StatusServiceUnavailable, "oidc.unavailable")
	case err != nil:
		return err
	}
	return enter(r, s.Opened, s.Next)
}

func signInFailed(r *door.Request, status int, why string) error {
	v, err := signInView(r, "/")
	if err != nil {
		return err
	}
	v.Error = r.T("error." + why)
	return r.Render(status, office.SignIn(v))
}
