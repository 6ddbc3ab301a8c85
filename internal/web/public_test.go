package web_test

import (
	"net/http"
	"net/url"
	"strings"
	"sync"
	"testing"

	"kartotek/internal/db"
	"kartotek/internal/dossier"
	"kartotek/internal/fault"
	"kartotek/internal/i18n"
	"kartotek/internal/ledger"
	"kartotek/internal/noticedef"
	"kartotek/internal/outbox"
	"kartotek/internal/party"
	"kartotek/internal/party/twins"
	"kartotek/internal/permit"
)

// RFC 8058: a POST with either encoding, without cookies, answered without a
// redirect, works at once and as often as it comes.
func TestOneClick(t *testing.T) {
	w := newWorld(t)
	body, kind := multipartForm(t, "List-Unsubscribe", "One-Click")
	for name, c := range map[string]struct{ body, kind, origin string }{
		"urlencoded":        {"List-Unsubscribe=One-Click", urlencoded, ""},
		"multipart":         {body, kind, ""},
		"origin null":       {"List-Unsubscribe=One-Click", urlencoded, "null"},
		"from another site": {"List-Unsubscribe=One-Click", urlencoded, "https://mail.example"},
		"nothing said":      {"", "", ""},
	} {
		t.Run(name, func(t *testing.T) {
			who := w.person()
			m := w.message(who, "newsletter")
			if !w.allowed(who, "newsletter") {
				t.Fatal("not allowed before")
			}
			for range 2 {
				headers := []string{}
				for _, h := range [][2]string{{"Content-Type", c.kind}, {"Origin", c.origin}} {
					if h[1] != "" {
						headers = append(headers, h[0], h[1])
					}
				}
				res := w.ask("POST", w.link(outbox.LinkUnsubscribe, m), c.body, headers...)
				wantStatus(t, res, http.StatusOK)
				if res.Header.Get("Location") != "" || len(res.Cookies()) > 0 {
					t.Error("a redirect or a cookie")
				}
			}
			if w.allowed(who, "newsletter") || w.allowed(who, "campaign") {
				t.Error("still allowed")
			}
			if n := len(w.entries(who)); n != 3 {
				t.Errorf("%d entries in the ledger, want consent, withdrawal and prohibition", n)
			}
		})
	}
	if n := w.logged("permission.unsubscribe"); n != 10 {
		t.Errorf("%d lines in the log, want 10", n)
	}
}

func TestOneClickInParallel(t *testing.T) {
	w := newWorld(t)
	who := w.person()
	link := w.link(outbox.LinkUnsubscribe, w.message(who, "newsletter"))
	var all sync.WaitGroup
	for range 8 {
		all.Go(func() { wantStatus(t, w.post(link, url.Values{"List-Unsubscribe": {"One-Click"}}), http.StatusOK) })
	}
	all.Wait()
	if n := len(w.entries(who)); n != 3 {
		t.Errorf("%d entries, want 3", n)
	}
}

func TestEvidenceOfOneClick(t *testing.T) {
	w := newWorld(t)
	who := w.person()
	w.post(w.link(outbox.LinkUnsubscribe, w.message(who, "newsletter")), url.Values{"List-Unsubscribe": {"One-Click"}})
	for _, e := range w.entries(who)[1:] {
		if e.Method != "one-click" || e.SaidBy != ledger.ByPerson || e.Notice != 1 || e.ByKind != "person" {
			t.Errorf("entry %+v", e)
		}
		w.do(func(tx *db.Tx) error {
			ev, err := w.Ledger.EvidenceOf(tx, &e)
			if err == nil && (ev == nil || !strings.Contains(ev.Text, "One-Click") || ev.IP != "192.0.2.1") {
				t.Errorf("evidence %+v", ev)
			}
			return err
		})
	}
}

// Scanners follow every link of a mail within seconds.
func TestFollowingChangesNothing(t *testing.T) {
	w := newWorld(t)
	m := w.message(w.person(), "newsletter")
	before := w.dump()
	for _, kind := range []outbox.Link{outbox.LinkUnsubscribe, outbox.LinkPreferences, outbox.LinkWhy} {
		for _, method := range []string{"GET", "HEAD", "OPTIONS", "PUT", "DELETE", "PATCH", "TRACE"} {
			for _, query := range []string{"", "?List-Unsubscribe=One-Click&op=stop", "?_method=POST&lang=fi"} {
				res := w.ask(method, w.link(kind, m)+query, "", "X-HTTP-Method-Override", "POST")
				want := http.StatusMethodNotAllowed
				if method == "GET" || method == "HEAD" {
					want = http.StatusOK
				}
				wantStatus(t, res, want)
			}
		}
	}
	if w.dump() != before {
		t.Error("following a link changed the register")
	}
}

// Every link that opens nothing gets the same page.
func TestAlteredLinks(t *testing.T) {
	w := newWorld(t)
	who := w.person()
	m := w.message(who, "newsletter")
	erased := w.message(who, "survey")
	gone := w.get("/p/x", "Accept-Language", "en")
	wantStatus(t, gone, http.StatusNotFound)
	page := text(t, gone)
	if strings.Contains(page, "fjord") {
		t.Fatal("personal data")
	}
	before := w.dump()
	for _, kind := range []outbox.Link{outbox.LinkUnsubscribe, outbox.LinkPreferences, outbox.LinkWhy} {
		good := w.link(kind, m)
		head, token := good[:3], good[3:]
		last := "A"
		if strings.HasSuffix(token, "A") {
			last = "B"
		}
		for name, altered := range map[string]string{
			"last letter": token[:len(token)-1] + last, "cut by one": token[:len(token)-1], "cut by half": token[:len(token)/2],
			"longer": token + "A", "other case": strings.ToUpper(token), "twice encoded": url.PathEscape(url.PathEscape("%" + token)), "padding": token + "=",
			"other kind": w.link("x", m)[3:], "nobody": outbox.Token(w.Keys, kind, 99, 98), "no such message": outbox.Token(w.Keys, kind, who, 98),
			"another's message": outbox.Token(w.Keys, kind, 4096+who, m.ID), "short": "a",
		} {
			for _, method := range []string{"GET", "POST"} {
				if method == "POST" && kind == outbox.LinkWhy {
					continue
				}
				res := w.ask(method, head+altered, "", "Accept-Language", "en")
				if got := text(t, res); res.StatusCode != http.StatusNotFound || got != page {
					t.Errorf("%s %s: %d %.200s", name, method, res.StatusCode, got)
				}
				w.clock.Move(10e9) // misses are counted per network
			}
		}
	}
	if w.dump() != before {
		t.Error("a link that opens nothing changed the register")
	}
	link := w.link(outbox.LinkPreferences, erased)
	w.do(func(tx *db.Tx) error { _, err := w.Outbox.Erase(tx, who, dossier.Plan{}); return err })
	if res := w.get(link, "Accept-Language", "en"); res.StatusCode != http.StatusNotFound || text(t, res) != page {
		t.Error("a link to an erased message tells something")
	}
}

func TestGuessing(t *testing.T) {
	w := newWorld(t)
	good := w.link(outbox.LinkPreferences, w.message(w.person(), "newsletter"))
	refused := 0
	for range 100 {
		if w.get("/p/guess").StatusCode == http.StatusTooManyRequests {
			refused++
		}
	}
	if refused < 35 {
		t.Errorf("%d of 100 guesses refused", refused)
	}
	wantStatus(t, w.get(good), http.StatusOK) // a provider that many share is not shut out
	w.clock.Move(60e9)
	wantStatus(t, w.get("/p/guess"), http.StatusNotFound)
}

func TestPreferences(t *testing.T) {
	w := newWorld(t)
	who := w.person()
	link := w.link(outbox.LinkPreferences, w.message(who, "newsletter"))
	page := text(t, w.get(link))
	for _, want := range []string{`value="newsletter:email" checked`, "a•••1@f•••.example", `lang="en"`, "stop"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	for _, secret := range []string{"fjord", "Öbergsson", "Åsa"} {
		if strings.Contains(page, secret) {
			t.Errorf("the page shows %q", secret)
		}
	}
	shown := []string{"newsletter:email", "campaign:email", "survey:email"}
	wantStatus(t, w.post(link, url.Values{"shown": shown, "on": {"survey:email"}, "op": {"save"}}), http.StatusOK)
	if w.allowed(who, "newsletter") || !w.allowed(who, "survey") {
		t.Error("not as ticked")
	}
	wantStatus(t, w.post(link, url.Values{"shown": shown, "on": {"newsletter:email", "relationship:email", "made-up:email"}}), http.StatusOK)
	if !w.allowed(who, "newsletter") || w.allowed(who, "survey") {
		t.Error("not as ticked the second time")
	}
	entries := len(w.entries(who))
	res := w.post(link, url.Values{"op": {"save"}}) // nothing was shown: nothing is said
	wantStatus(t, res, http.StatusOK)
	if n := len(w.entries(who)); n != entries {
		t.Errorf("a form without boxes made %d entries", n-entries)
	}
	wantStatus(t, w.post(link, url.Values{"op": {"stop"}}, "Origin", "null"), http.StatusOK)
	for _, p := range []string{"newsletter", "campaign", "survey"} {
		if w.allowed(who, p) {
			t.Errorf("%s still allowed", p)
		}
	}
	if !w.allowed(who, "relationship") {
		t.Error("a service message is no longer allowed")
	}
	if n := w.logged("permission.preferences"); n != 4 {
		t.Errorf("%d lines in the log", n)
	}
	if n := w.logged("preferences.open"); n != 1 {
		t.Errorf("%d reads in the log", n)
	}
}

func TestWhy(t *testing.T) {
	w := newWorld(t)
	who := w.person()
	m := w.message(who, "newsletter")
	page := text(t, w.get(w.link(outbox.LinkWhy, m)))
	for _, want := range []string{"November letter", "You consented on 22 November 2026", wording, "/notice/en/v/1", "Postilinja Oy", "the answer was the same", w.link(outbox.LinkUnsubscribe, m)} {
		if !strings.Contains(page, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	for _, secret := range []string{"fjord.example", "Öbergsson"} {
		if strings.Contains(page, secret) {
			t.Errorf("the page shows %q", secret)
		}
	}
	service := text(t, w.get(w.link(outbox.LinkWhy, w.message(who, "relationship"))))
	if strings.Contains(service, "/u/") {
		t.Error("a service message offers unsubscribing")
	}
	left := w.person()
	w.post(w.link(outbox.LinkPreferences, w.message(left, "newsletter")), url.Values{"op": {"stop"}})
	skipped := text(t, w.get(w.link(outbox.LinkWhy, w.message(left, "newsletter"))))
	if !strings.Contains(skipped, "was not sent") {
		t.Error("a message that was left out is said to be sent")
	}
}

// A link in old mail works after its person became another's card.
func TestLinkAfterMerge(t *testing.T) {
	w := newWorld(t)
	keep, gone := w.person(), w.person()
	m := w.message(gone, "newsletter")
	link := w.link(outbox.LinkUnsubscribe, m)
	w.do(func(tx *db.Tx) error { return (twins.Room{Party: w.Party}).Merge(tx, keep, gone, nil) })
	wantStatus(t, w.post(link, url.Values{"List-Unsubscribe": {"One-Click"}}), http.StatusOK)
	if w.allowed(keep, "newsletter") {
		t.Error("still allowed after the merge")
	}
}

// A link in old mail works after its person has another address, and holds for that one.
func TestLinkAfterNewAddress(t *testing.T) {
	w := newWorld(t)
	who := w.person()
	link := w.link(outbox.LinkUnsubscribe, w.message(who, "newsletter"))
	w.do(func(tx *db.Tx) error {
		src, err := w.Party.AddSource(tx, "staff", "called")
		if err == nil {
			_, err = w.Party.Edit(tx, who, src, []party.Pair{{Name: "email", Value: "another@people.example"}})
		}
		return err
	})
	wantStatus(t, w.post(link, url.Values{"List-Unsubscribe": {"One-Click"}}), http.StatusOK)
	if w.allowed(who, "newsletter") {
		t.Error("still allowed at the new address")
	}
}

// A link in old mail works after its letter was deleted, pressed from a page that names
// no origin, as often as it comes, and says no to what the letter was sent for.
func TestLinkAfterDeletedLetter(t *testing.T) {
	w := newWorld(t)
	who := w.person()
	m := w.message(who, "newsletter")
	link := w.link(outbox.LinkUnsubscribe, m)
	w.do(func(tx *db.Tx) error { return w.Campaign.Delete(tx, m.Campaign) })
	body, kind := multipartForm(t, "List-Unsubscribe", "One-Click")
	for range 2 {
		res := w.ask("POST", link, body, "Content-Type", kind, "Origin", "null")
		if wantStatus(t, res, http.StatusOK); res.Header.Get("Location") != "" || len(res.Cookies()) > 0 {
			t.Error("a redirect or a cookie")
		}
	}
	if n := len(w.entries(who)); w.allowed(who, "newsletter") || n != 3 {
		t.Errorf("still allowed, or %d entries where 3 are due", n)
	}
}

func TestNoticePages(t *testing.T) {
	w := newWorld(t)
	for accept, want := range map[string]string{"fi-FI,fi;q=0.9": "/notice/fi", "en": "/notice/en", "de": "/notice/sv", "": "/notice/sv"} {
		res := w.get("/notice", "Accept-Language", accept)
		if got := res.Header.Get("Location"); res.StatusCode != http.StatusSeeOther || got != want {
			t.Errorf("%q leads to %q (%d)", accept, got, res.StatusCode)
		}
	}
	for path, status := range map[string]int{"/notice/sv": 200, "/notice/fi": 200, "/notice/en": 200, "/notice/en/v/1": 200, "/notice/de": 404, "/notice/en/v/2": 404,
		"/notice/en/v/01": 404, "/notice/en/v/-1": 404, "/notice/en/v/9999999999999999999": 404, "/notice/en/diff/1/1": 200, "/notice/en/diff/1/2": 404} {
		wantStatus(t, w.get(path), status)
	}
	for lang, want := range map[string]string{"sv": "Postilinja Oy", "fi": "Nordanvind", "en": "Article"} {
		page := text(t, w.get("/notice/"+lang))
		if !strings.Contains(page, `<html lang="`+lang+`"`) || lang != "en" && !strings.Contains(page, want) {
			t.Errorf("%s: %.300s", lang, page)
		}
	}
}

// An address that does not work stays a no, and the page says so.
func TestPreferencesThatCannotBe(t *testing.T) {
	w := newWorld(t)
	who := w.person()
	link := w.link(outbox.LinkPreferences, w.message(who, "newsletter"))
	w.do(func(tx *db.Tx) error { return w.Party.MarkReach(tx, who, party.BadEmail, true) })
	page := text(t, w.post(link, url.Values{"shown": {"newsletter:email"}, "on": {"newsletter:email"}}))
	if !strings.Contains(page, "could not be turned on") || w.allowed(who, "newsletter") {
		t.Errorf("%s", page)
	}
}

// Evidence that tells of the person is not shown to whoever holds the link.
func TestWhyKeepsLettersToItself(t *testing.T) {
	w := newWorld(t)
	who := w.person()
	w.do(func(tx *db.Tx) error {
		_, err := w.Ledger.Record(tx, who, &ledger.Evidence{Text: "Letter signed Åsa Öbergsson, Fjordgatan 1"},
			ledger.Entry{Kind: ledger.Consent, Purpose: "campaign", Channel: "email", SaidBy: ledger.ByPerson, Method: "letter"})
		return err
	})
	page := text(t, w.get(w.link(outbox.LinkWhy, w.message(who, "campaign"))))
	if !strings.Contains(page, "You consented on") || strings.Contains(page, "Fjordgatan") {
		t.Errorf("%s", page)
	}
}

// Texts whose keys are made from data exist in every language.
func TestWordsOfData(t *testing.T) {
	for _, lang := range i18n.Langs {
		p := i18n.For(lang)
		var keys []string
		for _, ch := range []string{"email", "sms", "call", "post"} {
			keys = append(keys, "prefs.group_"+ch, "by."+ch)
		}
		for _, act := range noticedef.Acts {
			keys = append(keys, "may_act."+act)
		}
		for _, kind := range []string{noticedef.Added, noticedef.Removed, noticedef.Changed} {
			keys = append(keys, "diff.kind_"+kind)
		}
		for _, code := range []fault.Code{fault.Invalid, fault.Denied, fault.SignIn, fault.NotFound, fault.Conflict, fault.TooLarge, fault.TooMany, fault.Unavailable, fault.Internal, "method"} {
			keys = append(keys, "fault."+string(code))
		}
		for _, c := range permit.Codes() {
			keys = append(keys, "code."+c.Code)
		}
		for _, key := range keys {
			if !p.Has(key) {
				t.Errorf("%s has no text for %s", lang, key)
			}
		}
	}
}
