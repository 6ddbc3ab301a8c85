package rights

import (
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

// Statistics counts the requests that arrived from one day to another, both included.
func (r *Room) Statistics(tx *db.Tx, from, to law.Date) (rightsdef.Statistics, error) {
	all, err := readCases(tx, selReceived, string(from), string(to))
	var handled []rightsdef.Handled
	for _, c := range all {
		h := rightsdef.Handled{Kind: c.Kind, Channel: c.Channel, Outcome: c.Outcome, Clock: c.Clock}
		if !c.Open() {
			h.Closed = rightsdef.DayIn(c.Country, c.Closed)
		}
		handled = append(handled, h)
	}
	s := rightsdef.Summarise(handled, law.DateOf(tx.Time()))
	s.From, s.To = from, to
	return s, err
}
