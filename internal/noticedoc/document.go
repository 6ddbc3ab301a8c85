package noticedoc

import (
	"kartotek/internal/law"
	"kartotek/internal/noticedef"
)

// Document is a notice in one language, ready to be shown.
type Document struct {
	Title    string
	Lang     string
	Sections []Section
}

// Section is one headed part. ID is stable across versions and languages.
type Section struct {
	ID      string
	Heading string
	Blocks  []Block
}

// Kind says how a block is laid out.
type Kind uint8

// The kinds of block.
const (
	Paragraph Kind = iota // Text
	Alert                 // Text that must not be missed
	List                  // Items
	Rows                  // Terms with their meaning
	Table                 // Head and Cells
)

// Block is one piece of a section. Which fields are set depends on the kind.
type Block struct {
	Kind  Kind
	Text  string
	Items []string
	Rows  []Row
	Head  []string
	Cells [][]string
}

// Row is a term and what it stands for.
type Row struct{ Term, Text string }

// Meta is what is known of a version besides its facts. The zero value is a
// draft.
type Meta struct {
	Version       int            // 0 for a draft
	Hash          string         // of the canonical bytes
	Effective     noticedef.Date // the day it began to apply, when not the notice's own
	Published     noticedef.Date
	Approved      string // by whom
	Supersedes    int    // the version before, when not the notice's own
	OverdueReview bool
	Today         noticedef.Date // to tell lapsed measures; "" leaves them untold
}

// Rules is what the text asks of the rule packs; *law.Set answers it.
type Rules interface {
	// Rights lists the articles ("GDPR 15") that give rights where processing
	// rests on a basis.
	Rights(basisKind string) []string
	// ActsIn lists the acts a text speaks of.
	ActsIn(text string) []law.Act
}

// writer builds one document.
type writer struct {
	voice
	n     *noticedef.Notice
	rules Rules
	meta  Meta
	doc   Document
}

// Build writes the notice in a language: "sv", "fi" or "en".
func Build(n *noticedef.Notice, rules Rules, lang string, meta Meta) Document {
	w := &writer{voice: speak(lang), n: n, rules: rules, meta: meta}
	w.doc = Document{Title: w.say("doc.title", "name", w.t(n.Register.Name)), Lang: w.lang}
	for _, part := range []func(){
		w.short, w.objection, w.controller, w.contact, w.purposes, w.categories, w.sources,
		w.recipients, w.transfers, w.retention, w.rights, w.consent, w.complaint,
		w.obligation, w.automated, w.security, w.cookies, w.thirdParties, w.changes,
	} {
		part()
	}
	return w.doc
}

// t is a text of the notice in the document's language.
func (w *writer) t(t noticedef.Text) string { return t.In(w.lang) }

// section adds a part; one without blocks is left out.
func (w *writer) section(id string, blocks ...Block) {
	var kept []Block
	for _, b := range blocks {
		if b.Text != "" || len(b.Items) > 0 || len(b.Rows) > 0 || len(b.Cells) > 0 {
			kept = append(kept, b)
		}
	}
	if len(kept) > 0 {
		w.doc.Sections = append(w.doc.Sections, Section{ID: id, Heading: w.say(id + ".title"), Blocks: kept})
	}
}

func para(s string) Block { return Block{Kind: Paragraph, Text: s} }

func list(items []string) Block { return Block{Kind: List, Items: items} }

// rows makes a definition list of term and text in turn, without empty ones.
func rows(pairs ...string) Block {
	b := Block{Kind: Rows}
	for i := 0; i+1 < len(pairs); i += 2 {
		if pairs[i+1] != "" {
			b.Rows = append(b.Rows, Row{pairs[i], pairs[i+1]})
		}
	}
	return b
}

// table makes a table whose head is fixed texts. Cells begin with a capital,
// but for the first column, which may hold a name.
func (w *writer) table(prefix string, columns []string, cells [][]string) Block {
	for _, row := range cells {
		for i := 1; i < len(row); i++ {
			row[i] = capital(row[i])
		}
	}
	return Block{Kind: Table, Head: w.all(prefix, columns), Cells: cells}
}

// purposeTitles lists the titles of the purposes that satisfy a test.
func (w *writer) purposeTitles(is func(noticedef.Purpose) bool) []string {
	var out []string
	for _, p := range w.n.Purposes {
		if is(p) {
			out = append(out, w.t(p.Title))
		}
	}
	return out
}

// categoryTitles names categories; "all" is every one.
func (w *writer) categoryTitles(ids []string) string {
	var out []string
	for _, id := range ids {
		if id == noticedef.All {
			return w.say("recipients.all")
		}
		if c, ok := w.n.Category(id); ok {
			out = append(out, w.t(c.Title))
		}
	}
	return enumerate(out, "; ")
}

// authority finds the supervisory authority the notice names.
func (w *writer) authority() (law.Authority, bool) { return law.AuthorityOf(w.n.Authority) }
