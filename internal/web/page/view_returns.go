package page

import "time"

// ReturnsView is the page of mail that comes back: how it comes in, and what of it
// waits for a person.
//
// POST /outreach/returns/mailbox (host, port, security, user, password, folder,
// handled; op = save, try, read or drop), /outreach/returns/note (person, note).
type ReturnsView struct {
	Frame
	Listens string // address of the listener; "" when there is none
	Box     *ReturnsBox
	MaySet  bool
	Form    []Field
	Tried   *Flash // what a try of the mailbox gave
	Notes   []ReturnsNote
	More    int  // notes beyond those shown
	MayRead bool // sees notes at all
}

// ReturnsBox is the mailbox as it is read.
type ReturnsBox struct {
	Name    string // user at host
	State   Chip
	Text    string // what to do when it is not read
	Read    time.Time
	Handled int
}

// ReturnsNote is a new address somebody has to judge.
type ReturnsNote struct {
	ID, PersonID string
	Person       Link
	Now, New     string // addresses
	At           time.Time
}
