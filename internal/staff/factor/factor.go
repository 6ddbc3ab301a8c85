// Package factor keeps the second factors of staff accounts: what somebody has,
// beside the password they know. law: GDPR 32(1)(b)
//
//   - totp.go, qr.go: authenticator apps (RFC 6238): a secret shared once, and a code
//     of six digits that is good for half a minute, once.
//   - passkey.go, ceremony.go: passkeys (WebAuthn): a key that never leaves its device
//     and signs a challenge of ours, for our address only. It cannot be told to
//     somebody else on the telephone or typed into a false page. One that asks its
//     owner for a finger or a PIN is both steps in one and signs in by itself.
//   - recovery.go: ten codes on paper for the day the telephone is lost.
//   - step.go: what is done with a factor that was shown: finishing a sign-in whose
//     first step is done, or confirming in the midst of a session.
//
// # What is stored
//
// An app's secret has to be known to check a code, and is kept sealed with a key
// outside the database. Of a passkey only the public half is known; it is sealed
// too, so that a changed database does not let in another key. A recovery code is
// kept as a keyed hash: with 125 random bits there is nothing to guess, so the slow
// hash that passwords need would protect nothing more (OWASP ASVS 6.5.2).
//
// Adding or taking away a factor ends the account's other sessions and is logged.
// Whether an account has a factor at all is kept with the account (staff.SetSecond).
//
// Types: Room, Factor. Tables (in the schema of package staff): staff_factors,
// staff_recovery, staff_ceremonies.
package factor

import (
	"time"

	"kartotek/internal/audit"
	"kartotek/internal/clock"
	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/id"
	"kartotek/internal/seal"
	"kartotek/internal/staff"
)

// The kinds of factors.
const (
	TOTP    = staff.ByTOTP
	Passkey = staff.ByPasskey
)

// most is how many factors an account may have.
const most = 20

// Room works with the factors of all accounts. It holds nothing open: make one
// wherever it is needed.
type Room struct {
	Keys    *seal.Keys
	Staff   *staff.Room
	BaseURL string // the configured public address: passkeys are bound to its host, never to what a request says
	Issuer  string // what an authenticator app calls us; "Kartotek" when empty
}

// Factor is one factor as its owner sees it.
type Factor struct {
	ID        id.ID
	Kind      string // TOTP or Passkey
	Name      string // the owner's name for it; may be empty
	CreatedAt time.Time
	UsedAt    time.Time // zero when never

	handle string // of a passkey: its credential's id; of an app: its own id, for handles are unique
	sealed []byte
	step   int64 // the last time step whose code was used; of a passkey its count of signatures
}

const cols = `id, kind, name, handle, sealed, step, created_at, used_at`

var (
	insertFactor = db.SQL(db.Reference, `INSERT INTO staff_factors (id, account, kind, name, handle, sealed, step, created_at, used_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, 0) ON CONFLICT DO NOTHING`)
	factorsOf    = db.SQL(db.Reference, `SELECT `+cols+` FROM staff_factors WHERE account = $1 ORDER BY id`)
	useFactor    = db.SQL(db.Reference, `UPDATE staff_factors SET sealed = $3, step = $4, used_at = $5 WHERE id = $1 AND step <= $2`)
	renameFactor = db.SQL(db.Reference, `UPDATE staff_factors SET name = $3 WHERE account = $1 AND id = $2`)
	removeFactor = db.SQL(db.Reference, `DELETE FROM staff_factors WHERE account = $1 AND id = $2`)
	removeAll    = db.SQL(db.Reference, `DELETE FROM staff_factors WHERE account = $1`)
)

// List gives the factors of an account, the oldest first.
func List(tx *db.Tx, account id.ID) (out []*Factor, err error) {
	err = tx.Each(factorsOf, func(scan db.Scan) error {
		var f Factor
		var created, used int64
		err := scan(&f.ID, &f.Kind, &f.Name, &f.handle, &f.sealed, &f.step, &created, &used)
		f.CreatedAt, f.UsedAt = clock.FromMs(created), clock.FromMs(used)
		out = append(out, &f)
		return err
	}, account)
	return out, err
}

// add stores a factor of the account of a session, ends the account's other
// sessions, and makes the first recovery codes. They are given to be shown once.
func (r *Room) add(tx *db.Tx, s *staff.Session, f *Factor) (codes []string, err error) {
	account := s.Account.ID
	if f.Name, err = staff.CheckName(f.Name); err != nil {
		return nil, err
	}
	have, err := List(tx, account)
	if err != nil {
		return nil, err
	}
	if len(have) >= most {
		return nil, fault.New(fault.Conflict, "factor.too_many", "an account has at most %d second factors; remove one first", most)
	}
	n, err := tx.Exec(insertFactor, f.ID, account, f.Kind, f.Name, f.handle, f.sealed, f.step, tx.Now())
	if err == nil && n == 0 {
		err = fault.New(fault.Conflict, "factor.known", "this passkey is in use already")
	}
	if err == nil {
		err = r.changed(tx, account, s.ID, "staff.factor_add", f.Kind)
	}
	if err != nil {
		return nil, err
	}
	if left, err := Left(tx, account); err != nil || left > 0 {
		return nil, err
	}
	return r.makeCodes(tx, account)
}

// changed makes what hangs on an account's factors follow them.
func (r *Room) changed(tx *db.Tx, account, except id.ID, action, kind string) error {
	left, err := List(tx, account)
	if err == nil {
		err = staff.SetSecond(tx, account, len(left) > 0)
	}
	if err == nil && len(left) == 0 {
		_, err = tx.Exec(endCodes, account)
	}
	if err == nil {
		err = r.Staff.EndOthers(tx, account, except)
	}
	if err != nil {
		return err
	}
	return log(tx, action, account, audit.OK, map[string]string{"kind": kind})
}

func log(tx *db.Tx, action string, account id.ID, outcome string, detail map[string]string) error {
	return audit.Write(tx, audit.Entry{Action: action, Kind: "account", Object: account.String(), Outcome: outcome, Detail: detail})
}

// Remove takes a factor away and ends the account's other sessions. The last one
// cannot go while the password would be too weak without it.
func (r *Room) Remove(tx *db.Tx, s *staff.Session, factor id.ID) error {
	a, err := staff.Get(tx, s.Account.ID)
	if err != nil {
		return err
	}
	have, err := List(tx, a.ID)
	if err != nil {
		return err
	}
	kind := ""
	for _, f := range have {
		if f.ID == factor {
			kind = f.Kind
		}
	}
	switch {
	case kind == "":
		return errGone()
	case len(have) == 1 && (a.ShortWord || !a.HasPassword):
		return fault.New(fault.Conflict, "factor.last", "without a second factor the password needs %d characters; change the password first", staff.MinPassword)
	}
	if _, err := tx.Exec(removeFactor, a.ID, factor); err != nil {
		return err
	}
	return r.changed(tx, a.ID, s.ID, "staff.factor_remove", kind)
}

// RemoveAll takes all factors and codes of an account away and ends its sessions:
// for the operator, when somebody has lost everything. Give them a new password's
// link too (staff.Reset), because the old one may be short.
func (r *Room) RemoveAll(tx *db.Tx, account id.ID) error {
	if _, err := tx.Exec(removeAll, account); err != nil {
		return err
	}
	return r.changed(tx, account, 0, "staff.factor_remove", "all")
}

// Rename gives a factor of an account another name.
func (r *Room) Rename(tx *db.Tx, account, factor id.ID, name string) error {
	name, err := staff.CheckName(name)
	if err != nil {
		return err
	}
	n, err := tx.Exec(renameFactor, account, factor, name)
	if err == nil && n == 0 {
		err = errGone()
	}
	return err
}

func errGone() error {
	return fault.New(fault.NotFound, "factor.gone", "this second factor has been removed already")
}
