package pdf

import "codeberg.org/go-pdf/fpdf"

// Table has a head, which is repeated on each page, and rows.
type Table struct {
	Head   []string
	Rows   [][]string
	Widths []float64 // of the columns, as parts of the whole; nil for equal ones
	Right  []bool    // columns of numbers, which stand at the right; nil for none
	plain  bool      // first column grey, larger: names and values
}

const (
	cellSide = 1.4 // mm left and right of a cell's text
	cellOver = 0.9 // mm above and below
)

// Table writes a table. A row is kept whole unless it is higher than a page.
func (d *Doc) Table(t Table) {
	cols := t.columns()
	if cols == 0 || len(t.Rows) == 0 {
		return
	}
	widths := t.measure(cols)
	if d.need(d.headHigh(&t, widths) + 2*t.size()*leading) {
		d.y = top
	}
	d.head(&t, widths)
	for _, row := range t.Rows {
		d.row(&t, widths, d.cells(&t, widths, row, ""))
	}
	d.y += 3
}

func (t *Table) size() float64 {
	if t.plain {
		return textSize
	}
	return smallSize
}

func (t *Table) columns() int {
	if len(t.Head) > 0 || len(t.Rows) == 0 {
		return len(t.Head)
	}
	return len(t.Rows[0])
}

// measure gives the width of each column, in mm.
func (t *Table) measure(cols int) []float64 {
	out, sum := make([]float64, cols), 0.0
	for i := range out {
		out[i] = 1
		if i < len(t.Widths) {
			out[i] = t.Widths[i]
		}
		sum += out[i]
	}
	for i := range out {
		out[i] *= wide / sum
	}
	return out
}

// cells breaks the texts of a row into lines.
func (d *Doc) cells(t *Table, widths []float64, row []string, style string) [][]string {
	d.font(style, t.size())
	out := make([][]string, len(widths))
	for i := range widths {
		if i < len(row) {
			out[i] = d.wrap(row[i], widths[i]-2*cellSide)
		}
	}
	return out
}

func (d *Doc) headHigh(t *Table, widths []float64) float64 {
	if len(t.Head) == 0 {
		return 0
	}
	return float64(tallest(d.cells(t, widths, t.Head, "B")))*t.size()*leading + 2*cellOver
}

// head writes the head at the place reached.
func (d *Doc) head(t *Table, widths []float64) {
	if len(t.Head) == 0 {
		return
	}
	cells := d.cells(t, widths, t.Head, "B")
	d.lines(t, widths, cells, tallest(cells), "B")
}

func tallest(cells [][]string) int {
	n := 1
	for _, c := range cells {
		n = max(n, len(c))
	}
	return n
}

// row writes a row, on this page if it fits, else on the next; only what is
// higher than a page goes on over several.
func (d *Doc) row(t *Table, widths []float64, cells [][]string) {
	high := t.size() * leading
	for rest := tallest(cells); rest > 0; rest = remaining(cells) {
		fits := int((pageHigh - bottom - d.y - 2*cellOver) / high)
		whole := int((pageHigh - bottom - top - 2*cellOver - d.headHigh(t, widths)) / high)
		if fits < rest && (rest <= whole || fits < 3) {
			d.Page()
			d.head(t, widths)
			fits = whole
		}
		n := min(rest, max(fits, 1))
		d.lines(t, widths, cells, n, "")
		for i := range cells {
			cells[i] = cells[i][min(n, len(cells[i])):]
		}
	}
}

func remaining(cells [][]string) (n int) {
	for _, c := range cells {
		n = max(n, len(c))
	}
	return n
}

// lines writes the first n lines of each cell and the line below them.
func (d *Doc) lines(t *Table, widths []float64, cells [][]string, n int, style string) {
	size := t.size()
	d.font(style, size)
	x := left
	for i, cell := range cells {
		if t.plain && i == 0 {
			d.f.SetTextColor(95, 95, 90)
		}
		for k := range min(n, len(cell)) {
			at := x + cellSide
			if i < len(t.Right) && t.Right[i] {
				at = x + widths[i] - cellSide - d.f.GetStringWidth(cell[k])
			}
			d.f.Text(at, d.y+cellOver+float64(k)*size*leading+ascent(size), cell[k])
		}
		d.f.SetTextColor(0, 0, 0)
		x += widths[i]
	}
	d.y += float64(n)*size*leading + 2*cellOver
	d.f.Line(left, d.y, left+wide, d.y)
}

// pointsToMM is the millimetres of a thousandth of the size of the font chosen.
func pointsToMM(f *fpdf.Fpdf) float64 {
	_, mm := f.GetFontSize()
	return mm / 1000
}
