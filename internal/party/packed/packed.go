// Package packed is the two packed texts in a person's row: the fields of the
// notice's catalogue that have no column of their own, and where values came from
// when that differs from the row.
//
// Which fields there are is the company's choice, so they cannot be columns. They
// are one text because a walk over a register of a million people reads them all,
// and Get finds one without decoding the others. Equal contents are equal text.
//
//	Fields       {"industry":"bakery","postcode":"00100"}     made by Pack or With
//	Provenance   city=12,1700000000000,1700000500000          field=source,first,changed
//
// Values only: nothing here reads or writes a register. Broken text reads as fewer
// fields, never as a failure.
package packed

import (
	"encoding/json"
	"sort"
	"strconv"
	"strings"

	"kartotek/internal/id"
)

// Fields are the packed catalogue fields of a person: a flat JSON object of
// texts with sorted keys, so that equal contents are equal text. The empty
// string is no fields. It is read without decoding into a map, because a scan
// over a register reads a million of them.
type Fields string

// Get gives one field's value, or "".
func (f Fields) Get(name string) string {
	value := ""
	f.each(func(k, v string) bool {
		if k == name {
			value = v
			return false
		}
		return true
	})
	return value
}

// Each calls fn for every field, in name order.
func (f Fields) Each(fn func(name, value string)) {
	f.each(func(k, v string) bool { fn(k, v); return true })
}

func (f Fields) each(fn func(k, v string) bool) {
	rest := string(f)
	for {
		k, after, ok := nextText(rest)
		if !ok {
			return
		}
		v, after, ok := nextText(after)
		if !ok || !fn(k, v) {
			return
		}
		rest = after
	}
}

// nextText reads the next JSON string of s. Without escapes it costs no copy.
func nextText(s string) (text, rest string, ok bool) {
	start := strings.IndexByte(s, '"')
	if start < 0 {
		return "", "", false
	}
	s = s[start:]
	escaped := false
	for i := 1; i < len(s); i++ {
		switch s[i] {
		case '\\':
			escaped = true
			i++
		case '"':
			if !escaped {
				return s[1:i], s[i+1:], true
			}
			err := json.Unmarshal([]byte(s[:i+1]), &text)
			return text, s[i+1:], err == nil
		}
	}
	return "", "", false
}

// With gives the fields with one changed; an empty value removes it.
func (f Fields) With(name, value string) Fields {
	m := map[string]string{}
	f.Each(func(k, v string) { m[k] = v })
	m[name] = value
	pairs := make([]Pair, 0, len(m))
	for k, v := range m {
		pairs = append(pairs, Pair{k, v})
	}
	return Pack(pairs)
}

// Pair is a field and its value.
type Pair struct{ Name, Value string }

// Pack makes Fields of pairs; empty values are left out. It sorts pairs in place.
func Pack(pairs []Pair) Fields {
	if !sort.SliceIsSorted(pairs, func(a, b int) bool { return pairs[a].Name < pairs[b].Name }) {
		sort.Slice(pairs, func(a, b int) bool { return pairs[a].Name < pairs[b].Name })
	}
	buf := make([]byte, 0, 24*len(pairs)+2)
	for _, p := range pairs {
		if p.Value == "" {
			continue
		}
		if len(buf) == 0 {
			buf = append(buf, '{')
		} else {
			buf = append(buf, ',')
		}
		buf = appendText(buf, p.Name)
		buf = append(buf, ':')
		buf = appendText(buf, p.Value)
	}
	if len(buf) == 0 {
		return ""
	}
	return Fields(append(buf, '}'))
}

// appendText writes a JSON string; plain text is copied as it is.
func appendText(buf []byte, s string) []byte {
	for i := 0; i < len(s); i++ {
		if c := s[i]; c < 0x20 || c == '"' || c == '\\' || c >= 0x7f {
			b, _ := json.Marshal(s)
			return append(buf, b...)
		}
	}
	buf = append(buf, '"')
	buf = append(buf, s...)
	return append(buf, '"')
}

// Origin is where a value came from and when. Times are ms.
type Origin struct {
	Source  id.ID
	First   int64
	Changed int64
}

// Provenance holds the origins that differ from the row's own: space-separated
// "field=source,first,changed". The empty string is no exceptions.
type Provenance string

// Get gives the origin of a field, if it has one of its own.
func (p Provenance) Get(field string) (Origin, bool) {
	for part := range strings.FieldsSeq(string(p)) {
		name, rest, ok := strings.Cut(part, "=")
		if ok && name == field {
			return parseOrigin(rest)
		}
	}
	return Origin{}, false
}

func parseOrigin(s string) (Origin, bool) {
	f := strings.Split(s, ",")
	if len(f) != 3 {
		return Origin{}, false
	}
	src, err := id.Parse(f[0])
	first, err1 := strconv.ParseInt(f[1], 10, 64)
	changed, err2 := strconv.ParseInt(f[2], 10, 64)
	return Origin{src, first, changed}, err == nil && err1 == nil && err2 == nil
}

// With gives the provenance with one field's origin set.
func (p Provenance) With(field string, o Origin) Provenance {
	var out []string
	for part := range strings.FieldsSeq(string(p)) {
		if !strings.HasPrefix(part, field+"=") {
			out = append(out, part)
		}
	}
	entry := field + "=" + o.Source.String() + "," + strconv.FormatInt(o.First, 10) + "," + strconv.FormatInt(o.Changed, 10)
	return Provenance(strings.Join(append(out, entry), " "))
}
