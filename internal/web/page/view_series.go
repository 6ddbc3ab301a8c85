package page

import "time"

// LettersView lists the templates of service messages and series. GET /letters.
type LettersView struct {
	Frame
	Rows   []LetterRow
	MayNew bool
}

// LetterRow is one template.
type LetterRow struct {
	Href, Title, Name, Purpose, Event string
	Class                             Chip
	Langs                             []string
	Changed                           time.Time
}

// LetterView is one template as it is read, with example values in place of data.
//
// GET /letters/{id} (lang), GET …/body (lang) is the letter alone; POST …/test (to, lang).
type LetterView struct {
	Frame
	Title, Name, Purpose, Event, From string
	Class                             Chip
	Langs                             []Filter
	Subject, Text, FrameURL, Example  string
	Wrong                             string // why it cannot be made
	EditHref, TestPost, Lang          string
	To                                Field
	Series                            []Link // that send it
}

// LetterEditView writes a template. POST Action (name, title, purpose, from, reply_to,
// event, subject_<lang>, body_<lang>); POST DeletePost.
type LetterEditView struct {
	Frame
	New                bool
	Action, DeletePost string
	Head               []Field
	Texts              []LetterText
	Found              []string // promotion that was found in a service message
	Fields             []string
}

// LetterText is a template's letter in one language.
type LetterText struct {
	Lang, Title   string
	Subject, Body Field
}

// SeriesListView lists series. GET /series.
type SeriesListView struct {
	Frame
	Rows   []SeriesRow
	MayNew bool
}

// SeriesRow is one series.
type SeriesRow struct {
	Href, Name, Starts, Purpose string
	State                       Chip
	In, Waiting, Done           int
}

// SeriesView is one series with its figures.
//
// GET /series/{id}; POST …/start, …/pause, …/resume, …/stop.
type SeriesView struct {
	Frame
	Name, Purpose, Starts, Audience string
	State                           Chip
	Why                             string // it paused for
	In, Waiting, Done, Stopped      int
	Left                            []Count
	Steps                           []SeriesStep
	Acts                            []SeriesAct
	EditHref                        string
}

// SeriesStep is one step; its figures are -1 where they mean nothing.
type SeriesStep struct {
	N                 int // its number; 0 for those who have not begun
	Text              Link
	Note              string
	Here, Sent, Other int
}

// SeriesAct is a button.
type SeriesAct struct{ Post, Text, Class string }

// Count is a number with its word.
type Count struct {
	Text string
	N    int
}

// SeriesEditView writes a series. POST Action (name, purpose, trigger, …, and for each
// step kind_1, days_1, …; op=more gives room for more); POST DeletePost.
type SeriesEditView struct {
	Frame
	New                bool
	Action, DeletePost string
	Head, Trigger      []Field
	Steps              []SeriesFields
}

// SeriesFields are the fields of one step.
type SeriesFields struct {
	N                                     int
	Kind, Days, Hours, If, Else, Template Field
}

func total(all []Count) (n int) {
	for _, c := range all {
		n += c.N
	}
	return n
}
