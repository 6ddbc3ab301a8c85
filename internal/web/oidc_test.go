package web_test

import (
	"crypto/ed25519"
	"encoding/base64"
	"encoding/json"
	"io"
	"log/slog"
	"net/http"
	"net/http/httptest"
	"net/url"
	"strings"
	"testing"

	"kartotek/internal/staff/oidc"
	"kartotek/internal/web/door"
)

// issuer is a provider that vouches for whom a test says.
type issuer struct {
	*httptest.Server
	claims map[string]any
}

func newIssuer(t *testing.T) *issuer {
	i := &issuer{}
	key := ed25519.NewKeyFromSeed(make([]byte, ed25519.SeedSize))
	b64 := base64.RawURLEncoding.EncodeToString
	answer := func(v func() any) http.HandlerFunc {
		return func(w http.ResponseWriter, _ *http.Request) {
			w.Header().Set("Content-Type", "application/json")
			_ = json.NewEncoder(w).Encode(v())
		}
	}
	mux := http.NewServeMux()
	mux.HandleFunc("/.well-known/openid-configuration", answer(func() any {
		return map[string]any{"issuer": i.URL, "authorization_endpoint": i.URL + "/auth", "token_endpoint": i.URL + "/token", "jwks_uri": i.URL + "/jwks", "id_token_signing_alg_values_supported": []string{"EdDSA"}}
	}))
	mux.HandleFunc("/jwks", answer(func() any {
		return map[string]any{"keys": []any{map[string]any{"kty": "OKP", "crv": "Ed25519", "kid": "k", "x": b64(key.Public().(ed25519.PublicKey))}}}
	}))
	mux.HandleFunc("/token", answer(func() any {
		body, _ := json.Marshal(i.claims)
		text := b64([]byte(`{"alg":"EdDSA","kid":"k"}`)) + "." + b64(body)
		return map[string]any{"access_token": "a", "token_type": "Bearer", "id_token": text + "." + b64(ed25519.Sign(key, []byte(text)))}
	}))
	i.Server = httptest.NewServer(mux)
	t.Cleanup(i.Close)
	return i
}

// TestOIDCDoor goes to the provider and back as a browser does.
func TestOIDCDoor(t *testing.T) {
	i := newIssuer(t)
	w := newWorld(t, func(r *door.Rooms) {
		r.BaseURL = "https://register.example"
		r.OIDC = oidc.New(oidc.Settings{Issuer: i.URL, ClientID: "kartotek", Name: "Bolaget", Private: true, BaseURL: r.BaseURL}, r.Staff, r.Keys, slog.New(slog.NewTextHandler(io.Discard, nil)))
	})
	w.member("maja@nordanvind.example", "owner")
	if page := text(t, w.get("/sign-in?next=/people", "Accept-Language", "en")); !strings.Contains(page, "Sign in with Bolaget") || !strings.Contains(page, "/sign-in/oidc?next=%2Fpeople") {
		t.Error("the sign-in page does not offer it")
	}
	start := func(next string) (back url.Values, cookie string) {
		t.Helper()
		res := w.get("/sign-in/oidc?next=" + url.QueryEscape(next))
		wantStatus(t, res, http.StatusSeeOther)
		to, err := url.Parse(res.Header.Get("Location"))
		if err != nil || !strings.HasPrefix(to.String(), i.URL+"/auth?") || to.Query().Get("redirect_uri") != "https://register.example/sign-in/oidc/callback" {
			t.Fatalf("sent to %s", to)
		}
		c := res.Cookies()[0]
		if c.Name != "__Host-oidc" || !c.HttpOnly || !c.Secure || c.SameSite != http.SameSiteLaxMode || c.MaxAge != 600 {
			t.Errorf("cookie %+v", c)
		}
		now := w.DB.Now().Unix()
		i.claims = map[string]any{"iss": i.URL, "aud": "kartotek", "sub": "s1", "email": "maja@nordanvind.example", "email_verified": true, "nonce": to.Query().Get("nonce"), "iat": now, "exp": now + 60}
		return url.Values{"state": to.Query()["state"], "code": {"c"}}, c.Name + "=" + c.Value
	}
	back, c := start("/people")
	res := w.get("/sign-in/oidc/callback?"+back.Encode(), "Cookie", c)
	if res.StatusCode != http.StatusSeeOther || res.Header.Get("Location") != "/people" {
		t.Fatalf("%d to %s", res.StatusCode, res.Header.Get("Location"))
	}
	wantStatus(t, w.get("/account", "Cookie", cookie(t, res)), http.StatusOK)

	refused := func(back url.Values, c string) string {
		t.Helper()
		res := w.get("/sign-in/oidc/callback?"+back.Encode(), "Cookie", c, "Accept-Language", "en")
		wantStatus(t, res, http.StatusUnauthorized)
		for _, x := range res.Cookies() {
			if strings.HasSuffix(x.Name, door.SessionCookie) && x.Value != "" {
				t.Error("a session was opened")
			}
		}
		return text(t, res)
	}
	pages := map[string]bool{refused(back, c): true} // used up
	back, _ = start("/")
	pages[refused(back, "")] = true
	back, c = start("/")
	back["state"] = append(back["state"], "twice")
	pages[refused(back, c)] = true
	back, c = start("/")
	i.claims["email"], i.claims["sub"] = "nobody@nordanvind.example", "s2"
	pages[refused(back, c)] = true
	pages[refused(url.Values{"error": {"<b>access_denied</b>"}}, "")] = true
	if len(pages) != 1 {
		t.Error("the refusals differ")
	}
	// Where it leads afterwards is of this site alone.
	back, c = start("//evil.example/")
	if to := w.get("/sign-in/oidc/callback?"+back.Encode(), "Cookie", c).Header.Get("Location"); to != "/" {
		t.Errorf("led to %s", to)
	}
	i.Close()
	w.clock.Move(2 * 3600e9)
	wantStatus(t, w.get("/sign-in/oidc"), http.StatusServiceUnavailable)
	wantStatus(t, w.get("/sign-in"), http.StatusOK)
}

// Without a provider there is no such page.
func TestNoOIDC(t *testing.T) {
	w := newWorld(t)
	wantStatus(t, w.get("/sign-in/oidc"), http.StatusNotFound)
	wantStatus(t, w.get("/sign-in/oidc/callback?state=x&code=y"), http.StatusNotFound)
}
