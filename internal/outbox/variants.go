package outbox

import (
	"kartotek/internal/db"
	"kartotek/internal/id"
)

// Unchosen is the time (ms) at which a message is due that waits for a choice and
// for no time: the letters of a test compete, and the winner goes to the rest.
const Unchosen = int64(1) << 53

var (
	updChosen = db.SQL(db.Set, `UPDATE messages SET state = 'queued', next_at = 0, variant = $5 WHERE bucket BETWEEN $1 AND $2 AND campaign_id = $3
		AND campaign_id <> 0 AND state = 'retry' AND next_at = $4`)
	selTried = db.SQL(db.Set, `SELECT person_id, message_id, variant, handed_at FROM messages WHERE bucket BETWEEN $1 AND $2 AND campaign_id = $3
		AND campaign_id <> 0 AND variant > 0 AND state = 'sent' ORDER BY bucket, person_id`)
	selComplained = db.SQL(db.Set, `SELECT message_id FROM returns WHERE bucket BETWEEN $1 AND $2 AND campaign_id = $3 AND kind = 'complaint'`)
)

// Await makes a queued message wait for the choice of a test.
func (m *Message) Await() { m.State, m.Next = Retry, Unchosen }

// Chosen gives the letter that was chosen to everybody of a range who waits for it.
func (r *Room) Chosen(tx *db.Tx, campaign id.ID, part Range, variant int) error {
	_, err := tx.Exec(updChosen, part.Lo, part.Hi, int64(campaign), Unchosen, variant)
	return err
}

// Tried is a message of a test that was sent.
type Tried struct {
	Person     id.ID
	Variant    int
	HandedAt   int64
	Complained bool
}

// Tried lists the messages of a test sent in a range of buckets, in key order.
func (r *Room) Tried(tx *db.Tx, campaign id.ID, part Range) (all []Tried, err error) {
	complained := map[id.ID]bool{}
	err = tx.Each(selComplained, func(scan db.Scan) error {
		var message id.ID
		err := scan(&message)
		complained[message] = true
		return err
	}, part.Lo, part.Hi, int64(campaign))
	if err != nil {
		return nil, err
	}
	err = tx.Each(selTried, func(scan db.Scan) error {
		var one Tried
		var message id.ID
		err := scan(&one.Person, &message, &one.Variant, &one.HandedAt)
		one.Complained = complained[message]
		all = append(all, one)
		return err
	}, part.Lo, part.Hi, int64(campaign))
	return all, err
}
