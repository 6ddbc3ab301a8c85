package door

import (
	"kartotek/internal/notice"
	"kartotek/internal/staff"
	"kartotek/internal/staff/apikey"
)

// NewKeyActor gives the actor of an API key under the notice in force: the key's
// owner, behind levels narrowed to what the key may. It is no session; what asks
// for a strong or fresh one is closed to it.
func NewKeyActor(u apikey.Used, in *notice.InForce) *Actor {
	a := &Actor{Signed: u.Session()}
	a.Actor = a.Signed.Act(staff.RightsFunc(func(name string) (staff.Level, bool) {
		if in == nil {
			return nil, false
		}
		l, ok := u.Level(in.Notice, name)
		if ok {
			a.levels = append(a.levels, l)
		}
		return l, ok
	}))
	a.key = &u
	return a
}

// Key is the API key that acts; nil when it is a person.
func (a *Actor) Key() *apikey.Used { return a.key }
