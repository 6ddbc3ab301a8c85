package rightsdef

import (
	"time"

	"kartotek/internal/law"
)

// zones are the times the days of a country are counted in.
var zones = map[string]string{"FI": "Europe/Helsinki", "AX": "Europe/Mariehamn", "SE": "Europe/Stockholm"}

// DayIn is the calendar day of a moment (ms since 1970) in a country, as cases count
// days. law: GDPR 12(3)
func DayIn(country string, ms int64) law.Date {
	t := time.UnixMilli(ms).UTC()
	if zone, err := time.LoadLocation(zones[country]); err == nil {
		t = t.In(zone)
	}
	return law.DateOf(t)
}
