package letter

import (
	"html"
	"strings"
	"time"

	"kartotek/internal/i18n"
	"kartotek/internal/pdf"
)

// Body is the letter without its head, as plain text: what a mail says.
func (l Letter) Body() string {
	var b strings.Builder
	for _, x := range l.Blocks {
		if b.Len() > 0 {
			b.WriteString("\n")
		}
		switch x.Kind {
		case "list":
			for _, item := range x.Items {
				b.WriteString("- " + item + "\n")
			}
		case "heading":
			b.WriteString(strings.ToUpper(x.Text) + "\n")
		default:
			b.WriteString(x.Text + "\n")
		}
	}
	return b.String()
}

// Text is the whole letter as plain text, with its head.
func (l Letter) Text() string {
	var b strings.Builder
	for _, line := range l.Sender {
		b.WriteString(line + "\n")
	}
	b.WriteString("\n" + l.when() + "\n" + l.ref() + "\n\n")
	for _, line := range l.To {
		b.WriteString(line + "\n")
	}
	b.WriteString("\n" + strings.ToUpper(l.Subject) + "\n\n" + l.Body())
	return b.String()
}

func (l Letter) when() string { return i18n.For(l.Lang).In(time.UTC).Date(l.Day.Time()) }

func (l Letter) ref() string { return i18n.For(l.Lang).T("letter.ref", "ref", l.Ref) }

// HTML is the letter as a piece of a page: nothing in it but text of ours and of
// those who wrote to us, escaped.
func (l Letter) HTML() string {
	var b strings.Builder
	b.WriteString(`<article lang="` + html.EscapeString(l.Lang) + `"><h1>` + html.EscapeString(l.Subject) + "</h1>\n")
	for _, x := range l.Blocks {
		switch x.Kind {
		case "list":
			b.WriteString("<ul>\n")
			for _, item := range x.Items {
				b.WriteString("<li>" + broken(item) + "</li>\n")
			}
			b.WriteString("</ul>\n")
		case "heading":
			b.WriteString("<h2>" + html.EscapeString(x.Text) + "</h2>\n")
		default:
			b.WriteString("<p>" + broken(x.Text) + "</p>\n")
		}
	}
	b.WriteString("</article>\n")
	return b.String()
}

// broken escapes a text and keeps its line breaks.
func broken(s string) string { return strings.ReplaceAll(html.EscapeString(s), "\n", "<br>") }

// PDF is the letter as it is printed and put into a window envelope.
func (l Letter) PDF() ([]byte, error) {
	sender := ""
	if len(l.Sender) > 0 {
		sender = l.Sender[0]
	}
	d := pdf.New(pdf.About{Title: l.Subject, Lang: l.Lang, Author: sender, At: l.Day.Time(), Foot: strings.Join(l.Sender, " · ")})
	if len(l.To) > 0 {
		d.Address(l.To...)
	}
	d.Aside(l.when(), l.ref())
	d.Heading(1, l.Subject)
	for _, x := range l.Blocks {
		switch x.Kind {
		case "list":
			d.List(x.Items...)
		case "heading":
			d.Heading(2, x.Text)
		default:
			d.Para(x.Text)
		}
	}
	return d.Bytes()
}
