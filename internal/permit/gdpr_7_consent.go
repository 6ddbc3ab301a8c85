package permit

import "time"

// consentState is what the record says of consent for a purpose and channel at a moment.
type consentState uint8

const (
	consentNone      consentState = iota
	consentFuture                 // given, but only later
	consentExpired                // was valid, has run out
	consentWithdrawn              // the last word is a withdrawal
	consentValid
)

// consentFor finds the consent that bears on a question, and the state of the whole. A
// withdrawal ends every consent for the purpose and channel given up to then, whichever entry
// carries it: the person said no to the messages, not to a row. A newer consent counts again.
// law: GDPR 7(3)
func consentFor(q *Question, f *Facts) (state consentState, which *Consent) {
	var withdrawn time.Time
	for i := range f.Consents {
		c := &f.Consents[i]
		if !c.covers(q) || c.Withdrawn == nil || c.Withdrawn.After(q.At) {
			continue
		}
		if when := c.endedBy(q.At); state == consentNone || when.After(withdrawn) {
			state, which, withdrawn = consentWithdrawn, c, when
		}
	}
	lost := state == consentWithdrawn
	for i := range f.Consents {
		c := &f.Consents[i]
		if !c.covers(q) || lost && !c.Given.After(withdrawn) {
			continue
		}
		// A consent that ran out or lies ahead does not undo a withdrawal.
		if s := c.state(q.At); s == consentValid || s > state && !lost {
			state, which = s, c
		}
		if state == consentValid {
			break
		}
	}
	return state, which
}

// covers says whether a consent is for the purpose and channel asked about.
func (c *Consent) covers(q *Question) bool {
	return c.Purpose == q.Purpose && c.Channel == q.Channel
}

// endedBy is when a withdrawn consent ended. A withdrawal without a time may have come at any
// moment, so it ends everything given until now.
func (c *Consent) endedBy(now time.Time) time.Time {
	if c.Withdrawn.IsZero() {
		return now
	}
	return *c.Withdrawn
}

// state reads one consent by itself. One without a time of giving proves nothing.
// law: GDPR 7(1)
func (c *Consent) state(at time.Time) consentState {
	switch {
	case c.Given.IsZero():
		return consentNone
	case c.Given.After(at):
		return consentFuture
	case c.Withdrawn != nil && !c.Withdrawn.After(at):
		return consentWithdrawn
	case c.Expires != nil && !c.Expires.After(at):
		return consentExpired
	}
	return consentValid
}

var (
	becauseConsent   = []Reason{{Rule: "gdpr_7_consent", Citation: "GDPR 6(1)(a)"}}
	becauseWithdrawn = []Reason{{Rule: "gdpr_7_consent", Citation: "GDPR 7(3)", Evidence: "withdrawn"}}
)

// consent allows what the person consented to and denies what they withdrew from. A
// withdrawal is final for every later rule too: whoever said no to the newsletter is not
// written to as a customer instead.
// law: GDPR 6(1)(a)
// law: GDPR 7(3)
func consent(state consentState, c *Consent) (Verdict, bool) {
	switch state {
	case consentValid:
		return allow(CodeConsent, withEvidence(becauseConsent, c.Evidence))
	case consentWithdrawn:
		return deny(CodeConsentWithdrawn, withEvidence(becauseWithdrawn, c.Evidence))
	}
	return Verdict{}, false
}

// withEvidence gives the shared reasons, or a copy that shows the ledger entry.
func withEvidence(shared []Reason, evidence string) []Reason {
	if evidence == "" {
		return shared
	}
	r := shared[0]
	r.Evidence = evidence
	return []Reason{r}
}
