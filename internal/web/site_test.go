package web_test

import (
	"bytes"
	"context"
	"errors"
	"flag"
	"io"
	"net/http"
	"net/http/httptest"
	"net/netip"
	"net/url"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"kartotek/internal/fault"
	"kartotek/internal/noticedef"
	"kartotek/internal/outbox"
	"kartotek/internal/web"
	"kartotek/internal/web/door"
	"kartotek/internal/web/page"
)

var update = flag.Bool("update", false, "write the golden files anew")

func TestRouteTable(t *testing.T) {
	got := web.Table(routes())
	const file = "testdata/routes.txt"
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil || got != string(want) {
		t.Errorf("the routes are not those of %s; look at the change, then run with -update:\n%s", file, got)
	}
}

var wildcard = regexp.MustCompile(`\{[a-z.]+\}`)

// at fills the places of a route's path.
func at(r door.Route, value string) string {
	return strings.ReplaceAll(wildcard.ReplaceAllString(r.Path, value), "{$}", "")
}

// Without a session no staff page opens, and each answers alike.
func TestEveryRouteWithoutSession(t *testing.T) {
	w := newWorld(t)
	before := w.dump()
	for _, r := range routes() {
		if r.Level == door.Public {
			continue
		}
		res := w.ask(r.Method, at(r, "1"), "", "Cookie", "session=made-up; me=made-up")
		if r.Level == door.Self {
			if to := res.Header.Get("Location"); res.StatusCode != http.StatusSeeOther || to != "/me" {
				t.Errorf("%s %s: %d to %q", r.Method, r.Path, res.StatusCode, to)
			}
			continue
		}
		if r.Method == "GET" && !r.Key {
			if to := res.Header.Get("Location"); res.StatusCode != http.StatusSeeOther || !strings.HasPrefix(to, "/sign-in") {
				t.Errorf("%s %s: %d to %q", r.Method, r.Path, res.StatusCode, to)
			}
			continue
		}
		wantStatus(t, res, http.StatusUnauthorized)
	}
	if w.dump() != before {
		t.Error("something changed")
	}
}

// An account without levels gets one and the same refusal everywhere, whether
// what it asks for exists or not.
func TestEveryRouteWithoutRights(t *testing.T) {
	w := newWorld(t)
	c, real := w.signedIn("new@nordanvind.example"), w.person().String()
	before, n := w.dump(), 0
	for _, r := range routes() {
		if r.Level == door.Public || r.Level == door.SignedIn || r.Level == door.Self || r.Key { // a session opens nothing of what is for programs
			continue
		}
		n++
		a, b := w.ask(r.Method, at(r, real), "", "Cookie", c), w.ask(r.Method, at(r, "1"), "", "Cookie", c)
		if one, two := text(t, a), text(t, b); a.StatusCode != http.StatusForbidden || b.StatusCode != http.StatusForbidden || strings.ReplaceAll(one, real, "1") != two {
			t.Errorf("%s %s: %d %d", r.Method, r.Path, a.StatusCode, b.StatusCode)
		}
	}
	if w.dump() != before {
		t.Error("something changed")
	}
	if got := w.logged("page.refused"); got != min(2*n, 500) {
		t.Errorf("%d refusals in the log, want %d", got, 2*n)
	}
}

// No page of the owner's breaks, whatever stands in its address, and no GET
// changes anything but the log.
func TestEveryPageOpens(t *testing.T) {
	w := newWorld(t)
	w.message(w.person(), "newsletter")
	c, real := w.signedIn("maja@nordanvind.example", "owner"), w.person().String()
	before := w.dump()
	for _, r := range routes() {
		if r.Method != "GET" {
			continue
		}
		for _, value := range []string{real, "1", "0", "nonsense", "%00", "..%2f"} {
			for _, query := range []string{"", "?after=forged&q=%ff", "?lang=fi&q=" + strings.Repeat("x", 3000)} {
				res := w.get(at(r, value)+query, "Cookie", c)
				if res.StatusCode >= 500 {
					t.Errorf("GET %s%s: %d %.200s", at(r, value), query, res.StatusCode, w.log)
				}
				w.log.Reset()
			}
		}
	}
	if w.dump() != before {
		t.Error("a GET changed something")
	}
}

func TestCrossSite(t *testing.T) {
	w := newWorld(t)
	c := w.signedIn("maja@nordanvind.example", "owner")
	link := w.link(outbox.LinkPreferences, w.message(w.person(), "newsletter"))
	for _, x := range []struct {
		name    string
		headers []string
		refused bool
	}{
		{"no headers", nil, false},
		{"same origin", []string{"Sec-Fetch-Site", "same-origin", "Origin", "http://example.com"}, false},
		{"typed by the reader", []string{"Sec-Fetch-Site", "none"}, false},
		{"cross-site", []string{"Sec-Fetch-Site", "cross-site", "Origin", "https://evil.example"}, true},
		{"same site, other host", []string{"Sec-Fetch-Site", "same-site", "Origin", "https://other.example.com"}, true},
		{"foreign origin alone", []string{"Origin", "https://evil.example"}, true},
		{"null origin", []string{"Origin", "null"}, true},
		{"own name in another port", []string{"Origin", "http://example.com:81"}, true},
		{"method smuggled", []string{"Sec-Fetch-Site", "cross-site", "X-HTTP-Method-Override", "GET"}, true},
	} {
		headers := append([]string{"Cookie", c}, x.headers...)
		status := http.StatusSeeOther
		if x.refused {
			status = http.StatusForbidden
		}
		for _, path := range []string{"/language", "/account/revoke-others"} {
			if res := w.post(path, url.Values{"lang": {"fi"}}, headers...); res.StatusCode != status {
				t.Errorf("%s %s: %d, want %d", x.name, path, res.StatusCode, status)
			}
		}
		wantStatus(t, w.post(link, url.Values{"op": {"save"}}, x.headers...), http.StatusOK) // the link is the right
	}
	wantStatus(t, w.ask("POST", "/account/revoke-others", `{"a":1}`, "Cookie", c, "Content-Type", "text/plain", "Origin", "https://evil.example"), http.StatusForbidden)
	wantStatus(t, w.ask("POST", "/account/revoke", `{"session":1}`, "Cookie", c, "Content-Type", "text/plain"), http.StatusBadRequest)
}

func TestTwinWithoutTLS(t *testing.T) {
	w := newWorld(t, func(r *door.Rooms) { r.BaseURL = "https://example.com" })
	wantStatus(t, w.post("/language", nil, "Origin", "http://example.com"), http.StatusForbidden)
	wantStatus(t, w.post("/language", nil, "Origin", "https://example.com"), http.StatusSeeOther)
}

func TestHeaders(t *testing.T) {
	w := newWorld(t, func(r *door.Rooms) { r.BaseURL = "https://register.example" })
	link := w.link(outbox.LinkPreferences, w.message(w.person(), "newsletter"))
	for _, path := range []string{link, "/sign-in", "/nowhere", "/notice/en", "/account", "/robots.txt"} {
		h := w.get(path).Header
		for name, want := range map[string]string{"Content-Security-Policy": page.CSP, "X-Content-Type-Options": "nosniff",
			"Cross-Origin-Opener-Policy": "same-origin", "Strict-Transport-Security": "max-age=63072000; includeSubDomains", "X-Frame-Options": "DENY"} {
			if h.Get(name) != want {
				t.Errorf("%s: %s is %q", path, name, h.Get(name))
			}
		}
		want := "same-origin"
		if path == link {
			want = "no-referrer"
		}
		if got := h.Get("Referrer-Policy"); got != want {
			t.Errorf("%s: Referrer-Policy is %q", path, got)
		}
		if h.Get("Permissions-Policy") == "" || h.Get("Server") != "" {
			t.Errorf("%s: %v", path, h)
		}
		if cache := h.Get("Cache-Control"); path != "/notice/en" && cache != "no-store" {
			t.Errorf("%s may be kept: %q", path, cache)
		}
	}
	if !strings.Contains(page.CSP, "default-src 'none'") || !strings.Contains(page.CSP, "frame-ancestors 'none'") || strings.Contains(page.CSP, "unsafe") {
		t.Error(page.CSP)
	}
}

func TestPolicyFromNotice(t *testing.T) {
	if got := web.CSP(nil); got != page.CSP {
		t.Errorf("an empty list: %q", got)
	}
	got := web.CSP([]noticedef.ThirdParty{
		{Host: "maps.example", Class: "necessary", Loads: []string{"script", "image", "media", "magic"}},
		{Host: "count.example", Class: "statistics", Loads: []string{"script"}},
		{Host: "x; script-src *", Class: "necessary", Loads: []string{"script"}},
	})
	for _, want := range []string{"script-src 'self' https://maps.example;", "img-src 'self' data: https://maps.example", "media-src https://maps.example"} {
		if !strings.Contains(got, want) {
			t.Errorf("%q lacks %q", got, want)
		}
	}
	if strings.Contains(got, "count.example") || strings.Contains(got, "*") {
		t.Errorf("%q lets too much in", got)
	}
}

func TestOwnPages(t *testing.T) {
	w := newWorld(t, func(r *door.Rooms) { r.BaseURL = "https://register.example" })
	wantStatus(t, w.get("/healthz"), http.StatusOK)
	if s := text(t, w.get("/robots.txt")); !strings.Contains(s, "Disallow: /\n") {
		t.Error(s)
	}
	s := text(t, w.get("/.well-known/security.txt"))
	if !strings.HasPrefix(s, "Contact: mailto:") || !strings.Contains(s, "Expires: 2027-05-21T00:00:00Z") {
		t.Error(s)
	}
	for _, path := range []string{"/debug/pprof/", "/metrics", "/.git/config", "/.env", "/static/", "/static/x/../../web.go", "/static/" + "0" + "/kartotek.css", "/u/", "/u", "/notice/"} {
		if res := w.get(path); res.StatusCode != http.StatusNotFound && res.StatusCode/100 != 3 {
			t.Errorf("%s: %d", path, res.StatusCode)
		}
	}
	res := w.get("/nowhere", "Accept", "application/json")
	if body := text(t, res); res.StatusCode != 404 || res.Header.Get("Content-Type") != "application/problem+json" || !strings.Contains(body, `"code":"page.none"`) {
		t.Errorf("%d %s", res.StatusCode, body)
	}
	if res := w.ask("POST", "/healthz", ""); res.StatusCode != 405 || res.Header.Get("Allow") == "" {
		t.Errorf("POST: %d %v", res.StatusCode, res.Header)
	}
}

func TestStaticFiles(t *testing.T) {
	w := newWorld(t)
	path := page.Asset("kartotek.css")
	plain, zipped := w.get(path), w.get(path, "Accept-Encoding", "gzip, br")
	if zipped.Header.Get("Content-Encoding") != "gzip" || !strings.Contains(zipped.Header.Get("Cache-Control"), "immutable") {
		t.Error(zipped.Header)
	}
	if a, b := len(text(t, plain)), len(text(t, zipped)); a == 0 || b*2 > a {
		t.Errorf("%d bytes, %d compressed", a, b)
	}
	res := w.get("/favicon.ico")
	if res.StatusCode != http.StatusFound || w.get(res.Header.Get("Location")).StatusCode != http.StatusOK {
		t.Error("no icon")
	}
}

func TestLanguage(t *testing.T) {
	w := newWorld(t)
	for _, x := range []struct{ path, cookie, accept, want string }{
		{"/sign-in", "", "", "sv"}, {"/sign-in", "", "fi", "fi"}, {"/sign-in", "lang=en", "fi", "en"}, {"/sign-in?lang=sv", "lang=en", "fi", "sv"}, {"/sign-in?lang=xx", "", "de", "sv"},
	} {
		if p := text(t, w.get(x.path, "Cookie", x.cookie, "Accept-Language", x.accept)); !strings.Contains(p, `<html lang="`+x.want+`"`) {
			t.Errorf("%+v: %.60s", x, p)
		}
	}
	res := w.post("/language", url.Values{"lang": {"fi"}, "back": {"/notice/fi"}})
	if res.Header.Get("Location") != "/notice/fi" || len(res.Cookies()) != 1 || res.Cookies()[0].Value != "fi" {
		t.Error(res.Header)
	}
	for _, back := range []string{"https://evil.example", "//evil.example", "/\\evil.example", "/x\r\nSet-Cookie: a=b", ""} {
		if to := w.post("/language", url.Values{"back": {back}}).Header.Get("Location"); to != "/" {
			t.Errorf("%q leads to %q", back, to)
		}
	}
}

func TestHostileRequests(t *testing.T) {
	w := newWorld(t)
	link := w.link(outbox.LinkPreferences, w.message(w.person(), "newsletter"))
	before := w.dump()
	for name, x := range map[string]struct {
		path, body, kind string
		status           int
	}{
		"16,000 fields":    {link, strings.Repeat("a=1&", 16_000), urlencoded, 400},
		"too large":        {link, "a=" + strings.Repeat("x", 1<<20), urlencoded, 413},
		"not UTF-8":        {link, "op=%ff", urlencoded, 400},
		"NUL":              {link, "op=%00", urlencoded, 400},
		"bad escape":       {link, "op=%zz", urlencoded, 400},
		"long field name":  {link, strings.Repeat("n", 300) + "=1", urlencoded, 400},
		"JSON":             {link, `{"op":"stop"}`, "application/json", 400},
		"broken multipart": {link, "--x\r\nContent-Disposition: form-data; name=a\r\n\r\nabc", "multipart/form-data; boundary=x", 400},
		"no boundary":      {link, "--x\r\n", "multipart/form-data", 400},
		"long address":     {"/sign-in?x=" + strings.Repeat("y", 9000), "", "", 400},
		"many pairs":       {"/sign-in?" + strings.Repeat("a&", 1000), "", "", 400},
	} {
		t.Run(name, func(t *testing.T) {
			method := "POST"
			if x.kind == "" {
				method = "GET"
			}
			wantStatus(t, w.ask(method, x.path, x.body, "Content-Type", x.kind), x.status)
		})
	}
	if w.dump() != before {
		t.Error("a refused request changed something")
	}
}

// What breaks tells the reader nothing and the log no more than where.
func TestErrorsTellNothing(t *testing.T) {
	w := newWorld(t)
	const secret = "Öbergsson 010190-123X"
	fails := map[string]door.Handler{
		"/panic": func(*door.Request) error { panic(secret) },
		"/error": func(*door.Request) error {
			return errors.New("db: value '" + secret + "' is \"" + secret + "\"\nnext line")
		},
		"/half":    func(r *door.Request) error { io.WriteString(r.W, "part"); return errors.New("x") },
		"/fault":   func(*door.Request) error { return fault.New(fault.Conflict, "made.up", "it was done already") },
		"/foolish": func(r *door.Request) error { return r.Redirect("https://evil.example") },
	}
	var routes []door.Route
	for path, h := range fails {
		routes = append(routes, door.Route{Method: "GET", Path: path + "/{x}", Level: door.Public, Handler: h})
	}
	w.site = web.New(w.Rooms, routes...)
	for path, status := range map[string]int{"/panic": 500, "/error": 500, "/half": 200, "/fault": 409, "/foolish": 303} {
		res := w.get(path+"/asa1@fjord.example", "Accept-Language", "en", "User-Agent", "evil\x1b[31m")
		body := text(t, res)
		if res.StatusCode != status || strings.Contains(body, "Öbergsson") || strings.Contains(body, "goroutine") || strings.Contains(body, "fjord") {
			t.Errorf("%s: %d %s", path, res.StatusCode, body)
		}
		if to := res.Header.Get("Location"); to != "" && to != "/" {
			t.Errorf("sent to %s", to)
		}
	}
	log := w.log.String()
	for _, bad := range []string{"Öbergsson", "fjord", "evil", "\x1b", "010190"} {
		if strings.Contains(log, bad) {
			t.Errorf("the log holds %q", bad)
		}
	}
	if n := strings.Count(log, "\n"); n != strings.Count(log, "level=") {
		t.Errorf("%d lines for %d events", n, strings.Count(log, "level="))
	}
}

func TestTokensStayOutOfTheLog(t *testing.T) {
	w := newWorld(t)
	link := w.link(outbox.LinkUnsubscribe, w.message(w.person(), "newsletter"))
	w.get(link)
	w.post(link, nil)
	if log := w.log.String(); strings.Contains(log, link[3:20]) || !strings.Contains(log, "/u/{token}") {
		t.Error(log)
	}
}

func TestProxies(t *testing.T) {
	var client netip.Addr
	var secure bool
	w := newWorld(t, func(r *door.Rooms) { r.Proxies = []netip.Prefix{netip.MustParsePrefix("10.0.0.0/8")} })
	site := web.New(w.Rooms, door.Route{Method: "GET", Path: "/who", Level: door.Public, Handler: func(r *door.Request) error {
		client, secure = r.Client, r.Secure
		return nil
	}})
	for _, x := range []struct {
		peer, chain, want string
		secure            bool
	}{
		{"192.0.2.7:1", "198.51.100.1", "192.0.2.7", false}, // a stranger's claim
		{"10.0.0.1:1", "198.51.100.1", "198.51.100.1", true},
		{"10.0.0.1:1", "203.0.113.9, 198.51.100.1, 10.0.0.2", "198.51.100.1", true}, // what the client put before is its own
		{"10.0.0.1:1", "nonsense", "10.0.0.1", true},
		{"[::ffff:10.0.0.1]:1", "2001:db8::1", "2001:db8::1", true},
	} {
		r := httptest.NewRequest("GET", "/who", nil)
		r.RemoteAddr = x.peer
		r.Header.Set("X-Forwarded-For", x.chain)
		r.Header.Set("X-Forwarded-Proto", "https")
		site.ServeHTTP(httptest.NewRecorder(), r)
		if client.String() != x.want || secure != x.secure {
			t.Errorf("%+v: %s %v", x, client, secure)
		}
	}
}

func TestServer(t *testing.T) {
	w := newWorld(t)
	s := web.Server{Handler: w.site, Log: w.Log}
	if err := s.Start("127.0.0.1:0"); err != nil {
		t.Fatal(err)
	}
	res, err := http.Get("http://" + s.Addr() + "/healthz")
	if err != nil || res.StatusCode != http.StatusOK {
		t.Fatal(err, res)
	}
	res.Body.Close()
	second := web.Server{Handler: w.site, Log: w.Log}
	if err := second.Start(s.Addr()); !fault.Is(err, fault.Unavailable) {
		t.Errorf("a second server on the address: %v", err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 5*time.Second)
	defer cancel()
	if err := errors.Join(s.Shutdown(ctx), s.Wait()); err != nil {
		t.Error(err)
	}
}

func TestNoNotice(t *testing.T) {
	w := newWorld(t)
	empty := newEmpty(t)
	wantStatus(t, empty.get("/notice"), http.StatusNotFound)
	wantStatus(t, empty.get("/notice/sv"), http.StatusNotFound)
	wantStatus(t, empty.get("/sign-in"), http.StatusOK)
	wantStatus(t, empty.get("/.well-known/security.txt"), http.StatusNotFound)
	c := empty.signedIn("maja@nordanvind.example", "owner")
	wantStatus(t, empty.get("/account", "Cookie", c), http.StatusOK)
	wantStatus(t, empty.get("/mail", "Cookie", c), http.StatusForbidden) // nothing promised, nothing allowed
	if !bytes.Contains([]byte(text(t, w.get("/notice/en"))), []byte("Nordanvind")) {
		t.Error("the notice does not name its controller")
	}
}
