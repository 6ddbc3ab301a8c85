package account

import (
	"net/http"
	"slices"
	"strings"
	"time"

	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/id"
	"kartotek/internal/noticedef"
	"kartotek/internal/staff"
	"kartotek/internal/web/door"
	"kartotek/internal/web/page"
)

func account(r *door.Request) error { return show(r, http.StatusOK, "") }

func show(r *door.Request, status int, problem string) error {
	me := r.Actor.Account
	v := page.AccountView{Frame: r.Frame(r.T("account.tab"), "account"), Email: me.Email, Since: me.CreatedAt, May: may(r), Error: problem}
	v.Until, _ = time.Parse(time.DateOnly, me.Until) // "" is open
	err := r.View("", func(tx *db.Tx) error {
		all, err := r.Staff.Sessions(tx, me.ID)
		for _, s := range all {
			v.Sessions = append(v.Sessions, page.Session{ID: s.ID.String(), Device: s.Device, Started: s.CreatedAt, Seen: s.SeenAt, Present: s.ID == r.Actor.Signed.ID})
		}
		return err
	})
	if err != nil {
		return err
	}
	return r.Render(status, page.Account(v))
}

// may tells what the levels allow: the categories one sees, those one changes,
// and the acts.
func may(r *door.Request) (out []string) {
	if r.InForce == nil {
		return nil
	}
	lang := r.Printer.Lang()
	var see, edit, acts []string
	for _, c := range r.InForce.Notice.Categories {
		title := strings.ToLower(c.Title.In(lang))
		if r.Actor.May("", c.ID, "edit") {
			edit = append(edit, title)
		} else if r.Actor.May("", c.ID, "see") {
			see = append(see, title)
		}
	}
	for _, act := range noticedef.Acts {
		if r.Actor.Can(act) {
			acts = append(acts, r.T("may_act."+act))
		}
	}
	for key, list := range map[string][]string{"sign.may_see": see, "sign.may_edit": edit, "sign.may_do": acts} {
		if len(list) > 0 {
			out = append(out, r.T(key, "what", strings.Join(list, ", ")))
		}
	}
	slices.Sort(out)
	return out
}

func firstPassword(r *door.Request) error {
	if r.Actor.Account.HasPassword {
		return r.Redirect("/account")
	}
	return r.Render(http.StatusOK, page.FirstPassword(page.FirstPasswordView{P: r.Printer, Name: r.Actor.Name()}))
}

// setPassword sets the first password, or changes it with the present one.
func setPassword(r *door.Request) error {
	form, err := r.Form(0)
	if err != nil {
		return err
	}
	first := !r.Actor.Account.HasPassword
	c := staff.PasswordChange{Session: r.Actor.Signed, Current: form.Get("current"), New: form.Get("password"), Source: r.Client.String()}
	err = fault.New(fault.Invalid, "sign.two_differ", "the two passwords differ").In("again")
	if form.Get("again") == c.New {
		err = r.Staff.SetPassword(r.Context(), r.DB, r.By(""), c)
	}
	switch code := fault.CodeOf(err); {
	case err == nil:
		r.Flash(page.Flash{Tone: page.Yes, Text: r.T("sign.password_saved")})
		if first {
			return r.Redirect("/")
		}
		return r.Redirect("/account")
	case code != fault.Invalid && code != fault.SignIn && code != fault.TooMany:
		return err
	}
	problem := r.Printer.Or("error."+fault.KeyOf(err), r.T("sign.two_differ"))
	if first {
		return r.Render(http.StatusUnprocessableEntity, page.FirstPassword(page.FirstPasswordView{P: r.Printer, Name: r.Actor.Name(), Error: problem}))
	}
	return show(r, http.StatusUnprocessableEntity, problem)
}

// revoke signs one of one's own devices out.
func revoke(r *door.Request) error {
	form, err := r.Form(0)
	if err != nil {
		return err
	}
	session, err := id.Parse(form.Get("session"))
	if err != nil {
		return fault.New(fault.NotFound, "staff.session_gone", "this session has ended already")
	}
	err = r.Do("", func(tx *db.Tx) error { return r.Staff.Revoke(tx, r.Actor.Who(), session) })
	if err != nil {
		return err
	}
	r.Flash(page.Flash{Tone: page.Yes, Text: r.T("sign.revoked")})
	return r.Redirect("/account")
}

// revokeOthers signs all of one's devices out but this one.
func revokeOthers(r *door.Request) error {
	err := r.Do("", func(tx *db.Tx) error { return r.Staff.RevokeAll(tx, r.Actor.Who(), r.Actor.Signed.ID) })
	if err != nil {
		return err
	}
	r.Flash(page.Flash{Tone: page.Yes, Text: r.T("sign.revoked_all")})
	return r.Redirect("/account")
}
