// Package outbox holds every message to a person, sent or not, with the verdict it rests on.
//
// # Rows
//
// A message is a row, and so is a message that was not allowed: everybody an
// audience named has one, with the code of the verdict, the rule pack, the
// notice version, the evidence and the facts decided on. law: GDPR 5(2)
//
//	messages      (bucket, person_id, message_id)  one message to one person; unique per campaign and person
//	suppressions  (address, class)                 addresses not to be written to, by keyed hash: outlives erasure
//	returns       (bucket, person_id, message_id, code)  what came back of a message, and was acted on
//	moved         (person_id)                      people merged into others, so that links in old mail still work
//
// # States
//
//	          decide                 ask again, mark          outcome
//	(none) ───────────► queued ───────────────────► handed ─────────────► sent
//	   │                  ▲  │                        │ │ ├──────────────► failed      refused for good, or too often
//	   │ not allowed      │  │ no longer allowed      │ │ └──────────────► retry       refused for now; due at next_at
//	   └──► skipped ◄─────┼──┴────────────────────────┘ └────────────────► uncertain   nobody can know
//	                      └── not begun: run cancelled, or duty mail after a crash
//
// Somebody who knows what became of an uncertain message says so (SettleByHand): sent
// or failed; nothing is sent by that.
//
// A message whose receiver is given no more for now (package pace) goes back to
// retry with a time and without a counted try.
//
// queued and retry may be handed over; skipped, sent, failed and uncertain are
// ends. That a message is handed over is committed before the receiving server is
// given the first byte of it, so that after a crash nobody is written to twice: a
// handed message without an outcome becomes uncertain, and marketing is never sent
// again from there. Duty mail (class service) goes back to queued and is sent
// again under the same Message-ID. A group of a campaign is not marked row by row:
// the campaign notes whom it hands over (Hands), a few bytes each, and each row is
// then written once, with its outcome. Whoever takes the campaign over after a
// crash marks what was noted (Resume).
//
// # After a crash
//
// A group is handed over at once, so a killed process leaves many handed messages.
// Its Journal, a file beside the register, tells which of them were taken by the
// receiving server, not even begun, or in between; only the last are uncertain.
// After a power cut, or on another machine, the journal is not believed.
//
// # Deciding
//
// Walk decides over a range of buckets, DecideAll over the register, DecideOne
// for one person; all three ask permit.DecideWith and nothing else. The outbox
// asks again at hand-over, in the transaction that marks the row, and once more
// immediately before the message itself is transmitted (Fresh): a "no" stops
// every message that is not on the wire yet. Replay decides an old message again
// from what was known then.
//
// # Acts of the person
//
// Links in messages carry a token (Links, ByToken) that opens one act for one
// person and nothing else. Unsubscribe, SavePreferences and Object turn what the
// person did into entries of the ledger.
package outbox

import (
	"time"

	"kartotek/internal/db"
	"kartotek/internal/id"
	"kartotek/internal/ledger"
	"kartotek/internal/outbox/journal"
	"kartotek/internal/party"
	"kartotek/internal/permit"
	"kartotek/internal/seal"
)

// Room is the open outbox.
type Room struct {
	DB     *db.DB
	Party  *party.Room
	Ledger *ledger.Room
	Keys   *seal.Keys
	// Journal tells after a crash which handed messages were not begun; it may be nil.
	Journal *journal.Journal
	// TitleOf names the letter of a campaign in an export; it may be nil.
	TitleOf func(tx *db.Tx, campaign id.ID) (string, error)
	// Question gives what a version of the notice asks for a purpose and channel
	// at a time: its class and legal basis. Replay needs those of old versions.
	Question func(tx *db.Tx, version int, purpose, channel string, at time.Time) (permit.Question, error)
}

// State is where a message is; see the package comment.
type State string

// The states.
const (
	Queued    State = "queued"
	Handed    State = "handed"
	Sent      State = "sent"
	Failed    State = "failed"
	Skipped   State = "skipped"
	Uncertain State = "uncertain"
	Retry     State = "retry"
)

// Ended reports whether nothing more will happen to a message in this state.
func (s State) Ended() bool { return s != Queued && s != Handed && s != Retry }

// Message is one row. Times are ms, 0 when not yet.
type Message struct {
	ID       id.ID
	Person   id.ID
	Campaign id.ID // 0 for a message of its own
	Class    permit.Class
	Purpose  string
	Channel  string
	State    State
	Code     string // of the verdict, or why it was skipped
	Notice   int    // version of the notice in force when decided
	Pack     string // rule packs that decided
	Decided  int64
	Facts    string // what was decided on besides the ledger: see Known
	Evidence string // the ledger entry the verdict rests on
	Attempt  int    // hand-overs so far
	Next     int64  // when a retry is due
	HandedAt int64
	Done     int64
	Reply    Reply
	FormerID id.ID // the person it was addressed to, when merged into another since
	Variant  int   // which letter of a test it is, from 1; 0 for the only one, or not chosen yet
	Carriers int64 // the processors whose relays were told whom it is for, a bit each: see package relay
}

// SomeCarrier, among Message.Carriers, says that a relay was told whom the message is
// for and that which one is not known: the process that spoke to it died.
const SomeCarrier int64 = 1 << 62

// Reply is what the receiving side said at last.
type Reply struct {
	Code     int    // SMTP reply code; 0 when none
	Enhanced string // such as "5.1.1"
	Text     string // one line, addresses taken out
}

// Addressee is the person the message was decided for, also after a merge.
func (m *Message) Addressee() id.ID {
	if m.FormerID != 0 {
		return m.FormerID
	}
	return m.Person
}
