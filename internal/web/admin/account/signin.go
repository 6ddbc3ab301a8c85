// Package account is a member of staff's own corner: signing in and out, and the
// account with its password, second factors and devices.
//
// # Addresses
//
//	/sign-in                 GET, POST   address and password
//	/sign-in/link/{token}    GET, POST   a one-time link: the page has a button, and only the button signs in
//	/sign-in/passkey         POST        a challenge for any passkey; …/finish takes the answer
//	/sign-in/second          GET, POST   the second step: a code, a passkey or a recovery code
//	/signin, /signin/link/…  GET         lead to the above, as one may type them
//	/sign-out                POST
//	/confirm                 GET, POST   a fresh proof in the midst of the work, and back
//	/account                 GET         level, rights, devices, password, second factors, last sign-ins
//	/account/password        GET, POST   the first password, or another
//	/account/protect         GET         offers a second factor
//	/account/app             GET, POST   an authenticator app
//	/account/passkey         GET, POST   a passkey; …/begin gives its challenge
//	/account/codes           POST        new recovery codes
//	/account/factor/…        POST        name, remove
//	/account/device          POST        the name of this device
//	/account/revoke          POST        sign one device out
//	/account/revoke-others   POST        sign all others out
//
// Package staff decides; a refusal says the same, after the same work, whether or
// not there is such an account. A session is a cookie that scripts and other sites
// do not get, and a row that can be ended: on the device, from another device, or
// by whoever runs the register. Between the two steps of a sign-in there is a cookie
// of another name, which opens nothing.
//
// Addresses and hosts that a request names are used for nothing: passkeys are bound
// to the configured address, and no link is made here. A field that comes twice is
// refused, so that no two parts of the program can read two values of it.
package account

import (
	"net/http"
	"net/url"
	"strings"
	"time"

	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/staff"
	"kartotek/internal/staff/factor"
	"kartotek/internal/web/door"
	"kartotek/internal/web/page/office"
)

const (
	maxForm  = 64 << 10
	maxEmail = 254

	halfCookie   = "half"   // the key of a sign-in between its two steps
	deviceCookie = "device" // what the owner calls this device, sealed
)

// Routes are the entries of the sitemap.
func Routes() []door.Route {
	tries := &door.Limiter{Burst: 30, Every: 10 * time.Second}
	route := func(method, path, level string, h door.Handler) door.Route {
		return door.Route{Method: method, Path: path, Level: level, Handler: h, Body: maxForm}
	}
	proven := func(method, path string, h door.Handler) door.Route {
		return door.Route{Method: method, Path: path, Level: door.SignedIn, Handler: h, Body: maxForm, Confirm: door.Strongest}
	}
	return append(oidcRoutes(tries), []door.Route{
		route("GET", "/sign-in", door.Public, signInPage), route("POST", "/sign-in", door.Public, signIn),
		route("GET", "/sign-in/link/{token}", door.Public, linkPage), route("POST", "/sign-in/link/{token}", door.Public, followLink(tries)),
		route("POST", "/sign-in/passkey", door.Public, slowly(tries, beginSignIn)), route("POST", "/sign-in/passkey/finish", door.Public, slowly(tries, passkeySignIn)),
		route("GET", "/sign-in/second", door.Public, secondPage), route("POST", "/sign-in/second", door.Public, second),
		route("POST", "/sign-in/second/passkey", door.Public, slowly(tries, beginSecond)),
		route("GET", "/signin", door.Public, func(r *door.Request) error { return r.Redirect("/sign-in") }),
		route("GET", "/signin/link/{token}", door.Public, func(r *door.Request) error {
			return r.Redirect("/sign-in/link/" + url.PathEscape(r.PathValue("token")))
		}),
		route("POST", "/sign-out", door.Public, signOut),
		route("GET", "/confirm", door.SignedIn, confirmPage), route("POST", "/confirm", door.SignedIn, confirm),
		route("POST", "/confirm/passkey", door.SignedIn, beginConfirm),
		route("GET", "/account", door.SignedIn, account),
		route("GET", "/account/password", door.SignedIn, firstPassword), route("POST", "/account/password", door.SignedIn, setPassword),
		route("GET", "/account/protect", door.SignedIn, protect),
		proven("GET", "/account/app", appPage), proven("POST", "/account/app", addApp),
		proven("GET", "/account/passkey", passkeyPage), proven("POST", "/account/passkey", addPasskey), proven("POST", "/account/passkey/begin", beginAdd),
		proven("POST", "/account/codes", newCodes), proven("POST", "/account/factor/remove", removeFactor),
		route("POST", "/account/factor/name", door.SignedIn, nameFactor),
		route("POST", "/account/device", door.SignedIn, nameDevice),
		route("POST", "/account/revoke", door.SignedIn, revoke), route("POST", "/account/revoke-others", door.SignedIn, revokeOthers),
	}...)
}

// factors is the room of second factors, bound to the configured address.
func factors(r *door.Request) *factor.Room {
	f := &factor.Room{Keys: r.Keys, Staff: r.Staff, BaseURL: r.BaseURL}
	if r.InForce != nil {
		f.Issuer = "Kartotek " + r.InForce.Notice.Controller.Name
	}
	return f
}

// fields reads a form in which each field comes once.
func fields(r *door.Request) (door.Fields, error) {
	form, err := r.Form(0)
	if err != nil {
		return form, err
	}
	for name, values := range form.Values {
		if len(values) > 1 || strings.ContainsAny(name, "[]") {
			return form, fault.New(fault.Invalid, "form.broken", "a field comes more than once")
		}
	}
	return form, nil
}

// slowly bounds tries per network, where each is a row or a line in the log.
func slowly(tries *door.Limiter, h door.Handler) door.Handler {
	return func(r *door.Request) error {
		if !tries.Take(r.DB.Now(), r.Client) {
			return fault.New(fault.TooMany, "staff.too_many_links", "too many sign-ins were tried from this network")
		}
		return h(r)
	}
}

func signInPage(r *door.Request) error {
	next := door.Local(r.URL.Query().Get("next"))
	if r.Actor != nil {
		return r.Redirect(next)
	}
	v, err := signInView(r, next)
	if err != nil {
		return err
	}
	if s := locked(r); s != nil {
		v.Email, v.Error = s.Account.Email, r.T("error.staff.locked")
	}
	return r.Render(http.StatusOK, office.SignIn(v))
}

// signInView is the page without what was typed.
func signInView(r *door.Request, next string) (office.SignInView, error) {
	v := office.SignInView{P: r.Printer, Next: next, Passkeys: factors(r).Ready(), Other: others(r, next)}
	if r.Demo {
		v.Demo = r.T("sign.demo")
	}
	any := false
	err := r.View("", func(tx *db.Tx) (err error) { any, err = staff.Any(tx); return err })
	if !any && !r.Demo {
		v.FirstRun = firstCommand(r)
	}
	return v, err
}

// firstCommand is what the operator types to make the first account: with the first
// level that may make others, if the notice in force has one.
func firstCommand(r *door.Request) string {
	cmd := `kartotek staff add ` + r.T("first_run.email") + ` --name "` + r.T("first_run.name") + `"`
	if r.InForce != nil {
		for _, l := range r.InForce.Notice.LevelList() {
			if l.Can("staff") {
				cmd += " --level " + l.Name
				break
			}
		}
	}
	if r.BaseURL != "" {
		cmd += " --base-url " + r.BaseURL
	}
	return cmd + " --data " + r.T("first_run.folder")
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
	form, err := fields(r)
	if err != nil {
		return err
	}
	email, err := form.Line("email", maxEmail)
	if err != nil {
		return err
	}
	next := door.Local(form.Get("next"))
	opened, err := open(r, email, form.Get("password"))
	if fault.Is(err, fault.SignIn) || fault.Is(err, fault.TooMany) {
		return signInAgain(r, err, email, next)
	}
	if err != nil {
		return err
	}
	return enter(r, opened, next)
}

// signInAgain shows the page once more with what was wrong.
func signInAgain(r *door.Request, wrong error, email, next string) error {
	v, err := signInView(r, next)
	if err != nil {
		return err
	}
	v.Email, v.Error = email, r.T("error."+fault.KeyOf(wrong))
	return r.Render(status(wrong), office.SignIn(v))
}

// open begins a session, or goes on with this browser's own that was idle.
func open(r *door.Request, email, password string) (staff.Opened, error) {
	source := r.Source()
	if s := locked(r); s != nil && strings.EqualFold(s.Account.Email, email) {
		return r.Staff.Unlock(r.Context(), r.DB, r.CookieValue(door.SessionCookie), password, source)
	}
	return r.Staff.SignIn(r.Context(), r.DB, staff.Credentials{Email: email, Password: password, Source: source, UserAgent: r.UserAgent()})
}

// enter goes on after a step: to the second one if it is due, otherwise in. What
// the browser held before ends: a token planted or left there is worth nothing.
func enter(r *door.Request, o staff.Opened, next string) error {
	if o.Half {
		r.SetCookie(halfCookie, o.Token, int(staff.HalfLife.Seconds()))
		return r.Redirect("/sign-in/second?" + url.Values{"next": {next}}.Encode())
	}
	by := db.By{Kind: "staff", ID: o.Session.Account.ID, Name: o.Session.Account.Name, Device: o.Session.Device}
	err := r.DB.Do(r.Context(), by, func(tx *db.Tx) error {
		if old := r.CookieValue(door.SessionCookie); old != "" && old != o.Token {
			if err := r.Staff.Drop(tx, old); err != nil {
				return err
			}
		}
		_, err := r.Staff.NameDevice(tx, o.Session, deviceName(r, o.Session))
		return err
	})
	if err != nil {
		return err
	}
	if r.CookieValue(halfCookie) != "" {
		r.SetCookie(halfCookie, "", -1)
	}
	keep(r, o)
	return r.Redirect(next)
}

// keep gives the browser the key of its session, for as long as one can last.
func keep(r *door.Request, o staff.Opened) {
	r.SetCookie(door.SessionCookie, o.Token, door.Lasts())
}

// renew gives the session of this request another key, after what it is worth has
// changed.
func renew(r *door.Request) error {
	o, err := r.Staff.Rotate(r.Context(), r.DB, r.CookieValue(door.SessionCookie))
	if err == nil {
		keep(r, o)
	}
	return err
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
	return r.Render(http.StatusOK, office.OneTimeLink(office.OneTimeLinkView{P: r.Printer, Name: r.T("once.you"), Action: r.URL.Path}))
}

// followLink uses a link up. Tries are bounded per network, because each that
// fails is a line in the log.
func followLink(tries *door.Limiter) door.Handler {
	return slowly(tries, func(r *door.Request) error {
		o, err := r.Staff.FollowLink(r.Context(), r.DB, r.PathValue("token"), r.UserAgent())
		if fault.Is(err, fault.SignIn) {
			return r.Render(http.StatusUnauthorized, office.OneTimeLink(office.OneTimeLinkView{P: r.Printer, Error: r.T("error.staff.link_used")}))
		}
		if err != nil {
			return err
		}
		return enter(r, o, afterLink(r, o))
	})
}

// afterLink is where a link leads: to the first password, if there is none.
func afterLink(r *door.Request, o staff.Opened) string {
	if o.Session != nil && !o.Session.Account.HasPassword && !r.Demo {
		return "/account/password"
	}
	return "/"
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
