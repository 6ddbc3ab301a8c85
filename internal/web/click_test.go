package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"kartotek/internal/campaign"
	"kartotek/internal/clicks"
	"kartotek/internal/db"
	"kartotek/internal/outbox"
)

const shop = "https://shop.example/one?a=1&b=2#c"

var reader = []string{"User-Agent", "Mozilla/5.0 (X11; Linux x86_64; rv:140.0) Gecko/20100101 Firefox/140.0", "Accept-Language", "sv"}

// figures counts what waits and reads the result.
func (w *world) figures(c *campaign.Campaign) (f clicks.Figures) {
	w.t.Helper()
	w.clock.Move(3 * time.Second)
	if err := w.Clicks.Flush(w.t.Context(), w.DB.Now()); err != nil {
		w.t.Fatal(err)
	}
	w.do(func(tx *db.Tx) (err error) { f, err = w.Clicks.Of(tx, c.ID); return err })
	return f
}

func (w *world) counted(c *campaign.Campaign, address string) string {
	return "/c/" + clicks.Token(w.Keys, clicks.LinkID(w.Keys, c.ID, 1, address))
}

// TestClick leads on with nothing said to whom it leads, and counts.
func TestClick(t *testing.T) {
	w := newWorld(t)
	c := w.sent(campaign.Campaign{Subject: "S", Language: "sv", Body: "[Läs](" + shop + ") [Mer](https://shop.example/two) [Kontakt](mailto:info@shop.example)", Options: everybody})
	w.clock.Move(time.Hour)
	before := w.dump()
	r := w.get(w.counted(c, shop), reader...)
	if r.StatusCode != http.StatusFound || r.Header.Get("Location") != shop {
		t.Fatalf("%d %s", r.StatusCode, r.Header.Get("Location"))
	}
	if r.Header.Get("Referrer-Policy") != "no-referrer" || r.Header.Get("Cache-Control") != "no-store" || len(r.Cookies()) != 0 || text(t, r) != "" {
		t.Errorf("%v", r.Header)
	}
	w.ask("HEAD", w.counted(c, shop), "", reader...)
	w.ask("GET", w.counted(c, shop), "", "User-Agent", "python-requests/2")
	wantStatus(t, w.ask("OPTIONS", w.counted(c, shop), "", reader...), http.StatusMethodNotAllowed)
	wantStatus(t, w.ask("POST", w.counted(c, shop), "x=1", append(reader, "Content-Type", urlencoded)...), http.StatusMethodNotAllowed)
	if w.dump() != before {
		t.Error("following a link wrote something at once")
	}
	if f := w.figures(c); f.Human != 1 || len(f.Links) != 2 || f.Links[0].Address != shop {
		t.Errorf("%+v", f)
	}
	if strings.Contains(w.dump(), "192.0.2.1") {
		t.Error("the address of the reader was kept")
	}
}

// TestNoOpenRedirect leads nowhere but to what was stored.
func TestNoOpenRedirect(t *testing.T) {
	w := newWorld(t)
	c := w.sent(campaign.Campaign{Subject: "S", Language: "sv", Body: "[Läs](" + shop + ")", Options: everybody})
	good := w.counted(c, shop)
	for _, path := range []string{
		"/c/", "/c/https://evil.example", "/c/" + url.PathEscape("https://evil.example"), "/c/" + url.PathEscape("//evil.example"), "/c/" + url.PathEscape(`\\evil.example`), "/c/https:evil.example",
		"/c/" + url.PathEscape("javascript:alert(1)"), good[:len(good)-1], good[:len(good)-2] + "AA", good + "/", good + "%00", "/c/%2e%2e%2fu", "/c/" + strings.Repeat("A", 4000),
		w.counted(c, "https://evil.example"),
	} {
		r := w.get(path, reader...)
		if to := r.Header.Get("Location"); r.StatusCode == http.StatusFound || strings.Contains(to, "evil") {
			t.Errorf("%s leads to %q (%d)", path, to, r.StatusCode)
		}
	}
	for _, extra := range []string{"?url=https://evil.example", "?to=//evil.example&next=/"} {
		if r := w.get(good+extra, reader...); !strings.HasPrefix(r.Header.Get("Location"), "https://shop.example/one") {
			t.Errorf("%s leads to %q", extra, r.Header.Get("Location"))
		}
	}
}

// TestMissesAreBounded answers guesses at links with 404, and many with 429; good
// links are never held up.
func TestMissesAreBounded(t *testing.T) {
	w := newWorld(t)
	c := w.sent(campaign.Campaign{Subject: "S", Language: "sv", Body: "[Läs](" + shop + ")", Options: everybody})
	last := 0
	for range 100 {
		last = w.get("/c/AAAA", reader...).StatusCode
	}
	if last != http.StatusTooManyRequests {
		t.Errorf("the hundredth guess: %d", last)
	}
	wantStatus(t, w.get(w.counted(c, shop), reader...), http.StatusFound)
}

// TestLeaving attributes a no to the letter it was said by, once.
func TestLeaving(t *testing.T) {
	w := newWorld(t)
	a, b, c := w.message(w.person(), "newsletter"), w.message(w.person(), "newsletter"), w.message(w.person(), "newsletter")
	for range 2 {
		wantStatus(t, w.post(w.link(outbox.LinkUnsubscribe, a), url.Values{"List-Unsubscribe": {"One-Click"}}), 200)
	}
	wantStatus(t, w.post(w.link(outbox.LinkUnsubscribe, b), url.Values{}, "Sec-Fetch-Mode", "navigate"), 200)
	wantStatus(t, w.post(w.link(outbox.LinkPreferences, c), url.Values{"op": {"stop"}}), 200)
	for i, want := range []struct {
		m   outbox.Message
		way string
	}{{a, clicks.LeftOneClick}, {b, clicks.LeftPage}, {c, clicks.LeftPreferences}} {
		if f := w.figures(&campaign.Campaign{ID: want.m.Campaign}); f.LeftAll() != 1 || f.Left[want.way] != 1 {
			t.Errorf("%d: %+v", i, f.Left)
		}
	}
}
