package compose

import (
	"strings"
	"testing"
	"time"
)

// counted is a register that counts the clicks of everybody together.
func counted(address string) (string, bool) {
	return "https://register.example/c/" + strings.TrimPrefix(address, "https://shop.example/"), false
}

func own(address string) (string, bool) { to, _ := counted(address); return to, true }

func compiled(t *testing.T, body string, link func(string) (string, bool)) *Template {
	t.Helper()
	tpl, err := Compile(Source{Subject: "S", Body: body, Lang: "en", Class: "marketing", Link: link})
	if err != nil {
		t.Fatal(err)
	}
	return tpl
}

func TestCountedLinks(t *testing.T) {
	for _, c := range []struct{ name, body, want, not string }{
		{"markdown", "[Read](https://shop.example/one)", `href="https://register.example/c/one"`, `href="https://shop.example/one"`},
		{"html", `<p><a href="https://shop.example/a?x=1&amp;y=2" title="t"><b>Go</b></a></p>`, `href="https://register.example/c/a?x=1&amp;y=2"`, "shop.example"},
		{"twice", "[a](https://shop.example/one) [b](https://shop.example/one)", `c/one"`, "shop.example"},
		{"words that are an address", "https://shop.example/one", `href="https://shop.example/one"`, "register.example"},
		{"mailto", "[Write](mailto:info@shop.example)", "mailto:info@shop.example", "register.example"},
		{"a person's value", "[Go](https://shop.example/?n={{ person.first_name }})", `href="https://shop.example/?n=Aino"`, "register.example"},
		{"our own links", "[No]({{ links.unsubscribe }})", `href="https://register.example/u/1"`, "/c/"},
		{"in a block", `{% if person.first_name %}[Read](https://shop.example/one){% endif %}`, `href="https://register.example/c/one"`, `"https://shop.example`},
		{"within assign", `{% assign x = "y" %}[Read](https://shop.example/one){{ x }}`, `href="https://register.example/c/one"`, `"https://shop.example`},
	} {
		t.Run(c.name, func(t *testing.T) {
			for _, link := range []func(string) (string, bool){counted, own} {
				m, err := compiled(t, c.body, link).Render(Vars{Person: Fields{"first_name": "Aino"}, Links: Links{Unsubscribe: "https://register.example/u/1"}})
				if err != nil || !strings.Contains(m.HTML, c.want) || c.not != "" && strings.Contains(strings.SplitN(m.HTML, "class=\"foot\"", 2)[0], c.not) {
					t.Errorf("%v\n%s", err, m.HTML)
				}
			}
		})
	}
}

func TestPlainTextKeepsAddresses(t *testing.T) {
	m, err := compiled(t, "[Read](https://shop.example/one)", counted).Render(Vars{})
	if err != nil || !strings.Contains(m.Text, "Read [1]\n\n[1] https://shop.example/one") || strings.Contains(m.Text, "/c/") {
		t.Errorf("%v %s", err, m.Text)
	}
}

// TestOwnClicks gives each recipient an address of their own, in plain places and
// in blocks, and in the mail as it is sent.
func TestOwnClicks(t *testing.T) {
	tpl := compiled(t, "[a](https://shop.example/one)\n\n{% if person.first_name %}[b](https://shop.example/two){% endif %}", own)
	v := Vars{Person: Fields{"first_name": "Aino"}, Click: func(to string) string { return to + "-7" }}
	m, err := tpl.Render(v)
	if err != nil || !strings.Contains(m.HTML, `/c/one-7"`) || !strings.Contains(m.HTML, `/c/two-7"`) {
		t.Errorf("%v\n%s", err, m.HTML)
	}
	p, err := Prepare(tpl, Headers{From: "news@nordanvind.example"})
	if err != nil {
		t.Fatal(err)
	}
	b, err := p.AppendTo(nil, Personal{To: "aino@fjord.example", MessageID: "1@nordanvind.example", Date: time.Unix(0, 0), UnsubscribeURL: "https://register.example/u/1", Vars: v})
	if err != nil || !strings.Contains(strings.ReplaceAll(string(b), "=\r\n", ""), "/c/two-7") {
		t.Errorf("%v\n%s", err, b)
	}
}

// TestNobodyNamesClicks keeps the names of our own outputs from authors.
func TestNobodyNamesClicks(t *testing.T) {
	for _, body := range []string{"{{ clicks.c1 }}", "{% assign clicks = 1 %}", "{% for clicks in (1..2) %}{% endfor %}"} {
		if _, err := Compile(Source{Subject: "S", Body: body}); err == nil {
			t.Errorf("%s was taken", body)
		}
	}
}

// TestPublicLetter has no links that are one person's at its foot.
func TestPublicLetter(t *testing.T) {
	tpl, err := Compile(Source{Subject: "S", Body: "Hello {{ person.first_name | default: \"you\" }}", Class: "marketing", Public: true, Sender: Sender{Name: "Nordanvind Oy"}})
	if err != nil {
		t.Fatal(err)
	}
	m, err := tpl.Render(Vars{Person: Fields{}})
	if err != nil || strings.Contains(m.HTML, "<a ") || !strings.Contains(m.HTML, "Nordanvind Oy") || !strings.Contains(m.HTML, "Hello you") {
		t.Errorf("%v\n%s", err, m.HTML)
	}
}
