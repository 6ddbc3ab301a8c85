package permit

import "kartotek/internal/law"

// legalPerson allows marketing to a company by way of the person who works there, where the
// country leaves it to the company to object (Finland: FI 917/2014 202; Sweden: SE 2008:486
// 20 and 21). The person keeps every right of their own: the offer must concern their work, a
// title alone is not enough, and any prohibition or withdrawal was heard before.
// law: 2002/58 13(5)
// law: FI 917/2014 202
// law: SE 2008:486 20
func legalPerson(set *law.Set, q *Question, f *Facts) (Verdict, bool) {
	if q.Class != Marketing || f.Subject != "legal" {
		return Verdict{}, false
	}
	rule := set.ChannelRule(f.Country, "legal", q.Channel)
	if rule.Regime != law.OptOut || rule.RoleRelevant && !f.RoleRelevant {
		return Verdict{}, false
	}
	return allow(CodeLegalPerson, []Reason{{Rule: rule.Name, Citation: rule.Citation}})
}

// legalGap says what keeps the legal-person rule from applying to a legal subject.
func legalGap(set *law.Set, q *Question, f *Facts) Reason {
	rule := set.ChannelRule(f.Country, "legal", q.Channel)
	r := Reason{Rule: rule.Name, Citation: rule.Citation, Evidence: "missing: role_relevant"}
	if rule.Regime != law.OptOut {
		r.Evidence = "the country's rules need consent"
	}
	return r
}
