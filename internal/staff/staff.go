// Package staff knows the people who work with the register: who they are, how
// they sign in, and what they may do. law: GDPR 29, GDPR 32(4)
//
// Accounts are named and belong to one person, of the controller's own staff or
// of a listed processor, with a last day if there is one. There is no built-in
// account and no shared one. A new account may do nothing.
//
//   - account.go: making, changing and disabling accounts
//   - password.go, phc.go: what a password must be, and how it is kept (argon2id)
//   - signin.go: signing in with address and password
//   - tries.go: the growing delay after wrong passwords and wrong codes
//   - session.go: sessions per device; they lock after 30 idle minutes and end after 12 hours
//   - prove.go: a fresh proof in the midst of a session, and the new key that follows it
//   - half.go: what stands between a right password and the second factor
//   - link.go: one-time links, for invitations and for those who forgot
//   - actor.go: what an account may do, by the access levels of the notice in force
//
// Refusals tell nothing: an unknown address, a wrong password, a disabled
// account and an account without a password get the same answer after the same
// work. What really happened is in the log.
//
// The second factors themselves (authenticator apps, passkeys, recovery codes) are
// the business of staff/factor. This package knows of an account only whether it
// has any, and then opens no session before one was shown: whatever the first step
// was, a password, a link or another house's sign-in, it gives a half that opens
// nothing and lasts five minutes.
//
// Tables: staff_accounts, staff_factors, staff_recovery (reference); staff_sessions,
// staff_halves, staff_links, staff_tries, staff_ceremonies (local).
package staff

import (
	"time"

	"kartotek/internal/db"
	"kartotek/internal/seal"
)

// Room is the staff room.
type Room struct {
	Keys *seal.Keys // blind the addresses in the counts of wrong passwords

	// Contract tells whether a processor that accounts belong to is listed and under
	// a contract that holds at a time. Nil asks nothing. law: GDPR 28(3), 29
	Contract func(processor string, at time.Time) bool
}

// Schema is the room's tables. Staff are not people of the register: their names
// and addresses are kept for running it, and no right of the register's people
// reaches them.
var Schema = db.Schema{Room: "staff", Tables: []db.Table{
	{
		Name: "staff_accounts", Kind: db.ReferenceTable, Key: "id",
		Cols: db.Cols(`id big, name text, email text, email_key text, affiliation text, processor text, until text
			levels text, password text, short int, second int, created_at big, disabled_at big`),
		Checks:  []string{"affiliation IN ('own', 'processor')"},
		Indexes: []db.Index{{Name: "staff_accounts_email", Cols: "email_key", Unique: true}},
	},
	{
		Name: "staff_sessions", Kind: db.LocalTable, Key: "token",
		Cols: db.Cols(`token blob, id big, account big, device text, name text, via text, second text
			created_at big, seen_at big, proven_at big, second_at big`),
		Indexes: []db.Index{
			{Name: "staff_sessions_account", Cols: "account, id"},
		},
	},
	{
		Name: "staff_halves", Kind: db.LocalTable, Key: "token",
		Cols:    db.Cols("token blob, account big, via text, device text, expires_at big"),
		Indexes: []db.Index{{Name: "staff_halves_account", Cols: "account"}},
	},
	{
		Name: "staff_factors", Kind: db.ReferenceTable, Key: "id",
		Cols:   db.Cols("id big, account big, kind text, name text, handle text, sealed blob, step big, created_at big, used_at big"),
		Checks: []string{"kind IN ('totp', 'passkey')"},
		Indexes: []db.Index{
			{Name: "staff_factors_account", Cols: "account, id"},
			{Name: "staff_factors_handle", Cols: "handle", Unique: true},
		},
	},
	{
		Name: "staff_recovery", Kind: db.ReferenceTable, Key: "code",
		Cols:    db.Cols("code text, account big, created_at big"),
		Indexes: []db.Index{{Name: "staff_recovery_account", Cols: "account"}},
	},
	{
		Name: "staff_ceremonies", Kind: db.LocalTable, Key: "token",
		Cols: db.Cols("token blob, account big, kind text, sealed blob, expires_at big"),
	},
	{
		Name: "staff_links", Kind: db.LocalTable, Key: "token",
		Cols:    db.Cols("token blob, account big, kind text, expires_at big"),
		Indexes: []db.Index{{Name: "staff_links_account", Cols: "account"}},
	},
	{
		Name: "staff_tries", Kind: db.LocalTable, Key: "who",
		Cols: db.Cols("who text, fails int, until big, last_at big"),
	},
}}
