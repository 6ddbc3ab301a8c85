package compose

import (
	"bytes"
	"strings"

	"kartotek/internal/compose/blocks"
	"kartotek/internal/compose/plain"
	"kartotek/internal/compose/style"
	"kartotek/internal/fault"
)

// draft is a body on its way to HTML: marks stand in the place of each output and
// tag, so that neither Markdown nor the sanitiser sees them, and the result is cut
// at the marks.
type draft struct {
	*marks
	check *checker
	raw   string // as the author's words make it, for the outline
	own   string // what of it is the author's own HTML
	page  string // harmless
	head  string // hidden words before the page
}

func (t *Template) compileBody() *fault.Error {
	d, err := t.draft()
	if err != nil {
		return err
	}
	if d.own == "" {
		d.own = d.raw
	}
	if d.page = t.complete(d.page); t.src.Base != "" {
		d.raw = t.complete(d.raw)
	}
	t.look(d)
	if err := d.checkLinks(d.head + d.page); err != nil {
		return err
	}
	text := plain.Text(d.page, d.depth) + "\n"
	if t.html, err = newProgram(d.cut(style.Top(t.src.Lang, d.head)+d.lead(d.page, t.src.Link)), inHTML, d.check); err != nil {
		return err
	}
	t.text, err = newProgram(d.cut(text), inText, d.check)
	return err
}

func (t *Template) draft() (*draft, *fault.Error) {
	if t.src.Format == "blocks" {
		return t.blockDraft()
	}
	ps, c, err := t.parse(t.src.Body)
	if err != nil {
		return nil, err
	}
	d := &draft{marks: newMarks(t.src.Body), check: c}
	d.raw = d.take(ps)
	if t.src.Format == "html" {
		d.page = mailPolicy.Sanitize(d.raw)
		return d, nil
	}
	if err := tame(d.raw); err != nil {
		return nil, err
	}
	if d.raw, err = d.markdown(d.raw); err != nil {
		return nil, err
	}
	d.page = style.Dress(mailPolicy.Sanitize(d.raw), blocks.DefaultAccent)
	return d, nil
}

func (m *marks) markdown(src string) (string, *fault.Error) {
	var b bytes.Buffer
	if err := markdown.Convert([]byte(src), &b); err != nil {
		return "", refuse(0, "markdown", "the Markdown could not be read")
	}
	return m.unwrap(b.String()), nil
}

// blockDraft reads a letter in blocks. Each of its texts is a template complete in
// itself; the variables and the limits are those of the whole.
func (t *Template) blockDraft() (*draft, *fault.Error) {
	l, err := blocks.Parse(t.src.Body)
	if err != nil {
		return nil, asFault(err)
	}
	d := &draft{marks: newMarks(t.src.Body), check: t.checker()}
	size := 0
	err = l.Each(func(at string, text *string) error {
		if strings.HasSuffix(at, ".text") {
			size += len(*text)
		}
		ps, err := scan(clean(*text))
		if err == nil {
			err = d.check.check(ps)
		}
		if *text = d.take(ps); err == nil && strings.HasSuffix(at, ".text") {
			err = tame(*text)
		}
		if err != nil {
			return err.In(at).At(0)
		}
		return nil
	})
	if err != nil {
		return nil, asFault(err)
	}
	if size > MaxMarkdown {
		return nil, fault.New(fault.TooLarge, "template.too_long", "the texts of a letter are at most %d bytes", MaxMarkdown).In("body")
	}
	d.write(l)
	return d, nil
}

func asFault(err error) *fault.Error {
	if f, ok := err.(*fault.Error); ok {
		return f
	}
	return fault.New(fault.Invalid, "template.syntax", "the letter cannot be read").Because(err)
}

// write lays the blocks out, as they were written and harmless.
func (d *draft) write(l *blocks.Letter) {
	accent := l.Accent
	if accent == "" {
		accent = blocks.DefaultAccent
	}
	made := map[string]string{}
	d.raw = l.HTML(func(src string) string {
		page, err := d.markdown(src)
		if err != nil {
			page = ""
		}
		made[src] = page
		d.own += page + " "
		return page
	})
	d.page = l.HTML(func(src string) string { return style.Dress(mailPolicy.Sanitize(made[src]), accent) })
	d.head = l.Head()
}

// depth counts the conditions and loops that the marks of a text open and close.
func (m *marks) depth(text string) (n int) {
	for _, i := range m.indexes(text) {
		if p := m.pieces[i]; p.kind == pieceTag {
			word, _, _ := strings.Cut(p.text, " ")
			switch {
			case strings.HasPrefix(word, "end"):
				n--
			case opens(word):
				n++
			}
		}
	}
	return n
}

// complete gives pictures of the register, which begin with /m/, their whole address.
func (t *Template) complete(page string) string {
	if t.src.Base == "" {
		return page
	}
	return ownPicture.ReplaceAllString(page, "${1}"+strings.ReplaceAll(strings.TrimSuffix(t.src.Base, "/"), "$", "$$")+"/m/")
}
