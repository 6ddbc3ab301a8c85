package web_test

import (
	"archive/zip"
	"bytes"
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"kartotek/internal/audit"
	"kartotek/internal/db"
	"kartotek/internal/dossier"
	"kartotek/internal/id"
	"kartotek/internal/job"
	"kartotek/internal/outbox"
	"kartotek/internal/rightsdef"
	"kartotek/internal/subject"
	"kartotek/internal/web/door"
)

// visitor is somebody's browser.
type visitor struct {
	*world
	jar map[string]string
}

func (w *world) visitor() *visitor { return &visitor{w, map[string]string{}} }

func (b *visitor) do(method, path string, form url.Values, headers ...string) *http.Response {
	b.t.Helper()
	var cookies []string
	for name, value := range b.jar {
		cookies = append(cookies, name+"="+value)
	}
	slices.Sort(cookies)
	headers = append(headers, "Cookie", strings.Join(cookies, "; "))
	var res *http.Response
	if method == "POST" {
		res = b.post(path, form, headers...)
	} else {
		res = b.ask(method, path, "", headers...)
	}
	for _, c := range res.Cookies() {
		if b.jar[c.Name] = c.Value; c.MaxAge < 0 {
			delete(b.jar, c.Name)
		}
	}
	return res
}

func (b *visitor) see(path string) string {
	b.t.Helper()
	res := b.do("GET", path, nil)
	wantStatus(b.t, res, http.StatusOK)
	return text(b.t, res)
}

func (b *visitor) press(path string, form url.Values) string {
	b.t.Helper()
	res := b.do("POST", path, form)
	if res.StatusCode == http.StatusSeeOther {
		return b.see(res.Header.Get("Location"))
	}
	wantStatus(b.t, res, http.StatusOK)
	return text(b.t, res)
}

var myLink = regexp.MustCompile(`https://register\.example(/me/(?:in|confirm)/[A-Z2-7]+)`)

// letterLinks makes the letters that wait, and gives where those to a person lead.
func (w *world) letterLinks(who id.ID) (out []string) {
	w.t.Helper()
	run := &job.Runner{DB: w.DB, Workers: 1}
	w.Subject.Handle(run)
	w.clock.Move(time.Second)
	if err := run.RunUntilIdle(w.t.Context(), job.Filter{Kinds: []string{subject.KindLetter}}); err != nil {
		w.t.Fatal(err)
	}
	w.do(func(tx *db.Tx) error {
		out = nil
		return w.Post.Export(tx, who, func(r dossier.Record) error {
			body, key := "", ""
			for _, v := range r.Values {
				switch v.Name {
				case "body":
					body = v.Text
				case "data":
					key = regexp.MustCompile(`[A-Z2-7]{26}`).FindString(v.Text)
				}
			}
			if m := regexp.MustCompile(`https://register\.example(/me/(?:in|confirm)/)\{\{ data.key \}\}`).FindStringSubmatch(body); m != nil && key != "" {
				out = append(out, m[1]+key)
			}
			return nil
		})
	})
	return out
}

// signedInSelf is a browser in which a person is signed in.
func (w *world) signedInSelf(who id.ID) *visitor {
	w.t.Helper()
	b := w.visitor()
	b.press("/me", url.Values{"address": {w.email(who)}})
	links := w.letterLinks(who)
	b.press(links[len(links)-1], nil)
	if b.jar["me"] == "" {
		w.t.Fatal("not signed in")
	}
	return b
}

func (w *world) email(who id.ID) (e string) {
	w.do(func(tx *db.Tx) error {
		p, _, err := w.Party.Get(tx, who)
		e = p.Email
		return err
	})
	return e
}

// TestMineEnumeration holds that asking tells nothing: status, headers, and body but for
// the six digits and the time are the same for an address that is known, one that is
// not, one that asked before, and one of somebody erased.
func TestMineEnumeration(t *testing.T) {
	w := newWorld(t)
	known, gone := w.person(), w.person()
	goneAddress := w.email(gone)
	w.do(func(tx *db.Tx) error { _, err := w.Party.Erase(tx, gone, dossier.Plan{}); return err })
	digits := regexp.MustCompile(`data-code="(\d{6})">[^<]*<`)
	seen := map[string]string{}
	for name, address := range map[string]string{"known": w.email(known), "known again": strings.ToUpper(w.email(known)), "unknown": "nobody@nowhere.example", "erased": goneAddress} {
		before := w.dump()
		res := w.post("/me", url.Values{"address": {address}}, "Accept-Language", "en")
		body := text(t, res)
		if res.StatusCode != http.StatusOK || len(res.Cookies()) != 1 || strings.Contains(body, "@") || w.dump() == before {
			t.Errorf("%s: %d, cookies %v", name, res.StatusCode, res.Cookies())
		}
		head := fmt.Sprint(res.StatusCode, res.Header["Content-Type"], res.Header["Cache-Control"], res.Cookies()[0].MaxAge, len(res.Cookies()[0].Value), len(body))
		body = digits.ReplaceAllString(body, "")
		body = regexp.MustCompile(`until [^<]*<`).ReplaceAllString(body, "<")
		seen[head+"\n"+body] += name + " "
	}
	if len(seen) != 1 {
		for k, who := range seen {
			t.Errorf("%s: %.60s…", who, k)
		}
	}
}

// TestMineWork holds that asking asks the database the same for everybody.
func TestMineWork(t *testing.T) {
	w := newWorld(t)
	known := w.email(w.person())
	rows := func(address string) (links, jobs int) {
		w.post("/me", url.Values{"address": {address}})
		w.do(func(tx *db.Tx) error {
			all, err := job.List(tx, subject.KindLetter, job.Ready, 0, 100)
			jobs = len(all)
			return err
		})
		return strings.Count(w.dump(), "sign-in"), jobs
	}
	a1, b1 := rows("nobody@nowhere.example")
	a2, b2 := rows(known)
	if b1 != 1 || b2 != 2 || a2 != 2*a1 {
		t.Errorf("links %d and %d, jobs %d and %d", a1, a2, b1, b2)
	}
}

// TestMineScanner holds that nothing a mail scanner does to a link uses it up or opens
// anything.
func TestMineScanner(t *testing.T) {
	w := newWorld(t)
	who := w.person()
	b := w.visitor()
	b.press("/me", url.Values{"address": {w.email(who)}})
	link := w.letterLinks(who)[0]
	before := w.dump()
	for _, method := range []string{"GET", "HEAD", "OPTIONS", "PUT"} {
		for range 2 {
			res := w.ask(method, link, "")
			if len(res.Cookies()) > 0 || method == "GET" && res.StatusCode != http.StatusOK || method == "PUT" && res.StatusCode != http.StatusMethodNotAllowed {
				t.Errorf("%s: %d %v", method, res.StatusCode, res.Cookies())
			}
		}
	}
	if w.dump() != before {
		t.Error("a scanner changed something")
	}
	res := w.ask("POST", link, "") // without the digits of the page that asked
	if res.StatusCode != http.StatusBadRequest || len(res.Cookies()) > 0 {
		t.Errorf("POST: %d %v", res.StatusCode, res.Cookies())
	}
	res = w.post(link, nil, "Sec-Fetch-Site", "cross-site", "Origin", "https://evil.example")
	wantStatus(t, res, http.StatusForbidden)
	if page := b.see(link); !strings.Contains(page, `action="`+link+`"`) || strings.Contains(page, `name="code"`) {
		t.Errorf("the button: %s", page)
	}
	b.press(link, nil)
	if b.jar["me"] == "" || b.jar["me-ask"] != "" {
		t.Errorf("%v", b.jar)
	}
	wantStatus(t, b.do("GET", link, nil), http.StatusNotFound)
	wantStatus(t, b.do("POST", link, nil), http.StatusNotFound)
}

// TestMineCookies holds how the session is kept: guarded by the browser, apart from
// staff's.
func TestMineCookies(t *testing.T) {
	w := newWorld(t, func(r *door.Rooms) { r.BaseURL = "https://register.example" })
	who := w.person()
	b := w.visitor()
	res := b.do("POST", "/me", url.Values{"address": {w.email(who)}}, "X-Forwarded-Host", "evil.example", "Host", "evil.example")
	wantStatus(t, res, http.StatusOK)
	link := w.letterLinks(who)[0] // begins with the register's own address, whatever the request said
	res = b.do("POST", link, nil)
	i := slices.IndexFunc(res.Cookies(), func(c *http.Cookie) bool { return c.Name == "__Host-me" })
	if i < 0 {
		t.Fatalf("%v", res.Cookies())
	}
	c := res.Cookies()[i]
	if !c.HttpOnly || !c.Secure || c.SameSite != http.SameSiteLaxMode || c.Path != "/" || c.Domain != "" || c.MaxAge != int(subject.Absolute.Seconds()) {
		t.Errorf("%+v", c)
	}
	for _, path := range []string{"/people", "/people/" + who.String(), "/log"} {
		res := b.do("GET", path, nil)
		if to := res.Header.Get("Location"); !strings.HasPrefix(to, "/sign-in") {
			t.Errorf("%s: %d to %q", path, res.StatusCode, to)
		}
	}
	staff := w.signedIn("maja@nordanvind.example", "owner")
	if res := w.get("/me/facts", "Cookie", staff); res.Header.Get("Location") != "/me" {
		t.Errorf("staff see /me/facts: %d", res.StatusCode)
	}
	if res := w.get("/me/facts", "Cookie", "__Host-me="+strings.TrimPrefix(strings.Split(staff, "=")[1], "")); res.Header.Get("Location") != "/me" {
		t.Errorf("a key of staff opens /me/facts: %d", res.StatusCode)
	}
}

// TestMineForms holds what is refused before anything is done: two addresses, none,
// forms from other sites, too many from one network.
func TestMineForms(t *testing.T) {
	w := newWorld(t)
	before := w.dump()
	for _, f := range []url.Values{nil, {"address": {""}}, {"address": {"a@x.example, b@x.example"}}, {"address": {"a@x.example\r\nBcc: b@x.example"}}, {"address": {"a@x.example", "b@x.example"}}, {"address": {strings.Repeat("a", 400) + "@x.example"}}} {
		wantStatus(t, w.post("/me", f), http.StatusBadRequest)
	}
	wantStatus(t, w.post("/me", url.Values{"address": {"a@x.example"}}, "Sec-Fetch-Site", "cross-site"), http.StatusForbidden)
	if w.dump() != before {
		t.Error("something changed")
	}
	last := 0
	for range 12 {
		last = w.post("/me", url.Values{"address": {"a@x.example"}}).StatusCode
	}
	if last != http.StatusTooManyRequests {
		t.Errorf("%d after many", last)
	}
}

// TestMinePages opens every page as the person, in each language, and looks for what
// must stand there. Each reading is in the log.
func TestMinePages(t *testing.T) {
	w := newWorld(t)
	who := w.person()
	w.message(who, "newsletter")
	b := w.signedInSelf(who)
	for path, want := range map[string][]string{
		"/me":             {"Öbergsson", w.email(who), "aria-current=\"page\"", "/me/facts", "/me/rights"},
		"/me/facts":       {`name="field" value="first_name"`, `value="Åsa"`, `href="/me/address"`, `id="f-city"`},
		"/me/permissions": {`name="on" value="newsletter:email" checked`, "/me/permissions/", `value="stop"`},
		"/me/messages":    {"/w/", "November letter"},
		"/me/readers":     {"signed in to My data"},
		"/me/received":    {"class=\"due\""},
		"/me/rights":      {`action="/me/object?what=marketing"`, `action="/me/withdraw"`, `action="/me/restrict"`, `action="/me/erase"`, `action="/me/copy"`},
		"/me/cases":       {`href="/ask"`},
		"/me/address":     {`name="address"`, w.email(who)},
		"/me/sessions":    {`action="/me/out-all"`},
	} {
		for _, lang := range []string{"sv", "fi", "en"} {
			page := b.see(path + "?lang=" + lang)
			if !strings.Contains(page, `<html lang="`+lang+`"`) || strings.Contains(page, "mine.") || strings.Contains(page, "log_act.") {
				t.Errorf("%s in %s", path, lang)
			}
			if lang != "en" {
				continue
			}
			for _, s := range want {
				if !strings.Contains(page, s) {
					t.Errorf("%s: no %q", path, s)
				}
			}
		}
	}
	entry := regexp.MustCompile(`/me/permissions/\w+`).FindString(b.see("/me/permissions"))
	other := w.person()
	w.do(func(tx *db.Tx) error {
		all, err := w.Ledger.Entries(tx, other)
		if res := b.do("GET", "/me/permissions/"+all[0].ID.String(), nil); res.StatusCode != http.StatusNotFound {
			t.Errorf("a receipt of somebody else: %d", res.StatusCode)
		}
		return err
	})
	_ = entry
	if n := w.logged("subject.read"); n < 30 {
		t.Errorf("%d readings in the log", n)
	}
}

// TestMineCorrect changes a harmless value at once, with the person as actor and source,
// and makes a case of another.
func TestMineCorrect(t *testing.T) {
	w := newWorld(t)
	who := w.person()
	b := w.signedInSelf(who)
	b.press("/me/facts", url.Values{"field": {"city"}, "value": {"Borgå"}})
	w.do(func(tx *db.Tx) error {
		p, _, err := w.Party.Get(tx, who)
		src, err2 := w.Party.SourceOf(tx, p.OriginOf("city").Source)
		history, err3 := w.Party.History(tx, who)
		last := history[len(history)-1]
		if p.City != "Borgå" || src.Kind != "person" || last.ByKind != "person" || last.ByID != who {
			t.Errorf("%q from %q by %s", p.City, src.Kind, last.ByKind)
		}
		return firstError(err, err2, err3)
	})
	for _, f := range []url.Values{{"field": {"email"}, "value": {"x@y.example"}}, {"field": {"shoe_size"}, "value": {"43"}}} {
		b.do("POST", "/me/facts", f)
	}
	if got := w.email(who); got == "x@y.example" {
		t.Error("the address was corrected at once")
	}
	wantStatus(t, b.do("POST", "/me/facts", url.Values{"field": {"city"}, "value": {"two\nlines"}}), http.StatusBadRequest)
}

func firstError(all ...error) error {
	for _, err := range all {
		if err != nil {
			return err
		}
	}
	return nil
}

// TestMineRights objects, withdraws, and opens cases with a clock.
func TestMineRights(t *testing.T) {
	w := newWorld(t)
	who := w.person()
	b := w.signedInSelf(who)
	if !w.allowed(who, "newsletter") {
		t.Fatal("not allowed before")
	}
	b.press("/me/withdraw", nil)
	if w.allowed(who, "newsletter") {
		t.Error("withdrawn and still allowed")
	}
	b.press("/me/object?what=marketing", nil)
	b.press("/me/object?what=profiling", nil)
	if page := b.see("/me/rights"); strings.Contains(page, "what=marketing") || strings.Contains(page, "what=profiling") {
		t.Error("what is forbidden is still offered")
	}
	b.press("/me/restrict", url.Values{"why": {"The address is contested"}})
	b.press("/me/copy", nil)
	b.press("/me/object?what=interest", url.Values{"why": {"I work with it"}})
	want := []rightsdef.Kind{rightsdef.Restriction, rightsdef.Access, rightsdef.Objection}
	w.do(func(tx *db.Tx) error {
		all, err := w.Rights.Of(tx, who)
		var got []rightsdef.Kind
		for _, c := range all {
			got = append(got, c.Kind)
			if c.Certainty != rightsdef.Session || c.Clock.Due == "" || c.Channel != "web" {
				t.Errorf("%+v", c)
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("%v, want %v", got, want)
		}
		return err
	})
	if page := b.see("/me/cases"); strings.Count(page, "R-2026-") != 3 {
		t.Errorf("cases: %s", page)
	}
	wantStatus(t, b.do("POST", "/me/object?what=everything", nil), http.StatusNotFound)
}

// TestMineMove changes the address from both letters.
func TestMineMove(t *testing.T) {
	w := newWorld(t)
	who := w.person()
	b := w.signedInSelf(who)
	wantStatus(t, b.do("POST", "/me/address", url.Values{"address": {"a@x.example b@x.example"}}), http.StatusBadRequest)
	other := w.email(w.person())
	one := text(t, b.do("POST", "/me/address", url.Values{"address": {other}}))
	two := text(t, b.do("POST", "/me/address", url.Values{"address": {"new@fjord.example"}}))
	if one != two {
		t.Error("the page tells whose the new address is")
	}
	links := w.letterLinks(who)
	if len(links) != 4 { // in; old; new and old
		t.Fatalf("%d letters: %v", len(links), links)
	}
	for _, link := range links[2:] {
		if page := w.visitor().see(link); strings.Contains(page, "new@fjord.example") || strings.Contains(page, w.email(who)) {
			t.Error("an address is shown whole")
		}
		w.visitor().press(link, nil)
	}
	if got := w.email(who); got != "new@fjord.example" {
		t.Errorf("%s", got)
	}
	if res := b.do("GET", "/me/facts", nil); res.Header.Get("Location") != "/me" {
		t.Error("still signed in by the old address")
	}
}

// TestMineCopy gives the package to whoever is signed in and to nobody else.
func TestMineCopy(t *testing.T) {
	w := newWorld(t, func(r *door.Rooms) {
		r.Mine.Package = func(_ context.Context, by db.By, who id.ID, lang string, out io.Writer) error {
			z := zip.NewWriter(out)
			f, err := z.Create("who.txt")
			if err == nil {
				_, err = io.WriteString(f, who.String()+" "+by.Kind+" "+lang)
			}
			return firstError(err, z.Close())
		}
	})
	who := w.person()
	b := w.signedInSelf(who)
	res := b.do("GET", "/me/copy.zip", nil)
	data := text(t, res)
	z, err := zip.NewReader(bytes.NewReader([]byte(data)), int64(len(data)))
	if err != nil || res.Header.Get("Content-Type") != "application/zip" || z.File[0].Name != "who.txt" {
		t.Errorf("%v", err)
	}
	if res := w.get("/me/copy.zip"); res.Header.Get("Location") != "/me" {
		t.Error("the copy is given to anybody")
	}
}

// TestMineOut ends the session in the browser and in the register.
func TestMineOut(t *testing.T) {
	w := newWorld(t)
	who := w.person()
	b := w.signedInSelf(who)
	key := b.jar["me"]
	b.press("/me/out", nil)
	if b.jar["me"] != "" {
		t.Error("the cookie stays")
	}
	if res := w.get("/me/facts", "Cookie", "me="+key); res.Header.Get("Location") != "/me" {
		t.Error("the key still opens")
	}
}

// TestMineReaders names staff by what they do, and not by name.
func TestMineReaders(t *testing.T) {
	w := newWorld(t)
	who := w.person()
	c := w.signedIn("maja@nordanvind.example", "dpo")
	wantStatus(t, w.get("/people/"+who.String(), "Cookie", c), http.StatusOK)
	page := w.signedInSelf(who).see("/me/readers?lang=en")
	if strings.Contains(page, "maja") || strings.Contains(page, "Maja") || !strings.Contains(page, "opened the person") && !strings.Contains(page, "person") {
		t.Errorf("%s", page)
	}
	var seen []audit.Entry
	w.do(func(tx *db.Tx) (err error) { seen, err = audit.Read(tx, audit.Filter{Person: who}); return err })
	if len(seen) < 3 {
		t.Errorf("%d lines", len(seen))
	}
}

// TestMineLinks holds that the pages people come to by a message lead to their data.
func TestMineLinks(t *testing.T) {
	w := newWorld(t)
	m := w.message(w.person(), "newsletter")
	for _, path := range []string{w.link(outbox.LinkPreferences, m), w.link(outbox.LinkWhy, m), "/notice/en"} {
		if page := text(t, w.get(path)); !strings.Contains(page, `href="/me"`) {
			t.Errorf("%s does not lead to /me", path)
		}
	}
}
