package staff

import (
	"strings"

	"kartotek/internal/db"
	"kartotek/internal/id"
)

// Level is an access level of the notice in force, as noticedef.Level is.
type Level interface {
	// May reports whether an action ("see" or "edit") on a data category is
	// allowed for a purpose; an empty purpose means for any.
	May(purpose, category, action string) bool
	// Can reports whether an act is allowed, for some purpose or without one.
	Can(act string) bool
	// CanFor reports whether an act is allowed for one purpose.
	CanFor(purpose, act string) bool
}

// Rights gives the access levels of the notice in force by name.
type Rights interface {
	Level(name string) (Level, bool)
}

// RightsFunc makes Rights of a function:
//
//	staff.RightsFunc(func(name string) (staff.Level, bool) { return n.Level(name) })
type RightsFunc func(name string) (Level, bool)

// Level implements Rights.
func (f RightsFunc) Level(name string) (Level, bool) { return f(name) }

// Actor is an account with what it may do now. What no level allows is refused;
// the zero Actor may do nothing. law: GDPR 25(2)
type Actor struct {
	Account *Account
	Session id.ID
	Device  string
	levels  []Level
}

// Act gives the actor of a session under the rights in force. Level names the
// notice no longer has allow nothing.
func (s *Session) Act(rights Rights) Actor {
	a := Actor{Account: s.Account, Session: s.ID, Device: s.Device}
	if s.Locked || rights == nil {
		return a
	}
	for _, name := range s.Account.Levels {
		if l, ok := rights.Level(name); ok {
			a.levels = append(a.levels, l)
		}
	}
	return a
}

// May reports whether one of the actor's levels allows an action on a category
// for a purpose.
func (a Actor) May(purpose, category, action string) bool {
	return a.any(func(l Level) bool { return l.May(purpose, category, action) })
}

// Can reports whether one of the actor's levels allows an act.
func (a Actor) Can(act string) bool {
	return a.any(func(l Level) bool { return l.Can(act) })
}

// CanFor reports whether one of the actor's levels allows an act for a purpose.
func (a Actor) CanFor(purpose, act string) bool {
	return a.any(func(l Level) bool { return l.CanFor(purpose, act) })
}

func (a Actor) any(f func(Level) bool) bool {
	for _, l := range a.levels {
		if f(l) {
			return true
		}
	}
	return false
}

// By is how the actor signs a transaction that serves a purpose.
func (a Actor) By(purpose string) db.By {
	by := db.By{Kind: "staff", Purpose: purpose, Device: a.Device}
	if a.Account != nil {
		by.ID, by.Name, by.Level = a.Account.ID, a.Account.Name, strings.Join(a.Account.Levels, " ")
	}
	return by
}

// families of browsers and systems, the telling word first.
var (
	browsers = [][2]string{{"Edg", "Edge"}, {"OPR", "Opera"}, {"Firefox", "Firefox"}, {"FxiOS", "Firefox"}, {"CriOS", "Chrome"}, {"Chrome", "Chrome"}, {"Chromium", "Chrome"}, {"Safari", "Safari"}, {"curl", "curl"}}
	systems  = [][2]string{{"iPhone", "iPhone"}, {"iPad", "iPad"}, {"Android", "Android"}, {"Windows", "Windows"}, {"Mac OS", "macOS"}, {"CrOS", "ChromeOS"}, {"Linux", "Linux"}}
)

// DeviceLabel names a device by its User-Agent, in a few fixed words: nothing
// that the sender wrote is kept.
func DeviceLabel(userAgent string) string {
	pick := func(list [][2]string, other string) string {
		for _, f := range list {
			if strings.Contains(userAgent, f[0]) {
				return f[1]
			}
		}
		return other
	}
	return pick(browsers, "Browser") + " on " + pick(systems, "another system")
}
