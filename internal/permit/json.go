package permit

import (
	"bytes"
	"encoding/json"
	"errors"
	"slices"
	"strings"
	"time"

	"kartotek/internal/fault"
)

// MaxLine is the longest line DecideJSON reads, in bytes.
const MaxLine = 1 << 20

// request is one line of `decide --stdin`.
type request struct {
	Question *Question `json:"question"`
	Facts    *Facts    `json:"facts"`
}

// DecideJSON answers one JSON object {"question":{…},"facts":{…}} with a verdict as JSON,
// without a newline. Times are RFC 3339; withdrawn, expires and soft_opt_in may be null.
//
// It is strict where a slip could widen a permission: a field it does not know (other letter
// case included), a field given twice, a null where a person may be erased or restricted, text
// after the object, and a line over MaxLine are faults (Invalid, TooLarge) that name the field.
func DecideJSON(line []byte) ([]byte, error) {
	if len(line) > MaxLine {
		return nil, fault.New(fault.TooLarge, "permit.line_too_long", "the line is longer than %d bytes", MaxLine)
	}
	if !json.Valid(line) {
		return nil, badJSON("this is not one JSON object")
	}
	if err := (&checker{line: line}).value("", 0); err != nil {
		return nil, err
	}
	var r request
	dec := json.NewDecoder(bytes.NewReader(line))
	dec.DisallowUnknownFields()
	if err := dec.Decode(&r); err != nil {
		return nil, explain(err)
	}
	switch {
	case r.Question == nil:
		return nil, badJSON("the question is missing").In("question")
	case r.Facts == nil:
		return nil, badJSON("the facts are missing").In("facts")
	}
	return json.Marshal(Decide(*r.Question, *r.Facts))
}

func badJSON(what string) *fault.Error {
	return fault.New(fault.Invalid, "permit.bad_line", "%s", what)
}

// explain turns a decoding error into a fault with a field and without the line's content.
func explain(err error) error {
	if wrong, ok := errors.AsType[*json.UnmarshalTypeError](err); ok {
		return badJSON("the value has the wrong type").In(wrong.Field)
	}
	if name, ok := strings.CutPrefix(err.Error(), "json: unknown field "); ok {
		return unknownField(strings.Trim(name, `"`))
	}
	return badJSON("this is not a JSON object")
}

func unknownField(name string) error {
	if len(name) > 60 {
		name = name[:60] + "…"
	}
	return fault.New(fault.Invalid, "permit.unknown_field", "there is no such field").In(strings.ToValidUTF8(name, "?"))
}

// checker walks a line of valid JSON for what the decoder would let pass.
type checker struct {
	line []byte
	at   int
}

const (
	deepest    = 8  // how far objects and lists nest: line, facts, consents, consent, with room
	mostFields = 32 // more than any object of a line has
)

// next skips white space and gives the byte that stands there.
func (c *checker) next() byte {
	for c.line[c.at] == ' ' || c.line[c.at] == '\t' || c.line[c.at] == '\r' || c.line[c.at] == '\n' {
		c.at++
	}
	return c.line[c.at]
}

// value checks the next value, which is that of a field (or of the list in it).
func (c *checker) value(field string, depth int) error {
	if depth > deepest {
		return badJSON("the line is nested too deeply").In(field)
	}
	switch c.next() {
	case '{':
		return c.object(depth)
	case '[':
		return c.list(field, depth)
	case '"':
		return checkTime(field, c.text())
	case 'n':
		if field == "restricted" || field == "erased" {
			return badJSON("null says neither yes nor no").In(field)
		}
	}
	for c.at < len(c.line) && strings.IndexByte(",]} \t\r\n", c.line[c.at]) < 0 {
		c.at++
	}
	return nil
}

// text reads the string that stands next, escapes left as they are.
func (c *checker) text() string {
	start := c.at + 1
	for c.at = start; c.line[c.at] != '"'; c.at++ {
		if c.line[c.at] == '\\' {
			c.at++
		}
	}
	c.at++
	return string(c.line[start : c.at-1])
}

// object checks the fields of an object.
func (c *checker) object(depth int) error {
	var seen []string
	for c.at++; c.next() != '}'; {
		if c.line[c.at] == ',' {
			c.at++
			c.next()
		}
		name := c.text()
		switch {
		case strings.ContainsFunc(name, notInNames) || len(seen) == mostFields:
			return unknownField(name)
		case slices.Contains(seen, name):
			return badJSON("the field is given twice").In(name)
		}
		seen = append(seen, name)
		c.next()
		c.at++ // the colon
		if err := c.value(name, depth+1); err != nil {
			return err
		}
	}
	c.at++
	return nil
}

// notInNames finds what no field name holds: capitals, escapes, anything beyond a-z and _.
func notInNames(r rune) bool { return (r < 'a' || r > 'z') && r != '_' }

// list checks the values of a list.
func (c *checker) list(field string, depth int) error {
	for c.at++; c.next() != ']'; {
		if c.line[c.at] == ',' {
			c.at++
		}
		if err := c.value(field, depth+1); err != nil {
			return err
		}
	}
	c.at++
	return nil
}

// checkTime reads the fields that hold a time.
func checkTime(field, value string) error {
	switch field {
	case "at", "given", "withdrawn", "expires":
		if _, err := time.Parse(time.RFC3339, value); err != nil {
			return badJSON("the time is not in RFC 3339 form").In(field)
		}
	}
	return nil
}
