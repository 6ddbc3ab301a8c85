package cli

import (
	"strings"
	"time"

	"kartotek/internal/law"
)

type dueCmd struct {
	Received string   `required:"" placeholder:"DATE" help:"Day the request arrived, year-month-day."`
	Country  string   `required:"" enum:"FI,SE" help:"Country whose holidays count: FI or SE."`
	Extended bool     `help:"The person was told in time that two more months are needed."`
	Pause    []string `placeholder:"A..B" help:"Asked on day A, answered on day B: the clock stood between them. May be given several times."`
	JSON     bool     `name:"json" help:"Print JSON."`
}

// Run reckons a deadline. law: GDPR 12(3)
func (c *dueCmd) Run(w *world) error {
	received, err := day(c.Received)
	if err != nil {
		return err
	}
	opt := law.DueOptions{Extended: c.Extended}
	for _, p := range c.Pause {
		a, b, ok := strings.Cut(p, "..")
		from, err1 := day(a)
		to, err2 := day(b)
		if !ok || err1 != nil || err2 != nil {
			return usage("--pause wants two days, such as 2026-03-01..2026-03-09")
		}
		opt.Pauses = append(opt.Pauses, [2]time.Time{from, to})
	}
	d, err := law.Due(received, c.Country, opt)
	if err != nil {
		return err
	}
	if c.JSON {
		return w.JSON(d)
	}
	for _, s := range d.Steps {
		w.Printf("%s  %-20s %s\n", s.Date, s.Citation, s.Text)
	}
	w.Printf("due %s (without pauses %s)\n", d.Due, d.UnpausedDue)
	return nil
}

func day(s string) (time.Time, error) {
	t, err := time.Parse(time.DateOnly, s)
	if err != nil {
		return t, usage("a date is written year-month-day, such as 2026-11-22")
	}
	return t, nil
}

// moment reads a day or an RFC 3339 time.
func moment(s string) (time.Time, error) {
	if t, err := time.Parse(time.RFC3339, s); err == nil {
		return t.UTC(), nil
	}
	return day(s)
}
