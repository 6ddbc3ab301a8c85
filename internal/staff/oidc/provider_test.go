package oidc

import (
	"bufio"
	"io"
	"net/http"
	"net/http/cookiejar"
	"net/url"
	"os/exec"
	"strings"
	"testing"

	"kartotek/internal/clock"
	"kartotek/internal/db"
	"kartotek/internal/db/dbtest"
	"kartotek/internal/staff"
)

// real starts the provider of testdata and gives its issuer.
func real(t *testing.T, redirect string) string {
	t.Helper()
	cmd := exec.Command("node", "server.js", redirect, "hush-hush-hush-hush-hush-hush-hush")
	cmd.Dir = "testdata/provider"
	cmd.Stderr = t.Output()
	in, err := cmd.StdinPipe()
	if err != nil {
		t.Fatal(err)
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := cmd.Start(); err != nil {
		t.Fatalf("%v: the tests need node; run scripts/install-test-tools", err)
	}
	t.Cleanup(func() { in.Close(); _ = cmd.Wait() })
	line, err := bufio.NewReader(out).ReadString('\n')
	if err != nil {
		t.Fatalf("the provider did not start (%v); run scripts/install-test-tools", err)
	}
	return strings.TrimSpace(line)
}

// browser follows the provider's redirects as somebody's browser would, and gives
// the address at the register it is sent back to.
func browser(t *testing.T, from, login string) url.Values {
	t.Helper()
	jar, _ := cookiejar.New(nil)
	var back *url.URL
	c := http.Client{Jar: jar, CheckRedirect: func(r *http.Request, _ []*http.Request) error {
		if r.URL.Host == "register.example" {
			back = r.URL
			return http.ErrUseLastResponse
		}
		return nil
	}}
	res, err := c.Get(from + "&login_hint=" + url.QueryEscape(login))
	if err != nil {
		t.Fatal(err)
	}
	defer res.Body.Close()
	if back == nil {
		page, _ := io.ReadAll(res.Body)
		t.Fatalf("the provider did not send the browser back: %d %.300s", res.StatusCode, page)
	}
	return back.Query()
}

// TestRealProvider signs in by a provider that others wrote.
func TestRealProvider(t *testing.T) {
	issuer := real(t, "https://register.example"+CallbackPath)
	d := dbtest.SQLite(t, schemas, dbtest.At(clock.System()))
	r := New(Settings{Issuer: issuer, ClientID: "kartotek", ClientSecret: "hush-hush-hush-hush-hush-hush-hush", Private: true, BaseURL: "https://register.example"}, &staff.Room{Keys: keys}, keys, quiet)
	err := d.Do(t.Context(), db.System("test"), func(tx *db.Tx) error {
		for _, name := range []string{"asta", "kim"} {
			if _, err := r.Staff.Create(tx, staff.NewAccount{Name: name, Email: name + "@bolaget.example"}); err != nil {
				return err
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	try := func(login string) (Signed, error) {
		s, err := r.Begin(t.Context(), d, "/today")
		if err != nil {
			t.Fatal(err)
		}
		q := browser(t, s.URL, login)
		return r.Finish(t.Context(), d, Answer{State: q.Get("state"), Code: q.Get("code"), Issuer: q.Get("iss"), Error: q.Get("error"), Browser: s.Browser})
	}
	for range 2 {
		if s, err := try("asta"); err != nil || s.Session.Account.Email != "asta@bolaget.example" || s.Session.Strong || s.Next != "/today" {
			t.Fatalf("%+v %v", s, err)
		}
	}
	if s, err := try("mfa kim"); err != nil || !s.Session.Strong {
		t.Errorf("with a second factor: %+v %v", s, err)
	}
	if _, err := try("stranger"); err == nil {
		t.Error("a stranger was let in")
	}
}
