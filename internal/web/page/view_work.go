package page

import (
	"time"

	"kartotek/internal/i18n"
)

// TodayView answers: what is due, what is running, what changed.
type TodayView struct {
	Frame
	Greeting string
	Start    []Step // first steps of an empty register; nil when under way
	Due      []Due
	Running  []Running
	Week     []Day // seven days, oldest first
	Recent   []Event
	MailHint bool // demo: letters are caught and can be read at /mail
	AsOf     time.Time
}

// Step is one of the first steps in a new register.
type Step struct {
	Text, Hint, Href string
	Done             bool
}

// Due is something that waits.
type Due struct {
	Thing Link
	Src   string
	When  string // "in 3 days", "since Monday"
	Tone  Tone
}

// Running is work under way.
type Running struct {
	Thing    Link
	Done, Of int
	Finish   time.Time
}

// Day is one day's permissions given and taken back.
type Day struct {
	Day          time.Time
	Given, Taken int
}

// OrganisationsView is the list of organisations. GET /organisations (q, city,
// industry, after).
type OrganisationsView struct {
	Frame
	Total   int
	Filters []Chip
	Rows    []OrganisationRow
	Next    string
	First   string
	Q       string
}

// OrganisationRow is one organisation in the list.
type OrganisationRow struct {
	Href, Name string
	Number     string // business id
	City       Link
	Industry   Link
	People     int
}

// OrganisationView is one organisation with its people.
type OrganisationView struct {
	Frame
	Name     string
	Number   string
	City     string
	Chips    []Chip
	Facts    []Fact
	People   []PersonRow
	Next     string
	Timeline []Event
	Edit     []Field // the form POST /organisations/{id}; nil hides it
	ID       string
}

// SearchView is what the search box finds, by kind.
type SearchView struct {
	Frame
	People        []PersonRow
	Organisations []OrganisationRow
	Letters       []OutreachRow
	MorePeople    string // address of the whole list of people; "" when all are shown
}

// ImportStartView begins an import.
//
// POST /import (multipart): file (several), dialect, consent (purpose:channel
// or ""), evidence, strict. Answers with the plan.
type ImportStartView struct {
	Frame
	Dialects []Option // "auto" first
	Assert   []Option // what the operator may assert; "" first
	Limit    int64    // bytes
	Error    string
	Past     []ImportRow
}

// ImportRow is an earlier import.
type ImportRow struct {
	Href, Name string
	At         time.Time
	By         string
	Rows       int
	State      Chip
}

// ImportPlanView is the dry run: nothing has been stored.
//
// POST /import/{id}/start; POST /import/{id}/drop; POST /import/{id}/mapping.
type ImportPlanView struct {
	Frame
	ID       string
	Files    []ImportFile
	Rows     int
	Create   int
	Update   int
	Same     int
	Rejected int
	Outcomes []ImportOutcome
	Columns  []ImportColumn
	Mapping  *ImportMapping // the form for the columns; nil when there are none
	Unlisted []string       // columns the notice does not list; not stored
	Rejects  []Reject       // a sample
	Kept     int            // prohibitions that stand whatever the file says
	Refused  string         // why the whole file is refused; hides the button
	People   []ImportPerson
}

// ImportPerson is one row of a dry run: what becomes of the person, and why.
type ImportPerson struct {
	Who, What string
	Becomes   Chip
	Why       string
}

// ImportFile is one recognised file.
type ImportFile struct{ Name, Dialect, Encoding, Order string }

// ImportOutcome says what permissions will become, and why.
type ImportOutcome struct {
	What  string // "Consent: newsletter by e-mail"
	Why   string // "status subscribed, with OPTIN_TIME"
	Tone  Tone
	Count int
}

// ImportColumn is one column and the field it goes to.
type ImportColumn struct{ Column, Field, Sample string }

// Reject is one refused row.
type Reject struct {
	File   string
	Line   int
	Reason string
}

// ImportProgressView is an import under way. GET /import/{id}/live gives Live
// alone, for polling; it survives a reload.
type ImportProgressView struct {
	Frame
	ID   string
	Name string
	Live ImportLive
}

// ImportLive is the part that changes.
type ImportLive struct {
	ID        string
	Running   bool
	Phase     string // what is being done, in words
	Done, Of  int
	PerSecond int
	Finish    time.Time
	Rejected  int
	DoneURL   string // where to go when it has ended
}

// ImportDoneView is a finished import.
//
// POST /import/{id}/undo.
type ImportDoneView struct {
	Frame
	ID         string
	Name       string
	At         time.Time
	Took       string
	Rows       int
	Create     int
	Update     int
	Same       int
	Rejected   int
	Outcomes   []ImportOutcome
	RejectsURL string
	UndoEffect string // in numbers; "" when it can no longer be undone
	Undone     string // when and by whom it was taken back
	PeopleURL  string // the people of this import
}

// NoticePageView is the notice on the staff side.
//
// POST /notices/check (file), POST /notices/publish (draft, approved_by,
// effective), POST /notices/drop (draft).
type NoticePageView struct {
	Frame
	Name       string
	InForce    *NoticeVersion
	PublicURL  string
	YAMLURL    string
	KeepingURL string // the pages about retention; "" for who may not
	Review     string // when it is next to be reviewed
	Versions   []NoticeVersion
	Draft      *NoticeDraft
	Text       string // the file to edit: the draft's, or that in force
	MayEdit    bool
	Error      string
}

// NoticeDraft is an uploaded file, checked.
type NoticeDraft struct {
	ID       string
	Findings []Finding
	Errors   int // findings that stop publishing
	Changes  *NoticeChanges
	Effect   string // what publishing does, in numbers
	Today    string // ISO date
}

// Finding is something missing or wrong in a notice.
type Finding struct {
	Code     string // N08
	Text     string
	Place    string // field and line
	Citation string
	Tone     Tone // no: stops publishing; wait: advice
}

// NoticeDiffView shows two versions' difference to staff.
type NoticeDiffView struct {
	Frame
	Changes NoticeChanges
}

// LogView is the log of acts and reads. GET /log (who, what, day, after).
type LogView struct {
	Frame
	Filters  []Chip
	Who      []Option
	What     []Option
	Ended    []Option // outcomes
	Day      string
	Until    string // the last day; "" for Day alone
	Rows     []LogRow
	Next     string
	Verified string // sentence: how far the log is signed, when
	Broken   string // sentence: what is wrong with the log as a whole
}

// LogRow is one entry.
type LogRow struct {
	At      time.Time
	Who     Link
	Act     Link   // what was done; Href filters
	Thing   Link   // to what
	Purpose string // for what purpose
	Only    Link   // the log narrowed to the person concerned
	Hash    string // its first characters
	Proof   string // address of the entry's proof
}

// MailView lists the letters caught in the demo.
type MailView struct {
	Frame
	Rows []MailRow
	Next string
}

// MailRow is one caught letter.
type MailRow struct {
	Href, Subject, From, To string
	At                      time.Time
}

// MailMessageView shows one caught letter.
type MailMessageView struct {
	Frame
	Subject, From, To string
	At                time.Time
	Headers           []Pair
	FrameURL          string // the body, answered with FrameCSP
	Text              string
	Links             []Link // the links of the letter, to press here
}

// FaultView is an error page.
type FaultView struct {
	P      *i18n.Printer
	Title  string
	Text   string // what happened
	Kept   string // what was kept
	Do     Link   // what to do
	Number string // to name when asking for help
	Status int
}

// NotAllowedView says what is missing and who can give it.
type NotAllowedView struct {
	Frame
	What  string // what was asked for
	Needs string // which level may
	Ask   string // whom to ask
}
