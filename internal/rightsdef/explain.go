package rightsdef

import (
	"strings"
	"time"

	"kartotek/internal/i18n"
	"kartotek/internal/law"
)

// Line is one step of a reckoning as a reader sees it.
type Line struct {
	Date     law.Date `json:"date"`
	Citation string   `json:"citation"`
	Text     string   `json:"text"`
}

// Explain says step by step how a clock was reckoned, in the reader's language, so
// that a lawyer can follow it with the calendar in hand.
func Explain(c Clock, p *i18n.Printer) (out []Line) {
	before := c.Received
	for _, s := range c.Steps {
		out = append(out, Line{law.Date(s.Date), s.Citation, c.sentence(s, before, p)})
		before = law.Date(s.Date)
	}
	return out
}

func (c *Clock) sentence(s law.Step, before law.Date, p *i18n.Printer) string {
	switch name := strings.TrimPrefix(s.Key, "due."); name {
	case "extended", "extended_end":
		return p.T("rights.step."+name, "told", c.Extended.Time())
	case "paused":
		return p.N("rights.step.paused", daysBetween(before, law.Date(s.Date)), "unpaused", c.Unpaused.Time())
	case "moved":
		return p.T("rights.step.moved", "why", c.passed(before, law.Date(s.Date), p))
	default:
		return p.T("rights.step." + name)
	}
}

// passed names the days between two dates on which nobody needs to work.
func (c *Clock) passed(from, to law.Date, p *i18n.Printer) string {
	var names []string
	weekend := false
	for d := from.Time(); d.Before(to.Time()); d = d.AddDate(0, 0, 1) {
		if text, ok := law.HolidayText(c.country, d); ok {
			names = append(names, text.In(p.Lang()))
		} else if w := d.Weekday(); w == time.Saturday || w == time.Sunday {
			weekend = true
		}
	}
	if weekend {
		names = append(names, p.T("rights.step.weekend"))
	}
	return strings.Join(names, ", ")
}
