// Package returns takes in the mail that comes back, and acts on it.
//
// A newsletter of a hundred thousand letters is answered by thousands of mails:
// bounces, complaints, automatic replies, letters from people. Package bounce says
// what each of them means. Here they come in, by three ways that lead to one act:
//
//	Listen    a small mail server of our own (SMTP or LMTP) ──┐
//	Poll      a mailbox elsewhere, read over IMAP ────────────┼──► Apply
//	Read      files: a mail, a mailbox (mbox), a folder ──────┘
//
// # What Apply does
//
// Only messages that left here count. Which message a mail is about is proven by a
// MAC: that of the return path it came to (outbox.ReturnPath), or of the link in the
// letter it brings back. A complaint that brings neither is believed by the Message-ID
// of our letter together with the address of its person.
//
//	bounce, the address does not exist   it is suppressed (outbox.Suppress); after 180 days it may be tried again
//	bounce for any other reason          noted and shown; nothing follows for the person
//	complaint                            the person's own act: all marketing is forbidden, in the ledger
//	automatic reply                      nothing; a new address it tells of becomes a note for a person to read
//	anything else                        nothing
//
// Each is done once for a message, its person and the reason, however often the mail
// comes. When too large a share of a newsletter comes back while it is being sent, it
// is paused (Settle).
//
// # Strangers
//
// Anybody may send mail here. The listener takes it for return paths with a right MAC
// and a few known names, relays nothing, and reads a bounded part of each mail. Whoever
// names addresses that are not ours, or forges bounces, is counted by network and
// told to come later (guard); guesses of a Message-ID are counted for all together.
//
// Types: Room, Mail, Done, Result, Listener, Box, Note. Tables: mailboxes (local), return_notes (person).
package returns

import (
	"context"
	"crypto/tls"
	"log/slog"
	"sync/atomic"
	"time"

	"kartotek/internal/db"
	"kartotek/internal/id"
	"kartotek/internal/outbox"
	"kartotek/internal/seal"
)

// Schema is the tables of the room.
var Schema = db.Schema{Room: "returns", Tables: []db.Table{boxTable, notesTable}}

// Room is the open room.
type Room struct {
	DB     *db.DB
	Outbox *outbox.Room
	Keys   *seal.Keys
	// Judge pauses a campaign that is being sent when too much of it came back, and
	// gives its name then; "" when it goes on. It may be nil.
	Judge func(ctx context.Context, by db.By, campaign id.ID) (name string, err error)
	Log   *slog.Logger // may be nil; never personal data
	TLS   *tls.Config  // whom to trust as a mailbox's server; nil is the system's roots

	// Hand makes a room whose mailbox has another use: each mail that comes in is handed
	// to it whole, with the time the mailbox took it, and nothing else is done. What it
	// has taken leaves the folder. See hand.go.
	Hand func(ctx context.Context, by db.By, raw []byte, at time.Time) (Handed, error)
	// Names of a domain of ours whose mail the listener hands to Ask, such as privacy.
	AskNames []string
	Ask      func(ctx context.Context, by db.By, raw []byte) error

	guard     guard
	watch     watch
	listening atomic.Pointer[Listener]
}
