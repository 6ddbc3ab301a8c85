package mine

import "kartotek/internal/web/page"

// CaseView is one request of one's own. POST Withdraw.
type CaseView struct {
	Inside
	Ref, Kind string
	State     page.Chip
	Clock     []string // what holds and until when, in sentences
	Asked     string   // what was written
	Letters   []Row
	Withdraw  string // address; "" when there is nothing to take back
	Stays     string // what taking it back does not change
}

// LetterView is a letter about a request, as it was sent.
type LetterView struct {
	Inside
	Subject, Lang, Text, PDF string
	Back                     page.Link
}

// ErasedView is the last page of somebody who was erased: the certificate. Nothing on
// it tells of whom.
type ErasedView struct {
	page.Public
	Gone, Waiting, Kept, Facts []page.Pair
	PDF                        string
}
