package web_test

import (
	"database/sql"
	"net/http"
	"net/http/httptest"
	"net/url"
	"os"
	"strings"
	"testing"

	"kartotek/internal/outbox"
)

// TestSecretsStayInside gives the program every kind of secret, right and wrong, and
// then looks for them in its log, in its database with everything beside it, and
// in what it answers.
func TestSecretsStayInside(t *testing.T) {
	w := newWorld(t)
	code, recovery, session := w.guarded("maja@nordanvind.example", "owner")
	key, _ := w.key("shop@nordanvind.example", []string{"service"})
	half := w.half("maja@nordanvind.example")
	totp := code()
	_, link := w.member("new@nordanvind.example", "clerk")
	preferences := w.link(outbox.LinkPreferences, w.message(w.person(), "newsletter"))
	answers := []*http.Response{
		w.get("/account", "Cookie", session), w.get(link), w.get(preferences),
		w.post("/sign-in", url.Values{"email": {"maja@nordanvind.example"}, "password": {"a canary that sings 4711"}}),
		w.post("/sign-in/second", url.Values{"code": {recovery[0]}}, "Cookie", "half="+half),
		w.ask("GET", "/api/v1/me", "", "Authorization", "Bearer "+key),
		w.ask("GET", "/api/v1/me", "", "Authorization", "Bearer "+key[:len(key)-1]+"0"),
		w.get("/nowhere?password="+url.QueryEscape(password), "User-Agent", "canary\r\nlevel=ERROR msg=forged \x1b[2J", "Referer", "https://x.example/"+preferences),
	}
	secrets := map[string]string{
		"password": password, "wrong password": "a canary that sings 4711", "session": strings.SplitN(session, "=", 2)[1], "half": half,
		"API key": key, "one-time link": link[strings.LastIndexByte(link, '/')+1:], "recovery code": recovery[1], "link of a message": preferences[3:],
	}
	for _, res := range answers {
		body := text(t, res)
		for name, s := range secrets {
			if name != "one-time link" && name != "link of a message" && strings.Contains(body, s) { // pages of links post to their own address
				t.Errorf("the %s stands on a page", name)
			}
		}
	}
	files := []string{w.log.String()}
	for _, end := range []string{"", "-wal"} {
		b, err := os.ReadFile(w.file + end)
		if err != nil {
			t.Fatal(err)
		}
		files = append(files, string(b))
	}
	for name, s := range secrets {
		for i, where := range []string{"log", "database", "database's journal"} {
			if strings.Contains(files[i], s) {
				t.Errorf("the %s stands in the %s", name, where)
			}
		}
	}
	if log := files[0]; strings.Contains(log, totp+" ") || strings.Contains(log, "forged") || strings.ContainsAny(log, "\x1b\r") || strings.Count(log, "\n") != strings.Count(log, "level=") {
		t.Error("a stranger wrote in the log")
	}
}

// TestWithoutLog keeps the log from being written: nothing of anybody is shown or changed, and
// when it is back all is as before.
func TestWithoutLog(t *testing.T) {
	w := newWorld(t)
	who := w.person().String()
	c := w.signedIn("maja@nordanvind.example", "owner")
	link := w.link(outbox.LinkUnsubscribe, w.message(w.person(), "newsletter"))
	before := w.dump()
	raw, err := sql.Open("sqlite", "file:"+w.file)
	if err != nil {
		t.Fatal(err)
	}
	defer raw.Close()
	do := func(text string) {
		t.Helper()
		if _, err := raw.Exec(text); err != nil {
			t.Fatal(err)
		}
	}
	do(`CREATE TRIGGER full BEFORE INSERT ON audit_log BEGIN SELECT RAISE(FAIL, 'no room'); END`)
	for _, path := range []string{"/people", "/people/" + who, "/people/" + who + "/history", "/search?q=asa", "/organisations", "/log"} {
		res := w.get(path, "Cookie", c)
		if body := text(t, res); res.StatusCode != http.StatusServiceUnavailable || strings.Contains(body, "Öbergsson") || res.Header.Get("Retry-After") == "" {
			t.Errorf("GET %s: %d, Retry-After %q", path, res.StatusCode, res.Header.Get("Retry-After"))
		}
	}
	for path, form := range map[string]url.Values{
		"/people/" + who + "/field": {"field": {"title"}, "value": {"Ny"}, "reason": {"ringde"}},
		"/people/" + who + "/tag":   {"tag": {"vip"}},
		"/people":                   {"first_name": {"Bo"}, "last_name": {"Ek"}, "email": {"bo@fjord.example"}, "source": {"mässan"}},
		link:                        {"List-Unsubscribe": {"One-Click"}},
	} {
		if res := w.post(path, form, "Cookie", c); res.StatusCode != http.StatusServiceUnavailable {
			t.Errorf("POST %s: %d to %s", path, res.StatusCode, res.Header.Get("Location"))
		}
	}
	do(`DROP TRIGGER full`)
	if after := w.dump(); after != before {
		t.Error("something was changed without a line in the log: " + changed(before, after))
	}
	wantStatus(t, w.get("/people/"+who, "Cookie", c), http.StatusOK)
}

// TestOtherMethods: what no route has is refused, TRACE above all, which would give
// back the cookies of the request.
func TestOtherMethods(t *testing.T) {
	w := newWorld(t)
	for _, method := range []string{"TRACE", "CONNECT", "PUT", "DELETE", "PROPFIND", "x y"} {
		for _, path := range []string{"/", "/people", "/sign-in", "/api/v1/people"} {
			r, err := http.NewRequest("GET", path, nil)
			if err != nil {
				t.Fatal(err)
			}
			r.Method, r.RequestURI, r.RemoteAddr = method, path, "192.0.2.1:1234"
			r.Header.Set("Cookie", "session=canary")
			rec := httptest.NewRecorder()
			w.site.ServeHTTP(rec, r)
			if rec.Code < 400 || rec.Code >= 500 || strings.Contains(rec.Body.String(), "canary") {
				t.Errorf("%s %s: %d", method, path, rec.Code)
			}
		}
	}
}
