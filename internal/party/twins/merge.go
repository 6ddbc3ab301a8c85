package twins

import (
	"slices"

	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/id"
	"kartotek/internal/party"
)

// Which of two values a merge takes.
const (
	TakeKeep = "keep"
	TakeGone = "gone"
)

// Merge makes one person of two who are the same. keep stays; gone becomes a
// tombstone that Forward leads on from.
//
// Of each field keep's value is taken, or gone's where keep has none or choose
// names the field with "gone". The parts of the postal address go together. What
// is not taken stays readable: another e-mail address, number or postal address
// becomes a further address, any other value stands in the history entry. Tags,
// addresses and history come along with their sources and dates.
//
// The stricter of the two remains: restricted if either is, a natural person if
// either is, an address bad if either knows it is, and in the ledger every
// prohibition in force on either side.
//
// A transaction otherwise writes one person. A merge is the exception: it takes
// away one person's rows and adds them to another's, which on a register spread
// over machines is an insertion and a deletion in two places.
func (r Room) Merge(tx *db.Tx, keep, gone id.ID, choose map[string]string) error {
	if keep == gone {
		return samePerson()
	}
	k, err := r.must(tx, keep)
	if err != nil {
		return err
	}
	g, err := r.must(tx, gone)
	if err != nil {
		return err
	}
	m := &merging{keep: k, gone: g, choose: choose, now: tx.Now()}
	if err := m.fields(); err != nil {
		return err
	}
	return r.Party.Absorb(tx, party.Merged{Keep: m.keep, Gone: m.gone, Spare: m.spare, Diff: m.diff})
}

// must reads a person that has to be there.
func (r Room) must(tx *db.Tx, who id.ID) (*party.Person, error) {
	p, found, err := r.Party.Get(tx, who)
	if err == nil && (!found || p.Status == party.Erased) {
		return nil, party.NotFound()
	}
	return p, err
}

// merging works out the merged row from two.
type merging struct {
	keep, gone *party.Person
	choose     map[string]string
	now        int64
	diff       []party.Delta
	spare      []party.Point // addresses of the row that lost its place
}

var postFields = []string{"street", "postcode", "city", "country"}

// fields fills keep with what the merged row holds.
func (m *merging) fields() error {
	for f, side := range m.choose {
		if side != TakeKeep && side != TakeGone {
			return fault.New(fault.Invalid, "party.merge_choice", "choose keep or gone").In(f)
		}
	}
	before := *m.keep
	merged := before
	merged.Prov = ""
	m.strictest(&merged)
	for _, f := range m.names() {
		side := m.side(f)
		from, other := &before, m.gone
		if side == TakeGone {
			from, other = m.gone, &before
		}
		merged.Set(f, from.Get(f))
		if f == "organisation" {
			merged.OrgID = from.OrgID
		}
		if from.Get(f) != "" {
			setOrigin(&merged, f, from.OriginOf(f))
		}
		if lost := other.Get(f); lost != from.Get(f) && (lost != "" || from == m.gone) {
			m.diff = append(m.diff, party.Delta{Field: f, Old: lost, New: from.Get(f)})
		}
	}
	m.addresses(&before, &merged)
	merged.Changed = m.now
	*m.keep = merged
	return nil
}

// names lists every field either has.
func (m *merging) names() (all []string) {
	for _, p := range []*party.Person{m.keep, m.gone} {
		p.Each(func(f, _ string) { all = append(all, f) })
	}
	slices.Sort(all)
	return slices.Compact(all)
}

// side says whose value of a field is taken.
func (m *merging) side(field string) string {
	if s := m.choose[field]; s != "" {
		return s
	}
	if slices.Contains(postFields, field) && (party.PostOf(m.keep).Street != "" || party.PostOf(m.gone).Street != "") {
		if s := m.choose["street"]; s != "" {
			return s
		}
		return sideOf(party.PostOf(m.keep).Street)
	}
	return sideOf(m.keep.Get(field))
}

func sideOf(kept string) string {
	if kept == "" {
		return TakeGone
	}
	return TakeKeep
}

// strictest settles what no choice can loosen.
func (m *merging) strictest(p *party.Person) {
	p.Status = max(m.keep.Status, m.gone.Status) // active < restricted
	p.Kind = min(m.keep.Kind, m.gone.Kind)       // natural < legal
	p.Registered = min(m.keep.Registered, m.gone.Registered)
}

// setOrigin keeps where a value came from, when that is not what the row says.
func setOrigin(p *party.Person, field string, o party.Origin) {
	if p.OriginOf(field) != o {
		p.Prov = p.Prov.With(field, o)
	}
}

// addresses settles the state of the row's addresses, and saves those that lost their place.
func (m *merging) addresses(before, merged *party.Person) {
	merged.Reach = 0
	for _, pt := range party.Primaries(merged) {
		for _, side := range []*party.Person{before, m.gone} {
			for _, had := range party.Primaries(side) {
				if had.Same(pt) {
					merged.Reach |= side.Reach.Known(pt.Kind)
				}
			}
		}
	}
	for _, side := range []*party.Person{before, m.gone} {
		for _, had := range party.Primaries(side) {
			if !slices.ContainsFunc(party.Primaries(merged), had.Same) {
				m.spare = append(m.spare, had)
			}
		}
	}
}
