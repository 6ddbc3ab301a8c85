package page

import "kartotek/internal/web/page/bars"

// counts are the week's permissions given and taken back, day by day.
func counts(week []Day) (given, taken []int) {
	for _, d := range week {
		given, taken = append(given, d.Given), append(taken, d.Taken)
	}
	return given, taken
}

func weekPlotted(week []Day) bars.Plot {
	return bars.Shape{Left: 20, Step: 80, Wide: 40, Room: 96, Top: 24}.Scale(counts(week))
}

// weekSums adds the week up.
func weekSums(week []Day) (given, taken int) {
	up, down := counts(week)
	return bars.Sum(up), bars.Sum(down)
}
