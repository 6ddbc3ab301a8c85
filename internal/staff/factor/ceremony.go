package factor

import (
	"context"
	"encoding/json"
	"time"

	"github.com/go-webauthn/webauthn/webauthn"

	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/id"
	"kartotek/internal/seal"
)

// A ceremony is a challenge that waits for a passkey to sign it. It is kept here,
// is good for five minutes, once, and for the use and account it was made for.
const ceremonyLife = 5 * time.Minute

// The uses of a ceremony.
const (
	toAdd    = "add"     // a new passkey
	toSignIn = "sign-in" // whose passkey it is will be seen
	toShow   = "show"    // a known account's second factor
)

// Ceremony is what the browser needs to ask for a passkey.
type Ceremony struct {
	ID      string // comes back with the answer
	Options []byte // JSON, as navigator.credentials takes it, binary values in base64url
}

var (
	insertCeremony = db.SQL(db.Local, `INSERT INTO staff_ceremonies (token, account, kind, sealed, expires_at) VALUES ($1, $2, $3, $4, $5)`)
	ceremonyOf     = db.SQL(db.Local, `SELECT sealed FROM staff_ceremonies WHERE token = $1 AND account = $2 AND kind = $3 AND expires_at > $4`)
	useCeremony    = db.SQL(db.Local, `DELETE FROM staff_ceremonies WHERE token = $1`)
	sweepOld       = db.SQL(db.Local, `DELETE FROM staff_ceremonies WHERE expires_at < $1`)
)

// begin keeps a challenge until it is answered. Old ones go at the same time.
func (r *Room) begin(ctx context.Context, d *db.DB, account id.ID, kind string, options any, s *webauthn.SessionData) (Ceremony, error) {
	text, err := json.Marshal(options)
	if err != nil {
		return Ceremony{}, err
	}
	state, err := json.Marshal(s)
	if err != nil {
		return Ceremony{}, err
	}
	c := Ceremony{ID: seal.Token(), Options: text}
	return c, d.Do(ctx, db.System("passkey"), func(tx *db.Tx) error {
		if _, err := tx.Exec(sweepOld, tx.Now()); err != nil {
			return err
		}
		_, err := tx.Exec(insertCeremony, seal.HashToken(c.ID), account, kind, r.Keys.Seal("ceremony "+kind, state), tx.Now()+ceremonyLife.Milliseconds())
		return err
	})
}

// take uses a challenge up, whatever the answer to it is worth: a transaction of
// its own, so that a wrong answer does not bring it back.
func (r *Room) take(ctx context.Context, d *db.DB, ceremony string, account id.ID, kind string) (s webauthn.SessionData, err error) {
	over := fault.New(fault.SignIn, "factor.ceremony_over", "the passkey was asked for too long ago; try again")
	var sealed []byte
	err = d.Do(ctx, db.System("passkey"), func(tx *db.Tx) error {
		found, err := tx.One(ceremonyOf, []any{&sealed}, seal.HashToken(ceremony), account, kind, tx.Now())
		if err == nil && !found {
			err = over
		}
		if err != nil {
			return err
		}
		n, err := tx.Exec(useCeremony, seal.HashToken(ceremony))
		if err == nil && n == 0 {
			err = over
		}
		return err
	})
	if err != nil {
		return s, err
	}
	state, err := r.Keys.Open("ceremony "+kind, sealed)
	if err == nil {
		err = json.Unmarshal(state, &s)
	}
	return s, err
}
