package compose

import (
	"html"
	"strings"

	"kartotek/internal/fault"
)

// pageTop opens the page a letter is laid in: one column, system type, light
// and dark colours, the language for screen readers. %s is the language.
const pageTop = `<!doctype html>
<html lang="%s">
<head>
<meta charset="utf-8">
<meta name="viewport" content="width=device-width,initial-scale=1">
<meta name="color-scheme" content="light dark">
<meta name="supported-color-schemes" content="light dark">
<style>
:root{color-scheme:light dark}
img{max-width:100%%;height:auto}
@media (prefers-color-scheme:dark){.page,.card{background:#15181b!important;color:#e7e9ea!important}.foot,.foot a{color:#a3abb1!important}}
</style>
</head>
<body class="page" style="margin:0;padding:0;background:#f4f3ef;color:#1d2226">
<table role="presentation" width="100%%" cellpadding="0" cellspacing="0" border="0"><tr><td align="center" style="padding:24px 12px">
<table role="presentation" width="100%%" cellpadding="0" cellspacing="0" border="0" style="max-width:600px"><tr>
<td class="card" style="background:#ffffff;color:#1d2226;padding:28px;border-radius:8px;font-family:-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif;font-size:16px;line-height:1.55">
`

const pageFoot = `</td></tr></table>
</td></tr></table>
</body>
</html>
`

type footerText struct{ from, unsubscribe, preferences, why string }

var footerTexts = map[string]footerText{
	"sv": {"Avsändare", "Jag vill inte ha fler", "Välj vad vi får skicka", "Varför fick jag det här?"},
	"fi": {"Lähettäjä", "En halua näitä enää", "Valitse, mitä saamme lähettää", "Miksi sain tämän?"},
	"en": {"Sent by", "I do not want these any more", "Choose what we may send", "Why did I get this?"},
}

// language gives one of the languages letters have; English for others.
func language(s string) string {
	s, _, _ = strings.Cut(strings.ToLower(s), "-")
	if _, ok := footerTexts[s]; ok {
		return s
	}
	return "en"
}

// solicited reports whether the class of message must offer a way out.
// law: 2002/58 13(4)
func solicited(class string) bool { return class != "service" }

type footLink struct{ label, variable string }

func (t *Template) footLinks(x footerText) []footLink {
	if t.src.Public {
		return nil
	}
	out := []footLink{{x.preferences, "links.preferences"}, {x.why, "links.why"}}
	if solicited(t.src.Class) {
		out = append([]footLink{{x.unsubscribe, "links.unsubscribe"}}, out...)
	}
	return out
}

func (t *Template) compileFooters() *fault.Error {
	t.htmlFoot, t.textFoot = map[string]*program{}, map[string]*program{}
	for lang, x := range footerTexts {
		var err *fault.Error
		if t.htmlFoot[lang], err = footProgram(t.footHTML(lang, x), inHTML); err != nil {
			return err
		}
		if t.textFoot[lang], err = footProgram(t.footText(x), inText); err != nil {
			return err
		}
	}
	return nil
}

// footProgram compiles our own text; the sender's words stand in it as values
// would, so braces in a name are only text.
func footProgram(ps []piece, at place) (*program, *fault.Error) {
	c := &checker{fields: map[string]bool{}}
	if err := c.check(ps); err != nil {
		return nil, err
	}
	return newProgram(ps, at, c)
}

func (t *Template) footHTML(lang string, x footerText) []piece {
	var b strings.Builder
	b.WriteString("</td></tr>\n<tr><td class=\"foot\" lang=\"" + lang +
		"\" style=\"padding:18px 28px;color:#5b646b;font-family:-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif;font-size:13px;line-height:1.6\">\n")
	b.WriteString(html.EscapeString(x.from) + ": " + html.EscapeString(t.identity()))
	ps := []piece{{kind: pieceText, text: b.String()}}
	for _, l := range t.footLinks(x) {
		ps = append(ps, piece{kind: pieceText, text: "<br>\n<a style=\"color:#5b646b\" href=\""}, piece{kind: pieceOutput, text: l.variable},
			piece{kind: pieceText, text: "\">" + html.EscapeString(l.label) + "</a>"})
	}
	return append(ps, piece{kind: pieceText, text: "\n" + pageFoot})
}

func (t *Template) footText(x footerText) []piece {
	ps := []piece{{kind: pieceText, text: "\n-- \n" + x.from + ": " + t.identity() + "\n"}}
	for _, l := range t.footLinks(x) {
		ps = append(ps, piece{kind: pieceText, text: l.label + ": "}, piece{kind: pieceOutput, text: l.variable}, piece{kind: pieceText, text: "\n"})
	}
	return ps
}

// identity is who sends the letter, on one line.
func (t *Template) identity() string {
	var parts []string
	for _, s := range []string{t.src.Sender.Name, t.src.Sender.Address, t.src.Sender.Contact} {
		if s = strings.TrimSpace(string(appendValue(nil, clean(s), inHeader))); s != "" {
			parts = append(parts, s)
		}
	}
	return strings.Join(parts, ", ")
}
