package oidc

import (
	"context"
	"crypto/sha256"
	"errors"

	"kartotek/internal/audit"
	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/id"
)

// Refused is why somebody was not let in, for the log.
type Refused struct {
	// Code is one of: state (unknown or used), browser, late, issuer (mix-up),
	// provider (it refused), code (no token for it), token (signature, algorithm,
	// audience, issuer or time), party (azp), nonce, issued (time of issue), hash,
	// claims, address_unverified, nobody, disabled, bound_to_other.
	Code  string
	cause error
}

// Error implements error. It names nobody.
func (e *Refused) Error() string { return "oidc: refused: " + e.Code }

// Unwrap gives the cause.
func (e *Refused) Unwrap() error { return e.cause }

// Because returns the refusal with its cause.
func (e *Refused) Because(err error) *Refused { return &Refused{e.Code, err} }

func refusal(code string) *Refused { return &Refused{Code: code} }

// refuse logs a refusal with its code and answers with the one fault for all of
// them; other errors, and nil, it gives back.
func (r *Room) refuse(ctx context.Context, d *db.DB, err error) error {
	var why *Refused
	if !errors.As(err, &why) {
		return err
	}
	e := audit.Entry{Action: "staff.sign_in", Kind: "account", Outcome: audit.Refused, Detail: map[string]string{"via": "oidc", "code": why.Code}}
	if err := d.Do(ctx, db.System("sign-in"), func(tx *db.Tx) error { return audit.Write(tx, e) }); err != nil {
		return err
	}
	r.Log.Warn("oidc sign-in refused", "code", why.Code)
	return fault.New(fault.SignIn, "oidc.refused", "the sign-in did not succeed; try again, or ask whoever looks after the accounts").Because(why)
}

func logBound(tx *db.Tx, action string, account id.ID) error {
	return audit.Write(tx, audit.Entry{Action: action, Kind: "account", Object: account.String()})
}

// subjectKey is the key of a subject at an issuer.
func subjectKey(issuer, subject string) []byte {
	h := sha256.New()
	h.Write([]byte(issuer))
	h.Write([]byte{0}) // stands in no issuer, which is a URL
	h.Write([]byte(subject))
	return h.Sum(nil)
}
