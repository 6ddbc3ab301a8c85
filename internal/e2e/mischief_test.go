package e2e

import (
	"bufio"
	"encoding/json"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/cdproto/page"
	"github.com/chromedp/cdproto/runtime"
	"github.com/chromedp/chromedp"
)

// shapes are what is written wherever people or their programs can write. The number
// tells where it was; a call of mischief tells that it acted.
var shapes = []string{
	`<script>mischief(%d)</script>`, `"><img src=x onerror=mischief(%d)>`, `' onfocus=mischief(%d) autofocus='`, `</title><script>mischief(%d)</script>`,
	`</textarea><svg onload=mischief(%d)>`, `javascript:mischief(%d)`, `<iframe srcdoc="<script>parent.mischief(%d)</script>">`, `<a href="javascript:mischief(%d)">x</a>`,
	`</script><script>mischief(%d)</script>`, "`${mischief(%d)}`",
}

// vandal writes mischief and looks for it.
type vandal struct {
	*browser
	base    string
	planted int
	shown   map[int]bool // found on a page as it was written
}

// plant is mischief with a number of its own.
func (v *vandal) plant() string {
	v.planted++
	return shape(v.planted)
}

func shape(n int) string { return fmt.Sprintf(shapes[n%len(shapes)], n) }

// listen hears of what acts: dialogs, and calls of mischief.
func (v *vandal) listen() {
	v.Helper()
	if err := chromedp.Listen(v.ctx, func(ev any) {
		switch e := ev.(type) {
		case *page.EventJavascriptDialogOpening:
			v.note("a dialog: " + e.Message)
			go call(v.browser, page.HandleJavaScriptDialog, page.HandleJavaScriptDialogParams{})
		case *runtime.EventBindingCalled:
			v.note("mischief acted: " + e.Payload)
		}
	}); err != nil {
		v.Fatal(err)
	}
	call(v.browser, runtime.AddBinding, runtime.AddBindingParams{Name: "heard"})
	call(v.browser, page.AddScriptToEvaluateOnNewDocument, page.AddScriptToEvaluateOnNewDocumentParams{Source: "window.mischief = n => heard(String(n))"})
	call(v.browser, emulation.SetUserAgentOverride, emulation.SetUserAgentOverrideParams{UserAgent: "Mozilla/5.0 " + v.plant() + " Firefox/140.0"})
}

// written is what a page shows: its text, and what stands in its fields.
const written = `document.title + "\n" + document.documentElement.textContent + "\n" + [...document.querySelectorAll("input, textarea, option, button")].map(e => e.value).join("\n")`

// acting is what would act, or is of mischief and not text.
const acting = `[...document.querySelectorAll("*")].flatMap(e => [...e.attributes].filter(a => a.name.startsWith("on") || a.name === "srcdoc" ||
	["href", "src", "action", "formaction", "xlink:href"].includes(a.name) && /^\s*javascript:/i.test(a.value)).map(a => e.tagName + " " + a.name + "=" + a.value)).concat(
	[...document.querySelectorAll("script, style, svg, iframe, img, object")].filter(e => /mischief/.test(e.textContent + (e.getAttribute("src") || ""))).map(e => e.outerHTML.slice(0, 200)))`

var numbered = regexp.MustCompile(`mischief\((\d+)\)`)

// look reads the page that is open.
func (v *vandal) look() {
	v.Helper()
	for _, a := range ask[[]string](v.browser, acting) {
		v.Errorf("%s: %s", v.at(), a)
	}
	text := ask[string](v.browser, written)
	for _, m := range numbered.FindAllStringSubmatch(text, -1) {
		if n, err := strconv.Atoi(m[1]); err == nil && strings.Contains(text, shape(n)) {
			v.shown[n] = true
		}
	}
	v.calm()
}

// forms gives the places of the forms of a page in which something can be written.
const forms = `[...document.querySelectorAll("form")].map((f, i) => [i, f]).filter(([, f]) => f.method === "post" &&
	!/\/(sign-out|language|password|erase|disable)$/.test(f.action) && f.querySelector("textarea, input[type=text], input:not([type]), input[type=search], input[type=file]")).map(([i]) => i)`

// fill writes into every field of a form, and sends it.
const fill = `(n, next) => {
	const f = document.forms[n], words = next.slice();
	for (const e of f.elements) {
		if (e.tagName === "TEXTAREA" || e.tagName === "INPUT" && ["text", "search", "tel"].includes(e.type)) {
			if (!e.readOnly && !e.disabled) { e.removeAttribute("maxlength"); e.value = words.pop() || e.value; }
		} else if (e.type === "email") {
			e.value = "m" + Math.floor(performance.now() * 1000) + "@people.example";
		} else if (e.type === "file") {
			const t = new DataTransfer();
			t.items.add(new File(["email,first_name\nz@people.example," + words.pop() + "\n"], words.pop().replaceAll("/", "-") + ".csv", {type: "text/csv"}));
			e.files = t.files;
		} else if (e.tagName === "SELECT" && !e.value) {
			e.selectedIndex = e.options.length - 1;
		} else if (e.type === "radio" && ![...f.elements].some(o => o.name === e.name && o.checked)) {
			e.checked = true;
		}
	}
	const b = f.querySelector("button[name]");
	if (b) {
		f.append(Object.assign(document.createElement("input"), {type: "hidden", name: b.name, value: b.value}));
	}
	HTMLFormElement.prototype.submit.call(f);
}`

// scrawl fills in every form of a page; each answer is looked at.
func (v *vandal) scrawl(path string) {
	v.Helper()
	v.visit(v.base+path, "scrawl")
	v.look()
	for _, n := range ask[[]int](v.browser, forms) {
		v.open(v.base+path, "scrawl")
		if !slices.Contains(ask[[]int](v.browser, forms), n) {
			continue // an earlier form changed the page
		}
		var words []string
		for range 24 {
			words = append(words, v.plant())
		}
		quoted, err := json.Marshal(words)
		if err != nil {
			v.Fatal(err)
		}
		v.leads(chromedp.Evaluate[chromedp.Void](fmt.Sprintf("(%s)(%d, %s)", fill, n, quoted)), fmt.Sprintf("form %d", n))
		v.hush()
		v.look()
	}
}

// open is visit for a page that may have gone meanwhile.
func (v *vandal) open(address, note string) {
	v.Helper()
	v.mu.Lock()
	v.where = address + " " + note
	v.mu.Unlock()
	v.do(chromedp.Navigate(address))
}

// hush forgets that a page was refused, as forms filled in with nonsense are: the
// browser takes that for an error. A server that broke is one.
func (v *vandal) hush() {
	v.mu.Lock()
	defer v.mu.Unlock()
	v.trouble = slices.DeleteFunc(v.trouble, func(s string) bool { return strings.Contains(s, "the server responded with a status of 4") })
}

// heard gives what was noted so far, and forgets it.
func (v *vandal) heard() (all []string) {
	v.mu.Lock()
	defer v.mu.Unlock()
	all, v.trouble = v.trouble, nil
	return all
}

// letters are mails from outside, with mischief wherever its writer can put it.
func (v *vandal) letters(link string) (all map[string][]string, must []int) {
	plant := func() string { must = append(must, v.planted+1); return v.plant() }
	quoted := func(s string) string { return `"` + strings.NewReplacer(`\`, `\\`, `"`, `\"`).Replace(s) + `"` }
	report := func(kind, body string) string {
		return "From: " + quoted(v.plant()) + " <mailer-daemon@x.example>\r\nTo: privacy@register.example\r\nSubject: " + v.plant() + "\r\nMIME-Version: 1.0\r\nContent-Type: multipart/report; report-type=" + kind +
			"; boundary=b\r\n\r\n--b\r\n" + body + "\r\n\r\n--b\r\nContent-Type: text/rfc822-headers\r\n\r\nSubject: " + v.plant() + "\r\nList-Unsubscribe: <" + link + ">\r\n\r\n--b--\r\n"
	}
	all = map[string][]string{"privacy": {"From: " + quoted(plant()) + " <asker@people.example>\r\nTo: privacy@register.example\r\nSubject: " + plant() + "\r\nMIME-Version: 1.0\r\nContent-Type: multipart/mixed; boundary=b\r\n\r\n" +
		"--b\r\nContent-Type: text/plain; charset=utf-8\r\n\r\nHello, I want a copy of all my personal data. " + plant() + "\r\n\r\n--b\r\nContent-Type: text/plain\r\nContent-Disposition: attachment; filename=" +
		quoted(v.plant()+".txt") + "\r\n\r\n" + v.plant() + "\r\n\r\n--b--\r\n"}, "bounces": {
		report("delivery-status", "Content-Type: message/delivery-status\r\n\r\nReporting-MTA: dns; "+v.plant()+"\r\n\r\nFinal-Recipient: rfc822; nobody@people.example\r\nAction: failed\r\nStatus: 5.1.1\r\nDiagnostic-Code: smtp; 550 5.1.1 "+v.plant()),
		report("feedback-report", "Content-Type: message/feedback-report\r\n\r\nFeedback-Type: abuse\r\nUser-Agent: "+v.plant()+"\r\nVersion: 1"),
	}}
	return all, must
}

// fetched is a page asked for by a program that names itself and where it comes from as
// no browser does.
func (v *vandal) fetched(at string) answered {
	v.Helper()
	r, err := http.NewRequest("GET", at, nil)
	if err != nil {
		v.Fatal(err)
	}
	r.Header.Set("User-Agent", v.plant())
	r.Header.Set("Referer", "https://x.example/"+v.plant())
	answer, err := client.Do(r)
	return read(v, answer, err)
}

// deliver gives letters to the listener, as the company's own mail server does.
func deliver(t *testing.T, socket string, letters map[string][]string) {
	t.Helper()
	conn, err := net.Dial("unix", socket)
	if err != nil {
		t.Fatal(err)
	}
	defer conn.Close()
	c := lmtp{t, bufio.NewReader(conn), conn}
	c.say("", "220")
	c.say("LHLO mx.example", "250")
	for to, all := range letters {
		for _, text := range all {
			c.say("MAIL FROM:<>", "250")
			c.say("RCPT TO:<"+to+"@register.example>", "250")
			c.say("DATA", "354")
			c.say(text+".", "250")
		}
	}
}

// lmtp is a conversation with the listener.
type lmtp struct {
	t  *testing.T
	in *bufio.Reader
	io.Writer
}

func (c lmtp) say(line, want string) {
	c.t.Helper()
	if line != "" {
		if _, err := io.WriteString(c, line+"\r\n"); err != nil {
			c.t.Fatal(err)
		}
	}
	for {
		got, err := c.in.ReadString('\n')
		if err != nil || !strings.HasPrefix(got, want) {
			c.t.Fatalf("%.40q was answered %q: %v", line, got, err)
		}
		if got[3] == ' ' {
			return
		}
	}
}

// file is an export of another tool in which everything is mischief.
func (v *vandal) file() (path string, must []int) {
	cell := func() string {
		must = append(must, v.planted+1)
		return `"` + strings.ReplaceAll(v.plant(), `"`, `""`) + `"`
	}
	text := "email,first_name,last_name,organisation,title,city,tags\n"
	for i := range len(shapes) {
		text += fmt.Sprintf("mischief%d@people.example,%s,%s,%s,%s,%s,", i, cell(), cell(), cell(), cell(), cell())
		text += `"` + strings.ReplaceAll(v.plant(), `"`, `""`) + "\"\n" // tags are cut at quotes
	}
	path = filepath.Join(v.TempDir(), strings.ReplaceAll(v.plant(), "/", "-")+".csv")
	if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
		v.Fatal(err)
	}
	return path, must
}

// TestMischiefInBrowser writes markup and script wherever people and programs can
// write: into every form of every page of the staff, the public forms, files, mails,
// the names of browsers. Then it opens every page in a browser: nothing acts, the
// security policy has nothing to refuse, and what was written is read as it was written.
func TestMischiefInBrowser(t *testing.T) {
	dir, socket := filepath.Join(t.TempDir(), "demo"), filepath.Join(t.TempDir(), "lmtp")
	p, base := serve(t, "--demo", "--data", dir, "--from-host", "register.example", "--returns-listen", "lmtp://"+socket)
	v := &vandal{browser: surf(t), base: base, shown: map[int]bool{}}
	v.listen()
	v.open("data:text/html,<img src=x onerror='mischief(0);alert(0)'>", "what would be heard")
	if heard := strings.Join(v.heard(), "\n"); !strings.Contains(heard, "mischief acted") || !strings.Contains(heard, "a dialog") {
		t.Errorf("mischief is not heard: %s", heard)
	}
	public := v.fetched(base + "/ask").form(t)
	v.visit(p.says(t, `Sign in \(once\): (http://\S+)\n`)[1], "sign-in")
	v.press("main form button")
	v.calm()

	file, must := v.file()
	done(t, "import", file, "--data", dir, "--consent", "newsletter:email", "--evidence", v.plant())
	v.visit(base+"/mail", "a letter")
	v.press("main table a")
	link := regexp.MustCompile(`<(http\S+/u/\S+)>`).FindStringSubmatch(ask[string](v.browser, `document.body.textContent`))
	if link == nil {
		t.Fatal("no letter has a link to unsubscribe by")
	}
	letters, more := v.letters(link[1])
	deliver(t, socket, letters)
	must = append(must, more...)

	pages := sitemap(v.browser, base)
	for _, path := range append(pages, "/ask") {
		v.scrawl(path)
	}
	for _, name := range []string{"name", "address", "about"} {
		must = append(must, v.planted+1)
		public.Set(name, v.plant())
	}
	public.Set("email", "public@people.example")
	public.Set("answer", "email")
	if r := post(t, base+"/ask", public); r.status != 200 {
		t.Errorf("the public form: %d", r.status)
	}
	all := v.walk(base, 3)
	for i := range shapes {
		v.open(fmt.Sprintf("%s/search?q=mischief%d@people.example", base, i), "search")
		all = append(all, v.hrefs(`main a[href^="/people/"]`)...)
	}
	for _, path := range all {
		v.open(base+path, "afterwards")
		v.look()
	}
	for _, n := range must {
		if !v.shown[n] {
			t.Errorf("%s is on no page", shape(n))
		}
	}
	t.Logf("%d pages, then %d; %d written, %d read again", len(pages), len(all), v.planted, len(v.shown))
}

// TestLetterIsSandboxed opens a letter full of markup that acts where the staff see it
// before it is sent, and where everybody reads it afterwards: the browser keeps it in
// an origin of nobody's, without script, and so without the cookie of who is signed in.
func TestLetterIsSandboxed(t *testing.T) {
	s := consenting(t, many(2)...)
	_, base := serve(t, s...)
	link := strings.TrimSpace(done(t, s.with("staff", "add", "ebba@fyrskar.example", "--name", "Ebba Fyr", "--level", "owner", "--base-url", base)...))
	v := &vandal{browser: surf(t), base: base, shown: map[int]bool{}}
	v.listen()
	v.visit(link, "sign-in")
	v.press("main form button")
	body := "<p>Hej</p>"
	for _, bad := range []string{
		`<script>mischief(1)</script>`, `<svg onload=mischief(1)><p>x</p></svg>`, `<iframe src="BASE/people"></iframe>`, `<form action="BASE/people" method="post"><input name=a autofocus onfocus=mischief(1)></form>`,
		`<details open ontoggle=mischief(1)>x</details>`, `<object data="BASE/people"></object>`, `<video><source onerror="mischief(1)"></video>`, `<p title="</p><script>mischief(1)</script>">x</p>`,
		`<noscript><p title="</noscript><svg onload=mischief(1)>"></noscript>`, `<template><script>mischief(1)</script></template>`, `</td></tr></table><script>mischief(1)</script>`, `<a href="BASE/people" onclick="mischief(1)">x</a>`,
	} {
		body += "\n" + strings.ReplaceAll(bad, "BASE", base)
	}
	file := write(t, "letter.yaml", "name: Letter\npurpose: newsletter\nclass: marketing\nchannel: email\nfrom: Fyrskär <brev@fyrskar.example>\nsubject: '"+strings.ReplaceAll(shape(1), "'", "''")+
		"'\naudience: everyone\nformat: html\noptions: {archive: true}\nbody: |\n  "+strings.ReplaceAll(body, "\n", "\n  ")+"\n")
	done(t, s.with("campaign", "send", file, "--smtp", catch(t).URL(), "--base-url", base)...)
	v.visit(base+"/outreach", "sandbox")
	v.press(`main tbody th a`)
	letter := ask[string](v.browser, `location.pathname`)
	v.look()
	for _, path := range []string{letter + "/preview", letter + "/body", "/archive/sv"} {
		v.open(base+path, "sandbox")
		if path == "/archive/sv" {
			v.press("main article a, main li a")
		}
		v.look()
		if framed := ask[[]string](v.browser, `[...document.querySelectorAll("iframe")].map(f => f.getAttribute("sandbox"))`); slices.ContainsFunc(framed, func(s string) bool { return s != "allow-popups" }) {
			t.Errorf("%s: a frame with the rights %q", v.at(), framed)
		}
		if path == letter+"/preview" {
			if seen := ask[bool](v.browser, `[...document.querySelectorAll("iframe")].some(f => f.contentDocument !== null)`); seen {
				t.Errorf("%s: the letter is of the page's own origin", v.at())
			}
			continue
		}
		if got := ask[string](v.browser, `window.origin + " " + (() => { try { return document.cookie } catch (e) { return e.name } })()`); got != "null SecurityError" {
			t.Errorf("%s: its origin and cookies are %q", v.at(), got)
		}
	}
}
