package page

import "time"

// OutreachView is the list of newsletters and campaigns.
type OutreachView struct {
	Frame
	Rows    []OutreachRow
	Filters []Filter // by state; none when there is nothing to choose from
	MayNew  bool     // link to /outreach/new
	Next    string
}

// Filter is one choice of what a list shows.
type Filter struct {
	Text, Href string
	On         bool
}

// OutreachRow is one newsletter in the list.
type OutreachRow struct {
	Href, Name string
	Subject    string
	Purpose    string
	Channel    string
	State      Chip
	Note       string // when it starts, or until when it waits
	Reached    int    // sent; -1 when not yet
	Left       int    // left out; -1 when not yet
	At         time.Time
}

// NewsletterEditView is the form of a draft.
//
// POST Action: name, purpose, channel, segment, from, subject, body;
// op = save, preview or check. GET PreviewURL shows it as one person.
type NewsletterEditView struct {
	Frame
	Action     string
	New        bool
	Name       Field
	Purpose    Field
	Channel    Field
	Segment    Field
	From       Field
	Subject    Field
	Body       Field  // empty when the letter is in blocks
	ComposeURL string // of the editor; "" when new
	PreviewURL string
	Fields     []string // what can be put in the text, as in the text: {{ person.first_name }}
	Reach      *Reach   // of the chosen segment, if known
	DeletePost string   // address of the POST; "" when new
}

// Reach is how many a segment holds and how many of them may be reached.
type Reach struct {
	In, May, Out int
	AsOf         time.Time
	Reasons      []Reasons // why the rest is left out, most first
}

// Reasons is a count by verdict code.
type Reasons struct {
	Text  string
	Count int
	Tone  Tone // colour of the bar
	Href  string
}

// NewsletterView is one newsletter: before, while and after it goes out.
//
// POST /outreach/{id}/send, /pause, /resume, /stop. GET /outreach/{id}/live gives the
// Live component alone, for polling.
type NewsletterView struct {
	Frame
	ID         string
	Name       string
	Subject    string
	Purpose    string
	Channel    string
	Segment    Link
	State      Chip
	Sending    *SendingView // nil where it is not shown
	Live       NewsletterLive
	Decided    string // when decided and again at sending; notice version and pack
	Effect     string // before sending: "Goes to 411 people; leaves out 89."
	EditURL    string
	PreviewURL string
	ResultsURL string // "" before it is sent
	MaySend    bool
	MayPause   bool
	MayResume  bool
	MayStop    bool
	StopEffect string   // in numbers, beside the button
	NeedsCheck []string // what must be put right before it can be sent
}

// NewsletterLive is the part that changes while it is being sent.
type NewsletterLive struct {
	ID           string
	Running      bool
	Done         int
	Of           int
	PerSecond    int
	Finish       time.Time // expected while running; when it ended after
	In           int
	May          int
	Out          int
	Uncertain    int
	UncertainURL string
	Reasons      []Reasons
	Delivery     []Delivery
	AsOf         time.Time
}

// Delivery is one line of the delivery table.
type Delivery struct {
	Text   string
	Count  int
	Note   string // such as a limit, or how it is divided
	Href   string
	Strong bool
}

// NewsletterPeopleView lists the people of one newsletter by outcome.
type NewsletterPeopleView struct {
	Frame
	Newsletter Link
	Outcome    string // the sentence of the code
	Explain    string // what it means and what one can do
	Citation   string
	Others     []Chip // the other outcomes, to go to
	Count      int
	Rows       []OutcomeRow
	SettlePost string // where it is said what became of an uncertain letter: person, as (sent, failed), reason; "" when not
	Next       string
}

// OutcomeRow is one person's outcome.
type OutcomeRow struct {
	ID      string
	Person  Link
	Address string
	Reason  string
	At      time.Time
	Verdict string // address of the replay
}

// SegmentsView lists saved segments.
type SegmentsView struct {
	Frame
	Rows   []SegmentRow
	MayNew bool
}

// SegmentRow is one segment.
type SegmentRow struct {
	Href, Name string
	Expression string
	In         int // -1 when not counted
	May        int // by newsletter e-mail; -1 when unknown
	AsOf       time.Time
	Used       int // newsletters that use it
}

// SegmentEditView builds a segment from rows, or from the expression itself.
//
// POST Action: name, join (all, any), field.N, op.N, value.N, expression;
// op = save, add, drop.N, text. POST CountURL with the same fields gives
// SegmentReach alone.
type SegmentEditView struct {
	Frame
	Action     string
	CountURL   string
	New        bool
	Name       Field
	Any        bool // rows are joined by "or"
	Rules      []SegmentRule
	Fields     []Option
	Operators  []Option
	Expression Field
	AsText     bool // the expression cannot be shown as rows
	Reach      *Reach
	Error      string
	DeletePost string
}

// SegmentRule is one row of the builder.
type SegmentRule struct {
	Fields, Operators []Option
	Value             string
	Values            []Option // a closed list; nil: free text
}
