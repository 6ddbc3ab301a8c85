package rightsdef

// Step is how far somebody gets by themselves with something they ask for.
type Step int

// The steps.
const (
	ByDesk   Step = iota // a case: somebody looks at it, and answers in time
	ByLetter             // when a link in a letter has confirmed it
	AtOnce
)

// Themselves is the table of what people do with their own data without the desk, by
// how sure it is who they are. What only protects them is asked little proof for: a no
// from somebody who was not the person costs a newsletter. What opens, moves or ends is
// asked more, and it goes to the desk while misuse of the person's name or address has
// been reported and nobody has made sure who it is. law: GDPR 12(2), 12(6), 32(1)(b)
//
//	                          claimed  known    control  session    facts, photo   misuse reported
//	withdrawal, objection     desk     at once  at once  at once    at once        no matter
//	restriction               desk     desk     desk     at once    at once        no matter
//	access, portability       desk     desk     desk     at once    at once        desk below facts
//	rectification             desk     desk     desk     at once    at once        desk below facts
//	erasure                   desk     desk     desk     by letter  by letter      desk below facts
//	information               desk     desk     desk     desk       desk           no matter
//
// Known is also whoever comes by a link of a message, which may have been forwarded.
func Themselves(k Kind, have Certainty, misuse bool) Step {
	least, step := Session, AtOnce
	switch k {
	case Withdrawal, Objection:
		least, misuse = Known, false
	case Restriction:
		misuse = false
	case Access, Portability, Rectification:
	case Erasure:
		step = ByLetter
	default:
		return ByDesk
	}
	if have < least || misuse && have < Facts {
		return ByDesk
	}
	return step
}

// Misused is the doubt that sends people's own acts to the desk.
const Misused = "misuse-reported"

// Way is how somebody has a value of theirs put right.
type Way string

// The ways.
const (
	Correct Way = "correct" // at once. law: GDPR 16
	Contest Way = "contest" // others vouch for it: it becomes a case. law: GDPR 16, 18(1)(a)
	Move    Way = "move"    // the address messages go to: confirmed from the old and the new one
)

// harmless are the fields that a person knows best and that open nothing to anybody.
var harmless = map[string]bool{"first_name": true, "last_name": true, "title": true, "language": true, "country": true, "city": true, "street": true, "postcode": true,
	"organisation": true, "phone": true}

// Corrects tells how a person has a field put right.
func Corrects(field string, have Certainty, misuse bool) Way {
	at := Themselves(Rectification, have, misuse)
	switch {
	case field == "email" && at == AtOnce:
		return Move
	case harmless[field] && at == AtOnce:
		return Correct
	}
	return Contest
}
