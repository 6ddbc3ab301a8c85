// Package subject lets people in to what the register holds of them.
//
// There are no accounts and no passwords. Whoever can read mail that is sent to an
// address the register has of a person is that person, for what harms nobody; what
// would harm is asked for again. law: GDPR 12(2), 12(6), 15(3), 25(1)
//
// # Signing in
//
//	Ask ──► subject_links ──► job: is the address known? ──► letter with a link
//	                                                             │
//	          session ◄── Enter: button, and code from elsewhere ◄┘
//
// Ask does the same whoever the address belongs to, in one transaction that looks
// nobody up: it writes a row with the address sealed and puts a job into the queue.
// What is found out about the address is found out in the job, where no answer and
// no clock tells of it. law: GDPR 32(1)(b)
//
// A link is 128 random bits, stored as a hash, good for 20 minutes and one use. It
// is bound to the browser that asked. In another browser, such as that of a
// telephone, it opens with the six digits that the asking page shows: whom a letter
// was forwarded to has the link and not the digits. Five wrong tries end it. An
// address gets one letter in ten minutes, known or not.
//
// A session ends after 30 idle minutes, after four hours, by signing out, and at
// once when the address it began by is no longer one of the person's, or the person
// was erased or merged into another.
//
// # What one may do
//
// rightsdef.Themselves is the table of what each certainty allows. Two acts are confirmed again
// by letter: another address for messages, from the old and from the new one
// (change.go), and erasing.
//
// # Two people, one address
//
// An address of the register leads to one person (party.identifiers). A role address
// such as info@ is read by several: it gets a letter that says whom to ask, and
// opens nothing.
//
// Tables: subject_links, subject_sessions (local), subject_changes (people).
package subject

import (
	"time"

	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/id"
	"kartotek/internal/party"
	"kartotek/internal/post"
	"kartotek/internal/rightsdef"
	"kartotek/internal/seal"
)

// How long things last. law: GDPR 32(1)(b)
const (
	LinkLife    = 20 * time.Minute // a link to sign in with
	ConfirmLife = 24 * time.Hour   // a link that confirms a change
	Between     = 10 * time.Minute // from one letter to an address to the next
	Idle        = 30 * time.Minute
	Absolute    = 4 * time.Hour
	touch       = time.Minute // how exactly the last use is recorded
	maxTries    = 5           // wrong codes a link stands
	maxChanges  = 3           // changes a person may ask for in a day
)

// Room is the open room.
type Room struct {
	DB      *db.DB
	Keys    *seal.Keys
	Party   *party.Room
	Post    *post.Room
	BaseURL string                          // public address that links begin with
	Purpose func(tx *db.Tx) (string, error) // the purpose of the notice that letters are sent for
	// Sure tells how sure the desk has made itself who a person is, in a case that is
	// open, and whether misuse of their name or address was reported; nil: neither.
	Sure func(*db.Tx, id.ID) (have rightsdef.Certainty, misuse bool, err error)
}

// Schema is the room's tables. The address in a link is sealed, and goes with the
// letter; a link holds no other personal data.
var Schema = db.Schema{Room: "subject", Tables: []db.Table{
	{
		Name: "subject_links", Kind: db.LocalTable, Key: "id",
		Cols: db.Cols(`id big, kind text, token blob, browser blob, blind text, address blob personal, person_id big, change_id big
			lang text, tries int, made_at big, sent_at big, expires_at big`),
		Indexes: []db.Index{
			{Name: "subject_links_token", Cols: "token"}, {Name: "subject_links_blind", Cols: "blind, kind, sent_at"},
			{Name: "subject_links_person", Cols: "person_id", Where: "person_id > 0"}, {Name: "subject_links_expires", Cols: "expires_at"},
		},
	},
	{
		Name: "subject_sessions", Kind: db.LocalTable, Key: "token",
		Cols:    db.Cols(`token blob, id big, person_id big, blind text, device text personal, created_at big, seen_at big`),
		Indexes: []db.Index{{Name: "subject_sessions_person", Cols: "person_id, id"}, {Name: "subject_sessions_created", Cols: "created_at"}},
	},
	{
		Name: "subject_changes", Kind: db.PersonTable, Key: "bucket, person_id, change_id",
		Cols: db.Cols(`bucket int, person_id big, change_id big, kind text, content blob personal keyed, old_at big, new_at big, made_at big, done_at big`),
	},
}}

var (
	insLink = db.SQL(db.Local, `INSERT INTO subject_links (id, kind, token, browser, blind, address, person_id, change_id, lang, tries, made_at, sent_at, expires_at)
		VALUES ($1, $2, $3, $4, $5, $6, $7, $8, $9, 0, $10, 0, $11)`)
	selAsked = db.SQL(db.Local, `SELECT expires_at FROM subject_links WHERE blind = $1 AND kind = 'sign-in' AND browser = $2 AND expires_at > $3`)
	selSent  = db.SQL(db.Local, `SELECT id FROM subject_links WHERE blind = $1 AND kind = 'sign-in' AND sent_at > $2 LIMIT 1`)
	selLink  = db.SQL(db.Local, `SELECT `+linkCols+` FROM subject_links WHERE id = $1 AND expires_at > $2`)
	selToken = db.SQL(db.Local, `SELECT `+linkCols+` FROM subject_links WHERE token = $1 AND sent_at > 0 AND expires_at > $2`)
	updSent  = db.SQL(db.Local, `UPDATE subject_links SET token = $2, person_id = $3, address = $4, sent_at = $5 WHERE id = $1`)
	updTries = db.SQL(db.Local, `UPDATE subject_links SET tries = tries + 1 WHERE id = $1`)
	delLink  = db.SQL(db.Local, `DELETE FROM subject_links WHERE id = $1`)
	delLinks = db.SQL(db.Local, `DELETE FROM subject_links WHERE person_id = $1`)
	oldLinks = db.SQL(db.Local, `DELETE FROM subject_links WHERE expires_at < $1`)

	insSession  = db.SQL(db.Local, `INSERT INTO subject_sessions (token, id, person_id, blind, device, created_at, seen_at) VALUES ($1, $2, $3, $4, $5, $6, $6)`)
	selSession  = db.SQL(db.Local, `SELECT `+sessionCols+` FROM subject_sessions WHERE token = $1`)
	selSessions = db.SQL(db.Local, `SELECT `+sessionCols+` FROM subject_sessions WHERE person_id = $1 AND created_at > $2 ORDER BY seen_at DESC, id`)
	touSession  = db.SQL(db.Local, `UPDATE subject_sessions SET seen_at = $2 WHERE token = $1 AND seen_at < $2`)
	delSession  = db.SQL(db.Local, `DELETE FROM subject_sessions WHERE person_id = $1 AND id = $2`)
	delSessions = db.SQL(db.Local, `DELETE FROM subject_sessions WHERE person_id = $1`)
	oldSessions = db.SQL(db.Local, `DELETE FROM subject_sessions WHERE created_at < $1`)

	insChange = db.SQL(db.OnePerson, `INSERT INTO subject_changes (bucket, person_id, change_id, kind, content, old_at, new_at, made_at, done_at)
		VALUES ($1, $2, $3, $4, $5, 0, 0, $6, 0)`)
	selChanges = db.SQL(db.OnePerson, `SELECT change_id, kind, content, old_at, new_at, made_at, done_at FROM subject_changes
		WHERE bucket = $1 AND person_id = $2 ORDER BY change_id`)
	updChange = db.SQL(db.OnePerson, `UPDATE subject_changes SET old_at = $4, new_at = $5, done_at = $6, content = $7
		WHERE bucket = $1 AND person_id = $2 AND change_id = $3`)
	delChange  = db.SQL(db.OnePerson, `DELETE FROM subject_changes WHERE bucket = $1 AND person_id = $2 AND made_at < $3`)
	delChanges = db.SQL(db.OnePerson, `DELETE FROM subject_changes WHERE bucket = $1 AND person_id = $2`)
)

const (
	linkCols    = `id, kind, token, browser, blind, address, person_id, change_id, lang, tries, expires_at`
	sessionCols = `id, person_id, blind, device, created_at, seen_at`
)

// blind is what is stored of an address in place of it.
func (r *Room) blind(norm string) string { return r.Keys.Blind("subject address", norm) }

// errUsed is the one answer to a link that opens nothing.
func errUsed() error {
	return fault.New(fault.NotFound, "subject.link_used", "this link was used already or is too old; ask for a new one")
}
