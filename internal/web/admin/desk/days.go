package desk

import "time"

// Day gives the first moment of a day and of the next, as the reader counts days.
func (d *Desk) Day(iso string) (from, to time.Time) {
	from, _ = time.ParseInLocation(time.DateOnly, iso, d.Printer.Zone())
	return from, from.AddDate(0, 0, 1)
}

// Today is the present day, ISO.
func (d *Desk) Today() string { return d.DB.Now().In(d.Printer.Zone()).Format(time.DateOnly) }
