package blocks

import (
	"fmt"
	"html"
	"math"
	"regexp"
	"strconv"
	"strings"
)

// Inner is how many pixels wide the text of a letter is: 600 less the margins.
const Inner = 544

// DefaultAccent is the colour of links and buttons where a letter names none.
const DefaultAccent = "#1f5f7a"

const font = "font-family:-apple-system,'Segoe UI',Roboto,Helvetica,Arial,sans-serif"

var sizes = map[int]string{
	1: "margin:0 0 12px;font-size:26px;line-height:1.25;font-weight:700",
	2: "margin:8px 0 12px;font-size:20px;line-height:1.3;font-weight:700",
	3: "margin:4px 0 6px;font-size:17px;line-height:1.35;font-weight:700",
}

// writer writes the blocks of a letter. Every text it is given may hold marks in
// place of variables; they are letters and digits, so escaping leaves them.
type writer struct {
	b        strings.Builder
	accent   string
	markdown func(string) string
}

// HTML writes the blocks for the inside of the letter's card. markdown makes HTML
// that is harmless and has its inline styles; it is given texts and footers.
// l is checked.
func (l *Letter) HTML(markdown func(string) string) string {
	w := &writer{accent: l.Accent, markdown: markdown}
	if w.accent == "" {
		w.accent = DefaultAccent
	}
	w.list(l.Blocks, Inner)
	return w.b.String()
}

func (w *writer) list(list []Block, width int) {
	for i := range list {
		w.block(&list[i], width)
	}
}

func (w *writer) put(format string, args ...any) { fmt.Fprintf(&w.b, format, args...) }

func (w *writer) block(b *Block, width int) {
	switch b.Type {
	case Heading:
		w.heading(b)
	case Text:
		w.text(b)
	case Image:
		w.image(b, width)
	case Button:
		w.button(b)
	case Columns:
		w.columns(b, width)
	case Divider:
		w.put("%s", `<table class="rule" role="presentation" width="100%" cellpadding="0" cellspacing="0" border="0"><tr><td style="padding:8px 0 24px"><div style="border-top:1px solid #d5d9dc;font-size:1px;line-height:1px">&nbsp;</div></td></tr></table>`+"\n")
	case Spacer:
		n := b.Size
		if n == 0 {
			n = 24
		}
		w.put(`<div style="height:%dpx;font-size:1px;line-height:%dpx" aria-hidden="true">&nbsp;</div>`+"\n", n, n)
	case Footer:
		w.put(`<div style="font-size:13px;line-height:1.5;color:#5b646b" class="small">%s</div>`+"\n", w.markdown(b.Text))
	}
}

// align is the attribute of a place, and its style.
func align(b *Block) (attr, style string) {
	if b.Align == "" {
		return "", ""
	}
	return ` align="` + b.Align + `"`, ";text-align:" + b.Align
}

func (w *writer) heading(b *Block) {
	level := b.Level
	if level == 0 {
		level = 2
	}
	attr, style := align(b)
	w.put(`<h%d%s style="%s;%s%s">%s</h%d>`+"\n", level, attr, font, sizes[level], style, html.EscapeString(b.Text), level)
}

func (w *writer) text(b *Block) {
	inner := w.markdown(b.Text)
	if attr, style := align(b); attr != "" {
		w.put(`<div%s style="%s">%s</div>`+"\n", attr, style[1:], inner)
		return
	}
	w.put("%s\n", inner)
}

func (w *writer) image(b *Block, width int) {
	n := width
	if b.Width > 0 {
		n = min(width, b.Width)
	}
	attr, style := align(b)
	img := fmt.Sprintf(`<img src="%s" alt="%s" width="%d" style="display:inline-block;width:100%%;max-width:%dpx;height:auto;border:0;border-radius:4px">`,
		html.EscapeString(b.Src), html.EscapeString(b.Alt), n, n)
	if b.Href != "" {
		img = `<a href="` + html.EscapeString(b.Href) + `">` + img + `</a>`
	}
	w.put(`<div%s style="margin:0 0 16px;font-size:13px;line-height:1.4%s">%s</div>`+"\n", attr, style, img)
}

// button is a table of one cell: Outlook gives a cell its colour and room, and not
// a link.
func (w *writer) button(b *Block) {
	attr, _ := align(b)
	w.put(`<table role="presentation" cellpadding="0" cellspacing="0" border="0"%s style="margin:0 0 16px%s"><tr>`+
		`<td bgcolor="%s" style="border-radius:6px;background:%s;mso-padding-alt:12px 22px">`+
		`<a class="btn" href="%s" style="display:inline-block;padding:12px 22px;color:%s;text-decoration:none;font-weight:600;font-size:16px;line-height:1.2;%s">%s</a></td></tr></table>`+"\n",
		attr, placed(b.Align), w.accent, w.accent, html.EscapeString(b.Href), ink(w.accent), font, html.EscapeString(b.Text))
}

// placed puts a table in the middle or to the right without floating, so that what
// follows does not flow beside it.
func placed(align string) string {
	switch align {
	case "center":
		return ";margin-left:auto;margin-right:auto"
	case "right":
		return ";margin-left:auto"
	}
	return ""
}

// ink is black or white, whichever can be read on a colour (WCAG 2.2, 1.4.3).
func ink(background string) string {
	v, err := strconv.ParseUint(strings.TrimPrefix(background, "#"), 16, 32)
	if err != nil {
		return "#ffffff"
	}
	lum := 0.2126*linear(v>>16&255) + 0.7152*linear(v>>8&255) + 0.0722*linear(v&255)
	if 1.05/(lum+0.05) >= (lum+0.05)/0.05 {
		return "#ffffff"
	}
	return "#111111"
}

// linear is the light of one channel of sRGB.
func linear(c uint64) float64 {
	x := float64(c) / 255
	if x <= 0.04045 {
		return x / 12.92
	}
	return math.Pow((x+0.055)/1.055, 2.4)
}

// gap is the room between columns.
const gap = 16

// columns stand side by side where there is room and below each other where there
// is not, without a style sheet: boxes that flow like words, and a table around
// them for Outlook, which does not know such boxes.
func (w *writer) columns(b *Block, width int) {
	each := (width - gap) / 2
	w.put(`<div style="font-size:0;text-align:left">`)
	for i, column := range b.Columns {
		w.put("%s", outlook(i, each))
		w.put(`<div style="display:inline-block;width:100%%;max-width:%dpx;vertical-align:top;font-size:16px;line-height:1.55;%s;padding:0 %dpx 0 0;box-sizing:border-box">`+"\n", each+gap/2, font, gap/2)
		w.list(column, each)
		w.put("</div>")
	}
	w.put("<!--[if mso]></td></tr></table><![endif]--></div>\n")
}

func outlook(column, width int) string {
	if column == 0 {
		return fmt.Sprintf(`<!--[if mso]><table role="presentation" width="100%%" cellpadding="0" cellspacing="0" border="0"><tr><td width="%d" valign="top"><![endif]-->`, width)
	}
	return fmt.Sprintf(`<!--[if mso]></td><td width="%d" valign="top"><![endif]-->`, width)
}

var blank = regexp.MustCompile(`\s+`)

// Head is the preheader as HTML: words that lists of mails show after the subject,
// hidden in the letter, and followed by room so that they are not joined by its
// beginning. "" when there is none.
func (l *Letter) Head() string {
	s := strings.TrimSpace(blank.ReplaceAllString(l.Preheader, " "))
	if s == "" {
		return ""
	}
	return `<div style="display:none;max-height:0;overflow:hidden;mso-hide:all">` + html.EscapeString(s) + strings.Repeat("&#847;&zwnj;&nbsp;", 40) + "</div>\n"
}
