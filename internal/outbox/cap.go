package outbox

import (
	"slices"
	"time"

	"kartotek/internal/db"
	"kartotek/internal/id"
)

// Cap is a sender's own limit: a person gets at most Most messages in the days
// before At. It counts marketing and surveys of all runs, by every channel.
// Messages about what was agreed neither count nor are limited.
type Cap struct {
	Most int
	Days int
}

// oldest is how long before its hand-over a message may have been decided: rows
// are read from there on, because their keys tell when they were made.
const oldest = 31 * 24 * time.Hour

// A person's rows lie together in the order of their making, so this reads the
// last ones of each person asked for and no others.
var selRecent = db.SQL(db.Set, `SELECT m.person_id, count(*) FROM {each $1} JOIN messages m ON m.bucket = (each.value & 4095) AND m.person_id = each.value
	AND m.message_id >= $2 WHERE m.handed_at >= $3 AND m.class <> 'service' AND m.state IN ('sent', 'uncertain', 'handed') AND m.campaign_id <> $4
	GROUP BY m.person_id HAVING count(*) >= $5`)

var updCapped = db.SQL(db.Set, `UPDATE messages SET state = 'skipped', code = $1, done_at = $2 FROM {each $3}
	WHERE bucket = (each.value & 4095) AND person_id = each.value AND campaign_id = $4 AND campaign_id <> 0 AND state IN ('queued', 'retry')`)

// Full tells which of some people have had as many messages as a limit allows,
// those of one campaign aside.
func (r *Room) Full(tx *db.Tx, people []id.ID, c Cap, except id.ID) (map[id.ID]bool, error) {
	since := tx.Time().AddDate(0, 0, -c.Days)
	full := map[id.ID]bool{}
	for part := range slices.Chunk(people, maxAsked) {
		err := tx.Each(selRecent, func(scan db.Scan) error {
			var who id.ID
			var n int
			err := scan(&who, &n)
			full[who] = true
			return err
		}, part, id.First(since.Add(-oldest).UnixMilli()), since.UnixMilli(), int64(except), c.Most)
		if err != nil {
			return nil, err
		}
	}
	return full, nil
}

// Capped skips those of a campaign's due messages, one at least, whose people have
// had their fill since it was decided, and gives the rest.
func (r *Room) Capped(tx *db.Tx, due []Message, c Cap) (rest []Message, err error) {
	people := make([]id.ID, len(due))
	for i := range due {
		people[i] = due[i].Person
	}
	full, err := r.Full(tx, people, c, due[0].Campaign)
	if err != nil || len(full) == 0 {
		return due, err
	}
	var out []id.ID
	for i := range due {
		if full[due[i].Person] {
			out = append(out, due[i].Person)
		} else {
			rest = append(rest, due[i])
		}
	}
	for part := range slices.Chunk(out, maxAsked) {
		if _, err := tx.Exec(updCapped, CodeCap, tx.Now(), part, int64(due[0].Campaign)); err != nil {
			return nil, err
		}
	}
	return rest, nil
}

// Cap skips a message just decided because of the sender's own limit.
func (m *Message) Cap(tx *db.Tx) { m.State, m.Code, m.Done = Skipped, CodeCap, tx.Now() }
