package web_test

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"kartotek/internal/db"
	"kartotek/internal/id"
	"kartotek/internal/outbox"
	"kartotek/internal/web/door"
)

// TestForgedPlaces asks for pages of lists from places that were never given out: each
// is refused as a bad request, for whatever the forger wrote in it.
func TestForgedPlaces(t *testing.T) {
	w := newWorld(t)
	for range 60 {
		w.person()
	}
	c := w.signedIn("maja@nordanvind.example", "owner")
	page := text(t, w.get("/people", "Cookie", c))
	i := strings.Index(page, "/people?after=")
	if i < 0 {
		t.Fatal("the list has no second page")
	}
	own, err := url.QueryUnescape(strings.SplitN(page[i+len("/people?after="):], `"`, 2)[0])
	if err != nil {
		t.Fatal(err)
	}
	wantStatus(t, w.get("/people?after="+url.QueryEscape(own), "Cookie", c), http.StatusOK)
	forged := []string{"x", "1", "' OR 1=1 --", own + "A", own[:len(own)-1], own[1:], strings.ToUpper(own), strings.Repeat("A", 3000),
		base64.RawURLEncoding.EncodeToString([]byte(`["","0"]`)), base64.StdEncoding.EncodeToString([]byte(`{"id":1}`)), w.Keys.Sign("cursor", []byte("1"))}
	for n := range len(own) {
		b := []byte(own)
		b[n] ^= 1
		forged = append(forged, string(b))
	}
	for _, path := range []string{"/people", "/log"} {
		for _, place := range forged {
			if res := w.get(path+"?after="+url.QueryEscape(place), "Cookie", c); res.StatusCode != http.StatusBadRequest {
				t.Errorf("%s from %.40q: %d", path, place, res.StatusCode)
			}
		}
	}
	for _, sort := range []string{"/people?sort=name", "/people?order=desc", "/people?filter=1"} { // no list is sorted by its address
		if res := w.get(sort, "Cookie", c); res.StatusCode >= 500 {
			t.Errorf("%s: %d", sort, res.StatusCode)
		}
	}
	stranger := w.signedIn("other@nordanvind.example", "owner")
	if res := w.get("/people?after="+url.QueryEscape(own), "Cookie", stranger); res.StatusCode != http.StatusBadRequest {
		t.Errorf("somebody else's place: %d", res.StatusCode)
	}
}

// TestCutLinks cuts links of a letter at every letter: no beginning of a link opens
// anything, and all of them look alike.
func TestCutLinks(t *testing.T) {
	w := newWorld(t)
	m := w.message(w.person(), "newsletter")
	gone := text(t, w.get("/p/x", "Accept-Language", "en"))
	for _, kind := range []outbox.Link{outbox.LinkUnsubscribe, outbox.LinkPreferences, outbox.LinkWhy} {
		link := w.link(kind, m)
		wantStatus(t, w.get(link), http.StatusOK)
		for n := len("/p/") + 1; n < len(link); n++ {
			res := w.get(link[:n], "Accept-Language", "en")
			if got := text(t, res); res.StatusCode != http.StatusNotFound || got != gone {
				t.Errorf("the first %d of %d letters: %d", n, len(link), res.StatusCode)
			}
			w.clock.Move(10e9) // misses are counted per network
		}
	}
}

// TestLinksNameUs makes one-time links under false names of the host: what is handed
// over leads to the address the program was told, whoever asks.
func TestLinksNameUs(t *testing.T) {
	w := newWorld(t, func(r *door.Rooms) { r.BaseURL = "https://register.example" })
	_, link := w.member("maja@nordanvind.example", "owner")
	c := cookie(t, w.post(link, nil))
	bo, _ := w.member("bo@nordanvind.example", "clerk")
	for _, headers := range [][]string{{}, {"Host", "evil.example"}, {"X-Forwarded-Host", "evil.example"}, {"Forwarded", "host=evil.example;proto=http"},
		{"X-Forwarded-Proto", "http"}, {"X-Original-URL", "https://evil.example/"}} {
		res := w.post("/staff/accounts/"+bo.String()+"/link", url.Values{}, append(headers, "Cookie", c, "Sec-Fetch-Site", "same-origin")...)
		body := text(t, res)
		if res.StatusCode >= 300 || !strings.Contains(body, "https://register.example/sign-in/link/") && !strings.Contains(body, "https://register.example/signin/link/") || strings.Contains(body, "evil") || strings.Contains(body, "http://register") {
			t.Errorf("%v: %d %.300s", headers, res.StatusCode, body)
		}
	}
}

// TestSessionsEndAtOnce takes away what a session rests on, in each way there is, and
// expects both devices of the person to be out at their very next request.
func TestSessionsEndAtOnce(t *testing.T) {
	const next = "seven swans swim southwards"
	for name, end := range map[string]func(w *world, account id.ID, here string){
		"signed out": func(w *world, _ id.ID, here string) { w.post("/sign-out", nil, "Cookie", here) },
		"password changed": func(w *world, _ id.ID, here string) {
			form := url.Values{"current": {password}, "password": {next}, "again": {next}}
			wantStatus(w.t.(*testing.T), w.post("/account/password", form, "Cookie", here), http.StatusSeeOther)
		},
		"level changed": func(w *world, a id.ID, _ string) {
			w.do(func(tx *db.Tx) error { return w.Staff.SetLevels(tx, a, []string{"admin"}) })
		},
		"closed": func(w *world, a id.ID, _ string) { w.do(func(tx *db.Tx) error { return w.Staff.Disable(tx, a) }) },
	} {
		t.Run(name, func(t *testing.T) {
			w := newWorld(t)
			a, link := w.member("maja@nordanvind.example", "owner")
			here := cookie(t, w.post(link, nil))
			here = cookie(t, w.post("/account/password", url.Values{"password": {password}, "again": {password}}, "Cookie", here))
			there := cookie(t, w.post("/sign-in", url.Values{"email": {"maja@nordanvind.example"}, "password": {password}}))
			for _, c := range []string{here, there} {
				wantStatus(t, w.get("/people", "Cookie", c), http.StatusOK)
			}
			end(w, a, here)
			for i, c := range []string{here, here, there} { // two tabs and another device
				if name == "signed out" && i == 2 {
					wantStatus(t, w.get("/people", "Cookie", c), http.StatusOK) // it was not
					continue
				}
				wantStatus(t, w.get("/people", "Cookie", c), http.StatusSeeOther)
				if res := w.post("/people", url.Values{"first_name": {"X"}, "source": {"x"}}, "Cookie", c); !strings.HasPrefix(res.Header.Get("Location"), "/sign-in") && res.StatusCode != http.StatusUnauthorized {
					t.Errorf("request %d went on: %d to %q", i, res.StatusCode, res.Header.Get("Location"))
				}
			}
		})
	}
}
