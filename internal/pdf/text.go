package pdf

import (
	"strconv"
	"strings"
	"unicode/utf8"
)

func itoa(n int) string { return strconv.Itoa(n) }

// Heading writes a heading of level 1 (the document), 2 (a part) or 3, and puts
// it into the outline. A heading never stands alone at the end of a page.
func (d *Doc) Heading(level int, text string) {
	level = min(max(level, 1), 3)
	size := []float64{17, 12.5, 10}[level-1]
	if d.y > top {
		d.y += []float64{4, 6, 3.5}[level-1]
	}
	d.need(size*leading + 3*textSize*leading)
	d.f.Bookmark(d.clean(text), level-1, d.y)
	d.write("B", size, left, wide, text)
	d.y += []float64{3, 1.8, 1}[level-1]
}

// Para writes a paragraph; line breaks in it are kept.
func (d *Doc) Para(text string) {
	d.write("", textSize, left, wide, text)
	d.y += 2.2
}

// Strong is Para in bold.
func (d *Doc) Strong(text string) {
	d.write("B", textSize, left, wide, text)
	d.y += 2.2
}

// Small is Para in small grey letters, for what explains.
func (d *Doc) Small(text string) {
	d.f.SetTextColor(95, 95, 90)
	d.write("", smallSize, left, wide, text)
	d.f.SetTextColor(0, 0, 0)
	d.y += 2
}

// List writes points, one below the other.
func (d *Doc) List(points ...string) {
	const indent = 5
	for _, p := range points {
		d.need(textSize * leading)
		d.font("", textSize)
		d.f.Text(left+1, d.y+ascent(textSize), "•")
		d.write("", textSize, left+indent, wide-indent, p)
		d.y += 0.8
	}
	d.y += 1.6
}

// Address writes lines at the place where a window envelope shows them (C5 and
// C4, window on the left), and goes on below. It belongs on a first page.
func (d *Doc) Address(lines ...string) {
	d.y = max(d.y, 50)
	for _, l := range lines {
		d.write("", 10.5, left, 85, l)
	}
	d.y = max(d.y+8, 90)
}

// Aside writes lines at the right of the page, beside what comes next: a date, a
// reference number.
func (d *Doc) Aside(lines ...string) {
	y := d.y
	for _, l := range lines {
		d.write("", textSize, left+110, wide-110, l)
	}
	d.y = y
}

// Rule draws a line across.
func (d *Doc) Rule() {
	d.need(4)
	d.f.Line(left, d.y+1, left+wide, d.y+1)
	d.y += 4
}

// Pair is a name and its value.
type Pair struct{ Name, Value string }

// Pairs writes names and values in two columns.
func (d *Doc) Pairs(pairs ...Pair) {
	t := Table{Widths: []float64{0.32, 0.68}, plain: true}
	for _, p := range pairs {
		t.Rows = append(t.Rows, []string{p.Name, p.Value})
	}
	d.Table(t)
}

// ascent is how far below the top of its line a text of a size stands, in mm.
func ascent(points float64) float64 { return points * 25.4 / 72 * 1.08 }

// write puts text into a column, breaking lines and pages.
func (d *Doc) write(style string, points, x, w float64, text string) {
	d.font(style, points)
	high := points * leading
	for _, line := range d.wrap(text, w) {
		if d.need(high) {
			d.font(style, points)
		}
		if line != "" {
			d.f.Text(x, d.y+ascent(points), line)
		}
		d.y += high
	}
}

// wrap breaks a text into lines that are no wider than w in the font chosen: at
// spaces, else after a hyphen or in the middle of what is too long for a line.
func (d *Doc) wrap(text string, w float64) (lines []string) {
	if text == "" {
		return nil
	}
	most := w / pointsToMM(d.f)
	for _, part := range strings.Split(strings.ReplaceAll(text, "\r\n", "\n"), "\n") {
		lines = d.fold(lines, d.clean(part), most)
	}
	return lines
}

// fold appends the lines of one paragraph; most is in thousandths of the size.
func (d *Doc) fold(lines []string, s string, most float64) []string {
	for {
		s = strings.TrimLeft(s, " ")
		cut := d.cut(s, most)
		lines = append(lines, strings.TrimRight(s[:cut], " "))
		s = s[cut:]
		if strings.TrimLeft(s, " ") == "" {
			return lines
		}
	}
}

// cut is where the line that s begins with ends.
func (d *Doc) cut(s string, most float64) int {
	sum, space := 0.0, 0
	for i, c := range s {
		sum += float64(d.f.GetStringSymbolWidth(s[i : i+utf8.RuneLen(c)]))
		if sum > most && c != ' ' {
			if space > 0 {
				return space
			}
			return max(i, utf8.RuneLen(c))
		}
		if c == ' ' || c == '-' && i > 0 || c == '/' && i > 0 {
			space = i + 1
		}
	}
	return len(s)
}
