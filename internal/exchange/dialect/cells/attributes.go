package cells

import (
	"encoding/json"
	"strings"
)

// maxDepth bounds how deep attributes may nest.
const maxDepth = 8

// scanner walks a JSON object without building it: a million rows with eleven
// attributes each would otherwise make a million maps.
type scanner struct {
	s    string
	i    int
	each func(key, value string)
}

// ScanAttributes calls each for every scalar of a JSON object. Nested objects
// give names joined by dots, lists of scalars their elements joined by ", ";
// null gives nothing. It is false when s is no JSON object, in which case some
// calls may have been made.
func ScanAttributes(s string, each func(key, value string)) bool {
	sc := scanner{s: s, each: each}
	if !sc.object("", 0) {
		return false
	}
	sc.space()
	return sc.i == len(s)
}

func (sc *scanner) space() {
	for sc.i < len(sc.s) {
		switch sc.s[sc.i] {
		case ' ', '\t', '\n', '\r':
			sc.i++
		default:
			return
		}
	}
}

// take skips space and one byte if it is c.
func (sc *scanner) take(c byte) bool {
	sc.space()
	if sc.i < len(sc.s) && sc.s[sc.i] == c {
		sc.i++
		return true
	}
	return false
}

// object reads an object whose names get a prefix.
func (sc *scanner) object(prefix string, depth int) bool {
	if depth > maxDepth || !sc.take('{') {
		return false
	}
	if sc.take('}') {
		return true
	}
	for {
		sc.space()
		key, ok := sc.text()
		if !ok || !sc.take(':') {
			return false
		}
		if prefix != "" {
			key = prefix + "." + key
		}
		if !sc.value(key, depth) {
			return false
		}
		if sc.take(',') {
			continue
		}
		return sc.take('}')
	}
}

// value reads one member's value and reports it.
func (sc *scanner) value(key string, depth int) bool {
	sc.space()
	if sc.i >= len(sc.s) {
		return false
	}
	switch sc.s[sc.i] {
	case '{':
		return sc.object(key, depth+1)
	case '[':
		list, ok := sc.list(depth + 1)
		if ok && list != "" {
			sc.each(key, list)
		}
		return ok
	}
	v, ok := sc.scalar()
	if ok && v != "" {
		sc.each(key, v)
	}
	return ok
}

// scalar reads a string, number, true, false or null ("").
func (sc *scanner) scalar() (string, bool) {
	if sc.i < len(sc.s) && sc.s[sc.i] == '"' {
		return sc.text()
	}
	from := sc.i
	for sc.i < len(sc.s) && strings.IndexByte(",]} \t\r\n", sc.s[sc.i]) < 0 {
		sc.i++
	}
	word := sc.s[from:sc.i]
	switch word {
	case "null":
		return "", true
	case "true", "false":
		return word, true
	}
	return word, word != "" && (word[0] == '-' || word[0] >= '0' && word[0] <= '9') && json.Valid([]byte(word))
}

// list reads an array; one that holds more than scalars is given as JSON.
func (sc *scanner) list(depth int) (string, bool) {
	from := sc.i
	if depth > maxDepth || !sc.take('[') {
		return "", false
	}
	if sc.take(']') {
		return "", true
	}
	var parts []string
	nested := false
	for {
		sc.space()
		if sc.i < len(sc.s) && (sc.s[sc.i] == '[' || sc.s[sc.i] == '{') {
			inner := scanner{s: sc.s, i: sc.i, each: func(string, string) {}}
			if !inner.value("", depth) {
				return "", false
			}
			sc.i, nested = inner.i, true
		} else {
			v, ok := sc.scalar()
			if !ok {
				return "", false
			}
			parts = append(parts, v)
		}
		if sc.take(',') {
			continue
		}
		if !sc.take(']') {
			return "", false
		}
		if nested {
			return sc.s[from:sc.i], true
		}
		return strings.Join(parts, ", "), true
	}
}

// text reads a string; one without escapes is a part of the input.
func (sc *scanner) text() (string, bool) {
	if sc.i >= len(sc.s) || sc.s[sc.i] != '"' {
		return "", false
	}
	from, escaped := sc.i, false
	for i := from + 1; i < len(sc.s); i++ {
		switch c := sc.s[i]; {
		case c == '\\':
			escaped = true
			i++
		case c < ' ':
			return "", false
		case c == '"':
			sc.i = i + 1
			if !escaped {
				return sc.s[from+1 : i], true
			}
			var out string
			err := json.Unmarshal([]byte(sc.s[from:sc.i]), &out)
			return out, err == nil
		}
	}
	return "", false
}
