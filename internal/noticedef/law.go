package noticedef

import (
	"time"

	"kartotek/internal/law"
)

// Law is what a check asks of the rule packs; *law.Set answers it.
type Law interface {
	// ActsIn lists the acts a text speaks of, in force or not.
	ActsIn(text string) []law.Act
	// RepealedIn lists the acts a text speaks of that are repealed on a day.
	RepealedIn(text string, on time.Time) []law.Act
	// Basis finds a legal basis by kind.
	Basis(kind string) (law.Basis, bool)
	// Rights lists the articles that give rights where processing rests on a
	// basis.
	Rights(basisKind string) []string
	// Adequacy finds the adequacy decision for a country on a day.
	Adequacy(country string, on time.Time) (law.Adequacy, bool)
}

// LawOf gives the rule packs a notice names, as they hold on the later of two
// days: a given one, and the day the notice begins to apply.
func LawOf(n *Notice, today time.Time) (*law.Set, error) {
	return law.For(n.Law, n.holds(today))
}

// holds is the day a notice must be right on: the day it begins to apply, or
// today once that has passed.
func (n *Notice) holds(today time.Time) time.Time {
	if t, ok := n.Effective.Time(); ok && t.After(today) {
		return t
	}
	return today
}
