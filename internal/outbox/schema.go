package outbox

import (
	"kartotek/internal/db"
	"kartotek/internal/outbox/back"
	"kartotek/internal/outbox/suppress"
)

// Schema is the tables of the room.
var Schema = db.Schema{Room: "outbox", Tables: append([]db.Table{
	{
		Name: "messages", Kind: db.PersonTable, Key: "bucket, person_id, message_id",
		Cols: db.Cols(`bucket int, person_id big, message_id big, campaign_id big, class text, purpose text, channel text
			state text, code text, notice int, pack text, decided_at big, facts text personal, evidence text
			attempt int, next_at big, handed_at big, done_at big, reply_code int, reply_enhanced text, reply_text text personal, former_id big, variant int, carriers big`),
		Indexes: []db.Index{{Name: "messages_campaign", Cols: "bucket, campaign_id, person_id, former_id", Unique: true, Where: "campaign_id <> 0"}},
	},
	back.Table,
	{
		Name: "moved", Kind: db.ValueTable, Key: "person_id",
		Cols: db.Cols(`person_id big, to_id big, at big`),
	},
}, suppress.Tables...)}

// BulkTables are the tables a large send fills.
var BulkTables = []string{"messages"}

const messageCols = `person_id, message_id, campaign_id, class, purpose, channel, state, code, notice, pack, decided_at, facts, evidence,
	attempt, next_at, handed_at, done_at, reply_code, reply_enhanced, reply_text, former_id, variant, carriers`

// dueCols are what a hand-over needs to know of a message.
const dueCols = `person_id, message_id, state, code, notice, pack, facts, evidence, attempt, done_at, former_id, variant`

var (
	insMessages = db.Bulk(db.Set, "messages", "bucket, "+messageCols, "")

	selWhy     = db.SQL(db.OnePerson, `SELECT purpose FROM messages WHERE bucket = $1 AND person_id = $2 AND message_id = $3`)
	selMessage = db.SQL(db.OnePerson, `SELECT `+messageCols+` FROM messages WHERE bucket = $1 AND person_id = $2 AND message_id = $3`)
	selOf      = db.SQL(db.OnePerson, `SELECT `+messageCols+` FROM messages WHERE bucket = $1 AND person_id = $2
		AND message_id < $3 ORDER BY message_id DESC LIMIT $4`)
	selFor = db.SQL(db.OnePerson, `SELECT `+messageCols+` FROM messages WHERE bucket = $1 AND person_id = $2 AND campaign_id = $3 AND campaign_id <> 0
		ORDER BY former_id LIMIT 1`)
	delAll = db.SQL(db.OnePerson, `DELETE FROM messages WHERE bucket = $1 AND person_id = $2`)

	// The chunk of a campaign: a bucket at a time where buckets are full, so that
	// the index names the rows; a range at a time in a small register.
	selDue = db.SQL(db.Set, `SELECT `+dueCols+` FROM messages WHERE bucket = $1 AND campaign_id = $2 AND campaign_id <> 0 AND person_id > $3
		AND (state = 'queued' OR (state = 'retry' AND next_at <= $4)) ORDER BY person_id LIMIT $5`)
	selDueWide = db.SQL(db.Set, `SELECT `+dueCols+` FROM messages WHERE bucket BETWEEN $1 AND $6 AND campaign_id = $2 AND campaign_id <> 0
		AND (bucket > $1 OR person_id > $3) AND (state = 'queued' OR (state = 'retry' AND next_at <= $4)) ORDER BY bucket, person_id LIMIT $5`)
	selState = db.SQL(db.Set, `SELECT `+messageCols+` FROM messages WHERE bucket = $1 AND campaign_id = $2 AND campaign_id <> 0
		AND person_id > $3 AND state = $4 AND (code = $5 OR $5 = '') ORDER BY person_id LIMIT $6`)
	selStateWide = db.SQL(db.Set, `SELECT `+messageCols+` FROM messages WHERE bucket BETWEEN $1 AND $7 AND campaign_id = $2 AND campaign_id <> 0
		AND (bucket > $1 OR person_id > $3) AND state = $4 AND (code = $5 OR $5 = '') ORDER BY bucket, person_id LIMIT $6`)
	cntStates = db.SQL(db.Set, `SELECT state, code, count(*), min(next_at) FROM messages WHERE bucket BETWEEN $1 AND $2 AND campaign_id = $3
		AND campaign_id <> 0 GROUP BY state, code ORDER BY state, code`)

	updDecided = db.SQL(db.OnePerson, `UPDATE messages SET state = $4, code = $5, notice = $6, pack = $7, decided_at = $8, facts = $9, evidence = $10,
		attempt = $11, handed_at = $12, done_at = $13 WHERE bucket = $1 AND person_id = $2 AND message_id = $3 AND state IN ('queued', 'retry', 'handed')`)
	// A group that was handed over is noted beside its range (Hands), not in its
	// rows, so an outcome may come to a row that still waits, with one try fewer. A row
	// whose person was merged away meanwhile was skipped for it; what was sent was sent.
	updOutcome = db.SQL(db.OnePerson, `UPDATE messages SET state = $4, code = $5, next_at = $6, done_at = $7, reply_code = $8, reply_enhanced = $9, reply_text = $10,
		attempt = $11, handed_at = $12, decided_at = $12, carriers = carriers | $13
		WHERE bucket = $1 AND person_id = $2 AND message_id = $3 AND attempt <= $11 AND attempt + 1 >= $11
		AND (state IN ('queued', 'retry', 'handed') OR state = 'skipped' AND code = 'MERGED')`)
	updByHand = db.SQL(db.OnePerson, `UPDATE messages SET state = $4, done_at = $5 WHERE bucket = $1 AND person_id = $2 AND message_id = $3 AND state = 'uncertain'`)
	updHanded = db.SQL(db.Set, `UPDATE messages SET state = 'handed', attempt = attempt + 1, handed_at = $1, decided_at = $1, done_at = 0
		FROM {each $2} WHERE bucket = (each.value & 4095) AND person_id = each.value AND campaign_id = $3 AND campaign_id <> 0 AND former_id = 0
		AND state IN ('queued', 'retry') AND attempt = $4`)
	updSettled = db.SQL(db.Set, `UPDATE messages SET state = $1, next_at = 0, done_at = $2, reply_code = $3, reply_enhanced = $4, reply_text = each.text,
		attempt = $8, handed_at = $9, decided_at = $9, carriers = carriers | $10
		FROM {each $5 $6} WHERE bucket = (each.value & 4095) AND person_id = each.value AND campaign_id = $7 AND campaign_id <> 0 AND former_id = 0
		AND state IN ('queued', 'retry', 'handed') AND attempt <= $8 AND attempt + 1 >= $8`)
	// Held messages were noted in Hands, or marked; their try did not take place.
	updHeld = db.SQL(db.Set, `UPDATE messages SET state = 'retry', next_at = $1, attempt = $2, handed_at = CASE WHEN $2 > 0 THEN handed_at ELSE 0 END
		FROM {each $3} WHERE bucket = (each.value & 4095) AND person_id = each.value AND campaign_id = $4 AND campaign_id <> 0 AND former_id = 0
		AND state IN ('queued', 'retry', 'handed') AND attempt BETWEEN $2 AND $2 + 1`)
	updHeldOne = db.SQL(db.OnePerson, `UPDATE messages SET state = 'retry', next_at = $4, attempt = $5, handed_at = CASE WHEN $5 > 0 THEN handed_at ELSE 0 END
		WHERE bucket = $1 AND person_id = $2 AND message_id = $3 AND state IN ('queued', 'retry', 'handed') AND attempt BETWEEN $5 AND $5 + 1`)
	updEnd = db.SQL(db.Set, `UPDATE messages SET state = $4, code = $5, done_at = $6 WHERE bucket BETWEEN $1 AND $2 AND campaign_id = $3
		AND campaign_id <> 0 AND state IN ('queued', 'retry')`)

	insMoved = db.SQL(db.Set, `INSERT INTO moved (person_id, to_id, at) VALUES ($1, $2, $3) ON CONFLICT (person_id) DO UPDATE SET to_id = excluded.to_id`)
	selMoved = db.SQL(db.Set, `SELECT to_id FROM moved WHERE person_id = $1`)
)

func fillMessage(m *Message, d []any) {
	d[0], d[1], d[2], d[3] = int64(m.Person.Bucket()), int64(m.Person), int64(m.ID), int64(m.Campaign)
	d[4], d[5], d[6], d[7], d[8] = string(m.Class), m.Purpose, m.Channel, string(m.State), m.Code
	d[9], d[10], d[11], d[12], d[13] = int64(m.Notice), m.Pack, m.Decided, m.Facts, m.Evidence
	d[14], d[15], d[16], d[17] = int64(m.Attempt), m.Next, m.HandedAt, m.Done
	d[18], d[19], d[20], d[21] = int64(m.Reply.Code), m.Reply.Enhanced, m.Reply.Text, int64(m.FormerID)
	d[22], d[23] = int64(m.Variant), m.Carriers
}

func scanMessage(scan db.Scan, m *Message) error {
	return scan(&m.Person, &m.ID, &m.Campaign, &m.Class, &m.Purpose, &m.Channel, &m.State, &m.Code, &m.Notice, &m.Pack, &m.Decided, &m.Facts, &m.Evidence,
		&m.Attempt, &m.Next, &m.HandedAt, &m.Done, &m.Reply.Code, &m.Reply.Enhanced, &m.Reply.Text, &m.FormerID, &m.Variant, &m.Carriers)
}

func scanDue(scan db.Scan, m *Message) error {
	return scan(&m.Person, &m.ID, &m.State, &m.Code, &m.Notice, &m.Pack, &m.Facts, &m.Evidence, &m.Attempt, &m.Done, &m.FormerID, &m.Variant)
}
