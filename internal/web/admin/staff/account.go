package staff

import (
	"net/http"
	"slices"
	"time"

	"kartotek/internal/audit"
	"kartotek/internal/db"
	"kartotek/internal/fault"
	room "kartotek/internal/staff"
	"kartotek/internal/web/admin/desk"
	"kartotek/internal/web/door"
	"kartotek/internal/web/page"
	"kartotek/internal/web/page/office"
)

// lastDay is an account's last day; zero when it is open.
func lastDay(d *desk.Desk, a *room.Account) time.Time {
	if a.Until == "" {
		return time.Time{}
	}
	from, _ := d.Day(a.Until)
	return from
}

// show is one account.
func show(d *desk.Desk) error {
	which, err := d.ID("id")
	if err != nil {
		return err
	}
	var v office.StaffAccountView
	err = d.Look(func(tx *db.Tx) error {
		a, err := room.Get(tx, which)
		if err != nil {
			return err
		}
		v, err = view(d, tx, a)
		return err
	})
	if err != nil {
		return err
	}
	if err := d.Seen(audit.Entry{Action: "staff.read", Kind: "account", Object: which.String()}); err != nil {
		return err
	}
	v.Frame = d.Frame(v.Name, "staff")
	return d.Render(http.StatusOK, office.StaffAccount(v))
}

func view(d *desk.Desk, tx *db.Tx, a *room.Account) (v office.StaffAccountView, err error) {
	seen, err := lastSeen(d, tx, a.ID)
	if err != nil {
		return v, err
	}
	sessions, err := d.Staff.Sessions(tx, a.ID)
	if err != nil {
		return v, err
	}
	s := d.Staff.StateOf(tx, a, seen != 0)
	v = office.StaffAccountView{Action: path(a.ID), Name: a.Name, Email: a.Email, Belongs: belongs(d, a), State: state(d, s), Since: a.CreatedAt,
		Seen: desk.Time(seen), Second: a.Second, Sessions: len(sessions), Own: a.ID == d.Actor.Who(), Disabled: s == room.StateDisabled,
		MayLink: (s == room.StateActive || s == room.StateInvited) && d.Facts.MayGive(holder(d), a.Levels) == ""}
	v.Until = page.Field{ID: "until", Label: d.T("accounts.until"), Hint: d.T("accounts.until_hint"), Type: "date", Value: a.Until}
	v.Levels = choices(d, nil, a.Levels)
	v.Last, err = d.Staff.Alone(tx, a.ID, can(d))
	return v, err
}

// act is a change of an account; it gives the message for the next page.
type act func(d *desk.Desk, tx *db.Tx, a *room.Account, f door.Fields) (said string, err error)

// change answers a form about somebody else's account.
func change(do act) desk.Handler {
	return func(d *desk.Desk) error {
		which, err := d.ID("id")
		if err != nil {
			return err
		}
		if err := room.NotOwn(d.Actor.Who(), which); err != nil {
			return refused(d, which.String(), fault.KeyOf(err))
		}
		f, err := d.Form(64 << 10)
		if err != nil {
			return err
		}
		said := ""
		err = d.Act(func(tx *db.Tx) error {
			a, err := room.Get(tx, which)
			if err == nil {
				said, err = do(d, tx, a, f)
			}
			return err
		})
		if fault.KeyOf(err) == "levels.publish" {
			return refused(d, which.String(), "levels.publish")
		}
		if err != nil {
			return d.Back(path(which), err)
		}
		return d.Done(path(which), said)
	}
}

func setLevels(d *desk.Desk, tx *db.Tx, a *room.Account, f door.Fields) (string, error) {
	asked, err := chosen(d, f)
	if err != nil {
		return "", err
	}
	h := holder(d)
	more := slices.DeleteFunc(slices.Clone(asked), func(name string) bool { return slices.Contains(a.Levels, name) })
	if key := d.Facts.MayGive(h, more); key != "" {
		return "", fault.New(fault.Denied, key, "nobody gives rights beyond their own").In("level")
	}
	now := levelsGiven(d.Facts, h, a.Levels, asked)
	if err := d.Staff.KeepOne(tx, a.ID, now, can(d)); err != nil {
		return "", err
	}
	return d.T("accounts.levels_saved", "name", a.Name), d.Staff.SetLevels(tx, a.ID, now)
}

func setUntil(d *desk.Desk, tx *db.Tx, a *room.Account, f door.Fields) (string, error) {
	return d.T("accounts.until_saved", "name", a.Name), d.Staff.SetUntil(tx, a.ID, f.Get("until"))
}

func disable(d *desk.Desk, tx *db.Tx, a *room.Account, _ door.Fields) (string, error) {
	if err := d.Staff.KeepOne(tx, a.ID, nil, can(d)); err != nil {
		return "", err
	}
	return d.T("accounts.disabled", "name", a.Name), d.Staff.Disable(tx, a.ID)
}

// enable opens an account again. Whoever could not have given its levels does not
// bring them back either.
func enable(d *desk.Desk, tx *db.Tx, a *room.Account, _ door.Fields) (string, error) {
	if key := d.Facts.MayGive(holder(d), a.Levels); key != "" {
		return "", fault.New(fault.Denied, key, "nobody gives rights beyond their own").In("level")
	}
	return d.T("accounts.enabled", "name", a.Name), d.Staff.Enable(tx, a.ID)
}

func endSessions(d *desk.Desk, tx *db.Tx, a *room.Account, _ door.Fields) (string, error) {
	return d.T("accounts.sessions_ended", "name", a.Name), d.Staff.RevokeAll(tx, a.ID, 0)
}

// newLink makes a link that signs in once as somebody else, which is as much as
// giving their levels: it takes the same right, and is logged. Where a second factor
// is set, the link alone opens nothing.
func newLink(d *desk.Desk) error {
	which, err := d.ID("id")
	if err != nil {
		return err
	}
	if err := room.NotOwn(d.Actor.Who(), which); err != nil {
		return refused(d, which.String(), fault.KeyOf(err))
	}
	var a *room.Account
	var token string
	kind := room.SignInLink
	err = d.Act(func(tx *db.Tx) (err error) {
		if a, err = room.Get(tx, which); err != nil {
			return err
		}
		if key := d.Facts.MayGive(holder(d), a.Levels); key != "" {
			return fault.New(fault.Denied, key, "nobody gives rights beyond their own").In("level")
		}
		if !a.HasPassword {
			kind = room.InviteLink
		}
		token, err = d.Staff.Link(tx, which, kind)
		return err
	})
	if fault.KeyOf(err) == "levels.publish" {
		return refused(d, which.String(), "levels.publish")
	}
	if err != nil {
		return d.Back(path(which), err)
	}
	return handOver(d, a, token, kind)
}
