package factor

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/binary"
	"encoding/json"
	"errors"
	"net/netip"
	"net/url"

	"github.com/go-webauthn/webauthn/protocol"
	"github.com/go-webauthn/webauthn/webauthn"

	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/id"
	"kartotek/internal/staff"
)

// maxAnswer bounds what a browser may send as the answer of a passkey, in bytes.
const maxAnswer = 32 << 10

// Ready reports whether passkeys can be used at the configured address: browsers
// bind them to a host name, and know no passkey of a bare IP address.
func (r *Room) Ready() bool {
	u, err := url.Parse(r.BaseURL)
	if err != nil || u.Hostname() == "" {
		return false
	}
	_, notIP := netip.ParseAddr(u.Hostname())
	return notIP != nil && (u.Scheme == "https" || u.Hostname() == "localhost")
}

// relying is our side of the ceremony. Host and origin come from the configuration
// and from nothing that a request says.
func (r *Room) relying() (*webauthn.WebAuthn, error) {
	if !r.Ready() {
		return nil, fault.New(fault.Conflict, "factor.no_passkeys", "passkeys need a register that is reached by a host name, with https")
	}
	u, err := url.Parse(r.BaseURL)
	if err != nil {
		return nil, err
	}
	return webauthn.New(&webauthn.Config{RPID: u.Hostname(), RPDisplayName: "Kartotek", RPOrigins: []string{u.Scheme + "://" + u.Host},
		AttestationPreference: protocol.PreferNoAttestation})
}

// owner is an account as the library asks for it. The handle that passkeys keep is
// the account's number, which tells nothing.
type owner struct {
	account *staff.Account
	creds   []webauthn.Credential
	factors []*Factor // beside creds
}

func (o *owner) WebAuthnID() []byte                         { return handleOf(o.account.ID) }
func (o *owner) WebAuthnName() string                       { return o.account.Email }
func (o *owner) WebAuthnDisplayName() string                { return o.account.Name }
func (o *owner) WebAuthnCredentials() []webauthn.Credential { return o.creds }

func handleOf(account id.ID) []byte { return binary.BigEndian.AppendUint64(nil, uint64(account)) }

// owner reads an account with its passkeys.
func (r *Room) owner(tx *db.Tx, account id.ID) (*owner, error) {
	a, err := staff.Get(tx, account)
	if err != nil {
		return nil, err
	}
	o := &owner{account: a}
	all, err := List(tx, account)
	for _, f := range all {
		if f.Kind != Passkey || err != nil {
			continue
		}
		var plain []byte
		var c webauthn.Credential
		if plain, err = r.Keys.Open(sealedFor(f.ID), f.sealed); err == nil {
			err = json.Unmarshal(plain, &c)
		}
		o.creds, o.factors = append(o.creds, c), append(o.factors, f)
	}
	return o, err
}

func (r *Room) ownerOf(ctx context.Context, d *db.DB, account id.ID) (o *owner, err error) {
	err = d.View(ctx, db.System("passkey"), func(tx *db.Tx) error { o, err = r.owner(tx, account); return err })
	return o, err
}

// BeginAdd asks for a new passkey of an account. Those it has are left out.
func (r *Room) BeginAdd(ctx context.Context, d *db.DB, account id.ID) (Ceremony, error) {
	rp, err := r.relying()
	if err != nil {
		return Ceremony{}, err
	}
	o, err := r.ownerOf(ctx, d, account)
	if err != nil {
		return Ceremony{}, err
	}
	options, s, err := rp.BeginRegistration(o, webauthn.WithExclusions(webauthn.Credentials(o.creds).CredentialDescriptors()),
		webauthn.WithAuthenticatorSelection(protocol.AuthenticatorSelection{ResidentKey: protocol.ResidentKeyRequirementPreferred, UserVerification: protocol.VerificationPreferred}))
	if err != nil {
		return Ceremony{}, err
	}
	return r.begin(ctx, d, account, toAdd, options, s)
}

// AddPasskey adds the passkey that answered BeginAdd. The first factor of an account
// comes with recovery codes.
func (r *Room) AddPasskey(ctx context.Context, d *db.DB, by db.By, s *staff.Session, ceremony, answer, name string) (codes []string, err error) {
	account := s.Account.ID
	rp, err := r.relying()
	if err != nil {
		return nil, err
	}
	state, err := r.take(ctx, d, ceremony, account, toAdd)
	if err != nil {
		return nil, err
	}
	o, err := r.ownerOf(ctx, d, account)
	if err != nil {
		return nil, err
	}
	c, err := created(rp, o, state, answer)
	if err != nil {
		return nil, fault.New(fault.Invalid, "factor.passkey_bad", "the browser's answer is not a passkey for this register").Because(err)
	}
	err = d.Do(ctx, by, func(tx *db.Tx) error {
		f := &Factor{ID: tx.NewID(), Kind: Passkey, Name: name, handle: handleText(c.ID), step: int64(c.Authenticator.SignCount)}
		plain, err := json.Marshal(c)
		if err != nil {
			return err
		}
		f.sealed = r.Keys.Seal(sealedFor(f.ID), plain)
		codes, err = r.add(tx, s, f)
		return err
	})
	return codes, err
}

func created(rp *webauthn.WebAuthn, o *owner, state webauthn.SessionData, answer string) (*webauthn.Credential, error) {
	if len(answer) > maxAnswer {
		return nil, errors.New("the answer is too long")
	}
	parsed, err := protocol.ParseCredentialCreationResponseBytes([]byte(answer))
	if err != nil {
		return nil, err
	}
	return rp.CreateCredential(o, state, parsed)
}

// handleText is how a credential's id is stored.
func handleText(credential []byte) string {
	return "passkey " + base64.RawURLEncoding.EncodeToString(credential)
}

// BeginSignIn asks for any passkey of this register that checks who holds it.
func (r *Room) BeginSignIn(ctx context.Context, d *db.DB) (Ceremony, error) {
	rp, err := r.relying()
	if err != nil {
		return Ceremony{}, err
	}
	options, s, err := rp.BeginDiscoverableLogin(webauthn.WithUserVerification(protocol.VerificationRequired))
	if err != nil {
		return Ceremony{}, err
	}
	return r.begin(ctx, d, 0, toSignIn, options, s)
}

// BeginShow asks for one of a known account's passkeys, as its second factor.
func (r *Room) BeginShow(ctx context.Context, d *db.DB, account id.ID) (Ceremony, error) {
	rp, err := r.relying()
	if err != nil {
		return Ceremony{}, err
	}
	o, err := r.ownerOf(ctx, d, account)
	if err != nil {
		return Ceremony{}, err
	}
	if len(o.creds) == 0 {
		return Ceremony{}, errWrong()
	}
	options, s, err := rp.BeginLogin(o, webauthn.WithUserVerification(protocol.VerificationPreferred))
	if err != nil {
		return Ceremony{}, err
	}
	return r.begin(ctx, d, account, toShow, options, s)
}

// BeginFinish is BeginShow for the half of a sign-in.
func (r *Room) BeginFinish(ctx context.Context, d *db.DB, half string) (Ceremony, error) {
	h, err := r.half(ctx, d, half)
	if err != nil {
		return Ceremony{}, err
	}
	return r.BeginShow(ctx, d, h.Account.ID)
}

// SignIn begins a session with a passkey alone, whatever wrong passwords others
// have tried: a signature cannot be guessed. Everything that is not right gets one
// and the same refusal.
func (r *Room) SignIn(ctx context.Context, d *db.DB, ceremony, answer, userAgent string) (opened staff.Opened, err error) {
	state, err := r.take(ctx, d, ceremony, 0, toSignIn)
	if err != nil {
		return opened, err
	}
	sys := db.System("passkey")
	err = d.Do(ctx, sys, func(tx *db.Tx) error {
		o, err := r.shown(tx, state, answer, nil)
		if err == nil && !o.account.Active(tx.Time()) {
			err = errWrong()
		}
		if err == nil {
			opened, err = r.Staff.Begin(tx, o.account, staff.Entry{Via: staff.ViaPasskey, Second: staff.ByPasskey, UserAgent: userAgent})
		}
		return err
	})
	if fault.KeyOf(err) == "factor.wrong" {
		err = refused(ctx, d, sys, 0, err)
	}
	return opened, err
}

// FinishPasskey finishes the half of a sign-in with one of the account's passkeys.
func (r *Room) FinishPasskey(ctx context.Context, d *db.DB, half, ceremony, answer string) (staff.Opened, error) {
	h, err := r.half(ctx, d, half)
	if err != nil {
		return staff.Opened{}, err
	}
	return r.byPasskey(ctx, d, h.By(), h.Account.ID, ceremony, answer, func(tx *db.Tx) (staff.Opened, error) {
		return r.Staff.Finish(tx, half, staff.ByPasskey)
	})
}

// ConfirmPasskey takes a passkey as a fresh proof in the midst of a session, which
// gets a new token.
func (r *Room) ConfirmPasskey(ctx context.Context, d *db.DB, by db.By, s *staff.Session, token, ceremony, answer string) (staff.Opened, error) {
	return r.byPasskey(ctx, d, by, s.Account.ID, ceremony, answer, func(tx *db.Tx) (staff.Opened, error) {
		return r.Staff.Strengthen(tx, token, staff.ByPasskey)
	})
}

func (r *Room) byPasskey(ctx context.Context, d *db.DB, by db.By, account id.ID, ceremony, answer string, then func(*db.Tx) (staff.Opened, error)) (opened staff.Opened, err error) {
	state, err := r.take(ctx, d, ceremony, account, toShow)
	if err != nil {
		return opened, err
	}
	err = d.Do(ctx, by, func(tx *db.Tx) error {
		o, err := r.owner(tx, account)
		if err == nil {
			_, err = r.shown(tx, state, answer, o)
		}
		if err == nil {
			opened, err = then(tx)
		}
		return err
	})
	if fault.KeyOf(err) == "factor.wrong" {
		err = refused(ctx, d, by, account, err)
	}
	return opened, err
}

// shown checks the answer of a passkey and notes its use. Whose it is is known (o),
// or seen from the answer when o is nil.
func (r *Room) shown(tx *db.Tx, state webauthn.SessionData, answer string, o *owner) (*owner, error) {
	rp, err := r.relying()
	if err != nil {
		return nil, err
	}
	if len(answer) > maxAnswer {
		return nil, errWrong()
	}
	parsed, err := protocol.ParseCredentialRequestResponseBytes([]byte(answer))
	if err != nil {
		return nil, errWrong()
	}
	var c *webauthn.Credential
	var broken error // of the register, not of the answer
	if o != nil {
		c, err = rp.ValidateLogin(o, state, parsed)
	} else {
		_, c, err = rp.ValidatePasskeyLogin(func(_, handle []byte) (webauthn.User, error) {
			if len(handle) != 8 {
				return nil, errWrong()
			}
			o, broken = r.owner(tx, id.ID(binary.BigEndian.Uint64(handle)))
			return o, broken
		}, state, parsed)
	}
	if broken != nil && !fault.Is(broken, fault.NotFound) {
		return nil, broken
	}
	if err != nil || c.Authenticator.CloneWarning { // a count that goes back: the key was copied
		return nil, errWrong()
	}
	return o, r.used(tx, o, c)
}

// used notes the use of a passkey, with its count of signatures.
func (r *Room) used(tx *db.Tx, o *owner, c *webauthn.Credential) error {
	plain, err := json.Marshal(c)
	if err != nil {
		return err
	}
	for i := range o.creds {
		if !bytes.Equal(o.creds[i].ID, c.ID) {
			continue
		}
		f := o.factors[i]
		n, err := tx.Exec(useFactor, f.ID, f.step, r.Keys.Seal(sealedFor(f.ID), plain), int64(c.Authenticator.SignCount), tx.Now())
		if err == nil && n == 0 {
			err = errWrong()
		}
		return err
	}
	return errWrong()
}
