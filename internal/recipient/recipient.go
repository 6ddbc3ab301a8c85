// Package recipient knows to whom a person's data went, and sees to it that those who
// got it are told when it is corrected, erased or restricted. law: GDPR 15(1)(c), GDPR 19
//
// # Disclosures
//
// The notice lists the recipients, what each receives and for which purposes. Disclose
// records that one of them got something of one person; an export of many is one row
// (Open) that the people in it point to (Join), so that it costs forty bytes each. Both
// refuse what the notice does not promise: an unlisted recipient, a category or purpose
// not named, a contract or a transfer tool that does not hold (noticedef.MayReceive).
// What carried our letters is known from the letters: Of adds it (Carried).
//
// # Notices
//
// Notify makes a task for each recipient who got one of the categories. Somebody tells
// the recipient, notes it (Told), and waits for an answer; while none comes the task
// turns up again to be chased, every two weeks (Chase). It ends with the answer
// (Acknowledge), or with the reason why telling is impossible or out of proportion
// (Impossible). Whom it is about is kept sealed beside the task, because it is needed
// also when the person has been erased, and goes when the task ends: with its key, so that
// no backup from before shows it again.
//
//	disclosures        (bucket, person_id, disclosure_id)  who got what, when, why
//	disclosure_bulks   (bulk_id)                           reference: one export of many people
//	recipient_notices  (bucket, person_id, notice_id)      who is to be told, and what came of it
package recipient

import (
	"strings"

	"kartotek/internal/db"
	"kartotek/internal/dossier"
	"kartotek/internal/id"
	"kartotek/internal/noticedef"
	"kartotek/internal/seal"
)

// Schema is the tables of the room.
var Schema = db.Schema{Room: "recipient", Tables: []db.Table{
	{
		Name: "disclosures", Kind: db.PersonTable, Key: "bucket, person_id, disclosure_id",
		Cols: db.Cols(`bucket int, person_id big, disclosure_id big, bulk_id big, recipient text personal, categories text, purpose text, ground text
			what text personal, at big, by_name text`),
	},
	{
		Name: "disclosure_bulks", Kind: db.ReferenceTable, Key: "bulk_id",
		Cols: db.Cols(`bulk_id big, recipient text, categories text, purpose text, ground text, what text, at big, by_name text, people big`),
	},
	{
		Name: "recipient_notices", Kind: db.PersonTable, Key: "bucket, person_id, notice_id",
		Cols: db.Cols(`bucket int, person_id big, notice_id big, recipient text personal, reason text, categories text, case_id big, about blob personal
			at big, told_at big, told_how text, told_by text, chase_at big, chases int, ended_at big, ended_by text, outcome text, note text personal`),
		Indexes: []db.Index{{Name: "recipient_notices_open", Cols: "chase_at, bucket, person_id, notice_id", Where: "ended_at = 0"}},
	},
}}

// Room is the open room.
type Room struct {
	DB     *db.DB
	Keys   *seal.Keys
	Notice func(tx *db.Tx) (*noticedef.Notice, error) // in force; nil when there is none
	// Identify says whom a notice is about in the words the recipient needs: name and address.
	Identify func(tx *db.Tx, who id.ID) (string, error)
	// Carried gives what is known from elsewhere, such as who carried our letters; it may be nil.
	Carried func(tx *db.Tx, who id.ID) ([]Disclosure, error)
	Spend   dossier.Spend // destroys the keys of notices that ended
}

// What a disclosure rests on.
const (
	OnContract = "contract"
	OnConsent  = "consent"
	OnLaw      = "law"
)

// Disclosure is something of a person that went to a recipient.
type Disclosure struct {
	ID         id.ID
	Bulk       id.ID // the export it was part of; 0 for none
	Recipient  string
	Categories []string
	Purpose    string
	Ground     string // OnContract, OnConsent or OnLaw
	What       string // in a few words: "invoice 4711"
	At         int64  // ms
	ByName     string
	Derived    bool // known from elsewhere, with At the last time
	Times      int  // how often, when derived
}

// Bulk is one disclosure of many people.
type Bulk struct {
	ID id.ID
	Disclosure
	People int64
}

// Why recipients are told.
const (
	Rectification = "rectification"
	Erasure       = "erasure"
	Restriction   = "restriction"
)

// The outcomes of a notice.
const (
	Acknowledged = "acknowledged"
	Impossible   = "impossible"
)

// Notice is a recipient to be told about one person.
type Notice struct {
	ID         id.ID
	Person     id.ID
	Recipient  string
	Reason     string
	Categories []string
	Case       id.ID
	About      string // whom it is about; "" once ended
	At         int64
	Told       int64
	ToldHow    string
	ToldBy     string
	Chase      int64 // when to look after it
	Chases     int
	Ended      int64
	EndedBy    string
	Outcome    string
	Note       string
}

// Open reports whether it waits for something.
func (n *Notice) Open() bool { return n.Ended == 0 }

func words(list []string) string { return strings.Join(list, " ") }

func list(words string) []string { return strings.Fields(words) }
