package i18n

import (
	"fmt"
	"strconv"
	"strings"
	"sync"
	"time"
	_ "time/tzdata" // Europe/Helsinki on machines without a zone database

	goi18n "github.com/nicksnyder/go-i18n/v2/i18n"
	"golang.org/x/text/language"
	"golang.org/x/text/language/display"
)

// thin separates thousands: U+202F, a narrow space that does not break a line.
const thin = "\u202f"

// helsinki is the zone of the home jurisdiction; Sweden's readers get p.In.
var helsinki = func() *time.Location {
	l, err := time.LoadLocation("Europe/Helsinki")
	if err != nil {
		panic(err) // time/tzdata is linked in
	}
	return l
}()

// Printer writes for one language and one time zone. It is safe to share.
type Printer struct {
	lang   string
	loc    *time.Location
	t      tongue
	text   map[string]string
	plural *goi18n.Localizer
}

// tongue is how one language writes dates and numbers.
type tongue struct {
	tag        language.Tag
	date, time string // Go layouts
	dateTime   string // between date and time
	long       string // {d} {month} {y}
	months     string
	days       string
	thousand   string
	decimal    string
	percent    string // between number and sign
	self       string
}

var tongues = map[string]tongue{
	"sv": {language.Swedish, "2.1.2006", "15.04", " kl. ", "den {d} {month} {y}",
		"januari februari mars april maj juni juli augusti september oktober november december",
		"sön mån tis ons tor fre lör", thin, ",", "\u00a0", "Svenska"},
	"fi": {language.Finnish, "2.1.2006", "15.04", " klo ", "{d}. {month} {y}",
		"tammikuuta helmikuuta maaliskuuta huhtikuuta toukokuuta kesäkuuta heinäkuuta elokuuta syyskuuta lokakuuta marraskuuta joulukuuta",
		"su ma ti ke to pe la", thin, ",", "\u00a0", "Suomi"},
	"en": {language.English, "2 Jan 2006", "15:04", ", ", "{d} {month} {y}",
		"January February March April May June July August September October November December",
		"Sun Mon Tue Wed Thu Fri Sat", ",", ".", "", "English"},
}

// For gives the printer of a language ("sv", "fi", "en"; anything else is the
// default), writing times as in Helsinki.
func For(lang string) *Printer {
	if !Known(lang) {
		lang = Default
	}
	return printers()[lang]
}

var printers = sync.OnceValue(func() map[string]*Printer {
	c, m := load(), map[string]*Printer{}
	for lang, t := range tongues {
		m[lang] = &Printer{lang: lang, loc: helsinki, t: t, text: c.text[lang],
			plural: goi18n.NewLocalizer(c.bundle, lang)}
	}
	return m
})

// In gives the same printer for another time zone.
func (p *Printer) In(loc *time.Location) *Printer {
	q := *p
	q.loc = loc
	return &q
}

// Zone is the time zone times are written in, where days begin and end.
func (p *Printer) Zone() *time.Location { return p.loc }

// Lang is the language's code, for the lang attribute.
func (p *Printer) Lang() string { return p.lang }

// Self is a language's name in itself: "Svenska", "Suomi", "English".
func Self(lang string) string { return tongues[lang].self }

// LangName is a language's name in the printer's language, by BCP 47 code.
func (p *Printer) LangName(code string) string {
	tag, err := language.Parse(code)
	if err != nil || code == "" {
		return code
	}
	return display.Languages(p.t.tag).Name(tag)
}

// Country is a country's name, by ISO 3166 alpha-2 code; an unknown code is
// given back as it is.
func (p *Printer) Country(code string) string {
	r, err := language.ParseRegion(code)
	if err != nil || !r.IsCountry() {
		return code
	}
	return display.Regions(p.t.tag).Name(r)
}

// Date writes a day: 14.9.2026, 14 Sep 2026. The zero time is written as a dash.
func (p *Printer) Date(t time.Time) string {
	if t.IsZero() {
		return "–"
	}
	return t.In(p.loc).Format(p.t.date)
}

// LongDate writes a day in words: den 3 februari 2025, 3. helmikuuta 2025.
func (p *Printer) LongDate(t time.Time) string {
	t = t.In(p.loc)
	return strings.NewReplacer("{d}", strconv.Itoa(t.Day()), "{y}", strconv.Itoa(t.Year()),
		"{month}", strings.Fields(p.t.months)[t.Month()-1]).Replace(p.t.long)
}

// Time writes a time of day: 09.14, 09:14.
func (p *Printer) Time(t time.Time) string { return t.In(p.loc).Format(p.t.time) }

// DateTime writes a day and a time of day.
func (p *Printer) DateTime(t time.Time) string {
	if t.IsZero() {
		return "–"
	}
	return p.Date(t) + p.t.dateTime + p.Time(t)
}

// Moment writes a time to the second with its zone, for evidence.
func (p *Printer) Moment(t time.Time) string {
	t = t.In(p.loc)
	sep := p.t.time[2:3]
	return p.Date(t) + p.t.dateTime + t.Format("15"+sep+"04"+sep+"05 MST")
}

// Weekday writes a day of the week in short: mån, ma, Mon.
func (p *Printer) Weekday(t time.Time) string {
	return strings.Fields(p.t.days)[t.In(p.loc).Weekday()]
}

// Machine writes a time for the datetime attribute (ISO 8601, UTC).
func (p *Printer) Machine(t time.Time) string { return t.UTC().Format("2006-01-02T15:04:05Z") }

// Number writes a whole number: 12 480, 12,480.
func (p *Printer) Number(n int) string {
	s := strconv.Itoa(n)
	sign := ""
	if n < 0 {
		sign, s = "−", s[1:]
	}
	for i := len(s) - 3; i > 0; i -= 3 {
		s = s[:i] + p.t.thousand + s[i:]
	}
	return sign + s
}

// Percent writes a share (0.123) with one decimal where it is needed: 12,3 %. One
// under a thousandth gets two or three, because complaints are told by it: 0,02 %.
func (p *Printer) Percent(share float64) string {
	decimals := 1
	for least := 0.001; share > 0 && share < least && decimals < 3; least /= 10 {
		decimals++
	}
	s := strconv.FormatFloat(share*100, 'f', decimals, 64)
	s = strings.TrimSuffix(s, ".0")
	return strings.Replace(s, ".", p.t.decimal, 1) + p.t.percent + "%"
}

// Bytes writes a size: 4,2 MB.
func (p *Printer) Bytes(n int64) string {
	const units = "kMGT"
	if n < 1000 {
		return strconv.FormatInt(n, 10) + "\u00a0B"
	}
	v, i := float64(n)/1000, 0
	for v >= 1000 && i < len(units)-1 {
		v, i = v/1000, i+1
	}
	s := strings.TrimSuffix(strconv.FormatFloat(v, 'f', 1, 64), ".0")
	return strings.Replace(s, ".", p.t.decimal, 1) + "\u00a0" + units[i:i+1] + "B"
}

// value writes one placeholder's value.
func (p *Printer) value(v any) string {
	switch v := v.(type) {
	case string:
		return v
	case int:
		return p.Number(v)
	case int64:
		return p.Number(int(v))
	case time.Time:
		return p.Date(v)
	}
	return fmt.Sprint(v)
}
