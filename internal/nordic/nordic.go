// Package nordic invents people and organisations of the Nordic kind, the same
// ones every time for a number, for the demonstration register and for
// benchmarks. Nobody in it exists: e-mail domains end in .example and telephone
// numbers begin with a country code followed by zeros, which no operator assigns.
package nordic

import (
	"fmt"
	"strings"
)

// Person is an invented person.
type Person struct {
	First, Last, Email, Phone       string
	Title, Org, Industry            string
	Street, Postcode, City, Country string
	Language                        string
	Confirmed                       string // when a newsletter was confirmed, "2006-01-02 15:04:05", or ""
}

// Organisation is an invented organisation.
type Organisation struct {
	Name, Domain, Industry, Street, Postcode, City, Country, BusinessID string
}

// rng is a small generator (splitmix64): the n-th person needs no earlier one.
type rng uint64

func (r *rng) next() uint64 {
	*r += 0x9e3779b97f4a7c15
	z := uint64(*r)
	z = (z ^ z>>30) * 0xbf58476d1ce4e5b9
	z = (z ^ z>>27) * 0x94d049bb133111eb
	return z ^ z>>31
}

func (r *rng) n(k int) int { return int(r.next() % uint64(k)) }

func (r *rng) of(list []string) string { return list[r.n(len(list))] }

// skew prefers the beginning of a list, as real names do.
func (r *rng) skew(list []string) string {
	a, b := r.n(len(list)), r.n(len(list))
	return list[min(a, b)]
}

// Org invents organisation number n.
func Org(n int) Organisation {
	r := rng(uint64(n)*7919 + 17)
	kind := orgKinds[r.n(len(orgKinds))]
	place := cities[min(r.n(len(cities)), r.n(len(cities)))]
	name := orgFirst[n%len(orgFirst)] + kind.ends[(n/len(orgFirst))%len(kind.ends)]
	if round := n / (len(orgFirst) * len(kind.ends)); round > 0 {
		name += fmt.Sprintf(" %d", round+1)
	}
	legal := " Oy"
	if place.country == "SE" {
		legal = " AB"
	}
	return Organisation{Name: name + legal, Domain: slug(name) + ".example", Industry: kind.industry,
		Street: r.of(streets) + fmt.Sprintf(" %d", 1+r.n(120)), Postcode: place.postcode, City: place.name, Country: place.country,
		BusinessID: businessID(1000000 + n*13)}
}

// businessID gives a Finnish business id with its check digit, from 7 digits on up.
func businessID(n int) string {
	weights := []int{7, 9, 10, 5, 8, 4, 2}
	for ; ; n++ {
		digits, sum := fmt.Sprintf("%07d", n%10000000), 0
		for i, w := range weights {
			sum += int(digits[i]-'0') * w
		}
		switch rest := sum % 11; {
		case rest == 0:
			return digits + "-0"
		case rest > 1:
			return fmt.Sprintf("%s-%d", digits, 11-rest)
		}
	}
}

// At invents person number n, working at one of orgs organisations (0 for none).
func At(n, orgs int) Person {
	r := rng(uint64(n)*104729 + 5)
	p := Person{Language: "fi"}
	firsts, lasts := finnishFirst, finnishLast
	if r.n(100) < 38 {
		firsts, lasts, p.Language = swedishFirst, swedishLast, "sv"
	}
	p.First, p.Last = r.skew(firsts), r.skew(lasts)
	if r.n(14) == 0 {
		p.Last += "-" + r.of(lasts)
	}
	place := cities[min(r.n(len(cities)), r.n(len(cities)))]
	p.Street, p.Postcode, p.City, p.Country = r.of(streets)+fmt.Sprintf(" %d", 1+r.n(90)), place.postcode, place.name, place.country
	p.Phone = fmt.Sprintf("+358 00 %07d", n%10000000)
	p.Email = fmt.Sprintf("%s.%s%d@%s", slug(p.First), slug(p.Last), n, r.of(domains))
	if orgs > 0 && r.n(10) < 7 {
		o := Org(r.n(orgs))
		p.Org, p.Industry, p.Title = o.Name, o.Industry, r.of(titles[p.Language])
		p.Email = fmt.Sprintf("%s.%s%d@%s", slug(p.First), slug(p.Last), n, o.Domain)
	}
	if r.n(10) < 6 {
		p.Confirmed = fmt.Sprintf("20%02d-%02d-%02d %02d:%02d:%02d", 22+r.n(4), 1+r.n(12), 1+r.n(28), r.n(24), r.n(60), r.n(60))
	}
	return p
}

var plain = strings.NewReplacer("å", "a", "ä", "a", "ö", "o", "é", "e", " ", "", "-", "", "Å", "a", "Ä", "a", "Ö", "o")

func slug(s string) string { return strings.ToLower(plain.Replace(s)) }
