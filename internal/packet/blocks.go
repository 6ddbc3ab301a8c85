package packet

import (
	"kartotek/internal/noticedoc"
	"kartotek/internal/pdf"
)

// block is a part of the package as it is read, on the page and on paper alike.
type block struct {
	id, title string
	count     int // of records; 0 is not shown
	html      func(*pageWriter)
	paper     func(*pdf.Doc)
}

// blocks are the parts in the order they are read: what this is, the data, who got
// and looked at it, what is not here, and what the law says is to be told.
func (p *Package) blocks() []block {
	out := []block{p.confirmation()}
	for i := range p.Parts {
		out = append(out, p.partBlock(&p.Parts[i]))
	}
	if !p.Portable {
		out = append(out, p.recipientsBlock(), p.untilBlock(), p.lookedBlock())
	}
	out = append(out, p.withheldBlock())
	for i := range p.About {
		out = append(out, aboutBlock(&p.About[i]))
	}
	var shown []block
	for _, b := range out {
		if b.html != nil {
			shown = append(shown, b)
		}
	}
	return shown
}

// said is a block of paragraphs.
func said(id, title string, paragraphs ...string) block {
	return block{id: id, title: title,
		html: func(w *pageWriter) {
			for _, s := range paragraphs {
				w.tag("p", s)
			}
		},
		paper: func(d *pdf.Doc) {
			for _, s := range paragraphs {
				d.Para(s)
			}
		}}
}

// tabled is a block with a sentence and a table; without rows the other sentence.
func tabled(id, title, intro, none string, head []string, rows [][]string) block {
	if len(rows) == 0 {
		return said(id, title, none)
	}
	return block{id: id, title: title, count: len(rows),
		html: func(w *pageWriter) {
			w.tag("p", intro)
			w.table(head, rows)
		},
		paper: func(d *pdf.Doc) {
			d.Para(intro)
			d.Table(pdf.Table{Head: head, Rows: rows})
		}}
}

// confirmation answers the first question: whether anything is processed. law: GDPR 15(1)
func (p *Package) confirmation() block {
	key, n := "packet.confirm", p.Records()
	switch {
	case p.Portable:
		key = "packet.confirm.portable"
	case n == 0:
		key = "packet.confirm.none"
	}
	return said("confirmation", p.say.T("packet.confirm.title"), p.say.T(key, "controller", p.Controller.Name, "register", p.Register),
		p.say.T("packet.files"), p.say.T("packet.contact", "email", p.Controller.Email))
}

func (p *Package) partBlock(part *Part) block {
	return block{id: part.Keeper + "-" + part.Kind, title: part.Title, count: len(part.Records),
		html:  func(w *pageWriter) { w.records(part) },
		paper: func(d *pdf.Doc) { p.paperRecords(d, part) }}
}

// recipientsBlock names who actually received something. law: GDPR 15(1)(c)
func (p *Package) recipientsBlock() block {
	head := p.heads("recipient", "what", "purpose", "country", "when")
	var rows [][]string
	for _, r := range p.Recipients {
		when := p.say.moment(r.At)
		if r.Times > 1 {
			when = p.say.T("packet.times", "at", when, "n", r.Times)
		}
		rows = append(rows, []string{r.Name, p.say.categories(r.Categories, r.What), p.say.purpose(r.Purpose), p.say.Country(r.Country), when})
	}
	return tabled("received", p.say.T("packet.received"), p.say.T("packet.received.intro"), p.say.T("packet.received.none"), head, rows)
}

// untilBlock says when what is erased. law: GDPR 15(1)(d)
func (p *Package) untilBlock() block {
	if len(p.Until) == 0 {
		return block{}
	}
	var rows [][]string
	for _, u := range p.Until {
		rows = append(rows, []string{p.say.categories([]string{u.Category}, ""), p.say.purpose(u.Purpose), p.say.until(u)})
	}
	return tabled("until", p.say.T("packet.until"), p.say.T("packet.until.intro"), "", p.heads("category", "purpose", "until"), rows)
}

// lookedBlock says who looked at the data, when and for what.
func (p *Package) lookedBlock() block {
	var rows [][]string
	for _, l := range p.Looked {
		rows = append(rows, []string{p.say.moment(l.At), l.What, l.Purpose, l.Who})
	}
	return tabled("looked", p.say.T("packet.looked"), p.say.T("packet.looked.intro"), p.say.T("packet.looked.none"),
		p.heads("when", "act", "purpose", "role"), rows)
}

// withheldBlock says what is not here, and why. law: GDPR 15(4), GDPR 12(4)
func (p *Package) withheldBlock() block {
	var rows [][]string
	for _, h := range p.Withheld {
		what := p.say.kind(h.Keeper, h.Kind)
		if h.Value != "" {
			what += ": " + p.say.value(h.Value)
		}
		rows = append(rows, []string{what, p.say.Number(h.Count), p.say.reason(h.Reason)})
	}
	return tabled("withheld", p.say.T("packet.withheld"), p.say.T("packet.withheld.intro"), p.say.T("packet.withheld.none"), p.heads("what", "count", "why"), rows)
}

func (p *Package) heads(names ...string) []string {
	for i, n := range names {
		names[i] = p.say.Or("packet.head."+n, n)
	}
	return names
}

func aboutBlock(s *Section) block {
	return block{id: "about-" + s.ID, title: s.Title,
		html: func(w *pageWriter) {
			for _, b := range s.Blocks {
				w.aboutBlock(b)
			}
		},
		paper: func(d *pdf.Doc) {
			for _, b := range s.Blocks {
				paperBlock(d, b)
			}
		}}
}

func paperBlock(d *pdf.Doc, b noticedoc.Block) {
	switch {
	case b.Text != "":
		d.Para(b.Text)
	case len(b.Items) > 0:
		d.List(b.Items...)
	case len(b.Rows) > 0:
		var pairs []pdf.Pair
		for _, r := range b.Rows {
			pairs = append(pairs, pdf.Pair{Name: r.Term, Value: r.Text})
		}
		d.Pairs(pairs...)
	case len(b.Cells) > 0:
		d.Table(pdf.Table{Head: b.Head, Rows: b.Cells})
	}
}

// paper is the package as a PDF.
func (p *Package) paper() ([]byte, error) {
	d := pdf.New(pdf.About{Title: p.title(), Lang: p.Lang, Author: p.Controller.Name, Subject: p.Reference, At: p.Made, Foot: p.line()})
	d.Heading(1, p.title())
	d.Small(p.line())
	for _, b := range p.blocks() {
		d.Heading(2, b.title)
		b.paper(d)
	}
	if d.Boxes() {
		d.Heading(2, p.say.T("packet.boxes.title"))
		d.Para(p.say.T("packet.boxes"))
	}
	return d.Bytes()
}

// paperRecords lays records out as the page does, in fewer columns.
func (p *Package) paperRecords(d *pdf.Doc, part *Part) {
	names := part.names()
	switch {
	case len(part.Records) <= few || part.sourced():
		for i := range part.Records {
			d.Pairs(p.pairs(&part.Records[i])...)
		}
	case len(names) <= columns:
		head, rows := p.rows(part, names)
		d.Table(pdf.Table{Head: head, Rows: rows})
	default:
		rows := make([][]string, len(part.Records))
		for i := range part.Records {
			rows[i] = []string{p.say.moment(part.Records[i].At), p.inline(&part.Records[i])}
		}
		d.Table(pdf.Table{Head: p.heads("when", "what"), Widths: []float64{1, 5}, Rows: rows})
	}
}

func (p *Package) pairs(r *Record) (out []pdf.Pair) {
	if r.At != 0 {
		out = append(out, pdf.Pair{Name: p.say.T("packet.when"), Value: p.say.moment(r.At)})
	}
	for i := range r.Values {
		v := &r.Values[i]
		text := p.shown(v)
		if from := p.origin(v); from != "" {
			text += "\n" + from
		}
		out = append(out, pdf.Pair{Name: v.Title, Value: text})
	}
	return out
}

func (p *Package) inline(r *Record) string {
	s := ""
	for i := range r.Values {
		if i > 0 {
			s += " · "
		}
		s += r.Values[i].Title + ": " + p.shown(&r.Values[i])
	}
	return s
}
