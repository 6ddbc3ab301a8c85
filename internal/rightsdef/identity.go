package rightsdef

import (
	"slices"

	"kartotek/internal/fault"
)

// Certainty is how sure the desk is that who asks is the person concerned: the rungs
// of a ladder, the mildest first. law: GDPR 12(6)
type Certainty int

// The rungs.
const (
	Claimed Certainty = iota // somebody says so
	Known                    // it came from an address the register has of the person, which may be forged
	Control                  // who asks has shown to read what is sent to that address
	Session                  // signed in to their own pages
	Facts                    // told what only the person and the company know
	PhotoID                  // a person looked at a document with a photograph; it is not kept
)

// Methods names the rungs as the notice and the command line do.
var Methods = []string{"claimed", "from_known_address", "known_address", "session", "shared_facts", "photo_id_shown"}

// String is the rung's name.
func (c Certainty) String() string {
	if c < 0 || int(c) >= len(Methods) {
		return ""
	}
	return Methods[c]
}

// ParseCertainty reads a rung's name.
func ParseCertainty(name string) (Certainty, bool) {
	i := slices.Index(Methods, name)
	return Certainty(i), i >= 0
}

// Delivery is where what was asked for goes to.
type Delivery string

// The deliveries. An address the register does not have of the person wants more
// certainty than one it has.
const (
	ToKnown Delivery = "known" // to an address the register has, or behind the person's own sign-in
	ToNew   Delivery = "new"   // to an address first given with the request
)

// Enough is the least certainty a kind of request may be carried out with. What only
// protects the person wants no proof: an objection or withdrawal by somebody who was
// not the person costs a newsletter, a disclosure to somebody else cannot be undone.
// law: GDPR 12(2), GDPR 12(6), GDPR 7(3), GDPR 21(3)
func Enough(k Kind, d Delivery) Certainty {
	switch k {
	case Information, Withdrawal, Objection:
		return Claimed
	case Restriction:
		return Known
	case Rectification, Erasure:
		return Control
	}
	if d == ToNew {
		return Facts
	}
	return Control
}

// Allows refuses a kind of request that needs more certainty than there is.
func Allows(k Kind, have Certainty, d Delivery) error {
	if have >= Enough(k, d) {
		return nil
	}
	return fault.New(fault.Conflict, "rights.unsure", "it is not sure enough who asks; verify their identity first (needed: %s)", Enough(k, d))
}

// Doubts are the reasons there may be to doubt who asks. Without one nothing more may
// be asked for. law: GDPR 12(6)
var Doubts = []string{
	"several-people",    // more than one person of the register fits
	"nobody-fits",       // nobody does
	"unknown-address",   // it came from an address the register does not have
	"name-differs",      // the address belongs to somebody of another name
	"signature-differs", // from what the register has
	"facts-wrong",       // what was told does not agree with the register
	"new-delivery",      // the answer is wanted at an address the register does not have
	"agent",             // somebody asks in the person's name
	"misuse-reported",   // the person, or another, told of misuse of their name or address
}

// NextRung is the mildest rung above what there is that is enough, as one may ask for.
// Each rung asked for has to be the next: a photo ID is the last. law: GDPR 5(1)(c), GDPR 12(6)
func NextRung(have, enough Certainty) Certainty {
	switch {
	case have >= enough:
		return have
	case have < Control:
		return Control
	case have < Facts:
		return Facts
	}
	return PhotoID
}

// CheckAsk refuses to ask for identity without a recorded doubt, or for more than the
// next rung when a milder one was not tried. reachable tells that the register has an
// address to send a link to. law: GDPR 12(6)
func CheckAsk(doubt string, have, want Certainty, reachable bool) error {
	if !slices.Contains(Doubts, doubt) {
		return fault.New(fault.Invalid, "rights.doubt", "say what the doubt about the person's identity rests on; without a doubt nothing more may be asked for").In("doubt")
	}
	if want <= have {
		return fault.New(fault.Invalid, "rights.rung_has", "it is already that sure who asks").In("want")
	}
	next := NextRung(have, want)
	if next == Control && !reachable {
		next = Facts
	}
	if want > next {
		return fault.New(fault.Conflict, "rights.rung", "ask for the milder step first: %s", next).In("want")
	}
	return nil
}
