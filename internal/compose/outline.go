package compose

import (
	"regexp"
	"slices"
	"strings"

	"golang.org/x/net/html"
	"golang.org/x/net/html/atom"

	"kartotek/internal/compose/blocks"
)

// Outline is what a letter says and shows, as its author wrote it and before
// anything was taken out: what package lint looks at. Values of people are not in
// it; "…" stands in their place.
type Outline struct {
	Subject   string
	Preheader string
	Lang      string
	Class     string
	Format    string
	Sender    Sender
	Public    bool
	Links     []Link
	Images    []Image
	Places    []string // ids and names that a link to #place may lead to
	Text      string   // the words one reads, without the footer
	Styles    string   // the inline styles of the author, one a line
	Forbidden []string // elements that are taken out: script, form, iframe, …
	Missing   []string // places of a letter in blocks that are still empty
	Bare      []string // person fields shown without words for those of whom they are not known
	HTML      int      // bytes of the HTML, footer and all, before values are put in
	Plain     int      // bytes of the plain text
}

// Link is one link.
type Link struct {
	To    string
	Words string // what one presses on; the words for a picture when it is one
	Own   bool   // leads to the person's choices, unsubscribing or the reasons
}

// Image is one picture.
type Image struct {
	Src      string
	Alt      string
	Told     bool // it has the words, be they empty
	Tracking bool // a person's value stands in its address, or nobody could see it
}

// Outline gives the letter's outline.
func (t *Template) Outline() Outline {
	o := t.outline
	size := func(p *program) (n int) {
		for i := range p.segs {
			n += len(p.segs[i].text)
		}
		return n
	}
	o.HTML, o.Plain = size(t.html)+size(t.htmlFoot[t.src.Lang]), size(t.text)+size(t.textFoot[t.src.Lang])
	return o
}

// look notes what the page holds before it is sanitised.
func (t *Template) look(d *draft) {
	o := &t.outline
	o.Subject, o.Lang, o.Class, o.Format, o.Sender, o.Public = t.src.Subject, t.src.Lang, t.src.Class, t.src.Format, t.src.Sender, t.src.Public
	if l, err := blocks.Parse(t.src.Body); t.src.Format == "blocks" && err == nil {
		o.Preheader, o.Missing = l.Preheader, l.Missing()
	}
	for _, style := range styleAttr.FindAllStringSubmatch(d.own, -1) {
		o.Styles += style[1] + "\n"
	}
	o.Bare = bare(t.bare, d.pieces)
	w := &watcher{o: o, marks: d.marks}
	z := html.NewTokenizer(strings.NewReader(d.raw))
	for {
		switch z.Next() {
		case html.ErrorToken:
			w.close()
			o.Text = strings.Join(strings.Fields(w.text.String()), " ")
			return
		case html.TextToken:
			w.words(string(z.Text()))
		case html.StartTagToken, html.SelfClosingTagToken:
			w.open(z.Token())
		case html.EndTagToken:
			w.end(z.Token().DataAtom)
		}
	}
}

var styleAttr = regexp.MustCompile(`(?i)\sstyle\s*=\s*"([^"]*)"`)

// bare adds to a list the person fields that outputs show, outside of conditions and
// without the filter default.
func bare(list []string, ps []piece) []string {
	under := 0
	for _, p := range ps {
		word, _, _ := strings.Cut(p.text, " ")
		switch {
		case p.kind == pieceTag && opens(word):
			under++
		case p.kind == pieceTag && strings.HasPrefix(word, "end"):
			under--
		case p.kind == pieceOutput && under == 0 && p.out.root == "person" && !slices.Contains(list, p.out.field) &&
			!slices.ContainsFunc(p.out.filters, func(f call) bool { return f.name == "default" }):
			list = append(list, p.out.field)
		}
	}
	return list
}

// watcher goes through a page.
type watcher struct {
	*marks
	o      *Outline
	text   strings.Builder
	link   *Link
	hidden int // open script and style elements
}

// plain takes the marks out of a value.
func (w *watcher) plain(s string) string { return w.find.ReplaceAllString(s, "…") }

func (w *watcher) words(s string) {
	if w.hidden > 0 {
		return
	}
	s = w.plain(html.UnescapeString(s))
	w.text.WriteString(s + " ")
	if w.link != nil {
		w.link.Words += s
	}
}

func (w *watcher) close() {
	if w.link != nil {
		w.link.Words = strings.Join(strings.Fields(w.link.Words), " ")
		w.o.Links = append(w.o.Links, *w.link)
		w.link = nil
	}
}

var taken = []string{"script", "form", "input", "button", "iframe", "object", "embed", "svg", "video", "audio", "link", "base", "meta"}

func (w *watcher) open(t html.Token) {
	for _, a := range t.Attr {
		if (a.Key == "id" || a.Key == "name") && a.Val != "" {
			w.o.Places = append(w.o.Places, a.Val)
		}
	}
	if slices.Contains(taken, t.Data) && !slices.Contains(w.o.Forbidden, t.Data) {
		w.o.Forbidden = append(w.o.Forbidden, t.Data)
	}
	switch t.DataAtom {
	case atom.A:
		w.close()
		if to := value(t, "href"); to != "" {
			w.link = &Link{To: w.plain(to), Own: w.own(to)}
		}
	case atom.Img:
		w.image(t)
	case atom.Script, atom.Style:
		w.hidden++
	}
}

func (w *watcher) end(a atom.Atom) {
	switch a {
	case atom.A:
		w.close()
	case atom.Script, atom.Style:
		w.hidden = max(0, w.hidden-1)
	}
}

// own reports whether an address is one of the person's links alone.
func (w *watcher) own(to string) bool {
	at := w.find.FindStringIndex(to)
	if at == nil || at[0] != 0 {
		return false
	}
	p := w.pieces[w.indexes(to)[0]]
	return p.out != nil && p.out.root == "links"
}

var tiny = regexp.MustCompile(`^[01](px)?$`)

func (w *watcher) image(t html.Token) {
	src, alt := value(t, "src"), w.plain(value(t, "alt"))
	told := slices.ContainsFunc(t.Attr, func(a html.Attribute) bool { return a.Key == "alt" })
	w.o.Images = append(w.o.Images, Image{Src: w.plain(src), Alt: alt, Told: told,
		Tracking: w.find.MatchString(src) || tiny.MatchString(value(t, "width")) || tiny.MatchString(value(t, "height"))})
	if w.link != nil {
		w.link.Words += alt
	}
}

func value(t html.Token, name string) string {
	for _, a := range t.Attr {
		if a.Key == name {
			return strings.TrimSpace(a.Val)
		}
	}
	return ""
}
