package facts

import (
	"bytes"
	"encoding/json"
	"reflect"
	"slices"
	"strconv"
	"strings"

	yaml "go.yaml.in/yaml/v3"
)

// Fact is a tagged struct, or a part of one, as a plain ordered tree. Canonical
// bytes, the YAML file, the comparison and the walk over all texts are made
// from it.
type Fact struct {
	kind    kind
	s       string   // scalar
	members []member // object
	items   []Fact   // list
	text    bool     // an object of language to wording
}

type kind uint8

const (
	absent kind = iota
	scalar
	number
	boolean
	list
	object
)

type member struct {
	key string
	val Fact
}

// Add puts a member at an object's end.
func (f *Fact) Add(key string, val Fact) {
	f.kind = object
	f.members = append(f.members, member{key, val})
}

// AsObject makes an object of a fact without members yet.
func (f Fact) AsObject() Fact { f.kind = object; return f }

// Str is one word or sentence.
func Str(s string) Fact { return Fact{kind: scalar, s: s} }

// With is the object with one more member at its end.
func (f Fact) With(key string, val Fact) Fact {
	f.Add(key, val)
	return f
}

// Strs is a list of words.
func Strs(words []string) Fact { return sequence(words, Str) }

func sequence[T any](in []T, each func(T) Fact) Fact {
	f := Fact{kind: list, items: []Fact{}}
	for _, x := range in {
		f.items = append(f.items, each(x))
	}
	return f
}

// OfText is one wording in its languages.
func OfText(t Text) Fact {
	f := Fact{kind: object, text: true}
	for _, l := range Languages {
		if s, ok := t[l]; ok {
			f.Add(l, Str(Tidy(s)))
		}
	}
	return f
}

// factOf turns a Go value into facts by the same tags that read it. What is
// empty is absent, unless its tag says that emptiness is a statement.
func factOf(v reflect.Value, a attr) Fact {
	switch x := v.Interface().(type) {
	case interface{ Fact() Fact }:
		return x.Fact()
	case Text:
		if len(x) == 0 {
			return Fact{}
		}
		return OfText(x)
	case Duration:
		if !x.Set() {
			return Fact{}
		}
		return Str(x.String())
	}
	switch v.Kind() {
	case reflect.Pointer:
		if v.IsNil() {
			return Fact{}
		}
		return factOf(v.Elem(), a)
	case reflect.Struct:
		return structFact(v)
	case reflect.Slice:
		return sliceFact(v, a)
	}
	return scalarFact(v, a)
}

func scalarFact(v reflect.Value, a attr) Fact {
	switch {
	case v.Kind() == reflect.Bool && v.Bool() != a.yes:
		return Fact{kind: boolean, s: strconv.FormatBool(v.Bool())}
	case v.Kind() == reflect.Int && v.Int() != 0:
		return Fact{kind: number, s: strconv.FormatInt(v.Int(), 10)}
	case v.Kind() == reflect.String && v.String() != "":
		return Str(Tidy(v.String()))
	}
	return Fact{}
}

func structFact(v reflect.Value) Fact {
	var f Fact
	for _, a := range attrs(v.Type()) {
		if a.id {
			continue
		}
		if val := factOf(v.Field(a.index), a); val.kind != absent {
			f.Add(a.key, val)
		}
	}
	if len(f.members) == 0 {
		return Fact{}
	}
	return f.AsObject()
}

func sliceFact(v reflect.Value, a attr) Fact {
	if v.IsNil() || v.Len() == 0 && !a.keep {
		return Fact{}
	}
	if !a.keyed {
		return sequence(slices.Collect(indices(v.Len())), func(i int) Fact { return factOf(v.Index(i), attr{}) })
	}
	var f Fact
	id := idField(v.Type().Elem())
	for i := range v.Len() {
		f.Add(v.Index(i).Field(id).String(), factOf(v.Index(i), attr{}).AsObject())
	}
	return f.AsObject()
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

// Of gives the facts of a tagged struct.
func Of(p any) Fact { return structFact(reflect.ValueOf(p).Elem()).AsObject() }

// JSON gives canonical bytes: sorted keys, composed letters, no blanks.
func (f Fact) JSON() []byte {
	var b bytes.Buffer
	f.writeJSON(&b)
	return b.Bytes()
}

func (f Fact) writeJSON(b *bytes.Buffer) {
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
	case object:
		f.writeObject(b)
	default:
		b.WriteString(f.s)
	}
}

func (f Fact) writeObject(b *bytes.Buffer) {
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

// YAML writes the facts as a file that reads back as the same facts.
func (f Fact) YAML() []byte {
	var b bytes.Buffer
	e := yaml.NewEncoder(&b)
	e.SetIndent(2)
	if err := e.Encode(f.node(0)); err != nil {
		panic("facts: a tree of plain values did not encode: " + err.Error()) // texts and lists always encode
	}
	return b.Bytes()
}

func (f Fact) node(depth int) *yaml.Node {
	switch f.kind {
	case list:
		n := &yaml.Node{Kind: yaml.SequenceNode, Style: f.style()}
		for _, x := range f.items {
			n.Content = append(n.Content, x.node(depth+1))
		}
		return n
	case object:
		n := &yaml.Node{Kind: yaml.MappingNode, Style: f.style()}
		for _, m := range f.members {
			n.Content = append(n.Content, Str(m.key).node(depth+1), m.val.node(depth+1))
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
func (f Fact) style() yaml.Style {
	if f.kind == list && !slices.ContainsFunc(f.items, func(x Fact) bool { return x.kind != scalar }) {
		return yaml.FlowStyle
	}
	if f.kind == object && len(f.members) == 0 {
		return yaml.FlowStyle
	}
	return 0
}

// Walk visits every scalar with its field path. Texts come once per language,
// with the language as the path's last part.
func (f Fact) Walk(path string, visit func(path, value string, text bool)) {
	switch f.kind {
	case list:
		for i, x := range f.items {
			x.Walk(path+"["+strconv.Itoa(i)+"]", visit)
		}
	case object:
		for _, m := range f.members {
			if f.text {
				visit(Join(path, m.key), m.val.s, true)
				continue
			}
			m.val.Walk(Join(path, m.key), visit)
		}
	default:
		visit(path, f.s, false)
	}
}

// EachText visits every text, whole.
func (f Fact) EachText(path string, visit func(path string, t Text)) {
	if f.text {
		t := Text{}
		for _, m := range f.members {
			t[m.key] = m.val.s
		}
		visit(path, t)
		return
	}
	for _, m := range f.members {
		m.val.EachText(Join(path, m.key), visit)
	}
	for i, x := range f.items {
		x.EachText(path+"["+strconv.Itoa(i)+"]", visit)
	}
}

// Member gives an object's member by key.
func (f Fact) Member(key string) (Fact, bool) {
	m := f.get(key)
	return m, m.kind != absent
}

// Keys lists an object's members in order.
func (f Fact) Keys() []string {
	out := make([]string, 0, len(f.members))
	for _, m := range f.members {
		out = append(out, m.key)
	}
	return out
}

// Flow writes the facts as YAML on one line.
func (f Fact) Flow() string {
	n := f.node(0)
	flow(n)
	b, err := yaml.Marshal(n)
	if err != nil {
		panic("facts: a tree of plain values did not encode: " + err.Error()) // texts and lists always encode
	}
	return strings.TrimRight(string(b), "\n")
}

func flow(n *yaml.Node) {
	if n.Kind == yaml.MappingNode || n.Kind == yaml.SequenceNode {
		n.Style = yaml.FlowStyle
	}
	for _, c := range n.Content {
		flow(c)
	}
}
