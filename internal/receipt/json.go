package receipt

import (
	"bytes"
	"encoding/json"
	"io"
	"slices"
	"strings"
	"unicode/utf16"
	"unicode/utf8"

	"kartotek/internal/fault"
)

// A receipt as JSON is made of three things: texts (string), lists (list) and
// objects (object). Numbers, true, false and null do not occur in one, so that no
// two programs can read the same receipt differently.
type (
	list   []any
	object []member
	member struct {
		key string
		val any
	}
)

// MaxBytes is the size of the largest receipt that is read.
const MaxBytes = 1 << 20

// maxDepth is deeper than any receipt goes.
const maxDepth = 32

func unreadable(why string) error {
	return fault.New(fault.Invalid, "receipt.unreadable", "this is no receipt that can be read: %s", why)
}

// parse reads a receipt strictly. A key that stands twice in an object is refused:
// one program would take the first, another the last.
func parse(data []byte) (object, error) {
	if len(data) > MaxBytes {
		return nil, fault.New(fault.TooLarge, "receipt.too_large", "a receipt is at most 1 MB")
	}
	if !utf8.Valid(data) || !json.Valid(data) {
		return nil, unreadable("it is not whole JSON in UTF-8")
	}
	d := json.NewDecoder(bytes.NewReader(data))
	v, err := value(d, 0)
	if err != nil {
		return nil, err
	}
	if _, err := d.Token(); err != io.EOF {
		return nil, unreadable("something follows it")
	}
	o, ok := v.(object)
	if !ok {
		return nil, unreadable("it is not an object")
	}
	return o, nil
}

func value(d *json.Decoder, depth int) (any, error) {
	if depth > maxDepth {
		return nil, unreadable("it is nested too deeply")
	}
	t, err := d.Token()
	if err != nil {
		return nil, unreadable("it is cut off")
	}
	switch t := t.(type) {
	case string:
		return t, nil
	case json.Delim:
		if t == '{' {
			return members(d, depth)
		}
		return items(d, depth)
	}
	return nil, unreadable("it holds something that is neither text, list nor object")
}

func members(d *json.Decoder, depth int) (any, error) {
	out, seen := object{}, map[string]bool{}
	for d.More() {
		t, err := d.Token()
		key, ok := t.(string)
		if err != nil || !ok {
			return nil, unreadable("it is cut off")
		}
		if seen[key] {
			return nil, unreadable("a key stands in it twice")
		}
		seen[key] = true
		v, err := value(d, depth+1)
		if err != nil {
			return nil, err
		}
		out = append(out, member{key, v})
	}
	_, err := d.Token()
	return out, err
}

func items(d *json.Decoder, depth int) (any, error) {
	out := list{}
	for d.More() {
		v, err := value(d, depth+1)
		if err != nil {
			return nil, err
		}
		out = append(out, v)
	}
	_, err := d.Token()
	return out, err
}

// get gives the member of a key; nil when there is none.
func (o object) get(key string) any {
	for _, m := range o {
		if m.key == key {
			return m.val
		}
	}
	return nil
}

// text gives a member that is a text; "" when there is none.
func (o object) text(key string) string {
	s, _ := o.get(key).(string)
	return s
}

// object gives the member that is an object; nil when there is none.
func (o object) object(key string) object {
	v, _ := o.get(key).(object)
	return v
}

// id gives the identifier a member points to: {"@id": …}, or a plain text.
func (o object) id(key string) string {
	if v, ok := o.get(key).(object); ok {
		return v.text("@id")
	}
	return o.text(key)
}

// all gives a member as a list: JSON-LD writes a list of one without brackets.
func (o object) all(key string) list {
	switch v := o.get(key).(type) {
	case nil:
		return nil
	case list:
		return v
	default:
		return list{v}
	}
}

// objects gives those of a member's items that are objects.
func (o object) objects(key string) (out []object) {
	for _, v := range o.all(key) {
		if x, ok := v.(object); ok {
			out = append(out, x)
		}
	}
	return out
}

// texts gives those of a member's items that are texts.
func (o object) texts(key string) (out []string) {
	for _, v := range o.all(key) {
		if s, ok := v.(string); ok {
			out = append(out, s)
		}
	}
	return out
}

// without gives the object without one member.
func (o object) without(key string) object {
	return slices.DeleteFunc(slices.Clone(o), func(m member) bool { return m.key == key })
}

// canonical writes JSON as RFC 8785 has it: keys sorted by their UTF-16 units, no
// space. What is signed is this, so that a receipt may be indented anew.
func canonical(v any) []byte {
	var b bytes.Buffer
	write(&b, v, -1)
	return b.Bytes()
}

// pretty writes JSON for people, keys in the order they were put.
func pretty(v any) []byte {
	var b bytes.Buffer
	write(&b, v, 0)
	b.WriteByte('\n')
	return b.Bytes()
}

func write(b *bytes.Buffer, v any, indent int) {
	switch v := v.(type) {
	case string:
		quote(b, v)
	case list:
		parts := make([]func(int), len(v))
		for i := range v {
			parts[i] = func(in int) { write(b, v[i], in) }
		}
		wrap(b, '[', ']', indent, parts)
	case object:
		if indent < 0 {
			v = slices.Clone(v)
			slices.SortFunc(v, func(x, y member) int { return slices.Compare(utf16.Encode([]rune(x.key)), utf16.Encode([]rune(y.key))) })
		}
		parts := make([]func(int), len(v))
		for i := range v {
			parts[i] = func(in int) {
				quote(b, v[i].key)
				b.WriteByte(':')
				if in >= 0 {
					b.WriteByte(' ')
				}
				write(b, v[i].val, in)
			}
		}
		wrap(b, '{', '}', indent, parts)
	}
}

// wrap writes the parts of a list or object, each on a line of its own unless
// indent is negative.
func wrap(b *bytes.Buffer, begin, end byte, indent int, parts []func(int)) {
	b.WriteByte(begin)
	inner := indent
	if indent >= 0 {
		inner++
	}
	for i, part := range parts {
		if i > 0 {
			b.WriteByte(',')
		}
		newline(b, inner)
		part(inner)
	}
	if len(parts) > 0 {
		newline(b, indent)
	}
	b.WriteByte(end)
}

func newline(b *bytes.Buffer, indent int) {
	if indent >= 0 {
		b.WriteString("\n" + strings.Repeat(" ", indent))
	}
}

var short = map[rune]string{'"': `\"`, '\\': `\\`, '\b': `\b`, '\f': `\f`, '\n': `\n`, '\r': `\r`, '\t': `\t`}

// quote writes a text as ECMAScript's JSON.stringify does, which RFC 8785 takes over.
func quote(b *bytes.Buffer, s string) {
	b.WriteByte('"')
	for _, r := range s {
		switch e := short[r]; {
		case e != "":
			b.WriteString(e)
		case r < 0x20:
			const hex = "0123456789abcdef"
			b.WriteString(`\u00` + string(hex[r>>4]) + string(hex[r&15]))
		default:
			b.WriteRune(r)
		}
	}
	b.WriteByte('"')
}
