package office

import "kartotek/internal/web/page"

// KeysView is the page of one's own API keys.
//
// GET /account/keys; POST /account/keys (name, until, right…) makes one; POST
// /account/keys/revoke (key) ends one.
type KeysView struct {
	page.Frame
	Made     string // the text of a key that was just made: the only time it is shown
	MadeName string
	Keys     []KeyRow
	Form     KeyForm
}

// KeyRow is one key.
type KeyRow struct {
	ID, Name string
	Rights   []string // in words
	Until    string   // date, as the reader writes it
	Used     string   // last day used; "" never
	State    page.Chip
	Works    bool
}

// KeyForm makes a key. Groups are what the owner may give it.
type KeyForm struct {
	Name, Until   string
	First, Last   string // the bounds of Until, ISO
	Error         string
	Groups        []KeyGroup
	NothingToGive bool // the account may do nothing a key could
}

// KeyGroup is what may be done for one purpose, or without one.
type KeyGroup struct {
	Title string
	Rows  []KeyCategory
	Acts  []page.Option
	Open  bool
}

// KeyCategory is what may be done with one category of data.
type KeyCategory struct {
	Title   string
	Actions []page.Option // see, search, change: those that may be given
}
