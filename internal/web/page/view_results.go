package page

import "time"

// ResultsView is what came of a newsletter.
//
// GET asks ?person=… whether somebody got it. POST Archive.Action puts the letter
// into the public archive or takes it out.
type ResultsView struct {
	Frame
	Newsletter Link
	State      Chip
	AsOf       time.Time
	Figures    []ResultFigure
	Outcomes   []Reasons // of everybody in the audience
	Left       []Reasons // left out, by code
	Bounced    []Reasons
	Gone       []Reasons // who said no, by the way they did
	Links      []ResultLink
	Machines   []Reasons // clicks of machines, by what told them
	NoClicks   string    // why none are told; "" when they are
	Activity   Activity
	CSV        string // addresses of files; "" where the level does not export
	PeopleCSV  string // POST, with to: own, or a recipient
	Receivers  Field  // to
	Archive    ArchiveState
	Asked      string // whom the reader asked about
	Answers    []ResultAnswer
	MayAsk     bool
}

// ResultFigure is one large number with what it is a part of.
type ResultFigure struct{ Number, Label, Note, Href string }

// ResultLink is one link of the letter with its clicks.
type ResultLink struct {
	Address        string
	Letter         string // of a test of several; "" otherwise
	Human, Machine int
}

// ArchiveState is whether everybody may read the letter.
type ArchiveState struct {
	Text, Effect  string
	Action        string // "" where the reader may not change it
	Value, Button string
	Read          Link
}

// ResultAnswer is whether one person got the newsletter.
type ResultAnswer struct {
	Person  Link
	Got     Chip
	Why     string
	At      time.Time
	Verdict string
}

// Activity is what happened over time: clicks of people, and people who said no.
type Activity struct {
	Days bool // bars are days; otherwise hours
	Bars []ActivityBar
}

// ActivityBar is one hour or day.
type ActivityBar struct {
	At           time.Time
	Clicks, Gone int
}

// CompareView compares newsletters.
type CompareView struct {
	Frame
	Columns []CompareColumn
	Rows    []CompareRow
	Next    string
	Few     string // what is not told of small groups, and why
}

// CompareColumn is a head that can be sorted by.
type CompareColumn struct {
	Text, Href string
	Order      string // aria-sort of the column sorted by; "" for the others
	Num        bool
}

// CompareRow is one newsletter.
type CompareRow struct {
	Newsletter Link
	Purpose    string
	At         time.Time
	Sent       int
	Cells      []CompareCell // delivered, bounced, complaints, clicks, gone
}

// CompareCell is a share with its count, and its part of the largest in the column.
type CompareCell struct {
	Label       string // of the column, for narrow screens
	Share       string // "" when it is not told
	Count       int
	Part, Whole int
	Tone        Tone
}
