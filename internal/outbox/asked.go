package outbox

import "kartotek/internal/permit"

// Ask asks the rules something further about the person of a message that is
// handed over, on what was read of them then. The suppression list is not asked:
// it is about messages, and this one was allowed.
func (m *Ready) Ask(q permit.Question) permit.Verdict {
	d := decider{q: q}
	return d.decide(&m.To, m.packed, Held{}).Verdict
}
