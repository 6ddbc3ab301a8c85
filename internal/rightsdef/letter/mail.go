package letter

import (
	"strings"
	"unicode/utf8"
)

// MailBody is how a letter is put into a mail: our few marks, and everything else as data,
// so that nothing a person or clerk wrote is read as a template.
const MailBody = `{% for p in data.parts %}{% case p.k %}{% when "h" %}<h2>{{ p.t }}</h2>{% when "l" %}<p>– {{ p.t }}</p>{% else %}<p>{{ p.t }}</p>{% endcase %}{% endfor %}`

// maxPart is how long a part of a mail may be, in bytes.
const maxPart = 3500

// MailData cuts a letter into what MailBody reads: a line each.
func (l Letter) MailData() map[string]any {
	var out []any
	add := func(kind, text string) {
		for text = strings.TrimSpace(text); text != ""; {
			n := cut(text, maxPart)
			out = append(out, map[string]any{"k": kind, "t": text[:n]})
			text = strings.TrimSpace(text[n:])
		}
	}
	for _, b := range l.Blocks {
		switch b.Kind {
		case "heading":
			add("h", b.Text)
		case "list":
			for _, item := range b.Items {
				add("l", item)
			}
		default:
			for line := range strings.SplitSeq(b.Text, "\n") {
				add("p", line)
			}
		}
	}
	return map[string]any{"parts": out}
}

// cut finds where to cut a text of at most n bytes: at a space, and never in a letter.
func cut(text string, n int) int {
	if len(text) <= n {
		return len(text)
	}
	if i := strings.LastIndexByte(text[:n], ' '); i > n/2 {
		return i
	}
	for !utf8.RuneStart(text[n]) {
		n--
	}
	return n
}
