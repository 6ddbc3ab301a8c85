package door

import (
	"slices"

	"kartotek/internal/db"
	"kartotek/internal/id"
	"kartotek/internal/noticedef"
)

// Actor is a member of staff who is signed in, with the access level the notice
// in force gives them.
type Actor struct {
	ID      id.ID  // of the account
	Session id.ID  // of the session
	Name    string // of the account
	Email   string
	Device  string // label of the session, such as "Firefox, Windows"
	Lang    string // chosen language; "" when none
	Level   noticedef.Level
}

// By is the actor acting for a purpose.
func (a *Actor) By(purpose string) db.By {
	return db.By{Kind: "staff", ID: a.ID, Name: a.Name, Level: a.Level.Name, Purpose: purpose, Device: a.Device}
}

// Title names the level in a language.
func (a *Actor) Title(lang string) string {
	if t := a.Level.Title.In(lang); t != "" {
		return t
	}
	return a.Level.Name
}

// Can reports whether the actor may come in where a route asks for a level.
func (a *Actor) Can(level string) bool {
	switch {
	case level == Public:
		return true
	case a == nil:
		return false
	case level == SignedIn:
		return true
	case level == SeePeople:
		return slices.ContainsFunc(a.Level.Grants, func(g noticedef.Grant) bool { return len(g.Cells) > 0 })
	}
	return a.Level.Can(level)
}

// May reports whether the actor may "see" or "edit" a category of data for a
// purpose ("" for any).
func (a *Actor) May(purpose, category, action string) bool {
	return a != nil && a.Level.May(purpose, category, action)
}
