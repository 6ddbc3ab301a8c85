// Package alarm knows when a campaign has to pause by itself, and keeps what made it.
//
// Going on harms when too many say that it is spam, too many addresses are dead,
// nearly everybody's server refuses, or the look before a send found something that
// has to be mended first. The bounds are those of outbox/pace. Somebody then goes on
// with the campaign, or does not; what was counted before is not held against it
// again, which is why an alarm keeps the counts it was raised at.
//
// A Book keeps the alarms and counts from the tables what came back; a Watch counts
// in memory while this process sends, because the tables lag behind.
package alarm

import (
	"encoding/json"
	"time"

	"kartotek/internal/clock"
	"kartotek/internal/db"
	"kartotek/internal/id"
	"kartotek/internal/outbox"
	"kartotek/internal/outbox/pace"
)

// The codes of why a campaign paused by itself, beside those of pace.Decision:
// complaints, bounces and policy.
const CodePreflight = "preflight"

// Alarm is what made a campaign pause by itself.
type Alarm struct {
	At     time.Time
	Code   string // complaints, bounces, policy or preflight
	Counts pace.Counts
	Stands bool // nobody has gone on with the campaign since
}

// Table is where alarms are kept; its schema is the campaign room's.
var Table = db.Table{
	Name: "campaign_alarms", Kind: db.LocalTable, Key: "campaign_id, at", Cols: db.Cols("campaign_id big, at big, code text, counts text, stands int"),
}

var (
	insAlarm  = db.SQL(db.Local, `INSERT INTO campaign_alarms (campaign_id, at, code, counts, stands) VALUES ($1, $2, $3, $4, 1) ON CONFLICT (campaign_id, at) DO NOTHING`)
	selAlarm  = db.SQL(db.Local, `SELECT at, code, counts, stands FROM campaign_alarms WHERE campaign_id = $1 ORDER BY at DESC LIMIT 1`)
	updStands = db.SQL(db.Local, `UPDATE campaign_alarms SET stands = 0 WHERE campaign_id = $1 AND stands = 1`)
)

// Book keeps alarms. Handed gives how many messages of a campaign were accepted and
// how many failed for good.
type Book struct {
	Outbox *outbox.Room
	Handed func(tx *db.Tx, which id.ID) (accepted, failed int, err error)
}

// Raise stores an alarm with what was counted so far.
func (b Book) Raise(tx *db.Tx, which id.ID, code string) error {
	counts, err := b.total(tx, which)
	if err != nil {
		return err
	}
	text, err := json.Marshal(counts)
	if err == nil {
		_, err = tx.Exec(insAlarm, int64(which), tx.Now(), code, string(text))
	}
	return err
}

// Rest takes the alarm of a campaign away that somebody goes on with.
func Rest(tx *db.Tx, which id.ID) error {
	_, err := tx.Exec(updStands, int64(which))
	return err
}

// Last tells when and why a campaign last paused by itself; nil when it never did.
func Last(tx *db.Tx, which id.ID) (*Alarm, error) {
	var at int64
	var h Alarm
	var text string
	var stands int
	found, err := tx.One(selAlarm, []any{&at, &h.Code, &text, &stands}, int64(which))
	if err != nil || !found {
		return nil, err
	}
	h.At, h.Stands = clock.FromMs(at), stands == 1
	return &h, json.Unmarshal([]byte(text), &h.Counts)
}

// Since gives what is known of how a campaign was received: since it last paused
// by itself, or in all.
func (b Book) Since(tx *db.Tx, which id.ID) (pace.Counts, error) {
	c, err := b.total(tx, which)
	if err != nil {
		return c, err
	}
	h, err := Last(tx, which)
	if err != nil || h == nil {
		return c, err
	}
	return pace.Counts{Accepted: c.Accepted - h.Counts.Accepted, Bounced: c.Bounced - h.Counts.Bounced, AtOnce: c.AtOnce - h.Counts.AtOnce,
		Complaints: c.Complaints - h.Counts.Complaints}, nil
}

// total counts from the beginning.
func (b Book) total(tx *db.Tx, which id.ID) (c pace.Counts, err error) {
	failed := 0
	if c.Accepted, failed, err = b.Handed(tx, which); err != nil {
		return c, err
	}
	back, err := b.Outbox.CountReturns(tx, which, outbox.Range{Lo: 0, Hi: id.Buckets - 1})
	for _, t := range back {
		switch {
		case t.Kind == outbox.ReturnComplaint:
			c.Complaints += t.N
		case t.Hard:
			c.Bounced += t.N
		}
	}
	c.AtOnce = min(failed, c.Bounced)
	return c, err
}
