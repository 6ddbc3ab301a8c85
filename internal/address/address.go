// Package address brings e-mail addresses, telephone numbers and names to the
// one form in which the register compares them.
//
// Two rows mean the same person when their addresses are equal, so "equal" has
// to be decided once, before anything is stored: in letter case, in the way an
// international domain is spelt, in how a telephone number is grouped. A "no"
// that was given by Anna@Example.example must be found again when a file brings
// anna@example.example back.
//
// The shape: Email and Phone take what somebody typed and return the register's
// key or an error that says what is wrong with it; Mailbox loosens an e-mail
// key to the mailbox behind it, for comparing against refusals; Fold turns a
// name into what a search looks for ("Åkesson" into "akesson"). Nothing here
// asks a database or the network: a well-formed address need not exist.
//
// Sources: RFC 5321 and 5322 (addresses), RFC 6531 (letters beyond ASCII),
// RFC 5891 and UTS 46 (domains), ITU-T E.164 (telephone numbers).
package address

import "kartotek/internal/fault"

// The reasons an address is refused. Each is a *fault.Error of code Invalid
// whose message holds nothing of the address itself.
var (
	ErrEmpty       = fault.New(fault.Invalid, "address.empty", "the address is empty")
	ErrNoAt        = fault.New(fault.Invalid, "address.no_at", "an e-mail address needs one @")
	ErrManyAt      = fault.New(fault.Invalid, "address.many_at", "an e-mail address has only one @")
	ErrCharacter   = fault.New(fault.Invalid, "address.character", "the address holds a character that addresses cannot have")
	ErrLocal       = fault.New(fault.Invalid, "address.local", "the part before the @ is not well-formed")
	ErrLocalLong   = fault.New(fault.Invalid, "address.local_long", "the part before the @ is longer than 64 bytes")
	ErrDomain      = fault.New(fault.Invalid, "address.domain", "the part after the @ is not a domain name")
	ErrDomainLong  = fault.New(fault.Invalid, "address.domain_long", "the part after the @ is longer than 255 bytes")
	ErrPhone       = fault.New(fault.Invalid, "address.phone", "the telephone number is not well-formed")
	ErrPhoneLength = fault.New(fault.Invalid, "address.phone_length", "a telephone number has 7 to 15 digits")
)
