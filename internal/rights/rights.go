// Package rights is the desk where people's requests about their own data are dealt
// with: cases with a legal date, from the day they arrive by whatever channel until
// an answer has left. law: GDPR 12
//
// What is right stands in the rule book rightsdef; here is what is so.
//
// # A case
//
// A case is one request of one kind by one person. Open makes it; a letter that asks
// for several things makes several, linked. Its reference, such as R-2026-0042, is
// what the person and the desk call it by. The row of a case holds no personal text:
// kind, state, dates, codes and whose it is. What was written, by whom, from where,
// letters and notes are items, sealed, and belong to the person like anything else the
// register holds about them: they are in their access package, move with them, and go
// when the case has been closed for KeepMonths. Documents that came along lie in
// package scan and nowhere else.
//
// Items are sealed with a key of their case (matter.KeyOf), not with the person's: a case
// outlives the erasure it is about. When its contents go the key is destroyed, and no
// backup from before shows them again. What identity was checked by goes, with keys of its
// own, when the case is decided.
//
//	Open ──► initiated ──► acknowledged ──► accepted ──► fulfilled
//	                │            │              │
//	                │          Ask/Pause      Extend ──► delayed ──► fulfilled
//	                │            ▼
//	                │      requires-action ──Resume──► action-performed
//	                └──► Refuse: rejected    Withdraw, Close: unfulfilled
//
// # Acts
//
// All are methods with a transaction, used alike by pages, commands and jobs:
//
//	Open            a request arrived; the clock starts on the day of arrival
//	Get, ByRef      a case with its clock; List by filter; Timeline; Items
//	Match           whose request it is; what came with it moves to that person
//	VerifyIdentity  how the desk made sure who asks; the document is not kept
//	Ask, Pause      ask for identity (with the doubt) or a clarification; the clock stands
//	Resume          the person answered
//	Extend          two more months, by letter, before the first date
//	Refuse          whole or part, with code and reasons
//	Fulfil          carries it out through the rooms (Needs) and writes the answer
//	Withdraw, Join, Close, Reopen, Assign, Note
//
// Nobody handles their own case: an act of staff on a case whose requester is the
// same person is refused.
//
// # Whose case
//
// A requester whom the register does not know yet gets a fresh id, under which the
// items are kept. Match moves them. Case.Matched tells the two apart.
//
// # Letters
//
// Each act that owes the person a letter writes it, in their language, in the same
// transaction (letters.go). One that may go by mail goes through package post as a
// service message. To somebody unknown it goes by package courier, to the address the
// request came from; and so it does to somebody matched who wants the answer there, once
// it is sure enough who asks. Until then letters go to the address the register has
// (package dispatch has the whole rule). Any other waits to be printed: Letters lists
// them, Printed marks one as gone.
//
// # Tables
//
//	cases         (case_id)                              value: no personal text
//	case_events   (case_id, event_id)                    value: the timeline, in codes
//	case_pauses   (case_id, pause_id)                    value: days asked and answered
//	case_items    (bucket, person_id, case_id, item_id)  person: sealed contents
//	case_numbers  (year)                                 local: the last reference given
package rights

import (
	"kartotek/internal/db"
	"kartotek/internal/dossier"
	"kartotek/internal/id"
	"kartotek/internal/law"
	"kartotek/internal/outbox"
	"kartotek/internal/party"
	"kartotek/internal/post"
	"kartotek/internal/rights/matter"
	"kartotek/internal/rightsdef"
	"kartotek/internal/seal"
)

// KeepMonths is how long a case is kept after it was closed. law: GDPR 5(1)(e), 5(2)
const KeepMonths = 24

// Room is the open desk.
type Room struct {
	DB     *db.DB
	Keys   *seal.Keys
	Party  *party.Room
	Outbox *outbox.Room
	Post   *post.Room
	// Terms gives what the notice in force says to the desk.
	Terms func(tx *db.Tx) (*Terms, error)
	// StaffOf finds the account of an e-mail address; 0 when it is nobody's.
	StaffOf func(tx *db.Tx, email string) (id.ID, error)
	// Able tells whether mail goes out from this register at all; nil is yes.
	Able  func() bool
	Needs Needs
	Files matter.Files // documents that follow their case (package scan); may be nil
	// Courier carries letters to people the register does not know; nil prints them.
	Courier matter.Courier
	Spend   dossier.Spend // destroys the keys of cases whose contents are erased
}

// What the desk needs of the notice in force, and the company as letters are headed.
type (
	Terms      = matter.Terms
	Controller = matter.Controller
)

// Schema is the tables of the room.
var Schema = db.Schema{Room: "rights", Tables: []db.Table{
	{
		Name: "cases", Kind: db.ValueTable, Key: "case_id",
		Cols: db.Cols(`case_id big, ref text, person_id big, matched int, kind text, scope text, channel text, state text, outcome text, code text
			language text, country text, received text, recognised text, opened_at big, opened_by text, handler_id big, handler text
			certainty int, delivery text, agent int, staff_id big, linked_id big, into_id big
			first_due text, due text, unpaused_due text, plan_due text, extended text, waiting text
			limits int, stage text, key_mac text, closed_at big, notice int, pack text, effective text, lift text`),
		Indexes: []db.Index{
			{Name: "cases_ref", Cols: "ref"},
			{Name: "cases_person", Cols: "person_id, case_id"},
			{Name: "cases_open", Cols: "plan_due, case_id", Where: "closed_at = 0"},
			{Name: "cases_closed", Cols: "closed_at", Where: "closed_at > 0"},
			{Name: "cases_linked", Cols: "linked_id", Where: "linked_id > 0"},
			{Name: "cases_received", Cols: "received, case_id"},
			{Name: "cases_lift", Cols: "lift", Where: "lift <> ''"},
			{Name: "cases_key", Cols: "key_mac", Where: "key_mac <> ''"},
		},
	},
	{
		Name: "case_events", Kind: db.ValueTable, Key: "case_id, event_id",
		Cols: db.Cols(`case_id big, event_id big, at big, kind text, state text, code text, item_id big, by_kind text, by_id big, by_name text, detail text`),
	},
	{
		Name: "case_pauses", Kind: db.ValueTable, Key: "case_id, pause_id",
		Cols: db.Cols(`case_id big, pause_id big, asked text, answered text, why text, doubt text, want int`),
	},
	{
		Name: "case_items", Kind: db.PersonTable, Key: "bucket, person_id, case_id, item_id",
		Cols: db.Cols(`bucket int, person_id big, case_id big, item_id big, kind text, at big, by_kind text, by_name text, state text, message_id big, content blob personal`),
		Indexes: []db.Index{
			{Name: "case_items_state", Cols: "state, item_id", Where: "state <> ''"},
		},
	},
	{
		Name: "case_numbers", Kind: db.LocalTable, Key: "year",
		Cols: db.Cols(`year int, last int`),
	},
}}

// Case is a request as the desk sees it. It holds no personal text.
type Case struct {
	ID       id.ID           `json:"id"`
	Ref      string          `json:"ref"` // such as R-2026-0042
	Person   id.ID           `json:"person"`
	Matched  bool            `json:"matched"` // Person is somebody in the register
	Kind     rightsdef.Kind  `json:"kind"`
	Scope    []string        `json:"scope,omitempty"` // what of: categories, purposes, or marketing, profiling, research
	Channel  string          `json:"channel"`
	State    rightsdef.State `json:"state"`
	Outcome  string          `json:"outcome,omitempty"`
	Code     string          `json:"code,omitempty"` // of the refusal
	Language string          `json:"language"`
	Country  string          `json:"country"`

	Received   law.Date `json:"received"`   // arrived at a channel
	Recognised law.Date `json:"recognised"` // was seen to be a request
	Opened     int64    `json:"opened"`     // ms
	OpenedBy   string   `json:"opened_by"`
	HandlerID  id.ID    `json:"handler_id,omitempty"`
	Handler    string   `json:"handler,omitempty"`

	Certainty rightsdef.Certainty `json:"certainty"`
	Delivery  rightsdef.Delivery  `json:"delivery"`
	Agent     bool                `json:"agent,omitempty"`  // somebody asks in the person's name
	Staff     id.ID               `json:"staff,omitempty"`  // the requester's own account, when they work here
	Linked    id.ID               `json:"linked,omitempty"` // the case it came with, or follows
	Into      id.ID               `json:"into,omitempty"`   // the case it was joined to

	Clock     rightsdef.Clock `json:"clock"`               // as of today
	Effective law.Date        `json:"effective,omitempty"` // an objection or withdrawal holds since
	Limits    bool            `json:"limits,omitempty"`    // the person's data are restricted because of this case
	Lift      law.Date        `json:"lift,omitempty"`      // the restriction ends that day, as the person was told
	Closed    int64           `json:"closed,omitempty"`    // ms
	Notice    int             `json:"notice"`              // version in force when it arrived

	Pauses []Pause `json:"pauses,omitempty"`

	stage rightsdef.Stage // as stored: what was warned of already
	key   string
}

// Pause is a pause of a case's clock.
type Pause struct {
	ID id.ID `json:"id"`
	rightsdef.Pause
	Doubt string              `json:"doubt,omitempty"`
	Want  rightsdef.Certainty `json:"want,omitempty"`
}

// Open reports whether the case is still owed an answer.
func (c *Case) Open() bool { return !c.State.Closed() }
