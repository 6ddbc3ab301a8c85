// Package courier carries letters to addresses that are nobody's in the register: to
// somebody who asked what we hold of them and whom we do not know, and to the staff.
// What goes to people of the register goes through package post, which decides by the
// ledger; here there is nobody to decide about, and other rules hold. A person of the
// register gets letters from here when they asked from an address the register does not
// have, want the answer there, and have shown who they are.
// law: GDPR 12(1), 12(3)
//
// # Whom it writes to
//
// Only the address a request came from, and only what answers it: a message of service,
// text alone, which the desk wrote. It does not write
//
//	to an address that is suppressed               nobody may use it
//	to ourselves, or to a program's address        postmaster, no-reply: two machines would talk for ever
//	more than once an hour to confirm              anybody may write somebody else's address into a form
//	more than ten times a day to one address, or three hundred an hour to all
//
// What it does not carry is printed instead; the duty to answer does not end there.
//
// # Once
//
// Carry stores the letter, sealed, in the transaction that made it necessary. A job
// hands it over: it is marked in a commit of its own before the mail server is given
// its first byte, so that after a crash nothing goes out a second time. A letter whose
// fate nobody knows, and one that was refused, goes back to be printed (Room.Back).
// What was handed over is kept no longer here: the letter stands in its case.
//
// Shape: Room.Carry, Room.Deliver for mail that is not kept (to staff), Handle.
// Table: courier_mails (person: the id of a requester nobody knows yet).
package courier

import (
	"kartotek/internal/audit"
	"kartotek/internal/db"
	"kartotek/internal/id"
	"kartotek/internal/job"
	"kartotek/internal/outbox"
	"kartotek/internal/seal"
)

const table = "courier_mails"

// Schema is the table of the room. A hash of the address, under a key, bounds how often
// it is written to.
var Schema = db.Schema{Room: "courier", Needs: []db.Schema{audit.Schema, job.Schema, outbox.Schema}, Tables: []db.Table{{
	Name: table, Kind: db.PersonTable, Key: "bucket, person_id, mail_id",
	Cols: db.Cols(`bucket int, person_id big, mail_id big, case_id big, item_id big, kind text, to_mac text, state text, code text, attempts int, at big, done_at big
		content blob personal`),
	Indexes: []db.Index{{Name: "courier_mails_id", Cols: "mail_id"}, {Name: "courier_mails_to", Cols: "to_mac, at"}, {Name: "courier_mails_at", Cols: "at"}},
}}}

// Room is the open room.
type Room struct {
	DB     *db.DB
	Keys   *seal.Keys
	Outbox *outbox.Room
	// Channel is where mail goes; nil in a process that does not send.
	Channel func() outbox.Channel
	// Back is told of a letter that did not arrive for sure: it is to be printed.
	Back func(tx *db.Tx, of, item id.ID) error
}
