// Package shelf keeps campaigns: as drafts that may still be changed, and as what
// was sent when they are not any more.
//
// It stores and finds them, and says no to what would make two of one: a name that
// is taken, a change of what has started, a state that somebody else has changed
// meanwhile. What a campaign is stands in campaign/def. When one may start, and what
// happens then, is package campaign's, whose Room is a Shelf too.
package shelf

import (
	"math"
	"strings"
	"unicode/utf8"

	"kartotek/internal/campaign/def"
	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/id"
)

// Shelf is the campaigns of the register.
type Shelf struct{}

// Table is the shelf's table; its schema is the campaign room's.
var Table = db.Table{
	Name: "campaigns", Kind: db.ReferenceTable, Key: "campaign_id",
	Cols: db.Cols(`campaign_id big, name text, purpose text, class text, channel text, sender text, reply_to text, subject text, body text
		format text, language text, audience text, options text, state text, created_at big, created_by text, changed_at big, changed_by text, started_at big, done_at big`),
	Indexes: []db.Index{{Name: "campaigns_name", Cols: "name", Unique: true}},
}

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
)

func scanCampaign(scan db.Scan, c *def.Campaign) (err error) {
	var options string
	if err = scan(&c.ID, &c.Name, &c.Purpose, &c.Class, &c.Channel, &c.From, &c.ReplyTo, &c.Subject, &c.Body, &c.Format, &c.Language, &c.Audience,
		&options, &c.State, &c.CreatedAt, &c.CreatedBy, &c.ChangedAt, &c.ChangedBy, &c.StartedAt, &c.DoneAt); err != nil {
		return err
	}
	c.Options, err = def.ParseOptions(options)
	return err
}

// maxName is the most characters a name holds.
const maxName = 120

// Put stores a draft: a new one when c.ID is 0, else the changed one.
// Its name has to be free, and a campaign that has started cannot be changed.
func (s Shelf) Put(tx *db.Tx, c def.Campaign) (*def.Campaign, error) {
	c.Name = strings.TrimSpace(c.Name)
	if c.Name == "" || utf8.RuneCountInString(c.Name) > maxName {
		return nil, fault.New(fault.Invalid, "campaign.name", "a newsletter has a name of 1 to %d characters", maxName).In("name")
	}
	other, err := s.Named(tx, c.Name)
	if err == nil && other.ID != c.ID {
		return nil, fault.New(fault.Conflict, "campaign.name_taken", "another newsletter has this name").In("name")
	}
	if err != nil && !fault.Is(err, fault.NotFound) {
		return nil, err
	}
	if c.ID == 0 {
		return s.add(tx, c)
	}
	options, err := c.Options.Text()
	if err != nil {
		return nil, err
	}
	n, err := tx.Exec(updOne, int64(c.ID), c.Name, c.Purpose, string(c.Class), c.Channel, c.From, c.ReplyTo, c.Subject, c.Body, c.Format, c.Language,
		c.Audience, options, tx.Now(), tx.By().Name)
	if err == nil && n == 0 {
		err = fault.New(fault.Conflict, "campaign.started", "a newsletter that has started cannot be changed")
	}
	if err != nil {
		return nil, err
	}
	return s.Get(tx, c.ID)
}

func (s Shelf) add(tx *db.Tx, c def.Campaign) (*def.Campaign, error) {
	c.ID, c.State, c.StartedAt, c.DoneAt = tx.NewID(), def.Draft, 0, 0
	c.CreatedAt, c.ChangedAt, c.CreatedBy, c.ChangedBy = tx.Now(), tx.Now(), tx.By().Name, tx.By().Name
	options, err := c.Options.Text()
	if err != nil {
		return nil, err
	}
	_, err = tx.Exec(insOne, int64(c.ID), c.Name, c.Purpose, string(c.Class), c.Channel, c.From, c.ReplyTo, c.Subject, c.Body, c.Format, c.Language,
		c.Audience, options, c.CreatedAt, c.CreatedBy, c.ChangedAt, c.ChangedBy)
	return &c, err
}

// None is the fault of asking for a campaign that there is none of.
func None() error {
	return fault.New(fault.NotFound, "campaign.none", "there is no such newsletter")
}

func one(tx *db.Tx, q *db.Stmt, arg any) (c *def.Campaign, err error) {
	err = tx.Each(q, func(scan db.Scan) error {
		c = &def.Campaign{}
		return scanCampaign(scan, c)
	}, arg)
	if err == nil && c == nil {
		err = None()
	}
	return c, err
}

// Get reads a campaign.
func (s Shelf) Get(tx *db.Tx, which id.ID) (*def.Campaign, error) {
	return one(tx, selOne, int64(which))
}

// State reads a campaign's state; not found when there is no such campaign.
func (s Shelf) State(tx *db.Tx, which id.ID) (state def.State, found bool, err error) {
	found, err = tx.One(selState, []any{&state}, int64(which))
	return state, found, err
}

// Named finds a campaign by its name.
func (s Shelf) Named(tx *db.Tx, name string) (*def.Campaign, error) { return one(tx, selName, name) }

// List reads campaigns, newest first, from before one (0: from the newest).
func (s Shelf) List(tx *db.Tx, before id.ID, limit int) (all []def.Campaign, err error) {
	if before == 0 {
		before = math.MaxInt64
	}
	err = tx.Each(selPage, func(scan db.Scan) error {
		var c def.Campaign
		err := scanCampaign(scan, &c)
		all = append(all, c)
		return err
	}, int64(before), limit)
	return all, err
}

// ListIn reads campaigns in some states as List does.
func (s Shelf) ListIn(tx *db.Tx, states []def.State, before id.ID, limit int) (all []def.Campaign, err error) {
	if before == 0 {
		before = math.MaxInt64
	}
	names := make([]string, len(states))
	for i, s := range states {
		names[i] = string(s)
	}
	err = tx.Each(selIn, func(scan db.Scan) error {
		var c def.Campaign
		err := scanCampaign(scan, &c)
		all = append(all, c)
		return err
	}, int64(before), limit, names)
	return all, err
}

// Delete removes a draft.
func (s Shelf) Delete(tx *db.Tx, which id.ID) error {
	n, err := tx.Exec(delOne, int64(which))
	if err == nil && n == 0 {
		err = fault.New(fault.Conflict, "campaign.started", "only a draft can be deleted")
	}
	return err
}
