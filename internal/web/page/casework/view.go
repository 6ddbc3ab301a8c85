package casework

import (
	"time"

	"kartotek/internal/web/page"
)

// BoardView lists cases, the most pressing first.
type BoardView struct {
	page.Frame
	Figs    []Fig
	Filters []page.Chip
	Rows    []Row
	Next    string
	First   string // address of the first page, when this is not it
	Closed  bool   // the list is of closed cases
}

// Fig is a number with its name and where it leads.
type Fig struct{ Number, Label, Href string }

// Row is one case in a list.
type Row struct {
	Href, Ref, Kind, Channel string
	Who                      page.Link // without a name when it is not known whose it is
	Received, Due            time.Time
	Left                     string // how many days there are, or by how many it is late
	Stage, State             page.Chip
	Handler                  string
}

// CaseView is one case.
//
// Each of Acts posts to its own address; letters POST /requests/{id}/printed (item).
type CaseView struct {
	page.Frame
	Ref, Kind, Article string
	Who                page.Link
	State, Stage       page.Chip
	Own                string // sentence: what of this case the reader may not do, and why
	Facts              []page.Pair
	Left               string
	Due, Plan          time.Time
	Steps              []Step
	Pauses             []Pause
	Written            []Item
	Files              []Document
	FilesURL           string      // the page of the case's documents; "" for none
	Together           []page.Link // cases that came with it
	Match              *Match      // nil once it is known whose case it is
	Identity           Identity
	Planned            []string // what would be done, a line for each category
	PlanLead           string
	Acts               []Act
	Packages           []Packed
	ReceiptURL         string // of a request that was answered; "" for none
	Letters            []LetterRow
	Timeline           []Event
}

// Step is one step of the reckoning of the clock.
type Step struct {
	Date           time.Time
	Text, Citation string
}

// Pause is a time in which the clock stood.
type Pause struct {
	Asked, Answered time.Time
	Why             string
}

// Item is something written that belongs to the case.
type Item struct {
	Title string
	At    time.Time
	By    string
	Text  string
	Facts []page.Pair
}

// Document is something that came with the case.
type Document struct {
	Name  string
	State page.Chip
}

// Match is the search for whose request it is. POST /requests/{id}/match (person).
type Match struct {
	Action     string
	Query      string
	Candidates []Candidate
	Searched   bool
}

// Candidate is somebody of the register whose request it may be.
type Candidate struct {
	ID, Name, Why string
	Href          string
}

// Identity is how sure it is who asks, and how sure it has to be.
type Identity struct {
	Have, Enough string
	Sure         bool
	Rungs        []Rung
}

// Rung is a step of the ladder.
type Rung struct {
	Text          string
	Reached, Need bool
}

// Act is something the case is open to now: a form behind a summary.
type Act struct {
	ID, Title, Lead string
	Action          string
	Fields          []page.Field
	Checks          []Check
	Button          string
	Danger          bool // cannot be taken back
	Open            bool // shown at once: the next thing to do
	Error           string
}

// Check is one box to tick.
type Check struct {
	Name, Value, Text string
	On                bool
}

// LetterRow is a letter the desk wrote.
type LetterRow struct {
	ID, Title  string
	At         time.Time
	State      page.Chip
	Href, PDF  string
	PrintedURL string // POST marks it as posted or handed over; "" when it went by mail
}

// Packed is a package that waits to be fetched. POST fetches it.
type Packed struct {
	ID, Text, Post string
	Until, Fetched time.Time
}

// Event is a line of the case's timeline.
type Event struct {
	At       time.Time
	Text, By string
	More     string
}

// LetterView shows one letter as the person gets it.
type LetterView struct {
	page.Frame
	Ref, Back string
	Subject   string
	Lang      string
	Text      string
	PDF       string
}

// NewView is the form for a request that arrived outside the program.
//
// POST /requests, as multipart/form-data: kind (several), channel, arrived, signed,
// envelope, name, email, phone, address, agent_name, agent_org, agent_email, authority,
// authority_on, authority_until, language, delivery, said, scan and id_document (files),
// waiting and waiting_file (several): what was chosen when the form was refused.
type NewView struct {
	page.Frame
	Error string
	Kinds []Check
	How   []page.Field // channel, days, language
	Who   []page.Field
	Agent []page.Field
	What  []page.Field
	// ByAgent opens the part about whoever asks in the person's name.
	ByAgent bool
	// Waiting are files of an earlier try, their batch, and until when they wait.
	Waiting      []Check
	Batch, Until string
}

// FiguresView is what an authority may ask for.
type FiguresView struct {
	page.Frame
	Year   string
	Years  []page.Chip
	Figs   []Fig
	Tables []Table
}

// Table is figures by one dimension.
type Table struct {
	ID, Title string
	Rows      []TableRow
	Most      int
}

// TableRow is one line of a table of figures.
type TableRow struct {
	Label string
	N     int
	Note  string
}
