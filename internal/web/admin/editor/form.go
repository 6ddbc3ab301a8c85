package editor

import (
	"html"
	"io"
	"mime/multipart"
	"regexp"
	"strconv"
	"strings"

	"kartotek/internal/compose"
	"kartotek/internal/compose/blocks"
	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/media"
	"kartotek/internal/web/admin/desk"
	"kartotek/internal/web/door"
)

// maxText is the most characters of a text that is not in blocks.
const maxText = 300_000

func stamp(ms int64) string { return strconv.FormatInt(ms, 10) }

// detect finds out in what form the letter is written.
func (e *editor) detect() {
	_, body := e.text()
	if e.c.Format == "" {
		e.c.Format = compose.Detect(*body)
	}
	if e.c.Format == "blocks" {
		if e.letter, e.wrong = blocks.Parse(*body); e.letter == nil {
			e.letter = &blocks.Letter{}
		}
	}
}

// fill takes over what the form says. Values that no form of ours sends are errors;
// what a letter cannot be is found when it is stored.
func (e *editor) fill(f door.Fields) (err error) {
	subject, body := e.text()
	if *subject, err = f.Line("subject", 500); err != nil {
		return err
	}
	was := e.c.Format
	if was == "" {
		was = compose.Detect(*body)
	}
	switch e.c.Format = f.Get("format"); e.c.Format {
	case "blocks":
		if err := e.convert(was, body); err != nil {
			return err
		}
		if e.letter, err = lettered(f); err != nil {
			return err
		}
		*body = e.letter.String()
	case "markdown", "html":
		*body, err = f.Text("body", maxText)
	default:
		err = fault.New(fault.Invalid, "template.format", "the format is markdown, html or blocks").In("format")
	}
	return err
}

// lettered reads a letter in blocks out of the fields of a form: those of a block
// begin with its place, blocks.2.text.
func lettered(f door.Fields) (l *blocks.Letter, err error) {
	l = &blocks.Letter{}
	if l.Preheader, err = f.Line("preheader", blocks.MaxShort); err != nil {
		return nil, err
	}
	if l.Accent = strings.ToLower(f.Get("accent")); l.Accent == blocks.DefaultAccent {
		l.Accent = ""
	}
	l.Blocks, err = listed(f, "blocks", 0)
	return l, err
}

func listed(f door.Fields, at string, depth int) (list []blocks.Block, err error) {
	for i := 0; i < blocks.MaxBlocks; i++ {
		here := at + "." + strconv.Itoa(i)
		if !f.Has(here + ".type") {
			break
		}
		b, err := block(f, here)
		if err != nil {
			return nil, err
		}
		if b.Type == blocks.Columns && depth == 0 {
			b.Columns = make([][]blocks.Block, 2)
			for n := range b.Columns {
				if b.Columns[n], err = listed(f, here+"."+strconv.Itoa(n), 1); err != nil {
					return nil, err
				}
			}
		}
		list = append(list, b)
	}
	return list, nil
}

func block(f door.Fields, at string) (b blocks.Block, err error) {
	b.Type = blocks.Kind(f.Get(at + ".type"))
	for _, x := range []struct {
		name string
		into *string
	}{{"text", &b.Text}, {"align", &b.Align}, {"src", &b.Src}, {"alt", &b.Alt}, {"href", &b.Href}} {
		most := blocks.MaxText
		if x.name != "text" {
			most = blocks.MaxAddress
		}
		if *x.into, err = f.Text(at+"."+x.name, most); err != nil {
			return b, err
		}
	}
	b.Decorative = f.Get(at+".decorative") != ""
	for _, x := range []struct {
		name string
		into *int
	}{{"level", &b.Level}, {"width", &b.Width}, {"size", &b.Size}} {
		if s := strings.TrimSpace(f.Get(at + "." + x.name)); s != "" {
			if *x.into, err = strconv.Atoi(s); err != nil {
				return b, fault.New(fault.Invalid, "blocks."+x.name, "this is a whole number").In(at + "." + x.name)
			}
		}
	}
	return b, nil
}

// toBlocks makes a letter in blocks of one that is not: one block of its text. The
// letters of a test are all in one form.
func (e *editor) toBlocks() error {
	if err := e.convert(e.c.Format, nil); err != nil {
		return err
	}
	e.c.Format = "blocks"
	e.detect()
	return nil
}

// convert makes blocks of every letter of the newsletter but one, whose form says
// already what it is.
func (e *editor) convert(was string, but *string) error {
	bodies := []*string{&e.c.Body}
	if s := e.c.Options.Split; s != nil {
		for i := range s.Others {
			bodies = append(bodies, &s.Others[i].Body)
		}
	}
	for i, body := range bodies {
		l := &blocks.Letter{}
		switch text := strings.TrimSpace(*body); {
		case was == "blocks" || body == but || text == "" && i > 0:
			continue
		case len(text) > blocks.MaxText:
			return fault.New(fault.TooLarge, "blocks.text_long", "a text is at most %d bytes", blocks.MaxText).In("body")
		case text != "":
			l.Blocks = []blocks.Block{{Type: blocks.Text, Text: text}}
		}
		*body = l.String()
	}
	return nil
}

// fileOf reads a file of a form.
func whole(h *multipart.FileHeader) ([]byte, error) {
	if h.Size > media.MaxUpload {
		return nil, fault.New(fault.TooLarge, "media.too_large", "a file is at most %d bytes", media.MaxUpload).In("file")
	}
	file, err := h.Open()
	if err != nil {
		return nil, err
	}
	defer file.Close()
	return io.ReadAll(io.LimitReader(file, media.MaxUpload+1))
}

var pictureIn = regexp.MustCompile(`(<img [^>]*src=")[^"]*` + media.Path + `([0-9a-f]{32}\.(?:png|jpg|gif))(")`)

// withPictures puts the register's own pictures into a page shown in a frame, which
// may load nothing, not even from here.
func withPictures(d *desk.Desk, tx *db.Tx, page string) (string, error) {
	var failed error
	held := 0
	page = pictureIn.ReplaceAllStringFunc(page, func(s string) string {
		m := pictureIn.FindStringSubmatch(s)
		raw, err := d.Media.Content(tx, m[2])
		if err != nil && !fault.Is(err, fault.NotFound) {
			failed = err
		}
		if held += len(raw); err != nil || held > 16<<20 {
			return s
		}
		return m[1] + dataURL(media.Kind(m[2]), raw) + m[3]
	})
	return page, failed
}

// sorry is what stands in a frame when no letter can be made.
func sorry(lang, text string) string {
	return `<!doctype html><html lang="` + lang + `"><meta charset="utf-8"><title>–</title><body style="font:15px/1.5 system-ui,sans-serif;padding:24px;color:#1d2329;background:#fff"><p>` +
		html.EscapeString(text) + `</p></body></html>`
}

var named = regexp.MustCompile(`\b(?:person|data)\.[A-Za-z0-9_.]+$`)

// explain says what a fault means, and which variable it is about.
func explain(d *desk.Desk, err error) string {
	text := d.Explain(err)
	if f, ok := err.(*fault.Error); ok {
		if name := named.FindString(f.Msg); name != "" {
			text += " " + name
		}
	}
	return text
}
