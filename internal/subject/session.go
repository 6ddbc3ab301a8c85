package subject

import (
	"context"
	"crypto/subtle"
	"time"

	"kartotek/internal/address"
	"kartotek/internal/audit"
	"kartotek/internal/clock"
	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/id"
	"kartotek/internal/party"
	"kartotek/internal/rightsdef"
	"kartotek/internal/seal"
	"kartotek/internal/staff"
)

// Session is one person signed in to their own data in one browser.
type Session struct {
	ID        id.ID
	Person    id.ID
	Device    string // such as "Firefox on Linux"
	CreatedAt time.Time
	SeenAt    time.Time
	Certainty rightsdef.Certainty
	Misuse    bool // of their name or address was reported, and nobody has made sure who it is
	blind     string
}

// By is how the person signs what they do.
func (s *Session) By(purpose string) db.By {
	return db.By{Kind: "person", ID: s.Person, Name: "person", Purpose: purpose, Device: s.Device}
}

func errCode() error {
	return fault.New(fault.Invalid, "subject.code", "these are not the six digits; look at the page where you asked for the link").In("code")
}

func errNone() error {
	return fault.New(fault.SignIn, "subject.no_session", "ask for a new link to go on")
}

// Entering is somebody who pressed the button behind a link.
type Entering struct {
	Token   string // of the link
	Browser string // what Ask gave this browser; "" for none
	Code    string // six digits; "" for none
	Agent   string // User-Agent
}

// Enter uses a link up and begins a session. key is for the cookie, and seen this
// once. A link that was used, altered or is too old is not found; wrong digits are
// Invalid, and after five of them the link has ended.
func (r *Room) Enter(ctx context.Context, e Entering) (key string, s *Session, err error) {
	var refused error
	err = r.DB.Do(ctx, db.System("subject"), func(tx *db.Tx) error {
		refused = nil
		l, err := r.open(tx, e.Token)
		if err == nil && l.kind != linkSignIn {
			err = errUsed()
		}
		if err != nil {
			return err
		}
		if !l.here(e.Browser) && subtle.ConstantTimeCompare([]byte(e.Code), []byte(r.code(l.browser))) != 1 {
			refused = errCode()
			return l.wrong(tx)
		}
		if n, err := tx.Exec(delLink, int64(l.id)); err != nil || n == 0 {
			return either(err, errUsed())
		}
		if _, err := r.addressOf(tx, l.person, l.blind); err != nil {
			return either(err, errUsed())
		}
		key, s, err = r.begin(tx, l, e.Agent)
		return err
	})
	if err == nil {
		err = refused
	}
	return key, s, err
}

func either(err, other error) error {
	if err != nil {
		return err
	}
	return other
}

// wrong counts wrong digits, with a line in the log.
func (l *link) wrong(tx *db.Tx) error {
	_, err := tx.Exec(updTries, int64(l.id))
	if err == nil && l.tries+1 >= maxTries {
		_, err = tx.Exec(delLink, int64(l.id))
	}
	if err != nil {
		return err
	}
	return audit.Write(tx, audit.Entry{Action: "subject.enter", Person: l.person, Outcome: audit.Refused})
}

func (r *Room) begin(tx *db.Tx, l *link, agent string) (string, *Session, error) {
	if _, err := tx.Exec(oldSessions, tx.Now()-Absolute.Milliseconds()); err != nil {
		return "", nil, err
	}
	key := seal.Token()
	s := &Session{ID: tx.NewID(), Person: l.person, Device: staff.DeviceLabel(agent), CreatedAt: tx.Time(), SeenAt: tx.Time(), Certainty: rightsdef.Session, blind: l.blind}
	_, err := tx.Exec(insSession, seal.HashToken(key), int64(s.ID), int64(s.Person), s.blind, s.Device, tx.Now())
	if err == nil {
		err = audit.Write(tx, audit.Entry{Action: "subject.enter", Person: s.Person, Kind: "session", Object: s.ID.String(), Detail: map[string]string{"device": s.Device}})
	}
	return key, s, err
}

func scanSession(scan db.Scan, s *Session) error {
	var created, seen int64
	err := scan(&s.ID, &s.Person, &s.blind, &s.Device, &created, &seen)
	s.CreatedAt, s.SeenAt = clock.FromMs(created), clock.FromMs(seen)
	return err
}

// Session finds the session of a key, as it is this moment: one whose address is no
// longer the person's, or whose person is gone, has ended.
func (r *Room) Session(ctx context.Context, key string) (*Session, error) {
	var s Session
	err := r.DB.View(ctx, db.System("subject"), func(tx *db.Tx) error {
		s = Session{}
		err := tx.Each(selSession, func(scan db.Scan) error { return scanSession(scan, &s) }, seal.HashToken(key))
		if err != nil {
			return err
		}
		if s.ID == 0 || tx.Time().Sub(s.SeenAt) >= Idle || tx.Time().Sub(s.CreatedAt) >= Absolute {
			return errNone()
		}
		if _, err := r.addressOf(tx, s.Person, s.blind); err != nil {
			return err
		}
		s.Certainty, s.Misuse, err = r.certainty(tx, s.Person)
		return err
	})
	if fault.Is(err, fault.NotFound) {
		err = errNone()
	}
	if err != nil {
		return nil, err
	}
	if r.DB.Now().Sub(s.SeenAt) >= touch {
		err = r.DB.Do(ctx, s.By(""), func(tx *db.Tx) error {
			tx.Quiet() // nothing a verdict rests on
			_, err := tx.Exec(touSession, seal.HashToken(key), tx.Now())
			return err
		})
	}
	return &s, err
}

// certainty is how sure it is that somebody signed in is the person.
func (r *Room) certainty(tx *db.Tx, who id.ID) (have rightsdef.Certainty, misuse bool, err error) {
	if r.Sure != nil {
		have, misuse, err = r.Sure(tx, who)
	}
	return max(have, rightsdef.Session), misuse, err
}

// addressOf finds the address of a person that a blinded one stands for, in its
// normal form; NotFound when the person has it no longer, or is gone.
func (r *Room) addressOf(tx *db.Tx, who id.ID, blind string) (string, error) {
	all, err := r.Party.Addresses(tx, who)
	if err != nil {
		return "", err
	}
	for _, a := range all {
		if norm, err := address.Email(a.Value); a.Kind == party.KindEmail && a.State != party.Former && err == nil && r.blind(norm) == blind {
			return norm, nil
		}
	}
	return "", party.NotFound()
}

// Address is the address a session began by.
func (r *Room) Address(tx *db.Tx, s *Session) (string, error) {
	return r.addressOf(tx, s.Person, s.blind)
}

// Sessions lists where a person is signed in, the last used first.
func (r *Room) Sessions(tx *db.Tx, who id.ID) (out []*Session, err error) {
	err = tx.Each(selSessions, func(scan db.Scan) error {
		var s Session
		err := scanSession(scan, &s)
		if tx.Time().Sub(s.SeenAt) < Idle {
			out = append(out, &s)
		}
		return err
	}, int64(who), tx.Now()-Absolute.Milliseconds())
	return out, err
}

// SignOut ends a session.
func (r *Room) SignOut(tx *db.Tx, s *Session) error {
	if _, err := tx.Exec(delSession, int64(s.Person), int64(s.ID)); err != nil {
		return err
	}
	return audit.Write(tx, audit.Entry{Action: "subject.leave", Person: s.Person, Kind: "session", Object: s.ID.String()})
}

// SignOutAll ends every session and every link of a person.
func (r *Room) SignOutAll(tx *db.Tx, who id.ID) error {
	if err := r.forget(tx, who); err != nil {
		return err
	}
	return audit.Write(tx, audit.Entry{Action: "subject.leave_all", Person: who})
}

// forget ends sessions and links.
func (r *Room) forget(tx *db.Tx, who id.ID) error {
	for _, s := range []*db.Stmt{delSessions, delLinks} {
		if _, err := tx.Exec(s, int64(who)); err != nil {
			return err
		}
	}
	return nil
}
