package e2e

import (
	"encoding/json"
	"io"
	"net/http"
	"net/http/httptest"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
	"github.com/chromedp/chromedp/kb"

	"kartotek/internal/i18n"
)

// show starts the demonstration and signs in with the printed link.
func show(t *testing.T) (b *browser, base string) {
	t.Helper()
	p, base := serve(t, "--demo", "--data", filepath.Join(t.TempDir(), "demo"))
	link := p.says(t, `Sign in \(once\): (http://\S+)\n`)[1]
	b = surf(t)
	b.visit(link, "sign-in")
	b.press("main form button")
	if !ask[bool](b, `document.querySelector("nav.rail") !== null`) {
		t.Fatal("the printed link does not sign in")
	}
	return b, base
}

// hrefs are the addresses of the links a selector finds.
func (b *browser) hrefs(selector string) []string {
	b.Helper()
	return ask[[]string](b, `[...document.querySelectorAll(`+"`"+selector+"`"+`)].map(a => a.getAttribute("href"))`)
}

// sitemap walks the rail and finds one page of every kind behind it.
func sitemap(b *browser, base string) (all []string) { b.Helper(); return b.walk(base, 1) }

// walk finds so many pages of every kind behind the rail.
func (b *browser) walk(base string, each int) (all []string) {
	b.Helper()
	b.visit(base+"/", "sitemap")
	rail := b.hrefs("nav.rail li a")
	if len(rail) < 9 {
		b.Errorf("the rail has only %v", rail)
	}
	seen := map[string]int{}
	add := func(path string) bool {
		shape, most := kind(path), each
		if shape == "/outreach/{}" {
			most = max(3, each) // a draft looks unlike what was sent
		}
		if seen[shape] == most || slices.Contains(all, path) {
			return false
		}
		seen[shape], all = seen[shape]+1, append(all, path)
		return true
	}
	queue := append(rail, "/account")
	for len(queue) > 0 {
		path := queue[0]
		queue = queue[1:]
		if strings.HasPrefix(path, "//") || !add(path) || file(path) {
			continue
		}
		b.visit(base+path, "sitemap")
		queue = append(queue, b.hrefs("main a[href^='/']:not([download])")...)
	}
	return slices.DeleteFunc(all, file)
}

var (
	long  = regexp.MustCompile(`^[0-9A-Za-z_-]{10,}$|^[0-9]+$`)
	digit = regexp.MustCompile(`[0-9A-Z]`)
)

// kind is a path with what differs from page to page left out.
func kind(path string) string {
	parts := strings.Split(strings.SplitN(path, "?", 2)[0], "/")
	for i, p := range parts {
		if long.MatchString(p) && digit.MatchString(p) {
			parts[i] = "{}"
		}
	}
	return strings.Join(parts, "/")
}

// file reports whether a path is no page: a download, or the bare body of a letter.
func file(path string) bool {
	path = strings.SplitN(path, "?", 2)[0]
	return strings.HasSuffix(path, ".csv") || path == "/log/checkpoint" || strings.HasSuffix(path, "/yaml") || strings.HasSuffix(path, "/rejects") || strings.HasSuffix(path, "/html") || strings.HasSuffix(path, "/body") || strings.HasSuffix(path, "/live")
}

// keys are the keys of all texts.
var keys = sync.OnceValues(func() (map[string]bool, error) {
	out := map[string]bool{}
	names, err := filepath.Glob("../i18n/text/*.json")
	for _, name := range names {
		src, e := os.ReadFile(name)
		texts := map[string]any{}
		if e == nil {
			e = json.Unmarshal(src, &texts)
		}
		if e != nil {
			return nil, e
		}
		for k := range texts {
			out[k] = true
		}
	}
	return out, err
})

var keyLike = regexp.MustCompile(`[a-z_]+\.[a-z_]+(?:\.[a-z_]+)*`)

// translated looks for keys that stand where their text should.
func (b *browser) translated() {
	b.Helper()
	known, err := keys()
	if err != nil || len(known) < 100 {
		b.Fatalf("%d texts: %v", len(known), err)
	}
	for _, word := range keyLike.FindAllString(ask[string](b, `document.body.innerText`), -1) {
		if known[word] {
			b.Errorf("%s: the key %s stands where its text should", b.at(), word)
		}
	}
}

// speak changes the language by the button of the frame.
func (b *browser) speak(base, lang string) {
	b.Helper()
	b.look(1440, "light")
	b.visit(base+"/", "language")
	if ask[string](b, `document.documentElement.lang`) != lang {
		b.press(`header.top .langs button[value="` + lang + `"]`)
	}
}

const tooWide = `(() => {
	const d = document.documentElement;
	if (d.scrollWidth <= d.clientWidth) return "";
	const out = [...document.querySelectorAll("body *")].filter(e => e.getBoundingClientRect().right > d.clientWidth + 1).slice(-3);
	return d.scrollWidth + " px in " + d.clientWidth + ": " + out.map(e => e.tagName + "." + e.className).join(", ");
})()`

// TestPages walks every kind of page of the demonstration in every language, at
// the width of a telephone and of a desk, light and dark.
func TestPages(t *testing.T) {
	b, base := show(t)
	axe, err := os.ReadFile("testdata/axe.min.js")
	if err != nil {
		t.Fatal(err)
	}
	pages := sitemap(b, base)
	t.Logf("%d pages: %v", len(pages), pages)
	for i, lang := range i18n.Langs {
		b.speak(base, lang)
		public := []string{"/notice/" + lang, "/notice/" + lang + "/v/1"}
		for j, path := range append(slices.Clone(pages), public...) {
			b.visit(base+path, lang)
			if got := ask[string](b, `document.documentElement.lang`); got != lang && !strings.HasPrefix(path, "/notice/") {
				t.Errorf("%s: the page says its language is %q", b.at(), got)
			}
			b.translated()
			b.states(string(axe), (i+j)%len(i18n.Langs) == 0)
			b.calm()
		}
	}
}

// states looks at one page in two widths and two themes. Every page is given to
// axe in one of the languages, in two opposite states.
func (b *browser) states(axe string, accessible bool) {
	b.Helper()
	for _, s := range []struct {
		width int64
		theme string
		axe   bool
	}{{1440, "dark", true}, {1440, "light", false}, {390, "dark", false}, {390, "light", true}} {
		b.look(s.width, s.theme)
		if wide := ask[string](b, tooWide); wide != "" {
			b.Errorf("%s, %d px, %s: wider than the window: %s", b.at(), s.width, s.theme, wide)
		}
		if s.axe && accessible {
			b.axe(axe)
		}
	}
}

// focused describes what has the focus.
const focused = `(() => { const e = document.activeElement; return e.tagName + (e.id ? "#" + e.id : "") + (e.getAttribute("href") ? " " + e.getAttribute("href") : "") +
	(e.form && e.form.getAttribute("action") ? " " + e.form.getAttribute("action") : ""); })()`

// TestKeyboard works without a pointer.
func TestKeyboard(t *testing.T) {
	b, base := show(t)
	b.look(1440, "light")
	b.visit(base+"/people", "keyboard")
	b.do(chromedp.KeyEvent("/"))
	if got := ask[string](b, focused); !strings.HasPrefix(got, "INPUT#q") {
		t.Errorf("/ leads to %s", got)
	}
	b.leads(chromedp.KeyEvent("a"+kb.Enter), "searching")
	if got := ask[string](b, `location.pathname`); got != "/search" {
		t.Errorf("searching leads to %s", got)
	}
	for path, wanted := range map[string]string{"/people": "A /import", "/outreach": "A /outreach/new", "/segments": "A /segments/new"} {
		b.visit(base+path, "keyboard")
		var way []string
		for range 60 {
			b.do(chromedp.KeyEvent(kb.Tab))
			way = append(way, ask[string](b, focused))
			if visible := ask[bool](b, `(() => { const e = document.activeElement, s = getComputedStyle(e), r = e.getBoundingClientRect();
				return e === document.body || r.width > 0 && r.height > 0 && (s.outlineStyle !== "none" || s.boxShadow !== "none" || s.borderStyle !== "none"); })()`); !visible {
				t.Errorf("%s: the focus on %s cannot be seen", path, way[len(way)-1])
			}
			if slices.Contains(way, wanted) {
				break
			}
		}
		if !slices.Contains(way, "A #main") || !slices.Contains(way, wanted) {
			t.Errorf("%s: Tab leads to %v, not to %s", path, way, wanted)
		}
	}
	b.visit(base+"/people", "keyboard")
	b.leads(chromedp.KeyEvent("go"), "g o")
	if got := ask[string](b, `location.pathname`); got != "/organisations" {
		t.Errorf("g o leads to %s", got)
	}
	b.do(chromedp.KeyEvent("?"))
	b.await(`document.getElementById("keys").open`)
	b.do(chromedp.KeyEvent(kb.Escape))
	b.await(`!document.getElementById("keys").open`)
	b.calm()
}

// TestPreferencesWithoutScript is a recipient whose browser runs no script: the
// choices can be made, and one press stops everything.
func TestPreferencesWithoutScript(t *testing.T) {
	s := consenting(t, many(2)...)
	_, base := serve(t, s...)
	j := &journey{T: t, store: s, base: base, mail: catch(t)}
	done(t, s.with("campaign", "send", letter(t, "Letter", "newsletter", "marketing"), "--smtp", j.mail.URL(), "--base-url", base)...)
	m, _ := j.mail.Get(1)
	b := surf(t)
	call(b, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
	b.look(390, "light")
	b.visit(j.link(m, "p"), "no script")
	b.do(chromedp.Click(chromedp.CSS(`input[value="newsletter:email"]:not([type=hidden])`), chromedp.NodeVisible))
	b.press(`button[value="save"]`)
	b.refused(s, m.To)
	b.visit(j.link(m, "w"), "no script")
	other, _ := j.mail.Get(2)
	b.visit(j.link(other, "u"), "no script")
	b.press(`button[name="List-Unsubscribe"]`)
	b.refused(s, other.To)
	b.visit(j.link(other, "p"), "no script")
	b.press(`button[value="stop"]`)
	if v := parsed[verdict](t, done(t, s.with("decide", "--purpose", "campaign", "--channel", "post", "--person", other.To, "--json")...)); v.Code != "PROHIBITED-ALL" {
		t.Errorf("%+v", v)
	}
	b.calm()
}

// TestScannerInBrowser is a mail scanner: as soon as a letter is there it asks for every
// link of it by every method that only looks, follows where they lead, opens them all in
// a browser, runs what script there is and presses everything that is not a button.
// Nothing is changed by it, and no click of it is taken for a person's.
func TestScannerInBrowser(t *testing.T) {
	s := consenting(t, many(30)...)
	p, base := serve(t, s...)
	shop := httptest.NewServer(http.HandlerFunc(func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html")
		_, _ = io.WriteString(w, `<link rel="icon" href="data:,"><p>the shop`)
	}))
	t.Cleanup(shop.Close)
	j := &journey{T: t, store: s, base: base, mail: catch(t)}
	file := write(t, "letter.yaml", "name: Letter\npurpose: newsletter\nclass: marketing\nchannel: email\nfrom: Fyrskär <brev@fyrskar.example>\nsubject: Hej\naudience: everyone\n"+
		"options: {archive: true, clicks: true}\nbody: |\n  [Till butiken]("+shop.URL+"/one) och [mer]("+shop.URL+"/two)\n")
	done(t, s.with("campaign", "send", file, "--smtp", j.mail.URL(), "--base-url", base)...)
	m, _ := j.mail.Get(1)
	before := done(t, s.with("person", "show", m.To, "--json")...)
	links := slices.Concat(mailLinks(m.HTML), mailLinks(m.Text), mailLinks(m.Header["List-Unsubscribe"]))
	for _, kind := range []string{"u", "p", "w", "c"} {
		j.link(m, kind) // is among them
	}
	follower := &http.Client{Timeout: patience}
	for _, at := range links {
		for _, method := range []string{"GET", "HEAD", "OPTIONS"} {
			r, err := http.NewRequest(method, at, nil)
			if err != nil {
				t.Fatal(err)
			}
			answer, err := follower.Do(r)
			if got := read(t, answer, err); got.status >= 500 {
				t.Errorf("%s %s: %d", method, at, got.status)
			}
		}
	}
	surf(t).scan(links, base, shop.URL)
	if after := done(t, s.with("person", "show", m.To, "--json")...); after != before {
		t.Errorf("before %s\nafter %s", before, after)
	}
	if v := parsed[verdict](t, done(t, s.with("decide", "--purpose", "newsletter", "--channel", "email", "--person", m.To, "--json")...)); !v.Allowed {
		t.Errorf("a scanner took the consent back: %+v", v)
	}
	p.end(t, os.Interrupt) // counts what it has not counted yet
	clicks := parsed[struct {
		Clicks struct {
			Human    int
			Machines map[string]int
		}
		Said map[string]int `json:"said_no"`
	}](t, done(t, s.with("campaign", "results", "Letter", "--json")...))
	if clicks.Clicks.Human != 0 || len(clicks.Clicks.Machines) == 0 || len(clicks.Said) != 0 {
		t.Errorf("%+v", clicks)
	}
}

// scan opens links and what they lead to, and presses everything that is not a button.
func (b *browser) scan(links []string, inside ...string) {
	b.Helper()
	seen := map[string]bool{}
	for len(links) > 0 && len(seen) < 40 {
		at := links[0]
		links = links[1:]
		if seen[at] || !slices.ContainsFunc(inside, func(base string) bool { return strings.HasPrefix(at, base) }) {
			continue
		}
		seen[at] = true
		if strings.Contains(at, "/receipt") { // a file, no page
			ask[bool](b, `fetch("`+at+`").then(r => r.ok)`)
			continue
		}
		b.visit(at, "scanner")
		links = append(links, ask[[]string](b, `[...document.links].map(a => a.href.split("#")[0])`)...)
		ask[bool](b, `[...document.querySelectorAll("main *")].filter(e => e.click && !e.closest("button, a, input[type=submit]")).forEach(e => e.click()), true`)
	}
}

func (b *browser) refused(s store, address string) {
	b.Helper()
	v := parsed[verdict](b, done(b, s.with("decide", "--purpose", "newsletter", "--channel", "email", "--person", address, "--json")...))
	if v.Allowed || !strings.HasPrefix(v.Code, "PROHIBITED") && v.Code != "WITHDRAWN" && v.Code != "NO-CONSENT" {
		b.Errorf("%s: %+v", b.at(), v)
	}
}

// TestLiveProgress watches a newsletter go out: the page moves on by itself.
func TestLiveProgress(t *testing.T) {
	people := many(60)
	s, server := consenting(t, people...), misbehave(t, map[string]order{people[45]: {"DOT", "stand"}})
	_, base := serve(t, s...)
	link := strings.TrimSpace(done(t, s.with("staff", "add", "ebba@fyrskar.example", "--name", "Ebba Fyr", "--level", "owner", "--base-url", base)...))
	b := surf(t)
	b.look(1440, "light")
	b.visit(link, "sign-in")
	b.press("main form button")
	p := start(t, s.with("campaign", "send", letter(t, "Letter", "newsletter", "marketing"), "--smtp", server.url(), "--base-url", base)...)
	standing(t, server)
	b.visit(base+"/outreach", "live")
	b.press(`main tbody th a`)
	b.await(`document.querySelector("#live[hx-get]") !== null`)
	ask[bool](b, `window.stayed = true`)
	before := ask[string](b, `document.querySelector("#live progress").value + " of " + document.querySelector("#live progress").max`)
	server.obey()
	b.await(`document.querySelector("#live") && !document.querySelector("#live[hx-get]")`)
	if after := ask[string](b, `document.querySelector("#live progress").value + " of " + document.querySelector("#live progress").max`); after != "60 of 60" || before == after {
		t.Errorf("before %s, after %s", before, after)
	}
	if !ask[bool](b, `window.stayed === true`) {
		t.Error("the page was loaded anew")
	}
	if r := p.finish(t); r.code != 0 {
		t.Errorf("%+v", r)
	}
	b.calm()
}
