package compose

import (
	"html"
	"strings"

	"kartotek/internal/compose/style"
	"kartotek/internal/fault"
)

type footerText struct{ from, unsubscribe, preferences, why, data string }

var footerTexts = map[string]footerText{
	"sv": {"Avsändare", "Jag vill inte ha fler", "Välj vad vi får skicka", "Varför fick jag det här?", "Dina uppgifter"},
	"fi": {"Lähettäjä", "En halua näitä enää", "Valitse, mitä saamme lähettää", "Miksi sain tämän?", "Omat tietosi"},
	"en": {"Sent by", "I do not want these any more", "Choose what we may send", "Why did I get this?", "My data"},
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

// footLink leads to an address of the person's own, a variable, or to one that is the
// same for everybody and stands in the fixed parts of the letter.
type footLink struct{ label, variable, address string }

func (l footLink) piece(escape func(string) string) piece {
	if l.variable == "" {
		return piece{kind: pieceText, text: escape(l.address)}
	}
	return piece{kind: pieceOutput, text: l.variable}
}

// footLinks are the ways out of the letter, and the door to what is held of the reader.
// That one opens nothing by itself: it asks for an address. law: GDPR 12(2)
func (t *Template) footLinks(x footerText) []footLink {
	if t.src.Public {
		return nil
	}
	out := []footLink{{label: x.preferences, variable: "links.preferences"}, {label: x.why, variable: "links.why"}}
	if solicited(t.src.Class) {
		out = append([]footLink{{label: x.unsubscribe, variable: "links.unsubscribe"}}, out...)
	}
	if t.src.Base != "" {
		out = append(out, footLink{label: x.data, address: strings.TrimSuffix(t.src.Base, "/") + "/me"})
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
		ps = append(ps, piece{kind: pieceText, text: "<br>\n<a style=\"color:#5b646b\" href=\""}, l.piece(html.EscapeString),
			piece{kind: pieceText, text: "\">" + html.EscapeString(l.label) + "</a>"})
	}
	return append(ps, piece{kind: pieceText, text: "\n" + style.Foot})
}

func (t *Template) footText(x footerText) []piece {
	ps := []piece{{kind: pieceText, text: "\n-- \n" + x.from + ": " + t.identity() + "\n"}}
	for _, l := range t.footLinks(x) {
		ps = append(ps, piece{kind: pieceText, text: l.label + ": "}, l.piece(asItIs), piece{kind: pieceText, text: "\n"})
	}
	return ps
}

func asItIs(s string) string { return s }

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
