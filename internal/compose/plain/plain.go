package compose

import (
	"strconv"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"
)

// plainText writes a sanitised page as a person would type it: paragraphs
// parted by empty lines, "- " before list items, rows of a table on lines, the
// address in <> after the words of a link, the words for a picture.
func plainText(page string) string {
	w := &textWriter{}
	z := html.NewTokenizer(strings.NewReader(page))
	for {
		switch z.Next() {
		case html.ErrorToken:
			return strings.TrimSpace(w.b.String())
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
	label strings.Builder
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
		w.href = attr(t, "href")
		w.label.Reset()
	case atom.Img:
		if alt := attr(t, "alt"); alt != "" {
			w.put("[" + alt + "]")
		}
	case atom.Pre:
		w.gap(2)
		w.pre++
	default:
		w.block(t.DataAtom)
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
		to := strings.TrimPrefix(w.href, "mailto:")
		if to != "" && to != strings.TrimSpace(w.label.String()) {
			w.space = true
			w.put("<" + to + ">")
		}
		w.href = ""
	default:
		w.block(a)
	}
}
