package law

import (
	"slices"
	"time"
)

// Adequacy is a Commission decision that a country protects data well enough.
// law: GDPR 45
type Adequacy struct {
	Country    string `yaml:"country"` // ISO alpha-2
	Decision   string `yaml:"decision"`
	From       Date   `yaml:"from"`
	Until      Date   `yaml:"until"` // last day it holds; "" while open-ended
	Only       string `yaml:"only"`  // recipients it is limited to; "" for all
	Note       string `yaml:"note"`
	Confidence string `yaml:"confidence"`
}

// IsEEA says whether a country (ISO alpha-2) belongs to the European Economic Area, where
// personal data may go without a transfer tool.
func IsEEA(country string) bool { return books().eea[country] }

// Adequate says whether data may go to any recipient in a third country on a day by an
// adequacy decision. A decision limited to some recipients (US, CA) is not enough: ask
// Adequacy and check that the recipient is one of them. EEA countries need no decision and
// are not adequate in this sense: ask IsEEA first.
func (s *Set) Adequate(country string, on time.Time) bool {
	a, ok := s.Adequacy(country, on)
	return ok && a.Only == ""
}

// Adequacy finds the decision for a country that holds on a day, with its limits.
func (s *Set) Adequacy(country string, on time.Time) (Adequacy, bool) {
	day := DateOf(on)
	for _, p := range s.packs {
		for _, a := range p.Adequacy {
			if a.Country == country && day >= a.From && (a.Until == "" || day <= a.Until) {
				return a, true
			}
		}
	}
	return Adequacy{}, false
}

// AuthorityOf finds the supervisory authority of a country, from its newest pack.
func AuthorityOf(country string) (Authority, bool) {
	for _, p := range slices.Backward(books().packs) {
		if p.Authority != nil && slices.Contains(p.Countries, country) {
			return *p.Authority, true
		}
	}
	return Authority{}, false
}
