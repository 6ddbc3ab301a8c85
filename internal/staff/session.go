package staff

import (
	"context"
	"strings"
	"time"
	"unicode/utf8"

	"kartotek/internal/clock"
	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/id"
	"kartotek/internal/seal"
)

// How long sessions live. law: GDPR 32(1)(b)
const (
	Idle     = 30 * time.Minute // then the session locks until the password is given again
	Absolute = 12 * time.Hour   // then it ends
	touch    = time.Minute      // how exactly the last use is recorded

	FreshFor = 10 * time.Minute // how long a proof counts as fresh, for acts that ask for one
)

// The first steps by which a session begins.
const (
	ViaPassword = "password"
	ViaLink     = "link"
	ViaPasskey  = "passkey" // which needs no other step
	ViaOIDC     = "oidc"    // the company's identity provider (package staff/oidc)
)

// The second factors by which one is strengthened.
const (
	ByTOTP     = "totp"
	ByPasskey  = "passkey"
	ByRecovery = "recovery"
	ByProvider = "provider" // the company's own sign-in says that it asked for one
)

// Session is one sign-in on one device.
type Session struct {
	ID        id.ID // names the session in lists; the token is never shown again
	Account   *Account
	Device    string // such as "Firefox on Linux"
	Name      string // what its owner calls the device; may be empty
	Via       string // how it began; ViaPassword once the password was given again
	Second    string // the second factor last shown; "" when none
	Strong    bool   // a second factor was shown
	ProvenAt  time.Time
	SecondAt  time.Time // zero when no second factor was shown
	CreatedAt time.Time
	SeenAt    time.Time
	Locked    bool // idle for too long: Unlock asks for the password
}

// Fresh reports whether its owner showed who they are within FreshFor, in any way.
func (s *Session) Fresh(now time.Time) bool { return now.Sub(s.ProvenAt) < FreshFor }

// FreshSecond reports whether a second factor was shown within FreshFor.
func (s *Session) FreshSecond(now time.Time) bool { return s.Strong && now.Sub(s.SecondAt) < FreshFor }

// Opened is a session that has just begun, with the token for the cookie: the
// only time it is seen. When the account has a second factor that was not shown
// yet, Half is true, there is no Session, and Token is the key of the half.
type Opened struct {
	Token   string
	Session *Session
	Half    bool
}

const sessionCols = `s.id, s.device, s.name, s.via, s.second, s.created_at, s.seen_at, s.proven_at, s.second_at`

var (
	insertSession = db.SQL(db.Local, `INSERT INTO staff_sessions (token, id, account, device, name, via, second, created_at, seen_at, proven_at, second_at)
		VALUES ($1, $2, $3, $4, '', $5, $6, $7, $7, $7, $8)`)
	sessionByTok = db.SQL(db.Local, `SELECT `+accountCols+`, `+sessionCols+` FROM staff_sessions s JOIN staff_accounts a ON a.id = s.account WHERE s.token = $1`)
	sessionsOf   = db.SQL(db.Local, `SELECT `+accountCols+`, `+sessionCols+` FROM staff_sessions s JOIN staff_accounts a ON a.id = s.account
		WHERE s.account = $1 AND s.created_at > $2 ORDER BY s.seen_at DESC, s.id`)
	touchSession  = db.SQL(db.Local, `UPDATE staff_sessions SET seen_at = $2 WHERE token = $1 AND seen_at < $2`)
	renameDevice  = db.SQL(db.Local, `UPDATE staff_sessions SET name = $2 WHERE id = $1`)
	endSession    = db.SQL(db.Local, `DELETE FROM staff_sessions WHERE account = $1 AND id = $2`)
	endSessions   = db.SQL(db.Local, `DELETE FROM staff_sessions WHERE account = $1 AND id <> $2`)
	sweepSessions = db.SQL(db.Local, `DELETE FROM staff_sessions WHERE created_at < $1`)
)

func scanSession(scan db.Scan, now time.Time) (*Session, error) {
	var s Session
	var created, seen, proven, second int64
	a, err := scanAccount(scan, &s.ID, &s.Device, &s.Name, &s.Via, &s.Second, &created, &seen, &proven, &second)
	s.Account, s.CreatedAt, s.SeenAt = a, clock.FromMs(created), clock.FromMs(seen)
	s.ProvenAt, s.SecondAt, s.Strong = clock.FromMs(proven), clock.FromMs(second), second != 0
	s.Locked = now.Sub(s.SeenAt) >= Idle
	return &s, err
}

// Entry is how somebody has just shown who they are.
type Entry struct {
	Via       string // the first step: ViaPassword and so on
	Second    string // a second factor shown at the same time: ByPasskey, ByProvider; "" for none
	UserAgent string
	half      string // the device, when the second step follows a half
}

// Begin opens a session, with an entry in the log. An account that has a second
// factor gets the half of one instead, unless the second factor was shown with the
// first: no first step goes round it, a one-time link as little as a password.
// The caller has proven what Entry says, and that the account is active.
func (r *Room) Begin(tx *db.Tx, a *Account, e Entry) (Opened, error) {
	if a.Second && e.Second == "" {
		return r.halve(tx, a, e)
	}
	return r.open(tx, a, e)
}

func (r *Room) open(tx *db.Tx, a *Account, e Entry) (Opened, error) {
	now := tx.Time()
	if err := r.Sweep(tx); err != nil {
		return Opened{}, err
	}
	if !r.UnderContract(a, now) {
		return Opened{}, fault.New(fault.SignIn, "staff.contract", "the contract under which this account was given has ended")
	}
	s := &Session{ID: tx.NewID(), Account: a, Device: DeviceLabel(e.UserAgent), Via: e.Via, Second: e.Second, Strong: e.Second != "", CreatedAt: now, SeenAt: now, ProvenAt: now}
	if e.half != "" {
		s.Device = e.half
	}
	if s.Strong {
		s.SecondAt = now
	}
	o := Opened{Token: seal.Token(), Session: s}
	_, err := tx.Exec(insertSession, seal.HashToken(o.Token), s.ID, a.ID, s.Device, s.Via, s.Second, tx.Now(), clock.Ms(s.SecondAt))
	if err == nil {
		err = log(tx, "staff.sign_in", a.ID, map[string]string{"via": s.Via, "second": s.Second, "session": s.ID.String(), "device": s.Device})
	}
	return o, err
}

func errNoSession() error {
	return fault.New(fault.SignIn, "staff.no_session", "sign in to go on")
}

// Session finds the session of a token, as it is this moment: an account that
// was disabled, or whose last day is over, has none. A locked session is given
// together with the fault "staff.locked", so that a page can ask for the
// password; nothing else may be done with it.
func (r *Room) Session(ctx context.Context, d *db.DB, token string) (*Session, error) {
	s, err := r.lookup(ctx, d, token)
	if err != nil {
		return nil, err
	}
	if s.Locked {
		return s, fault.New(fault.SignIn, "staff.locked", "the session was idle for %d minutes; give the password to go on", int(Idle.Minutes()))
	}
	if d.Now().Sub(s.SeenAt) >= touch {
		err = d.Do(ctx, s.by(), func(tx *db.Tx) error {
			_, err := tx.Exec(touchSession, seal.HashToken(token), tx.Now())
			return err
		})
	}
	return s, err
}

func (s *Session) by() db.By {
	return db.By{Kind: "staff", ID: s.Account.ID, Name: s.Account.Name, Device: s.Device}
}

// lookup finds a session that has not ended, locked or not.
func (r *Room) lookup(ctx context.Context, d *db.DB, token string) (s *Session, err error) {
	err = d.View(ctx, db.System("session"), func(tx *db.Tx) error {
		s, err = sessionOf(tx, token)
		return err
	})
	if err == nil && !r.UnderContract(s.Account, d.Now()) {
		return nil, errNoSession()
	}
	return s, err
}

func sessionOf(tx *db.Tx, token string) (s *Session, err error) {
	err = tx.Each(sessionByTok, func(scan db.Scan) error { s, err = scanSession(scan, tx.Time()); return err }, seal.HashToken(token))
	if err != nil {
		return nil, err
	}
	if s == nil || !s.Account.Active(tx.Time()) || tx.Time().Sub(s.CreatedAt) >= Absolute {
		return nil, errNoSession()
	}
	return s, nil
}

// Sessions lists an account's sessions, the last used first.
func (r *Room) Sessions(tx *db.Tx, account id.ID) (out []*Session, err error) {
	err = tx.Each(sessionsOf, func(scan db.Scan) error {
		s, err := scanSession(scan, tx.Time())
		out = append(out, s)
		return err
	}, account, tx.Now()-Absolute.Milliseconds())
	return out, err
}

// Revoke ends one session of an account; signing out is revoking one's own.
func (r *Room) Revoke(tx *db.Tx, account, session id.ID) error {
	n, err := tx.Exec(endSession, account, session)
	if err == nil && n == 0 {
		err = fault.New(fault.NotFound, "staff.session_gone", "this session has ended already")
	}
	if err == nil {
		err = log(tx, "staff.sign_out", account, map[string]string{"session": session.String()})
	}
	return err
}

// RevokeAll ends the sessions of an account except one; 0 excepts none.
func (r *Room) RevokeAll(tx *db.Tx, account, except id.ID) error {
	if err := r.endAll(tx, account, except); err != nil {
		return err
	}
	return log(tx, "staff.sign_out_all", account, nil)
}

// EndOthers ends an account's sessions but one, with all halves and unused links,
// after a change that logs itself, such as of its factors. law: GDPR 32(1)(b)
func (r *Room) EndOthers(tx *db.Tx, account, except id.ID) error {
	return r.endAll(tx, account, except)
}

// endAll ends sessions, halves and unused links.
func (r *Room) endAll(tx *db.Tx, account, except id.ID) error {
	if _, err := tx.Exec(endSessions, account, except); err != nil {
		return err
	}
	for _, s := range []*db.Stmt{endLinks, endHalves} {
		if _, err := tx.Exec(s, account); err != nil {
			return err
		}
	}
	return nil
}

// maxName is how long the name of a device or factor may be, in characters.
const maxName = 60

// CheckName makes the name somebody gives to a device or a factor fit to be shown.
func CheckName(name string) (string, error) {
	name = strings.TrimSpace(name)
	if utf8.RuneCountInString(name) > maxName || !utf8.ValidString(name) || strings.ContainsFunc(name, control) {
		return "", fault.New(fault.Invalid, "staff.label", "a name has at most %d characters, on one line", maxName).In("name")
	}
	return name, nil
}

// NameDevice gives the device of one's own session a name; "" takes it away.
func (r *Room) NameDevice(tx *db.Tx, s *Session, name string) (string, error) {
	name, err := CheckName(name)
	if err == nil {
		_, err = tx.Exec(renameDevice, s.ID, name)
	}
	return name, err
}

// Sweep removes what has run out: sessions, halves, links, challenges and old
// counts of wrong tries. Every sign-in does it, and nothing waits for it.
func (r *Room) Sweep(tx *db.Tx) error {
	for _, old := range []struct { // always in this order, so that two do not wait for each other
		s    *db.Stmt
		life time.Duration
	}{{sweepSessions, Absolute}, {sweepHalves, 0}, {sweepLinks, 0}, {sweepCeremonies, 0}, {sweepTries, forget}} {
		if _, err := tx.Exec(old.s, tx.Now()-old.life.Milliseconds()); err != nil {
			return err
		}
	}
	return nil
}
