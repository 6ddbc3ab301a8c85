package office

import (
	"time"

	"kartotek/internal/web/page"
)

// AccessView is where rights in use are seen to: taking up a level for a time, and
// the doors to approvals, review and measures.
//
// POST /access/elevation (level, minutes, reason), /access/elevation/end (which).
type AccessView struct {
	page.Frame
	Levels     []string      // titles of one's own levels
	Choices    []page.Option // the levels one may take up
	Minutes    []page.Option
	Reason     string // as it was typed, when something was wrong
	Error      string
	Elevations []ElevationRow
	Everybody  bool // the rows are those of all accounts
	Doors      []AccessDoor
}

// AccessDoor is a way on, with how things stand there.
type AccessDoor struct {
	Title, Text, Href string
	State             page.Chip
}

// ElevationRow is one elevation.
type ElevationRow struct {
	ID, Who, Level string
	From, Until    time.Time
	Reason         string
	State          page.Chip
	CanEnd         bool
}

// ApprovalsView lists acts that wait for a second person, and what became of one's own.
//
// POST /access/approvals (which, reason, answer = approve or refuse).
type ApprovalsView struct {
	page.Frame
	Waiting []ApprovalRow // that this reader may answer
	Mine    []ApprovalRow
}

// ApprovalRow is one held act.
type ApprovalRow struct {
	ID, Act, Who string
	Object       page.Link
	At           time.Time
	State        page.Chip
	By, Reason   string // who answered, and why
}

// HeldView answers an act that waits for a second person.
type HeldView struct {
	page.Frame
	Act    string
	Object string
	At     time.Time
	Who    []string // who can agree
	Ask    string   // where to ask them; "" when they were asked
}

// ReviewView is the access review: the round under way, or when the next is due.
//
// POST /access/review/start; /access/review/{id}/line (account, what, until,
// reason); /access/review/{id}/close (next).
type ReviewView struct {
	page.Frame
	Promise  string // what the notice promises, in a sentence
	State    page.Chip
	ID       string // of the round under way; "" when none is
	Since    time.Time
	Measured time.Time
	Early    bool // use has not been counted for long enough to propose from it
	Lines    []ReviewLine
	Left     int
	Today    string // ISO
	Next     string // ISO, the day proposed for the next round
	Past     []ReviewRow
}

// ReviewLine is one account in a round.
type ReviewLine struct {
	Account     string
	Name        string
	Affiliation string
	Levels      string
	Until       time.Time
	Processor   bool
	Seen        time.Time
	Second      bool
	Unused      []string
	Proposals   []string // in sentences
	CanLower    bool
	LowerTo     string
	Disable     bool // is proposed
	EndDate     bool // is proposed
	Own         bool // another reviewer has to answer
	Alone       bool
	Decision    page.Chip // empty until answered
	After       string
	By, Reason  string
	At          time.Time
}

// ReviewRow is a round that is over.
type ReviewRow struct {
	Href string
	At   time.Time
	By   string
	Hash string
}

// ReviewDocView is the document of a round, to be printed.
type ReviewDocView struct {
	page.Frame
	ID              string
	Owner           string
	Started, Closed time.Time
	StartedBy, By   string
	Next, Since     time.Time
	Measured        time.Time
	Lines           []ReviewLine
	Hash            string
	JSONURL         string
}

// MeasuresView lists the security measures of the notice and how they stand.
type MeasuresView struct {
	page.Frame
	Rows []MeasureRow
}

// MeasureRow is one measure.
type MeasureRow struct {
	ID, Href string
	Text     string
	Owner    string
	Evidence string
	State    page.Chip
	Last     time.Time
	Due      time.Time
	Measured string // what the program found, for what it measures; "" otherwise
}

// MeasureView is one measure with its checks.
//
// POST /access/measures/{id} (day, result, evidence, next).
type MeasureView struct {
	page.Frame
	MeasureRow
	MayCheck  bool
	Day, Next string // ISO
	Result    string
	Typed     string // the evidence as it was typed, when something was wrong
	Error     string
	Checks    []CheckRow
	ByReview  bool // is checked by the access review
}

// CheckRow is one check that was recorded.
type CheckRow struct {
	Day, Next time.Time
	Result    page.Chip
	Evidence  string
	By        string
}
