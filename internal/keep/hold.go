package keep

import "strings"

// Hold keeps data longer than its time: a claim is under way, an authority asked.
// law: GDPR 17(3)(e), 18(1)(c)
type Hold struct {
	Categories []string // of the notice; empty holds all
	Until      string   // ISO: the last day; "" until somebody releases it
	Citation   string   // what it rests on, such as "GDPR 17(3)(e)"
}

func (h *Hold) covers(category string) bool {
	if len(h.Categories) == 0 {
		return true
	}
	for _, c := range h.Categories {
		if c == category {
			return true
		}
	}
	return false
}

// Apply moves dates behind the holds that cover them. None becomes earlier, and a
// hold that ends before a date leaves it alone.
func Apply(dates []Date, holds []Hold) []Date {
	out := make([]Date, len(dates))
	for i, d := range dates {
		d.Steps = append([]Step(nil), d.Steps...)
		for _, h := range holds {
			d.hold(&h)
		}
		out[i] = d
	}
	return out
}

func (d *Date) hold(h *Hold) {
	if !h.covers(d.Category) || d.Open != "" {
		return
	}
	switch {
	case h.Until == "":
		d.Open, d.Until = WaitsHold, ""
		d.Steps = append(d.Steps, Step{Key: "hold", Citation: h.Citation})
	case h.Until > d.Until:
		d.Until = h.Until
		d.Steps = append(d.Steps, Step{Key: "hold_until", Day: h.Until, Citation: h.Citation})
	}
}

// numbers are the act numbers within a citation: "FI 1336/1997 2:10" has "1336/1997".
func numbers(citation string) []string { return strings.Fields(citation) }
