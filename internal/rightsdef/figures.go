package rightsdef

import (
	"slices"

	"kartotek/internal/law"
)

// Count is a line of the statistics: cases of one kind, channel and outcome.
type Count struct {
	Kind    Kind   `json:"kind"`
	Channel string `json:"channel"`
	Outcome string `json:"outcome"` // "" for those still open
	Cases   int    `json:"cases"`
}

// Statistics are what an authority asks a controller for. They hold no personal data.
type Statistics struct {
	From     law.Date `json:"from"`
	To       law.Date `json:"to"`
	Cases    int      `json:"cases"`
	Counts   []Count  `json:"counts"`
	Median   int      `json:"median_days"` // from arrival to the answer
	Longest  int      `json:"longest_days"`
	Extended int      `json:"extended"`
	Late     int      `json:"late"` // answered after the last day, or still open after it
}

// Handled is a case as statistics count it.
type Handled struct {
	Kind             Kind
	Channel, Outcome string
	Closed           law.Date // "" while it is open
	Clock            Clock
}

// Summarise counts cases as of a day.
func Summarise(all []Handled, today law.Date) (s Statistics) {
	counts := map[Count]int{}
	var took []int
	for _, h := range all {
		s.Cases++
		counts[Count{Kind: h.Kind, Channel: h.Channel, Outcome: h.Outcome}]++
		if h.Clock.Extended != "" {
			s.Extended++
		}
		ended := today
		if h.Closed != "" {
			ended = h.Closed
			took = append(took, daysBetween(h.Clock.Received, ended))
		}
		if ended > h.Clock.Due {
			s.Late++
		}
	}
	for c, n := range counts {
		c.Cases = n
		s.Counts = append(s.Counts, c)
	}
	slices.SortFunc(s.Counts, func(a, b Count) int {
		return slices.Compare([]string{string(a.Kind), a.Channel, a.Outcome}, []string{string(b.Kind), b.Channel, b.Outcome})
	})
	if slices.Sort(took); len(took) > 0 {
		s.Median, s.Longest = took[len(took)/2], took[len(took)-1]
	}
	return s
}
