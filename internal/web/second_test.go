package web_test

import (
	"bytes"
	"encoding/base32"
	"encoding/binary"
	"encoding/json"
	"html"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/descope/virtualwebauthn"
	"github.com/pquerna/otp/totp"

	"kartotek/internal/db"
	"kartotek/internal/noticedef"
	"kartotek/internal/staff"
	"kartotek/internal/web"
	"kartotek/internal/web/door"
)

// field finds the value of a hidden field.
func field(t testing.TB, page, name string) string {
	t.Helper()
	m := regexp.MustCompile(`name="` + name + `" value="([^"]*)"`).FindStringSubmatch(page)
	if m == nil {
		t.Fatalf("the page has no field %s: %.600s", name, page)
	}
	return html.UnescapeString(m[1])
}

func named(res *http.Response, name string) string {
	for _, c := range res.Cookies() {
		if strings.HasSuffix(c.Name, name) && c.Value != "" {
			return c.Name + "=" + c.Value
		}
	}
	return ""
}

// guarded makes an account with a password and an authenticator app, through the
// pages, and gives the app's codes, the recovery codes and the cookie.
func (w *world) guarded(email string, levels ...string) (code func() string, codes []string, session string) {
	w.t.Helper()
	_, link := w.member(email, levels...)
	session = cookie(w.t, w.post(link, nil))
	set := w.post("/account/password", url.Values{"password": {password}, "again": {password}}, "Cookie", session)
	wantStatus(w.t, set, http.StatusSeeOther)
	if to := set.Header.Get("Location"); to != "/account/protect" {
		w.t.Errorf("the first password leads to %s", to)
	}
	session = cookie(w.t, set)
	wantStatus(w.t, w.get("/account/protect", "Cookie", session), http.StatusOK)
	offer := text(w.t, w.get("/account/app", "Cookie", session))
	secret := strings.ReplaceAll(regexp.MustCompile(`<pre[^>]*>([A-Z2-7 ]+)</pre>`).FindStringSubmatch(offer)[1], " ", "")
	if _, err := base32.StdEncoding.WithPadding(base32.NoPadding).DecodeString(secret); err != nil || !strings.Contains(offer, "<svg class=\"qr\"") {
		w.t.Fatal("no secret, or no picture of it", err)
	}
	code = func() string {
		c, err := totp.GenerateCode(secret, w.DB.Now())
		if err != nil {
			w.t.Fatal(err)
		}
		return c
	}
	wrong := w.post("/account/app", url.Values{"sealed": {field(w.t, offer, "sealed")}, "code": {"000000"}}, "Cookie", session)
	wantStatus(w.t, wrong, http.StatusUnprocessableEntity)
	if !strings.Contains(text(w.t, wrong), "h7v1h-7z") {
		w.t.Error("after a wrong code the picture is gone")
	}
	res := w.post("/account/app", url.Values{"sealed": {field(w.t, offer, "sealed")}, "code": {code()}, "name": {"work phone"}}, "Cookie", session)
	wantStatus(w.t, res, http.StatusOK)
	codes = regexp.MustCompile(`[A-Z2-7]{5}(?:-[A-Z2-7]{5}){4}`).FindAllString(text(w.t, res), -1)
	if len(codes) != 10 {
		w.t.Fatalf("%d recovery codes are shown", len(codes))
	}
	w.clock.Move(time.Minute)
	return code, codes, cookie(w.t, res)
}

// half signs in with the password and gives the cookie of the half.
func (w *world) half(email string) string {
	w.t.Helper()
	res := w.post("/sign-in", url.Values{"email": {email}, "password": {password}, "next": {"/account"}})
	if res.StatusCode != http.StatusSeeOther || !strings.HasPrefix(res.Header.Get("Location"), "/sign-in/second?") || named(res, door.SessionCookie) != "" {
		w.t.Fatalf("the password led to %d %q with %v", res.StatusCode, res.Header.Get("Location"), res.Cookies())
	}
	return named(res, "half")
}

func TestSecondStep(t *testing.T) {
	w := newWorld(t)
	code, codes, session := w.guarded("maja@nordanvind.example", "owner")
	half := w.half("maja@nordanvind.example")
	for _, r := range routes() { // a half opens nothing, under its own name or a session's
		if r.Level == door.Public || r.Key {
			continue
		}
		for _, c := range []string{half, "session=" + strings.SplitN(half, "=", 2)[1]} {
			if res := w.ask(r.Method, at(r, "1"), "", "Cookie", c); res.StatusCode != http.StatusSeeOther && res.StatusCode != http.StatusUnauthorized {
				t.Errorf("%s %s: %d", r.Method, r.Path, res.StatusCode)
			}
		}
	}
	wantStatus(t, w.get("/sign-in/second", "Cookie", half), http.StatusOK)
	wantStatus(t, w.get("/sign-in/second"), http.StatusSeeOther)
	wantStatus(t, w.post("/sign-in/second", url.Values{"code": {"000000"}}, "Cookie", half), http.StatusUnauthorized)
	in := w.post("/sign-in/second", url.Values{"code": {code()}, "next": {"//evil.example"}}, "Cookie", half)
	if in.StatusCode != http.StatusSeeOther || in.Header.Get("Location") != "/" {
		t.Errorf("%d to %q", in.StatusCode, in.Header.Get("Location"))
	}
	wantStatus(t, w.get("/account", "Cookie", cookie(t, in)), http.StatusOK)
	wantStatus(t, w.get("/account", "Cookie", session), http.StatusOK)
	wantStatus(t, w.post("/sign-in/second", url.Values{"code": {codes[0]}}, "Cookie", w.half("maja@nordanvind.example")), http.StatusSeeOther)
	wantStatus(t, w.post("/sign-in/second", url.Values{"code": {codes[0]}}, "Cookie", w.half("maja@nordanvind.example")), http.StatusUnauthorized)
	page := text(t, w.get("/account", "Cookie", session, "Accept-Language", "en"))
	for _, want := range []string{"work phone", "9 recovery codes left", "password + code from an app", "password + recovery code"} {
		if !strings.Contains(page, want) {
			t.Errorf("the account page lacks %q", want)
		}
	}
	if strings.Contains(page, codes[1]) {
		t.Error("a recovery code is shown again")
	}
}

// A one-time link stands for the password, and for nothing more.
func TestLinkAsksSecondStep(t *testing.T) {
	w := newWorld(t)
	code, _, _ := w.guarded("maja@nordanvind.example", "owner")
	var link string
	w.do(func(tx *db.Tx) error {
		a, err := staff.Find(tx, "maja@nordanvind.example")
		if err != nil {
			return err
		}
		token, err := w.Staff.Link(tx, a.ID, staff.SignInLink)
		link = "/sign-in/link/" + token
		return err
	})
	res := w.post(link, nil)
	if named(res, door.SessionCookie) != "" || !strings.HasPrefix(res.Header.Get("Location"), "/sign-in/second") {
		t.Fatalf("the link led to %q with %v", res.Header.Get("Location"), res.Cookies())
	}
	wantStatus(t, w.post("/sign-in/second", url.Values{"code": {code()}}, "Cookie", named(res, "half")), http.StatusSeeOther)
}

func TestConfirm(t *testing.T) {
	w := newWorld(t)
	_, link := w.member("maja@nordanvind.example", "owner")
	c := cookie(t, w.post(link, nil))
	c = cookie(t, w.post("/account/password", url.Values{"password": {password}, "again": {password}}, "Cookie", c))
	publish := func(c string, more ...string) *http.Response {
		return w.post("/notices/publish", nil, append([]string{"Cookie", c, "Referer", "http://example.com/notices?x=1", "Accept-Language", "en"}, more...)...)
	}
	if res := publish(c); res.StatusCode == http.StatusForbidden {
		t.Errorf("a session just begun is not fresh: %.500s", text(t, res))
	}
	w.clock.Move(staff.FreshFor)
	res := publish(c)
	wantStatus(t, res, http.StatusForbidden)
	if p := text(t, res); !strings.Contains(p, html.EscapeString("/confirm?next=%2Fnotices%3Fx%3D1")) {
		t.Errorf("no way to the proof and back: %.900s", p)
	}
	if p := text(t, w.post("/notices/publish", nil, "Cookie", c, "Referer", "https://evil.example/notices")); !strings.Contains(p, "/confirm?next=%2F\"") {
		t.Error("the way back leads elsewhere")
	}
	wantStatus(t, publish(c, "Accept", "application/json"), http.StatusForbidden)
	to := w.get("/account/app", "Cookie", c)
	if to.StatusCode != http.StatusSeeOther || to.Header.Get("Location") != "/confirm?next=%2Faccount%2Fapp" {
		t.Errorf("%d to %q", to.StatusCode, to.Header.Get("Location"))
	}
	wantStatus(t, w.post("/confirm", url.Values{"password": {"not the password at all"}}, "Cookie", c), http.StatusUnprocessableEntity)
	ok := w.post("/confirm", url.Values{"password": {password}, "next": {"/account/app"}}, "Cookie", c)
	if ok.StatusCode != http.StatusSeeOther || ok.Header.Get("Location") != "/account/app" {
		t.Errorf("%d to %q", ok.StatusCode, ok.Header.Get("Location"))
	}
	wantStatus(t, w.get("/account", "Cookie", c), http.StatusSeeOther) // the key of before the proof
	wantStatus(t, w.get("/account/app", "Cookie", cookie(t, ok)), http.StatusOK)
}

// Where the notice promises a second factor for exports and rights, the routes of
// those levels ask for one, also with a GET.
func TestPromisedSecondFactor(t *testing.T) {
	w := newWorld(t)
	export := func(c string) *http.Response { return w.get("/export-for-test", "Cookie", c) }
	route := door.Route{Method: "GET", Path: "/export-for-test", Level: "export", Handler: func(r *door.Request) error { return r.Redirect("/done") }}
	w.site = web.New(w.Rooms, append(routes(), route)...)
	if to := export(w.signedIn("maja@nordanvind.example", "owner")).Header.Get("Location"); to != "/done" {
		t.Errorf("a notice that promises nothing: %q", to)
	}
	w = newEmpty(t)
	w.site = web.New(w.Rooms, append(routes(), route)...)
	w.do(func(tx *db.Tx) error {
		src := bytes.Replace(noticedef.DemoNotice(), []byte("    personal: yes\n"), []byte("    personal: yes\n    second_factor: [exports, rights]\n"), 1)
		_, err := w.Notice.Publish(tx, src, "Maja Exempel", "")
		return err
	})
	plain := w.signedIn("maja@nordanvind.example", "owner")
	if to := export(plain).Header.Get("Location"); !strings.HasPrefix(to, "/confirm?need=second&next=%2Fexport-for-test") {
		t.Errorf("without a second factor: %q", to)
	}
	if p := text(t, w.get("/confirm?need=second&next=%2Fexport-for-test", "Cookie", plain)); !strings.Contains(p, "/account/protect?needed=1") {
		t.Error("the way to a second factor is not shown")
	}
	code, _, fresh := w.guarded("eva@nordanvind.example", "owner")
	if to := export(fresh).Header.Get("Location"); to != "/done" {
		t.Errorf("with a factor that has just shown itself: %q", to)
	}
	w.clock.Move(staff.FreshFor)
	ok := w.post("/confirm", url.Values{"code": {code()}, "need": {"second"}, "next": {"/export-for-test"}}, "Cookie", fresh)
	if to := export(cookie(t, ok)).Header.Get("Location"); to != "/done" {
		t.Errorf("after the second step: %q", to)
	}
	w.clock.Move(staff.FreshFor)
	if to := export(cookie(t, ok)).Header.Get("Location"); !strings.HasPrefix(to, "/confirm?need=second") {
		t.Errorf("ten minutes later: %q", to)
	}
	res := w.post("/confirm", url.Values{"password": {password}, "next": {"/"}}, "Cookie", cookie(t, ok))
	if to := export(cookie(t, res)).Header.Get("Location"); !strings.HasPrefix(to, "/confirm?need=second") {
		t.Errorf("a password is no second factor: %q", to)
	}
}

// TestKnownAndUnknown compares whole answers: status, headers, size and body.
func TestKnownAndUnknown(t *testing.T) {
	w := newWorld(t, func(r *door.Rooms) { r.BaseURL = "https://register.example" })
	w.guarded("maja@nordanvind.example", "owner")
	w.member("bara@nordanvind.example", "owner") // invited, without a password
	answer := func(email string, tries int) string {
		var res *http.Response
		for range tries {
			res = w.post("/sign-in", url.Values{"email": {email}, "password": {"a wrong password indeed"}})
		}
		h := res.Header.Clone()
		for _, once := range []string{"X-Request-Id", "Date"} {
			h.Del(once)
		}
		var names []string
		for name, v := range h {
			names = append(names, name+": "+strings.Join(v, ","))
		}
		slices.Sort(names)
		return res.Status + strings.Join(names, "\n") + strings.ReplaceAll(text(t, res), email, "")
	}
	for _, tries := range []int{1, 7} {
		unknown := answer("none@nordanvind.example", tries)
		for _, known := range []string{"maja@nordanvind.example", "bara@nordanvind.example"} {
			if got := answer(known, tries); got != unknown {
				t.Errorf("%d tries: %s is told from an unknown address", tries, known)
			}
		}
		w.clock.Move(time.Hour)
	}
}

// TestBadInput sends what no form of ours sends.
func TestBadInput(t *testing.T) {
	w := newWorld(t, func(r *door.Rooms) { r.BaseURL = "https://register.example" })
	code, _, session := w.guarded("maja@nordanvind.example", "owner")
	half := w.half("maja@nordanvind.example")
	right := "&password=" + url.QueryEscape(password)
	wantStatus(t, w.get("/account", "Cookie", session), http.StatusOK)
	before := w.dump()
	for name, x := range map[string]struct {
		path, body, kind string
		status           int
	}{
		"two fields":         {"/sign-in", "email=maja@nordanvind.example&email=evil@evil.example" + right, urlencoded, 400},
		"an array":           {"/sign-in", "email[]=maja@nordanvind.example&email[]=evil@evil.example" + right, urlencoded, 400},
		"an indexed array":   {"/sign-in", "email[0]=maja@nordanvind.example" + right, urlencoded, 400},
		"JSON":               {"/sign-in", `{"email":["maja@nordanvind.example","evil@evil.example"]}`, "application/json", 400},
		"two passwords":      {"/sign-in", "email=maja@nordanvind.example&password=x" + right, urlencoded, 400},
		"no text":            {"/sign-in", "email=%ff%fe" + right, urlencoded, 400},
		"a NUL":              {"/sign-in", "email=maja@nordanvind.example%00" + right, urlencoded, 400},
		"two lines":          {"/sign-in", "email=maja@nordanvind.example%0d%0aBcc:x" + right, urlencoded, 400},
		"two codes":          {"/sign-in/second", "code=1&code=" + code(), urlencoded, 400},
		"codes as an array":  {"/sign-in/second", "code[]=" + code(), urlencoded, 400},
		"a forged ceremony":  {"/sign-in/passkey/finish", "ceremony=x&answer={}", urlencoded, 401},
		"an empty ceremony":  {"/sign-in/passkey/finish", "", urlencoded, 401},
		"a giant answer":     {"/sign-in/passkey/finish", "answer=" + strings.Repeat("x", 70<<10), urlencoded, 413},
		"a truncated link":   {"/sign-in/link/" + strings.Repeat("A", 25), "", urlencoded, 401},
		"a giant link":       {"/sign-in/link/" + strings.Repeat("A", 3000), "", urlencoded, 401},
		"no such factor":     {"/account/factor/remove", "factor=123", urlencoded, 404},
		"a factor that is x": {"/account/factor/name", "factor=x&name=y", urlencoded, 404},
		"a long name":        {"/account/device", "name=" + strings.Repeat("x", 61), urlencoded, 400},
	} {
		headers := []string{"Content-Type", x.kind, "Cookie", half}
		if strings.HasPrefix(x.path, "/account") {
			headers[3] = session
		}
		if res := w.ask("POST", x.path, x.body, headers...); res.StatusCode != x.status || named(res, door.SessionCookie) != "" {
			t.Errorf("%s: %d, want %d", name, res.StatusCode, x.status)
		}
	}
	if w.dump() != before {
		t.Error("something changed")
	}
	one := w.post("/sign-in", url.Values{"email": {"maja@nordanvind.example,evil@evil.example"}, "password": {password}})
	wantStatus(t, one, http.StatusUnauthorized) // one address that nobody has
}

// TestHostIsNotBelieved asks under false names: neither a link nor the host of a
// passkey follows them.
func TestHostIsNotBelieved(t *testing.T) {
	w := newWorld(t, func(r *door.Rooms) { r.BaseURL = "https://register.example" })
	for _, headers := range [][]string{
		{"Host", "evil.example"}, {"X-Forwarded-Host", "evil.example"}, {"Forwarded", "host=evil.example;proto=http"},
		{"X-Forwarded-Proto", "http", "X-Forwarded-For", "127.0.0.1"}, {"X-Forwarded-Host", "a.example, evil.example", "X-Original-Host", "evil.example"},
	} {
		res := w.ask("POST", "/sign-in/passkey", "", headers...)
		if p := text(t, res); res.StatusCode != http.StatusOK || !strings.Contains(p, `"rpId":"register.example"`) || strings.Contains(p, "evil") {
			t.Errorf("%v: %d %s", headers, res.StatusCode, p)
		}
		page := w.get("/sign-in?next=/people", headers...)
		if p := text(t, page); strings.Contains(p, "evil.example") {
			t.Errorf("%v: the page names the host", headers)
		}
		if to := w.get("/people", headers...).Header.Get("Location"); to != "/sign-in?next=%2Fpeople" {
			t.Errorf("%v: led to %q", headers, to)
		}
	}
}

// TestFixation plants a token before a sign-in, and tries old ones after.
func TestFixation(t *testing.T) {
	w := newWorld(t)
	code, _, old := w.guarded("maja@nordanvind.example", "owner")
	res := w.post("/sign-in", url.Values{"email": {"maja@nordanvind.example"}, "password": {password}}, "Cookie", "half=PLANTED; "+old)
	half := named(res, "half")
	if half == "" || half == "half=PLANTED" {
		t.Fatalf("half %q", half)
	}
	in := cookie(t, w.post("/sign-in/second", url.Values{"code": {code()}}, "Cookie", half+"; "+old))
	if in == old {
		t.Error("the token of before goes on")
	}
	wantStatus(t, w.get("/account", "Cookie", in), http.StatusOK)
	wantStatus(t, w.get("/account", "Cookie", old), http.StatusSeeOther) // what this browser held before has ended
	w.do(func(tx *db.Tx) error {
		a, err := staff.Find(tx, "maja@nordanvind.example")
		if err == nil {
			err = w.Staff.SetLevels(tx, a.ID, []string{"admin"})
		}
		return err
	})
	wantStatus(t, w.get("/account", "Cookie", in), http.StatusSeeOther)
}

func TestFirstRun(t *testing.T) {
	w := newWorld(t, func(r *door.Rooms) { r.BaseURL = "https://register.example" })
	p := html.UnescapeString(text(t, w.get("/sign-in", "Accept-Language", "en")))
	if !strings.Contains(p, `kartotek staff add ADDRESS --name "NAME" --level owner --base-url https://register.example --data FOLDER`) {
		t.Errorf("the command is not told: %.1500s", p)
	}
	w.member("maja@nordanvind.example", "owner")
	if p := text(t, w.get("/sign-in", "Accept-Language", "en")); strings.Contains(p, "staff add") || !strings.Contains(p, `name="password"`) {
		t.Error("the command is told when there is an account")
	}
}

func TestDeviceName(t *testing.T) {
	w := newWorld(t)
	_, link := w.member("maja@nordanvind.example", "owner")
	c := cookie(t, w.post(link, nil))
	c = cookie(t, w.post("/account/password", url.Values{"password": {password}, "again": {password}}, "Cookie", c))
	named1 := named(w.post("/account/device", url.Values{"name": {"the <zebra>"}}, "Cookie", c), "device")
	if named1 == "" || strings.Contains(named1, "zebra") {
		t.Fatalf("cookie %q", named1)
	}
	in := cookie(t, w.post("/sign-in", url.Values{"email": {"maja@nordanvind.example"}, "password": {password}}, "Cookie", named1))
	if p := text(t, w.get("/account", "Cookie", in)); strings.Count(p, "the &lt;zebra&gt;") < 2 {
		t.Error("the device lost its name at the next sign-in")
	}
	stranger := w.signedIn("eva@nordanvind.example", "owner")
	if p := text(t, w.get("/account", "Cookie", stranger+"; "+named1)); strings.Contains(p, "zebra") {
		t.Error("somebody else's name for the device is shown")
	}
}

// TestPasskeyPages goes through the pages as passkey.js does.
func TestPasskeyPages(t *testing.T) {
	w := newWorld(t, func(r *door.Rooms) { r.BaseURL = "https://register.example" })
	a, link := w.member("maja@nordanvind.example", "owner")
	c := cookie(t, w.post(link, nil))
	rp := virtualwebauthn.RelyingParty{ID: "register.example", Name: "Kartotek", Origin: "https://register.example"}
	auth := virtualwebauthn.NewAuthenticatorWithOptions(virtualwebauthn.AuthenticatorOptions{UserHandle: binary.BigEndian.AppendUint64(nil, uint64(a))})
	key := virtualwebauthn.NewCredential(virtualwebauthn.KeyTypeEC2)
	id1, options := w.begin("/account/passkey/begin", c)
	create, err := virtualwebauthn.ParseAttestationOptions(options)
	if err != nil {
		t.Fatal(err)
	}
	added := w.post("/account/passkey", url.Values{"ceremony": {id1}, "answer": {virtualwebauthn.CreateAttestationResponse(rp, auth, key, *create)}, "name": {"key ring"}}, "Cookie", c)
	wantStatus(t, added, http.StatusOK)
	sign := func(path, cookie string) url.Values {
		ceremony, options := w.begin(path, cookie)
		get, err := virtualwebauthn.ParseAssertionOptions(options)
		if err != nil {
			t.Fatal(err)
		}
		key.Counter++
		return url.Values{"ceremony": {ceremony}, "answer": {virtualwebauthn.CreateAssertionResponse(rp, auth, key, *get)}, "next": {"/account"}}
	}
	in := w.post("/sign-in/passkey/finish", sign("/sign-in/passkey", ""))
	if in.StatusCode != http.StatusSeeOther || in.Header.Get("Location") != "/account" {
		t.Fatalf("%d to %q", in.StatusCode, in.Header.Get("Location"))
	}
	w.clock.Move(staff.FreshFor)
	s := cookie(t, in)
	ok := w.post("/confirm", sign("/confirm/passkey", s), "Cookie", s)
	wantStatus(t, ok, http.StatusSeeOther)
	s = cookie(t, ok)
	wantStatus(t, w.post("/account/password", url.Values{"password": {password}, "again": {password}}, "Cookie", s), http.StatusSeeOther)
	half := w.half("maja@nordanvind.example")
	wantStatus(t, w.post("/sign-in/second", sign("/sign-in/second/passkey", half), "Cookie", half), http.StatusSeeOther)
	wantStatus(t, w.post("/sign-in/second/passkey", nil, "Cookie", "half=forged"), http.StatusUnauthorized)
}

// begin asks for a challenge and gives its name and what the browser is asked.
func (w *world) begin(path, cookie string) (ceremony, options string) {
	w.t.Helper()
	res := w.post(path, nil, "Cookie", cookie)
	wantStatus(w.t, res, http.StatusOK)
	var out struct {
		Ceremony string
		Options  struct {
			PublicKey json.RawMessage `json:"publicKey"`
		}
	}
	if err := json.Unmarshal([]byte(text(w.t, res)), &out); err != nil {
		w.t.Fatal(err)
	}
	return out.Ceremony, string(out.Options.PublicKey)
}
