package segdef

import "slices"

// Catalogue says what the notice in force lets a segment speak of.
type Catalogue interface {
	// HasField reports whether the register holds the field.
	HasField(name string) bool
}

// Purposes is a Catalogue that also knows purposes and channels; with it,
// consent and prohibition conditions are checked too.
type Purposes interface {
	HasPurpose(code string) bool
	HasChannel(name string) bool
}

// Problem is something wrong with a segment that parses.
type Problem struct {
	Code string // field_unknown, purpose_unknown, channel_unknown, prohibition_unknown
	Name string // the field, purpose or channel that is unknown
	Pos  int    // the character where the condition begins; 0 for one made by a form
}

// Check compares an expression with the catalogue and returns what is unknown,
// in the order written. A field the notice does not list cannot be asked about
// (R14): the segment must not be saved while there are problems.
func Check(e *Expr, cat Catalogue) []Problem {
	c := checker{cat: cat}
	c.purposes, _ = cat.(Purposes)
	c.walk(e.root)
	return c.found
}

type checker struct {
	cat      Catalogue
	purposes Purposes
	found    []Problem
}

func (c *checker) walk(n *node) {
	for _, k := range n.kids {
		c.walk(k)
	}
	switch {
	case n.field != "" && !c.cat.HasField(n.field):
		c.add("field_unknown", n.field, n)
	case n.kind == kindConsent && c.purposes != nil:
		if !c.purposes.HasPurpose(n.values[0]) {
			c.add("purpose_unknown", n.values[0], n)
		}
		if !c.purposes.HasChannel(n.values[1]) {
			c.add("channel_unknown", n.values[1], n)
		}
	case n.kind == kindProhibited:
		c.prohibition(n)
	}
}

func (c *checker) prohibition(n *node) {
	const prefix = "channel:"
	v := n.values[0]
	switch {
	case v == "all-marketing", v == "research", v == "profiling":
	case len(v) > len(prefix) && v[:len(prefix)] == prefix:
		if c.purposes != nil && !c.purposes.HasChannel(v[len(prefix):]) {
			c.add("channel_unknown", v[len(prefix):], n)
		}
	default:
		c.add("prohibition_unknown", v, n)
	}
}

func (c *checker) add(code, name string, n *node) {
	c.found = append(c.found, Problem{Code: code, Name: name, Pos: n.pos})
}

// Fields lists the catalogue fields the expression reads, each once, in the
// order written, so that a caller can load only those.
func (e *Expr) Fields() []string {
	var out []string
	seen := map[string]bool{}
	var walk func(*node)
	walk = func(n *node) {
		if n.field != "" && !seen[n.field] {
			seen[n.field] = true
			out = append(out, n.field)
		}
		for _, k := range n.kids {
			walk(k)
		}
	}
	walk(e.root)
	return out
}

// Permissions reports whether the expression asks what people allowed or forbade.
func (e *Expr) Permissions() bool {
	var asks func(n *node) bool
	asks = func(n *node) bool {
		return n.kind == kindConsent || n.kind == kindProhibited || slices.ContainsFunc(n.kids, asks)
	}
	return asks(e.root)
}

// Hint is an equality every matching row fulfils: address.Fold(field) = Folded.
type Hint struct{ Field, Folded string }

// SQLHint lists equalities on city, country and organisation that the whole
// expression implies, so that a caller may narrow its scan by a folded column.
// It is only a help: Match must still be asked for each row. Nil when nothing
// is implied.
func (e *Expr) SQLHint() []Hint {
	parts := []*node{e.root}
	if e.root.kind == kindAnd {
		parts = e.root.kids
	}
	var out []Hint
	for _, n := range parts {
		one := n.kind == kindEq || n.kind == kindIn && len(n.values) == 1
		if one && (n.field == "city" || n.field == "country" || n.field == "organisation") {
			out = append(out, Hint{n.field, n.folded[0]})
		}
	}
	return out
}
