package packet

import (
	_ "embed"
	"html"
	"net/url"

	"strings"

	"kartotek/internal/noticedoc"
)

//go:embed page.css
var css string

// columns is up to how many values records are laid out as a table; more are laid
// out one below the other.
const columns = 5

// few is up to how many records are written out with a line for each value.
const few = 12

// page is the readable page: one file that needs nothing else and runs nothing.
func (p *Package) page() []byte {
	w := &pageWriter{p: p}
	w.head()
	for _, b := range p.blocks() {
		w.section(b.id, b.title)
		b.html(w)
		w.b.WriteString("</section>\n")
	}
	w.raw("</main></body></html>\n")
	return []byte(w.b.String())
}

type pageWriter struct {
	p *Package
	b strings.Builder
}

func (w *pageWriter) raw(s string) { w.b.WriteString(s) }

// text writes text as text.
func (w *pageWriter) text(s string) { w.b.WriteString(html.EscapeString(s)) }

// tag writes an element with text in it.
func (w *pageWriter) tag(name, text string) {
	element, _, _ := strings.Cut(name, " ")
	w.raw("<" + name + ">")
	w.text(text)
	w.raw("</" + element + ">")
}

func (w *pageWriter) head() {
	p := w.p
	w.raw(`<!DOCTYPE html><html lang="` + p.Lang + `"><head><meta charset="utf-8"><meta name="viewport" content="width=device-width, initial-scale=1">` +
		`<meta name="referrer" content="no-referrer"><meta http-equiv="Content-Security-Policy" content="default-src 'none'; style-src 'unsafe-inline'">`)
	w.tag("title", p.title())
	w.raw("<style>" + css + "</style></head><body><header>")
	w.tag("h1", p.title())
	w.tag("p", p.line())
	w.raw("</header><nav><ol>")
	for _, b := range p.blocks() {
		w.raw(`<li><a href="#` + b.id + `">`)
		w.text(b.title)
		w.raw("</a>")
		if b.count > 0 {
			w.tag(`span class="n"`, p.say.Number(b.count))
		}
		w.raw("</li>")
	}
	w.raw("</ol></nav><main>\n")
}

func (w *pageWriter) section(id, title string) {
	w.raw(`<section id="` + id + `">`)
	w.tag("h2", title)
}

// title names the package: what it is, and whose.
func (p *Package) title() string {
	if p.Portable {
		return p.say.T("packet.title.portable", "name", p.Name)
	}
	return p.say.T("packet.title", "name", p.Name)
}

// line says from whom, of when, and to which request.
func (p *Package) line() string {
	s := p.Controller.Name + " · " + p.Register + " · " + p.say.DateTime(p.Made)
	if p.Reference != "" {
		s += " · " + p.Reference
	}
	return s
}

// aboutBlock writes a part of the notice.
func (w *pageWriter) aboutBlock(b noticedoc.Block) {
	switch {
	case b.Text != "":
		w.tag("p", b.Text)
	case len(b.Items) > 0:
		w.list(b.Items)
	case len(b.Rows) > 0:
		w.raw("<dl>")
		for _, r := range b.Rows {
			w.tag("dt", r.Term)
			w.tag("dd", r.Text)
		}
		w.raw("</dl>")
	case len(b.Cells) > 0:
		w.table(b.Head, b.Cells)
	}
}

func (w *pageWriter) list(items []string) {
	w.raw("<ul>")
	for _, s := range items {
		w.tag("li", s)
	}
	w.raw("</ul>")
}

func (w *pageWriter) table(head []string, rows [][]string) {
	w.raw(`<table><thead><tr>`)
	for _, h := range head {
		w.tag(`th scope="col"`, h)
	}
	w.raw("</tr></thead><tbody>\n")
	for _, row := range rows {
		w.raw("<tr>")
		for i, cell := range row {
			w.raw(`<td data-th="`)
			if i < len(head) {
				w.text(head[i])
			}
			w.raw(`">`)
			w.text(cell)
			w.raw("</td>")
		}
		w.raw("</tr>\n")
	}
	w.raw("</tbody></table>")
}

// records lays the records of a part out: one alone with the source of each
// value, few columns as a table, many one below the other.
func (w *pageWriter) records(part *Part) {
	switch names := part.names(); {
	case len(part.Records) <= few || part.sourced():
		for i := range part.Records {
			w.whole(&part.Records[i])
		}
	case len(names) <= columns:
		w.table(w.p.rows(part, names))
	default:
		w.raw(`<ol class="records">` + "\n")
		for i := range part.Records {
			w.brief(&part.Records[i])
		}
		w.raw("</ol>")
	}
}

// rows lays records out in columns.
func (p *Package) rows(part *Part, names []string) (head []string, rows [][]string) {
	place := map[string]int{}
	head = []string{p.say.T("packet.when")}
	for i, n := range names {
		place[n] = i + 1
		head = append(head, p.say.value(n))
	}
	for i := range part.Records {
		row := make([]string, len(head))
		row[0] = p.say.moment(part.Records[i].At)
		for _, v := range part.Records[i].Values {
			row[place[v.Name]] = p.shown(&v)
		}
		rows = append(rows, row)
	}
	return head, rows
}

// shown is a value as it is read, or why it is not there.
func (p *Package) shown(v *Value) string {
	if v.Withheld != "" {
		return "[" + p.say.reason(v.Withheld) + "]"
	}
	return v.Shown
}

// whole writes a record with where each value came from, and when. law: GDPR 15(1)(g)
func (w *pageWriter) whole(r *Record) {
	w.raw("<dl>")
	if r.At != 0 {
		w.tag("dt", w.p.say.T("packet.when"))
		w.tag("dd", w.p.say.moment(r.At))
	}
	for i := range r.Values {
		v := &r.Values[i]
		w.tag("dt", v.Title)
		w.raw("<dd>")
		w.value(v)
		if from := w.p.origin(v); from != "" {
			w.tag("small", from)
		}
		w.raw("</dd>")
	}
	w.raw("</dl>\n")
}

// value writes a value; a document is a link to its file beside the page.
func (w *pageWriter) value(v *Value) {
	if !v.Document {
		w.text(w.p.shown(v))
		return
	}
	w.raw(`<a href="` + html.EscapeString((&url.URL{Path: v.Text}).EscapedPath()) + `">`)
	w.text(v.Shown)
	w.raw("</a>")
}

// origin says where a value came from, when it was first collected and last changed.
func (p *Package) origin(v *Value) string {
	var s []string
	if v.Source != "" {
		s = append(s, v.Source)
	}
	if v.First != 0 {
		s = append(s, p.say.T("packet.first", "at", p.say.moment(v.First)))
	}
	if v.Changed != 0 && v.Changed != v.First {
		s = append(s, p.say.T("packet.changed", "at", p.say.moment(v.Changed)))
	}
	return strings.Join(s, " · ")
}

func (w *pageWriter) brief(r *Record) {
	w.raw("<li>")
	w.tag("b", w.p.say.moment(r.At))
	for i := range r.Values {
		v := &r.Values[i]
		w.raw(" <span><i>")
		w.text(v.Title)
		w.raw("</i> ")
		w.value(v)
		w.raw("</span>")
	}
	w.raw("</li>\n")
}
