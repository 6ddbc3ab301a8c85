package staff

import (
	"context"
	"time"

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
)

// The ways a session begins.
const (
	ViaPassword = "password"
	ViaLink     = "link"
)

// Session is one sign-in on one device.
type Session struct {
	ID        id.ID // names the session in lists; the token is never shown again
	Account   *Account
	Device    string // such as "Firefox on Linux"
	Via       string
	CreatedAt time.Time
	SeenAt    time.Time
	Locked    bool // idle for too long: Unlock asks for the password
}

// Opened is a session that has just begun, with the token for the cookie: the
// only time it is seen.
type Opened struct {
	Token   string
	Session *Session
}

const sessionCols = `s.id, s.device, s.via, s.created_at, s.seen_at`

var (
	insertSession = db.SQL(db.Local, `INSERT INTO staff_sessions (token, id, account, device, via, created_at, seen_at) VALUES ($1, $2, $3, $4, $5, $6, $6)`)
	sessionByTok  = db.SQL(db.Local, `SELECT `+accountCols+`, `+sessionCols+` FROM staff_sessions s JOIN staff_accounts a ON a.id = s.account WHERE s.token = $1`)
	sessionsOf    = db.SQL(db.Local, `SELECT `+accountCols+`, `+sessionCols+` FROM staff_sessions s JOIN staff_accounts a ON a.id = s.account
		WHERE s.account = $1 AND s.created_at > $2 ORDER BY s.seen_at DESC, s.id`)
	touchSession  = db.SQL(db.Local, `UPDATE staff_sessions SET seen_at = $2 WHERE token = $1 AND seen_at < $2`)
	renewSession  = db.SQL(db.Local, `UPDATE staff_sessions SET token = $2, seen_at = $3, via = 'password' WHERE token = $1`)
	endSession    = db.SQL(db.Local, `DELETE FROM staff_sessions WHERE account = $1 AND id = $2`)
	endSessions   = db.SQL(db.Local, `DELETE FROM staff_sessions WHERE account = $1 AND id <> $2`)
	sweepSessions = db.SQL(db.Local, `DELETE FROM staff_sessions WHERE created_at < $1`)
)

func scanSession(scan db.Scan, now time.Time) (*Session, error) {
	var s Session
	var created, seen int64
	a, err := scanAccount(scan, &s.ID, &s.Device, &s.Via, &created, &seen)
	s.Account, s.CreatedAt, s.SeenAt = a, clock.FromMs(created), clock.FromMs(seen)
	s.Locked = now.Sub(s.SeenAt) >= Idle
	return &s, err
}

// open begins a session, with an entry in the log.
func (r *Room) open(tx *db.Tx, a *Account, userAgent, via string) (Opened, error) {
	o := Opened{Token: seal.Token(), Session: &Session{ID: tx.NewID(), Account: a, Device: DeviceLabel(userAgent), Via: via, CreatedAt: tx.Time(), SeenAt: tx.Time()}}
	_, err := tx.Exec(insertSession, seal.HashToken(o.Token), o.Session.ID, a.ID, o.Session.Device, via, tx.Now())
	if err == nil {
		err = log(tx, "staff.sign_in", a.ID, map[string]string{"via": via, "session": o.Session.ID.String(), "device": o.Session.Device})
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

// Unlock opens a locked session again with the password, and gives it a new token.
func (r *Room) Unlock(ctx context.Context, d *db.DB, token, password, source string) (Opened, error) {
	s, err := r.lookup(ctx, d, token)
	if err != nil {
		return Opened{}, err
	}
	if _, err := r.prove(ctx, d, s.Account.Email, password, source); err != nil {
		return Opened{}, err
	}
	o := Opened{Token: seal.Token(), Session: s}
	err = d.Do(ctx, s.by(), func(tx *db.Tx) error {
		if _, err := sessionOf(tx, token); err != nil {
			return err
		}
		if _, err := tx.Exec(renewSession, seal.HashToken(token), seal.HashToken(o.Token), tx.Now()); err != nil {
			return err
		}
		s.SeenAt, s.Locked, s.Via = tx.Time(), false, ViaPassword
		return log(tx, "staff.unlock", s.Account.ID, map[string]string{"session": s.ID.String()})
	})
	return o, err
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

// endAll ends sessions and unused links.
func (r *Room) endAll(tx *db.Tx, account, except id.ID) error {
	if _, err := tx.Exec(endSessions, account, except); err != nil {
		return err
	}
	_, err := tx.Exec(endLinks, account)
	return err
}

// Sweep removes what has run out: sessions, links and old counts of wrong passwords.
func (r *Room) Sweep(tx *db.Tx) error {
	for s, before := range map[*db.Stmt]time.Duration{sweepSessions: Absolute, sweepLinks: 0, sweepTries: forget} {
		if _, err := tx.Exec(s, tx.Now()-before.Milliseconds()); err != nil {
			return err
		}
	}
	return nil
}
