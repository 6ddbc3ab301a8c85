package desk

import (
	"slices"
	"strings"

	"kartotek/internal/address"
	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/id"
	"kartotek/internal/party"
)

// FindPeople finds people by name, e-mail address or telephone, as far as this
// reader may search by them. A hit on an address that is kept for billing is one on
// billing data, and is given to those alone who may search by that.
func (d *Desk) FindPeople(tx *db.Tx, text string, limit int) ([]party.Person, error) {
	field := searched(text)
	if !d.Searches(field) && field != "last_name" || d.NeedSearch() != nil {
		return nil, nil
	}
	rows, err := d.Party.Search(tx, text, limit)
	if err != nil || field == "last_name" || d.searchesBilling() {
		return rows, err
	}
	out := rows[:0]
	for i := range rows {
		own, err := d.foundByOwn(tx, &rows[i], field, text)
		if err != nil {
			return nil, err
		}
		if own {
			out = append(out, rows[i])
		}
	}
	return out, nil
}

// Place is where a page of what was found ends.
type Place struct {
	Text  string // what was searched for, as a keyed hash
	After id.ID  // the last one shown
	Found int    // how far down they were
}

// deepest is how far down a search can be followed.
const deepest = 5000

// FindPage finds people as FindPeople does, n at a time: those after a place, the zero
// Place being the top. next is nil at the end, and after the five-thousandth. Who was
// found and may not be is neither in the page nor told by its being short.
func (d *Desk) FindPage(tx *db.Tx, text string, at Place, n int) (rows []party.Person, next *Place, err error) {
	mark := d.Keys.Blind("search", text)
	if at != (Place{}) && at.Text != mark {
		return nil, nil, fault.New(fault.Invalid, "cursor.forged", "the page's place in the list could not be read")
	}
	field := searched(text)
	if !d.Searches(field) && field != "last_name" || d.NeedSearch() != nil {
		return nil, nil, nil
	}
	for limit := min(at.Found+n+1, deepest); ; limit = min(2*limit, deepest) {
		all, err := d.Party.Search(tx, text, limit)
		if err != nil {
			return nil, nil, err
		}
		rows, next, err = d.pageOf(tx, text, all, at, n)
		if err != nil || next != nil || len(all) < limit || limit == deepest {
			return rows, next, err
		}
	}
}

// pageOf takes the page after a place out of all that was found.
func (d *Desk) pageOf(tx *db.Tx, text string, all []party.Person, at Place, n int) (rows []party.Person, next *Place, err error) {
	field := searched(text)
	anyway := field == "last_name" || d.searchesBilling()
	first := min(at.Found, len(all))
	if i := slices.IndexFunc(all, func(p party.Person) bool { return p.ID == at.After }); i >= 0 {
		first = i + 1 // others may have come or gone above
	}
	last := first
	for i := first; i < len(all); i++ {
		if !anyway {
			own, err := d.foundByOwn(tx, &all[i], field, text)
			if err != nil {
				return nil, nil, err
			}
			if !own {
				continue
			}
		}
		if len(rows) == n {
			return rows, &Place{Text: d.Keys.Blind("search", text), After: rows[n-1].ID, Found: last}, nil
		}
		rows, last = append(rows, all[i]), i+1
	}
	return rows, nil, nil
}

// ByAddress finds the one person an address belongs to, under the same rule.
func (d *Desk) ByAddress(tx *db.Tx, text string) (who id.ID, found bool, err error) {
	who, found, err = d.Party.ByAddress(tx, text)
	if err != nil || !found || !d.Searches(searched(text)) {
		return 0, false, err
	}
	if d.searchesBilling() {
		return who, true, nil
	}
	p, found, err := d.Party.Get(tx, who)
	if err != nil || !found {
		return 0, false, err
	}
	own, err := d.foundByOwn(tx, p, searched(text), text)
	return who, own, err
}

// searched is the field of the catalogue that a text typed into a search box asks
// about, as the register reads it.
func searched(text string) string {
	text = strings.TrimSpace(text)
	switch {
	case strings.Contains(text, "@"):
		return "email"
	case len(text) > 3 && strings.IndexFunc(text, func(c rune) bool { return !strings.ContainsRune("+0123456789 -()", c) }) < 0:
		return "phone"
	}
	return "last_name"
}

func (d *Desk) searchesBilling() bool {
	return d.Searches("billing_address") || d.Searches("billing_street") || d.Searches("billing_email")
}

// foundByOwn reports whether one of a person's addresses other than those for
// billing is what was searched for.
func (d *Desk) foundByOwn(tx *db.Tx, p *party.Person, kind, text string) (bool, error) {
	points, err := d.Party.Addresses(tx, p.ID)
	for _, pt := range points {
		if pt.Kind == kind && pt.Label != "billing" && like(kind, pt.Value, text) {
			return true, nil
		}
	}
	return false, err
}

// like compares as the search does: an e-mail address by how it begins, a telephone
// by its digits.
func like(kind, value, text string) bool {
	if kind == "email" {
		return strings.HasPrefix(address.Fold(value), address.Fold(text))
	}
	if n, err := address.Phone(text, "FI"); err == nil {
		text = n
	}
	return strings.HasPrefix(digits(value), digits(text))
}

func digits(s string) string {
	return strings.Map(func(c rune) rune {
		if c >= '0' && c <= '9' {
			return c
		}
		return -1
	}, s)
}
