package compose

import (
	"html"
	"strings"

	"kartotek/internal/compose/style"
	"kartotek/internal/fault"
)

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
	return append(ps, piece{kind: pieceText, text: "\n" + style.Foot})
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
