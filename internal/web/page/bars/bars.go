// Package bars scales plots of two kinds of things that are counted against each
// other, such as permissions given and taken back: one kind stands above an axis,
// the other below, on one scale, so that their sizes can be compared.
//
// A Shape says how much room there is; its Scale gives the columns of a Plot in
// units of the SVG picture. What is drawn with them, and the table behind, is the
// page's. Anything above nothing stays visible, however small beside the rest.
package bars

// Bar is one column, in units of the SVG picture.
type Bar struct{ X, Wide, Up, Down int }

// Shape is the room a plot has: where its first column stands, how far apart they
// are and how wide, what the tallest up and the tallest down share, and what is
// left free above them.
type Shape struct{ Left, Step, Wide, Room, Top int }

// Plot is the columns with where the axis lies and how far the lowest reaches.
type Plot struct {
	Axis, Low int
	Bars      []Bar
}

// Scale makes the columns of counts; up and down are as long.
func (s Shape) Scale(up, down []int) Plot {
	most, least := 0, 0
	for i := range up {
		most, least = max(most, up[i]), max(least, down[i])
	}
	whole := max(1, most+least)
	p := Plot{Axis: s.Top + s.tall(most, whole), Bars: make([]Bar, len(up))}
	for i := range up {
		p.Bars[i] = Bar{X: s.Left + i*s.Step, Wide: s.Wide, Up: s.tall(up[i], whole), Down: s.tall(down[i], whole)}
		p.Low = max(p.Low, p.Axis+p.Bars[i].Down)
	}
	return p
}

// tall keeps anything above nothing visible.
func (s Shape) tall(n, whole int) int {
	if n == 0 {
		return 0
	}
	return max(3, n*s.Room/whole)
}

// Sum adds counts up.
func Sum(counts []int) (sum int) {
	for _, n := range counts {
		sum += n
	}
	return sum
}
