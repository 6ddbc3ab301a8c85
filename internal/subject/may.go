package subject

// Certainty is how sure it is that who acts is the person.
type Certainty int

// The certainties, the least first.
const (
	Nobody    Certainty = iota
	ByMessage           // came by a link of a message, which may have been forwarded
	ByAddress           // signed in by a link to an address the register has of them
	Verified            // staff have made sure who it is
)

// Act is something a person does with their own data.
type Act string

// The acts.
const (
	Withdraw Act = "withdraw" // a consent. law: GDPR 7(3)
	Object   Act = "object"   // law: GDPR 21(1), 21(2)
	See      Act = "see"      // law: GDPR 15(1)
	Download Act = "download" // law: GDPR 15(3), 20(1)
	Correct  Act = "correct"  // a value that leads nobody astray. law: GDPR 16
	Contest  Act = "contest"  // a value that others vouch for: it becomes a case. law: GDPR 16, 18(1)(a)
	Restrict Act = "restrict" // law: GDPR 18
	Move     Act = "move"     // messages go to another address from now on. law: GDPR 16
	Erase    Act = "erase"    // law: GDPR 17
)

// Acts lists them, the mildest first.
var Acts = []Act{Withdraw, Object, See, Download, Correct, Contest, Restrict, Move, Erase}

// Answer is what a certainty allows.
type Answer int

// The answers.
const (
	No      Answer = iota
	Confirm        // after it was confirmed by letter
	Yes            // at once
)

// May is the table of what each certainty allows. What only protects the person is
// asked no proof for: a no from somebody who was not the person costs a newsletter.
// What opens, moves or ends is. law: GDPR 12(2), 12(6), 32(1)(b)
//
//	              message   address   verified
//	withdraw        yes       yes       yes
//	object          yes       yes       yes
//	see             no        yes       yes
//	download        no        yes       yes
//	correct         no        yes       yes
//	contest         no        yes       yes
//	restrict        no        yes       yes
//	move            no        confirm   confirm (from the new address alone)
//	erase           no        confirm   confirm
func May(c Certainty, a Act) Answer {
	switch a {
	case Withdraw, Object:
		return when(c >= ByMessage, Yes)
	case See, Download, Correct, Contest, Restrict:
		return when(c >= ByAddress, Yes)
	case Move, Erase:
		return when(c >= ByAddress, Confirm)
	}
	return No
}

func when(ok bool, a Answer) Answer {
	if ok {
		return a
	}
	return No
}

// harmless are the values that the person knows best and that open nothing to
// anybody: they are corrected at once. The others are contested, as a case.
var harmless = map[string]bool{"first_name": true, "last_name": true, "title": true, "language": true, "country": true, "city": true, "street": true, "postcode": true,
	"organisation": true, "phone": true}

// MayCorrect tells how a person corrects a field: at once, or as a case. The
// address messages go to is moved, not corrected.
func MayCorrect(c Certainty, field string) Act {
	switch {
	case field == "email":
		return Move
	case harmless[field] && May(c, Correct) == Yes:
		return Correct
	}
	return Contest
}
