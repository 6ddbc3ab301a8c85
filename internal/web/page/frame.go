package page

import "kartotek/internal/i18n"

// Tone is how a state is shown: a colour, always with a word and a shape.
type Tone string

// The tones. The empty tone is neutral.
const (
	Yes  Tone = "yes"
	No   Tone = "no"
	Wait Tone = "wait"
	Info Tone = "info"
)

// Link is a text with an address. Without Href it is shown as text.
type Link struct{ Text, Href string }

// Chip is a small label. Remove, if set, is an address that takes it away by a
// GET (a filter); Post, if set, by a POST with the chip's Value (a tag).
type Chip struct {
	Text, Href    string
	Tone          Tone
	Remove        string
	Post, Value   string
	RemoveWording string // what the removing button is called, for screen readers
}

// Option is one choice of a select.
type Option struct {
	Value, Text string
	On          bool
}

// Flash is what just happened, shown on top of the next page.
type Flash struct {
	Tone Tone
	Text string
	More Link
}

// User is who is signed in.
type User struct{ Name, Level string }

// Frame is what every staff page needs around its content.
//
// Forms of the frame: GET /search (q); POST /language (lang, back);
// POST /sign-out.
type Frame struct {
	P        *i18n.Printer
	Title    string
	Section  string            // today people organisations outreach segments import requests notice staff log mail account
	Sections []string          // the sections this level may open, in order; nil: all but mail
	Counts   map[string]string // section: what asks for action there, such as "3"
	User     User
	Query    string // what stands in the search box
	Here     string // path of this page, to come back to after changing language
	Flash    *Flash
	Demo     bool    // shows the section of caught mail
	Raised   *Raised // a level taken up for a time
	Refresh  int     // seconds after which a browser without script loads the page again; 0: never
}

// Raised says which level the reader has taken up, and until when. POST Action ends it.
type Raised struct{ Level, Until, Action string }

// T is short for P.T.
func (f Frame) T(key string, args ...any) string { return f.P.T(key, args...) }

// N is short for P.N.
func (f Frame) N(key string, count int, args ...any) string { return f.P.N(key, count, args...) }

// Public is what every public page needs around its content. Langs are the
// addresses of the same page in the other languages, by code.
type Public struct {
	P          *i18n.Printer
	Title      string
	Controller string
	Langs      map[string]string
	NoticeURL  string // "" hides the link
}

// T is short for P.T.
func (f Public) T(key string, args ...any) string { return f.P.T(key, args...) }

// N is short for P.N.
func (f Public) N(key string, count int, args ...any) string { return f.P.N(key, count, args...) }

// section is an entry of the staff navigation.
type section struct{ id, href, icon, key string }

// allSections is the sitemap's first level; a break stands before the second group.
var allSections = []section{
	{"today", "/", "today", "t"},
	{"people", "/people", "person", "p"},
	{"organisations", "/organisations", "building", "o"},
	{"outreach", "/outreach", "letter", "u"},
	{"segments", "/segments", "filter", "s"},
	{"import", "/import", "tray", "i"},
	{"requests", "/requests", "post", "r"},
	{"notice", "/notices", "scroll", "n"},
	{"staff", "/staff", "badge", "f"},
	{"log", "/log", "log", "l"},
	{"access", "/access", "lock", "a"},
	{"mail", "/mail", "catch", "m"},
}

// secondGroup begins with this section.
const secondGroup = "requests"

// sections gives the entries this reader sees, in two groups.
func (f Frame) sections() (first, second []section) {
	may := func(id string) bool {
		if f.Sections == nil {
			return id != "mail" || f.Demo
		}
		for _, s := range f.Sections {
			if s == id {
				return true
			}
		}
		return false
	}
	in := &first
	for _, s := range allSections {
		if s.id == secondGroup {
			in = &second
		}
		if may(s.id) {
			*in = append(*in, s)
		}
	}
	return first, second
}

// phoneTabs are the sections kept in sight on a phone; the rest is under "More".
func (f Frame) phoneTabs() (tabs, more []section) {
	first, second := f.sections()
	for i, s := range append(first, second...) {
		if i < 4 {
			tabs = append(tabs, s)
		} else {
			more = append(more, s)
		}
	}
	return tabs, more
}

// langLinks lists the languages in order, the present one without an address.
func (f Public) langLinks() []Link {
	var out []Link
	for _, l := range i18n.Langs {
		href := f.Langs[l]
		if l == f.P.Lang() {
			href = ""
		} else if href == "" {
			continue
		}
		out = append(out, Link{l, href})
	}
	return out
}
