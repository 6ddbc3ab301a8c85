package account

import (
	"net/http"

	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/staff"
	"kartotek/internal/web/door"
	"kartotek/internal/web/page/office"
)

func confirmPage(r *door.Request) error {
	q := r.URL.Query()
	return askConfirm(r, nil, q.Get("next"), q.Get("need") == door.Second)
}

// askConfirm shows the ways to prove it is still oneself. Where an account has a
// second factor, that is asked for even when the password would do: it is as quick,
// and a password may have been watched.
func askConfirm(r *door.Request, wrong error, next string, second bool) error {
	me := r.Actor.Account
	v := office.ConfirmView{Frame: r.Frame(r.T("confirm.title"), ""), Next: door.Local(next), Second: second, Enrol: second && !me.Second}
	err := r.View("", func(tx *db.Tx) error {
		code, passkey, codes, err := ways(r, tx, me.ID)
		v.Code, v.Passkey = code || codes, passkey
		return err
	})
	if err != nil {
		return err
	}
	v.Password = !second && me.HasPassword
	if wrong == nil {
		return r.Render(http.StatusOK, office.Confirm(v))
	}
	v.Error = r.T("error." + fault.KeyOf(wrong))
	return r.Render(http.StatusUnprocessableEntity, office.Confirm(v))
}

func beginConfirm(r *door.Request) error {
	c, err := factors(r).BeginShow(r.Context(), r.DB, r.Actor.Who())
	return asked(r, c, err)
}

// confirm takes the proof and goes back to what it was asked for. The session goes
// on under another key.
func confirm(r *door.Request) error {
	form, err := fields(r)
	if err != nil {
		return err
	}
	o, err := proof(r, form)
	if fault.Is(err, fault.SignIn) || fault.Is(err, fault.TooMany) {
		return askConfirm(r, err, form.Get("next"), form.Get("need") == door.Second)
	}
	if err != nil {
		return err
	}
	keep(r, o)
	return r.Redirect(form.Get("next"))
}

func proof(r *door.Request, form door.Fields) (staff.Opened, error) {
	token, f := r.CookieValue(door.SessionCookie), factors(r)
	switch {
	case form.Get("answer") != "":
		return f.ConfirmPasskey(r.Context(), r.DB, r.By(""), r.Actor.Signed, token, form.Get("ceremony"), form.Get("answer"))
	case form.Get("code") != "":
		return f.ConfirmCode(r.Context(), r.DB, r.By(""), r.Actor.Signed, token, form.Get("code"), r.Source())
	}
	return r.Staff.Confirm(r.Context(), r.DB, token, form.Get("password"), r.Source())
}
