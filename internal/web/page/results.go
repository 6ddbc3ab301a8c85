package page

// activityBar is a bar of the plot in SVG units.
type activityBar struct{ x, wide, up, down int }

// Sizes of the plot of what happened over time.
const (
	activityWide = 720
	activityRoom = 120 // the tallest bar up and the tallest down together
)

// plot scales the bars and says where the axis lies.
func (a Activity) plot() (axis int, out []activityBar) {
	up, down := 0, 0
	for _, b := range a.Bars {
		up, down = max(up, b.Clicks), max(down, b.Gone)
	}
	whole := max(1, up+down)
	step := activityWide / max(1, len(a.Bars))
	for i, b := range a.Bars {
		out = append(out, activityBar{x: i * step, wide: max(2, min(40, step-3)), up: tall(b.Clicks, whole), down: tall(b.Gone, whole)})
	}
	return 20 + tall(up, whole), out
}

// tall keeps anything above nothing visible.
func tall(n, whole int) int {
	if n == 0 {
		return 0
	}
	return max(3, n*activityRoom/whole)
}

// high is the height of the plot.
func (a Activity) high(axis int, bars []activityBar) int {
	down := 0
	for _, b := range bars {
		down = max(down, b.down)
	}
	return axis + down + 40
}

// sums adds the bars up.
func (a Activity) sums() (clicks, gone int) {
	for _, b := range a.Bars {
		clicks += b.Clicks
		gone += b.Gone
	}
	return clicks, gone
}

// labelled reports whether a bar's time is written below it: a few, evenly.
func (a Activity) labelled(i int) bool {
	return i%max(1, (len(a.Bars)+7)/8) == 0
}

// time writes a bar's time.
func (a Activity) time(f Frame, b ActivityBar) string {
	if a.Days {
		return f.P.Date(b.At)
	}
	return f.P.DateTime(b.At)
}

// short writes it for below a bar.
func (a Activity) short(f Frame, b ActivityBar) string {
	if a.Days {
		return f.P.Date(b.At)
	}
	return f.P.Time(b.At)
}

// mostClicked is the clicks of the link followed most.
func (v ResultsView) mostClicked() (most int) {
	for _, l := range v.Links {
		most = max(most, l.Human)
	}
	return most
}
