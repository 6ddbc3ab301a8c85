package page

import "kartotek/internal/web/page/bars"

// counts are clicks and noes, bar by bar.
func (a Activity) counts() (clicks, gone []int) {
	for _, b := range a.Bars {
		clicks, gone = append(clicks, b.Clicks), append(gone, b.Gone)
	}
	return clicks, gone
}

func (a Activity) plotted() bars.Plot {
	step := 720 / max(1, len(a.Bars))
	return bars.Shape{Step: step, Wide: max(2, min(40, step-3)), Room: 120, Top: 20}.Scale(a.counts())
}

// sums adds the bars up.
func (a Activity) sums() (clicks, gone int) {
	up, down := a.counts()
	return bars.Sum(up), bars.Sum(down)
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
