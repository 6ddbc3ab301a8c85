package pdf_test

import (
	"bytes"
	"fmt"
	"os/exec"
	"regexp"
	"strings"
	"testing"
	"time"

	"kartotek/internal/pdf"
)

var at = time.Date(2026, 11, 20, 8, 15, 0, 0, time.UTC)

// letter is a document with one of everything.
func letter() *pdf.Doc {
	d := pdf.New(pdf.About{Title: "Utdrag ur registret", Lang: "sv", Author: "Exempel Ab", At: at, Foot: "Exempel Ab · R-2026-0042"})
	d.Aside("20.11.2026", "R-2026-0042")
	d.Address("Åsa Öhman", "Exempelgatan 1", "00100 Helsingfors")
	d.Heading(1, "Utdrag ur registret")
	d.Para("Łódź, Ω, ж, €, 1 200,50 – “citat”.\nAndra raden.")
	d.List("Ett", "Två")
	d.Pairs(pdf.Pair{Name: "Namn", Value: "Åsa Öhman"}, pdf.Pair{Name: "E-post", Value: "asa@hemma.example"})
	d.Heading(2, "Meddelanden")
	t := pdf.Table{Head: []string{"Dag", "Vad", "Antal"}, Widths: []float64{2, 5, 1}, Right: []bool{false, false, true}}
	for i := range 120 {
		t.Rows = append(t.Rows, []string{"2026-11-20", strings.Repeat(fmt.Sprintf("ord%d ", i), 30), fmt.Sprint(i)})
	}
	d.Table(t)
	return d
}

func made(t *testing.T, d *pdf.Doc) []byte {
	t.Helper()
	buf, err := d.Bytes()
	if err != nil {
		t.Fatal(err)
	}
	return buf
}

// TestSame: the same calls give the same bytes.
func TestSame(t *testing.T) {
	a, b := made(t, letter()), made(t, letter())
	if !bytes.Equal(a, b) {
		t.Error("the same document came out twice with different bytes")
	}
}

// TestAbout: the language stands in the catalogue, and the title is not the name of the file.
func TestAbout(t *testing.T) {
	buf := made(t, letter())
	for _, want := range []string{"/Lang (sv)", "/Title", "/Outlines", "/CreationDate (D:20261120081500"} {
		if !bytes.Contains(buf, []byte(want)) {
			t.Errorf("the document lacks %q", want)
		}
	}
	if pages := len(regexp.MustCompile(`/Type /Page\b`).FindAll(buf, -1)); pages < 5 {
		t.Errorf("%d pages", pages)
	}
}

// TestRead: what is written can be read out again, letters beyond ASCII and all,
// each row once, the head on each page, pages numbered.
func TestRead(t *testing.T) {
	text := read(t, made(t, letter()))
	for _, want := range []string{"Łódź, Ω, ж, €, 1 200,50 – “citat”.", "Andra raden.", "Åsa Öhman", "asa@hemma.example", "R-2026-0042", "ord119"} {
		if !strings.Contains(text, want) {
			t.Errorf("%q is not in the text", want)
		}
	}
	pages := strings.Count(text, "\f")
	for n := 1; n <= pages; n++ {
		if !strings.Contains(text, fmt.Sprintf("%d / %d", n, pages)) {
			t.Errorf("page %d of %d has no number", n, pages)
		}
	}
	if heads := strings.Count(text, "Antal"); heads != pages && heads != pages-1 {
		t.Errorf("the head of the table stands %d times on %d pages", heads, pages)
	}
	for i := range 120 {
		if n := len(regexp.MustCompile(fmt.Sprintf(`\bord%d\b`, i)).FindAllString(text, -1)); n != 30 {
			t.Errorf("of row %d %d words of 30 can be read", i, n)
		}
	}
}

// TestHard: texts that do not fit come out whole: a word wider than its column, a
// row higher than a page, characters the font lacks.
func TestHard(t *testing.T) {
	d := pdf.New(pdf.About{Title: "x", Lang: "en", At: at})
	d.Table(pdf.Table{Head: []string{"a", "b"}, Rows: [][]string{{strings.Repeat("W", 300), strings.Repeat("x y ", 9000)}, {"", ""}}})
	d.Table(pdf.Table{})
	d.Para("")
	if d.Boxes() {
		t.Error("boxes before there were any")
	}
	d.Para("smile 😀, العربية, 中文 \x00\u200b end")
	text := read(t, made(t, d))
	if n := strings.Count(text, "W"); n != 300 {
		t.Errorf("%d of 300 letters", n)
	}
	if n := strings.Count(text, "x"); n != 9000 {
		t.Errorf("%d of 9000 words", n)
	}
	if !d.Boxes() || !strings.Contains(text, "smile □") || !strings.Contains(text, "end") {
		t.Errorf("boxes %v", d.Boxes())
	}
}

// read extracts the text with a program of others. It is on every machine that
// runs the suite with Chromium and PostgreSQL (make setup).
func read(t *testing.T, buf []byte) string {
	t.Helper()
	cmd := exec.Command("pdftotext", "-raw", "-enc", "UTF-8", "-", "-")
	cmd.Stdin = bytes.NewReader(buf)
	out, err := cmd.Output()
	if err != nil {
		t.Fatalf("pdftotext (apt: poppler-utils): %v", err)
	}
	return string(out)
}

// BenchmarkRows: a table of 10,000 rows.
func BenchmarkRows(b *testing.B) {
	rows := make([][]string, 10000)
	for i := range rows {
		rows[i] = []string{"2026-11-20 08:15", "newsletter", fmt.Sprintf("sent to person%d@hemma.example", i), "allowed"}
	}
	for b.Loop() {
		d := pdf.New(pdf.About{Title: "x", Lang: "en", At: at})
		d.Table(pdf.Table{Head: []string{"When", "What", "Where", "Why"}, Rows: rows})
		if _, err := d.Bytes(); err != nil {
			b.Fatal(err)
		}
	}
}
