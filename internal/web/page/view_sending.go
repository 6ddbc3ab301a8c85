package page

// SendingView is how one newsletter is sent beside what it says: its time, its
// limits, its test of several letters, and what was looked at before.
//
// POST /outreach/{id}/schedule (date, time, version), /unschedule, /copy,
// /test (to), /choose (letter).
type SendingView struct {
	ID string
	// Version changes with the newsletter. It goes along with what needs a second
	// person, so that nobody agrees to another letter than they saw.
	Version    string
	Note       string // what it waits for; "" for nothing
	NoteTone   Tone
	More       []string // such as what a night with a clock change does to its time
	Asked      string   // who asks somebody else to agree; "" when nobody does
	AskedURL   string
	Facts      []Pair
	OptionsURL string // "" when it cannot be changed any more
	MayCopy    bool
	MayTest    bool
	MayPlan    bool
	MayUnplan  bool
	TestTo     Field
	Date, Time Field
	Zone       string
	Checks     []LookedRow
	Letters    []TrialRow
	About      string // the share that takes part and the measure
	Chosen     string // when a letter was chosen, and by whom
	MayChoose  bool
}

// LookedRow is one thing that was looked at before sending.
type LookedRow struct {
	Text, Note string
	Tone       Tone
	State      string // in a word, beside the colour
}

// TrialRow is one letter of a test and what came of it.
type TrialRow struct {
	Number                   int
	Subject                  string
	Sent, Clicks             int
	Noes, Complaints         int
	Winner                   bool
	CountsClicks, CountsNoes bool
}

// SendingOptionsView is the form of how a newsletter is sent.
//
// POST Action: cap_most, cap_days, quiet_from, quiet_to, variant_subject_2 to 4,
// variant_body_2 to 4 (variant_on_2 to 4 for letters in blocks), share, measure, hours, relay, clicks, archive.
type SendingOptionsView struct {
	Frame
	Action             string
	Newsletter         Link
	CapMost, CapDays   Field
	QuietFrom, QuietTo Field
	Variants           []VariantFields
	Share              Field
	Measure            Field
	Hours              Field
	Relay              Field
	Clicks             bool
	Archive            bool
	MayClicks          bool // clicks can be counted here
}

// VariantFields are the fields of one further letter of a test.
type VariantFields struct {
	Number        int
	Subject, Body Field
	Open          bool   // has something in it
	On            string // name of the box that says it takes part; "" when its text stands here
	WriteURL      string // where its blocks are written, once it takes part
}
