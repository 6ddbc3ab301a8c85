// Package ask is the pages on which anybody asks for what the law gives them, without
// an account: the form, and the page with the number of the request.
//
// It is a family of pages over the kit in web/page, for the public side: one column,
// no script, works at 320 px and with a keyboard. A family holds no rules and imports
// no room; web/public/ask fills its views. The pages say the same to somebody the
// register knows and to somebody it does not. law: GDPR 12(2)
package ask

import (
	"time"

	"kartotek/internal/web/page"
)

// Trap is the name of the field that people do not see and programs fill in.
const Trap = "homepage"

// FormView is the form. POST /ask (kind = the ticked ones, name, email, phone, address,
// about, answer, stamp).
type FormView struct {
	page.Public
	Kinds   []Kind
	Name    page.Field
	Email   page.Field
	Phone   page.Field
	Address page.Field
	About   page.Field
	Answers []page.Option // how to answer
	Stamp   string        // when the form was made, signed
	Error   string
	Contact string // an address to write to instead; "" hides it
	MineURL string // for those who can sign in to their own data
}

// Kind is something one may ask for.
type Kind struct {
	ID, Text, Hint string
	On             bool
}

// DoneView is what the person is told once the request is in.
type DoneView struct {
	page.Public
	Refs    []Ref // one for each thing asked for
	At      time.Time
	Due     time.Time
	Contact string
	MineURL string
}

// Ref is the number of a request and what it is about.
type Ref struct{ Number, Text string }
