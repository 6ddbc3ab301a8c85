package permit

import (
	"slices"
	"time"

	"kartotek/internal/law"
)

// gap is the set of soft opt-in conditions that are missing.
type gap uint8

const (
	gapSale      gap = 1 << iota // no sale on or before the day
	gapSame                      // the address was given to another controller
	gapSimilar                   // the offer is not like what was sold
	gapObjection                 // no free and easy objection at collection and in each message
	gapEnd
)

var gapNames = []string{"sale", "same_controller", "similar_products", "objection_offered"}

// gaps holds the wording for every combination.
var gaps = func() (table [gapEnd]string) {
	for g := range gapEnd {
		for i, name := range gapNames {
			if g&(1<<i) == 0 {
				continue
			}
			if table[g] == "" {
				table[g] = "missing: " + name
			} else {
				table[g] += ", " + name
			}
		}
	}
	return table
}()

var becauseSoftOptIn = []Reason{{Rule: "eprivacy_13_2_soft_opt_in", Citation: "2002/58 13(2)"}}

// softOptIn allows marketing to one's own customers for similar goods, when they were offered
// an objection at the sale and in every message and made none. It is an exception from consent
// for electronic messages (e-mail and SMS). By the channels that never needed consent in a
// country with an opt-out regime, calls and post in Finland and Sweden, the same facts show
// the customer relation that the regime presupposes.
// law: 2002/58 13(2)
func softOptIn(set *law.Set, q *Question, f *Facts) (Verdict, bool) {
	if q.Class != Marketing || q.NoSoftOptIn || softGap(q, f) != 0 {
		return Verdict{}, false
	}
	rule := naturalRule(set, q, f)
	if rule.SoftOptIn {
		return allow(CodeSoftOptIn, withEvidence(becauseSoftOptIn, f.SoftOptIn.Evidence))
	}
	if rule.Regime == law.OptOut {
		return allow(CodeOptOutRegime, []Reason{
			{Rule: rule.Name, Citation: rule.Citation},
			{Rule: "house_own_customer", Citation: "GDPR 6(1)(f)", Evidence: f.SoftOptIn.Evidence},
		})
	}
	return Verdict{}, false
}

// naturalRule is the country's rule for the channel towards people. It protects the contact
// person of a company as it does anyone.
func naturalRule(set *law.Set, q *Question, f *Facts) law.Rule {
	return set.ChannelRule(f.Country, "natural", q.Channel)
}

// softGap lists the conditions that the sale facts leave open.
func softGap(q *Question, f *Facts) (g gap) {
	s := f.SoftOptIn
	if s == nil {
		return gapEnd - 1
	}
	if !soldBy(s.Sale, q.At) {
		g |= gapSale
	}
	if !s.SameController {
		g |= gapSame
	}
	if !similar(q, s) {
		g |= gapSimilar
	}
	if !s.ObjectionOffered {
		g |= gapObjection
	}
	return g
}

// similar compares the goods when both sides name them, and trusts the recorded answer else.
func similar(q *Question, s *SoftOptIn) bool {
	if len(q.Goods) == 0 || len(s.Goods) == 0 {
		return s.SimilarProducts
	}
	return slices.ContainsFunc(q.Goods, func(g string) bool { return g != "" && slices.Contains(s.Goods, g) })
}

// soldBy says whether an ISO date is a real day and not after the moment asked about (UTC).
func soldBy(sale string, at time.Time) bool {
	if len(sale) != len(time.DateOnly) {
		return false
	}
	day, err := time.Parse(time.DateOnly, sale)
	return err == nil && !day.After(at)
}
