package def

import (
	"time"

	"kartotek/internal/clock"
	"kartotek/internal/fault"
)

// When is the moment of a start. On the night when the clock is put forward a
// time that is not shown means the first minute after; when it is put back, of a
// time shown twice the first counts. Odd tells when one of these was needed.
func (s Schedule) When() (at time.Time, odd clock.Odd, err error) {
	zone, err := loadZone(s.Zone)
	if err != nil {
		return at, odd, err
	}
	at, odd, err = clock.Wall(s.Date, s.Time, zone)
	if err != nil {
		err = fault.New(fault.Invalid, "campaign.schedule", "give a date such as 2026-09-01 and a time such as 08:30").In("date")
	}
	return at, odd, err
}

func loadZone(name string) (*time.Location, error) {
	zone, err := time.LoadLocation(name)
	if err != nil || name == "" || name == "Local" {
		return nil, fault.New(fault.Invalid, "campaign.zone", "give a time zone by name, such as Europe/Helsinki").In("zone")
	}
	return zone, nil
}
