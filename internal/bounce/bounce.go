package bounce

import (
	"errors"
	"io"
)

// Kind is what a mail is.
type Kind string

// The kinds.
const (
	Bounce    Kind = "bounce"
	Complaint Kind = "complaint"
	AutoReply Kind = "auto-reply"
	Other     Kind = "other"
)

// Outcome is what a mail says of one recipient.
type Outcome struct {
	Recipient string // as the mail gives it; "" when unknown
	Original  string // the address written to, when the report says it was another (RFC 3464 2.3.1)
	Kind      Kind
	Hard      bool // the address does not exist, or not any more
	Reason    Reason
	Status    string // enhanced code such as "5.1.1" (RFC 3463); "" when none is given
	Said      string // what the refusing server said, one line, at most 300 bytes; may hold addresses
}

// Class is the wider sort of an outcome's reason.
func (o *Outcome) Class() Class { return o.Reason.Class() }

// Returned is what came back of the letter that caused the mail.
type Returned struct {
	MessageID       string // without <>
	To              []string
	FeedbackID      string
	ListUnsubscribe string
}

// Report is what one mail says.
type Report struct {
	Outcomes []Outcome // at least one
	// To are the addresses the mail came to (To, Delivered-To, X-Original-To,
	// Return-Path …): candidates for an address we coded a message into (VERP).
	To       []string
	Returned Returned
	// NewAddress is the one somebody says they have now, in an automatic reply or in
	// the refusal of a mailbox that was given up. Anybody may say so: a person judges it.
	NewAddress string
}

// Limits bound what is read of one mail.
type Limits struct {
	Bytes   int // read; the rest is passed over
	Fields  int // header fields of a mail or part
	Parts   int
	Depth   int // of parts in parts
	Outcome int // recipients reported
}

// Usual are the limits for mail from anybody. Real bounces stay far below; what
// a returned letter holds beyond them is not needed.
var Usual = Limits{Bytes: 1 << 20, Fields: 1000, Parts: 200, Depth: 12, Outcome: 500}

// Parse reads one mail. Errors are those of r; whatever the mail holds, the
// answer is a Report.
func Parse(r io.Reader, lim Limits) (Report, error) {
	raw, cut, err := readMost(r, lim.Bytes)
	if err != nil {
		return Report{}, err
	}
	m, err := open(raw, lim)
	if err != nil {
		return Report{Outcomes: []Outcome{{Kind: Other, Reason: Unparsed}}}, nil
	}
	rep := m.report(lim)
	if cut && rep.Outcomes[0].Kind == Other && rep.Outcomes[0].Reason == NoBounce {
		rep.Outcomes[0].Reason = Unparsed
	}
	return rep, nil
}

// readMost reads at most n bytes, and tells whether there was more.
func readMost(r io.Reader, n int) (raw []byte, cut bool, err error) {
	raw, err = io.ReadAll(io.LimitReader(r, int64(n)+1))
	if errors.Is(err, io.ErrUnexpectedEOF) {
		err = nil
	}
	if len(raw) > n {
		raw, cut = raw[:n], true
	}
	return raw, cut, err
}

// report is the mail's answer.
func (m *mail) report(lim Limits) Report {
	rep := Report{To: m.envelope(), Returned: m.returned()}
	rep.Outcomes = m.outcomes(rep.To, &rep.Returned)
	if len(rep.Outcomes) > lim.Outcome {
		rep.Outcomes = rep.Outcomes[:lim.Outcome]
	}
	rep.NewAddress = m.suggest(&rep)
	return rep
}

// outcomes asks each reading in turn, the surest first.
func (m *mail) outcomes(ours []string, back *Returned) []Outcome {
	if out := m.complaint(back); out != nil {
		return out
	}
	sort := m.sort()
	if sort.kind == Bounce || sort.report {
		if out := m.reported(sort.text); out != nil {
			return out
		}
	}
	if sort.kind == Bounce {
		return m.told(ours, back)
	}
	return []Outcome{{Recipient: m.author(sort.kind), Kind: sort.kind, Reason: sort.reason}}
}

// author is who wrote an automatic reply: the recipient of what it answers.
func (m *mail) author(k Kind) string {
	if k != AutoReply {
		return ""
	}
	all := addresses(m.header.get("From"))
	if len(all) == 0 {
		return ""
	}
	return all[0]
}
