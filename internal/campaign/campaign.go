// Package campaign sends newsletters and campaigns: one letter to everybody an
// audience names and the rules allow.
//
// # The run
//
//	draft ──Start──► deciding ──────► sending ──────► done
//	  ▲ │               │  ▲             │  ▲ │ ▲
//	  │ Plan            └──┴─Pause/Resume┴──┘ │ │ (paused)      Stop ──► stopped
//	  │ ▼                                     ▼ │
//	scheduled ──at its time──► deciding     choosing    the letters of a test are out
//
// Start cuts the register into ranges of buckets that hold some 4,000 people
// each and puts one job for each into the queue (package job). A range is worked
// on by the holder of its job's lease alone, and goes through its own phases:
//
//	decide   one transaction decides for everybody of the range the audience names
//	         and writes a row for each: queued, or skipped with the code that says why
//	send     groups of at most 250, or what a second can send: one transaction records what became of the last
//	         group, asks the rules again for the next and notes whom it is handed over for; then the
//	         group is transmitted over a connection that stays open, each message
//	         asked about once more when only its text is left to send. If nothing was
//	         written to the register since (db.Version) the answer is known
//	wait     some messages were refused for now, or the hours are quiet; the range is
//	         due again at next_at
//	held     all that is left waits for the letter that a test will choose
//	done
//
// The first range is sent while the others are still being decided, so the first
// message is out within a second however large the register. The states of a
// single message are those of package outbox.
//
// # After a crash
//
// Everything a run needs is in the tables: starting the program again, or another
// process, takes the ranges over whose lease has ended. Messages that were handed
// over without a recorded outcome are asked of the dead process's journal (package
// outbox); what it cannot tell becomes uncertain, or for service messages is
// sent again under the same Message-ID. Deciding a range twice is impossible: its
// phase changes in the transaction that writes the rows. When the context of a
// handler ends, the message at hand is finished, and the rest of its group goes
// back to queued.
//
// # Tables
//
//	campaigns        (campaign_id)                       reference: the letter and its state
//	campaign_ranges  (campaign_id, lo)                   local: the work list
//	campaign_counts  (campaign_id, lo, state, code)      local: the rollup that results are read from
//	campaign_alarms  (campaign_id, at)                   local: when a campaign paused by itself, and why
//
// The rows about people are the outbox's.
package campaign

import (
	"context"

	"kartotek/internal/audit"
	"kartotek/internal/campaign/alarm"
	"kartotek/internal/campaign/def"
	"kartotek/internal/campaign/letter"
	"kartotek/internal/campaign/shelf"
	"kartotek/internal/clicks"
	"kartotek/internal/db"
	"kartotek/internal/id"
	"kartotek/internal/outbox"
	"kartotek/internal/outbox/preflight"
	"kartotek/internal/segment"
)

// Room is the open room. Channel is where letters go; it may be nil in a process
// that does not send.
type Room struct {
	shelf.Shelf // the campaigns as they are kept

	DB       *db.DB
	Outbox   *outbox.Room
	Segments *segment.Room
	Terms    func(tx *db.Tx) (*Terms, error)
	Channel  outbox.Channel
	Able     func() bool  // whether the channel leads anywhere now; nil: whenever there is one
	Clicks   *clicks.Room // counts the links of letters that ask for it; nil counts none
	BaseURL  string       // public address that links in letters begin with
	// GroupSize is how many messages one transaction hands over at most; 0 means 250.
	// After a power cut so many for each worker may be uncertain.
	GroupSize int
	// ReturnDomain is the domain of return paths, one for each message; "" when what
	// comes back goes to the sender's own address.
	ReturnDomain string
	// Gate tells whether mail from a domain may go, to many at once or not; nil when
	// nobody looks. It is asked whenever a range is begun.
	Gate func(ctx context.Context, domain string, many bool) (preflight.Verdict, error)
	// Clicked counts the clicks on each letter of a campaign's test, by letter; nil
	// when clicks are not counted.
	Clicked func(tx *db.Tx, campaign id.ID) (map[int]int, error)
	// Checkers look at a campaign before it is sent, beside the room itself.
	Checkers []Checker

	prepared letter.Cache
	alarms   alarm.Watch
}

// Sends reports whether letters can be sent from this process now.
func (r *Room) Sends() bool { return r.Channel != nil && (r.Able == nil || r.Able()) }

// Terms is what letters need of the notice in force.
type Terms = letter.Terms

// What a campaign is stands in package def; these are its names here.
type (
	Campaign = def.Campaign
	State    = def.State
	Options  = def.Options
	Schedule = def.Schedule
	Split    = def.Split
	Variant  = def.Variant
	Trial    = def.Trial
	Cap      = def.Cap
	Quiet    = def.Quiet
)

// The states; see the package comment.
const (
	Draft     = def.Draft
	Scheduled = def.Scheduled
	Deciding  = def.Deciding
	Sending   = def.Sending
	Choosing  = def.Choosing
	Paused    = def.Paused
	Done      = def.Done
	Stopped   = def.Stopped
)

// Schema is the tables of the room.
var Schema = db.Schema{Room: "campaign", Needs: []db.Schema{audit.Schema}, Tables: []db.Table{
	shelf.Table,
	{
		Name: "campaign_ranges", Kind: db.LocalTable, Key: "campaign_id, lo",
		Cols: db.Cols("campaign_id big, lo int, hi int, phase text, next_at big, hands blob, hands_at big"),
	},
	{
		Name: "campaign_counts", Kind: db.LocalTable, Key: "campaign_id, lo, state, code",
		Cols: db.Cols("campaign_id big, lo int, state text, code text, n big"),
	},
	alarm.Table,
}}

var (
	insRange  = db.SQL(db.Local, `INSERT INTO campaign_ranges (campaign_id, lo, hi, phase, next_at, hands, hands_at) VALUES ($1, $2, $3, 'decide', 0, $4, 0)`)
	updRange  = db.SQL(db.Local, `UPDATE campaign_ranges SET phase = $3, next_at = $4 WHERE campaign_id = $1 AND lo = $2`)
	updHands  = db.SQL(db.Local, `UPDATE campaign_ranges SET hands = $3, hands_at = $4 WHERE campaign_id = $1 AND lo = $2`)
	updFreed  = db.SQL(db.Local, `UPDATE campaign_ranges SET phase = 'send' WHERE campaign_id = $1 AND phase = 'held'`)
	selHands  = db.SQL(db.Local, `SELECT hands, hands_at FROM campaign_ranges WHERE campaign_id = $1 AND lo = $2`)
	selRange  = db.SQL(db.Local, `SELECT lo, hi, phase, next_at FROM campaign_ranges WHERE campaign_id = $1 AND lo = $2`)
	selRanges = db.SQL(db.Local, `SELECT lo, hi, phase, next_at FROM campaign_ranges WHERE campaign_id = $1 ORDER BY lo`)

	delCounts = db.SQL(db.Local, `DELETE FROM campaign_counts WHERE campaign_id = $1 AND lo = $2`)
	insCount  = db.SQL(db.Local, `INSERT INTO campaign_counts (campaign_id, lo, state, code, n) VALUES ($1, $2, $3, $4, $5)`)
	selCounts = db.SQL(db.Local, `SELECT state, code, sum(n) FROM campaign_counts WHERE campaign_id = $1 GROUP BY state, code ORDER BY state, code`)
	selWhere  = db.SQL(db.Local, `SELECT DISTINCT c.lo, r.hi FROM campaign_counts c JOIN campaign_ranges r ON r.campaign_id = c.campaign_id AND r.lo = c.lo
		WHERE c.campaign_id = $1 AND r.hi >= $2 AND c.state = $3 AND (c.code = $4 OR $4 = '') AND c.n > 0 ORDER BY c.lo`)
)
