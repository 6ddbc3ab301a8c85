// Package intake opens cases for what comes in otherwise than by a page: mail to the
// company's address for requests, and what a clerk takes down of paper, telephone and
// visits. law: GDPR 12(2)
//
// # Mail
//
// Every mail that a person wrote becomes a case, or goes onto the one it answers;
// nothing is required of its wording, and nothing in it can make it be refused:
//
//	a program wrote it        left where it is: automatic replies, bounces, newsletters
//	it came before            nothing
//	it names an open case     onto that case, when it comes from the same address
//	20 a day from an address  onto the address's last open case; 200: left for later
//	anything else             a case, of the kinds its words ask for (rightsdef/recognise)
//
// The clock starts when a server of ours took the mail, not when it was read here. The
// address it came from is what the person gave, and proves nothing: that somebody of
// the register has it is shown to the desk as a proposal. Only what protects the person
// and asks for no proof, such as an objection to marketing, is matched at once, so that
// it takes effect at once. What is attached goes through package scan. A mail that
// cannot be taken apart is kept as it came, sealed, and opens a case too.
//
// One confirmation an hour goes to an address, and two hundred to all.
//
// # Paper, telephone, in person
//
// Record is a clerk's act, of the desk's form and of the command line: when it arrived,
// when it was signed, on what envelope, who took it in, who asks in whose name, and the
// scans, which go through package scan. A signature later than the arrival is a mistake
// that is pointed out. An authority that does not cover the request is noted in the case
// and for the desk to ask about; nothing but the day of arrival moves the clock.
//
// Types: Room, Mail, Outcome, Paper. Table: intake_mails (local), which holds keyed
// hashes only.
package intake

import (
	"log/slog"

	"kartotek/internal/db"
	"kartotek/internal/party"
	"kartotek/internal/rights"
	"kartotek/internal/scan"
	"kartotek/internal/seal"
)

// Schema is the table of the room: which mails came, by keyed hashes of their content,
// Message-ID and sender.
var Schema = db.Schema{Room: "intake", Needs: []db.Schema{rights.Schema, scan.Schema}, Tables: []db.Table{{
	Name: "intake_mails", Kind: db.LocalTable, Key: "mac",
	Cols: db.Cols("mac text, id_mac text, from_mac text, case_id big, at big, told int"),
	Indexes: []db.Index{{Name: "intake_mails_from", Cols: "from_mac, at"}, {Name: "intake_mails_id", Cols: "id_mac"},
		{Name: "intake_mails_at", Cols: "at"}},
}}}

// Room is the open room.
type Room struct {
	DB     *db.DB
	Keys   *seal.Keys
	Rights *rights.Room
	Scan   *scan.Room
	Party  *party.Room
	Log    *slog.Logger // may be nil; never personal data
}
