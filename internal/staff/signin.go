package staff

import (
	"context"

	"kartotek/internal/audit"
	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/id"
)

// Credentials are what a sign-in form carries.
type Credentials struct {
	Email     string
	Password  string
	Source    string // where it comes from: the peer's address, without a port
	UserAgent string
}

// errWrong is the one answer to every sign-in that fails.
func errWrong() error {
	return fault.New(fault.SignIn, "staff.wrong", "the address or the password is wrong")
}

// SignIn begins a session, or the half of one (Begin). Each try is counted before its password is looked at,
// so that tries made at the same time are all counted.
func (r *Room) SignIn(ctx context.Context, d *db.DB, c Credentials) (o Opened, err error) {
	proven, err := r.prove(ctx, d, c.Email, c.Password, c.Source)
	if err != nil {
		return Opened{}, err
	}
	err = d.Do(ctx, byAccount(proven, c.UserAgent), func(tx *db.Tx) error {
		a, err := Get(tx, proven.ID)
		if err != nil {
			return err
		}
		if !a.Active(tx.Time()) || a.password != proven.password { // changed while the password was checked
			return errWrong()
		}
		o, err = r.Begin(tx, a, Entry{Via: ViaPassword, UserAgent: c.UserAgent})
		return err
	})
	return o, err
}

func byAccount(a *Account, userAgent string) db.By {
	return db.By{Kind: "staff", ID: a.ID, Name: a.Name, Device: DeviceLabel(userAgent)}
}

// prove finds the active account that has this address and password. Nobody's
// address takes the same steps as somebody's.
func (r *Room) prove(ctx context.Context, d *db.DB, email, password, source string) (*Account, error) {
	try := r.signInTry(email, source)
	if err := try.count(ctx, d); err != nil {
		return nil, err
	}
	var a *Account
	err := d.View(ctx, db.System("sign-in"), func(tx *db.Tx) (err error) {
		a, err = oneAccount(tx, accountByEmail, emailKey(email))
		return err
	})
	if err != nil {
		return nil, err
	}
	usable := a != nil && a.Active(d.Now())
	phc := nobody
	if usable && a.HasPassword {
		phc = a.password
	}
	right, err := matches(ctx, clip(password), phc)
	if err != nil {
		return nil, err
	}
	if !right || !usable {
		return nil, r.refuse(ctx, d, a)
	}
	return a, try.Right(ctx, d)
}

// clip keeps a giant text from being hashed; no stored password is as long.
func clip(password string) string { return password[:min(len(password), 8*MaxPassword)] }

// refuse logs a failed sign-in and gives the answer to it.
func (r *Room) refuse(ctx context.Context, d *db.DB, a *Account) error {
	e := audit.Entry{Action: "staff.sign_in", Kind: "account", Outcome: audit.Refused}
	if a != nil {
		e.Object = a.ID.String()
	}
	if err := d.Do(ctx, db.System("sign-in"), func(tx *db.Tx) error { return audit.Write(tx, e) }); err != nil {
		return err
	}
	return errWrong()
}

// PasswordChange is what SetPassword needs.
type PasswordChange struct {
	Session *Session // of the account whose password it is; nil for the operator's own machine
	Account id.ID    // when Session is nil
	Current string   // not asked for while there is none, or when the session began by a link
	New     string
	Source  string
}

// SetPassword changes a password and ends the account's other sessions; give the
// one that goes on a new key then (Rotate). A person changes only their own; the
// operator (by.Kind "cli") anybody's.
func (r *Room) SetPassword(ctx context.Context, d *db.DB, by db.By, c PasswordChange) error {
	if c.Session != nil {
		c.Account = c.Session.Account.ID
	} else if by.Kind != "cli" {
		return fault.New(fault.Denied, "staff.not_own", "only its owner can change a password")
	}
	a, err := r.changeable(ctx, d, c)
	if err != nil {
		return err
	}
	if err := checkPassword(c.New, a.Second, a.Name, a.Email); err != nil {
		return err
	}
	phc, err := hash(ctx, c.New)
	if err != nil {
		return err
	}
	return d.Do(ctx, by, func(tx *db.Tx) error {
		now, err := Get(tx, a.ID)
		if err == nil && a.Second && !now.Second { // it went while the password was checked
			err = checkPassword(c.New, false)
		}
		if err != nil {
			return err
		}
		if _, err := tx.Exec(setPassword, a.ID, phc, short(c.New)); err != nil {
			return err
		}
		var keep id.ID
		if c.Session != nil {
			keep = c.Session.ID
		}
		if err := r.endAll(tx, a.ID, keep); err != nil {
			return err
		}
		return log(tx, "staff.password", a.ID, nil)
	})
}

// changeable reads the account and, where that is due, proves the current password.
func (r *Room) changeable(ctx context.Context, d *db.DB, c PasswordChange) (a *Account, err error) {
	err = d.View(ctx, db.System("password"), func(tx *db.Tx) error { a, err = Get(tx, c.Account); return err })
	if err != nil || c.Session == nil || !a.HasPassword {
		return a, err
	}
	if c.Session.Via == ViaLink && d.Now().Sub(c.Session.CreatedAt) < Idle {
		return a, nil
	}
	_, err = r.prove(ctx, d, a.Email, c.Current, c.Source)
	return a, err
}
