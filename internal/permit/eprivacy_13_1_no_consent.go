package permit

import "kartotek/internal/law"

// noConsent denies what nothing permits, and names everything that was looked for: the
// consent, the soft opt-in with its missing conditions, the legal-person rule.
// law: 2002/58 13(1)
// law: GDPR 6(1)
func noConsent(set *law.Set, q *Question, f *Facts, state consentState) Verdict {
	because := make([]Reason, 1, 3)
	because[0] = wanted(q, state)
	if q.Class == Marketing {
		if r, ok := softOptInGap(set, q, f); ok {
			because = append(because, r)
		}
		if f.Subject == "legal" {
			because = append(because, legalGap(set, q, f))
		}
	}
	code := CodeNoConsent
	if state == consentExpired {
		code = CodeConsentExpired
	}
	return Verdict{Code: code, Because: because}
}

// wanted is the reason that asks for consent.
func wanted(q *Question, state consentState) Reason {
	r := Reason{Rule: "eprivacy_13_1_no_consent", Citation: "2002/58 13(1)", Evidence: "missing: consent"}
	if q.Class != Marketing || q.Channel == "call" || q.Channel == "post" {
		r.Rule, r.Citation = "gdpr_6_no_basis", "GDPR 6(1)"
	}
	switch state {
	case consentExpired:
		r.Evidence = "the consent has expired"
	case consentFuture:
		r.Evidence = "the consent was given later"
	}
	return r
}

// softOptInGap says which conditions of the soft opt-in are missing, where it is open at all.
func softOptInGap(set *law.Set, q *Question, f *Facts) (Reason, bool) {
	g := softGap(q, f)
	if rule := naturalRule(set, q, f); g == 0 || !rule.SoftOptIn && rule.Regime != law.OptOut {
		return Reason{}, false
	}
	return Reason{Rule: "eprivacy_13_2_soft_opt_in", Citation: "2002/58 13(2)", Evidence: gaps[g]}, true
}
