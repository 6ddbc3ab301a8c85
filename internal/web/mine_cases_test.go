package web_test

import (
	"context"
	"net/http"
	"net/url"
	"regexp"
	"strings"
	"testing"

	"kartotek/internal/db"
	"kartotek/internal/erasing"
	"kartotek/internal/erasure"
	"kartotek/internal/id"
	"kartotek/internal/rightsdef"
	"kartotek/internal/web/door"
)

// TestMineErase shows the plan in numbers, asks once more by letter, and erases.
func TestMineErase(t *testing.T) {
	erased, done := id.ID(0), &erasure.Certificate{ID: 4097, At: 1796071110927, Ground: erasing.NotNeeded, Gone: []erasure.Gone{{Kind: "outbox.messages", Count: 3}},
		Waiting: []erasure.Gone{{Kind: "paper.items", Count: 2}}}
	w := newWorld(t, func(r *door.Rooms) {
		r.Mine.Plan = func(*db.Tx, id.ID) (*erasing.Plan, error) {
			return &erasing.Plan{Lines: []erasing.Line{{Category: "kartotek.messages", Count: 3, Action: erasing.Erase}}}, nil
		}
		r.Mine.Erase = func(_ context.Context, _ db.By, who id.ID, ref string) (*erasure.Certificate, error) {
			if erased = who; !strings.HasPrefix(ref, "R-2026-") {
				t.Errorf("the case is %q", ref)
			}
			return done, nil
		}
		r.Mine.Certificate = func(_ *db.Tx, which id.ID) (*erasure.Certificate, error) {
			if which != done.ID {
				t.Errorf("certificate %s", which)
			}
			return done, nil
		}
	})
	who := w.person()
	b := w.signedInSelf(who)
	if page := b.see("/me/rights?lang=en"); !strings.Contains(page, "3") {
		t.Errorf("%s", page)
	}
	b.press("/me/erase", nil)
	if erased != 0 {
		t.Fatal("erased without the letter")
	}
	link := w.letterLinks(who)[1]
	anybody := w.visitor()
	page := anybody.see(link)
	if !strings.Contains(page, `action="`+link+`"`) || strings.Contains(page, "Öbergsson") || strings.Contains(page, w.email(who)) || erased != 0 {
		t.Errorf("the page of the letter: %s", page)
	}
	wantStatus(t, w.post(link, nil, "Sec-Fetch-Site", "cross-site"), http.StatusForbidden)
	res := b.do("POST", link, nil)
	at := res.Header.Get("Location")
	if erased != who || b.jar["me"] != "" || !strings.HasPrefix(at, "/me/erased/") {
		t.Errorf("erased %s, still signed in by %q, sent to %q", erased, b.jar["me"], at)
	}
	if page := anybody.see(at + "?lang=en"); !strings.Contains(page, "Papers to destroy") || strings.Contains(page, "Öbergsson") {
		t.Errorf("the certificate: %s", page)
	}
	if res := anybody.do("GET", at+"/pdf", nil); res.Header.Get("Content-Type") != "application/pdf" || !strings.HasPrefix(text(t, res), "%PDF-") {
		t.Error("no document")
	}
	wantStatus(t, anybody.do("GET", at[:len(at)-2]+"AA", nil), http.StatusNotFound)
	wantStatus(t, anybody.do("POST", link, nil), http.StatusNotFound)
}

// TestMineMisuse holds that erasing, moving and correcting are the desk's while misuse is
// reported, with what happens next and by when; and that a no still holds at once.
func TestMineMisuse(t *testing.T) {
	w := newWorld(t, func(r *door.Rooms) {
		r.Mine.Erase = func(context.Context, db.By, id.ID, string) (*erasure.Certificate, error) {
			t.Error("erased")
			return nil, nil
		}
		r.Subject.Sure = func(*db.Tx, id.ID) (rightsdef.Certainty, bool, error) { return rightsdef.Claimed, true, nil }
	})
	who := w.person()
	b := w.signedInSelf(who)
	b.press("/me/facts", url.Values{"field": {"city"}, "value": {"Borgå"}})
	b.press("/me/address", url.Values{"address": {"new@fjord.example"}})
	b.press("/me/erase", nil)
	links := w.letterLinks(who)
	if len(links) != 2 {
		t.Fatalf("letters: %v", links)
	}
	page := b.press(links[1]+"?lang=en", nil)
	w.do(func(tx *db.Tx) error {
		p, _, err := w.Party.Get(tx, who)
		all, err2 := w.Rights.Of(tx, who)
		if p.City == "Borgå" || len(all) != 2 || all[1].Kind != rightsdef.Erasure || !all[1].Open() || !strings.Contains(page, all[1].Ref) {
			t.Errorf("%q, %d cases: %s", p.City, len(all), page)
		}
		return firstError(err, err2)
	})
	b.press("/me/object?what=marketing", nil)
	if w.allowed(who, "newsletter") {
		t.Error("the no does not hold")
	}
}

// TestMineCases reads a request with its letters, and takes it back; those of others
// are not there.
func TestMineCases(t *testing.T) {
	w := newWorld(t)
	limited := map[id.ID]bool{}
	w.Rights.Needs.Restrict = func(_ *db.Tx, who id.ID, on bool) error { limited[who] = on; return nil }
	who, other := w.person(), w.person()
	b, c := w.signedInSelf(who), w.signedInSelf(other)
	b.press("/me/facts", url.Values{"field": {"customer_number"}, "value": {"40 113"}})
	if limited[who] {
		t.Error("restricted unasked")
	}
	page := b.press("/me/facts?lang=en", url.Values{"field": {"customer_number"}, "value": {"40 113"}, "why": {"see the card"}, "limit": {"yes"}})
	if !limited[who] || !strings.Contains(page, "only store it") {
		t.Errorf("contested data is used on: %s", page)
	}
	list := b.see("/me/cases?lang=en")
	cases := regexp.MustCompile(`/me/cases/\w+`).FindAllString(list, -1)
	page = b.see(cases[1] + "?lang=en")
	letter := regexp.MustCompile(`/me/cases/\w+/letters/\w+`).FindString(page)
	if !strings.Contains(page, "see the card") || !strings.Contains(page, "days left") || letter == "" {
		t.Fatalf("the case: %s", page)
	}
	if page := b.see(letter); !strings.Contains(page, "R-2026-0002") {
		t.Errorf("the letter: %s", page)
	}
	if res := b.do("GET", letter+"/pdf", nil); !strings.HasPrefix(text(t, res), "%PDF-") {
		t.Error("no document")
	}
	for _, path := range []string{cases[1], letter, letter + "/pdf"} {
		wantStatus(t, c.do("GET", path, nil), http.StatusNotFound)
	}
	wantStatus(t, c.do("POST", cases[1]+"/withdraw", nil), http.StatusNotFound)
	b.press(cases[1]+"/withdraw", nil)
	w.do(func(tx *db.Tx) error {
		all, err := w.Rights.Of(tx, who)
		if all[1].Outcome != rightsdef.OutcomeWithdrawn || all[1].Lift == "" {
			t.Errorf("%+v", all[1])
		}
		return err
	})
}
