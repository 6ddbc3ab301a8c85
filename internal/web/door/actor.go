package door

import (
	"slices"

	"kartotek/internal/access"
	"kartotek/internal/id"
	"kartotek/internal/notice"
	"kartotek/internal/noticedef"
	"kartotek/internal/staff"
	"kartotek/internal/staff/apikey"
)

// Actor is a member of staff who is signed in: staff.Actor, which answers May and
// CanFor, with what pages need besides.
type Actor struct {
	staff.Actor
	Signed   *staff.Session
	Elevated []access.Elevation // levels taken up for a time, in force now
	levels   []noticedef.Level  // their own, then those taken up
	own      staff.Actor        // without them
	used     []right
	asked    []right // acts for a purpose that were asked about

	ownLevels int // how many of levels are their own
	key       *apikey.Used
}

// NewActor gives the actor of a session under the notice in force, with the levels
// that were taken up in it. While no notice is in force, no level allows anything.
func NewActor(s *staff.Session, in *notice.InForce, elevated ...access.Elevation) *Actor {
	a := &Actor{Signed: s}
	rights := staff.RightsFunc(func(name string) (staff.Level, bool) {
		if in == nil {
			return nil, false
		}
		l, ok := in.Level(name)
		if ok {
			a.levels = append(a.levels, l)
		}
		return l, ok
	})
	a.Actor = s.Act(rights)
	a.elevate(in, elevated)
	return a
}

// Who is the account's id; 0 for nobody.
func (a *Actor) Who() id.ID {
	if a == nil || a.Account == nil {
		return 0
	}
	return a.Account.ID
}

// Name is the account's name.
func (a *Actor) Name() string { return a.Account.Name }

// Title names the actor's levels in a language, the first of them.
func (a *Actor) Title(lang string) string {
	if len(a.levels) == 0 {
		return ""
	}
	if t := a.levels[0].Title.In(lang); t != "" {
		return t
	}
	return a.levels[0].Name
}

// Levels are the actor's access levels, as the notice in force has them.
func (a *Actor) Levels() []noticedef.Level { return a.levels }

// MayEnter reports whether the actor (nil: nobody) may come in where a route
// asks for a level.
func (a *Actor) MayEnter(level string) bool {
	switch {
	case level == Public:
		return true
	case a == nil:
		return false
	case level == SignedIn:
		return true
	case level == SeePeople:
		return slices.ContainsFunc(a.levels, seesPeople)
	}
	return a.Can(level)
}

func seesPeople(l noticedef.Level) bool {
	return slices.ContainsFunc(l.Grants, func(g noticedef.Grant) bool { return len(g.Cells) > 0 })
}
