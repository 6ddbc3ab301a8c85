package account

import (
	"encoding/base64"
	"net/http"
	"strings"

	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/id"
	"kartotek/internal/staff"
	"kartotek/internal/staff/factor"
	"kartotek/internal/web/door"
	"kartotek/internal/web/page"
	"kartotek/internal/web/page/office"
)

// protect offers a second factor to somebody who has none.
func protect(r *door.Request) error {
	if r.Actor.Account.Second {
		return r.Redirect("/account")
	}
	return r.Render(http.StatusOK, office.Offer(office.OfferView{P: r.Printer, Passkeys: factors(r).Ready(), Needed: r.URL.Query().Get("needed") != ""}))
}

// appPage makes a secret. It is stored nowhere until a code has come back.
func appPage(r *door.Request) error {
	return showApp(r, factors(r).NewTOTP(r.Actor.Signed, r.DB.Now()), http.StatusOK, "", "")
}

func showApp(r *door.Request, o factor.Offer, status int, name, problem string) error {
	code, err := factor.Draw(o.URL)
	if err != nil {
		return err
	}
	v := office.AppView{Frame: r.Frame(r.T("factor.add_app"), "account"), Size: code.Size, Path: code.Path, URL: o.URL, Secret: fours(o.Secret), Sealed: o.Sealed, Name: name, Error: problem}
	return r.Render(status, office.App(v))
}

// fours writes a secret in groups of four, as it is easiest to type.
func fours(s string) string {
	var out []string
	for ; len(s) > 4; s = s[4:] {
		out = append(out, s[:4])
	}
	return strings.Join(append(out, s), " ")
}

func addApp(r *door.Request) error {
	form, err := fields(r)
	if err != nil {
		return err
	}
	f, code := factors(r), strings.Join(strings.Fields(form.Get("code")), "")
	codes, err := f.AddTOTP(r.Context(), r.DB, r.By(""), r.Actor.Signed, form.Get("sealed"), code, form.Get("name"))
	if fault.Is(err, fault.Invalid) {
		o, old := f.Offered(r.Actor.Signed, form.Get("sealed"), r.DB.Now())
		if old != nil {
			return old
		}
		return showApp(r, o, http.StatusUnprocessableEntity, form.Get("name"), r.T("error."+fault.KeyOf(err)))
	}
	if err != nil {
		return err
	}
	return added(r, factor.TOTP, codes)
}

func passkeyPage(r *door.Request) error { return showPasskey(r, http.StatusOK, "") }

func showPasskey(r *door.Request, status int, problem string) error {
	return r.Render(status, office.AddPasskey(office.PasskeyView{Frame: r.Frame(r.T("factor.add_passkey"), "account"), Error: problem}))
}

func beginAdd(r *door.Request) error {
	c, err := factors(r).BeginAdd(r.Context(), r.DB, r.Actor.Who())
	return asked(r, c, err)
}

func addPasskey(r *door.Request) error {
	form, err := fields(r)
	if err != nil {
		return err
	}
	codes, err := factors(r).AddPasskey(r.Context(), r.DB, r.By(""), r.Actor.Signed, form.Get("ceremony"), form.Get("answer"), form.Get("name"))
	if fault.Is(err, fault.Invalid) || fault.Is(err, fault.Conflict) || fault.Is(err, fault.SignIn) {
		return showPasskey(r, http.StatusUnprocessableEntity, r.T("error."+fault.KeyOf(err)))
	}
	if err != nil {
		return err
	}
	return added(r, factor.Passkey, codes)
}

// added goes on after a factor was added, over the recovery codes if it was the
// first. The factor has just shown itself, so the session goes on as proven by it.
func added(r *door.Request, kind string, codes []string) error {
	var o staff.Opened
	err := r.Do("", func(tx *db.Tx) (err error) {
		o, err = r.Staff.Strengthen(tx, r.CookieValue(door.SessionCookie), kind)
		return err
	})
	if err != nil {
		return err
	}
	keep(r, o)
	if len(codes) > 0 {
		return showCodes(r, codes)
	}
	r.Flash(page.Flash{Tone: page.Yes, Text: r.T("factor.was_added")})
	return r.Redirect("/account")
}

func showCodes(r *door.Request, codes []string) error {
	return r.Render(http.StatusOK, office.NewCodes(office.CodesView{Frame: r.Frame(r.T("factor.codes_title"), "account"), Codes: codes}))
}

// newCodes makes new recovery codes and ends the old.
func newCodes(r *door.Request) error {
	if !r.Actor.Account.Second {
		return r.Redirect("/account/protect")
	}
	var codes []string
	err := r.Do("", func(tx *db.Tx) (err error) { codes, err = factors(r).NewCodes(tx, r.Actor.Signed); return err })
	if err != nil {
		return err
	}
	if err := renew(r); err != nil {
		return err
	}
	return showCodes(r, codes)
}

// theFactor reads a form with the number of a factor.
func theFactor(r *door.Request) (door.Fields, id.ID, error) {
	form, err := fields(r)
	if err != nil {
		return form, 0, err
	}
	which, err := id.Parse(form.Get("factor"))
	if err != nil {
		err = fault.New(fault.NotFound, "factor.gone", "this second factor has been removed already")
	}
	return form, which, err
}

func removeFactor(r *door.Request) error {
	_, which, err := theFactor(r)
	if err != nil {
		return err
	}
	err = r.Do("", func(tx *db.Tx) error { return factors(r).Remove(tx, r.Actor.Signed, which) })
	if err == nil {
		err = renew(r)
	}
	if err != nil {
		return err
	}
	r.Flash(page.Flash{Tone: page.Yes, Text: r.T("factor.was_removed")})
	return r.Redirect("/account")
}

func nameFactor(r *door.Request) error {
	form, which, err := theFactor(r)
	if err == nil {
		err = r.Do("", func(tx *db.Tx) error { return factors(r).Rename(tx, r.Actor.Who(), which, form.Get("name")) })
	}
	if err != nil {
		return err
	}
	return r.Redirect("/account")
}

// nameDevice gives this device a name of its owner's. The browser keeps it, sealed,
// so that the device has it at the next sign-in too; nothing else is kept of it.
func nameDevice(r *door.Request) error {
	form, err := fields(r)
	if err != nil {
		return err
	}
	var name string
	err = r.Do("", func(tx *db.Tx) (err error) {
		name, err = r.Staff.NameDevice(tx, r.Actor.Signed, form.Get("name"))
		return err
	})
	if err != nil {
		return err
	}
	if name == "" {
		r.SetCookie(deviceCookie, "", -1)
	} else {
		sealed := r.Keys.Seal(deviceFor(r.Actor.Signed), []byte(name))
		r.SetCookie(deviceCookie, base64.RawURLEncoding.EncodeToString(sealed), 365*24*3600)
	}
	return r.Redirect("/account")
}

func deviceFor(s *staff.Session) string { return "device of " + s.Account.ID.String() }

// deviceName is the name this browser keeps for the owner of a session; "" for
// anybody else.
func deviceName(r *door.Request, s *staff.Session) string {
	raw, err := base64.RawURLEncoding.DecodeString(r.CookieValue(deviceCookie))
	if err != nil || len(raw) == 0 {
		return ""
	}
	plain, err := r.Keys.Open(deviceFor(s), raw)
	if err != nil {
		return ""
	}
	return string(plain)
}
