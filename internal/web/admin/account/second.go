package account

import (
	"encoding/json"
	"net/http"

	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/id"
	"kartotek/internal/staff"
	"kartotek/internal/staff/factor"
	"kartotek/internal/web/door"
	"kartotek/internal/web/page/office"
)

// asked answers a script with a challenge.
func asked(r *door.Request, c factor.Ceremony, err error) error {
	if err != nil {
		return err
	}
	b, err := json.Marshal(map[string]any{"ceremony": c.ID, "options": json.RawMessage(c.Options)})
	if err != nil {
		return err
	}
	r.W.Header().Set("Content-Type", "application/json")
	_, err = r.W.Write(b)
	return err
}

func beginSignIn(r *door.Request) error {
	c, err := factors(r).BeginSignIn(r.Context(), r.DB)
	return asked(r, c, err)
}

// passkeySignIn signs in with a passkey alone. It works while passwords have to
// wait, so that a stranger's guesses keep nobody out.
func passkeySignIn(r *door.Request) error {
	form, err := fields(r)
	if err != nil {
		return err
	}
	next := door.Local(form.Get("next"))
	o, err := factors(r).SignIn(r.Context(), r.DB, form.Get("ceremony"), form.Get("answer"), r.UserAgent())
	if fault.Is(err, fault.SignIn) {
		return signInAgain(r, err, "", next)
	}
	if err != nil {
		return err
	}
	return enter(r, o, next)
}

func secondPage(r *door.Request) error {
	if r.Actor != nil {
		return r.Redirect(r.URL.Query().Get("next"))
	}
	return askSecond(r, nil, r.URL.Query().Get("next"))
}

// askSecond shows the ways the account has. Whoever is not between two steps is
// sent to the first.
func askSecond(r *door.Request, wrong error, next string) error {
	v := office.SecondStepView{P: r.Printer, Next: door.Local(next)}
	err := r.View("", func(tx *db.Tx) error {
		h, err := r.Staff.HalfOf(tx, r.CookieValue(halfCookie))
		if err != nil {
			return err
		}
		v.Code, v.Passkey, v.Codes, err = ways(r, tx, h.Account.ID)
		return err
	})
	if fault.Is(err, fault.SignIn) {
		return r.Redirect("/sign-in")
	}
	if err != nil {
		return err
	}
	if wrong == nil {
		return r.Render(http.StatusOK, office.SecondStep(v))
	}
	v.Error = r.T("error." + fault.KeyOf(wrong))
	return r.Render(status(wrong), office.SecondStep(v))
}

// ways are the second factors an account can show here.
func ways(r *door.Request, tx *db.Tx, account id.ID) (code, passkey, codes bool, err error) {
	all, err := factor.List(tx, account)
	if err != nil {
		return
	}
	for _, f := range all {
		code = code || f.Kind == factor.TOTP
		passkey = passkey || f.Kind == factor.Passkey && factors(r).Ready()
	}
	left, err := factor.Left(tx, account)
	return code, passkey, left > 0, err
}

func beginSecond(r *door.Request) error {
	c, err := factors(r).BeginFinish(r.Context(), r.DB, r.CookieValue(halfCookie))
	return asked(r, c, err)
}

// second takes the second step.
func second(r *door.Request) error {
	form, err := fields(r)
	if err != nil {
		return err
	}
	half, f := r.CookieValue(halfCookie), factors(r)
	var o staff.Opened
	if form.Get("answer") != "" {
		o, err = f.FinishPasskey(r.Context(), r.DB, half, form.Get("ceremony"), form.Get("answer"))
	} else {
		o, err = f.FinishCode(r.Context(), r.DB, half, form.Get("code"), r.Source())
	}
	next := door.Local(form.Get("next"))
	switch {
	case fault.KeyOf(err) == "staff.half_over":
		return signInAgain(r, err, "", next)
	case fault.Is(err, fault.SignIn), fault.Is(err, fault.TooMany):
		return askSecond(r, err, next)
	case err != nil:
		return err
	}
	if !o.Session.Account.HasPassword && o.Session.Via == staff.ViaLink {
		next = "/account/password"
	}
	return enter(r, o, next)
}
