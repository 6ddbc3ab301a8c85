package post

import (
	"regexp"
	"slices"
	"strings"
)

var (
	dataName = regexp.MustCompile(`\bdata((?:\.[A-Za-z_]\w*)+)`)
	dataLoop = regexp.MustCompile(`\bfor\s+(\w+)\s+in\s+data((?:\.[A-Za-z_]\w*)+)`)
)

// Example invents data for the names a text reads, so that it can be looked at before
// anything has happened: each value is its own name, a list has two items.
func Example(texts ...string) map[string]any {
	out := map[string]any{}
	all := strings.Join(texts, "\n")
	lists := map[string]bool{}
	for _, m := range dataLoop.FindAllStringSubmatch(all, -1) {
		lists[m[2]] = true
		item := any(strings.TrimPrefix(m[2], "."))
		if fields := fieldsOf(m[1], all); len(fields) > 0 {
			row := map[string]any{}
			for _, f := range fields {
				row[f] = f
			}
			item = row
		}
		put(out, strings.Split(m[2][1:], "."), []any{item, item})
	}
	for _, m := range dataName.FindAllStringSubmatch(all, -1) {
		if !lists[m[1]] {
			path := strings.Split(m[1][1:], ".")
			put(out, path, path[len(path)-1])
		}
	}
	return out
}

// fieldsOf are the fields of a loop's item that a text reads.
func fieldsOf(item, text string) (out []string) {
	for _, m := range regexp.MustCompile(`\b`+regexp.QuoteMeta(item)+`\.([A-Za-z_]\w*)`).FindAllStringSubmatch(text, -1) {
		if !slices.Contains(out, m[1]) {
			out = append(out, m[1])
		}
	}
	return out
}

// put sets a value by its path; a name used both for a value and for more stays as it is.
func put(into map[string]any, path []string, v any) {
	for len(path) > 1 {
		next, ok := into[path[0]].(map[string]any)
		if !ok {
			if _, taken := into[path[0]].([]any); taken {
				return
			}
			next = map[string]any{}
			into[path[0]] = next
		}
		into, path = next, path[1:]
	}
	if _, taken := into[path[0]]; !taken {
		into[path[0]] = v
	}
}
