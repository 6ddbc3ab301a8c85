package web_test

import (
	"encoding/base64"
	"net/http"
	"net/url"
	"strings"
	"testing"

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
