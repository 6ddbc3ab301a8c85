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
	"time"

	"kartotek/internal/audit"
	"kartotek/internal/campaign/def"
	"kartotek/internal/clicks"
	"kartotek/internal/compose"
	"kartotek/internal/db"
	"kartotek/internal/id"
	"kartotek/internal/outbox"
	"kartotek/internal/outbox/preflight"
	"kartotek/internal/permit"
	"kartotek/internal/segdef"
	"kartotek/internal/segment"
)

// Room is the open room. Channel is where letters go; it may be nil in a process
// that does not send.
type Room struct {
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

	prepared cache
	alarms   watchman
}

// Sends reports whether letters can be sent from this process now.
func (r *Room) Sends() bool { return r.Channel != nil && (r.Able == nil || r.Able()) }

// Terms is what a campaign needs of the notice in force.
type Terms struct {
	Version int
	// Question gives class and legal basis of a purpose by a channel; an error
	// (Denied) when the notice does not promise it. law: GDPR 5(1)(b)
	Question  func(purpose, channel string, at time.Time) (permit.Question, error)
	Catalogue segdef.Catalogue
	// Uses tells whether the notice lists a person field's category among what a
	// purpose uses; nil tells of none. law: GDPR 5(1)(b)
	Uses     func(purpose, field string) bool
	Base     string // public address that the register's own pictures are under
	Sender   compose.Sender
	Language string // of the register, when a campaign names none
}

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
	{
		Name: "campaigns", Kind: db.ReferenceTable, Key: "campaign_id",
		Cols: db.Cols(`campaign_id big, name text, purpose text, class text, channel text, sender text, reply_to text, subject text, body text
			format text, language text, audience text, options text, state text, created_at big, created_by text, changed_at big, changed_by text, started_at big, done_at big`),
		Indexes: []db.Index{{Name: "campaigns_name", Cols: "name", Unique: true}},
	},
	{
		Name: "campaign_ranges", Kind: db.LocalTable, Key: "campaign_id, lo",
		Cols: db.Cols("campaign_id big, lo int, hi int, phase text, next_at big, hands blob, hands_at big"),
	},
	{
		Name: "campaign_counts", Kind: db.LocalTable, Key: "campaign_id, lo, state, code",
		Cols: db.Cols("campaign_id big, lo int, state text, code text, n big"),
	},
	alarmsTable,
}}

const cols = `campaign_id, name, purpose, class, channel, sender, reply_to, subject, body, format, language, audience, options, state,
	created_at, created_by, changed_at, changed_by, started_at, done_at`

var (
	selOne   = db.SQL(db.Reference, `SELECT `+cols+` FROM campaigns WHERE campaign_id = $1`)
	selState = db.SQL(db.Reference, `SELECT state FROM campaigns WHERE campaign_id = $1`)
	selName  = db.SQL(db.Reference, `SELECT `+cols+` FROM campaigns WHERE name = $1`)
	selPage  = db.SQL(db.Reference, `SELECT `+cols+` FROM campaigns WHERE campaign_id < $1 ORDER BY campaign_id DESC LIMIT $2`)
	selIn    = db.SQL(db.Reference, `SELECT `+cols+` FROM campaigns WHERE campaign_id < $1 AND state {in $3} ORDER BY campaign_id DESC LIMIT $2`)
	insOne   = db.SQL(db.Reference, `INSERT INTO campaigns (`+cols+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $10, $11, $12, $13, 'draft', $14, $15, $16, $17, 0, 0)`)
	updOne   = db.SQL(db.Reference, `UPDATE campaigns SET name = $2, purpose = $3, class = $4, channel = $5, sender = $6, reply_to = $7, subject = $8,
		body = $9, format = $10, language = $11, audience = $12, options = $13, changed_at = $14, changed_by = $15 WHERE campaign_id = $1 AND state = 'draft'`)
	updPlan    = db.SQL(db.Reference, `UPDATE campaigns SET state = $3, options = $4 WHERE campaign_id = $1 AND state = $2`)
	updOptions = db.SQL(db.Reference, `UPDATE campaigns SET options = $2 WHERE campaign_id = $1`)
	updState   = db.SQL(db.Reference, `UPDATE campaigns SET state = $3, started_at = $4, done_at = $5 WHERE campaign_id = $1 AND state = $2`)
	delOne     = db.SQL(db.Reference, `DELETE FROM campaigns WHERE campaign_id = $1 AND state = 'draft'`)

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

func scanCampaign(scan db.Scan, c *Campaign) (err error) {
	var options string
	if err = scan(&c.ID, &c.Name, &c.Purpose, &c.Class, &c.Channel, &c.From, &c.ReplyTo, &c.Subject, &c.Body, &c.Format, &c.Language, &c.Audience,
		&options, &c.State, &c.CreatedAt, &c.CreatedBy, &c.ChangedAt, &c.ChangedBy, &c.StartedAt, &c.DoneAt); err != nil {
		return err
	}
	c.Options, err = def.ParseOptions(options)
	return err
}
