// Package pdf writes one-column documents: letters and packages of data.
//
// A document is made from top to bottom: headings, paragraphs, lists, pairs of
// a name and its value, and tables that break over pages and repeat their head.
// It carries its title, its language, an outline of its headings and page
// numbers. The same calls give the same bytes, so that a digest of a letter can
// be kept and the letter made again.
//
//	d := pdf.New(pdf.About{Title: "Beslut", Lang: "sv", At: t})
//	d.Heading(1, "Beslut")
//	d.Para("Vi har raderat …")
//	d.Table(pdf.Table{Head: []string{"Uppgift", "Åtgärd"}, Rows: rows})
//	buf, err := d.Bytes()
//
// The font is DejaVu Sans, cut to the Latin, Greek and Cyrillic letters and the
// signs that letters use, and embedded in each document as far as it is used.
// A character it does not have is shown as an empty box: what writes Arabic,
// Indic or Chinese text, or needs a tagged document for a reader by ear, goes
// beside the HTML and JSON of the same content (see docs/divergences.md).
package pdf

import (
	"bytes"
	_ "embed"
	"strings"
	"time"

	"codeberg.org/go-pdf/fpdf"
)

var (
	//go:embed fonts/DejaVuSans.ttf
	regular []byte
	//go:embed fonts/DejaVuSans-Bold.ttf
	bold []byte
)

// Measures of a page, in millimetres: A4.
const (
	pageWide, pageHigh = 210.0, 297.0
	left, right        = 22.0, 20.0
	top, bottom        = 20.0, 22.0
	wide               = pageWide - left - right
)

// Sizes of text, in points, and the height of a line for each, in millimetres.
const (
	textSize, smallSize = 9.5, 8.0
	leading             = 1.42 * 25.4 / 72
)

// About describes a document.
type About struct {
	Title, Lang     string // Lang as in BCP 47: sv, fi, en
	Author, Subject string
	At              time.Time // of making; shown by readers, and part of the bytes
	Foot            string    // at the bottom left of each page, "" for none
}

// Doc is a document that is being written.
type Doc struct {
	f     *fpdf.Fpdf
	about About
	y     float64 // where the next line begins, mm from the top
	cuts  bool    // whether a character had to be shown as a box
}

// New begins a document with an empty page.
func New(a About) *Doc {
	f := fpdf.New("P", "mm", "A4", "")
	f.SetCatalogSort(true)
	f.SetCreationDate(a.At.UTC())
	f.SetModificationDate(a.At.UTC())
	f.SetProducer("Kartotek", true)
	f.SetTitle(a.Title, true)
	f.SetAuthor(a.Author, true)
	f.SetSubject(a.Subject, true)
	f.SetLang(a.Lang)
	f.SetMargins(0, 0, 0)
	f.SetAutoPageBreak(false, 0)
	f.AddUTF8FontFromBytes("dejavu", "", regular)
	f.AddUTF8FontFromBytes("dejavu", "B", bold)
	d := &Doc{f: f, about: a}
	d.Page()
	return d
}

// Page begins a new page.
func (d *Doc) Page() {
	d.f.AddPage()
	d.f.SetDrawColor(200, 198, 192)
	d.f.SetLineWidth(0.2)
	d.y = top
}

// Space leaves room below what was written last, in millimetres.
func (d *Doc) Space(mm float64) { d.y += mm }

// Boxes reports whether the font lacked a character, so that the reader should
// be told where the whole text is.
func (d *Doc) Boxes() bool { return d.cuts }

// need begins a new page unless so many millimetres are left on this one.
func (d *Doc) need(mm float64) bool {
	if d.y+mm <= pageHigh-bottom || d.y == top {
		return false
	}
	d.Page()
	return true
}

// Bytes ends the document and gives it. Nothing can be written afterwards.
func (d *Doc) Bytes() ([]byte, error) {
	d.feet()
	var b bytes.Buffer
	err := d.f.Output(&b)
	return b.Bytes(), err
}

// feet numbers the pages: which, of how many.
func (d *Doc) feet() {
	pages := d.f.PageCount()
	for n := 1; n <= pages; n++ {
		d.f.SetPage(n)
		d.font("", smallSize)
		d.f.SetTextColor(95, 95, 90)
		number := itoa(n) + " / " + itoa(pages)
		d.f.Text(pageWide-right-d.f.GetStringWidth(number), pageHigh-12, number)
		if foot := d.wrap(d.about.Foot, wide-25); len(foot) > 0 {
			d.f.Text(left, pageHigh-12, foot[0])
		}
	}
	d.f.SetTextColor(0, 0, 0)
}

func (d *Doc) font(style string, points float64) { d.f.SetFont("dejavu", style, points) }

// clean leaves only characters the font has, on one line.
func (d *Doc) clean(s string) string {
	return strings.Map(func(c rune) rune {
		switch {
		case c == '\t' || c == '\r' || c == '\n' || c == '\u2028' || c == '\u2029':
			return ' '
		case c < ' ' || c == '\u200b' || c == '\u200d' || c == '\ufeff' || c == '\ufe0f' || c == '\u00ad':
			return -1
		case !has(c):
			d.cuts = true
			return '□'
		}
		return c
	}, s)
}
