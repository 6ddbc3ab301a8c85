package permit

import "kartotek/internal/law"

// The legal bases a notice may give a purpose, as Question.Basis names them. Anything else,
// the empty string included, is read as consent.
const (
	BasisInterest   = "legitimate interest"
	BasisContract   = "contract"
	BasisObligation = "legal obligation"
)

// Decide answers a question about a person by the rule packs of the person's country at the
// time asked about. The same question and facts always give the same verdict. Because may be
// shared between verdicts: read it, do not write to it.
func Decide(q Question, f Facts) Verdict {
	set, ok := law.ForCountry(f.Country, q.At)
	if q.At.IsZero() || !ok {
		return undated(&q)
	}
	return decide(set, &q, &f)
}

// DecideWith is Decide by given packs, to replay a decision that names them or to ask what
// other rules would have said.
func DecideWith(set *law.Set, q Question, f Facts) Verdict { return decide(set, &q, &f) }

// decide asks the rules in order; the first with an opinion decides. The calls are written out
// rather than looped over: a table of functions would cost an allocation for each person.
func decide(set *law.Set, q *Question, f *Facts) Verdict {
	v, done := badQuestion(q)
	if !done {
		v, done = erased(f)
	}
	if !done {
		v, done = suppressed(q, f)
	}
	if !done {
		v, done = restricted(q, f)
	}
	if !done {
		v, done = service(q)
	}
	if !done {
		v, done = prohibition(q, f)
	}
	if !done {
		v = permission(set, q, f)
	}
	v.Pack = set.ID()
	return v
}

// permission looks for what allows a message that nobody forbade.
func permission(set *law.Set, q *Question, f *Facts) Verdict {
	state, c := consentFor(q, f)
	v, done := consent(state, c)
	if !done {
		v, done = softOptIn(set, q, f)
	}
	if !done {
		v, done = legalPerson(set, q, f)
	}
	if !done {
		v, done = interest(set, q, f)
	}
	if !done {
		v = noConsent(set, q, f, state)
	}
	return v
}

func allow(code string, because []Reason) (Verdict, bool) {
	return Verdict{Allowed: true, Code: code, Because: because}, true
}

func deny(code string, because []Reason) (Verdict, bool) {
	return Verdict{Code: code, Because: because}, true
}
