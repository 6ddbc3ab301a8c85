// Package cells reads what stands in one cell of a table: a yes or a no in four
// languages, a time in the forms that exports use, a name, a list of tags, a
// country, a JSON object of attributes.
//
// The same word weighs differently by what hangs on it. For a permission only
// a clear yes counts (IsYes); for a refusal everything counts but a clear no
// (Refuses). A date whose day and month could be swapped is not guessed.
//
// The shape: functions from text to value, without state.
package cells

import (
	"strings"
	"time"

	"kartotek/internal/address"
)

// truths are the words for yes and no in the languages files come in.
var truths = map[string]bool{
	"1": true, "true": true, "yes": true, "y": true, "on": true, "x": true, "t": true, "checked": true,
	"ja": true, "sant": true, "på": true, "kyllä": true, "tosi": true, "kylla": true, "wahr": true, "oui": true,
	"0": false, "false": false, "no": false, "n": false, "off": false, "f": false, "-": false, "none": false, "null": false,
	"nej": false, "falskt": false, "av": false, "ei": false, "epätosi": false, "nein": false, "falsch": false, "non": false,
}

// Truth reads a yes or no; known is false for any other word.
func Truth(s string) (yes, known bool) {
	if s == "" {
		return false, false
	}
	yes, known = truths[strings.ToLower(address.Trim(s))]
	return yes, known
}

// IsYes is for columns where a yes is a permission: only a clear yes counts.
func IsYes(s string) bool { yes, known := Truth(s); return yes && known }

// Refuses is for columns where a yes is a refusal: anything but a clear no
// counts, for "2023-05-01" under "Unsubscribed" is a refusal too.
func Refuses(s string) bool {
	s = address.Trim(s)
	if s == "" {
		return false
	}
	yes, known := Truth(s)
	return yes || !known
}

// Is makes a test for whole words: "inactive" is not "active".
func Is(words ...string) func(string) bool {
	return func(s string) bool {
		for _, w := range words {
			if strings.EqualFold(address.Trim(s), w) {
				return true
			}
		}
		return false
	}
}

// ParseTime reads the time formats of exports. order is "dmy", "mdy" or ""; with ""
// a date whose day and month could be swapped is not read. A time without a
// zone is taken as UTC.
func ParseTime(s, order string) (time.Time, bool) {
	if s = address.Trim(s); len(s) < 8 {
		return time.Time{}, false
	}
	if t, ok := isoTime(s); ok {
		return t, true
	}
	return localTime(s, order)
}

// isoTime reads 2024-05-01, optionally with a time behind "T" or space, in the
// forms of ISO 8601, SQL and Go's time.String.
func isoTime(s string) (time.Time, bool) {
	if len(s) < 10 || s[4] != '-' || s[7] != '-' {
		return time.Time{}, false
	}
	year, ok1 := digits(s[0:4])
	month, ok2 := digits(s[5:7])
	day, ok3 := digits(s[8:10])
	if !ok1 || !ok2 || !ok3 || !validDay(year, month, day) {
		return time.Time{}, false
	}
	clock, zone := time.Duration(0), 0
	if len(s) > 10 {
		if s[10] != ' ' && s[10] != 'T' {
			return time.Time{}, false
		}
		var ok bool
		if clock, zone, ok = clockTime(s[11:]); !ok {
			return time.Time{}, false
		}
	}
	midnight := time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC)
	return midnight.Add(clock - time.Duration(zone)*time.Minute), true
}

// clockTime reads 09:30, 09:30:00.123456 and a zone behind it, in minutes east.
func clockTime(s string) (d time.Duration, zone int, ok bool) {
	if len(s) < 5 || s[2] != ':' {
		return 0, 0, false
	}
	h, ok1 := digits(s[0:2])
	m, ok2 := digits(s[3:5])
	if !ok1 || !ok2 || h > 24 || m > 59 {
		return 0, 0, false
	}
	d = time.Duration(h)*time.Hour + time.Duration(m)*time.Minute
	s = s[5:]
	if len(s) >= 3 && s[0] == ':' {
		sec, ok := digits(s[1:3])
		if !ok || sec > 60 {
			return 0, 0, false
		}
		d += time.Duration(sec) * time.Second
		s = s[3:]
	}
	if len(s) > 1 && s[0] == '.' {
		unit, i := 100*time.Millisecond, 1
		for ; i < len(s) && s[i] >= '0' && s[i] <= '9'; i++ {
			d += unit * time.Duration(s[i]-'0')
			unit /= 10
		}
		s = s[i:]
	}
	zone, ok = zoneOffset(s)
	return d, zone, ok
}

// zoneOffset reads "", "Z", " UTC", "+02:00", " +0200 EET".
func zoneOffset(s string) (minutes int, ok bool) {
	s = strings.TrimLeft(s, " ")
	if s == "" || s == "Z" || s == "UTC" || s == "GMT" {
		return 0, true
	}
	if len(s) < 5 || s[0] != '+' && s[0] != '-' {
		return 0, false
	}
	h, ok1 := digits(s[1:3])
	rest := strings.TrimPrefix(s[3:], ":")
	if !ok1 || len(rest) < 2 || h > 15 {
		return 0, false
	}
	m, ok2 := digits(rest[:2])
	if !ok2 || m > 59 {
		return 0, false
	}
	if s[0] == '-' {
		return -h*60 - m, true
	}
	return h*60 + m, true
}

// localTime reads 3/15/2024 2:30 PM, 15.3.2024 14:30 and 15-03-2024.
func localTime(s, order string) (time.Time, bool) {
	date, clock, _ := strings.Cut(s, " ")
	a, b, year, sep, ok := DateParts(strings.TrimSuffix(date, ","))
	if !ok {
		return time.Time{}, false
	}
	day, month := a, b
	switch {
	case sep == '.' || a > 12 || a == b:
	case b > 12 || order == "mdy":
		day, month = b, a
	case order == "":
		return time.Time{}, false
	}
	d, ok := halfDay(strings.TrimSpace(clock))
	if !ok || !validDay(year, month, day) {
		return time.Time{}, false
	}
	return time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC).Add(d), true
}

// DateParts splits a date with the year last.
func DateParts(s string) (a, b, year int, sep byte, ok bool) {
	for _, c := range []byte{'/', '.', '-'} {
		p := strings.Split(s, string(c))
		if len(p) != 3 || len(p[0]) > 2 || len(p[1]) > 2 || len(p[2]) != 4 {
			continue
		}
		var ok1, ok2, ok3 bool
		a, ok1 = digits(p[0])
		b, ok2 = digits(p[1])
		year, ok3 = digits(p[2])
		return a, b, year, c, ok1 && ok2 && ok3
	}
	return 0, 0, 0, 0, false
}

// halfDay reads a clock with or without AM and PM; "" is midnight.
func halfDay(s string) (time.Duration, bool) {
	if s == "" {
		return 0, true
	}
	upper := strings.ToUpper(s)
	am, pm := strings.HasSuffix(upper, "AM"), strings.HasSuffix(upper, "PM")
	if am || pm {
		s = strings.TrimSpace(s[:len(s)-2])
	}
	if len(s) > 1 && s[1] == ':' {
		s = "0" + s
	}
	d, _, ok := clockTime(strings.Replace(s, ".", ":", 1))
	hours := d / time.Hour
	if am && hours == 12 {
		d -= 12 * time.Hour
	} else if pm && hours < 12 {
		d += 12 * time.Hour
	}
	return d, ok
}

func digits(s string) (n int, ok bool) {
	for i := 0; i < len(s); i++ {
		if s[i] < '0' || s[i] > '9' {
			return 0, false
		}
		n = n*10 + int(s[i]-'0')
	}
	return n, s != ""
}

func validDay(year, month, day int) bool {
	if year < 1900 || month < 1 || month > 12 || day < 1 || day > 31 {
		return false
	}
	return day <= 28 || time.Date(year, time.Month(month), day, 0, 0, 0, 0, time.UTC).Day() == day
}

// particles belong to the family name behind them.
var particles = map[string]bool{
	"af": true, "von": true, "van": true, "de": true, "der": true, "den": true, "la": true, "le": true,
	"zu": true, "av": true, "ter": true, "dos": true, "da": true, "di": true, "du": true, "del": true,
}

// SplitName parts a full name: "Anna Maria von Berg" and "von Berg, Anna Maria"
// both have the family name "von Berg".
func SplitName(s string) (first, last string) {
	if before, after, found := strings.Cut(s, ","); found {
		return strings.TrimSpace(after), strings.TrimSpace(before)
	}
	cut := strings.LastIndexByte(s, ' ')
	for cut > 0 {
		rest := strings.TrimRight(s[:cut], " ")
		prev := strings.LastIndexByte(rest, ' ')
		if !particles[strings.ToLower(rest[prev+1:])] || prev < 0 {
			break
		}
		cut = prev
	}
	if cut < 0 {
		return s, ""
	}
	return strings.TrimSpace(s[:cut]), strings.TrimSpace(s[cut+1:])
}

// AppendTags splits a cell of tags at any of the separators.
func AppendTags(dst []string, cell, separators string) []string {
	for cell != "" {
		i := strings.IndexAny(cell, separators)
		tag := cell
		if i >= 0 {
			tag, cell = cell[:i], cell[i+1:]
		} else {
			cell = ""
		}
		if tag = strings.Trim(address.Trim(tag), `"`); tag != "" {
			dst = append(dst, tag)
		}
	}
	return dst
}

// countryCodes are the names people write instead of ISO 3166 codes.
var countryCodes = codesByName(map[string]string{
	"FI": "finland,suomi,finnland,fin", "SE": "sweden,sverige,ruotsi,schweden,swe", "NO": "norway,norge,norja,norwegen,nor",
	"DK": "denmark,danmark,tanska,dänemark,dnk", "IS": "iceland,island,islanti,isl", "EE": "estonia,estland,viro,eesti,est",
	"LV": "latvia,lettland,lva", "LT": "lithuania,litauen,liettua,ltu", "DE": "germany,tyskland,saksa,deutschland,deu",
	"GB": "united kingdom,great britain,uk,storbritannien,iso-britannia,vereinigtes königreich,england,gbr",
	"NL": "netherlands,nederländerna,alankomaat,niederlande,nederland,nld", "PL": "poland,polen,puola,polska,pol",
	"FR": "france,frankrike,ranska,frankreich,fra", "ES": "spain,spanien,espanja,españa,esp", "IT": "italy,italien,italia,ita",
	"AT": "austria,österrike,itävalta,österreich,aut", "CH": "switzerland,schweiz,sveitsi,che", "BE": "belgium,belgien,belgia,bel",
	"US": "united states,usa,united states of america,förenta staterna,yhdysvallat,vereinigte staaten", "AX": "åland,ahvenanmaa",
})

func codesByName(lists map[string]string) map[string]string {
	out := make(map[string]string)
	for code, list := range lists {
		for _, name := range strings.Split(list, ",") {
			out[name] = code
		}
		out[strings.ToLower(code)] = code
	}
	return out
}

// CountryCode turns a country's name into its code; unknown names stay.
func CountryCode(s string) string {
	if len(s) == 2 && s[0] >= 'A' && s[0] <= 'Z' && s[1] >= 'A' && s[1] <= 'Z' {
		return s
	}
	if code, ok := countryCodes[strings.ToLower(s)]; ok {
		return code
	}
	return s
}
