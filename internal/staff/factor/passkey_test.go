package factor

import (
	"encoding/base64"
	"encoding/json"
	"strings"
	"testing"
	"time"

	"github.com/descope/virtualwebauthn"

	"kartotek/internal/audit"
	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/staff"
)

var here = virtualwebauthn.RelyingParty{ID: "register.example", Name: "Kartotek", Origin: "https://register.example"}

// device is an authenticator with one key.
type device struct {
	auth virtualwebauthn.Authenticator
	key  virtualwebauthn.Credential
}

func newDevice(account *staff.Account) *device {
	d := &device{auth: virtualwebauthn.NewAuthenticatorWithOptions(virtualwebauthn.AuthenticatorOptions{UserHandle: handleOf(account.ID)}), key: virtualwebauthn.NewCredential(virtualwebauthn.KeyTypeEC2)}
	d.auth.AddCredential(d.key)
	return d
}

// inner is what browsers take: the options without their wrapping.
func inner(t *testing.T, c Ceremony) string {
	t.Helper()
	var o struct {
		PublicKey json.RawMessage `json:"publicKey"`
	}
	if err := json.Unmarshal(c.Options, &o); err != nil {
		t.Fatal(err)
	}
	return string(o.PublicKey)
}

func (k *desk) make(d *device, rp virtualwebauthn.RelyingParty) (Ceremony, string) {
	k.Helper()
	c, err := room.BeginAdd(k.Context(), k.d, k.asta.ID)
	k.must(err)
	o, err := virtualwebauthn.ParseAttestationOptions(inner(k.T, c))
	k.must(err)
	return c, virtualwebauthn.CreateAttestationResponse(rp, d.auth, d.key, *o)
}

func (k *desk) add(c Ceremony, answer string) error {
	_, err := room.AddPasskey(k.Context(), k.d, cli, k.here.Session, c.ID, answer, "key ring")
	return err
}

// show answers a challenge; the key counts its signatures.
func (k *desk) show(d *device, c Ceremony, rp virtualwebauthn.RelyingParty) string {
	k.Helper()
	o, err := virtualwebauthn.ParseAssertionOptions(inner(k.T, c))
	k.must(err)
	d.key.Counter++
	return virtualwebauthn.CreateAssertionResponse(rp, d.auth, d.key, *o)
}

func (k *desk) addPasskey() *device {
	k.Helper()
	d := newDevice(k.asta)
	c, answer := k.make(d, here)
	k.must(k.add(c, answer))
	return d
}

func (k *desk) challenge() Ceremony {
	k.Helper()
	c, err := room.BeginSignIn(k.Context(), k.d)
	k.must(err)
	return c
}

func (k *desk) byPasskey(c Ceremony, answer string) (staff.Opened, error) {
	return room.SignIn(k.Context(), k.d, c.ID, answer, "Firefox Linux")
}

func TestPasskeySignsIn(t *testing.T) {
	each(t, func(k *desk) {
		d := k.addPasskey()
		for range 10 { // a stranger's guesses at the password
			_, _ = room.Staff.SignIn(k.Context(), k.d, staff.Credentials{Email: k.asta.Email, Password: "x", Source: "198.51.100.7"})
		}
		c := k.challenge()
		answer := k.show(d, c, here)
		o, err := k.byPasskey(c, answer)
		k.must(err)
		if o.Half || !o.Session.Strong || o.Session.Via != staff.ViaPasskey || o.Session.Account.ID != k.asta.ID {
			k.Errorf("%+v", o.Session)
		}
		_, err = k.byPasskey(c, answer)
		k.want(err, "factor.ceremony_over") // a challenge is answered once
		c = k.challenge()
		late := k.show(d, c, here)
		k.c.Move(ceremonyLife)
		_, err = k.byPasskey(c, late)
		k.want(err, "factor.ceremony_over")
		k.do(func(tx *db.Tx) error {
			all, err := List(tx, k.asta.ID)
			if len(all) != 1 || all[0].Kind != Passkey || all[0].Name != "key ring" || all[0].UsedAt.IsZero() || all[0].step != 1 {
				k.Errorf("%+v", all)
			}
			return err
		})
	})
}

// TestPasskeyRefusals alters one thing at a time.
func TestPasskeyRefusals(t *testing.T) {
	each(t, func(k *desk) {
		d := k.addPasskey()
		stranger := newDevice(k.asta) // a key we never saw
		unseen := newDevice(k.asta)
		unseen.key, unseen.auth.Options.UserNotVerified = d.key, true
		nobody := newDevice(&staff.Account{ID: 77})
		nobody.key = d.key
		phish := here
		phish.Origin = "https://register.example.evil.example"
		elsewhere := here
		elsewhere.ID = "other.example"
		for name, row := range map[string]struct {
			d  *device
			rp virtualwebauthn.RelyingParty
		}{"another key": {stranger, here}, "no user verification": {unseen, here}, "another account's handle": {nobody, here}, "another origin": {d, phish}, "another host": {d, elsewhere}} {
			c := k.challenge()
			_, err := k.byPasskey(c, k.show(row.d, c, row.rp))
			if fault.KeyOf(err) != "factor.wrong" {
				k.Errorf("%s: %v", name, err)
			}
		}
		for _, answer := range []string{"", "{}", "null", "[]", `{"id":"x"}`, strings.Repeat("[", 40_000), `{"id":["a","b"]}`} {
			_, err := k.byPasskey(k.challenge(), answer)
			k.want(err, "factor.wrong")
		}
		c := k.challenge()
		answer := k.show(d, c, here)
		other := k.challenge()
		_, err := k.byPasskey(other, answer)
		k.want(err, "factor.wrong") // signed for another challenge
		d.key.Counter = 0           // a copy of the key counts from another place
		c = k.challenge()
		answer = k.show(d, c, here)
		o, err := k.byPasskey(c, answer)
		k.must(err)
		if o.Session.Account.ID != k.asta.ID {
			k.Error("another account")
		}
		d.key.Counter = 0
		c = k.challenge()
		_, err = k.byPasskey(c, k.show(d, c, here))
		k.want(err, "factor.wrong")
		k.do(func(tx *db.Tx) error { return room.Staff.Disable(tx, k.asta.ID) })
		d.key.Counter = 5
		c = k.challenge()
		_, err = k.byPasskey(c, k.show(d, c, here))
		k.want(err, "factor.wrong")
		if n := k.logged("staff.second", audit.Refused); n != 15 {
			k.Errorf("%d refusals in the log", n)
		}
	})
}

func TestPasskeyAsSecondStep(t *testing.T) {
	each(t, func(k *desk) {
		d := k.addPasskey()
		half := k.signIn()
		c, err := room.BeginFinish(k.Context(), k.d, half.Token)
		k.must(err)
		answer := k.show(d, c, here)
		_, err = k.byPasskey(c, answer)
		k.want(err, "factor.ceremony_over") // a challenge is good for its own use only
		o, err := room.FinishPasskey(k.Context(), k.d, half.Token, c.ID, answer)
		k.must(err)
		if !o.Session.Strong || o.Session.Second != Passkey || o.Session.Via != staff.ViaPassword {
			k.Errorf("%+v", o.Session)
		}
		k.c.Move(staff.FreshFor)
		s, err := room.Staff.Session(k.Context(), k.d, o.Token)
		k.must(err)
		if s.FreshSecond(k.c.Now()) || s.Fresh(k.c.Now()) {
			k.Error("the proof stays fresh")
		}
		c, err = room.BeginShow(k.Context(), k.d, k.asta.ID)
		k.must(err)
		fresh, err := room.ConfirmPasskey(k.Context(), k.d, cli, s, o.Token, c.ID, k.show(d, c, here))
		k.must(err)
		_, err = room.Staff.Session(k.Context(), k.d, o.Token)
		k.want(err, "staff.no_session") // the key of before
		if s, err = room.Staff.Session(k.Context(), k.d, fresh.Token); err != nil || !s.FreshSecond(k.c.Now()) {
			k.Errorf("%+v %v", s, err)
		}
	})
}

func TestAddPasskeyRefuses(t *testing.T) {
	each(t, func(k *desk) {
		d := newDevice(k.asta)
		phish := here
		phish.Origin = "https://evil.example"
		c, answer := k.make(d, phish)
		k.want(k.add(c, answer), "factor.passkey_bad")
		k.want(k.add(c, answer), "factor.ceremony_over")
		c, _ = k.make(d, here)
		k.want(k.add(c, "{"), "factor.passkey_bad")
		c, answer = k.make(d, here)
		k.must(k.add(c, answer))
		c, answer = k.make(d, here)
		k.want(k.add(c, answer), "factor.known")
		c, answer = k.make(newDevice(k.asta), here)
		k.c.Move(ceremonyLife + time.Second)
		k.want(k.add(c, answer), "factor.ceremony_over")
	})
}

// TestRelyingParty holds that host and origin are the configured ones.
func TestRelyingParty(t *testing.T) {
	for base, ready := range map[string]bool{"https://register.example": true, "https://register.example:8443": true, "http://localhost:8600": true,
		"http://127.0.0.1:8600": false, "https://[::1]:8600": false, "http://register.example": false, "": false, "https://": false} {
		r := &Room{BaseURL: base}
		if r.Ready() != ready {
			t.Errorf("%q: %v", base, r.Ready())
		}
		_, err := r.relying()
		if (err == nil) != ready {
			t.Errorf("%q: %v", base, err)
		}
	}
	each(t, func(k *desk) {
		c := k.challenge()
		if !strings.Contains(string(c.Options), `"rpId":"register.example"`) || !strings.Contains(string(c.Options), `"userVerification":"required"`) {
			k.Errorf("%s", c.Options)
		}
	})
}

func FuzzAnswer(f *testing.F) {
	f.Add(`{"id":"YQ","rawId":"YQ","type":"public-key","response":{"clientDataJSON":"e30","authenticatorData":"YQ","signature":"YQ","userHandle":"YQ"}}`)
	f.Add(base64.RawURLEncoding.EncodeToString([]byte("x")))
	rp, err := room.relying()
	if err != nil {
		f.Fatal(err)
	}
	options, state, err := rp.BeginRegistration(&owner{account: &staff.Account{ID: 1, Name: "Asta", Email: "a@b.example"}})
	if err != nil || options == nil {
		f.Fatal(err)
	}
	f.Fuzz(func(t *testing.T, answer string) {
		if _, err := created(rp, &owner{account: &staff.Account{ID: 1}}, *state, answer); err == nil {
			t.Errorf("%q made a passkey", answer)
		}
	})
}
