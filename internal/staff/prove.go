package staff

import (
	"context"

	"kartotek/internal/clock"
	"kartotek/internal/db"
	"kartotek/internal/seal"
)

var renewSession = db.SQL(db.Local, `UPDATE staff_sessions SET token = $2, via = $3, second = $4, seen_at = $5, proven_at = $6, second_at = $7 WHERE token = $1`)

// renew writes a session down under a new token; the old one opens nothing any more.
func renew(tx *db.Tx, token string, s *Session) (Opened, error) {
	o := Opened{Token: seal.Token(), Session: s}
	n, err := tx.Exec(renewSession, seal.HashToken(token), seal.HashToken(o.Token), s.Via, s.Second, clock.Ms(s.SeenAt), clock.Ms(s.ProvenAt), clock.Ms(s.SecondAt))
	if err == nil && n == 0 {
		err = errNoSession()
	}
	return o, err
}

// Rotate gives a session a new token. Do it whenever what the session is worth has
// changed, so that a token learnt before is worth nothing after.
func (r *Room) Rotate(ctx context.Context, d *db.DB, token string) (o Opened, err error) {
	err = d.Do(ctx, db.System("session"), func(tx *db.Tx) error {
		s, err := sessionOf(tx, token)
		if err == nil {
			o, err = renew(tx, token, s)
		}
		return err
	})
	return o, err
}

// Unlock opens a locked session again with the password, and gives it a new token.
func (r *Room) Unlock(ctx context.Context, d *db.DB, token, password, source string) (Opened, error) {
	return r.proveWord(ctx, d, token, password, source, "staff.unlock")
}

// Confirm takes the password as a fresh proof in the midst of a session, and gives
// it a new token.
func (r *Room) Confirm(ctx context.Context, d *db.DB, token, password, source string) (Opened, error) {
	return r.proveWord(ctx, d, token, password, source, "staff.confirm")
}

func (r *Room) proveWord(ctx context.Context, d *db.DB, token, password, source, action string) (o Opened, err error) {
	s, err := r.lookup(ctx, d, token)
	if err != nil {
		return Opened{}, err
	}
	if _, err := r.prove(ctx, d, s.Account.Email, password, source); err != nil {
		return Opened{}, err
	}
	err = d.Do(ctx, s.by(), func(tx *db.Tx) error {
		s, err := sessionOf(tx, token)
		if err != nil {
			return err
		}
		s.SeenAt, s.ProvenAt, s.Locked, s.Via = tx.Time(), tx.Time(), false, ViaPassword
		if o, err = renew(tx, token, s); err != nil {
			return err
		}
		return log(tx, action, s.Account.ID, map[string]string{"session": s.ID.String(), "second": ""})
	})
	return o, err
}

// Strengthen notes that a second factor was shown in the midst of a session, as
// part of the transaction that used it, and gives the session a new token. A
// session that locked meanwhile stays locked: it is not what a factor opens.
func (r *Room) Strengthen(tx *db.Tx, token, second string) (Opened, error) {
	s, err := sessionOf(tx, token)
	if err != nil {
		return Opened{}, err
	}
	if s.Locked {
		return Opened{}, errNoSession()
	}
	s.Second, s.Strong, s.SeenAt, s.ProvenAt, s.SecondAt = second, true, tx.Time(), tx.Time(), tx.Time()
	o, err := renew(tx, token, s)
	if err == nil {
		err = log(tx, "staff.confirm", s.Account.ID, map[string]string{"session": s.ID.String(), "second": second})
	}
	return o, err
}

// Drop ends the session of a token, if it has one still: a browser that signs in
// anew leaves none behind.
func (r *Room) Drop(tx *db.Tx, token string) error {
	s, err := sessionOf(tx, token)
	if s == nil {
		return nil // ended already
	}
	if err == nil {
		err = r.Revoke(tx, s.Account.ID, s.ID)
	}
	return err
}
