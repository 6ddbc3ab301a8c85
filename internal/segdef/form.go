package segdef

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"kartotek/internal/fault"
)

// Form is a segment as rows of a builder: all conditions, or any of them.
// No conditions means everyone.
type Form struct {
	Any        bool
	Conditions []Condition
}

// Condition is one row of the builder.
type Condition struct {
	Field    string // a catalogue field; "" for tag, consent and prohibited operators
	Operator string // a code of Operators
	Value    string // in, not_in: values parted by commas; consent: "purpose channel"
}

// Operator describes a row's operator to the builder.
type Operator struct {
	Code      string
	Field     bool // needs a field
	Value     bool // needs a value
	kind      kind
	negated   bool
	several   bool
	separator string
}

// Operators lists what a row can ask, in the order to show them.
var Operators = []Operator{
	{Code: "is", Field: true, Value: true, kind: kindEq},
	{Code: "is_not", Field: true, Value: true, kind: kindNe},
	{Code: "contains", Field: true, Value: true, kind: kindContains},
	{Code: "not_contains", Field: true, Value: true, kind: kindContains, negated: true},
	{Code: "starts", Field: true, Value: true, kind: kindStarts},
	{Code: "not_starts", Field: true, Value: true, kind: kindStarts, negated: true},
	{Code: "in", Field: true, Value: true, kind: kindIn, several: true, separator: ","},
	{Code: "not_in", Field: true, Value: true, kind: kindIn, negated: true, several: true, separator: ","},
	{Code: "at_least", Field: true, Value: true, kind: kindGe},
	{Code: "more", Field: true, Value: true, kind: kindGt},
	{Code: "at_most", Field: true, Value: true, kind: kindLe},
	{Code: "less", Field: true, Value: true, kind: kindLt},
	{Code: "set", Field: true, kind: kindSet},
	{Code: "not_set", Field: true, kind: kindUnset},
	{Code: "tag", Value: true, kind: kindTag},
	{Code: "no_tag", Value: true, kind: kindTag, negated: true},
	{Code: "consent", Value: true, kind: kindConsent, several: true, separator: " "},
	{Code: "no_consent", Value: true, kind: kindConsent, negated: true, several: true, separator: " "},
	{Code: "prohibited", Value: true, kind: kindProhibited},
	{Code: "not_prohibited", Value: true, kind: kindProhibited, negated: true},
}

// Form gives the rows of a builder that mean this expression; false when it
// does not fit (groups inside groups, values with commas in a list).
func (e *Expr) Form() (Form, bool) {
	n := e.root
	if n.kind == kindAll {
		return Form{}, true
	}
	f, parts := Form{Any: n.kind == kindOr}, n.kids
	if n.kind != kindAnd && n.kind != kindOr {
		parts = []*node{n}
	}
	for _, k := range parts {
		c, ok := k.row()
		if !ok {
			return Form{}, false
		}
		f.Conditions = append(f.Conditions, c)
	}
	return f, true
}

func (n *node) row() (Condition, bool) {
	negated := n.kind == kindNot
	if negated {
		n = n.kids[0]
	}
	for _, op := range Operators {
		if op.kind != n.kind || op.negated != negated {
			continue
		}
		for _, v := range n.values {
			if op.several && (strings.Contains(v, op.separator) || v == "" || strings.TrimSpace(v) != v) {
				return Condition{}, false
			}
			if strings.TrimSpace(v) != v || v == "" {
				return Condition{}, false // the builder trims what is typed
			}
		}
		return Condition{n.field, op.Code, strings.Join(n.values, joiner(op))}, true
	}
	return Condition{}, false
}

func joiner(op Operator) string {
	if op.separator == "," {
		return ", "
	}
	return op.separator
}

// FromForm makes the expression of a builder's rows. Values are trimmed. The
// error (*fault.Error, Invalid) names the row from 1.
func FromForm(f Form) (*Expr, error) {
	if len(f.Conditions) == 0 {
		return Everyone(), nil
	}
	var kids []*node
	for i, c := range f.Conditions {
		n, err := c.node()
		if err != nil {
			return nil, err.In("condition " + itoa(i+1))
		}
		kids = append(kids, n)
	}
	root := kids[0]
	if len(kids) > 1 {
		root = &node{kind: kindAnd, kids: kids}
		if f.Any {
			root.kind = kindOr
		}
	}
	e := &Expr{root: root}
	if len(e.String()) > MaxBytes {
		return nil, fault.New(fault.TooLarge, "segment.too_long", "a segment is at most %d bytes", MaxBytes).In("segment")
	}
	return e, nil
}

func (c Condition) node() (*node, *fault.Error) {
	op, ok := findOperator(c.Operator)
	if !ok {
		return nil, fault.New(fault.Invalid, "segment.operator", "no such operator")
	}
	n := &node{kind: op.kind}
	if op.Field {
		n.field = strings.ToLower(strings.TrimSpace(c.Field))
		if !fieldName(n.field) || contains(reserved, n.field) {
			return nil, fault.New(fault.Invalid, "segment.field", "choose a field")
		}
	}
	if op.Value {
		if err := c.values(op, n); err != nil {
			return nil, err
		}
	}
	if op.negated {
		n = &node{kind: kindNot, kids: []*node{n}}
	}
	return n, nil
}

func (c Condition) values(op Operator, n *node) *fault.Error {
	if !utf8.ValidString(c.Value) || strings.ContainsFunc(c.Value, unicode.IsControl) {
		return fault.New(fault.Invalid, "segment.value", "a value may not hold line breaks or control characters")
	}
	parts := []string{c.Value}
	if op.several {
		parts = strings.Split(c.Value, op.separator)
	}
	for _, v := range parts {
		if v = strings.TrimSpace(v); v != "" {
			n.addValue(v)
		}
	}
	if len(n.values) == 0 || op.kind == kindConsent && len(n.values) != 2 {
		return fault.New(fault.Invalid, "segment.value", "a value is missing")
	}
	return nil
}

func findOperator(code string) (Operator, bool) {
	for _, op := range Operators {
		if op.Code == code {
			return op, true
		}
	}
	return Operator{}, false
}

func contains(list []string, s string) bool {
	for _, x := range list {
		if x == s {
			return true
		}
	}
	return false
}
