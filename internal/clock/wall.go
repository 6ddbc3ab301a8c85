package clock

import "time"

// Odd says what is odd about a time of the wall clock on the two nights a year
// when the clock is changed.
type Odd string

// The oddities.
const (
	Plain Odd = ""
	Gap   Odd = "gap"  // the clock never shows it: it was put forward
	Fold  Odd = "fold" // the clock shows it twice: it was put back
)

// Wall is the moment when the clock on a zone's walls shows a date (2027-03-28)
// and a time (03:30). A time that is never shown stands for the first minute that
// is; of one that is shown twice the first counts. An error means that date or
// time cannot be read.
func Wall(date, hour string, zone *time.Location) (time.Time, Odd, error) {
	naive, err := time.Parse(time.DateOnly+" 15:04", date+" "+hour)
	if err != nil {
		return time.Time{}, Plain, err
	}
	// What is shown at an instant is the instant plus the zone's offset: the offsets
	// of the day before and of the day after are all that can be in force.
	first, second := shown(naive, naive.Add(-24*time.Hour), zone), shown(naive, naive.Add(24*time.Hour), zone)
	early, late := first, second
	if late.Before(early) {
		early, late = late, early
	}
	switch {
	case early.Equal(late):
		return early.UTC(), Plain, nil
	case shows(early, naive, zone) && shows(late, naive, zone):
		return early.UTC(), Fold, nil
	case shows(early, naive, zone):
		return early.UTC(), Plain, nil
	case shows(late, naive, zone):
		return late.UTC(), Plain, nil
	}
	change, _ := late.In(zone).ZoneBounds()
	return change.UTC(), Gap, nil
}

// shown is the instant at which the wall shows naive if the offset is that of a moment.
func shown(naive, moment time.Time, zone *time.Location) time.Time {
	_, offset := moment.In(zone).Zone()
	return naive.Add(-time.Duration(offset) * time.Second)
}

// shows reports whether the wall shows naive at an instant.
func shows(at, naive time.Time, zone *time.Location) bool {
	w := at.In(zone)
	return w.Hour() == naive.Hour() && w.Minute() == naive.Minute() && w.YearDay() == naive.YearDay()
}
