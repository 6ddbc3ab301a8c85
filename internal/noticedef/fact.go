package noticedef

import (
	"bytes"
	"crypto/sha256"
	"encoding/hex"
	"encoding/json"
	"reflect"
	"slices"
	"strconv"
	"strings"

	yaml "go.yaml.in/yaml/v3"
)

// fact is a notice, or a part of one, as a plain ordered tree. Canonical
// bytes, the YAML file, the comparison and the walk over all texts are made
// from it.
type fact struct {
	kind    kind
	s       string   // scalar
	members []member // object
	items   []fact   // list
	text    bool     // an object of language to wording
}

type kind uint8

const (
	absent kind = iota
	scalar
	number
	boolean
	list
	obj
)

type member struct {
	key string
	val fact
}

func (f *fact) add(key string, val fact) { f.members = append(f.members, member{key, val}) }

func (f fact) asObject() fact { f.kind = obj; return f }

func str(s string) fact { return fact{kind: scalar, s: s} }

func strs(list []string) fact { return sequence(list, str) }

func object(m ...member) fact { return fact{kind: obj, members: m} }

func sequence[T any](in []T, each func(T) fact) fact {
	f := fact{kind: list, items: []fact{}}
	for _, x := range in {
		f.items = append(f.items, each(x))
	}
	return f
}

func textFact(t Text) fact {
	f := fact{kind: obj, text: true}
	for _, l := range allLanguages {
		if s, ok := t[l]; ok {
			f.add(l, str(tidy(s)))
		}
	}
	return f
}

func itoa(i int) string { return strconv.Itoa(i) }

func valueOf(p any) reflect.Value { return reflect.ValueOf(p).Elem() }

// factOf turns a Go value into facts by the same tags that read it. What is
// empty is absent, unless its tag says that emptiness is a statement.
func factOf(v reflect.Value, a attr) fact {
	switch x := v.Interface().(type) {
	case interface{ fact() fact }:
		return x.fact()
	case Text:
		if len(x) == 0 {
			return fact{}
		}
		return textFact(x)
	case Duration:
		if !x.Set() {
			return fact{}
		}
		return str(x.String())
	}
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() {
			return fact{}
		}
		return factOf(v.Elem(), a)
	case reflect.Struct:
		return structFact(v)
	case reflect.Slice:
		return sliceFact(v, a)
	}
	return scalarFact(v, a)
}

func scalarFact(v reflect.Value, a attr) fact {
	switch {
	case v.Kind() == reflect.Bool && v.Bool() != a.yes:
		return fact{kind: boolean, s: strconv.FormatBool(v.Bool())}
	case v.Kind() == reflect.Int && v.Int() != 0:
		return fact{kind: number, s: strconv.FormatInt(v.Int(), 10)}
	case v.Kind() == reflect.String && v.String() != "":
		return str(tidy(v.String()))
	}
	return fact{}
}

func structFact(v reflect.Value) fact {
	var f fact
	for _, a := range attrs(v.Type()) {
		if a.id {
			continue
		}
		if val := factOf(v.Field(a.index), a); val.kind != absent {
			f.add(a.key, val)
		}
	}
	if len(f.members) == 0 {
		return fact{}
	}
	return f.asObject()
}

func sliceFact(v reflect.Value, a attr) fact {
	if v.IsNil() || v.Len() == 0 && !a.keep {
		return fact{}
	}
	if !a.keyed {
		return sequence(slices.Collect(indices(v.Len())), func(i int) fact { return factOf(v.Index(i), attr{}) })
	}
	var f fact
	id := idField(v.Type().Elem())
	for i := range v.Len() {
		f.add(v.Index(i).Field(id).String(), factOf(v.Index(i), attr{}).asObject())
	}
	return f.asObject()
}

func indices(n int) func(func(int) bool) {
	return func(yield func(int) bool) {
		for i := range n {
			if !yield(i) {
				return
			}
		}
	}
}

func (n *Notice) facts() fact { return structFact(reflect.ValueOf(n).Elem()).asObject() }

// Canonical gives the notice's bytes for approval and hashing: JSON with
// sorted keys, composed letters and no blanks. Layout, comments and the order
// of keys in the file do not reach it.
func Canonical(n *Notice) []byte {
	return n.facts().appendJSON()
}

func (f fact) appendJSON() []byte {
	var b bytes.Buffer
	f.writeJSON(&b)
	return b.Bytes()
}

// Hash is the notice's name by content: "sha256:" and the digest of its
// canonical bytes in hex.
func Hash(n *Notice) string {
	sum := sha256.Sum256(Canonical(n))
	return "sha256:" + hex.EncodeToString(sum[:])
}

func (f fact) writeJSON(b *bytes.Buffer) {
	switch f.kind {
	case scalar:
		writeString(b, f.s)
	case list:
		b.WriteByte('[')
		for i, x := range f.items {
			if i > 0 {
				b.WriteByte(',')
			}
			x.writeJSON(b)
		}
		b.WriteByte(']')
	case obj:
		f.writeObject(b)
	default:
		b.WriteString(f.s)
	}
}

func (f fact) writeObject(b *bytes.Buffer) {
	sorted := slices.Clone(f.members)
	slices.SortStableFunc(sorted, func(x, y member) int { return strings.Compare(x.key, y.key) })
	b.WriteByte('{')
	for i, m := range sorted {
		if i > 0 {
			b.WriteByte(',')
		}
		writeString(b, m.key)
		b.WriteByte(':')
		m.val.writeJSON(b)
	}
	b.WriteByte('}')
}

func writeString(b *bytes.Buffer, s string) {
	e := json.NewEncoder(b)
	e.SetEscapeHTML(false)
	_ = e.Encode(s)         // a string always encodes, and a buffer always takes it
	b.Truncate(b.Len() - 1) // the newline Encode adds
}

// Encode writes the notice as a YAML file. Reading it back gives the same
// hash; comments of an earlier file are not part of the facts and are gone.
func Encode(n *Notice) []byte {
	var b bytes.Buffer
	e := yaml.NewEncoder(&b)
	e.SetIndent(2)
	if err := e.Encode(n.facts().node(0)); err != nil {
		panic("noticedef: a tree of plain values did not encode: " + err.Error())
	}
	return b.Bytes()
}

func (f fact) node(depth int) *yaml.Node {
	switch f.kind {
	case list:
		n := &yaml.Node{Kind: yaml.SequenceNode, Style: f.style()}
		for _, x := range f.items {
			n.Content = append(n.Content, x.node(depth+1))
		}
		return n
	case obj:
		n := &yaml.Node{Kind: yaml.MappingNode, Style: f.style()}
		for _, m := range f.members {
			n.Content = append(n.Content, str(m.key).node(depth+1), m.val.node(depth+1))
		}
		return n
	case number:
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!int", Value: f.s}
	case boolean:
		return &yaml.Node{Kind: yaml.ScalarNode, Tag: "!!bool", Value: map[string]string{"true": "yes", "false": "no"}[f.s]}
	}
	n := &yaml.Node{}
	n.SetString(f.s)
	return n
}

// style keeps lists of words and short objects on one line.
func (f fact) style() yaml.Style {
	if f.kind == list && !slices.ContainsFunc(f.items, func(x fact) bool { return x.kind != scalar }) {
		return yaml.FlowStyle
	}
	if f.kind == obj && len(f.members) == 0 {
		return yaml.FlowStyle
	}
	return 0
}

// walk visits every scalar with its field path. Texts come once per language,
// with the language as the path's last part.
func (f fact) walk(path string, visit func(path, value string, text bool)) {
	switch f.kind {
	case list:
		for i, x := range f.items {
			x.walk(path+"["+itoa(i)+"]", visit)
		}
	case obj:
		for _, m := range f.members {
			if f.text {
				visit(join(path, m.key), m.val.s, true)
				continue
			}
			m.val.walk(join(path, m.key), visit)
		}
	default:
		visit(path, f.s, false)
	}
}
