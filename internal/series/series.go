// Package series sends letters in a row: a welcome when somebody signs up, a reminder
// before a date, a question some days after an order.
//
// # What a series is
//
// A trigger, a purpose of the notice, and steps:
//
//	sign-up   a consent to a purpose was recorded (package ledger tells, in the same transaction)
//	date      some days before or after a date: a field of the card, or one a program told of
//	event     something a program told of, such as order.confirmed
//
//	wait      days and hours
//	if        a condition like a segment's; who does not meet it leaves, or skips the next letter
//	letter    a template of package post, for the same purpose
//
// # Who is in it
//
// Everybody a trigger brings in has an enrolment: one row with the next step and when
// it is due. One job takes what is due (work.go) and moves each enrolment on, in a
// transaction that also stores the letter, so that a step is never done twice,
// whatever is killed when. Before every step the rules are asked for the purpose of
// the series; who may no longer be written to leaves, and also at once when they say
// so. A letter is asked about again when it is handed over (package post).
// law: GDPR 7(3), 21(3)
//
//	waiting ──► done       the last step was taken
//	   ├──────► left       with the code: of the verdict, or CONDITION, REPLACED
//	   └──────► stopped    the series was stopped
//
// # States of a series
//
//	draft ──Start──► running ◄──Pause/Resume──► paused      Stop ──► stopped
//
// Only a draft can be changed: people who are halfway would lose their place. The
// texts of its letters can be changed at any time. A paused series takes people in
// and moves nobody on; one whose letter can no longer be made pauses by itself and
// says why.
//
// # Tables
//
//	series      (series_id)                               reference
//	enrolments  (bucket, person_id, series_id, origin)    person; origin tells one order, or one date, from the next
package series

import (
	"kartotek/internal/db"
	"kartotek/internal/id"
	"kartotek/internal/outbox"
	"kartotek/internal/post"
	"kartotek/internal/segment"
)

// Room is the open room.
type Room struct {
	DB       *db.DB
	Outbox   *outbox.Room
	Post     *post.Room
	Segments *segment.Room
	Zone     string // of the controller, for hours and days; "" is Europe/Helsinki
}

// State is where a series is.
type State string

// The states.
const (
	Draft   State = "draft"
	Running State = "running"
	Paused  State = "paused"
	Stopped State = "stopped"
)

// Series is one series. Times are ms.
type Series struct {
	ID        id.ID
	Name      string
	Purpose   string // of the notice
	Trigger   Trigger
	Audience  string // who of those the trigger names is taken in: a segment's condition; "" for all
	Steps     []Step
	State     State
	Why       string // key of the fault it paused for; "" when somebody paused it
	Scanned   string // ISO date up to which cards were looked through for a date
	CreatedAt int64
	CreatedBy string
	ChangedAt int64
	ChangedBy string
	StartedAt int64
}

// Kinds of trigger.
const (
	SignUp  = "sign-up"
	OnDate  = "date"
	OnEvent = "event"
)

// Trigger is what brings people in.
type Trigger struct {
	Kind    string `json:"kind"`
	Purpose string `json:"purpose,omitempty"` // sign-up: consent to it
	Field   string `json:"field,omitempty"`   // date: the field of the card that holds it
	Event   string `json:"event,omitempty"`   // event: its type; date: its name, when a program tells of it
	Days    int    `json:"days,omitempty"`    // date: after it; before it when negative
	Hour    string `json:"hour,omitempty"`    // date: the time of day, such as 09:00
	Yearly  bool   `json:"yearly,omitempty"`  // date: every year, as a birthday
	Again   bool   `json:"again,omitempty"`   // event and date: each time; otherwise once for each person
}

// Kinds of step.
const (
	Wait   = "wait"
	If     = "if"
	Letter = "letter"
)

// What follows for who does not meet a condition.
const (
	Leave = "leave"
	Skip  = "skip" // the next step is left out
)

// Step is one step.
type Step struct {
	Kind     string `json:"kind"`
	Days     int    `json:"days,omitempty"`
	Hours    int    `json:"hours,omitempty"`
	If       string `json:"if,omitempty"`   // a segment's condition
	Else     string `json:"else,omitempty"` // leave or skip
	Template string `json:"template,omitempty"`
}

// Codes of people who left for another reason than a verdict.
const (
	CodeCondition = "CONDITION"
	CodeReplaced  = "REPLACED" // a program told of another date
)

// Schema is the tables of the room.
var Schema = db.Schema{Room: "series", Tables: []db.Table{
	{
		Name: "series", Kind: db.ReferenceTable, Key: "series_id",
		Cols: db.Cols(`series_id big, name text, purpose text, start_on text, audience text, steps text, state text, why text, scanned text
			created_at big, created_by text, changed_at big, changed_by text, started_at big`),
		Indexes: []db.Index{{Name: "series_name", Cols: "name", Unique: true}},
	},
	{
		Name: "enrolments", Kind: db.PersonTable, Key: "bucket, person_id, series_id, origin",
		Cols: db.Cols(`bucket int, person_id big, series_id big, origin big, step int, due_at big, state text personal, code text, data blob personal keyed
			at big, changed_at big`),
		Indexes: []db.Index{
			{Name: "enrolments_due", Cols: "due_at", Where: "state = 'waiting'"},
			{Name: "enrolments_series", Cols: "series_id, state, step"},
		},
	},
}}

const (
	cols      = `series_id, name, purpose, start_on, audience, steps, state, why, scanned, created_at, created_by, changed_at, changed_by, started_at`
	placeCols = `person_id, series_id, origin, step, due_at, state, code, data, at, changed_at`
)

var (
	selOne  = db.SQL(db.Reference, `SELECT `+cols+` FROM series WHERE series_id = $1`)
	selFor  = db.SQL(db.Reference, `SELECT purpose FROM series WHERE series_id = $1`)
	selName = db.SQL(db.Reference, `SELECT `+cols+` FROM series WHERE name = $1`)
	selAll  = db.SQL(db.Reference, `SELECT `+cols+` FROM series ORDER BY name`)
	selLive = db.SQL(db.Reference, `SELECT `+cols+` FROM series WHERE state IN ('running', 'paused') ORDER BY series_id`)
	insOne  = db.SQL(db.Reference, `INSERT INTO series (`+cols+`) VALUES ($1, $2, $3, $4, $5, $6, 'draft', '', '', $7, $8, $7, $8, 0)`)
	updOne  = db.SQL(db.Reference, `UPDATE series SET name = $2, purpose = $3, start_on = $4, audience = $5, steps = $6, changed_at = $7, changed_by = $8
		WHERE series_id = $1 AND state = 'draft'`)
	updState = db.SQL(db.Reference, `UPDATE series SET state = $3, why = $4, started_at = $5, scanned = $6 WHERE series_id = $1 AND state = $2`)
	updScan  = db.SQL(db.Reference, `UPDATE series SET scanned = $2 WHERE series_id = $1 AND scanned < $2`)
	delOne   = db.SQL(db.Reference, `DELETE FROM series WHERE series_id = $1 AND state = 'draft'`)

	insPlace = db.SQL(db.OnePerson, `INSERT INTO enrolments (bucket, person_id, series_id, origin, step, due_at, state, code, data, at, changed_at)
		VALUES ($1, $2, $3, $4, 0, $5, 'waiting', '', $6, $7, $7) ON CONFLICT (bucket, person_id, series_id, origin) DO NOTHING`)
	putPlace = db.SQL(db.OnePerson, `INSERT INTO enrolments (bucket, person_id, series_id, origin, step, due_at, state, code, data, at, changed_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11)`)
	updPlace = db.SQL(db.OnePerson, `UPDATE enrolments SET step = $5, due_at = $6, state = $7, code = $8, changed_at = $9, data = CASE WHEN $7 = 'waiting' THEN data ELSE $10 END
		WHERE bucket = $1 AND person_id = $2 AND series_id = $3 AND origin = $4 AND state = 'waiting'`)
	selDue   = db.SQL(db.Set, `SELECT `+placeCols+` FROM enrolments WHERE state = 'waiting' AND due_at <= $1 AND series_id {in $2} ORDER BY due_at, person_id LIMIT $3`)
	selOf    = db.SQL(db.OnePerson, `SELECT `+placeCols+` FROM enrolments WHERE bucket = $1 AND person_id = $2 ORDER BY at, series_id, origin`)
	delOf    = db.SQL(db.OnePerson, `DELETE FROM enrolments WHERE bucket = $1 AND person_id = $2`)
	delPlace = db.SQL(db.OnePerson, `DELETE FROM enrolments WHERE bucket = $1 AND person_id = $2 AND series_id = $3 AND origin = $4`)
	cntSteps = db.SQL(db.Set, `SELECT step, state, code, count(*) FROM enrolments WHERE series_id = $1 GROUP BY step, state, code ORDER BY step, state, code`)
	endAll   = db.SQL(db.Set, `UPDATE enrolments SET state = 'stopped', changed_at = $4, data = $5 WHERE bucket BETWEEN $1 AND $2 AND series_id = $3 AND state = 'waiting'`)
)
