package rights

import (
	"slices"

	"kartotek/internal/db"
	"kartotek/internal/law"
	"kartotek/internal/rightsdef"
)

// Figures are how the desk stands now, for the first page and the metrics.
type Figures struct {
	Open      int                     `json:"open"`
	Stages    map[rightsdef.Stage]int `json:"stages"`
	Unmatched int                     `json:"unmatched"`
	Waiting   int                     `json:"waiting"` // for the person
	ToPrint   int                     `json:"to_print"`
}

// Now counts what is open.
func (r *Room) Now(tx *db.Tx) (f Figures, err error) {
	f.Stages = map[rightsdef.Stage]int{}
	next, err := r.pages(tx, Filter{})
	for err == nil {
		var all []*Case
		if all, err = next(); err != nil || len(all) == 0 {
			break
		}
		for _, c := range all {
			f.Open++
			f.Stages[c.Clock.Stage]++
			f.Unmatched += flag(!c.Matched)
			f.Waiting += flag(c.State == rightsdef.RequiresAction)
		}
	}
	if err == nil {
		_, err = tx.One(cntPrint, []any{&f.ToPrint}, LetterToPrint)
	}
	return f, err
}

// Count is a line of the statistics: cases of one kind, channel and outcome.
type Count struct {
	Kind    rightsdef.Kind `json:"kind"`
	Channel string         `json:"channel"`
	Outcome string         `json:"outcome"` // "" for those still open
	Cases   int            `json:"cases"`
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

// Statistics counts the requests that arrived from one day to another, both included.
func (r *Room) Statistics(tx *db.Tx, from, to law.Date) (*Statistics, error) {
	s := &Statistics{From: from, To: to}
	all, err := readCases(tx, selReceived, string(from), string(to))
	if err != nil {
		return nil, err
	}
	counts := map[Count]int{}
	var took []int
	for _, c := range all {
		s.Cases++
		counts[Count{Kind: c.Kind, Channel: c.Channel, Outcome: c.Outcome}]++
		s.Extended += flag(c.Clock.Extended != "")
		ended := c.today(tx)
		if !c.Open() {
			ended = dayIn(c.Country, c.Closed)
			took = append(took, rightsdef.Days(c.Received, ended))
		}
		s.Late += flag(ended > c.Clock.Due)
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
	return s, nil
}
