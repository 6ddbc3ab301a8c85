package dialect

import (
	"slices"

	"kartotek/internal/address"
	"kartotek/internal/exchange/dialect/cells"
)

// Special are the words a mapping may give as a column's target besides the
// fields of the catalogue and "", which leaves the column out. "permission"
// keeps what was recognised about permission; "unlisted" names the column as one
// the notice does not list.
func Special() []string {
	return []string{toEmail, toPhone, toName, toTags, toCreated, toChanged, toID, toAttributes, toPermission, unlisted}
}

// Headers lists the columns a mapping speaks of, sorted, each once.
func (m *Mapping) Headers() []string {
	var out []string
	for h := range m.Columns {
		out = append(out, h)
	}
	for _, c := range m.Permissions {
		out = append(out, c.Column, c.Date, c.Evidence)
	}
	return headers(out)
}

// Headers lists the columns of a file, sorted, each once; those without a name
// are passed over.
func (f *FileInfo) Headers() []string {
	out := make([]string, len(f.Columns))
	for i, c := range f.Columns {
		out[i] = c.Header
	}
	return headers(out)
}

func headers(all []string) []string {
	slices.Sort(all)
	return slices.DeleteFunc(slices.Compact(all), func(h string) bool { return h == "" })
}

// Forbids gives the scope of a permission column that says no: the narrowest one
// its mapping names.
func (c *PermissionColumn) Forbids() string {
	switch {
	case c.Scope != "":
		return c.Scope
	case c.Purpose != "" && c.Channel != "":
		return "purpose:" + c.Purpose + ":" + c.Channel
	case c.Purpose != "":
		return "purpose:" + c.Purpose
	case c.Channel != "":
		return "channel:" + c.Channel
	}
	return "all-marketing"
}

// applyMapping puts what a person decided over what was found.
func (p *plan) applyMapping(m *Mapping) {
	if m == nil {
		return
	}
	for i, l := range p.header.Labels {
		to, ok := m.Columns[l]
		if !ok {
			continue
		}
		t := target{to: to, label: l}
		switch to {
		case "":
			t.to = leftOut
		case toEmail, toPhone, toName, toTags, toCreated, toChanged, toID, toAttributes, toPermission:
		default:
			if t.field = p.known(to); !t.field {
				t.to = unlisted
			}
		}
		p.targets[i] = t
	}
	for _, c := range m.Permissions {
		p.mapPermission(m, c)
	}
}

// mapPermission makes one permission column speak.
func (p *plan) mapPermission(m *Mapping, c PermissionColumn) {
	col, date, proof := p.take(c.Column), p.beside(m, c.Date), p.beside(m, c.Evidence)
	switch {
	case col < 0:
	case c.Kind == Prohibition:
		says := cells.Refuses
		if len(c.Yes) > 0 {
			says = cells.Is(c.Yes...)
		}
		// before what the dialect recognised, for this one may know the date
		p.refusals = slices.Insert(p.refusals, 0, refusal{col: col, kind: Prohibition, scope: c.Forbids(), says: says, date: date, proof: proof})
	case c.Kind == Consent:
		p.mapConsent(m, c, col, date, proof)
	}
}

// beside finds the column of a date or a wording. It is evidence alone unless
// the mapping gives it another use as well.
func (p *plan) beside(m *Mapping, label string) int {
	if label == "" {
		return -1
	}
	if to, mapped := m.Columns[label]; mapped && to != "" && to != unlisted {
		return p.col(label)
	}
	return p.take(label)
}

// mapConsent makes a column say yes. A yes with its time and where it was given
// is a single opt-in; one that lacks either is weak, and says when it has no date.
func (p *plan) mapConsent(m *Mapping, c PermissionColumn, col, date, proof int) {
	says := cells.IsYes
	if len(c.Yes) > 0 {
		says = cells.Is(c.Yes...)
	}
	by := "read as consent by a mapping"
	if m.Name != "" {
		by = "read as consent by the mapping " + m.Name
	}
	p.state(func(r *Record) {
		if !says(r.Raw[col]) {
			return
		}
		s := Statement{Kind: Consent, Purpose: c.Purpose, Channel: c.Channel, Strength: Weak}
		s.At, _ = p.timeAt(r, date)
		lacks := ""
		switch {
		case s.At.IsZero():
			lacks = "no date in the row"
		case proof >= 0 && address.Trim(r.Raw[proof]) != "":
			s.Strength = Single
		}
		s.Evidence = join(p.quote(r, col), p.quote(r, date), p.quote(r, proof), by, lacks)
		r.say(s)
	})
}
