package segdef

import (
	"slices"
	"strconv"
	"strings"

	"kartotek/internal/fault"
)

// Limits of a segment's text.
const (
	MaxBytes = 4 << 10
	MaxDepth = 50 // brackets and "not" inside each other
)

// reserved words cannot be field names and are quoted as values.
var reserved = []string{"and", "or", "not", "in", "is", "set", "contains", "starts", "with", "everyone"}

func itoa(n int) string { return strconv.Itoa(n) }

// Parse reads a segment. The error is a *fault.Error (Invalid or TooLarge)
// whose message names the character at fault and quotes no value.
func Parse(src string) (*Expr, error) {
	if len(src) > MaxBytes {
		return nil, fault.New(fault.TooLarge, "segment.too_long", "a segment is at most %d bytes", MaxBytes).In("segment")
	}
	toks, ferr := lex(src)
	if ferr != nil {
		return nil, ferr
	}
	p := &parser{toks: toks}
	n, ferr := p.or(0)
	if ferr != nil {
		return nil, ferr
	}
	if t := p.peek(); t.kind != tEnd {
		return nil, syntax(t.pos, "join conditions by and, or")
	}
	return &Expr{root: n}, nil
}

type parser struct {
	toks []token
	at   int
}

func (p *parser) peek() token { return p.toks[p.at] }

func (p *parser) take() token {
	t := p.toks[p.at]
	if t.kind != tEnd {
		p.at++
	}
	return t
}

func (p *parser) or(depth int) (*node, *fault.Error) { return p.list(kindOr, "or", p.and, depth) }

func (p *parser) and(depth int) (*node, *fault.Error) { return p.list(kindAnd, "and", p.unary, depth) }

// list reads one or more parts joined by a word, flat.
func (p *parser) list(k kind, word string, part func(int) (*node, *fault.Error), depth int) (*node, *fault.Error) {
	first, err := part(depth)
	if err != nil {
		return nil, err
	}
	kids := flat(nil, k, first)
	for p.peek().is(word) {
		p.take()
		n, err := part(depth)
		if err != nil {
			return nil, err
		}
		kids = flat(kids, k, n)
	}
	if len(kids) == 1 {
		return kids[0], nil
	}
	return &node{kind: k, kids: kids}, nil
}

// flat adds n to kids; a group of the same kind is opened up.
func flat(kids []*node, k kind, n *node) []*node {
	if n.kind == k {
		return append(kids, n.kids...)
	}
	return append(kids, n)
}

func (p *parser) unary(depth int) (*node, *fault.Error) {
	t := p.peek()
	if depth > MaxDepth {
		return nil, syntax(t.pos, "brackets and not may stand at most %d deep", MaxDepth)
	}
	switch {
	case t.is("not"):
		p.take()
		n, err := p.unary(depth + 1)
		if err != nil {
			return nil, err
		}
		return &node{kind: kindNot, kids: []*node{n}}, nil
	case t.sign("("):
		p.take()
		n, err := p.or(depth + 1)
		if err != nil {
			return nil, err
		}
		if e := p.take(); !e.sign(")") {
			return nil, syntax(e.pos, "a closing bracket is missing")
		}
		return n, nil
	}
	return p.condition()
}

func (p *parser) condition() (*node, *fault.Error) {
	t := p.take()
	if t.kind != tWord {
		return nil, syntax(t.pos, "a condition is missing, such as city = \"Helsinki\"")
	}
	if t.is("everyone") {
		return &node{kind: kindAll}, nil
	}
	if n, ok := special[strings.ToLower(t.text)]; ok && isValue(p.peek()) {
		return p.special(t, n)
	}
	field := strings.ToLower(t.text)
	if slices.Contains(reserved, field) || !fieldName(field) {
		return nil, syntax(t.pos, "this is not a field's name")
	}
	return p.operator(field, t.pos)
}

// special conditions are a word and so many values.
var special = map[string]struct {
	kind   kind
	values int
}{"tag": {kindTag, 1}, "consent": {kindConsent, 2}, "prohibited": {kindProhibited, 1}}

func (p *parser) special(t token, s struct {
	kind   kind
	values int
}) (*node, *fault.Error) {
	n := &node{kind: s.kind, pos: t.pos}
	for range s.values {
		v, err := p.value()
		if err != nil {
			return nil, err
		}
		n.addValue(v)
	}
	return n, nil
}

func isValue(t token) bool {
	if t.kind == tWord {
		return !slices.Contains(reserved, strings.ToLower(t.text))
	}
	return t.kind == tText
}

func (p *parser) value() (string, *fault.Error) {
	t := p.take()
	if !isValue(t) {
		return "", syntax(t.pos, "a value is missing; put texts in double quotes")
	}
	return t.text, nil
}

var signKinds = map[string]kind{"=": kindEq, "!=": kindNe, "<": kindLt, "<=": kindLe, ">": kindGt, ">=": kindGe}

func (p *parser) operator(field string, pos int) (*node, *fault.Error) {
	t := p.take()
	n := &node{field: field, pos: pos}
	switch k, isSign := signKinds[t.text]; {
	case t.kind == tSign && isSign:
		n.kind = k
	case t.is("contains"):
		n.kind = kindContains
	case t.is("starts"):
		if w := p.take(); !w.is("with") {
			return nil, syntax(w.pos, "write: starts with")
		}
		n.kind = kindStarts
	case t.is("is"):
		return p.isSet(n)
	case t.is("in"):
		return n, p.set(n)
	case t.is("not") && p.peek().is("in"):
		p.take()
		return &node{kind: kindNot, kids: []*node{n}}, p.set(n)
	default:
		return nil, syntax(t.pos, "after a field comes =, !=, <, <=, >, >=, contains, starts with, in (…), is set or is not set")
	}
	v, err := p.value()
	if err == nil {
		n.addValue(v)
	}
	return n, err
}

func (p *parser) isSet(n *node) (*node, *fault.Error) {
	n.kind = kindSet
	t := p.take()
	if t.is("not") {
		n.kind, t = kindUnset, p.take()
	}
	if !t.is("set") {
		return nil, syntax(t.pos, "write: is set, or: is not set")
	}
	return n, nil
}

// set reads ("a", "b").
func (p *parser) set(n *node) *fault.Error {
	n.kind = kindIn
	if t := p.take(); !t.sign("(") {
		return syntax(t.pos, "after in comes a list in brackets: in (\"a\", \"b\")")
	}
	for {
		v, err := p.value()
		if err != nil {
			return err
		}
		n.addValue(v)
		switch t := p.take(); {
		case t.sign(")"):
			return nil
		case !t.sign(","):
			return syntax(t.pos, "values in a list are parted by commas")
		}
	}
}

// fieldName reports whether s can be a catalogue field: a–z, digits, _.
func fieldName(s string) bool {
	for i, c := range s {
		if !(c == '_' || 'a' <= c && c <= 'z' || i > 0 && '0' <= c && c <= '9') {
			return false
		}
	}
	return s != ""
}
