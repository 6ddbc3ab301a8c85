package law

import (
	"slices"
	"strconv"
	"strings"
	"time"

	"kartotek/internal/fault"
)

// Set is the packs that hold together, the EU base first. It is immutable and interned: the
// same packs give the same pointer, so callers may use a set as a cache key.
type Set struct {
	id    string
	packs []*Pack
	rules map[string]*ruleTable // by country; "" is the base
}

// ruleTable holds a country's rules by subject and channel, the base filled in.
type ruleTable [len(subjects)][len(channels)]Rule

var (
	subjects = [...]string{"natural", "legal"}
	channels = [...]string{"email", "sms", "call", "post"}
)

// slot finds the place of a rule; ok is false for a subject or channel outside the lists.
func slot(subject, channel string) (i, j int, ok bool) {
	i, j = slices.Index(subjects[:], subject), slices.Index(channels[:], channel)
	return i, j, i >= 0 && j >= 0
}

// For gives the set of the packs in force on a day for jurisdiction codes such as "EU", "FI".
// The EU base is always included. An unknown code, or a day before the first pack of one, is
// a NotFound fault: better no answer than one by rules that did not hold.
func For(codes []string, on time.Time) (*Set, error) {
	return books().pick(codes, DateOf(on.UTC()))
}

// ByID gives the set an old decision names, such as "EU-2026.1+FI-2026.1".
func ByID(id string) (*Set, error) {
	l := books()
	l.mu.RLock()
	s := l.sets[id]
	l.mu.RUnlock()
	if s != nil {
		return s, nil
	}
	var packs []*Pack
	for part := range strings.SplitSeq(id, "+") {
		p := l.byID[part]
		if p == nil {
			return nil, fault.New(fault.NotFound, "law.unknown_pack", "rule pack %q is not part of this program", part)
		}
		packs = append(packs, p)
	}
	if packs[0].Code != "EU" {
		return nil, fault.New(fault.NotFound, "law.unknown_pack", "a set of rule packs begins with the EU base")
	}
	return l.intern(packs), nil
}

// ForCountry gives the set that governs a person in a country (ISO alpha-2) at a moment: the
// EU base and the country's pack when there is one. ok is false before the first pack.
// It neither allocates nor locks; permit asks it for every person.
func ForCountry(country string, at time.Time) (s *Set, ok bool) {
	l := books()
	line, known := l.countries[country]
	if !known {
		line = l.base
	}
	for i := len(line) - 1; i >= 0; i-- {
		if !at.Before(line[i].from) {
			return line[i].set, true
		}
	}
	return nil, false
}

// pick finds the newest pack of each code on a day.
func (l *library) pick(codes []string, on Date) (*Set, error) {
	var packs []*Pack
	for _, code := range append([]string{"EU"}, codes...) {
		var best *Pack
		for _, p := range l.packs {
			if p.Code == code && p.ValidFrom <= on {
				best = p
			}
		}
		if best == nil {
			return nil, fault.New(fault.NotFound, "law.no_pack", "no rule pack %q holds on %s", code, on)
		}
		if !slices.Contains(packs, best) {
			packs = append(packs, best)
		}
	}
	return l.intern(packs), nil
}

// intern makes the set of some packs, or finds the one made before.
func (l *library) intern(packs []*Pack) *Set {
	packs = slices.Clone(packs)
	slices.SortFunc(packs, comparePacks)
	packs = slices.Compact(packs)
	ids := make([]string, len(packs))
	for i, p := range packs {
		ids[i] = p.ID
	}
	id := strings.Join(ids, "+")
	l.mu.Lock()
	defer l.mu.Unlock()
	if s := l.sets[id]; s != nil {
		return s
	}
	s := &Set{id: id, packs: packs, rules: map[string]*ruleTable{}}
	for _, p := range packs {
		s.addRules(p)
	}
	l.sets[id] = s
	return s
}

// addRules enters a pack's channel rules under each country it governs, over those of the base.
func (s *Set) addRules(p *Pack) {
	countries := p.Countries
	if len(countries) == 0 {
		countries = []string{""}
	}
	for _, c := range countries {
		table := new(ruleTable)
		if base := s.rules[""]; base != nil {
			*table = *base
		}
		for _, r := range p.Channels {
			i, j, _ := slot(r.Subject, r.Channel) // check has seen that they are in the lists
			table[i][j] = r
		}
		s.rules[c] = table
	}
}

// ID names the packs, such as "EU-2026.1+FI-2026.1"; stored with every decision.
func (s *Set) ID() string { return s.id }

// ChannelRule says what a channel needs in a country for a "natural" or "legal" person. Where
// the set knows no such country the base answers, and what the base does not know is opt-in.
// law: 2002/58 13
func (s *Set) ChannelRule(country, subject, channel string) Rule {
	table := s.rules[country]
	if table == nil {
		table = s.rules[""]
	}
	if i, j, ok := slot(subject, channel); ok && table[i][j].Name != "" {
		return table[i][j]
	}
	return Rule{Subject: subject, Channel: channel, Regime: OptIn,
		RoleRelevant: subject == "legal", Name: "eprivacy_13_1_consent", Citation: "2002/58 13(1)"}
}

// Basis finds a legal basis by the kind a notice names, such as "legitimate interest".
func (s *Set) Basis(kind string) (Basis, bool) {
	for _, p := range slices.Backward(s.packs) {
		for _, b := range p.Bases {
			if b.Kind == kind {
				return b, true
			}
		}
	}
	return Basis{}, false
}

// Bases lists the legal bases in the order of GDPR 6(1).
func (s *Set) Bases() []Basis { return slices.Clone(s.packs[0].Bases) }

// Rights lists the articles that give a person rights where processing rests on a basis;
// nil for a basis that does not exist.
func (s *Set) Rights(basisKind string) []string {
	b, _ := s.Basis(basisKind)
	return slices.Clone(b.Rights)
}

// Param finds a number or switch by name; the national value wins.
func (s *Set) Param(name string) (Param, bool) {
	for _, p := range slices.Backward(s.packs) {
		for _, x := range p.Parameters {
			if x.Name == name {
				return x, true
			}
		}
	}
	return Param{}, false
}

// number is a parameter that must be a whole number.
func (s *Set) number(name string) (int, error) {
	x, ok := s.Param(name)
	n, err := strconv.Atoi(x.Value)
	if !ok || err != nil {
		return 0, fault.New(fault.Internal, "law.bad_parameter", "parameter %s of %s is not a whole number", name, s.id)
	}
	return n, nil
}

// switchedOn says whether a yes/no parameter is yes; missing is no.
func (s *Set) switchedOn(name string) bool {
	x, _ := s.Param(name)
	return x.Value == "yes"
}

// Retention lists the default periods; a national entry replaces the base entry of its id.
func (s *Set) Retention() []Retention {
	var out []Retention
	for _, p := range s.packs {
		for _, r := range p.Retention {
			i := slices.IndexFunc(out, func(o Retention) bool { return o.ID == r.ID })
			if i >= 0 {
				out[i] = r
				continue
			}
			out = append(out, r)
		}
	}
	return out
}
