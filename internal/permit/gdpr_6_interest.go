package permit

import "kartotek/internal/law"

var (
	becauseInterest   = []Reason{{Rule: "gdpr_6_interest", Citation: "GDPR 6(1)(f)"}}
	becauseContract   = []Reason{{Rule: "gdpr_6_basis", Citation: "GDPR 6(1)(b)"}}
	becauseObligation = []Reason{{Rule: "gdpr_6_basis", Citation: "GDPR 6(1)(c)"}}
)

// interest allows what the notice rests on a balanced legitimate interest: surveys and internal
// work, and marketing by a channel the country leaves open until the person objects. E-mail
// and SMS marketing is never among them: for those the directive wants consent or a sale.
// Internal work may also rest on a contract or a legal obligation.
// law: GDPR 6(1)(f)
// law: 2002/58 13(3)
func interest(set *law.Set, q *Question, f *Facts) (Verdict, bool) {
	if q.Class == Internal {
		return internalBasis(q.Basis)
	}
	if q.Basis != BasisInterest {
		return Verdict{}, false
	}
	if q.Class == Survey {
		return allow(CodeInterest, becauseInterest)
	}
	rule := naturalRule(set, q, f)
	if rule.Regime != law.OptOut {
		return Verdict{}, false
	}
	return allow(CodeOptOutRegime, []Reason{{Rule: rule.Name, Citation: rule.Citation}, becauseInterest[0]})
}

func internalBasis(basis string) (Verdict, bool) {
	switch basis {
	case BasisInterest:
		return allow(CodeInterest, becauseInterest)
	case BasisContract:
		return allow(CodeBasis, becauseContract)
	case BasisObligation:
		return allow(CodeBasis, becauseObligation)
	}
	return Verdict{}, false
}
