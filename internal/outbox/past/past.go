// Package past reads and clears what lies behind: messages that were sent long ago,
// and what came back of them. The tables are those of package outbox. A decision and a
// message are evidence that the rules were kept, for as long as the rule packs say
// (send_decision); then they go, and with them the links in old letters. What still
// waits is never touched. law: GDPR 5(1)(e), GDPR 5(2)
//
// Begin with Room, which is the dossier.Expirer of the outbox.
package past

import (
	"kartotek/internal/db"
	"kartotek/internal/dossier"
	"kartotek/internal/id"
)

var (
	lastServed = db.SQL(db.Set, `SELECT person_id, max(handed_at) FROM messages WHERE bucket BETWEEN $1 AND $2 AND class = 'service' AND state = 'sent' GROUP BY person_id ORDER BY person_id`)
	selCarried = db.SQL(db.OnePerson, `SELECT carriers, count(*), max(handed_at) FROM messages WHERE bucket = $1 AND person_id = $2 AND carriers <> 0 GROUP BY carriers ORDER BY carriers`)

	cntMessages = db.SQL(db.Set, `SELECT person_id, count(*) FROM messages WHERE bucket BETWEEN $1 AND $2 AND decided_at < $3 AND state NOT IN ('queued', 'retry', 'handed')
		GROUP BY person_id ORDER BY person_id`)
	cntReturns  = db.SQL(db.Set, `SELECT person_id, count(*) FROM returns WHERE bucket BETWEEN $1 AND $2 AND at < $3 GROUP BY person_id ORDER BY person_id`)
	delMessages = db.SQL(db.OnePerson, `DELETE FROM messages WHERE bucket = $1 AND person_id = $2 AND decided_at < $3 AND state NOT IN ('queued', 'retry', 'handed')`)
	delReturns  = db.SQL(db.OnePerson, `DELETE FROM returns WHERE bucket = $1 AND person_id = $2 AND at < $3`)
)

// LastServed tells when each person of buckets lo to hi was last written to because
// something happened in the relation (ms). Marketing does not count: it must not
// prolong by itself how long people are kept.
func LastServed(tx *db.Tx, lo, hi int, fn func(who id.ID, at int64) error) error {
	return tx.Each(lastServed, func(scan db.Scan) error {
		var who id.ID
		var at int64
		if err := scan(&who, &at); err != nil {
			return err
		}
		return fn(who, at)
	}, lo, hi)
}

// Carriage is how many messages to a person the same processors were told of.
type Carriage struct {
	Carriers int64 // as outbox.Message has them
	N        int
	Last     int64 // ms
}

// Carried tells which processors' relays were told of a person, by their messages.
// law: GDPR 15(1)(c)
func Carried(tx *db.Tx, who id.ID) (all []Carriage, err error) {
	err = tx.Each(selCarried, func(scan db.Scan) error {
		var c Carriage
		err := scan(&c.Carriers, &c.N, &c.Last)
		all = append(all, c)
		return err
	}, who.Bucket(), int64(who))
	return all, err
}

// Room is the outbox's dossier.Expirer.
type Room struct{}

var _ dossier.Expirer = Room{}

// Name implements dossier.Expirer.
func (Room) Name() string { return "outbox" }

// Expires implements dossier.Expirer.
func (Room) Expires() []dossier.Expiry {
	return []dossier.Expiry{{Kind: "messages", Rule: "send_decision"}, {Kind: "returns", Rule: "send_decision"}}
}

// Overdue implements dossier.Expirer.
func (Room) Overdue(tx *db.Tx, kind string, lo, hi int, before int64, fn func(who id.ID, n int) error) error {
	if kind == "returns" {
		return dossier.Count(tx, cntReturns, fn, lo, hi, before)
	}
	return dossier.Count(tx, cntMessages, fn, lo, hi, before)
}

// Expire implements dossier.Expirer.
func (Room) Expire(tx *db.Tx, who id.ID, kind string, before int64) (int, error) {
	s := delMessages
	if kind == "returns" {
		s = delReturns
	}
	n, err := tx.Exec(s, who.Bucket(), int64(who), before)
	return int(n), err
}
