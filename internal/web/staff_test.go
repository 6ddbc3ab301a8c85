package web_test

import (
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"
	"time"

	"kartotek/internal/audit"
	"kartotek/internal/db"
	"kartotek/internal/id"
	"kartotek/internal/staff"
	"kartotek/internal/web/door"
)

const password = "a heron stands on one leg"

// member makes an account and gives a one-time link to it.
func (w *world) member(email string, levels ...string) (account id.ID, link string) {
	w.t.Helper()
	w.do(func(tx *db.Tx) error {
		a, err := w.Staff.Create(tx, staff.NewAccount{Name: "Maja Exempel", Email: email, Levels: levels})
		if err != nil {
			return err
		}
		account = a.ID
		token, err := w.Staff.Link(tx, a.ID, staff.InviteLink)
		link = "/sign-in/link/" + token
		return err
	})
	return account, link
}

// signedIn makes an account, signs in by its link, and gives the cookie header.
func (w *world) signedIn(email string, levels ...string) string {
	w.t.Helper()
	_, link := w.member(email, levels...)
	return cookie(w.t, w.post(link, nil))
}

func cookie(t testing.TB, res *http.Response) string {
	t.Helper()
	for _, c := range res.Cookies() {
		if strings.HasSuffix(c.Name, door.SessionCookie) {
			return c.Name + "=" + c.Value
		}
	}
	t.Fatalf("no session cookie in the answer (%d)", res.StatusCode)
	return ""
}

func TestOneTimeLink(t *testing.T) {
	w := newWorld(t)
	_, link := w.member("maja@nordanvind.example", "owner")
	before := w.dump()
	first, bad := text(t, w.get(link)), text(t, w.get("/sign-in/link/x"))
	if strings.ReplaceAll(first, link, "") != strings.ReplaceAll(bad, "/sign-in/link/x", "") {
		t.Error("the page tells whether the link works")
	}
	if w.dump() != before {
		t.Error("opening the link changed something")
	}
	res := w.post(link, nil)
	if res.StatusCode != http.StatusSeeOther || res.Header.Get("Location") != "/account/password" {
		t.Errorf("%d to %s", res.StatusCode, res.Header.Get("Location"))
	}
	c := res.Cookies()[0]
	if !c.HttpOnly || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.Domain != "" {
		t.Errorf("cookie %+v", c)
	}
	wantStatus(t, w.post(link, nil), http.StatusUnauthorized)
	session := cookie(t, res)
	wantStatus(t, w.get("/account/password", "Cookie", session), http.StatusOK)
	for form, status := range map[string]int{"password=short&again=short": 422, "password=" + url.QueryEscape(password) + "&again=other": 422, "password=nordanvindnordanvind&again=x": 422} {
		wantStatus(t, w.ask("POST", "/account/password", form, "Cookie", session, "Content-Type", urlencoded), status)
	}
	saved := w.post("/account/password", url.Values{"password": {password}, "again": {password}}, "Cookie", session)
	wantStatus(t, saved, http.StatusSeeOther)
	wantStatus(t, w.get("/account", "Cookie", session), http.StatusSeeOther) // the key of before the password opens nothing
	wantStatus(t, w.get("/account", "Cookie", cookie(t, saved)), http.StatusOK)
	in := w.post("/sign-in", url.Values{"email": {"Maja@nordanvind.example"}, "password": {password}, "next": {"//evil.example"}})
	if in.StatusCode != http.StatusSeeOther || in.Header.Get("Location") != "/" {
		t.Errorf("signing in: %d to %q", in.StatusCode, in.Header.Get("Location"))
	}
}

// A known and an unknown address get the same answer.
func TestSignInTellsNothing(t *testing.T) {
	w := newWorld(t)
	w.member("maja@nordanvind.example", "owner")
	try := func(email string) string {
		res := w.post("/sign-in", url.Values{"email": {email}, "password": {"a wrong password indeed"}})
		wantStatus(t, res, http.StatusUnauthorized)
		return strings.ReplaceAll(text(t, res), email, "")
	}
	if try("maja@nordanvind.example") != try("nobody@nordanvind.example") {
		t.Error("the answers differ")
	}
	for range 6 {
		w.post("/sign-in", url.Values{"email": {"maja@nordanvind.example"}, "password": {"wrong once more, sorry"}})
	}
	wantStatus(t, w.post("/sign-in", url.Values{"email": {"maja@nordanvind.example"}, "password": {"x"}}), http.StatusTooManyRequests)
	if strings.Contains(w.log.String(), "maja") || strings.Contains(w.log.String(), "wrong") {
		t.Error("the log holds what was typed")
	}
}

func TestSessions(t *testing.T) {
	w := newWorld(t)
	a, link := w.member("maja@nordanvind.example", "owner")
	here := cookie(t, w.post(link, nil, "User-Agent", "Firefox Linux"))
	here = cookie(t, w.post("/account/password", url.Values{"password": {password}, "again": {password}}, "Cookie", here))
	other := func() string {
		return cookie(t, w.post("/sign-in", url.Values{"email": {"maja@nordanvind.example"}, "password": {password}}, "User-Agent", "Chrome Windows"))
	}
	there := other()
	page := text(t, w.get("/account", "Cookie", here, "Accept-Language", "en"))
	for _, want := range []string{"Firefox on Linux", "Chrome on Windows", "see and change", "publish notices"} {
		if !strings.Contains(page, want) {
			t.Errorf("the account page lacks %q", want)
		}
	}
	which := regexp.MustCompile(`name="session" value="([0-9a-z]+)"`).FindStringSubmatch(page)
	if which == nil {
		t.Fatal("no device to sign out")
	}
	stranger := w.signedIn("other@nordanvind.example", "owner")
	wantStatus(t, w.post("/account/revoke", url.Values{"session": {which[1]}}, "Cookie", stranger), http.StatusNotFound)
	wantStatus(t, w.get("/account", "Cookie", there), http.StatusOK)
	wantStatus(t, w.post("/account/revoke", url.Values{"session": {which[1]}}, "Cookie", here), http.StatusSeeOther)
	wantStatus(t, w.get("/account", "Cookie", there), http.StatusSeeOther)

	there = other()
	wantStatus(t, w.post("/account/revoke-others", nil, "Cookie", here), http.StatusSeeOther)
	wantStatus(t, w.get("/account", "Cookie", there), http.StatusSeeOther)

	w.clock.Move(staff.Idle)
	wantStatus(t, w.get("/account", "Cookie", here), http.StatusSeeOther)
	if p := text(t, w.get("/sign-in", "Cookie", here)); !strings.Contains(p, "maja@nordanvind.example") {
		t.Error("a locked session does not say whose it is")
	}
	fresh := cookie(t, w.post("/sign-in", url.Values{"email": {"maja@nordanvind.example"}, "password": {password}}, "Cookie", here))
	wantStatus(t, w.get("/account", "Cookie", fresh), http.StatusOK)
	wantStatus(t, w.get("/account", "Cookie", here), http.StatusSeeOther) // the token of before is no key any more

	wantStatus(t, w.post("/sign-out", nil, "Cookie", fresh), http.StatusSeeOther)
	wantStatus(t, w.get("/account", "Cookie", fresh), http.StatusSeeOther)
	again := other()
	w.do(func(tx *db.Tx) error { return w.Staff.Disable(tx, a) })
	wantStatus(t, w.get("/account", "Cookie", again), http.StatusSeeOther)
}

func TestChangePassword(t *testing.T) {
	w := newWorld(t)
	_, link := w.member("maja@nordanvind.example", "owner")
	c := cookie(t, w.post(link, nil))
	w.post("/account/password", url.Values{"password": {password}, "again": {password}}, "Cookie", c)
	c = cookie(t, w.post("/sign-in", url.Values{"email": {"maja@nordanvind.example"}, "password": {password}}))
	next := "seven swans swim southwards"
	wrong := w.post("/account/password", url.Values{"current": {"not it at all, no"}, "password": {next}, "again": {next}}, "Cookie", c)
	wantStatus(t, wrong, http.StatusUnprocessableEntity)
	changed := w.post("/account/password", url.Values{"current": {password}, "password": {next}, "again": {next}}, "Cookie", c)
	wantStatus(t, changed, http.StatusSeeOther)
	c = cookie(t, changed)
	wantStatus(t, w.post("/sign-in", url.Values{"email": {"maja@nordanvind.example"}, "password": {password}}), http.StatusUnauthorized)
	wantStatus(t, w.post("/sign-in", url.Values{"email": {"maja@nordanvind.example"}, "password": {next}}), http.StatusSeeOther)
	page := text(t, w.get("/account", "Cookie", c))
	if strings.Contains(page, password) || strings.Contains(page, next) {
		t.Error("the page shows a password")
	}
}

func TestMailNeedsRights(t *testing.T) {
	w := newWorld(t)
	reader, clerk := w.signedIn("a@nordanvind.example", "owner"), w.signedIn("b@nordanvind.example", "admin")
	for _, path := range []string{"/mail", "/mail/1", "/mail/nonsense", "/mail/1/html"} {
		wantStatus(t, w.get(path), http.StatusSeeOther)
		wantStatus(t, w.get(path, "Cookie", clerk), http.StatusForbidden)
		wantStatus(t, w.get(path, "Cookie", reader), http.StatusNotFound) // no demo: no caught mail
	}
	var refused []audit.Entry
	w.do(func(tx *db.Tx) (err error) {
		refused, err = audit.Read(tx, audit.Filter{Action: "page.refused", Outcome: audit.Refused, Limit: 100})
		return err
	})
	if len(refused) != 4 {
		t.Errorf("%d refusals in the log, want 4", len(refused))
	}
}

func TestAnAccountWithoutLevels(t *testing.T) {
	w := newWorld(t)
	c := w.signedIn("new@nordanvind.example")
	wantStatus(t, w.get("/account", "Cookie", c), http.StatusOK)
	wantStatus(t, w.get("/mail", "Cookie", c), http.StatusForbidden)
}

func TestSecureCookie(t *testing.T) {
	w := newWorld(t, func(r *door.Rooms) { r.BaseURL = "https://register.example" })
	_, link := w.member("maja@nordanvind.example", "owner")
	c := w.post(link, nil).Cookies()[0]
	if c.Name != "__Host-session" || !c.Secure || c.Path != "/" || c.Domain != "" || c.MaxAge != int((12*time.Hour).Seconds()) {
		t.Errorf("cookie %+v", c)
	}
}
