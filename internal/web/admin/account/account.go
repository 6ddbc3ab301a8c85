package account

import (
	"cmp"
	"net/http"
	"slices"
	"strings"
	"time"

	"kartotek/internal/audit"
	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/id"
	"kartotek/internal/noticedef"
	"kartotek/internal/staff"
	"kartotek/internal/staff/factor"
	"kartotek/internal/web/door"
	"kartotek/internal/web/page"
	"kartotek/internal/web/page/office"
)

func account(r *door.Request) error { return show(r, http.StatusOK, "") }

func show(r *door.Request, status int, problem string) error {
	me := r.Actor.Account
	v := office.AccountView{Frame: r.Frame(r.T("account.tab"), "account"), Email: me.Email, Since: me.CreatedAt, May: may(r), Error: problem,
		Passkeys: factors(r).Ready(), HasWord: me.HasPassword, Least: least(me)}
	v.Until, _ = time.Parse(time.DateOnly, me.Until) // "" is open
	for _, l := range r.Actor.Levels() {
		v.Levels = append(v.Levels, cmp.Or(l.Title.In(r.Printer.Lang()), l.Name))
	}
	err := r.View("", func(tx *db.Tx) error {
		for _, fill := range []func(*door.Request, *db.Tx, *office.AccountView) error{fillSessions, fillFactors, fillSignIns} {
			if err := fill(r, tx, &v); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		return err
	}
	return r.Render(status, office.Account(v))
}

func fillSessions(r *door.Request, tx *db.Tx, v *office.AccountView) error {
	all, err := r.Staff.Sessions(tx, r.Actor.Who())
	for _, s := range all {
		v.Sessions = append(v.Sessions, office.Session{ID: s.ID.String(), Device: s.Device, Name: s.Name, How: how(r, s.Via, s.Second),
			Started: s.CreatedAt, Seen: s.SeenAt, Present: s.ID == r.Actor.Signed.ID})
	}
	return err
}

func fillFactors(r *door.Request, tx *db.Tx, v *office.AccountView) error {
	all, err := factor.List(tx, r.Actor.Who())
	if err != nil {
		return err
	}
	for _, f := range all {
		v.Factors = append(v.Factors, office.Factor{ID: f.ID.String(), Kind: r.T("factor.kind_" + f.Kind), Name: f.Name, Added: f.CreatedAt, Used: f.UsedAt})
	}
	v.Codes, err = factor.Left(tx, r.Actor.Who())
	return err
}

// fillSignIns lists the last sign-ins, so that a strange one is seen.
func fillSignIns(r *door.Request, tx *db.Tx, v *office.AccountView) error {
	all, err := audit.Read(tx, audit.Filter{By: r.Actor.Who(), Action: "staff.sign_in", Limit: 10})
	for _, e := range all {
		v.SignIns = append(v.SignIns, office.SignedIn{At: e.At, Device: e.By.Device, How: how(r, e.Detail["via"], e.Detail["second"])})
	}
	return err
}

// how says by which steps somebody signed in.
func how(r *door.Request, via, second string) string {
	out := r.Printer.Or("device.via_"+via, via)
	if second != "" && second != via {
		out += " + " + r.Printer.Or("device.second_"+second, second)
	}
	return out
}

// least is how long an account's password must be.
func least(a *staff.Account) int {
	if a.Second {
		return staff.MinBeside
	}
	return staff.MinPassword
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
	return askPassword(r, http.StatusOK, "")
}

func askPassword(r *door.Request, status int, problem string) error {
	me := r.Actor.Account
	return r.Render(status, office.FirstPassword(office.FirstPasswordView{P: r.Printer, Name: me.Name, Email: me.Email, Least: least(me), Error: problem}))
}

// setPassword sets the first password, or changes it with the present one. The
// session goes on under another key.
func setPassword(r *door.Request) error {
	form, err := fields(r)
	if err != nil {
		return err
	}
	first := !r.Actor.Account.HasPassword
	c := staff.PasswordChange{Session: r.Actor.Signed, Current: form.Get("current"), New: form.Get("password"), Source: r.Source()}
	err = fault.New(fault.Invalid, "sign.two_differ", "the two passwords differ").In("again")
	if form.Get("again") == c.New {
		err = r.Staff.SetPassword(r.Context(), r.DB, r.By(""), c)
	}
	switch code := fault.CodeOf(err); {
	case err == nil:
		return passwordSaved(r, first)
	case code != fault.Invalid && code != fault.SignIn && code != fault.TooMany:
		return err
	}
	problem := r.Printer.Or("error."+fault.KeyOf(err), r.T("sign.two_differ"))
	if first {
		return askPassword(r, http.StatusUnprocessableEntity, problem)
	}
	return show(r, http.StatusUnprocessableEntity, problem)
}

func passwordSaved(r *door.Request, first bool) error {
	if err := renew(r); err != nil {
		return err
	}
	r.Flash(page.Flash{Tone: page.Yes, Text: r.T("sign.password_saved")})
	if first && !r.Actor.Account.Second {
		return r.Redirect("/account/protect")
	}
	return r.Redirect("/account")
}

// revoke signs one of one's own devices out.
func revoke(r *door.Request) error {
	form, err := fields(r)
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
