package compose

import (
	"os"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"kartotek/internal/compose/blocks"
	"kartotek/internal/fault"
)

// inBlocks is one block of each kind, and what they are together.
var inBlocks = map[string]string{
	"heading": `[{"type":"heading","text":"Ren luft, {{ person.first_name | default: \"du\" }} & co <b>","level":1,"align":"center"}]`,
	"text":    `[{"type":"text","text":"Hej **{{ person.first_name }}**,\n\n- ett\n- [två](https://nordanvind.example/luft?o={{ person.organisation | url_encode }})\n\n| Dag | Tid |\n|---|---:|\n| tis | 9 |"}]`,
	"image":   `[{"type":"image","src":"/m/00112233445566778899aabbccddeeff.png","alt":"Ett filter, före och efter","href":"https://nordanvind.example/filter","width":300,"align":"right"},{"type":"image","src":"https://nordanvind.example/x.png","decorative":true}]`,
	"button":  `{"accent":"#ffd100","blocks":[{"type":"button","text":"Välj en tid","href":"https://nordanvind.example/tid?o={{ person.organisation | url_encode }}","align":"center"}]}`,
	"columns": `[{"type":"columns","columns":[[{"type":"heading","text":"Före","level":3},{"type":"text","text":"Damm."}],[{"type":"image","src":"/m/00112233445566778899aabbccddeeff.png","alt":"Efter"},{"type":"button","text":"Mer om efter","href":"https://nordanvind.example/efter"}]]}]`,
	"divider": `[{"type":"text","text":"a"},{"type":"divider"},{"type":"text","text":"b"}]`,
	"spacer":  `[{"type":"text","text":"a"},{"type":"spacer","size":40},{"type":"spacer"},{"type":"text","text":"b"}]`,
	"footer":  `[{"type":"footer","text":"Ni får brevet som *kund*. [Vem är vi?](https://nordanvind.example/om)"}]`,
	"letter":  `{"preheader":"Vi byter filter, {{ person.first_name | default: \"hej\" }}.","blocks":[{"type":"heading","text":"Ren luft"},{"type":"text","text":"{% if person.city %}Vi ses i [{{ person.city }}](https://nordanvind.example/orter).{% endif %} Läs [mer](https://nordanvind.example/luft) och [ännu mer](https://nordanvind.example/luft)."},{"type":"button","text":"Avanmäl","href":"{{ links.unsubscribe }}"}]}`,
}

func blockLetter(t testing.TB, body string) *Template {
	t.Helper()
	tpl, err := Compile(Source{Subject: "Hej", Body: body, Format: "blocks", Lang: "sv", Class: "marketing", Sender: sender, Base: "https://register.example/"})
	if err != nil {
		t.Fatalf("%s: %v", body, err)
	}
	return tpl
}

// TestBlocksGolden holds what each block becomes, as HTML and as text.
func TestBlocksGolden(t *testing.T) {
	for name, body := range inBlocks {
		m, err := blockLetter(t, body).Render(vars(Fields{"first_name": "Aino", "organisation": "Vård & Omsorg Ab", "city": "Åbo"}))
		if err != nil {
			t.Fatal(name, err)
		}
		for end, got := range map[string]string{".html": m.HTML, ".txt": m.Text} {
			file := "testdata/blocks/" + name + end
			if *update {
				if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			if want, err := os.ReadFile(file); err != nil || string(want) != got {
				t.Errorf("%s differs (%v):\n%s", file, err, got)
			}
		}
	}
}

// The mail of a letter in blocks, read by an independent parser, holds what Render
// made: the marks of Outlook and all.
func TestBlocksAsMail(t *testing.T) {
	for name, body := range inBlocks {
		tpl := blockLetter(t, body)
		p, err := Prepare(tpl, headers())
		if err != nil {
			t.Fatal(name, err)
		}
		v := vars(Fields{"first_name": "Åsa <b>", "city": "Åbo"})
		raw, err := p.AppendTo(nil, personal("Åsa", v))
		if err != nil {
			t.Fatal(name, err)
		}
		want, err := tpl.Render(v)
		if err != nil {
			t.Fatal(name, err)
		}
		checkMail(t, raw, want)
	}
}

func TestBlocksRefused(t *testing.T) {
	for body, want := range map[string]string{
		`[`:                              "blocks.json blocks",
		`[{"type":"heading"}] x`:         "blocks.json blocks",
		`[{"type":"script","text":"x"}]`: "blocks.type blocks.0",
		`[{"type":"heading","text":"x","onclick":"x"}]`:                                       "blocks.json blocks",
		`[{"type":"heading","text":"x","href":"https://x"}]`:                                  "blocks.field blocks.0.href",
		`[{"type":"heading","text":"x","level":4}]`:                                           "blocks.level blocks.0.level",
		`[{"type":"heading","text":"a\nb"}]`:                                                  "blocks.short blocks.0.text",
		`[{"type":"text","text":"x","align":"justify"}]`:                                      "blocks.align blocks.0.align",
		`[{"type":"button","text":"x","href":"javascript:x"}]`:                                "blocks.href blocks.0.href",
		`[{"type":"button","text":"x","href":"//evil.example"}]`:                              "blocks.href blocks.0.href",
		`[{"type":"button","text":"x","href":"{{ person.site }}"}]`:                           "template.link body",
		`[{"type":"button","text":"x","href":"{% if true %}https://x{% endif %}"}]`:           "blocks.href blocks.0.href",
		`[{"type":"image","src":"data:image/png;base64,x"}]`:                                  "blocks.src blocks.0.src",
		`[{"type":"image","src":"https://x.example/{{ person.email }}.png"}]`:                 "blocks.src blocks.0.src",
		`[{"type":"image","src":"https://x.example/a.png","width":9000}]`:                     "blocks.width blocks.0.width",
		`[{"type":"spacer","size":1}]`:                                                        "blocks.size blocks.0.size",
		`[{"type":"columns","columns":[[]]}]`:                                                 "blocks.columns blocks.0",
		`[{"type":"columns","columns":[[{"type":"columns","columns":[[],[]]}],[]]}]`:          "blocks.columns blocks.0.0.0",
		`{"accent":"red;}","blocks":[]}`:                                                      "blocks.accent accent",
		`[{"type":"text","text":"{{ person.first_name }"}]`:                                   "template.unclosed blocks.0.text",
		`[{"type":"text","text":"{% if true %}"},{"type":"text","text":"{% endif %}"}]`:       "template.unclosed blocks.0.text",
		`[{"type":"text","text":"x"},{"type":"heading","text":"{{ person.shoe }}"}]`:          "template.unknown_field blocks.1.text",
		`{"preheader":"{{ nothing }}","blocks":[]}`:                                           "template.unknown_variable preheader",
		`[{"type":"text","text":"` + strings.Repeat("> ", 5000) + `"}]`:                       "template.too_deep blocks.0.text",
		`[{"type":"text","text":"` + strings.Repeat("x", blocks.MaxText+1) + `"}]`:            "blocks.text_long blocks.0.text",
		`[` + strings.Repeat(`{"type":"divider"},`, blocks.MaxBlocks) + `{"type":"divider"}]`: "blocks.too_many blocks",
		`[{"type":"text","text":"` + strings.Repeat("x", blocks.MaxText) + `"},{"type":"text","text":"` + strings.Repeat("x", blocks.MaxText) + `"},{"type":"text","text":"x"}]`: "template.too_long body",
	} {
		_, err := Compile(Source{Subject: "x", Body: body, Format: "blocks", KnownField: func(n string) bool { return n != "shoe" }})
		f, ok := err.(*fault.Error)
		if !ok || f.Key+" "+f.Field != want {
			t.Errorf("%.80s: %v, want %s", body, err, want)
		}
	}
}

func TestDetect(t *testing.T) {
	for body, want := range map[string]string{
		"# Hej": "markdown", "<p>Hej</p>": "html", inBlocks["letter"]: "blocks", inBlocks["divider"]: "blocks", ` { "blocks" : []}`: "blocks",
		"[{x}](y)": "markdown", `{{ person.first_name }}`: "markdown",
	} {
		if got := Detect(body); got != want {
			t.Errorf("%.30s: %s, want %s", body, got, want)
		}
	}
}

// A letter shows only what its purpose uses, wherever the field stands. law: GDPR 5(1)(b)
func TestOnlyWhatThePurposeUses(t *testing.T) {
	use := func(field string) bool { return field != "income" }
	for _, src := range []Source{
		{Subject: "{{ person.income }}", Body: "x"},
		{Subject: "x", Body: "a {{ person.income | default: \"\" }}"},
		{Subject: "x", Body: `{% if person.income > 5 %}rich{% endif %}`},
		{Subject: "x", Body: `<p title="{{ person.income }}">x</p>`},
		{Subject: "x", Body: `[{"type":"button","text":"x","href":"https://x.example/?i={{ person.income }}"}]`},
	} {
		src.MayUse = use
		_, err := Compile(src)
		if fault.KeyOf(err) != "template.unused_field" || !strings.Contains(err.Error(), "person.income") {
			t.Errorf("%s%s: %v", src.Subject, src.Body, err)
		}
		src.MayUse = nil
		if _, err := Compile(src); err != nil {
			t.Errorf("%s%s: %v", src.Subject, src.Body, err)
		}
	}
}

func TestOutline(t *testing.T) {
	o := blockLetter(t, `{"preheader":"p","blocks":[{"type":"text","text":"Hej {{ person.first_name }}. [Mer](https://x.example/?n={{ person.city | url_encode }}) <a name=\"top\"></a><script>x()</script>"},
		{"type":"image","src":"/m/00112233445566778899aabbccddeeff.png"},{"type":"button","text":"Nej","href":"{{ links.unsubscribe }}"}]}`).Outline()
	if o.Text != "Hej … . Mer Nej" && o.Text != "Hej …. Mer Nej" || o.Preheader != "p" || strings.Join(o.Places, " ") != "top" || strings.Join(o.Forbidden, " ") != "script" || strings.Join(o.Missing, " ") != "blocks.1.alt" {
		t.Errorf("%+v", o)
	}
	if len(o.Links) != 2 || o.Links[0] != (Link{To: "https://x.example/?n=…", Words: "Mer"}) || !o.Links[1].Own || len(o.Images) != 1 || o.Images[0].Src != "https://register.example/m/00112233445566778899aabbccddeeff.png" {
		t.Errorf("%+v %+v", o.Links, o.Images)
	}
}

// harm names what in a page could act: an element or attribute no letter may hold, or
// an address of another kind.
func harm(page string) string {
	z := html.NewTokenizer(strings.NewReader(page))
	for {
		switch z.Next() {
		case html.ErrorToken:
			return ""
		case html.StartTagToken, html.SelfClosingTagToken:
			t := z.Token()
			if slices.Contains([]string{"script", "svg", "iframe", "object", "embed", "form", "input", "base", "link", "math"}, t.Data) {
				return "<" + t.Data + ">"
			}
			for _, a := range t.Attr {
				address := strings.ToLower(strings.TrimSpace(a.Val))
				if strings.HasPrefix(a.Key, "on") || (a.Key == "href" || a.Key == "src") && (strings.HasPrefix(address, "javascript:") || strings.HasPrefix(address, "data:") || strings.HasPrefix(address, "vbscript:")) {
					return a.Key + "=" + a.Val
				}
			}
		}
	}
}

func FuzzBlocks(f *testing.F) {
	for _, body := range inBlocks {
		f.Add(body)
	}
	f.Add(`[{"type":"text","text":"<img src=x onerror=alert(1)><svg/onload=alert(1)>"}]`)
	f.Add(`{"blocks":[{"type":"heading","text":"\"><script>alert(1)</script>","level":3}]}`)
	f.Fuzz(func(t *testing.T, body string) {
		tpl, err := Compile(Source{Subject: "x", Body: body, Format: "blocks", Class: "marketing", Sender: sender})
		if err != nil {
			if c := fault.CodeOf(err); c != fault.Invalid && c != fault.TooLarge {
				t.Fatal(err)
			}
			return
		}
		l, err := blocks.Parse(body)
		if err != nil {
			t.Fatal(err)
		}
		again, err := blocks.Parse(l.String())
		if err != nil || l.String() != again.String() {
			t.Fatalf("%v: %s, then %s", err, l, again)
		}
		m, err := tpl.Render(vars(Fields{"first_name": `"><script>`}))
		if found := harm(m.HTML); err == nil && found != "" {
			t.Errorf("%q holds %s: %q", body, found, m.HTML)
		}
	})
}

func BenchmarkMailBlocks(b *testing.B) {
	body := `{"preheader":"p","blocks":[{"type":"heading","text":"Hej {{ person.first_name }}"},` + strings.Repeat(`{"type":"text","text":"Vi berättar **vad** som händer i {{ person.city }} under vintern och hur luften hålls ren."},`, 14) + `{"type":"button","text":"Mer","href":"https://nordanvind.example/luft"}]}`
	p, err := Prepare(blockLetter(b, body), headers())
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
