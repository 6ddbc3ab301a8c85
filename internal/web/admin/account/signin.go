// Package account is a member of staff's own corner: signing in and out, and the
// account with its password and devices.
//
// # Addresses
//
//	/sign-in                 GET, POST   address and password
//	/sign-in/link/{token}    GET, POST   a one-time link: the page has a button, and only the button signs in
//	/signin, /signin/link/…  GET         lead to the above, as one may type them
//	/sign-out                POST
//	/account                 GET         level, rights, devices, password
//	/account/password        GET, POST   the first password, or another
//	/account/revoke          POST        sign one device out
//	/account/revoke-others   POST        sign all others out
//
// Package staff decides; a refusal says the same, after the same work, whether or
// not there is such an account. A session is a cookie that scripts and other sites
// do not get, and a row that can be ended: on the device, from another device, or
// by whoever runs the register.
package account

import (
	"net/http"
	"net/url"
	"strings"
	"time"

	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/staff"
	"kartotek/internal/web/door"
	"kartotek/internal/web/page"
)

const (
	maxForm  = 16 << 10
	maxEmail = 254
)

// Routes are the entries of the sitemap.
func Routes() []door.Route {
	tries := &door.Limiter{Burst: 30, Every: 10 * time.Second}
	route := func(method, path, level string, h door.Handler) door.Route {
		return door.Route{Method: method, Path: path, Level: level, Handler: h, Body: maxForm}
	}
	return []door.Route{
		route("GET", "/sign-in", door.Public, signInPage), route("POST", "/sign-in", door.Public, signIn),
		route("GET", "/sign-in/link/{token}", door.Public, linkPage), route("POST", "/sign-in/link/{token}", door.Public, followLink(tries)),
		route("GET", "/signin", door.Public, func(r *door.Request) error { return r.Redirect("/sign-in") }),
		route("GET", "/signin/link/{token}", door.Public, func(r *door.Request) error {
			return r.Redirect("/sign-in/link/" + url.PathEscape(r.PathValue("token")))
		}),
		route("POST", "/sign-out", door.Public, signOut),
		route("GET", "/account", door.SignedIn, account),
		route("GET", "/account/password", door.SignedIn, firstPassword), route("POST", "/account/password", door.SignedIn, setPassword),
		route("POST", "/account/revoke", door.SignedIn, revoke), route("POST", "/account/revoke-others", door.SignedIn, revokeOthers),
	}
}

func signInPage(r *door.Request) error {
	v := page.SignInView{P: r.Printer, Next: door.Local(r.URL.Query().Get("next"))}
	if r.Demo {
		v.Demo = r.T("sign.demo")
	}
	if r.Actor != nil {
		return r.Redirect(v.Next)
	}
	if s := locked(r); s != nil {
		v.Email, v.Error = s.Account.Email, r.T("error.staff.locked")
	}
	return r.Render(http.StatusOK, page.SignIn(v))
}

// locked gives this browser's session when it was idle for too long.
func locked(r *door.Request) *staff.Session {
	s, err := r.Staff.Session(r.Context(), r.DB, r.CookieValue(door.SessionCookie))
	if fault.KeyOf(err) != "staff.locked" {
		return nil
	}
	return s
}

func signIn(r *door.Request) error {
	form, err := r.Form(0)
	if err != nil {
		return err
	}
	email, err := form.Line("email", maxEmail)
	if err != nil {
		return err
	}
	opened, err := open(r, email, form.Get("password"))
	if fault.Is(err, fault.SignIn) || fault.Is(err, fault.TooMany) {
		v := page.SignInView{P: r.Printer, Email: email, Next: door.Local(form.Get("next")), Error: r.T("error." + fault.KeyOf(err))}
		return r.Render(status(err), page.SignIn(v))
	}
	if err != nil {
		return err
	}
	keep(r, opened)
	return r.Redirect(form.Get("next"))
}

// open begins a session, or goes on with this browser's own that was idle.
func open(r *door.Request, email, password string) (staff.Opened, error) {
	source := r.Client.String()
	if s := locked(r); s != nil && strings.EqualFold(s.Account.Email, email) {
		return r.Staff.Unlock(r.Context(), r.DB, r.CookieValue(door.SessionCookie), password, source)
	}
	return r.Staff.SignIn(r.Context(), r.DB, staff.Credentials{Email: email, Password: password, Source: source, UserAgent: r.UserAgent()})
}

// keep gives the browser the key of its session, for as long as one can last.
func keep(r *door.Request, o staff.Opened) {
	r.SetCookie(door.SessionCookie, o.Token, int(staff.Absolute.Seconds()))
}

func status(err error) int {
	if fault.Is(err, fault.TooMany) {
		return http.StatusTooManyRequests
	}
	return http.StatusUnauthorized
}

// linkPage shows a button, the same for every token: mail scanners follow links,
// so opening it neither uses the link up nor tells whether it works.
func linkPage(r *door.Request) error {
	return r.Render(http.StatusOK, page.OneTimeLink(page.OneTimeLinkView{P: r.Printer, Name: r.T("once.you"), Action: r.URL.Path}))
}

// followLink uses a link up. Tries are bounded per network, because each that
// fails is a line in the log.
func followLink(tries *door.Limiter) door.Handler {
	return func(r *door.Request) error {
		if !tries.Take(r.DB.Now(), r.Client) {
			return fault.New(fault.TooMany, "staff.too_many_links", "too many sign-in links were tried from this network")
		}
		o, err := r.Staff.FollowLink(r.Context(), r.DB, r.PathValue("token"), r.UserAgent())
		if fault.Is(err, fault.SignIn) {
			return r.Render(http.StatusUnauthorized, page.OneTimeLink(page.OneTimeLinkView{P: r.Printer, Error: r.T("error.staff.link_used")}))
		}
		if err != nil {
			return err
		}
		keep(r, o)
		if !o.Session.Account.HasPassword && !r.Demo {
			return r.Redirect("/account/password")
		}
		return r.Redirect("/")
	}
}

// signOut ends the session and takes the cookie away, also when it had ended.
func signOut(r *door.Request) error {
	s, err := r.Staff.Session(r.Context(), r.DB, r.CookieValue(door.SessionCookie))
	if err != nil && !fault.Is(err, fault.SignIn) {
		return err
	}
	if s != nil {
		by := db.By{Kind: "staff", ID: s.Account.ID, Name: s.Account.Name, Device: s.Device}
		err = r.DB.Do(r.Context(), by, func(tx *db.Tx) error { return r.Staff.Revoke(tx, s.Account.ID, s.ID) })
		if err != nil && !fault.Is(err, fault.NotFound) {
			return err
		}
	}
	r.SetCookie(door.SessionCookie, "", -1)
	return r.Redirect("/sign-in")
}
