// Package def says what a campaign is: the letter, the audience, and how it is sent.
//
// It holds what can be worked out from a campaign alone, without the register: which
// letter of a test a person gets, when the clock on the wall shows a time planned,
// whether the hours are quiet, which letter did best. Package campaign stores
// campaigns and runs them.
//
// # Shape
//
//	Campaign, State            def.go       one letter with its audience
//	Options, Schedule, Cap     options.go   how it is sent; one strict JSON text in the table
//	Schedule.When              schedule.go  a time of the wall clock, through clock changes
//	Split, Letter, VariantOf   split.go     a test of 2 to 4 letters
//	Best, Trial                split.go     the choice
//	Quiet, QuietUntil          quiet.go     hours in which nothing is handed over
//	ReadFile                   file.go      a campaign from YAML
//	Results, Progress          results.go   the figures of a run
//	Finding, Timing            finding.go   what is looked at before a start
//
// Begin with Campaign.
package def

import (
	"strings"

	"kartotek/internal/compose"
	"kartotek/internal/id"
	"kartotek/internal/permit"
)

// State is where a campaign is; package campaign draws the way.
type State string

// The states.
const (
	Draft     State = "draft"
	Scheduled State = "scheduled" // starts by itself at its time
	Deciding  State = "deciding"
	Sending   State = "sending"
	Choosing  State = "choosing" // the letters of a test are out, the rest waits for the choice
	Paused    State = "paused"
	Done      State = "done"
	Stopped   State = "stopped"
)

// Running reports whether jobs are at work, or should be.
func (s State) Running() bool { return s == Deciding || s == Sending || s == Choosing }

// Campaign is one letter with its audience. Times are ms.
type Campaign struct {
	ID        id.ID
	Name      string
	Purpose   string
	Class     permit.Class
	Channel   string
	From      string // a mailbox: news@nordanvind.example, or Nordanvind <news@…>
	ReplyTo   string
	Subject   string
	Body      string
	Format    string // markdown, html, blocks, or "" to detect
	Language  string // of the letter
	Audience  string // segment expression
	Options   Options
	Variant   int // which letter of a test this is, when Letter made it; 0 otherwise
	State     State
	CreatedAt int64
	CreatedBy string
	ChangedAt int64
	ChangedBy string
	StartedAt int64
	DoneAt    int64
}

// Public reports whether everybody may read the letter: its options say so, and
// it has gone out to everybody it was for.
func (c *Campaign) Public() bool { return c.Options.Archive && c.State == Done }

// SubjectIn is the subject line as a reader of a language gets it, with nothing
// put in that is the reader's own; as it was written when it cannot be made.
func (c *Campaign) SubjectIn(lang, controller string) string {
	if !strings.Contains(c.Subject, "{") {
		return c.Subject
	}
	tpl, err := compose.Compile(compose.Source{Subject: c.Subject, Body: "-", Format: "markdown", Lang: lang})
	if err != nil {
		return c.Subject
	}
	m, err := tpl.Render(compose.Vars{Person: compose.Fields{"language": lang}, Controller: controller, Campaign: c.Name, Lang: lang})
	if err != nil || m.Subject == "" {
		return c.Subject
	}
	return m.Subject
}
