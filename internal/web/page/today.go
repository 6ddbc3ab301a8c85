package page

// weekBar is one day of the plot: where it stands and how tall, in SVG units.
type weekBar struct{ x, up, down int }

// plotRoom is what the tallest bar up and the tallest bar down share, so that
// both have one scale and their numbers find room.
const plotRoom = 96

// weekBars scales the week and says where the axis lies.
func weekBars(week []Day) (axis int, bars []weekBar) {
	up, down := 0, 0
	for _, d := range week {
		up, down = max(up, d.Given), max(down, d.Taken)
	}
	whole := max(1, up+down)
	bars = make([]weekBar, len(week))
	for i, d := range week {
		bars[i] = weekBar{x: 20 + i*80, up: scaled(d.Given, whole), down: scaled(d.Taken, whole)}
	}
	return 24 + scaled(up, whole), bars
}

// scaled keeps anything above nothing visible.
func scaled(n, whole int) int {
	if n == 0 {
		return 0
	}
	return max(3, n*plotRoom/whole)
}

// weekSums adds the week up.
func weekSums(week []Day) (given, taken int) {
	for _, d := range week {
		given += d.Given
		taken += d.Taken
	}
	return given, taken
}
