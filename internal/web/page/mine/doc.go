// Package mine is the pages on which people see and change what the register holds of
// them: "My data". It is a family of pages over the kit in web/page, for the public
// side: one column, no script, works at 320 px and with a keyboard. A family holds no
// rules and imports no room; web/public/mine fills its views.
//
// Before signing in: Ask, Asked, Enter. After: Overview, Facts, List (messages, who
// looked, who received, cases, where one is signed in), Case, Letter, Rights, Move, Said.
// Confirm stands for itself: it is opened by a letter. So does Erased, the last page.
package mine

import (
	"time"

	"kartotek/internal/i18n"
	"kartotek/internal/web/page"
)

// AskView asks for an address to send a link to. POST /me (address).
type AskView struct {
	page.Public
	Address, Error string
	RequestURL     string // the form for those whose address we do not have
}

// AskedView says what happens next; it is the same for every address.
type AskedView struct {
	page.Public
	Code       string // six digits, with a thin space in the middle
	Until      time.Time
	RequestURL string
}

// EnterView is the page behind a link: one button. POST Action (code when asked for);
// POST Here sends a new letter, bound to this browser.
type EnterView struct {
	page.Public
	Action, Here string
	Code         bool
	Error        string
}

// ConfirmView is the page behind a link that confirms something. POST Action.
type ConfirmView struct {
	page.Public
	Kind    string // move or erase
	Action  string
	From    string // masked
	To      string // masked
	FromNew bool
	Lines   []string // what erasing does, in numbers
	AtOnce  bool     // erasing is done when the button is pressed
	Done    bool
	Waits   string   // what is still missing
	Steps   []string // what happens next
	Case    string   // reference
	Next    page.Link
}

// Inside is what every page of somebody signed in needs.
type Inside struct {
	page.Public
	Section string
	Name    string
	Address string // by which they signed in
	Ends    time.Time
	Flash   *page.Flash
}

// Fact is one value.
type Fact struct {
	Field, Label, Value, Src string
	Raw                      string // as it is stored, when Value is worded
	How                      string // correct, contest or move
	Options                  []page.Option
	Error                    string
}

// Group are the facts of one category of the notice.
type Group struct {
	ID, Title string
	Facts     []Fact
	Why       string // the purposes, with their bases
	Until     string
	Note      string
}

// Kept counts things held besides the facts.
type Kept struct {
	Text  string
	Count int
	First time.Time
	Last  time.Time
	Href  string
}

// OverviewView is what is held, why, until when and from where.
type OverviewView struct {
	Inside
	Groups []Group
	Kept   []Kept
	Notice string // where the notice is
}

// FactsView lets each value be corrected. POST /me/facts (field, value, why).
type FactsView struct {
	Inside
	Groups []Group
	Empty  []Fact // fields without a value
}

// Row is a line of a list.
type Row struct {
	Text  string
	Href  string // of the text
	Chip  page.Chip
	Src   string
	At    time.Time
	Links []page.Link
	Post  string // address of a POST, with the button's text
	Act   string
}

// ListView is a list with a sentence above it.
type ListView struct {
	Inside
	Lead  string
	Rows  []Row
	None  string
	Older string
	Foot  []page.Link
}

// RightsView is what one may ask for. Each act is a POST of its own.
type RightsView struct {
	Inside
	Stopped   bool // all marketing is forbidden already
	Profiling bool // profiling is
	Interest  []string
	Consents  int
	Erasing   []string // what erasing would do, line by line; empty: the desk works it out
	AtOnce    bool
	Package   bool // the copy can be fetched here
	Grounds   []page.Option
	Limited   string // the data is restricted already
	Misuse    bool   // was reported: what opens, moves or ends is the desk's
}

// MoveView asks for the new address. POST /me/address.
type MoveView struct {
	Inside
	Old   string
	New   string
	Error string
	Both  bool // the old one has to confirm too
}

// SaidView says that something was done or begun, and what follows.
type SaidView struct {
	Inside
	Text []string
	Case string
	Back page.Link
}

// thin puts a thin space in the middle of six digits.
func thin(code string) string {
	if len(code) != 6 {
		return code
	}
	return code[:3] + "\u2009" + code[3:]
}

// sections are the entries of the navigation.
var sections = []struct{ id, href string }{
	{"overview", "/me"}, {"facts", "/me/facts"}, {"permissions", "/me/permissions"}, {"messages", "/me/messages"}, {"readers", "/me/readers"},
	{"received", "/me/received"}, {"rights", "/me/rights"}, {"cases", "/me/cases"},
}

// span is a day, or the first and the last of several.
func span(p *i18n.Printer, first, last time.Time) string {
	a, b := p.Date(first), p.Date(last)
	if a == b || last.IsZero() {
		return a
	}
	return a + " – " + b
}
