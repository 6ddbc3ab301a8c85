// Package relay looks after the servers that take our mail, and after the name we
// have with those who receive it.
//
// # Relays
//
// A relay is a mail server that takes our letters and brings them to the people's
// providers. Whoever runs it processes personal data for the controller, so each
// names the processor of the notice that it belongs to. At every use, not only when
// it is entered, the notice in force is asked whether that processor is still
// listed, under contract, and outside the EEA with a tool for the transfer; a relay
// of another is not used. law: GDPR 28(3), GDPR 44
//
// A Pool is the channel that sends through all of them (outbox.Channel). It gives
// each session to the relay whose turn it is, by priority and weight, and goes on
// to the next when one cannot be reached:
//
//	rests      five failures in a row; after a while one message goes as a probe (pace.Relays)
//	no answer  a connection that takes longer than a second and a half does not hold up
//	           the next relay, and nobody else waits for it
//	slow       much slower than the others: its session ends, and it is used a tenth of the time
//
// # Receivers
//
// The provider that receives for an address is found by its MX (pace.Directory). What
// it bears is learnt from its replies (pace.Pacer, one for each relay), and a
// provider that answers slowly holds one worker at a time, not all. A message that
// has to wait goes back with the time when it is due again (outbox.Pacer).
//
// # Signatures
//
// Keys of DKIM are made here, kept sealed, found in DNS, changed twice a year and
// removed (keys.go, by the plan of package dkim). A letter is signed for the domain it
// comes from when that domain has an active key, unless the relay signs itself.
//
// # Looking first
//
// Look asks DNS and the relays whether the world is ready to receive our mail
// (package preflight), and keeps the answer some hours. Ready says what follows for
// a send: go, wait and look again, or stop.
//
// # Shape
//
//	Room         Add, Change, List, MakeKey, Keys, Upkeep, Look, Ready, Health
//	Room.Pool    the Pool of this process; Run keeps its memory in the tables
//	tempo        who is slow now; pure
//
// # Who carried what
//
// Each processor that runs a relay has a number of its own (carriers.go), which stays
// when the relay goes or is given to another. A message keeps the numbers of those that
// were told whom it is for as bits, written with its outcome: no statement more, and
// the person can be told by name who carried their letters. law: GDPR 15(1)(c), GDPR 19
//
//	relays        (relay_id)                     reference; the address is sealed, with its password
//	carriers      (carrier)                      reference: the numbers of processors
//	dkim_keys     (domain, selector)             reference; sealed
//	relay_memory  (relay_id, node)               local: health and pace of each process, now and then
//	relay_days    (day, relay, provider, what)   local: counts that the page draws
//	relay_looks   (domain)                       local: the last look before a send
//
// None of them says anything about a person.
package relay

import (
	"time"

	"kartotek/internal/db"
	"kartotek/internal/noticedef"
	"kartotek/internal/outbox/pace"
	"kartotek/internal/outbox/preflight"
	"kartotek/internal/seal"
)

// Room is the open room.
type Room struct {
	DB   *db.DB
	Keys *seal.Keys
	// Notice is the notice in force; nil when there is none.
	Notice func(tx *db.Tx) (*noticedef.Notice, error)
	// Resolver asks DNS: for the MX of receivers and the records of senders.
	// Nil: nobody is asked, each domain is its own provider, and looks are not made.
	Resolver interface {
		pace.Resolver
		preflight.Resolver
	}
	// Prober looks at the TLS of relays; nil leaves that out.
	Prober preflight.Prober
	Hello  string // our name in EHLO
	// ReturnDomain is the domain of return paths (outbox.ReturnPath); "" when
	// bounces go to the sender's own address.
	ReturnDomain string
	// Simple is the address of the one relay given at the start of the program. With
	// it, relays of the register rest: whoever gives it means that one.
	Simple string
	// Processor runs the server at Simple, as Appoint found; "" for the controller's own.
	Processor string
	// Local says that mail stays in the program, as in the demonstration: nothing is
	// looked at before a send.
	Local bool
	// Workers is how many sessions may be open at once in this process.
	Workers int
	// Node tells this process's memory from another's.
	Node int

	pool Pool
}

// Schema is the room's tables.
var Schema = db.Schema{Room: "relay", Tables: []db.Table{
	{
		Name: "relays", Kind: db.ReferenceTable, Key: "relay_id",
		Cols: db.Cols(`relay_id big, name text, address blob, host text, recipient text, pool text, priority int, weight int, signs int, connections int
			rate int, daily int, started_at big, state text, created_at big, created_by text, changed_at big, changed_by text`),
		Checks:  []string{"state IN ('active', 'disabled')"},
		Indexes: []db.Index{{Name: "relays_name", Cols: "name", Unique: true}},
	},
	{
		Name: "carriers", Kind: db.ReferenceTable, Key: "carrier",
		Cols:    db.Cols(`carrier int, recipient text`),
		Indexes: []db.Index{{Name: "carriers_recipient", Cols: "recipient", Unique: true}},
	},
	{
		Name: "dkim_keys", Kind: db.ReferenceTable, Key: "domain, selector",
		Cols:   db.Cols(`domain text, selector text, kind text, sealed blob, record text, state text, made_at big, seen_at big, used_at big, retired_at big, made_by text`),
		Checks: []string{"state IN ('new', 'active', 'retired')"},
	},
	{Name: "relay_memory", Kind: db.LocalTable, Key: "relay_id, node", Cols: db.Cols("relay_id big, node int, at big, memory text")},
	{Name: "relay_days", Kind: db.LocalTable, Key: "day, relay_id, provider, what", Cols: db.Cols("day int, relay_id big, provider text, what text, n big")},
	{Name: "relay_looks", Kind: db.LocalTable, Key: "domain", Cols: db.Cols("domain text, at big, findings text")},
}}

// dayMs is a day of the tables' counts, in UTC.
const dayMs = int64(24 * time.Hour / time.Millisecond)
