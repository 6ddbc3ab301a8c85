package staff

import (
	"net/http"
	"slices"
	"strings"

	"kartotek/internal/audit"
	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/id"
	"kartotek/internal/noticedef"
	room "kartotek/internal/staff"
	"kartotek/internal/web/admin/desk"
	"kartotek/internal/web/door"
	"kartotek/internal/web/page"
	"kartotek/internal/web/page/office"
)

// list shows the accounts.
func list(d *desk.Desk) error { return accounts(d, form(d, room.NewAccount{}), nil) }

// accounts answers with the list and the form of an invitation; what was wrong with
// the form is said in it.
func accounts(d *desk.Desk, v office.StaffView, wrong error) error {
	count := 0
	err := d.Look(func(tx *db.Tx) error {
		all, err := room.List(tx)
		for _, a := range all {
			if err == nil {
				var r office.StaffRow
				r, err = row(d, tx, a)
				v.Rows = append(v.Rows, r)
			}
		}
		count = len(all)
		return err
	})
	if err != nil {
		return err
	}
	if err := d.Seen(audit.Entry{Action: "staff.list", Kind: "staff", Count: count}); err != nil {
		return err
	}
	status := http.StatusOK
	if wrong != nil {
		v.Error, status = d.Explain(wrong)+" "+d.T("desk.nothing_stored"), http.StatusUnprocessableEntity
	}
	v.Frame = d.Frame(d.T("accounts.title"), "staff")
	return d.Render(status, office.StaffList(v))
}

func row(d *desk.Desk, tx *db.Tx, a *room.Account) (office.StaffRow, error) {
	seen, err := lastSeen(d, tx, a.ID)
	r := office.StaffRow{Href: path(a.ID), Name: a.Name, Email: a.Email, Belongs: belongs(d, a), Second: a.Second, Seen: desk.Time(seen),
		Until: lastDay(d, a), State: state(d, d.Staff.StateOf(tx, a, seen != 0))}
	for _, name := range a.Levels {
		r.Levels = append(r.Levels, titleOf(d, name))
	}
	return r, err
}

func path(account id.ID) string { return "/staff/accounts/" + account.String() }

// belongs says whose people an account is of.
func belongs(d *desk.Desk, a *room.Account) string {
	if a.Affiliation != room.Processor {
		return d.T("accounts.own_staff")
	}
	if r, ok := d.Facts.Recipient(a.Processor); ok {
		return r.Name
	}
	return d.T("accounts.unlisted", "name", a.Processor)
}

var stateTone = map[room.State]page.Tone{room.StateActive: page.Yes, room.StateInvited: page.Wait, room.StateDisabled: page.No,
	room.StateEnded: page.No, room.StateContract: page.No}

func state(d *desk.Desk, s room.State) page.Chip {
	return page.Chip{Text: d.T("accounts.state_" + string(s)), Tone: stateTone[s]}
}

// form is an invitation as it stands.
func form(d *desk.Desk, n room.NewAccount) office.StaffView {
	v := office.StaffView{LevelsURL: "/staff/levels"}
	v.Name = page.Field{ID: "name", Label: d.T("accounts.name"), Value: n.Name, Required: true, Max: 200, Auto: "off"}
	v.Email = page.Field{ID: "email", Label: d.T("accounts.email"), Type: "email", Value: n.Email, Required: true, Max: 254, Auto: "off"}
	v.Until = page.Field{ID: "until", Label: d.T("accounts.until"), Hint: d.T("accounts.until_hint"), Type: "date", Value: n.Until}
	v.Belongs = page.Field{ID: "affiliation", Label: d.T("accounts.belongs"), Type: "select", Options: affiliations(d, n.Processor)}
	v.Levels = choices(d, n.Levels, nil)
	return v
}

// affiliations are the company and the processors whose contract holds.
func affiliations(d *desk.Desk, chosen string) []page.Option {
	out := []page.Option{{Value: room.Own, Text: d.T("accounts.own_staff"), On: chosen == ""}}
	for _, r := range d.Facts.Recipients {
		if d.Facts.UnderContract(r.ID, d.DB.Now()) {
			out = append(out, page.Option{Value: r.ID, Text: r.Name, On: r.ID == chosen})
		}
	}
	return out
}

// choices are the levels as checkboxes. Those the reader may not give cannot be
// chosen, nor taken away where somebody has them: whoever may not give a right
// does not decide about it.
func choices(d *desk.Desk, chosen []string, held []string) (out []office.LevelChoice) {
	h := holder(d)
	for _, l := range d.Facts.LevelList() {
		c := office.LevelChoice{Value: l.Name, Title: titleOf(d, l.Name), Job: l.Job.In(d.Lang()), On: slices.Contains(chosen, l.Name) || slices.Contains(held, l.Name)}
		if d.Facts.MayGive(h, []string{l.Name}) != "" {
			c.Why = d.T("accounts.not_yours")
		}
		out = append(out, c)
	}
	return out
}

// chosen reads the levels of a form, which must be some the notice has.
func chosen(d *desk.Desk, f door.Fields) ([]string, error) {
	for _, name := range f.Values["level"] {
		if _, ok := d.Facts.Level(name); !ok {
			return nil, fault.New(fault.Invalid, "staff.no_level", "the register notice has no such access level").In("level")
		}
	}
	return f.Values["level"], nil
}

// invite makes an account, and shows the link that is to be handed over.
func invite(d *desk.Desk) error {
	n, err := invited(d)
	if err != nil {
		return again(d, n, err)
	}
	if key := d.Facts.MayGive(holder(d), n.Levels); key != "" {
		return refused(d, "", key)
	}
	var a *room.Account
	var token string
	err = d.Act(func(tx *db.Tx) (err error) {
		if a, err = d.Staff.Create(tx, n); err == nil {
			token, err = d.Staff.Link(tx, a.ID, room.InviteLink)
		}
		return err
	})
	if err != nil {
		return again(d, n, err)
	}
	return handOver(d, a, token, room.InviteLink)
}

func again(d *desk.Desk, n room.NewAccount, err error) error {
	switch fault.CodeOf(err) {
	case fault.Invalid, fault.Conflict:
		return accounts(d, form(d, n), err)
	}
	return err
}

func invited(d *desk.Desk) (n room.NewAccount, err error) {
	f, err := d.Form(64 << 10)
	if err != nil {
		return n, err
	}
	n = room.NewAccount{Name: strings.TrimSpace(f.Get("name")), Email: strings.TrimSpace(f.Get("email")), Until: f.Get("until"), Affiliation: room.Own}
	if p := f.Get("affiliation"); p != room.Own && p != "" {
		n.Affiliation, n.Processor = room.Processor, p
		if !d.Facts.UnderContract(p, d.DB.Now()) {
			return n, fault.New(fault.Invalid, "staff.no_processor", "the notice lists no such processor with a contract that holds").In("affiliation")
		}
	}
	n.Levels, err = chosen(d, f)
	return n, err
}

// handOver answers with a one-time link. It is in no address and is kept nowhere, so
// it is shown this once.
func handOver(d *desk.Desk, a *room.Account, token string, kind room.LinkKind) error {
	life := d.Printer.N("accounts.minutes", int(room.LinkLife.Minutes()))
	if kind == room.InviteLink {
		life = d.Printer.N("accounts.hours", int(room.InviteLife.Hours()))
	}
	d.W.Header().Set("Cache-Control", "no-store")
	return d.Render(http.StatusOK, office.StaffLink(office.StaffLinkView{Frame: d.Frame(d.T("accounts.link_tab"), "staff"),
		Name: a.Name, URL: d.BaseURL + "/sign-in/link/" + token, Life: life, Back: path(a.ID)}))
}

// levelsGiven puts what a form asks for together with the levels it could not take
// away.
func levelsGiven(n *noticedef.Notice, h noticedef.Holder, had, asked []string) []string {
	out := slices.Clone(asked)
	for _, name := range had {
		if n.MayGive(h, []string{name}) != "" && !slices.Contains(out, name) {
			out = append(out, name)
		}
	}
	return out
}
