package exchange

import (
	"slices"

	"kartotek/internal/db"
	"kartotek/internal/exchange/dialect"
	"kartotek/internal/fault"
	"kartotek/internal/id"
	"kartotek/internal/noticedef"
)

// Given is an export that goes to somebody outside. It holds nothing but what they
// receive by the notice, nobody whose data is only stored, and it is recorded of each
// person before their line is written. law: GDPR 15(1)(c), 18(2), 19
type Given struct {
	Categories []string // of the notice
	// Join records that people are given away; it may be called twice for the same.
	Join func(tx *db.Tx, people []id.ID) error

	fields      map[string]bool
	permissions bool
}

// read finds the fields of the categories.
func (g *Given) read(n *noticedef.Notice) error {
	fields, records := n.Holds(g.Categories)
	g.fields, g.permissions = fields, records["ledger"]
	if len(g.fields) == 0 {
		return fault.New(fault.Invalid, "exchange.nothing_given", "name categories with fields that the recipient receives: an export holds nothing else").In("categories")
	}
	return nil
}

// only leaves of an export's fields those that are given.
func (g *Given) only(fields []string) []string {
	if g == nil {
		return fields
	}
	return slices.DeleteFunc(fields, func(f string) bool { return !g.fields[f] })
}

// cut takes from a person what is not given. Words by which a permission was given are
// evidence, and stay here.
func (g *Given) cut(p *dialect.Person) {
	p.Fields = slices.DeleteFunc(p.Fields, func(x dialect.Pair) bool { return !g.fields[x.Name] })
	p.Tags = nil
	for kind, points := range map[string]*[]dialect.Point{"email": &p.Emails, "phone": &p.Phones, "street": &p.Posts} {
		if !g.fields[kind] {
			*points = nil
		}
	}
	if !g.permissions {
		p.Statements = nil
	}
	for i := range p.Statements {
		p.Statements[i].Evidence, p.Statements[i].IP = "", ""
	}
}
