// Package post sends single messages: one letter to one person, because something
// happened. An order was confirmed, a case was answered, a series (package series)
// has come to its next letter.
//
// # The way of a message
//
// Send does all that can be done at once, in the transaction of whatever made the
// message necessary: it makes the letter on trial, decides (outbox.DecideOne), and
// writes two rows. That of the outbox holds state, verdict and evidence like any
// message's, with no campaign; the post's holds what the letter is made of, sealed
// with the person's own key: erased with them, no old backup shows it.
//
//	Send ──► messages: queued ──► handed ──► sent, failed, uncertain; retry comes back
//	         posts:    due_at     job_id      0
//
// One kind of job hands over what is due, a few dozen at a time over a session that
// stays open meanwhile (work.go). As with campaigns, a message is marked as handed
// over in a commit of its own, before the receiving server is given its first byte,
// and is asked about once more when only its text is left to send. After a crash
// duty mail goes out again under the same Message-ID; marketing becomes uncertain
// and is never repeated.
//
// # Service or marketing
//
// What a message is follows from the purpose it names: the notice gives every
// purpose its class. A service message reaches people who forbade all marketing, so
// it may not carry any: Promotion finds offers, discounts and links to campaigns in
// what would be sent, and Send refuses it with the phrases found. There is one way
// round: to name a purpose of marketing, whose rules then decide. law: GDPR 21(2), 2002/58 13(1)
//
// # Once
//
// A program that gets no answer asks again. With a key of its own for each message
// it is given the same answer for 30 days, and nothing is sent twice; the same key
// with another message is refused (keys.go).
//
// # Tables
//
//	letter_templates  (template_id)                 reference: name, purpose, sender, event
//	letter_texts      (text_id)                     reference: a text in a language; a changed one is a new row
//	posts             (bucket, person_id, message_id)  what a message is made of, kept 24 months
//	post_keys         (digest)                      value: keys of programs, kept 30 days
package post

import (
	"time"

	"kartotek/internal/compose"
	"kartotek/internal/db"
	"kartotek/internal/id"
	"kartotek/internal/outbox"
	"kartotek/internal/permit"
	"kartotek/internal/segdef"
)

// Room is the open room. Channel is where letters go; nil in a process that does
// not send.
type Room struct {
	DB      *db.DB
	Outbox  *outbox.Room
	Terms   func(tx *db.Tx) (*Terms, error)
	Channel outbox.Channel
	BaseURL string // public address that links in letters begin with

	compiled cache
}

// Terms is what a message needs of the notice in force.
type Terms struct {
	Version int
	// Question gives class and legal basis of a purpose by a channel; an error
	// (Denied) when the notice does not promise it. law: GDPR 5(1)(b)
	Question  func(purpose, channel string, at time.Time) (permit.Question, error)
	Catalogue segdef.Catalogue
	// Uses tells whether the notice lists a person field's category among what a
	// purpose uses. law: GDPR 5(1)(b)
	Uses     func(purpose, field string) bool
	Base     string // public address that the register's own pictures are under
	Sender   compose.Sender
	Language string // of the register
}

// Keep is how long what a message was made of is kept: two years after it was sent,
// as the notice says of messages. law: GDPR 5(1)(e)
const keepMonths = 24

// channel is the only one letters go by.
const channel = "email"

// Schema is the tables of the room.
var Schema = db.Schema{Room: "post", Tables: []db.Table{
	{
		Name: "letter_templates", Kind: db.ReferenceTable, Key: "template_id",
		Cols: db.Cols(`template_id big, name text, title text, purpose text, sender text, reply_to text, event text
			created_at big, created_by text, changed_at big, changed_by text`),
		Indexes: []db.Index{{Name: "letter_templates_name", Cols: "name", Unique: true}},
	},
	{
		Name: "letter_texts", Kind: db.ReferenceTable, Key: "text_id",
		Cols:    db.Cols(`text_id big, template_id big, language text, subject text, body text, format text, current int, at big, by_name text`),
		Indexes: []db.Index{{Name: "letter_texts_template", Cols: "template_id, current"}},
	},
	{
		Name: "posts", Kind: db.PersonTable, Key: "bucket, person_id, message_id",
		Cols: db.Cols(`bucket int, person_id big, message_id big, text_id big, source_id big, step int, content blob personal keyed
			state text, due_at big, job_id big, fence big, at big`),
		Indexes: []db.Index{
			{Name: "posts_due", Cols: "due_at", Where: "due_at > 0"},
			{Name: "posts_taken", Cols: "job_id", Where: "job_id > 0"},
			{Name: "posts_source", Cols: "source_id, step, state", Where: "source_id > 0"},
		},
	},
	{
		Name: "post_keys", Kind: db.ValueTable, Key: "digest",
		Cols:    db.Cols(`digest text, body text, person_id big, message_id big, allowed int, code text, at big`),
		Indexes: []db.Index{{Name: "post_keys_at", Cols: "at"}, {Name: "post_keys_person", Cols: "person_id"}},
	},
}}

const (
	templateCols = `template_id, name, title, purpose, sender, reply_to, event, created_at, created_by, changed_at, changed_by`
	textCols     = `text_id, template_id, language, subject, body, format`
	workCols     = `person_id, message_id, text_id, content`
)

var (
	selTemplate  = db.SQL(db.Reference, `SELECT `+templateCols+` FROM letter_templates WHERE template_id = $1`)
	selName      = db.SQL(db.Reference, `SELECT `+templateCols+` FROM letter_templates WHERE name = $1`)
	selEvent     = db.SQL(db.Reference, `SELECT `+templateCols+` FROM letter_templates WHERE event = $1 ORDER BY name`)
	selTemplates = db.SQL(db.Reference, `SELECT `+templateCols+` FROM letter_templates ORDER BY name`)
	insTemplate  = db.SQL(db.Reference, `INSERT INTO letter_templates (`+templateCols+`) VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, $8, $9)`)
	updTemplate  = db.SQL(db.Reference, `UPDATE letter_templates SET name = $2, title = $3, purpose = $4, sender = $5, reply_to = $6, event = $7,
		changed_at = $8, changed_by = $9 WHERE template_id = $1`)
	delTemplate = db.SQL(db.Reference, `DELETE FROM letter_templates WHERE template_id = $1`)
	selTexts    = db.SQL(db.Reference, `SELECT `+textCols+` FROM letter_texts WHERE template_id = $1 AND current = 1 ORDER BY language`)
	selText     = db.SQL(db.Reference, `SELECT `+textCols+` FROM letter_texts WHERE text_id = $1`)
	insText     = db.SQL(db.Reference, `INSERT INTO letter_texts (text_id, template_id, language, subject, body, format, current, at, by_name)
		VALUES ($1, $2, $3, $4, $5, $6, 1, $7, $8)`)
	oldText  = db.SQL(db.Reference, `UPDATE letter_texts SET current = 0 WHERE template_id = $1 AND language = $2`)
	oldTexts = db.SQL(db.Reference, `UPDATE letter_texts SET current = 0 WHERE template_id = $1`)

	insPost = db.SQL(db.OnePerson, `INSERT INTO posts (bucket, person_id, message_id, text_id, source_id, step, content, state, due_at, job_id, fence, at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 0, 0, $10)`)
	selDue   = db.SQL(db.Set, `SELECT `+workCols+` FROM posts WHERE due_at > 0 AND due_at <= $1 AND job_id = 0 ORDER BY due_at, message_id LIMIT $2`)
	selTaken = db.SQL(db.Set, `SELECT job_id, fence, person_id, message_id FROM posts WHERE job_id > 0`)
	updTaken = db.SQL(db.OnePerson, `UPDATE posts SET job_id = $4, fence = $5, state = 'handed' WHERE bucket = $1 AND person_id = $2 AND message_id = $3`)
	updPost  = db.SQL(db.OnePerson, `UPDATE posts SET state = $4, due_at = $5, job_id = 0, fence = 0 WHERE bucket = $1 AND person_id = $2 AND message_id = $3`)
	selPost  = db.SQL(db.OnePerson, `SELECT `+workCols+` FROM posts WHERE bucket = $1 AND person_id = $2 AND message_id = $3`)
	endPosts = db.SQL(db.Set, `SELECT `+workCols+` FROM posts WHERE source_id = $1 AND source_id > 0 AND state IN ('queued', 'retry') LIMIT $2`)
	cntPosts = db.SQL(db.Set, `SELECT step, state, count(*) FROM posts WHERE source_id = $1 AND source_id > 0 GROUP BY step, state ORDER BY step, state`)
	selOf    = db.SQL(db.OnePerson, `SELECT message_id, text_id, content, at FROM posts WHERE bucket = $1 AND person_id = $2 ORDER BY message_id`)
	delOf    = db.SQL(db.OnePerson, `DELETE FROM posts WHERE bucket = $1 AND person_id = $2`)
	cpyPosts = db.SQL(db.Set, `INSERT INTO posts (bucket, person_id, message_id, text_id, source_id, step, content, state, due_at, job_id, fence, at)
		SELECT CAST($1 AS BIGINT), CAST($2 AS BIGINT), message_id, text_id, source_id, step, content, state, due_at, job_id, fence, at
		FROM posts WHERE bucket = $3 AND person_id = $4`)
	updContent = db.SQL(db.OnePerson, `UPDATE posts SET content = $4 WHERE bucket = $1 AND person_id = $2 AND message_id = $3`)
	sweepPosts = db.SQL(db.Set, `DELETE FROM posts WHERE bucket BETWEEN $1 AND $2 AND at < $3 AND due_at = 0`)

	selKey = db.SQL(db.Set, `SELECT body, person_id, message_id, allowed, code, at FROM post_keys WHERE digest = $1`)
	putKey = db.SQL(db.Set, `INSERT INTO post_keys (digest, body, person_id, message_id, allowed, code, at) VALUES ($1, $2, $3, $4, $5, $6, $7)
		ON CONFLICT (digest) DO UPDATE SET body = excluded.body, person_id = excluded.person_id, message_id = excluded.message_id,
		allowed = excluded.allowed, code = excluded.code, at = excluded.at`)
	delKeys   = db.SQL(db.Set, `DELETE FROM post_keys WHERE person_id = $1`)
	movKeys   = db.SQL(db.Set, `UPDATE post_keys SET person_id = $2 WHERE person_id = $1`)
	sweepKeys = db.SQL(db.Set, `DELETE FROM post_keys WHERE at < $1`)
)

// Receipt is what became of asking for a message.
type Receipt struct {
	Person  id.ID
	Message id.ID
	Allowed bool
	Code    string // of the verdict, or why not
	Again   bool   // the same was asked for before, and this is the answer given then
}
