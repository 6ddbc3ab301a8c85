// Package staff is the pages on which accounts are administered and access levels
// are looked at and changed. law: GDPR 29, GDPR 32(4)
//
//	GET  /staff                        list.go     the accounts
//	POST /staff                        list.go     invites: the one-time link is shown once
//	GET  /staff/accounts/{id}          account.go  one account
//	POST /staff/accounts/{id}/levels, until, disable, enable, link, sessions
//	GET  /staff/levels                 levels.go   level, with: the matrix, beside another one
//	GET  /staff/levels/history         history.go
//	GET  /staff/levels/new             edit.go     its address for a POST is /staff/levels/-
//	GET  /staff/levels/{name}/edit     edit.go     the matrix as a form
//	POST /staff/levels/{name}/check    change.go   what would come of it, and for how many
//	POST /staff/levels/{name}          change.go   publishes the notice with it
//
// Everything here takes the act "staff", which reads no people. Nobody changes
// their own account, nor a level they hold or could take up; and who may not
// publish a notice gives nobody the right to, because a notice gives every other
// right (noticedef.MayChange, MayGive). A refused try is logged.
package staff

import (
	"slices"
	"strings"

	"kartotek/internal/audit"
	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/id"
	"kartotek/internal/noticedef"
	"kartotek/internal/web/admin/desk"
	"kartotek/internal/web/door"
)

// administers is the act of the notice that opens these pages.
const administers = "staff"

// Routes lists the pages.
func Routes() []door.Route {
	get := func(path string, h desk.Handler) door.Route {
		return door.Route{Method: "GET", Path: path, Level: administers, Handler: desk.With(h)}
	}
	post := func(path string, h desk.Handler) door.Route {
		return door.Route{Method: "POST", Path: path, Level: administers, Handler: desk.With(h)}
	}
	draft := post("/staff/levels/{name}/check", check)
	draft.Drafts = true
	return []door.Route{
		get("/staff", list), post("/staff", invite),
		get("/staff/accounts/{id}", show),
		post("/staff/accounts/{id}/levels", change(setLevels)), post("/staff/accounts/{id}/until", change(setUntil)),
		post("/staff/accounts/{id}/disable", change(disable)), post("/staff/accounts/{id}/enable", change(enable)),
		post("/staff/accounts/{id}/sessions", change(endSessions)), post("/staff/accounts/{id}/link", newLink),
		get("/staff/levels", levels), get("/staff/levels/history", history), get("/staff/levels/new", newLevel),
		get("/staff/levels/{name}/edit", edit), draft, post("/staff/levels/{name}", set),
	}
}

// holder is the reader as one who gives rights to others.
func holder(d *desk.Desk) noticedef.Holder {
	h := noticedef.Holder{Levels: slices.Clone(d.Actor.Account.Levels), Publish: d.Actor.Can("publish") && !d.Actor.FourEyes("publish")}
	for _, l := range d.Actor.Levels() {
		h.Levels = append(h.Levels, l.Name)
	}
	return h
}

// refused logs a try to widen rights, and answers it.
func refused(d *desk.Desk, object, key string) error {
	e := audit.Entry{Action: "staff.refused", Kind: "account", Object: object, Outcome: audit.Refused, Detail: map[string]string{"why": key}}
	if err := d.Seen(e); err != nil {
		return err
	}
	return fault.New(fault.Denied, key, "nobody gives rights beyond their own").In("level")
}

// can tells whether levels administer accounts, by the notice in force.
func can(d *desk.Desk) func(levels []string) bool {
	return func(levels []string) bool {
		return slices.ContainsFunc(levels, func(name string) bool { l, ok := d.Facts.Level(name); return ok && l.Can(administers) })
	}
}

// titleOf names a level; one the notice no longer has keeps its name.
func titleOf(d *desk.Desk, name string) string {
	l, ok := d.Facts.Level(name)
	if t := l.Title.In(d.Lang()); ok && t != "" {
		return t
	}
	return name
}

// lastSeen is the moment an account was last here: what it last did, or the last use
// of a session; 0 for never.
func lastSeen(d *desk.Desk, tx *db.Tx, account id.ID) (at int64, err error) {
	sessions, err := d.Staff.Sessions(tx, account)
	if err != nil {
		return 0, err
	}
	for _, s := range sessions {
		at = max(at, desk.Ms(s.SeenAt))
	}
	last, err := audit.Read(tx, audit.Filter{By: account, Limit: 1})
	for _, e := range last {
		at = max(at, desk.Ms(e.At))
	}
	return at, err
}

// lower makes a title part of a sentence; a word in capitals stays one.
func lower(s string) string {
	if len(s) > 1 && strings.ToUpper(s[:2]) == s[:2] {
		return s
	}
	return strings.ToLower(s[:min(1, len(s))]) + s[min(1, len(s)):]
}
