package compose

import (
	"maps"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"github.com/microcosm-cc/bluemonday"
	"github.com/yuin/goldmark"
	"github.com/yuin/goldmark/extension"
	"github.com/yuin/goldmark/renderer/html"

	"kartotek/internal/fault"
)

// Limits of a template and of one letter's body, in bytes.
const (
	MaxBody     = 512 << 10
	MaxMarkdown = 64 << 10 // Markdown with hostile emphasis is read in time growing with its square
	MaxOutput   = 1 << 20
	MaxSubject  = 1 << 10
)

// Source is a template as written.
type Source struct {
	Subject string
	Body    string
	Format  string // "markdown", "html" or "blocks" (package blocks); "" detects
	Lang    string // of the text: sv, fi, en
	Class   string // "marketing", "survey" or "service"
	Sender  Sender
	// Link, when set, is asked about each fixed http(s) address that a link of the
	// HTML leads to, and gives the address to write instead: its own, or one that
	// counts the click and leads there; each tells that every recipient has another,
	// which Vars.Click makes of it. A link whose words are an address keeps it,
	// because words that name another place than the link leads to look like fraud;
	// so does the plain text, where everybody can read where links lead.
	Link func(address string) (to string, each bool)
	// Public makes the letter as everybody may read it: without the links at its
	// foot, which are one person's.
	Public bool
	// Data lets the template read data.<name>, what the message is about, such as an
	// order; see Vars.Data.
	Data bool
	// Base is the public address that addresses beginning with / are completed by,
	// such as https://register.example; "" leaves them.
	Base string
	// MayUse reports whether the purpose of the letter uses a person field, by what
	// its notice says; nil lets every field through. law: GDPR 5(1)(b)
	MayUse func(name string) bool
	// KnownField reports whether the catalogue lists a person field; nil lets
	// every field through.
	KnownField func(name string) bool
}

// Sender is who the letter says it is from, in its footer.
type Sender struct {
	Name    string // the controller
	Address string // postal address, one line
	Contact string // e-mail or phone; may be empty
}

// Template is a compiled Source. It is immutable and safe for concurrent use.
type Template struct {
	src      Source
	subject  *program
	html     *program // up to the footer
	text     *program
	htmlFoot map[string]*program // by language
	textFoot map[string]*program
	outline  Outline
	bare     []string // fields of the subject; see Outline.Bare
}

// Compile reads a template. The error is a *fault.Error (Invalid or TooLarge)
// with the field (subject or body) and the line.
func Compile(src Source) (*Template, error) {
	if len(src.Body) > MaxBody {
		return nil, fault.New(fault.TooLarge, "template.too_long", "a body is at most %d bytes", MaxBody).In("body")
	}
	if len(src.Subject) > MaxSubject {
		return nil, fault.New(fault.TooLarge, "template.too_long", "a subject is at most %d bytes", MaxSubject).In("subject")
	}
	if src.Format == "" {
		src.Format = Detect(src.Body)
	}
	if !slices.Contains(Formats, src.Format) {
		return nil, fault.New(fault.Invalid, "template.format", "the format is markdown, html or blocks").In("format")
	}
	if src.Format == "markdown" && len(src.Body) > MaxMarkdown {
		return nil, fault.New(fault.TooLarge, "template.too_long", "a Markdown body is at most %d bytes", MaxMarkdown).In("body")
	}
	src.Lang = language(src.Lang)
	t := &Template{src: src}
	if err := t.compileSubject(); err != nil {
		return nil, err.In("subject")
	}
	if err := t.compileBody(); err != nil {
		return nil, err
	}
	if err := t.compileFooters(); err != nil {
		return nil, err
	}
	return t, nil
}

// Formats are the forms a body may be written in.
var Formats = []string{"markdown", "html", "blocks"}

var htmlStart = regexp.MustCompile(`(?i)^\s*(<!doctype|<html|<body|<table|<div|<p[ >]|<center)`)
var blockStart = regexp.MustCompile(`^\s*(\{\s*"(blocks|preheader|accent)"\s*:|\[\s*\{\s*"type"\s*:)`)

// Detect finds out in which of the formats a body is written.
func Detect(body string) string {
	switch {
	case htmlStart.MatchString(body):
		return "html"
	case blockStart.MatchString(body):
		return "blocks"
	}
	return "markdown"
}

// clean takes control characters out and makes line ends \n.
func clean(s string) string {
	s = strings.ReplaceAll(strings.ToValidUTF8(s, "\uFFFD"), "\r\n", "\n")
	return strings.Map(func(r rune) rune {
		if r == '\r' {
			return '\n'
		}
		if r < ' ' && r != '\n' && r != '\t' || r == 0x7f {
			return -1
		}
		return r
	}, s)
}

// parse scans and checks a source.
func (t *Template) parse(src string) ([]piece, *checker, *fault.Error) {
	ps, err := scan(clean(src))
	if err != nil {
		return nil, nil, err
	}
	c := t.checker()
	return ps, c, c.check(ps)
}

func (t *Template) checker() *checker {
	return &checker{known: t.src.KnownField, mayUse: t.src.MayUse, data: t.src.Data, fields: map[string]bool{}}
}

func (c *checker) fieldList() []string { return slices.Sorted(maps.Keys(c.fields)) }

func (t *Template) compileSubject() *fault.Error {
	ps, c, err := t.parse(strings.TrimSpace(t.src.Subject))
	if err != nil {
		return err
	}
	for i := range ps {
		ps[i].text = string(appendValue(nil, ps[i].text, inHeader))
	}
	t.bare = bare(nil, ps)
	t.subject, err = newProgram(ps, inHeader, c)
	return err
}

var markdown = goldmark.New(goldmark.WithExtensions(extension.Table, extension.Strikethrough, extension.Linkify),
	goldmark.WithRendererOptions(html.WithUnsafe())) // raw HTML is sanitised afterwards

// Bounds on Markdown that is read in time growing with its square: quotes and
// lists begun inside each other on one line, links, wide tables. Without them a
// hostile letter takes seconds.
const (
	maxNested = 30
	maxLinks  = 2000
	maxCells  = 20_000 // columns of the widest row times lines: short rows are filled up
)

func tame(src string) *fault.Error {
	if strings.Count(src, "](") > maxLinks {
		return refuse(0, "too_many_links", "a letter may hold at most %d links", maxLinks)
	}
	line, columns := 0, 0
	for l := range strings.SplitSeq(src, "\n") {
		line++
		columns = max(columns, strings.Count(l, "|"))
		markers := l[:len(l)-len(strings.TrimLeft(l, "> \t-+*0123456789.)"))]
		if strings.Count(markers, ">")+len(strings.Fields(markers)) > 2*maxNested {
			return refuse(line, "too_deep", "quotes and lists may stand at most %d inside each other", maxNested)
		}
	}
	if columns > 1 && columns*line > maxCells {
		return refuse(0, "table", "a table of this width is too large for a letter")
	}
	return nil
}

// mailPolicy is what a letter may hold: text, tables, images, links, and the
// style properties mail programs agree on. No scripts, forms, frames, style
// sheets, event handlers; addresses are http, https and mailto.
var mailPolicy = newMailPolicy()

func newMailPolicy() *bluemonday.Policy {
	p := bluemonday.NewPolicy()
	p.AllowElements("p", "br", "hr", "h1", "h2", "h3", "h4", "h5", "h6", "strong", "b", "em", "i", "u", "s", "del", "small", "sub", "sup",
		"blockquote", "pre", "code", "ul", "ol", "li", "div", "span", "center", "table", "thead", "tbody", "tfoot", "tr", "td", "th", "caption", "a", "img")
	p.AllowAttrs("href", "title").OnElements("a")
	p.AllowAttrs("src", "alt", "title").OnElements("img")
	size := regexp.MustCompile(`^[0-9]{1,4}%?$`)
	p.AllowAttrs("width", "height", "border", "cellpadding", "cellspacing", "colspan", "rowspan").Matching(size).
		OnElements("img", "table", "td", "th", "tr")
	word := regexp.MustCompile(`^[a-z]{1,12}$`)
	p.AllowAttrs("align", "valign", "role").Matching(word).OnElements("table", "td", "th", "tr", "p", "div", "img", "h1", "h2", "h3")
	p.AllowAttrs("bgcolor").Matching(regexp.MustCompile(`^#[0-9a-fA-F]{3,6}$`)).OnElements("table", "td", "th", "tr")
	p.AllowAttrs("lang").Matching(regexp.MustCompile(`^[a-zA-Z-]{2,10}$`)).Globally()
	p.AllowStyles("color", "background-color", "font-size", "font-weight", "font-style", "font-family", "line-height", "text-align", "text-decoration",
		"padding", "padding-top", "padding-bottom", "padding-left", "padding-right", "margin", "margin-top", "margin-bottom",
		"width", "max-width", "border", "border-radius", "border-bottom", "border-top", "vertical-align").Globally()
	p.AllowURLSchemes("http", "https", "mailto")
	p.AllowRelativeURLs(true) // marks are relative; Lint reports the rest
	p.AllowNoAttrs().OnElements("a", "span", "img")
	return p
}

// marks stand for a template's outputs and tags while it is still text.
type marks struct {
	prefix string
	pieces []piece // what the marks stand for
	find   *regexp.Regexp
}

// newMarks chooses marks that the source cannot hold itself.
func newMarks(src string) *marks {
	m := &marks{prefix: "kx"}
	for strings.Contains(src, m.prefix) {
		m.prefix += "qz"
	}
	m.find = regexp.MustCompile(m.prefix + `([0-9]+)z`)
	return m
}

// take gives a text with marks for its outputs and tags, which it keeps.
func (m *marks) take(ps []piece) string {
	var b strings.Builder
	for _, p := range ps {
		if p.kind == pieceText {
			b.WriteString(p.text)
			continue
		}
		b.WriteString(m.mark(len(m.pieces)))
		m.pieces = append(m.pieces, p)
	}
	return b.String()
}

func (m *marks) mark(i int) string { return m.prefix + strconv.Itoa(i) + "z" }

// unwrap takes the paragraph away that Markdown puts around tags which stand
// alone between blank lines.
func (m *marks) unwrap(page string) string {
	alone := regexp.MustCompile(`<p>((?:` + m.prefix + `[0-9]+z\s*)+)</p>\n?`)
	return alone.ReplaceAllStringFunc(page, func(s string) string {
		inner := alone.FindStringSubmatch(s)[1]
		for _, i := range m.indexes(inner) {
			if m.pieces[i].kind != pieceTag {
				return s
			}
		}
		return strings.TrimSpace(inner)
	})
}

func (m *marks) indexes(s string) (out []int) {
	for _, f := range m.find.FindAllStringSubmatch(s, -1) {
		if i, err := strconv.Atoi(f[1]); err == nil && i < len(m.pieces) {
			out = append(out, i)
		}
	}
	return out
}

var attribute = regexp.MustCompile(`\s[a-z]+="([^"]*)"`)
var ownPicture = regexp.MustCompile(`(<img [^>]*src=")/m/`)
var hrefOrSrc = regexp.MustCompile(`\s(?:href|src)="([^"]*)"`)

// checkLinks refuses tags inside attributes, and addresses that begin with a
// person's value: the value would choose the scheme.
func (m *marks) checkLinks(page string) *fault.Error {
	for _, a := range attribute.FindAllStringSubmatch(page, -1) {
		for _, i := range m.indexes(a[1]) {
			if p := m.pieces[i]; p.kind == pieceTag {
				return refuse(p.line, "tag_in_attribute", "a tag may not stand inside an HTML attribute; put it around the element")
			}
		}
	}
	for _, a := range hrefOrSrc.FindAllStringSubmatch(page, -1) {
		if at := m.find.FindStringIndex(a[1]); at == nil || at[0] != 0 {
			continue
		}
		if p := m.pieces[m.indexes(a[1])[0]]; p.out == nil || p.out.root != "links" || len(p.out.filters) > 0 {
			return refuse(p.line, "link", "an address may not begin with a person's value; begin it with https://")
		}
	}
	return nil
}

// cut splits a text at its marks.
func (m *marks) cut(s string) []piece {
	var out []piece
	from := 0
	for _, at := range m.find.FindAllStringSubmatchIndex(s, -1) {
		i, err := strconv.Atoi(s[at[2]:at[3]])
		if err != nil || i >= len(m.pieces) {
			continue
		}
		if at[0] > from {
			out = append(out, piece{kind: pieceText, text: s[from:at[0]]})
		}
		out, from = append(out, m.pieces[i]), at[1]
	}
	return append(out, piece{kind: pieceText, text: s[from:]})
}

// Message is one person's letter.
type Message struct{ Subject, HTML, Text string }

// Render makes the letter of one person. It fails (TooLarge) only when the
// values make it grow over MaxOutput.
func (t *Template) Render(v Vars) (Message, error) {
	var m Message
	for _, part := range []struct {
		to    *string
		progs []*program
	}{
		{&m.Subject, []*program{t.subject}},
		{&m.HTML, []*program{t.html, t.htmlFoot[t.lang(v)]}},
		{&m.Text, []*program{t.text, t.textFoot[t.lang(v)]}},
	} {
		var b []byte
		var err error
		for _, p := range part.progs {
			if b, err = p.append(b, &v); err != nil {
				return Message{}, err
			}
		}
		*part.to = string(b)
	}
	m.Subject = strings.TrimSpace(m.Subject)
	return m, nil
}

func (t *Template) lang(v Vars) string {
	if _, ok := footerTexts[v.Lang]; ok {
		return v.Lang
	}
	return t.src.Lang
}

// Reads lists the person fields the body and subject read, so that a caller
// can load only those.
func (t *Template) Reads() []string {
	all := slices.Concat(t.subject.fields, t.html.fields)
	slices.Sort(all)
	return slices.Compact(all)
}

// Format is "markdown", "html" or "blocks", as declared or detected.
func (t *Template) Format() string { return t.src.Format }
