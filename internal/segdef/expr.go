package segdef

import (
	"slices"
	"strconv"
	"strings"

	"kartotek/internal/address"
)

type kind uint8

const (
	kindAll kind = iota
	kindAnd
	kindOr
	kindNot
	kindEq
	kindNe
	kindLt
	kindLe
	kindGt
	kindGe
	kindContains
	kindStarts
	kindIn
	kindSet
	kindUnset
	kindTag
	kindConsent
	kindProhibited
)

// node is one condition or group. Values are kept as written and folded.
type node struct {
	kind   kind
	kids   []*node
	field  string
	pos    int // character where it was written; 0 when made by a form
	values []string
	folded []string
	num    float64 // the first value as a number
	isNum  bool
}

func (n *node) addValue(v string) {
	if len(n.values) == 0 {
		n.num, n.isNum = number(v)
	}
	n.values = append(n.values, v)
	n.folded = append(n.folded, address.Fold(v))
}

// number reads plain decimal numbers only: no NaN, Inf, hex or exponents.
func number(s string) (float64, bool) {
	if s == "" || len(s) > 18 {
		return 0, false
	}
	for i := 0; i < len(s); i++ {
		if c := s[i]; !('0' <= c && c <= '9' || c == '.' || c == '-' && i == 0) {
			return 0, false
		}
	}
	f, err := strconv.ParseFloat(s, 64)
	return f, err == nil
}

// Expr is a checked segment expression. It is immutable and safe for
// concurrent use.
type Expr struct{ root *node }

// Everyone is the expression that matches all.
func Everyone() *Expr { return &Expr{root: &node{kind: kindAll}} }

// Row is one person as a segment sees them.
type Row interface {
	// Field is the value of a catalogue field; "" when unset or unknown.
	Field(name string) string
	// HasTag reports whether the person carries the tag (compared as address.Fold does).
	HasTag(tag string) bool
	// Consented reports whether a consent for purpose and channel stands now.
	Consented(purpose, channel string) bool
	// Prohibited reports whether the prohibition stands now: "all-marketing",
	// "channel:<name>", "research" or "profiling".
	Prohibited(what string) bool
}

// Match reports whether the row is in the segment. It allocates nothing of its
// own.
func (e *Expr) Match(row Row) bool { return e.root.match(row) }

func (n *node) match(row Row) bool {
	switch n.kind {
	case kindAll:
		return true
	case kindAnd:
		for _, k := range n.kids {
			if !k.match(row) {
				return false
			}
		}
		return true
	case kindOr:
		for _, k := range n.kids {
			if k.match(row) {
				return true
			}
		}
		return false
	case kindNot:
		return !n.kids[0].match(row)
	case kindTag:
		return row.HasTag(n.values[0])
	case kindConsent:
		return row.Consented(n.values[0], n.values[1])
	case kindProhibited:
		return row.Prohibited(n.values[0])
	}
	return n.matchField(row.Field(n.field))
}

func (n *node) matchField(v string) bool {
	switch n.kind {
	case kindEq:
		return foldEqual(v, n.folded[0])
	case kindNe:
		return !foldEqual(v, n.folded[0])
	case kindContains:
		return foldContains(v, n.folded[0])
	case kindStarts:
		return foldPrefix(v, n.folded[0]) >= 0
	case kindSet:
		return v != ""
	case kindUnset:
		return v == ""
	case kindIn:
		for _, w := range n.folded {
			if foldEqual(v, w) {
				return true
			}
		}
		return false
	}
	return v != "" && n.ordered(v)
}

// ordered compares as numbers when both sides are, else as folded text, which
// orders ISO dates and times rightly.
func (n *node) ordered(v string) bool {
	var c int
	if x, ok := number(v); ok && n.isNum {
		switch {
		case x < n.num:
			c = -1
		case x > n.num:
			c = 1
		}
	} else {
		c = foldCompare(v, n.folded[0])
	}
	switch n.kind {
	case kindLt:
		return c < 0
	case kindLe:
		return c <= 0
	case kindGt:
		return c > 0
	}
	return c >= 0
}

var operators = map[kind]string{
	kindEq: "=", kindNe: "!=", kindLt: "<", kindLe: "<=", kindGt: ">", kindGe: ">=",
	kindContains: "contains", kindStarts: "starts with", kindSet: "is set", kindUnset: "is not set",
	kindTag: "tag", kindConsent: "consent", kindProhibited: "prohibited",
}

// String gives the canonical text: it parses to the same expression.
func (e *Expr) String() string {
	var b strings.Builder
	e.root.write(&b, kindOr)
	return b.String()
}

// write prints n inside a group of kind outer; an "or" inside "and", and any
// group after "not", gets brackets.
func (n *node) write(b *strings.Builder, outer kind) {
	switch n.kind {
	case kindAll:
		b.WriteString("everyone")
	case kindAnd, kindOr:
		n.writeGroup(b, outer)
	case kindNot:
		b.WriteString("not ")
		n.kids[0].write(b, kindNot)
	case kindTag, kindConsent, kindProhibited:
		b.WriteString(operators[n.kind])
		for _, v := range n.values {
			b.WriteByte(' ')
			b.WriteString(quote(v))
		}
	default:
		n.writeField(b)
	}
}

func (n *node) writeGroup(b *strings.Builder, outer kind) {
	word, bracket := " or ", outer != kindOr
	if n.kind == kindAnd {
		word, bracket = " and ", outer == kindNot
	}
	if bracket {
		b.WriteByte('(')
	}
	for i, k := range n.kids {
		if i > 0 {
			b.WriteString(word)
		}
		k.write(b, n.kind)
	}
	if bracket {
		b.WriteByte(')')
	}
}

func (n *node) writeField(b *strings.Builder) {
	b.WriteString(n.field)
	b.WriteByte(' ')
	if n.kind != kindIn {
		b.WriteString(operators[n.kind])
		if len(n.values) > 0 {
			b.WriteByte(' ')
			b.WriteString(bare(n.values[0]))
		}
		return
	}
	b.WriteString("in (")
	for i, v := range n.values {
		if i > 0 {
			b.WriteString(", ")
		}
		b.WriteString(bare(v))
	}
	b.WriteByte(')')
}

// bare leaves dates, numbers and two-letter codes without quotes.
func bare(v string) string {
	code, digits := len(v) == 2, v != ""
	for i := 0; i < len(v); i++ {
		c := v[i]
		code = code && ('a' <= c|0x20 && c|0x20 <= 'z')
		digits = digits && ('0' <= c && c <= '9' || (i > 0 && (c == '-' || c == '.')))
	}
	if digits || code && !slices.Contains(reserved, strings.ToLower(v)) {
		return v
	}
	return quote(v)
}

var escaper = strings.NewReplacer(`\`, `\\`, `"`, `\"`)

func quote(v string) string { return `"` + escaper.Replace(v) + `"` }
