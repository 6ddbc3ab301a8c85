package page

import "time"

// SuppressionView is the page of addresses that are not to be used.
//
// GET /outreach/suppression. POST …/check (address) answers in place; POST …/add
// (address, class, reason), …/lift (address, kind, class, reason), …/list (multipart:
// name, kind, class, source, country, column, then file) and …/list/drop (name) lead back.
type SuppressionView struct {
	Frame
	Rows    []SuppressionRow
	Lists   []SuppressionList
	Total   int // addresses held, lists included
	Address Field
	Answer  *SuppressionAnswer
	MayAdd  bool
	MayList bool
	Add     []Field
	New     []Field // fields of a list to read
}

// SuppressionRow counts what is held for one reason.
type SuppressionRow struct {
	Reason, Hint string
	Kind         string // e-mail or telephone
	Class        Chip   // what is held
	N            int
}

// SuppressionList is a list from elsewhere.
type SuppressionList struct {
	Name, Kind, Source, By string
	Class                  Chip
	N                      int
	Read                   time.Time // zero: reading it never ended
}

// SuppressionAnswer is what is known of one address. It is shown in the answer to
// the form alone, so that no address stands in an address bar or a log.
type SuppressionAnswer struct {
	Address string
	Why     []SuppressionWhy // none: the address is free
	Person  Link             // whose it is, when the reader may look for people
}

// SuppressionWhy is one reason for which an address is held.
type SuppressionWhy struct {
	Text, Hint string
	Class      Chip
	Since      time.Time
	Lift       *SuppressionLift // nil when staff may not lift it
}

// SuppressionLift are the fields of the form that lifts it.
type SuppressionLift struct{ Kind, Class, Reason string }
