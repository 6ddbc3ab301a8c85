package editor

import (
	"encoding/base64"
	"errors"
	"net/url"
	"slices"
	"strconv"
	"strings"

	"kartotek/internal/compose/blocks"
	"kartotek/internal/compose/lint"
	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/media"
	"kartotek/internal/noticedef"
	"kartotek/internal/web/admin/desk"
	"kartotek/internal/web/admin/outreach"
	"kartotek/internal/web/page"
)

// dataURL writes a picture as an address that holds it.
func dataURL(kind string, raw []byte) string {
	return "data:" + kind + ";base64," + base64.StdEncoding.EncodeToString(raw)
}

// morePictures is how many pictures the editor offers.
const morePictures = 100

// show answers with the editor, as the letter stands in it.
func (e *editor) show(status int) error {
	if err := e.look(); err != nil {
		return err
	}
	subject, body := e.text()
	at := outreach.Path(e.c.ID) + "/compose"
	v := page.ComposeView{Action: at + e.suffix(), DraftURL: at + "/draft" + e.suffix(), BodyURL: e.plain(), Newsletter: page.Link{Text: e.c.Name, Href: outreach.Path(e.c.ID)},
		Changed: stamp(e.c.ChangedAt), Format: e.c.Format, Settings: outreach.Path(e.c.ID) + "/edit", PicturesURL: "/pictures"}
	v.Subject = page.Field{ID: "subject", Label: e.T("mail.subject"), Value: *subject, Max: 500, Error: e.errorAt("subject")}
	if e.letter == nil {
		v.Body = page.Field{ID: "body", Label: e.T("edit.body"), Hint: e.T("editor.body_hint"), Type: "textarea", Rows: 22, Value: *body, Error: e.errorAt("body")}
	} else {
		e.blocks(&v)
	}
	for n := 1; n <= e.c.Letters() && e.c.Letters() > 1; n++ {
		one := &editor{c: e.c, nth: n}
		v.Letters = append(v.Letters, page.Option{Value: at + one.suffix(), Text: e.T("editor.letter_n", "n", n), On: n == e.nth})
	}
	v.Variables = e.variables()
	v.Findings, v.Score = findings(e.Desk, e.found)
	if e.wrong != nil {
		v.Error = explain(e.Desk, e.wrong) + " " + e.T("editor.not_stored")
	}
	v.Frame = e.Frame(e.c.Name, "outreach")
	return e.Render(status, page.Compose(v))
}

// plain is the address of the stored letter without anybody's values.
func (e *editor) plain() string {
	at := outreach.Path(e.c.ID) + "/body?as=" + nobody
	if e.nth > 1 {
		at += "&letter=" + strconv.Itoa(e.nth)
	}
	return at
}

// look reads what stands beside the letter: the pictures there are, and what to look at.
func (e *editor) look() error {
	return e.Look(func(tx *db.Tx) (err error) {
		if e.pictures, err = e.Media.List(tx, media.Cursor{}, morePictures); err != nil {
			return err
		}
		var wrong error
		e.found, wrong = e.Campaign.Lint(tx, e.c.Letter(e.nth))
		if wrong != nil && !ofForm(wrong) {
			return wrong
		}
		if e.wrong == nil {
			e.wrong = wrong
		}
		return nil
	})
}

// errorAt is what is wrong with a field.
func (e *editor) errorAt(field string) string {
	var f *fault.Error
	if errors.As(e.wrong, &f) && f.Field == field {
		return explain(e.Desk, e.wrong)
	}
	return ""
}

func (e *editor) blocks(v *page.ComposeView) {
	v.Preheader = page.Field{ID: "preheader", Label: e.T("editor.preheader"), Hint: e.T("editor.preheader_hint"), Value: e.letter.Preheader, Max: blocks.MaxShort, Error: e.errorAt("preheader")}
	accent := e.letter.Accent
	if accent == "" {
		accent = blocks.DefaultAccent
	}
	v.Accent = page.Field{ID: "accent", Label: e.T("editor.accent"), Type: "color", Value: accent, Error: e.errorAt("accent")}
	v.Blocks = e.list("blocks", e.letter.Blocks, blocks.Kinds)
}

// inColumns are the kinds that stand in a column.
var inColumns = []blocks.Kind{blocks.Heading, blocks.Text, blocks.Image, blocks.Button}

func (e *editor) list(at string, list []blocks.Block, kinds []blocks.Kind) page.BlockList {
	out := page.BlockList{At: at}
	for i := range list {
		out.Blocks = append(out.Blocks, e.block(at+"."+strconv.Itoa(i), &list[i], i, len(list)))
	}
	for _, k := range kinds {
		out.Kinds = append(out.Kinds, page.Option{Value: "add." + at + "." + string(k), Text: e.T("editor.kind." + string(k))})
	}
	return out
}

func (e *editor) block(at string, b *blocks.Block, i, of int) page.BlockView {
	v := page.BlockView{At: at, Kind: string(b.Type), Title: e.Printer.Or("editor.kind."+string(b.Type), string(b.Type)), Number: i + 1, First: i == 0, Last: i == of-1, Error: e.errorAt(at)}
	add := func(f page.Field) {
		name := strings.TrimPrefix(f.ID, at+".")
		f.Label, f.Error = e.T("editor.field."+name), e.errorAt(f.ID)
		f.Focus = at == e.focus && len(v.Fields) == 0
		v.Fields = append(v.Fields, f)
	}
	switch b.Type {
	case blocks.Heading:
		add(page.Field{ID: at + ".text", Value: b.Text, Max: blocks.MaxShort})
		v.Small = append(v.Small, e.levels(at, b.Level), e.aligned(at, b.Align))
	case blocks.Text:
		add(page.Field{ID: at + ".text", Type: "textarea", Rows: rows(b.Text), Value: b.Text, Hint: e.T("editor.markdown")})
		v.Small = append(v.Small, e.aligned(at, b.Align))
	case blocks.Footer:
		add(page.Field{ID: at + ".text", Type: "textarea", Rows: 2, Value: b.Text, Hint: e.T("editor.footer_hint")})
	case blocks.Button:
		add(page.Field{ID: at + ".text", Value: b.Text, Max: blocks.MaxShort})
		add(page.Field{ID: at + ".href", Value: b.Href, Max: blocks.MaxAddress})
		v.Small = append(v.Small, e.aligned(at, b.Align))
	case blocks.Image:
		e.image(&v, at, b, add)
	case blocks.Spacer:
		add(page.Field{ID: at + ".size", Type: "number", Value: number(b.Size)})
	case blocks.Columns:
		for n, column := range b.Columns {
			v.Columns = append(v.Columns, e.list(at+"."+strconv.Itoa(n), column, inColumns))
		}
	}
	return v
}

func rows(text string) int { return min(16, max(4, strings.Count(text, "\n")+2+len(text)/90)) }

func number(n int) string {
	if n == 0 {
		return ""
	}
	return strconv.Itoa(n)
}

func (e *editor) image(v *page.BlockView, at string, b *blocks.Block, add func(page.Field)) {
	v.Image, v.Decorative = true, b.Decorative
	if strings.HasPrefix(b.Src, media.Path) {
		v.Thumb = b.Src
	}
	src := page.Field{ID: at + ".src", Type: "select", Options: []page.Option{{Value: "", Text: e.T("editor.no_picture"), On: b.Src == ""}}}
	found := b.Src == ""
	for _, p := range e.pictures {
		on := b.Src == media.Path+p.File
		found = found || on
		src.Options = append(src.Options, page.Option{Value: media.Path + p.File, Text: p.Name, On: on})
	}
	if !found {
		src.Options = append(src.Options, page.Option{Value: b.Src, Text: b.Src, On: true})
	}
	add(src)
	add(page.Field{ID: at + ".file", Type: "file", Accept: "image/png,image/jpeg,image/gif,image/webp"})
	add(page.Field{ID: at + ".alt", Value: b.Alt, Max: blocks.MaxShort, Hint: e.T("editor.alt_hint")})
	add(page.Field{ID: at + ".href", Value: b.Href, Max: blocks.MaxAddress})
	v.Small = append(v.Small, page.Field{ID: at + ".width", Label: e.T("editor.field.width"), Type: "number", Value: number(b.Width), Error: e.errorAt(at + ".width")}, e.aligned(at, b.Align))
}

func (e *editor) levels(at string, level int) page.Field {
	f := page.Field{ID: at + ".level", Label: e.T("editor.field.level"), Type: "select"}
	for n := 1; n <= 3; n++ {
		f.Options = append(f.Options, page.Option{Value: strconv.Itoa(n), Text: e.T("editor.level." + strconv.Itoa(n)), On: n == level || level == 0 && n == 2})
	}
	return f
}

func (e *editor) aligned(at, align string) page.Field {
	f := page.Field{ID: at + ".align", Label: e.T("editor.field.align"), Type: "select"}
	for _, a := range []string{"", "center", "right"} {
		text := a
		if a == "" {
			text = "left"
		}
		f.Options = append(f.Options, page.Option{Value: a, Text: e.T("editor.align." + text), On: a == align || a == "" && align == "left"})
	}
	return f
}

// variables are the fields this reader may see and the purpose uses, each as it is
// written in a text, with words for those of whom it is not known.
func (e *editor) variables() (out []page.Variable) {
	p, _ := e.Facts.Purpose(e.c.Purpose)
	for _, f := range e.Facts.Fields() {
		if slices.Contains(p.Uses, f.Category) && e.Sees(f.Name) {
			out = append(out, page.Variable{Title: e.Field(f.Name), Insert: "{{ person." + f.Name + e.otherwise(f) + " }}"})
		}
	}
	for _, name := range []string{"controller.name", "campaign.name", "links.unsubscribe", "links.preferences", "links.why"} {
		out = append(out, page.Variable{Title: e.T("editor.variable." + name), Insert: "{{ " + name + " }}"})
	}
	return out
}

// otherwise is what a letter says where a value is not known, in the letter's language.
func (e *editor) otherwise(f noticedef.Field) string {
	words := e.T("editor.otherwise." + e.c.Language + ".other")
	if known := e.Printer.Or("editor.otherwise."+e.c.Language+"."+f.Name, ""); known != "" {
		words = known
	}
	return ` | default: "` + words + `"`
}

// findings puts what was found into words, and gives the spam score.
func findings(d *desk.Desk, found []lint.Finding) (out []page.LintRow, score string) {
	tone := map[lint.Grade]page.Tone{lint.Stop: page.No, lint.Warn: page.Wait, lint.Note: page.Info}
	for _, f := range found {
		r := page.LintRow{Tone: tone[f.Grade], Grade: d.T("editor.grade." + string(f.Grade)), Text: d.Printer.Or("lint."+f.Code, f.Code, "detail", detail(d, f)), Do: d.Printer.Or("lint."+f.Code+".do", ""), Place: place(d, f)}
		if f.Points > 0 {
			r.Points = decimal(d, f.Points)
		}
		if strings.HasPrefix(f.Place, "blocks.") {
			r.Href = "#" + url.PathEscape(blockOf(f.Place))
		}
		out = append(out, r)
	}
	return out, d.T("editor.score", "score", decimal(d, lint.Score(found)), "limit", decimal(d, lint.Limit))
}

// decimal writes a number with one decimal as the reader writes it.
func decimal(d *desk.Desk, x float64) string {
	s := strconv.FormatFloat(x, 'f', 1, 64)
	if d.Lang() != "en" {
		s = strings.Replace(s, ".", ",", 1)
	}
	return s
}

func detail(d *desk.Desk, f lint.Finding) string {
	switch f.Code {
	case "language":
		return d.Printer.LangName(f.Detail)
	case "no_fallback":
		return d.Field(f.Detail)
	}
	return f.Detail
}

// place says where a finding is: "block 3" for one in a letter in blocks.
func place(d *desk.Desk, f lint.Finding) string {
	if rest, ok := strings.CutPrefix(f.Place, "blocks."); ok {
		n, _, _ := strings.Cut(rest, ".")
		i, _ := strconv.Atoi(n)
		return d.T("editor.block_n", "n", i+1)
	}
	return d.Printer.Or("editor.place."+f.Place, "")
}

// blockOf is the place of the block that a field is of.
func blockOf(at string) string { return at[:strings.LastIndexByte(at, '.')] }
