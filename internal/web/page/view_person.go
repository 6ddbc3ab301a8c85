package page

import "time"

// PeopleView is the list of people.
//
// GET /people with q and any of the filters (organisation, city, country,
// language, tag, permission, source, after). A shown value links to the same
// list filtered by it: the doors fill the Link's Href.
type PeopleView struct {
	Frame
	Total      int    // in the register, as of a moment ago
	Found      int    // that match; -1 when not counted
	Filters    []Chip // each with Remove set
	Rows       []PersonRow
	Next       string // address of the next page; "" at the end
	First      string // address of the first page; "" on it
	Duplicates int    // pairs waiting for a decision; 0 hides the hint
	MayImport  bool
	MayAdd     bool // shows the form POST /people: first_name, last_name, email, source
}

// PersonRow is one person in a list.
type PersonRow struct {
	Href, Name   string
	Title        string
	Organisation Link // Href filters or opens
	City         Link
	Country      string
	Email        string // "" shows a dash; masked already if the level asks for it
	Permission   Chip   // such as "may get newsletters", Tone yes
	Changed      time.Time
}

// PersonView is everything about one person.
//
// Forms, all POST under /people/{id}/: permission (act = prohibit, consent,
// withdraw; method; purpose; channel; evidence; received; signed), field (field, value,
// reason), tag (tag), untag (tag), undo (change). Each returns to the page.
type PersonView struct {
	Frame
	ID           string
	Name         string
	Title        string
	Organisation Link
	City         string
	Chips        []Chip // language, kind of person, customer since
	Tags         []Chip // Post takes one away
	State        Chip   // restricted, erased; empty Text when neither
	SameAs       int    // possible duplicates
	May          May
	Timeline     []Event
	Older        string // address of older events
	Addresses    []Address
	Facts        []Fact
	Kept         []Kept
	KeptAll      string   // address of the page about it; "" for who may not
	Hidden       []string // categories this level may not see, by title
	CanPermit    bool
	CanRestrict  bool // shows the form POST /people/{id}/restrict (on = yes or no)
	Restricted   bool // processing is restricted now
	CanEdit      bool
	Methods      []Option // how it was said: letter, phone, in person
	Purposes     []Option // for the permission form; "" is all marketing
	Channels     []Option // "" is every channel
	Goods        []Option // product groups a sale may have been about
	Offers       []Option // purposes whose offers can concern the person's work
	Today        string   // ISO date, the default of "received"
	NewFields    []Option // fields of the notice without a value, to add one
	PermitError  string   // what was wrong with the posted permission
	PackNote     string   // notice version and rule packs the matrix was decided with
}

// May is the matrix of purposes and channels.
type May struct {
	Channels []string // titles, in order
	Rows     []MayRow
}

// MayRow is one purpose; Cells stand in the order of May.Channels.
type MayRow struct {
	Purpose, Basis string
	Cells          []MayCell
}

// MayCell answers "may we?" for one purpose and channel. Tone Yes, No or Wait;
// the empty tone means that the notice has no such channel for the purpose.
type MayCell struct {
	Tone   Tone
	Reason string // in few words, with its date
	Href   string // the evidence, or the verdict
}

// Event is one line of a timeline.
type Event struct {
	At    time.Time
	Text  string // what happened
	Thing Link   // to what, if it has a page
	Chip  Chip
	Src   string // how, by whom, on what ground
	More  []Link
	Undo  string // address of a POST that takes it back
	Lock  bool   // named, but this level may not see what it says
}

// Address is one way of reaching the person.
type Address struct {
	Kind  string // "E-mail", "Mobile"
	Value string
	State Chip // verified, unreachable, suppressed
	Src   string
}

// Fact is one value of the field catalogue.
type Fact struct {
	Field   string // the field's name in the notice, for the form
	Label   string
	Value   string
	Raw     string // what the form holds, when the value is shown in words
	Src     string // from whom, how, when
	More    Link   // such as the Art. 14 information
	CanEdit bool
	Options []Option // if the field has a closed list
}

// Kept says until when something is kept, and why.
type Kept struct{ What, Until, Why string }

// EvidenceView is one entry of the permission ledger.
type EvidenceView struct {
	Frame
	Person      Link
	Act         Chip   // consent, withdrawal, prohibition
	Scope       string // purpose and channel in words
	Given       time.Time
	Received    time.Time // zero if the same
	Signed      time.Time // of a letter
	Entered     time.Time
	EnteredBy   string
	How         string // form, letter, one-click, import
	Wording     string // the text the person saw, or the evidence noted; "" when erased
	WordingLang string
	Erased      bool // the wording has been erased; the digest remains
	Notice      Link
	IP          string // masked
	Hash        string // hex SHA-256 of the entry
	Previous    string // hash of the entry before; "" hides it
	Number      int    // place in the log; 0 hides it
	Proof       string // address of the receipt
	StillValid  string // sentence: what this entry means today
}

// HistoryView is every change of one person's data.
//
// POST /people/{id}/undo (change).
type HistoryView struct {
	Frame
	Person  Link
	Changes []Change
	Next    string
}

// Change is one changed value.
type Change struct {
	ID            string
	At            time.Time
	By            string
	Field         string
	Before, After string
	Src           string
	Undo          string // address of the POST; "" when it can no longer be undone
	Undone        bool
}

// VerdictView replays a stored verdict.
type VerdictView struct {
	Frame
	Person   Link
	Question []Pair // purpose, channel, class, asked at
	Facts    []Pair // the facts as they were
	Stored   Verdict
	Replayed Verdict
	Same     bool
	At       time.Time // when it was decided
	Now      time.Time // when it was replayed
}

// Pair is a label with a value.
type Pair struct{ Label, Value string }

// Verdict is one answer with its reasons.
type Verdict struct {
	Allowed bool
	Code    string // stable code
	Because []Reason
	Notice  string
	Pack    string
}

// Reason is a step of a verdict.
type Reason struct {
	Text, Rule, Citation string
	Evidence             Link
}

// DuplicatesView lists pairs that may be the same person.
type DuplicatesView struct {
	Frame
	Pairs []Duplicate
	Next  string
}

// Duplicate is one pair with why it is suspected.
type Duplicate struct {
	A, B   Link
	SrcA   string // organisation, city
	SrcB   string
	Why    string
	Strong bool
	Href   string // the merge page
}

// MergeView puts two people side by side.
//
// POST Action with for each field keep.<field> = a or b; the button "apart"
// (op=apart) says that they are two people.
type MergeView struct {
	Frame
	Action      string
	A, B        Link
	Rows        []MergeRow
	Permissions []MergePermission
	Effect      []string // what will happen, in numbers
}

// MergeRow is one field of both.
type MergeRow struct {
	Field, Label string
	A, B         string
	SrcA, SrcB   string
	KeepB        bool // proposed
}

// MergePermission is one purpose and channel of both, and what will hold.
type MergePermission struct {
	What      string
	A, B, Out Chip
	Why       string
}
