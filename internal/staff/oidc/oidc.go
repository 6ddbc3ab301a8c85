// Package oidc lets members of staff sign in with the account they have at their
// company's identity provider, by OpenID Connect.
//
// # How it goes
//
// The browser is sent to the provider with a request that only this register can
// have made, comes back with a code, and the register exchanges the code for an ID
// token: a statement, signed by the provider, of who signed in. The flow is the
// authorization code flow with PKCE (RFC 7636), state and nonce.
//
//	Begin    makes a try: a row with the digests of state and browser token, and
//	         nonce and PKCE verifier sealed; gives the address to send the browser to
//	Finish   uses the try up, exchanges the code, checks the token, finds the
//	         account, opens a session
//
// A try works once, for ten minutes, in the browser it began in.
//
// # Who is let in
//
// The provider says who somebody is; it never says what they may do, and never
// makes an account. An account is bound to the provider's subject at its first
// sign-in, when the provider says it has verified the address, the address is
// letter by letter that of one active account, and the account is not bound to
// another subject. From then on only the subject counts, whatever address it has.
//
// Every refusal looks alike and is logged with a code (refusal.go).
//
// # What is not trusted
//
//   - the provider's list of algorithms: only four signature algorithms count,
//     never "none" and never a shared secret (token.go, RFC 8725 3.1)
//   - the addresses in the provider's metadata: nothing of one's own network is
//     dialled (dial.go), nothing is redirected, answers are bounded
//   - that it is up: it is first asked when somebody signs in, so that a dead
//     provider never keeps the register from starting
//
// Tables: oidc_tries (local), oidc_accounts (reference).
package oidc

import (
	"context"
	"log/slog"
	"net/http"
	"slices"
	"strings"
	"time"

	"golang.org/x/oauth2"

	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/id"
	"kartotek/internal/seal"
	"kartotek/internal/staff"
)

// Settings are what the operator says of the provider.
type Settings struct {
	Issuer       string // its identifier, https://…; exactly as in its tokens
	ClientID     string // the register's name there
	ClientSecret string // "" for a public client
	Name         string // on the button
	ACR          string // authentication context that counts as a second factor; may be empty
	Private      bool   // the issuer's own host may be on a private network
	BaseURL      string // public address of the register; the redirect URI is made of it
}

// CallbackPath is where the provider sends the browser back to.
const CallbackPath = "/sign-in/oidc/callback"

// Life is how long a try works.
const Life = 10 * time.Minute

// Room signs people in by a provider. Make it with New.
type Room struct {
	Settings
	Staff *staff.Room
	Keys  *seal.Keys
	Log   *slog.Logger // of operations: codes only

	client *http.Client
	known  discovery
}

// New makes the room. It asks the provider for nothing.
func New(s Settings, st *staff.Room, keys *seal.Keys, log *slog.Logger) *Room {
	return &Room{Settings: s, Staff: st, Keys: keys, Log: log, client: newClient(&s)}
}

// Schema is the room's tables.
var Schema = db.Schema{Room: "oidc", Tables: []db.Table{
	{
		Name: "oidc_tries", Kind: db.LocalTable, Key: "state",
		Cols:    db.Cols("state blob, browser blob, secret blob, next text, began_at big"),
		Indexes: []db.Index{{Name: "oidc_tries_began", Cols: "began_at"}},
	},
	{
		Name: "oidc_accounts", Kind: db.ReferenceTable, Key: "subject",
		Cols:    db.Cols("subject blob, issuer text, account big, bound_at big"),
		Indexes: []db.Index{{Name: "oidc_accounts_account", Cols: "account", Unique: true}},
	},
}}

var (
	insertTry = db.SQL(db.Local, `INSERT INTO oidc_tries (state, browser, secret, next, began_at) VALUES ($1, $2, $3, $4, $5)`)
	tryOf     = db.SQL(db.Local, `SELECT browser, secret, next, began_at FROM oidc_tries WHERE state = $1`)
	useTry    = db.SQL(db.Local, `DELETE FROM oidc_tries WHERE state = $1`)
	sweepTry  = db.SQL(db.Local, `DELETE FROM oidc_tries WHERE began_at < $1`)
	boundTo   = db.SQL(db.Reference, `SELECT account FROM oidc_accounts WHERE subject = $1`)
	isBound   = db.SQL(db.Reference, `SELECT bound_at FROM oidc_accounts WHERE account = $1`)
	bind      = db.SQL(db.Reference, `INSERT INTO oidc_accounts (subject, issuer, account, bound_at) VALUES ($1, $2, $3, $4)`)
	unbind    = db.SQL(db.Reference, `DELETE FROM oidc_accounts WHERE account = $1`)
)

// Started is a try that has just begun.
type Started struct {
	URL     string // where the browser goes
	Browser string // for a cookie of this browser, as long as Life
}

// Begin makes a try that leads to next, a path of ours, when it succeeds. It fails
// with "oidc.unavailable" when the provider does not answer.
func (r *Room) Begin(ctx context.Context, d *db.DB, next string) (Started, error) {
	p, err := r.provider(ctx, d.Now())
	if err != nil {
		return Started{}, err
	}
	state, browser, nonce := seal.Token(), seal.Token(), seal.Token()
	verifier := seal.Token() + seal.Token()
	err = d.Do(ctx, db.System("sign-in"), func(tx *db.Tx) error {
		if _, err := tx.Exec(sweepTry, tx.Now()-Life.Milliseconds()); err != nil {
			return err
		}
		secret := r.Keys.Seal(sealedFor(state), []byte(nonce+" "+verifier))
		_, err := tx.Exec(insertTry, seal.HashToken(state), seal.HashToken(browser), secret, next, tx.Now())
		return err
	})
	ask := []oauth2.AuthCodeOption{oauth2.S256ChallengeOption(verifier), oauth2.SetAuthURLParam("nonce", nonce)}
	if r.ACR != "" {
		ask = append(ask, oauth2.SetAuthURLParam("acr_values", r.ACR))
	}
	return Started{URL: r.config(p).AuthCodeURL(state, ask...), Browser: browser}, err
}

func sealedFor(state string) string { return "oidc try " + state }

func (r *Room) config(p *provider) *oauth2.Config {
	return &oauth2.Config{ClientID: r.ClientID, ClientSecret: r.ClientSecret, Scopes: []string{"openid", "email"},
		RedirectURL: strings.TrimSuffix(r.BaseURL, "/") + CallbackPath, Endpoint: p.endpoint()}
}

// Answer is what the browser brings back.
type Answer struct {
	State, Code string
	Issuer      string // RFC 9207; "" when there was none
	Error       string // the provider's own refusal
	Browser     string // of the cookie
	UserAgent   string
}

// Signed is somebody who signed in. The session is strong when the provider says
// that more than a password was asked for; otherwise an account with a second
// factor of its own has a half, as after a password.
type Signed struct {
	staff.Opened
	Next string
}

// Finish ends a try. Whatever is wrong, the answer is the fault "oidc.refused";
// why stands in the log. "oidc.unavailable" is a provider that does not answer.
func (r *Room) Finish(ctx context.Context, d *db.DB, a Answer) (s Signed, err error) {
	t, err := r.take(ctx, d, a)
	if err != nil {
		return s, r.refuse(ctx, d, err)
	}
	c, err := r.claims(ctx, d, a, t)
	if err != nil {
		return s, r.refuse(ctx, d, err)
	}
	s.Next = t.next
	e := staff.Entry{Via: staff.ViaOIDC, UserAgent: a.UserAgent}
	if c.strong(r.ACR) {
		e.Second = staff.ByProvider
	}
	var who *staff.Account
	err = d.Do(ctx, db.System("sign-in"), func(tx *db.Tx) error { who, err = r.account(tx, c); return err })
	if err != nil {
		return s, r.refuse(ctx, d, err)
	}
	by := db.By{Kind: "staff", ID: who.ID, Name: who.Name, Device: staff.DeviceLabel(a.UserAgent)}
	err = d.Do(ctx, by, func(tx *db.Tx) error {
		now, err := staff.Get(tx, who.ID)
		if err == nil && !now.Active(tx.Time()) {
			err = refusal("disabled") // meanwhile
		}
		if err == nil {
			s.Opened, err = r.Staff.Begin(tx, now, e)
		}
		return err
	})
	return s, r.refuse(ctx, d, err)
}

// try is a row of oidc_tries, opened.
type try struct {
	nonce, verifier, next string
	began                 time.Time
}

// take uses a try up, also when it turns out to be another browser's: a state that
// somebody else knows is worth nothing any more.
func (r *Room) take(ctx context.Context, d *db.DB, a Answer) (t try, err error) {
	var browser, secret []byte
	var began int64
	found := false
	err = d.Do(ctx, db.System("sign-in"), func(tx *db.Tx) error {
		if found, err = tx.One(tryOf, []any{&browser, &secret, &t.next, &began}, seal.HashToken(a.State)); err != nil || !found {
			return err
		}
		n, err := tx.Exec(useTry, seal.HashToken(a.State))
		found = n == 1
		return err
	})
	switch {
	case err != nil:
		return t, err
	case !found:
		return t, refusal("state")
	case a.Browser == "" || !slices.Equal(browser, seal.HashToken(a.Browser)):
		return t, refusal("browser")
	case d.Now().UnixMilli()-began > Life.Milliseconds():
		return t, refusal("late")
	}
	plain, err := r.Keys.Open(sealedFor(a.State), secret)
	if err != nil {
		return t, refusal("state").Because(err)
	}
	t.nonce, t.verifier, _ = strings.Cut(string(plain), " ")
	t.began = time.UnixMilli(began).UTC()
	return t, nil
}

// account finds whom a token speaks of, and binds at the first sign-in.
func (r *Room) account(tx *db.Tx, c *claims) (*staff.Account, error) {
	var bound id.ID
	key := subjectKey(c.Issuer, c.Subject)
	found, err := tx.One(boundTo, []any{&bound}, key)
	if err != nil {
		return nil, err
	}
	if !found {
		return r.first(tx, c, key)
	}
	a, err := staff.Get(tx, bound)
	if err == nil && !a.Active(tx.Time()) {
		err = refusal("disabled")
	}
	return a, err
}

// first binds the one active account with the address the provider has verified.
func (r *Room) first(tx *db.Tx, c *claims, key []byte) (*staff.Account, error) {
	if !c.Verified {
		return nil, refusal("address_unverified")
	}
	a, err := staff.Find(tx, c.Email)
	switch {
	case fault.Is(err, fault.NotFound):
		return nil, refusal("nobody")
	case err != nil:
		return nil, err
	case lower(a.Email) != lower(c.Email): // folds to the same, and is another mailbox
		return nil, refusal("nobody")
	case !a.Active(tx.Time()):
		return nil, refusal("disabled")
	}
	var at int64
	if taken, err := tx.One(isBound, []any{&at}, a.ID); err != nil || taken {
		if err == nil {
			err = refusal("bound_to_other")
		}
		return nil, err
	}
	if _, err := tx.Exec(bind, key, c.Issuer, a.ID, tx.Now()); err != nil {
		return nil, err
	}
	return a, logBound(tx, "staff.oidc_bind", a.ID)
}

// Unbind takes the tie between an account and its subject away, so that the next
// sign-in with a verified address binds anew: for a provider that was changed, or
// an address that was given to somebody else.
func (r *Room) Unbind(tx *db.Tx, account id.ID) error {
	n, err := tx.Exec(unbind, account)
	if err != nil || n == 0 {
		return err
	}
	return logBound(tx, "staff.oidc_unbind", account)
}

// lower folds the letters that addresses are compared by in practice, and no others.
func lower(s string) string {
	return strings.Map(func(c rune) rune {
		if c >= 'A' && c <= 'Z' {
			return c + 'a' - 'A'
		}
		return c
	}, s)
}
