package compose

import (
	"bytes"
	"flag"
	"fmt"
	"io"
	"net/mail"
	"os"
	"strings"
	"testing"
	"time"

	"github.com/emersion/go-message"
	_ "github.com/emersion/go-message/charset"
	gomail "github.com/emersion/go-message/mail"

	"kartotek/internal/fault"
)

var update = flag.Bool("update", false, "write golden files")

var sender = Sender{Name: "Nordanvind Ab", Address: "Storgatan 1, 00100 Helsingfors", Contact: "info@nordanvind.example"}

func vars(fields Fields) Vars {
	return Vars{Person: fields, Controller: "Nordanvind Ab", Campaign: "Novemberbrevet", Lang: "sv",
		Links: Links{"https://k.example/u/t0ken", "https://k.example/p/t0ken", "https://k.example/w/t0ken"}}
}

func compile(t testing.TB, subject, body string) *Template {
	t.Helper()
	tpl, err := Compile(Source{Subject: subject, Body: body, Lang: "sv", Class: "marketing", Sender: sender})
	if err != nil {
		t.Fatalf("%s: %v", body, err)
	}
	return tpl
}

// body renders a one-paragraph template's text without its footer.
func body(t *testing.T, src string, f Fields) string {
	t.Helper()
	m, err := compile(t, "x", src).Render(vars(f))
	if err != nil {
		t.Fatalf("%s: %v", src, err)
	}
	text, _, _ := strings.Cut(m.Text, "\n\n-- \n")
	return strings.Join(strings.Fields(text), " ")
}

func TestRender(t *testing.T) {
	who := Fields{"first_name": "Aino", "city": "Åbo", "since": "2024-03-01", "tags": "a,b,c"}
	for src, want := range map[string]string{
		`Hej {{ person.first_name }}!`:                                                          `Hej Aino!`,
		`Hej {{ person.nick | default: "du" }}!`:                                                `Hej du!`,
		`{{person.first_name|upcase|append:"!"}}`:                                               `AINO!`,
		`{{ "åbo" | capitalize }}`:                                                              `Åbo`,
		`{{ person.since | date: "%-d.%-m.%Y" }}`:                                               `1.3.2024`,
		`{{ controller.name }}, {{ campaign.name }}`:                                            `Nordanvind Ab, Novemberbrevet`,
		`Hi {% if person.first_name %}{{ person.first_name }}{% else %}you{% endif %}.`:         `Hi Aino.`,
		`Hi {% if person.nick %}{{ person.nick }}{% else %}you{% endif %}.`:                     `Hi you.`,
		`{% if person.nick != "" %}A{% else %}B{% endif %}`:                                     `B`,
		`{% if person.nick == blank %}A{% else %}B{% endif %}`:                                  `A`,
		`{% unless person.city == "Åbo" %}x{% endunless %}y`:                                    `y`,
		`{% case person.city %}{% when "Åbo" %}1{% else %}2{% endcase %}`:                       `1`,
		`{% for i in (1..3) %}{{ i }}{% endfor %}`:                                              `123`,
		`{% assign l = person.tags | split: "," %}{% for x in l %}{{ x | upcase }}{% endfor %}`: `ABC`,
		`{% assign n = person.nick | default: "vän" %}Hej {{ n }}`:                              `Hej vän`,
		`{% comment %}{{ nothing.known }}{% endcomment %}ok`:                                    `ok`,
		`{% raw %}{{ x }}{% endraw %}`:                                                          `{{ x }}`,
		"{% if person.nick %}\n\nA\n\n{% else %}\n\nB\n\n{% endif %}":                           `B`,
		`a   {{- person.city -}}   b`:                                                           `aÅbob`,
		`{{ person.first_name | replace: "n", "m" | truncate: 3, "" }}`:                         `Aim`,
	} {
		if got := body(t, src, who); got != want {
			t.Errorf("%s: %q, want %q", src, got, want)
		}
	}
}

func TestValuesCannotBreakOut(t *testing.T) {
	evil := Fields{"first_name": "<script>alert(1)</script>\"'&", "city": "x\r\nBcc: v@evil.example\u2028y"}
	for _, src := range []string{`Hej {{ person.first_name }}`, `{% if true %}Hej {{ person.first_name }}{% endif %}`} {
		m, err := compile(t, "Hej {{ person.city }}", src).Render(vars(evil))
		if err != nil {
			t.Fatal(err)
		}
		if strings.Contains(m.HTML, "<script") || !strings.Contains(m.HTML, "&lt;script&gt;") {
			t.Errorf("the name was not escaped: %s", m.HTML)
		}
		if strings.ContainsAny(m.Subject, "\r\n\u2028") {
			t.Errorf("subject %q", m.Subject)
		}
		if !strings.Contains(m.Text, "<script>alert(1)") {
			t.Errorf("the text should show the name as it is")
		}
	}
}

func TestAuthorsMarkupIsCleaned(t *testing.T) {
	m, err := compile(t, "x", `<div onclick="x()" style="color:#123456;position:fixed">Hej <script>alert(1)</script><a href="javascript:alert(1)">a</a><a href="https://ok.example/?n={{ person.city | url_encode }}">b</a><iframe src="https://x.example"></iframe></div>`).Render(vars(Fields{"city": "Å&o"}))
	if err != nil {
		t.Fatal(err)
	}
	for _, bad := range []string{"onclick", "alert", "javascript", "iframe", "position"} {
		if strings.Contains(m.HTML, bad) {
			t.Errorf("%s is left in %s", bad, m.HTML)
		}
	}
	for _, good := range []string{"color: #123456", `href="https://ok.example/?n=%C3%85%26o"`} {
		if !strings.Contains(m.HTML, good) {
			t.Errorf("%s is missing in %s", good, m.HTML)
		}
	}
}

// Hostile templates are refused when compiled, with a reason.
func TestHostileTemplates(t *testing.T) {
	deep := strings.Repeat("{% if true %}", 50) + "x" + strings.Repeat("{% endif %}", 50)
	for src, key := range map[string]string{
		`{{env "PATH"}}`:               "template.unknown_variable",
		`{{ env.PATH }}`:               "template.unknown_variable",
		`{{.Config}}`:                  "template.syntax",
		`{{call .X}}`:                  "template.syntax",
		`{{ $x }}`:                     "template.syntax",
		`{{range 1000000000}}x{{end}}`: "template.unknown_variable",
		`{% for i in (1..1000000000) %}x{% endfor %}`:                                                          "template.loop",
		`{% for i in (1..person.n) %}x{% endfor %}`:                                                            "template.loop",
		`{% for i in (1..900) %}{% for j in (1..900) %}x{% endfor %}{% endfor %}`:                              "template.too_much_work",
		`{% for i in (1..2) %}{% for j in (1..2) %}{% for k in (1..2) %}x{% endfor %}{% endfor %}{% endfor %}`: "template.too_deep",
		`{% include 'x' %}`:                           "template.tag",
		`{% render '/etc/passwd' %}`:                  "template.tag",
		`{% layout 'x' %}`:                            "template.tag",
		`{% capture a %}x{% endcapture %}`:            "template.tag",
		`{% tablerow i in (1..9) %}{% endtablerow %}`: "template.tag",
		`{% increment x %}`:                           "template.tag",
		`{{ person.first_name | system }}`:            "template.filter",
		`{{ person.first_name | json }}`:              "template.filter",
		`{{ person.first_name.length }}`:              "template.unknown_variable",
		`{{ person["first_name"] }}`:                  "template.syntax",
		`{{ person }}`:                                "template.unknown_variable",
		`{{ person.first_name`:                        "template.unclosed",
		`{% if true %}x`:                              "template.unclosed",
		`{% endif %}`:                                 "template.syntax",
		`{% assign a = (1..1000000000) %}`:            "template.syntax",
		strings.Repeat(">", 60000):                    "template.too_deep",
		strings.Repeat("- ", 30000):                   "template.too_deep",
		strings.Repeat("[a](", 16000):                 "template.too_many_links",
		strings.Repeat("|a", 2000) + "\n" + strings.Repeat("|-", 2000) + "\n" + strings.Repeat("|\n", 20000): "template.table",
		`{% break %}`:                       "template.syntax",
		`{% else %}`:                        "template.syntax",
		deep:                                "template.too_deep",
		`<a href="{{ person.site }}">x</a>`: "template.link",
		`<a href="{% if true %}x{% endif %}">x</a>`: "template.tag_in_attribute",
		strings.Repeat("x", MaxMarkdown+1):          "template.too_long",
		"<p>" + strings.Repeat("x", MaxBody):        "template.too_long",
	} {
		_, err := Compile(Source{Subject: "x", Body: src})
		if got := fault.KeyOf(err); err == nil || got != key {
			t.Errorf("%.60s: %v (%s), want %s", src, err, got, key)
		}
	}
}

// The dearest templates that are let through write no more than a letter holds, and
// their work is counted before any is done: one step more is refused.
func TestDearTemplatesEndSoon(t *testing.T) {
	long := Fields{"x": strings.Repeat("a<", 1<<20)}
	for name, src := range map[string]string{
		"filters": `{% assign a = person.x %}{% for i in (1..150) %}{% assign a = a | replace: "a", "b" | replace: "b", "a" | replace: "<", "a" | replace: "a", "<" | upcase | downcase %}{% endfor %}{{ a }}`,
		"growth":  `{% assign a = "aaaaaaaa" %}` + strings.Repeat(`{% assign a = a | append: "aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa" %}`, 200) + `{{ a }}`,
		"output":  `{% for i in (1..1000) %}{{ person.x }}{{ person.x }}{% endfor %}`,
	} {
		start := time.Now()
		m, err := compile(t, "x", src).Render(vars(long))
		if len(m.HTML) > MaxOutput+16<<10 || name == "output" && fault.KeyOf(err) != "template.render" {
			t.Errorf("%s: %d bytes, %v", name, len(m.HTML), err)
		}
		t.Logf("%s: %v, %d bytes, %v", name, time.Since(start), len(m.HTML), err)
	}
	const filters = `{{ "a" | upcase | downcase | upcase | downcase }}` // seventeen steps
	for rounds, want := range map[int]string{0: "", 200: "", maxSteps / 17: "", maxSteps/17 + 1: "template.too_much_work"} {
		src := fmt.Sprintf("{%% for i in (1..%d) %%}%s{%% endfor %%}", rounds, filters)
		if rounds == maxSteps/17 {
			src = strings.Repeat(filters, rounds) // without a loop it is the same work
		}
		if _, err := Compile(Source{Subject: "x", Body: src, Format: "html"}); (err == nil) != (want == "") || err != nil && fault.KeyOf(err) != want {
			t.Errorf("%d rounds: %v, want %q", rounds, err, want)
		}
	}
	for name, src := range map[string]string{"in the subject": `{% for i in (1..1000000000) %}x{% endfor %}`, "the environment": `{{env "PATH"}}`, "the program": `{{.Config}}`, "a call": `{{call .X}}`} {
		if _, err := Compile(Source{Subject: src, Body: "x"}); err == nil {
			t.Errorf("%s: a subject may be %s", name, src)
		}
		tpl, err := Compile(Source{Subject: "x", Body: "x", Class: "marketing", Sender: Sender{Name: src, Address: src, Contact: src}})
		if err != nil {
			t.Fatalf("%s: %v", name, err)
		}
		if m, err := tpl.Render(vars(Fields{})); err != nil || !strings.Contains(m.Text, src) {
			t.Errorf("%s: the sender is not written as it stands: %v", name, err)
		}
	}
}

func TestUnknownFieldIsNamed(t *testing.T) {
	_, err := Compile(Source{Subject: "x", Body: "a\n\n{{ person.shoe_size }}", KnownField: func(n string) bool { return n == "city" }})
	if err == nil || !strings.Contains(err.Error(), "line 3") || !strings.Contains(err.Error(), "shoe_size") {
		t.Error(err)
	}
}

func TestTranslate(t *testing.T) {
	for src, want := range map[string]string{
		`Hej *|FNAME|*, *|UNKNOWN|*`:      `Hej {{ person.first_name }}, *|UNKNOWN|*`,
		`{{ .Subscriber.FirstName }}`:     `{{ person.first_name }}`,
		`<a href="{{ UnsubscribeURL }}">`: `<a href="{{ links.unsubscribe }}">`,
		`{contactfield=firstname|there}`:  `{{ person.first_name | default: "there" }}`,
		`{contactfield=lastname}`:         `{{ person.last_name }}`,
		`{unsubscribe_url}`:               `{{ links.unsubscribe }}`,
		`{{ contact.FIRSTNAME }}`:         `{{ person.first_name }}`,
		`[FIRST NAME] [COMPANY]`:          `{{ person.first_name }} {{ person.organisation }}`,
		`*|UNSUB|* {{ person.city }}`:     `{{ links.unsubscribe }} {{ person.city }}`,
	} {
		if got := Translate(src); got != want {
			t.Errorf("%s: %s, want %s", src, got, want)
		}
	}
}

var noon = time.Date(2026, 11, 22, 9, 0, 0, 0, time.UTC)

func headers() Headers {
	return Headers{FromName: "Nordanvind – nyhetsbrev", From: "brev@nordanvind.example", ReplyTo: "info@nordanvind.example",
		ListID: "newsletter.nordanvind.example", ListName: "Nyhetsbrev", FeedbackID: "c1:k:newsletter:nordanvind"}
}

func personal(name string, v Vars) Personal {
	return Personal{To: "aino@exempel.example", ToName: name, Vars: v, MessageID: "c1.p1@nordanvind.example", Date: noon, UnsubscribeURL: "https://k.example/u/t0ken"}
}

const letter = "# Ren luft i november\n\nHej {{ person.first_name | default: \"du\" }},\n\nfrån den 1 december byter vi filter hos **{{ person.organisation }}** i " +
	"{{ person.city }}. Läs mer på [vår sida](https://nordanvind.example/luft) eller [välj tid](https://nordanvind.example/tid?o={{ person.organisation | url_encode }}).\n\n- ett\n- två\n\n| Dag | Tid |\n|---|---|\n| tis | 9 |\n"

func TestMailGolden(t *testing.T) {
	p, err := Prepare(compile(t, "Ren luft, {{ person.first_name }} – från 1 december i hela huset på {{ person.city }}", letter), headers())
	if err != nil {
		t.Fatal(err)
	}
	got, err := p.AppendTo(nil, personal("Aino Åkesson", vars(Fields{"first_name": "Aino", "organisation": "Vård & Omsorg Ab", "city": "Åbo"})))
	if err != nil {
		t.Fatal(err)
	}
	if *update {
		if err := os.WriteFile("testdata/letter.eml", got, 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile("testdata/letter.eml")
	if err != nil || !bytes.Equal(got, want) {
		t.Errorf("the mail differs from testdata/letter.eml (%v):\n%s", err, got)
	}
}

// The encoded mail, read by an independent parser, holds what Render made.
func TestMailHoldsTheLetter(t *testing.T) {
	for _, src := range []string{letter, letter + "{% if person.city %}Vi ses i {{ person.city }}{% endif %}\n\n" + strings.Repeat("långt ", 500)} {
		for _, f := range []Fields{{"first_name": "Aino", "city": "Åbo"}, {}, {"first_name": strings.Repeat("Ö", 200), "organisation": "a \n b "}} {
			tpl := compile(t, "Hej {{ person.first_name }} "+strings.Repeat("å ", 60), src)
			p, err := Prepare(tpl, headers())
			if err != nil {
				t.Fatal(err)
			}
			raw, err := p.AppendTo([]byte("before"), personal("Åsa", vars(f)))
			if err != nil {
				t.Fatal(err)
			}
			want, err := tpl.Render(vars(f))
			if err != nil {
				t.Fatal(err)
			}
			checkMail(t, raw[len("before"):], want)
		}
	}
}

func checkMail(t *testing.T, raw []byte, want Message) {
	t.Helper()
	for _, line := range bytes.Split(raw, []byte("\r\n")) {
		if len(line) > 78 || bytes.ContainsAny(line, "\r\n") {
			t.Errorf("line of %d bytes: %q", len(line), line)
		}
	}
	r, err := gomail.CreateReader(bytes.NewReader(raw))
	if err != nil {
		t.Fatal(err)
	}
	if s, _ := r.Header.Subject(); s != want.Subject {
		t.Errorf("subject %q, want %q", s, want.Subject)
	}
	for _, text := range []string{want.Text, want.HTML} {
		part, err := r.NextPart()
		if err != nil {
			t.Fatal(err)
		}
		b, _ := io.ReadAll(part.Body)
		if got := strings.ReplaceAll(string(b), "\r\n", "\n"); strings.TrimRight(got, "\n") != strings.TrimRight(text, "\n") {
			t.Errorf("part is\n%q, want\n%q", got, text)
		}
	}
}

// Whatever stands in names and subjects, the mail has the same headers.
func TestHeadersCannotBeInjected(t *testing.T) {
	hostile := []string{"a\r\nBcc: v@evil.example", "a\nX: y", "a\x00b", "a\u2028b\u2029c", "a\r\n.\r\nMAIL FROM:<x@y>", "\r\n\r\nbody", `"\" <v@evil.example>`, "=?utf-8?q?=0D=0ABcc:_x?=", " folded\r\n\tline"}
	want := 0
	for i, s := range append([]string{"plain"}, hostile...) {
		h := headers()
		h.FromName, h.ListName, h.FeedbackID = s, s, s
		tpl, err := Compile(Source{Subject: "S {{ person.first_name }}", Body: "x", Class: "marketing", Sender: Sender{Name: s, Address: s}})
		if err != nil {
			t.Fatal(err)
		}
		p, err := Prepare(tpl, h)
		if err != nil {
			t.Fatal(err)
		}
		raw, err := p.AppendTo(nil, personal(s, vars(Fields{"first_name": s})))
		if err != nil {
			t.Fatal(err)
		}
		m, err := message.Read(bytes.NewReader(raw))
		if err != nil {
			t.Fatal(err)
		}
		n := m.Header.Len()
		if want == 0 {
			want = n
		}
		if n != want || m.Header.Get("Bcc") != "" {
			t.Errorf("%q: %d headers, want %d", s, n, want)
		}
		if _, err := mail.ParseAddress(m.Header.Get("To")); err != nil {
			t.Errorf("%d: To %q: %v", i, m.Header.Get("To"), err)
		}
	}
	for _, bad := range []string{"a@x.example>\r\nRCPT TO:<v@y.example", "a@b@c.example", "<>", "\"a b\"@x.example", "a@x.example\x00", ""} {
		p, _ := Prepare(compile(t, "x", "x"), headers())
		to := personal("x", vars(nil))
		to.To = bad
		if _, err := p.AppendTo(nil, to); err == nil {
			t.Errorf("the address %q was taken", bad)
		}
	}
	for _, bad := range []string{"", "javascript:x", "https://x.example/a b", "https://x.example/>\r\nBcc: x", "https://å.example/"} {
		p, _ := Prepare(compile(t, "x", "x"), headers())
		to := personal("x", vars(nil))
		to.UnsubscribeURL = bad
		if _, err := p.AppendTo(nil, to); err == nil {
			t.Errorf("the unsubscribe address %q was taken", bad)
		}
	}
}

func TestServiceMailHasNoUnsubscribe(t *testing.T) {
	tpl, err := Compile(Source{Subject: "Er order", Body: "Den är på väg.", Class: "service", Lang: "sv", Sender: sender})
	if err != nil {
		t.Fatal(err)
	}
	h := headers()
	h.Auto = true
	p, err := Prepare(tpl, h)
	if err != nil {
		t.Fatal(err)
	}
	raw, err := p.AppendTo(nil, personal("Aino", vars(nil)))
	if err != nil || bytes.Contains(raw, []byte("List-Unsubscribe")) || bytes.Contains(raw, []byte("/u/t0ken")) || !bytes.Contains(raw, []byte("Auto-Submitted: auto-generated\r\n")) {
		t.Errorf("%v\n%s", err, raw)
	}
}

func FuzzCompile(f *testing.F) {
	for _, s := range []string{letter, `{% if a %}{{ b | c: "d" }}{% endif %}`, `{%- raw -%}{{ x }}{% endraw %}`, `<a href="{{ links.why }}">`, `{% for i in (1..3) %}{{ i }}{% endfor %}`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, src string) {
		tpl, err := Compile(Source{Subject: src, Body: src, Class: "marketing", Sender: sender})
		if err != nil {
			return
		}
		m, err := tpl.Render(vars(Fields{"first_name": "<script>\r\n"}))
		if err == nil && (strings.Contains(m.HTML, "<script") || strings.ContainsAny(m.Subject, "\r\n")) {
			t.Errorf("%q made %q", src, m.HTML)
		}
	})
}

func benchmark(b *testing.B, src string) {
	src += strings.Repeat("\nVi berättar vad som händer i huset under vintern och hur luften hålls ren.\n", 14)
	p, err := Prepare(compile(b, "Hej {{ person.first_name }}", src), headers())
	if err != nil {
		b.Fatal(err)
	}
	to := personal("Aino Åkesson", vars(Fields{"first_name": "Aino", "organisation": "Vård Ab", "city": "Åbo"}))
	var buf []byte
	b.ReportAllocs()
	for b.Loop() {
		if buf, err = p.AppendTo(buf[:0], to); err != nil {
			b.Fatal(err)
		}
	}
	b.ReportMetric(float64(len(buf)), "B/mail")
}

func BenchmarkMail(b *testing.B) { benchmark(b, letter) }
func BenchmarkMailTags(b *testing.B) {
	benchmark(b, letter+"\n{% if person.city %}Vi ses i {{ person.city }}{% endif %}\n")
}
