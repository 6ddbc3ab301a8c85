package dialect

import "time"

// The classes of rows, in the order in which they must be imported.
const (
	ClassRefused = 0 // opted out, cleaned, blocklisted
	ClassRest    = 1
)

// Record is one row in neutral terms. It is reused: copy what outlives the
// callback. Strings may be kept.
type Record struct {
	File      string // FileInfo.Name
	FileIndex int    // place of the file in Info().Files
	Row       int    // data row in its file, from 1
	Header    []string
	Raw       []string // the cells as they came
	// RowHash is the same whenever the same cells come under the same header,
	// dialect and mapping, whatever the file's name, encoding or separator.
	RowHash  [16]byte
	Dialect  string
	SourceID string // the row's id in the tool left, if it has one

	Emails     []Point // keys made by address.Email; the first is the main one
	Phones     []Point // E.164
	Posts      []Point // further postal addresses, of our own export only
	Fields     []Pair  // catalogue field -> value, without email and phone
	Extra      []Pair  // column or attribute without a catalogue field -> value
	Tags       []string
	Statements []Statement // never empty
	Doubts     []Doubt     // cells whose value was not taken
	Created    time.Time   // zero when unknown
	Changed    time.Time
	Class      int
}

// Point is an address and what its column calls it.
type Point struct {
	Value string `json:"value"`
	Label string `json:"label,omitempty"`
}

// Pair is a name and its value.
type Pair struct {
	Name  string `json:"name"`
	Value string `json:"value"`
}

// Kind is what a statement says.
type Kind string

// The kinds of statement.
const (
	Consent       Kind = "consent"
	Withdrawal    Kind = "withdrawal"
	Prohibition   Kind = "prohibition"
	Undeliverable Kind = "undeliverable"
	Unknown       Kind = "unknown"
)

// How well a consent is shown.
const (
	DoubleOptIn = "double opt-in" // confirmed from the mailbox itself
	Single      = "single"        // given, with time and place of giving
	Weak        = "weak"          // the tool says so, but not how it came about
)

// Statement is one thing a row says about permission.
type Statement struct {
	Kind     Kind      `json:"kind"`
	Purpose  string    `json:"purpose,omitempty"` // "" when the source does not tell purposes apart
	Channel  string    `json:"channel,omitempty"` // email, sms, call, post; "" for all
	Scope    string    `json:"scope,omitempty"`   // of a prohibition: "all-marketing", "channel:email", "research", "profiling"
	At       time.Time `json:"at,omitzero"`       // zero when the source has no time
	IP       string    `json:"ip,omitempty"`
	Evidence string    `json:"evidence,omitempty"` // for people to read: which columns said what
	Strength string    `json:"strength,omitempty"` // of a consent
}

// Doubt is a cell that was not taken over, and why.
type Doubt struct {
	Column string `json:"column"`
	Code   string `json:"code"`
}

// The reasons a cell is not taken over.
const (
	DoubtPhone      = "invalid_phone"
	DoubtEmail      = "invalid_email"      // of a second address
	DoubtDate       = "unreadable_date"    // also when day and month cannot be told apart
	DoubtLong       = "value_too_long"     // over maxValue bytes
	DoubtAttributes = "invalid_attributes" // the JSON of an opted-out row
)

// maxValue bounds one value in bytes; longer ones are no contact data.
const maxValue = 10_000

// Reject is a row that was not imported. Code is stable: a code of package
// rows or one of the Reject codes.
type Reject struct {
	File      string
	FileIndex int
	Row       int // data row, from 1
	Line      int // line of the file, from 1
	Code      string
	Message   string // English, no personal data
	Raw       string // the row's text (UTF-8), at most 64 kB
}

// The reasons a readable row is rejected.
const (
	RejectNoAddress   = "no_address"
	RejectEmail       = "invalid_email"
	RejectAttributes  = "invalid_attributes"
	RejectPermissions = "invalid_permissions"
)

var rejectMessages = map[string]string{
	"open_quote":      "a quote is opened and not closed",
	"bad_quote":       "text follows a closing quote",
	"row_too_long":    "the row is longer than allowed",
	"many_columns":    "the row has more columns than allowed",
	"cell_count":      "the row has not as many cells as the header",
	"nul_byte":        "the row holds a zero byte",
	"invalid_utf8":    "the row holds bytes that are not UTF-8",
	RejectNoAddress:   "the row has neither an e-mail address nor a telephone number",
	RejectEmail:       "the e-mail address is not well-formed",
	RejectAttributes:  "the attributes are not a JSON object",
	RejectPermissions: "the permissions are not a JSON list",
}

// Cell gives the raw cell under a header; "" when there is none.
func (r *Record) Cell(header string) string {
	for i, h := range r.Header {
		if h == header && i < len(r.Raw) {
			return r.Raw[i]
		}
	}
	return ""
}

// Field gives a catalogue field's value; "" when the row has none.
func (r *Record) Field(name string) string {
	for _, f := range r.Fields {
		if f.Name == name {
			return f.Value
		}
	}
	return ""
}

// reset empties the record for the next row and keeps its memory.
func (r *Record) reset() {
	r.Raw, r.Emails, r.Phones, r.Posts = r.Raw[:0], r.Emails[:0], r.Phones[:0], r.Posts[:0]
	r.Fields, r.Extra, r.Tags = r.Fields[:0], r.Extra[:0], r.Tags[:0]
	r.Statements, r.Doubts = r.Statements[:0], r.Doubts[:0]
	r.SourceID, r.Class = "", ClassRest
	r.Created, r.Changed = time.Time{}, time.Time{}
}

func (r *Record) say(s Statement)           { r.Statements = append(r.Statements, s) }
func (r *Record) doubt(column, code string) { r.Doubts = append(r.Doubts, Doubt{column, code}) }

// add sets a field; the first column that has a value wins.
func (r *Record) add(name, value string) {
	if r.Field(name) == "" {
		r.Fields = append(r.Fields, Pair{name, value})
	}
}
