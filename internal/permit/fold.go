package permit

import "slices"

// Merge folds the facts of two records that turn out to be one person. The strictest state
// wins: what either record forbids stays forbidden, a withdrawal in one ends the consents of
// the other, and the sale facts are never pieced together from halves. Nothing is allowed
// after a merge that neither record allowed before. Both arguments stay untouched.
func Merge(a, b Facts) Facts {
	m := Facts{
		Country:      a.Country,
		Subject:      "legal",
		Restricted:   a.Restricted || b.Restricted,
		Erased:       a.Erased || b.Erased,
		Suppressed:   union(a.Suppressed, b.Suppressed),
		Prohibitions: union(a.Prohibitions, b.Prohibitions),
		Consents:     append(slices.Clone(a.Consents), b.Consents...),
		SoftOptIn:    firmer(a.SoftOptIn, b.SoftOptIn),
		RoleRelevant: a.RoleRelevant && b.RoleRelevant,
	}
	if a.Country != b.Country {
		m.Country = "" // two countries: only what holds everywhere
	}
	if a.Subject != "legal" || b.Subject != "legal" {
		m.Subject = "natural"
	}
	return m
}

// union joins two lists, each entry once.
func union(a, b []string) []string {
	out := slices.Clone(a)
	for _, s := range b {
		if !slices.Contains(out, s) {
			out = append(out, s)
		}
	}
	return out
}

// firmer picks the sale facts with fewer gaps, one side whole; the later sale when even.
func firmer(a, b *SoftOptIn) *SoftOptIn {
	if a == nil || b == nil {
		if a == nil {
			return b
		}
		return a
	}
	if na, nb := a.holes(), b.holes(); na < nb || na == nb && a.Sale >= b.Sale {
		return a
	}
	return b
}

func (s *SoftOptIn) holes() (n int) {
	for _, missing := range []bool{s.Sale == "", !s.SameController, !s.SimilarProducts, !s.ObjectionOffered} {
		if missing {
			n++
		}
	}
	return n
}
