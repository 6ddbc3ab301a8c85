package page

// weekBar is one day of the plot: where it stands and how tall, in SVG units.
type weekBar struct{ x, up, down int }

// tallest is how far a bar may reach from the axis and leave room for its number.
const tallest = 56

// weekBars scales the week so that its largest number fills the height.
func weekBars(week []Day) []weekBar {
	top := 1
	for _, d := range week {
		top = max(top, d.Given, d.Taken)
	}
	out := make([]weekBar, len(week))
	for i, d := range week {
		out[i] = weekBar{x: 20 + i*80, up: scaled(d.Given, top), down: scaled(d.Taken, top)}
	}
	return out
}

// scaled keeps anything above nothing visible.
func scaled(n, top int) int {
	if n == 0 {
		return 0
	}
	return max(3, n*tallest/top)
}

// weekSums adds the week up.
func weekSums(week []Day) (given, taken int) {
	for _, d := range week {
		given += d.Given
		taken += d.Taken
	}
	return given, taken
}
