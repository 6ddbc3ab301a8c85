// Package plain writes the plain text that stands beside the HTML of a letter.
//
// A letter is sent in both forms (multipart/alternative, RFC 2046 5.1.4): some read
// mail as text, some hear it, and filters distrust letters that are HTML alone.
// The text is made from the sanitised HTML, as a person would type it: paragraphs
// parted by empty lines, "- " before list items, the rows of a table on lines, the
// words for a picture in brackets. Links have a number, and the addresses follow
// the letter, so that long ones do not break up its sentences:
//
//	Read more on our page [1] or
//
//	[ Choose a time ]
//	https://nordanvind.example/tid
//
//	[1] https://nordanvind.example/luft
//
// A link of the class Button stands on lines of its own, as above.
//
// Shape: Text, from a page and what tells where conditions of a template begin.
package plain

import (
	"slices"
	"strconv"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// The classes of a link that looks like a button, and of what looks like a line.
const (
	Button = "btn"
	Rule   = "rule"
)

// Text writes a sanitised page as plain text. depth, when set, tells how many
// conditions and loops of a template a stretch of text opens, less those it closes:
// inside them a link keeps its address beside it, because the list of addresses is
// there whether or not the condition holds.
func Text(page string, depth func(text string) int) string {
	w := &textWriter{depth: depth}
	z := html.NewTokenizer(strings.NewReader(page))
	for {
		switch z.Next() {
		case html.ErrorToken:
			return strings.TrimSpace(w.b.String()) + w.addresses()
		case html.TextToken:
			w.words(string(z.Text()))
		case html.StartTagToken, html.SelfClosingTagToken:
			w.open(z.Token())
		case html.EndTagToken:
			w.close(z.Token().DataAtom)
		}
	}
}

type textWriter struct {
	b     strings.Builder
	lines int    // line breaks owed before the next word
	space bool   // a space is owed
	pre   int    // open <pre>
	lists []int  // open lists: -1, or the last number used
	href  string // of the open link
	push  bool   // it is a button
	label strings.Builder
	depth func(string) int
	under int      // conditions and loops open
	links []string // numbered from 1
}

// addresses is the list of what the numbered links lead to.
func (w *textWriter) addresses() string {
	var b strings.Builder
	for i, to := range w.links {
		b.WriteString("\n[" + strconv.Itoa(i+1) + "] " + to)
	}
	if b.Len() == 0 {
		return ""
	}
	return "\n" + b.String()
}

// number is that of an address, the same each time it comes.
func (w *textWriter) number(to string) string {
	i := slices.Index(w.links, to)
	if i < 0 {
		i = len(w.links)
		w.links = append(w.links, to)
	}
	return "[" + strconv.Itoa(i+1) + "]"
}

// put writes s after what is owed.
func (w *textWriter) put(s string) {
	switch {
	case w.b.Len() == 0:
	case w.lines > 0:
		w.b.WriteString("\n\n"[:w.lines])
	case w.space:
		w.b.WriteByte(' ')
	}
	w.lines, w.space = 0, false
	w.b.WriteString(s)
}

// gap owes at least n line breaks; within a list one is enough.
func (w *textWriter) gap(n int) {
	if len(w.lists) > 0 {
		n = 1
	}
	w.lines = max(w.lines, n)
}

func (w *textWriter) words(s string) {
	s = html.UnescapeString(s)
	if w.depth != nil {
		w.under += w.depth(s)
	}
	w.label.WriteString(s)
	if w.pre > 0 {
		w.put(s)
		return
	}
	s = strings.ReplaceAll(s, "\u00a0", " ")
	fields := strings.Fields(s)
	if len(fields) == 0 {
		w.space = w.space || s != ""
		return
	}
	w.space = w.space || strings.ContainsAny(s[:1], " \n\t")
	w.put(strings.Join(fields, " "))
	w.space = strings.ContainsAny(s[len(s)-1:], " \n\t")
}

func (w *textWriter) open(t html.Token) {
	switch t.DataAtom {
	case atom.Br:
		w.lines = max(w.lines, 1)
	case atom.Hr:
		w.gap(2)
		w.put("----")
		w.gap(2)
	case atom.Ul:
		w.gap(2)
		w.lists = append(w.lists, -1)
	case atom.Ol:
		w.gap(2)
		w.lists = append(w.lists, 0)
	case atom.Li:
		w.item()
	case atom.Tr:
		w.gap(1)
	case atom.A:
		w.begin(t)
	case atom.Img:
		if alt := attr(t, "alt"); alt != "" {
			w.put("[" + alt + "]")
		}
	case atom.Pre:
		w.gap(2)
		w.pre++
	default:
		w.block(t.DataAtom)
		if attr(t, "class") == Rule {
			w.put("----")
			w.gap(2)
		}
	}
}

func attr(t html.Token, name string) string {
	for _, a := range t.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func (w *textWriter) block(a atom.Atom) {
	switch a {
	case atom.P, atom.H1, atom.H2, atom.H3, atom.H4, atom.H5, atom.H6, atom.Table, atom.Blockquote, atom.Div, atom.Center:
		w.gap(2)
	}
}

func (w *textWriter) item() {
	w.lines = max(w.lines, 1)
	n := len(w.lists)
	if n == 0 {
		w.put("- ")
		return
	}
	mark := "- "
	if w.lists[n-1] >= 0 {
		w.lists[n-1]++
		mark = strconv.Itoa(w.lists[n-1]) + ". "
	}
	w.put(strings.Repeat("  ", n-1) + mark)
}

func (w *textWriter) close(a atom.Atom) {
	switch a {
	case atom.Ul, atom.Ol:
		w.lists = w.lists[:max(0, len(w.lists)-1)]
		w.gap(2)
	case atom.Td, atom.Th:
		w.space = true
	case atom.Pre:
		w.pre = max(0, w.pre-1)
		w.gap(2)
	case atom.A:
		w.end()
	default:
		w.block(a)
	}
}

func (w *textWriter) begin(t html.Token) {
	w.href, w.push = attr(t, "href"), attr(t, "class") == Button
	w.label.Reset()
	if w.push {
		w.gap(2)
		w.put("[ ")
	}
}

// end writes where a link leads, unless its words say it.
func (w *textWriter) end() {
	to := strings.TrimPrefix(w.href, "mailto:")
	same := to == strings.TrimSpace(w.label.String())
	switch {
	case w.push:
		w.space = false
		w.put(" ]")
		w.lines = 1
		w.put(to)
		w.gap(2)
	case to == "" || same:
	case w.under > 0:
		w.space = true
		w.put("<" + to + ">")
	default:
		w.space = true
		w.put(w.number(to))
	}
	w.href, w.push = "", false
}
