package factor

import (
	"context"
	"crypto/subtle"
	"encoding/base32"
	"encoding/base64"
	"encoding/json"
	"net/url"
	"strings"
	"time"

	"github.com/pquerna/otp"
	"github.com/pquerna/otp/hotp"

	"kartotek/internal/clock"
	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/id"
	"kartotek/internal/seal"
	"kartotek/internal/staff"
)

// An authenticator app reckons a code of six digits from a secret and the count of
// half minutes since 1970, with HMAC-SHA-1: the one form that all apps know. A clock
// may be one step off. Source: RFC 6238, 4 and 5.2.
const (
	period     = 30 // seconds
	secretSize = 20 // bytes, as long as the hash (RFC 4226, 4)
	enrolLife  = 15 * time.Minute
)

var text32 = base32.StdEncoding.WithPadding(base32.NoPadding)

// Offer is a secret on its way to an app. Nothing is stored until a code proves
// that it has arrived: Sealed comes back with the form.
type Offer struct {
	Secret string // base32, to be typed
	URL    string // otpauth://, to be followed or shown as a QR code
	Sealed string // for the form; opens for this session only, for a quarter of an hour
}

// offered is what an Offer carries sealed.
type offered struct {
	Secret []byte
	Until  int64
}

// NewTOTP makes a secret for the owner of a session.
func (r *Room) NewTOTP(s *staff.Session, now time.Time) Offer {
	o := offered{seal.Random(secretSize), clock.Ms(now.Add(enrolLife))}
	plain, _ := json.Marshal(o) // bytes and a number
	return r.offer(s, o.Secret, base64.RawURLEncoding.EncodeToString(r.Keys.Seal(offerFor(s), plain)))
}

func offerFor(s *staff.Session) string { return "totp offer " + s.ID.String() }

func (r *Room) offer(s *staff.Session, secret []byte, sealed string) Offer {
	issuer := r.Issuer
	if issuer == "" {
		issuer = "Kartotek"
	}
	text := text32.EncodeToString(secret)
	q := url.Values{"secret": {text}, "issuer": {issuer}, "algorithm": {"SHA1"}, "digits": {"6"}, "period": {"30"}}
	label := url.PathEscape(issuer) + ":" + url.PathEscape(s.Account.Email)
	return Offer{Secret: text, Sealed: sealed, URL: "otpauth://totp/" + label + "?" + strings.ReplaceAll(q.Encode(), "+", "%20")}
}

// Offered opens an offer again, to be shown once more after a wrong code.
func (r *Room) Offered(s *staff.Session, sealed string, now time.Time) (Offer, error) {
	o, err := r.opened(s, sealed, now)
	if err != nil {
		return Offer{}, err
	}
	return r.offer(s, o.Secret, sealed), nil
}

func (r *Room) opened(s *staff.Session, sealed string, now time.Time) (o offered, err error) {
	old := fault.New(fault.Conflict, "factor.offer_old", "this set-up is too old; begin again")
	raw, err := base64.RawURLEncoding.DecodeString(sealed)
	if err != nil {
		return o, old
	}
	plain, err := r.Keys.Open(offerFor(s), raw)
	if err != nil || json.Unmarshal(plain, &o) != nil || o.Until <= clock.Ms(now) || len(o.Secret) != secretSize {
		return o, old
	}
	return o, nil
}

// AddTOTP adds an app that has shown it holds the offered secret. The code is used
// up. The first factor of an account comes with recovery codes.
func (r *Room) AddTOTP(ctx context.Context, d *db.DB, by db.By, s *staff.Session, sealed, code, name string) (codes []string, err error) {
	o, err := r.opened(s, sealed, d.Now())
	if err != nil {
		return nil, err
	}
	err = d.Do(ctx, by, func(tx *db.Tx) error {
		step, right := stepOf(o.Secret, code, tx.Time(), 0)
		if !right {
			return fault.New(fault.Invalid, "factor.code_differs", "the code is not the one of this secret; wait for the next one, and see that the telephone's clock is right").In("code")
		}
		f := &Factor{ID: tx.NewID(), Kind: TOTP, Name: name, step: step}
		f.handle, f.sealed = "totp "+f.ID.String(), r.Keys.Seal(sealedFor(f.ID), o.Secret)
		codes, err = r.add(tx, s, f)
		return err
	})
	return codes, err
}

func sealedFor(factor id.ID) string { return "staff_factors " + factor.String() }

// stepOf finds the time step, later than the last one used, whose code this is.
// All three are reckoned, whichever it is.
func stepOf(secret []byte, code string, now time.Time, last int64) (step int64, right bool) {
	for n := now.Unix()/period - 1; n <= now.Unix()/period+1; n++ {
		if n <= last {
			continue
		}
		if want, err := codeAt(secret, n); err == nil && subtle.ConstantTimeCompare([]byte(want), []byte(code)) == 1 {
			step, right = n, true
		}
	}
	return step, right
}

func codeAt(secret []byte, step int64) (string, error) {
	return hotp.GenerateCodeCustom(text32.EncodeToString(secret), uint64(step), hotp.ValidateOpts{Digits: otp.DigitsSix, Algorithm: otp.AlgorithmSHA1})
}

// useTOTP uses a code of one of the account's apps up.
func (r *Room) useTOTP(tx *db.Tx, account id.ID, code string) (used bool, err error) {
	all, err := List(tx, account)
	if err != nil {
		return false, err
	}
	for _, f := range all {
		if f.Kind != TOTP {
			continue
		}
		secret, err := r.Keys.Open(sealedFor(f.ID), f.sealed)
		if err != nil {
			return false, err
		}
		if step, right := stepOf(secret, code, tx.Time(), f.step); right {
			n, err := tx.Exec(useFactor, f.ID, f.step, f.sealed, step, tx.Now())
			return n == 1, err
		}
	}
	return false, nil
}
