package outbox

import (
	"kartotek/internal/clock"
	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/law"
	"kartotek/internal/ledger"
	"kartotek/internal/outbox/known"
	"kartotek/internal/permit"
)

// Replayed is an old decision made again.
type Replayed struct {
	Stored  permit.Verdict // what the message says: allowed, code, pack, evidence
	Again   permit.Verdict // what the rules say now of what was known then, with reasons
	Facts   permit.Facts   // what was known then
	Same    bool
	Changed string // when not the same: "verdict", or "ledger" when the ledger no longer gives the standing of then
}

// Replay decides a message again: the ledger as it stood when decided, the facts
// stored with the message, the rule packs it names and the notice version of
// that time. law: GDPR 5(2)
//
// The ledger as recorded up to that moment is nearly always the one decided on.
// An entry that another transaction was writing in the same moment may carry an
// earlier time and yet not have been visible; the mark of the standing tells, and
// such entries are left out, newest first.
func (r *Room) Replay(tx *db.Tx, m *Message) (out Replayed, err error) {
	defer fault.Wrap(&err, "replay a decision")
	k, err := known.Parse(m.Facts)
	if err != nil {
		return out, err
	}
	at := clock.FromMs(m.Decided)
	q, err := r.Question(tx, m.Notice, m.Purpose, m.Channel, at)
	if err != nil {
		return out, err
	}
	q.Class, q.Purpose, q.Channel, q.At = m.Class, m.Purpose, m.Channel, at
	laws, err := law.ByID(m.Pack)
	if err != nil {
		return out, err
	}
	packed, intact, err := r.standingThen(tx, m, k.Standing)
	if err != nil {
		return out, err
	}
	out.Facts = k.Facts()
	new(ledger.Reader).Facts(packed, m.Purpose, &out.Facts)
	out.Facts.Prohibitions = append(out.Facts.Prohibitions, k.Held...)
	out.Again = permit.DecideWith(laws, q, out.Facts)
	out.Stored = permit.Verdict{Allowed: m.allowed(), Code: m.Code, Pack: m.Pack, Because: []permit.Reason{{Evidence: m.Evidence}}}
	out.judge(m, intact)
	return out, nil
}

// judge compares. A message skipped for a reason outside the rules (no address,
// run stopped) is compared by what the rules said: that it was allowed.
func (o *Replayed) judge(m *Message, intact bool) {
	same := o.Again.Code == m.Code
	if outside[m.Code] {
		same = o.Again.Allowed
	}
	o.Same = same && intact && evidenceOf(o.Again) == m.Evidence
	switch {
	case !intact:
		o.Changed = "ledger"
	case !o.Same:
		o.Changed = "verdict"
	}
}

var outside = map[string]bool{CodeNoAddress: true, CodeStopped: true, CodeGone: true, CodeMerged: true, CodeCap: true}

// allowed is the stored answer: everything but a skipped message had been allowed.
func (m *Message) allowed() bool { return m.State != Skipped || outside[m.Code] }

// standingThen folds the ledger as the decision saw it.
func (r *Room) standingThen(tx *db.Tx, m *Message, mark string) (packed string, intact bool, err error) {
	entries, err := r.Ledger.Entries(tx, m.Addressee())
	if err != nil {
		return "", false, err
	}
	then := ledger.Pack(ledger.At(entries, m.Decided))
	if known.Mark(then) == mark {
		return then, true, nil
	}
	before := entries[:0]
	for _, e := range entries {
		if e.At <= m.Decided {
			before = append(before, e)
		}
	}
	for n := len(before) - 1; n >= 0 && before[n].At > m.Decided-overlap; n-- {
		if p := ledger.Pack(ledger.Fold(before[:n])); known.Mark(p) == mark {
			return p, true, nil
		}
	}
	return then, false, nil
}

// overlap is the longest a transaction that records an entry takes, in ms.
const overlap = 60_000
