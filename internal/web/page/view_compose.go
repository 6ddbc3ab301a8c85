package page

import "time"

// ComposeView is the editor of a letter.
//
// POST Action (multipart): changed, format, subject; body, or preheader, accent and
// the blocks, each with its fields under its place (blocks.2.type, blocks.2.text, …;
// blocks.4.0.1.href in a column; blocks.3.file a picture); op = save, preview, blocks,
// upload, add.<list>.<kind>, or up, down, copy, drop with .<place>. POST DraftURL with
// the same fields gives the letter for the frame.
type ComposeView struct {
	Frame
	Action      string
	DraftURL    string
	BodyURL     string // of the stored letter, for the frame
	Newsletter  Link
	Settings    string // address of the other settings
	PicturesURL string
	Changed     string   // when the draft was last changed, to notice others' changes
	Letters     []Option // of a test; Value is the address
	Format      string
	Subject     Field
	Preheader   Field
	Accent      Field
	Body        Field
	Blocks      BlockList
	Variables   []Variable
	Findings    []LintRow
	Score       string
	Error       string // why nothing was stored
}

// BlockList is a list of blocks: the letter, or a column.
type BlockList struct {
	At     string
	Blocks []BlockView
	Kinds  []Option // what can be added; Value is the op
}

// BlockView is one block in the editor.
type BlockView struct {
	At          string
	Kind        string
	Title       string
	Number      int
	First, Last bool
	Fields      []Field
	Small       []Field // beside each other below
	Image       bool
	Decorative  bool
	Thumb       string // address of the picture chosen
	Columns     []BlockList
	Error       string
}

// Variable is something of the reader's or the sender's that can be put in a text.
type Variable struct{ Title, Insert string }

// LintRow is one thing to look at before a letter goes.
type LintRow struct {
	Tone   Tone
	Grade  string
	Text   string
	Do     string
	Place  string
	Href   string
	Points string // of the spam score
}

// LetterPreviewView shows a letter as one person gets it.
//
// GET Action (q, as, letter); POST TestURL (to, as).
type LetterPreviewView struct {
	Frame
	Newsletter Link
	Action     string
	EditURL    string
	Letters    []Option // of a test; Value is the address
	As, AsID   string   // the person; "" without anybody's values
	MaySearch  bool
	Search     string
	People     []Option // whom to show it as
	From       string
	To         string
	Subject    string
	FrameURL   string // address of the body, answered with FrameCSP
	Text       string // the plain-text part
	Values     []Pair // of the person, that the letter shows
	Verdict    *MayCell
	Wrong      string // why no letter can be made
	Findings   []LintRow
	Score      string
	Size       int64
	TestURL    string // "" when tests cannot be sent
	TestTo     Field
}

// PicturesView lists the pictures of letters.
//
// POST Action (multipart: file, alt); POST Row.Action (name, alt), Row.Action/remove.
type PicturesView struct {
	Frame
	Action string
	Rows   []PictureRow
	Next   string
}

// PictureRow is one picture.
type PictureRow struct {
	Src           string
	Action        string
	Name, Alt     Field
	Width, Height int
	Size          string
	At            time.Time
	By            string
	Used          int // newsletters that hold it
}

// pictureUsed says how many newsletters show a picture.
func pictureUsed(f Frame, r PictureRow) string {
	if r.Used == 0 {
		return f.T("pictures.unused")
	}
	return f.N("pictures.used", r.Used)
}

// pictureRemove names what removing a picture does.
func pictureRemove(f Frame, r PictureRow) string {
	if r.Used == 0 {
		return f.T("pictures.remove_unused")
	}
	return f.N("pictures.remove", r.Used)
}
