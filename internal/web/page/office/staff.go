package office

import (
	"time"

	"kartotek/internal/web/page"
)

// StaffView lists the accounts.
//
// POST /staff: name, email, affiliation ("own" or a processor's id), until, level
// (several). Answers with StaffLink.
type StaffView struct {
	page.Frame
	Rows      []StaffRow
	LevelsURL string
	Name      page.Field
	Email     page.Field
	Belongs   page.Field
	Until     page.Field
	Levels    []LevelChoice
	Open      bool   // the form, because something in it was wrong
	Error     string // what was wrong; nothing was stored
}

// StaffRow is one account.
type StaffRow struct {
	Href, Name, Email string
	Belongs           string // own staff, or the processor's name
	Levels            []string
	Until             time.Time // last day; zero when open
	Seen              time.Time // the day they last did something; zero for never
	Second            bool      // has a second factor
	State             page.Chip
}

// LevelChoice is a level one can give.
type LevelChoice struct {
	Value, Title, Job string
	On                bool
	Why               string // why it cannot be given or taken here; "" when it can
}

// StaffLinkView shows a one-time link, once, to be handed over.
type StaffLinkView struct {
	page.Frame
	Name, URL, Life, Back string
}

// StaffAccountView is one account with what can be changed of it.
//
// POST Action/levels: level (several). POST Action/until: until. POST
// Action/disable, enable, link, sessions.
type StaffAccountView struct {
	page.Frame
	Action, Name, Email, Belongs string
	State                        page.Chip
	Since, Seen                  time.Time
	Second                       bool
	Sessions                     int
	Own                          bool // the reader's own account, which others change
	Disabled                     bool
	Last                         bool // the last one that administers accounts
	MayLink                      bool
	Until                        page.Field
	Levels                       []LevelChoice
}

// LevelsView shows one access level as a matrix, beside another one if asked.
type LevelsView struct {
	page.Frame
	Tabs       []LevelTab
	Name       string
	Title, Job string
	EditURL    string // "" when the reader may not change it
	Locked     string // why not
	With       []page.Option
	Other      string // title of the level compared with
	Purposes   []string
	Rows       []LevelRow
	Acts       []LevelActs
	More       []page.Pair // raised to, second person
	Holders    []page.Link
	HistoryURL string
	NewURL     string
}

// LevelTab leads to a level.
type LevelTab struct {
	Href, Text string
	Holders    int
	On         bool
}

// LevelRow is one category.
type LevelRow struct {
	Category string
	Cells    []LevelCell
}

// LevelCell is what a level may do with a category for a purpose.
type LevelCell struct {
	Unused bool   // the purpose does not use the category
	May    string // "", see, search or edit: the most it may
	Also   string // what that takes in, in words
	Other  string // what the other level may, in words, where it differs
}

// Icon is the shape that goes with the word.
func (c LevelCell) Icon() string {
	return map[string]string{"see": "eye", "search": "search", "edit": "edit"}[c.May]
}

// LevelActs are the acts allowed for a purpose, or without one.
type LevelActs struct {
	For   string
	Acts  []string
	Other []string // of the other level; only when comparing
}

// LevelEditView is the form of a level.
//
// POST Action: name (of a new one), title.LANG, job.LANG, cell.PURPOSE.CATEGORY,
// act.PURPOSE (several), act, elevate, four_eyes, base. Answers with LevelChange.
type LevelEditView struct {
	page.Frame
	Action, Base string
	Back         string
	New          bool
	Title        string
	Error        string
	Name         page.Field
	Titles       []page.Field
	Jobs         []page.Field
	Purposes     []string
	Rows         []LevelEditRow
	Acts         []LevelEditActs
	Elevate      []page.Option
	FourEyes     []page.Option
}

// LevelEditRow is one category of the form.
type LevelEditRow struct {
	Category string
	Cells    []LevelEditCell
}

// LevelEditCell is one choice; Name is empty where the purpose does not use the category.
type LevelEditCell struct {
	Name, Label string
	Options     []page.Option
}

// LevelEditActs are the acts that can be allowed for a purpose.
type LevelEditActs struct {
	Name, For string
	Some      int // how many are allowed
	Acts      []page.Option
}

// LevelChangeView says what a change means, before it is made.
//
// POST Action with the same fields and op=set.
type LevelChangeView struct {
	page.Frame
	Action, Back, Title string
	Effects             []page.Chip // "3 people will no longer see billing details"
	Nobody              bool        // nobody holds the level
	Differences         []LevelDifference
	Fields              []page.Pair // the form's fields, carried on
	Version             int
	Error               string
}

// LevelDifference is one thing that changes.
type LevelDifference struct{ What, Before, After string }

// LevelHistoryView lists the versions of the notice that changed levels.
type LevelHistoryView struct {
	page.Frame
	Steps []LevelStep
}

// LevelStep is one of them.
type LevelStep struct {
	Notice      page.Link
	At          time.Time
	By          string
	Differences []LevelStepLevel
}

// LevelStepLevel is what changed of one level.
type LevelStepLevel struct {
	Title string
	Rows  []LevelDifference
}

// word is the part of the cell's text key.
func (c LevelCell) word() string {
	if c.May == "" {
		return "none"
	}
	return c.May
}
