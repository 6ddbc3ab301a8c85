package oidc

import (
	"crypto"
	"crypto/hmac"
	"crypto/rand"
	"crypto/rsa"
	"crypto/sha256"
	"encoding/base64"
	"encoding/json"
	"encoding/pem"
	"errors"
	"io"
	"log/slog"
	"math/big"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"strings"
	"sync"
	"testing"
	"time"

	"kartotek/internal/audit"
	"kartotek/internal/clock"
	"kartotek/internal/db"
	"kartotek/internal/db/dbtest"
	"kartotek/internal/fault"
	"kartotek/internal/seal"
	"kartotek/internal/staff"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

var (
	schemas = []db.Schema{audit.Schema, staff.Schema, Schema}
	keys    = seal.Fixed([32]byte{3})
	signing = sync.OnceValue(func() *rsa.PrivateKey { k, _ := rsa.GenerateKey(rand.Reader, 2048); return k })
	quiet   = slog.New(slog.NewTextHandler(io.Discard, nil))
)

func b64(b []byte) string { return base64.RawURLEncoding.EncodeToString(b) }

// idp is a provider that a test may make as hostile as it likes.
type idp struct {
	*httptest.Server
	challenge, nonce string
	claims           map[string]any
	sign             func(body string) string // makes the token; nil is as it should be
	meta             map[string]any
	asked            int // times the token endpoint was asked
}

func newIDP(t *testing.T) *idp {
	p := &idp{meta: map[string]any{}}
	mux := http.NewServeMux()
	mux.HandleFunc("/.well-known/openid-configuration", func(w http.ResponseWriter, _ *http.Request) {
		m := map[string]any{"issuer": p.URL, "authorization_endpoint": p.URL + "/auth", "token_endpoint": p.URL + "/token", "jwks_uri": p.URL + "/jwks",
			"id_token_signing_alg_values_supported": []string{"none", "HS256", "RS256"}, "code_challenge_methods_supported": []string{"S256"}}
		for k, v := range p.meta {
			m[k] = v
		}
		write(w, m)
	})
	mux.HandleFunc("/jwks", func(w http.ResponseWriter, _ *http.Request) {
		k := signing().PublicKey
		write(w, map[string]any{"keys": []any{map[string]any{"kty": "RSA", "kid": "k", "use": "sig", "n": b64(k.N.Bytes()), "e": b64(big.NewInt(int64(k.E)).Bytes())}}})
	})
	mux.HandleFunc("/token", func(w http.ResponseWriter, r *http.Request) {
		p.asked++
		h := sha256.Sum256([]byte(r.FormValue("code_verifier")))
		if _, secret, _ := r.BasicAuth(); b64(h[:]) != p.challenge || secret != "hush" || r.FormValue("code") != "code" {
			w.WriteHeader(http.StatusBadRequest)
			write(w, map[string]any{"error": "invalid_grant"})
			return
		}
		body, _ := json.Marshal(p.claims)
		make := p.sign
		if make == nil {
			make = rs256
		}
		write(w, map[string]any{"access_token": "a", "token_type": "Bearer", "id_token": make(b64(body))})
	})
	p.Server = httptest.NewServer(mux)
	t.Cleanup(p.Close)
	return p
}

func write(w http.ResponseWriter, v any) {
	w.Header().Set("Content-Type", "application/json")
	_ = json.NewEncoder(w).Encode(v)
}

func rs256(body string) string {
	text := b64([]byte(`{"alg":"RS256","kid":"k"}`)) + "." + body
	h := sha256.Sum256([]byte(text))
	sig, _ := rsa.SignPKCS1v15(rand.Reader, signing(), crypto.SHA256, h[:])
	return text + "." + b64(sig)
}

// unsigned says that it has no signature.
func unsigned(body string) string { return b64([]byte(`{"alg":"none"}`)) + "." + body + "." }

// confused is signed with the public key as if it were a shared secret.
func confused(body string) string {
	text := b64([]byte(`{"alg":"HS256","kid":"k"}`)) + "." + body
	mac := hmac.New(sha256.New, pem.EncodeToMemory(&pem.Block{Type: "RSA PUBLIC KEY", Bytes: signing().PublicKey.N.Bytes()}))
	mac.Write([]byte(text))
	return text + "." + b64(mac.Sum(nil))
}

// desk is a register with Asta's account, a provider, and a clock to move.
type desk struct {
	*testing.T
	*Room
	d    *db.DB
	c    *clock.Fixed
	p    *idp
	asta *staff.Account
}

func each(t *testing.T, fn func(k *desk)) {
	t.Helper()
	for name, open := range map[string]func(*testing.T, []db.Schema, ...dbtest.Option) *db.DB{"sqlite": dbtest.SQLite, "postgres": dbtest.Postgres} {
		t.Run(name, func(t *testing.T) {
			c := clock.At(dbtest.Start)
			k := &desk{T: t, d: open(t, schemas, dbtest.At(c)), c: c, p: newIDP(t)}
			k.Room = New(Settings{Issuer: k.p.URL, ClientID: "kartotek", ClientSecret: "hush", Private: true, BaseURL: "https://register.example"}, &staff.Room{Keys: keys}, keys, quiet)
			k.asta = k.account("Asta.Ek@bolaget.example")
			fn(k)
		})
	}
}

func (k *desk) do(fn func(*db.Tx) error) {
	k.Helper()
	if err := k.d.Do(k.Context(), db.System("test"), fn); err != nil {
		k.Fatal(err)
	}
}

func (k *desk) account(email string) (a *staff.Account) {
	k.Helper()
	k.do(func(tx *db.Tx) (err error) {
		a, err = k.Staff.Create(tx, staff.NewAccount{Name: "Asta Ek", Email: email})
		return err
	})
	return a
}

// begin starts a try, and readies the provider to speak of a subject.
func (k *desk) begin(sub, email string) Answer {
	k.Helper()
	s, err := k.Begin(k.Context(), k.d, "/people")
	if err != nil {
		k.Fatal(err)
	}
	u, _ := url.Parse(s.URL)
	q := u.Query()
	if q.Get("redirect_uri") != "https://register.example/sign-in/oidc/callback" || q.Get("code_challenge_method") != "S256" || q.Get("scope") != "openid email" {
		k.Errorf("asked with %v", q)
	}
	now := k.c.Now().Unix()
	k.p.challenge, k.p.nonce = q.Get("code_challenge"), q.Get("nonce")
	k.p.claims = map[string]any{"iss": k.p.URL, "aud": "kartotek", "sub": sub, "email": email, "email_verified": true, "nonce": k.p.nonce, "iat": now, "exp": now + 300}
	return Answer{State: q.Get("state"), Code: "code", Issuer: k.p.URL, Browser: s.Browser, UserAgent: "Firefox Linux"}
}

func (k *desk) refused(code string, err error) {
	k.Helper()
	var why *Refused
	if fault.KeyOf(err) != "oidc.refused" || !errors.As(err, &why) || why.Code != code {
		k.Errorf("%v (%v), want a refusal for %s", err, why, code)
	}
	k.do(func(tx *db.Tx) error {
		list, err := audit.Read(tx, audit.Filter{Action: "staff.sign_in", Outcome: audit.Refused, Limit: 1})
		if err == nil && (len(list) == 0 || list[0].Detail["code"] != code) {
			k.Errorf("the log says %v, want %s", list, code)
		}
		return err
	})
}

func TestSignIn(t *testing.T) {
	each(t, func(k *desk) {
		s, err := k.Finish(k.Context(), k.d, k.begin("s1", "asta.ek@BOLAGET.example"))
		if err != nil || s.Next != "/people" || s.Session.Account.ID != k.asta.ID || s.Session.Strong || s.Session.Via != staff.ViaOIDC {
			k.Fatalf("first sign-in: %+v %v", s, err)
		}
		// The subject counts from now on, not the address.
		a := k.begin("s1", "other@bolaget.example")
		k.p.claims["amr"] = []string{"pwd", "mfa"}
		if s, err = k.Finish(k.Context(), k.d, a); err != nil || s.Session.Account.ID != k.asta.ID || !s.Session.Strong {
			k.Fatalf("with a second factor: %+v %v", s, err)
		}
		_, err = k.Finish(k.Context(), k.d, k.begin("s2", "asta.ek@bolaget.example"))
		k.refused("bound_to_other", err)
		k.do(func(tx *db.Tx) error { return k.Unbind(tx, k.asta.ID) })
		if _, err = k.Finish(k.Context(), k.d, k.begin("s2", "asta.ek@bolaget.example")); err != nil {
			k.Error("after unbinding:", err)
		}
		_, err = k.Finish(k.Context(), k.d, k.begin("s1", "asta.ek@bolaget.example"))
		k.refused("bound_to_other", err)
		_, err = k.Finish(k.Context(), k.d, k.begin("s3", "nobody@bolaget.example"))
		k.refused("nobody", err)
		k.do(func(tx *db.Tx) error { return k.Staff.Disable(tx, k.asta.ID) })
		_, err = k.Finish(k.Context(), k.d, k.begin("s2", "asta.ek@bolaget.example"))
		k.refused("disabled", err)
		k.do(func(tx *db.Tx) error {
			all, err := staff.List(tx)
			if len(all) != 1 {
				k.Errorf("%d accounts: one was made", len(all))
			}
			return err
		})
	})
}

// An account that is disabled is not bound either, and an address that only folds
// to the same is another.
func TestFirstSignIn(t *testing.T) {
	each(t, func(k *desk) {
		gone := k.account("gone@bolaget.example")
		k.do(func(tx *db.Tx) error { return k.Staff.Disable(tx, gone.ID) })
		_, err := k.Finish(k.Context(), k.d, k.begin("g", "gone@bolaget.example"))
		k.refused("disabled", err)
		_, err = k.Finish(k.Context(), k.d, k.begin("w", "ａsta.ek@bolaget.example"))
		k.refused("nobody", err)
		_, err = k.Finish(k.Context(), k.d, k.begin("w", "a\u017fta.ek@bolaget.example"))
		k.refused("nobody", err)
	})
}

// TestHostile is the table of tokens and answers that open nothing.
func TestHostile(t *testing.T) {
	rows := map[string]struct {
		change func(k *desk, a *Answer, c map[string]any)
		code   string
	}{
		"alg none":               {func(k *desk, _ *Answer, _ map[string]any) { k.p.sign = unsigned }, "token"},
		"HS256 with public key":  {func(k *desk, _ *Answer, _ map[string]any) { k.p.sign = confused }, "token"},
		"body changed":           {func(k *desk, _ *Answer, _ map[string]any) { k.p.sign = func(b string) string { return swap(rs256(b)) } }, "token"},
		"no token at all":        {func(k *desk, _ *Answer, _ map[string]any) { k.p.sign = func(string) string { return "" } }, "token"},
		"another audience":       {func(_ *desk, _ *Answer, c map[string]any) { c["aud"] = "other" }, "token"},
		"two audiences, no azp":  {func(_ *desk, _ *Answer, c map[string]any) { c["aud"] = []string{"kartotek", "other"} }, "party"},
		"another party":          {func(_ *desk, _ *Answer, c map[string]any) { c["azp"] = "other" }, "party"},
		"another issuer":         {func(_ *desk, _ *Answer, c map[string]any) { c["iss"] = "https://evil.example" }, "token"},
		"another nonce":          {func(_ *desk, _ *Answer, c map[string]any) { c["nonce"] = "n" }, "nonce"},
		"no nonce":               {func(_ *desk, _ *Answer, c map[string]any) { delete(c, "nonce") }, "nonce"},
		"run out":                {func(k *desk, _ *Answer, c map[string]any) { c["exp"] = k.c.Now().Unix() - 1 }, "token"},
		"never runs out":         {func(_ *desk, _ *Answer, c map[string]any) { delete(c, "exp") }, "token"},
		"issued long ago":        {func(k *desk, _ *Answer, c map[string]any) { c["iat"] = k.c.Now().Unix() - 600 }, "issued"},
		"issued tomorrow":        {func(k *desk, _ *Answer, c map[string]any) { c["iat"] = k.c.Now().Unix() + 86400 }, "issued"},
		"issued never":           {func(_ *desk, _ *Answer, c map[string]any) { delete(c, "iat") }, "issued"},
		"no subject":             {func(_ *desk, _ *Answer, c map[string]any) { c["sub"] = "" }, "claims"},
		"endless subject":        {func(_ *desk, _ *Answer, c map[string]any) { c["sub"] = strings.Repeat("s", 256) }, "claims"},
		"another access token":   {func(_ *desk, _ *Answer, c map[string]any) { c["at_hash"] = "AAAAAAAAAAAAAAAAAAAAAA" }, "hash"},
		"address not verified":   {func(_ *desk, _ *Answer, c map[string]any) { c["email_verified"] = false }, "address_unverified"},
		"verified as a word":     {func(_ *desk, _ *Answer, c map[string]any) { c["email_verified"] = "true" }, "claims"},
		"nothing about verified": {func(_ *desk, _ *Answer, c map[string]any) { delete(c, "email_verified") }, "address_unverified"},
		"no cookie":              {func(_ *desk, a *Answer, _ map[string]any) { a.Browser = "" }, "browser"},
		"another browser":        {func(_ *desk, a *Answer, _ map[string]any) { a.Browser = seal.Token() }, "browser"},
		"unknown state":          {func(_ *desk, a *Answer, _ map[string]any) { a.State = seal.Token() }, "state"},
		"too late":               {func(k *desk, _ *Answer, _ map[string]any) { k.c.Move(Life + time.Second) }, "late"},
		"mixed-up issuer":        {func(_ *desk, a *Answer, _ map[string]any) { a.Issuer = "https://evil.example" }, "issuer"},
		"refused there":          {func(_ *desk, a *Answer, _ map[string]any) { a.Error, a.Code = "access_denied", "" }, "provider"},
		"another code":           {func(_ *desk, a *Answer, _ map[string]any) { a.Code = "stolen" }, "code"},
		"another verifier":       {func(k *desk, _ *Answer, _ map[string]any) { k.p.challenge = "x" }, "code"},
	}
	each(t, func(k *desk) {
		for name, row := range rows {
			k.p.sign = nil
			a := k.begin("s1", "asta.ek@bolaget.example")
			row.change(k, &a, k.p.claims)
			s, err := k.Finish(k.Context(), k.d, a)
			if s.Token != "" {
				k.Errorf("%s: let in", name)
			}
			k.T.Log(name)
			k.refused(row.code, err)
			_, err = k.Finish(k.Context(), k.d, a) // whatever it was, the try is used up
			k.refused("state", err)
		}
		k.p.sign = nil
		if _, err := k.Finish(k.Context(), k.d, k.begin("s1", "asta.ek@bolaget.example")); err != nil {
			k.Error("the honest one after all of them:", err)
		}
	})
}

// swap changes the body and keeps the signature.
func swap(token string) string {
	p := strings.Split(token, ".")
	p[1] = b64([]byte(`{"sub":"admin"}`))
	return strings.Join(p, ".")
}

func TestReplay(t *testing.T) {
	each(t, func(k *desk) {
		a := k.begin("s1", "asta.ek@bolaget.example")
		if _, err := k.Finish(k.Context(), k.d, a); err != nil {
			k.Fatal(err)
		}
		n := k.p.asked
		_, err := k.Finish(k.Context(), k.d, a)
		k.refused("state", err)
		if k.p.asked != n {
			k.Error("the provider was asked again")
		}
	})
}

// TestMetadata: a provider whose metadata would weaken the flow is not used, and
// one that is dead does no harm beyond that.
func TestMetadata(t *testing.T) {
	for name, meta := range map[string]map[string]any{
		"another issuer":       {"issuer": "https://evil.example"},
		"only shared secrets":  {"id_token_signing_alg_values_supported": []string{"HS256", "none"}},
		"no S256":              {"code_challenge_methods_supported": []string{"plain"}},
		"script":               {"authorization_endpoint": "javascript:alert(1)"},
		"plain http elsewhere": {"token_endpoint": "http://evil.example/token"},
		"no keys":              {"jwks_uri": ""},
		"much too long":        {"padding": strings.Repeat("x", maxAnswer)},
	} {
		p := newIDP(t)
		p.meta = meta
		d := dbtest.SQLite(t, schemas)
		r := New(Settings{Issuer: p.URL, ClientID: "kartotek", Private: true}, &staff.Room{Keys: keys}, keys, quiet)
		if _, err := r.Begin(t.Context(), d, "/"); fault.KeyOf(err) != "oidc.unavailable" {
			t.Errorf("%s: %v", name, err)
		}
	}
}

// A provider that must name itself (RFC 9207) and does not is a mix-up.
func TestMustNameItself(t *testing.T) {
	each(t, func(k *desk) {
		k.p.meta["authorization_response_iss_parameter_supported"] = true
		a := k.begin("s1", "asta.ek@bolaget.example")
		a.Issuer = ""
		_, err := k.Finish(k.Context(), k.d, a)
		k.refused("issuer", err)
	})
}

// Without the operator's word nothing on this machine is dialled, whatever the
// issuer's name is, and nobody is sent elsewhere by a redirect.
func TestDial(t *testing.T) {
	p := newIDP(t)
	d := dbtest.SQLite(t, schemas)
	for _, issuer := range []string{p.URL, strings.Replace(p.URL, "127.0.0.1", "localhost", 1), strings.Replace(p.URL, "127.0.0.1", "[::ffff:7f00:1]", 1),
		"http://2130706433", "http://0177.0.0.1", "http://169.254.169.254"} {
		r := New(Settings{Issuer: issuer, ClientID: "kartotek"}, &staff.Room{Keys: keys}, keys, quiet)
		if _, err := r.Begin(t.Context(), d, "/"); fault.KeyOf(err) != "oidc.unavailable" {
			t.Errorf("%s: %v", issuer, err)
		}
	}
	hop := httptest.NewServer(http.RedirectHandler(p.URL+"/.well-known/openid-configuration", http.StatusFound))
	defer hop.Close()
	r := New(Settings{Issuer: hop.URL, ClientID: "kartotek", Private: true}, &staff.Room{Keys: keys}, keys, quiet)
	if _, err := r.Begin(t.Context(), d, "/"); fault.KeyOf(err) != "oidc.unavailable" {
		t.Errorf("redirect: %v", err)
	}
}

func TestGuard(t *testing.T) {
	for address, want := range map[string]bool{
		"193.166.3.2:443": true, "[2a00:1190::1]:443": true,
		"127.0.0.1:443": false, "10.1.2.3:443": false, "172.16.0.1:443": false, "192.168.1.1:443": false, "169.254.169.254:80": false, "100.64.0.1:443": false,
		"0.0.0.0:443": false, "224.0.0.1:443": false, "255.255.255.255:443": false, "198.18.0.1:443": false, "240.0.0.1:443": false,
		"[::1]:443": false, "[::]:443": false, "[::ffff:7f00:1]:443": false, "[::7f00:1]:443": false, "[fe80::1%eth0]:443": false, "[fc00::1]:443": false, "[fec0::1]:443": false,
		"[64:ff9b::7f00:1]:443": false, "[2002:7f00:1::]:443": false, "[ff02::1]:443": false, "not an address": false,
	} {
		if got := guard(address, false) == nil; got != want {
			t.Errorf("%s: %v", address, got)
		}
	}
	for address, want := range map[string]bool{"127.0.0.1:1": true, "10.1.2.3:443": true, "169.254.169.254:80": false, "0.0.0.0:80": false} {
		if got := guard(address, true) == nil; got != want {
			t.Errorf("own host at %s: %v", address, got)
		}
	}
	if Public(netip.Addr{}) {
		t.Error("no address is public")
	}
}

// A dead provider is remembered for a moment, then asked again.
func TestDead(t *testing.T) {
	c := clock.At(dbtest.Start)
	d := dbtest.SQLite(t, schemas, dbtest.At(c))
	p := newIDP(t)
	p.meta["issuer"] = "https://asleep.example"
	r := New(Settings{Issuer: p.URL, ClientID: "kartotek", Private: true}, &staff.Room{Keys: keys}, keys, quiet)
	for range 2 {
		if _, err := r.Begin(t.Context(), d, "/"); fault.KeyOf(err) != "oidc.unavailable" {
			t.Fatal(err)
		}
		delete(p.meta, "issuer")
	}
	c.Move(deadFor)
	if _, err := r.Begin(t.Context(), d, "/"); err != nil {
		t.Errorf("awake again: %v", err)
	}
}
