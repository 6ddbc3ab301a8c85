package facts

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"reflect"
	"regexp"
	"slices"
	"strconv"
	"strings"

	yaml "go.yaml.in/yaml/v3"
)

// Limits of a notice file. They are far above what a real notice needs and far
// below what could hurt.
const (
	MaxBytes    = 1 << 20
	maxDepth    = 12
	maxVisits   = 50_000 // nodes read, aliases expanded
	MaxText     = 4000   // bytes of one string
	MaxProblems = 300
)

// Position is a place in the file, from 1.
type Position struct{ Line, Column int }

// Problem is something the file does not say as the schema wants it.
type Problem struct {
	Code string // Y01 ... Y12
	Position
	Field   string
	Message string
}

// Decoder reads YAML nodes into structs by their tags and collects problems.
type Decoder struct {
	Problems []Problem
	Pos      map[string]Position // field path to the place of its key
	visits   int
}

// Reader is a type that reads itself from a node, by the methods of d.
type Reader interface {
	ReadNode(d *Decoder, n *yaml.Node, path string, depth int)
}

// Decode reads a file into a struct. It reports false when the file is not a
// YAML mapping at all; otherwise what could be read is in the struct, and
// Problems say what could not. name is used in messages only.
func Decode(name string, src []byte, into any) (*Decoder, bool) {
	d := &Decoder{Pos: map[string]Position{}}
	root, ok := d.document(name, src)
	if ok {
		d.value(root, reflect.ValueOf(into).Elem(), attr{}, "", 0)
	}
	return d, ok
}

// Value reads a node into what p points to; words of a list must be among
// oneOf, when given.
func (d *Decoder) Value(n *yaml.Node, p any, path string, depth int, oneOf ...string) {
	d.value(n, reflect.ValueOf(p).Elem(), attr{oneOf: oneOf}, path, depth)
}

// Word reports a string that is not in a closed vocabulary.
func (d *Decoder) Word(n *yaml.Node, s, path string, oneOf ...string) {
	d.word(n, s, attr{oneOf: oneOf}, path)
}

// document turns bytes into the root mapping.
func (d *Decoder) document(name string, src []byte) (root *yaml.Node, ok bool) {
	if len(src) > MaxBytes {
		d.Add("Y02", nil, "", "%s is %d bytes; a notice may have at most %d", name, len(src), MaxBytes)
		return nil, false
	}
	doc, err := unmarshal(src)
	if err != nil {
		line, msg := yamlErrorLine(err)
		d.Add("Y01", &yaml.Node{Line: line, Column: 1}, "", "%s is not readable YAML: %s", name, msg)
		return nil, false
	}
	if doc.Kind != yaml.DocumentNode || len(doc.Content) != 1 || doc.Content[0].Kind != yaml.MappingNode {
		d.Add("Y01", doc, "", "%s does not hold a notice: the file must be one mapping of keys and values", name)
		return nil, false
	}
	return doc.Content[0], true
}

// unmarshal guards against a panic inside the YAML library, which reads
// untrusted bytes here.
func unmarshal(src []byte) (doc *yaml.Node, err error) {
	defer func() {
		if r := recover(); r != nil {
			err = fmt.Errorf("yaml: the file could not be read")
		}
	}()
	doc = &yaml.Node{}
	dec := yaml.NewDecoder(bytes.NewReader(src))
	if err = dec.Decode(doc); err != nil && !errors.Is(err, io.EOF) {
		return doc, err
	}
	var more yaml.Node
	if dec.Decode(&more) == nil {
		return doc, fmt.Errorf("yaml: line %d: a second document begins here; a notice is one", more.Line)
	}
	return doc, nil
}

var lineRE = regexp.MustCompile(`line (\d+): `)

func yamlErrorLine(err error) (int, string) {
	msg := strings.TrimPrefix(err.Error(), "yaml: ")
	m := lineRE.FindStringSubmatch(msg)
	if m == nil {
		return 1, msg
	}
	line, _ := strconv.Atoi(m[1])
	return line, strings.Replace(msg, m[0], "", 1)
}

// Add records a problem at a node.
func (d *Decoder) Add(code string, n *yaml.Node, field, format string, args ...any) {
	p := Position{1, 1}
	if n != nil && n.Line > 0 {
		p = Position{n.Line, n.Column}
	}
	if len(d.Problems) < MaxProblems {
		d.Problems = append(d.Problems, Problem{Code: code, Position: p, Field: field, Message: fmt.Sprintf(format, args...)})
	}
}

// Enter counts a node, follows an alias and enforces the limits. Every read
// passes here, so a file of aliases to aliases stops early.
func (d *Decoder) Enter(n *yaml.Node, path string, depth int) (*yaml.Node, bool) {
	d.visits++
	switch {
	case d.visits == maxVisits+1:
		d.Add("Y02", n, path, "the file grows beyond %d values when its aliases are followed", maxVisits)
		return nil, false
	case d.visits > maxVisits:
		return nil, false
	case depth > maxDepth:
		d.Add("Y02", n, path, "nested more than %d levels deep", maxDepth)
		return nil, false
	}
	if n.Kind == yaml.AliasNode {
		if n.Alias == nil {
			return nil, false
		}
		return d.Enter(n.Alias, path, depth+1)
	}
	return n, true
}

// value reads one node into one Go value.
func (d *Decoder) value(n *yaml.Node, v reflect.Value, a attr, path string, depth int) {
	n, ok := d.Enter(n, path, depth)
	if !ok {
		return
	}
	if r, ok := v.Addr().Interface().(Reader); ok {
		r.ReadNode(d, n, path, depth)
		return
	}
	switch {
	case v.Type() == typeText:
		d.text(n, v, path, depth)
	case v.Type() == typeDate:
		d.date(n, v, a, path)
	case v.Type() == typeDuration:
		d.duration(n, v, path)
	case v.Kind() == reflect.Pointer:
		v.Set(reflect.New(v.Type().Elem()))
		d.value(n, v.Elem(), a, path, depth)
	case v.Kind() == reflect.Struct:
		d.structure(n, v, path, depth)
	case v.Kind() == reflect.Slice && a.keyed:
		d.keyed(n, v, path, depth)
	case v.Kind() == reflect.Slice:
		d.list(n, v, a, path, depth)
	default:
		d.scalarInto(n, v, a, path)
	}
}

// Pairs walks a mapping, refusing duplicate and non-scalar keys.
func (d *Decoder) Pairs(n *yaml.Node, path string, each func(key string, k, v *yaml.Node)) {
	seen := map[string]int{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		k := n.Content[i]
		if k.Kind != yaml.ScalarNode || k.Tag == "!!merge" {
			d.Add("Y05", k, path, "a key must be a plain word")
			continue
		}
		key := Tidy(k.Value)
		if line, dup := seen[key]; dup {
			d.Add("Y03", k, Join(path, key), "%q stands here a second time (first on line %d)", key, line)
			continue
		}
		seen[key] = k.Line
		d.Pos[Join(path, key)] = Position{k.Line, k.Column}
		each(key, k, n.Content[i+1])
	}
}

func (d *Decoder) structure(n *yaml.Node, v reflect.Value, path string, depth int) {
	if !d.Want(n, yaml.MappingNode, path, "keys and values") {
		return
	}
	known := map[string]attr{}
	for _, a := range attrs(v.Type()) {
		if a.yes {
			v.Field(a.index).SetBool(true)
		}
		if !a.id {
			known[a.key] = a
		}
	}
	found := map[string]bool{}
	d.Pairs(n, path, func(key string, k, val *yaml.Node) {
		a, ok := known[key]
		if !ok {
			d.unknown(k, path, key, known)
			return
		}
		found[key] = !isNull(val)
		if !isNull(val) {
			d.value(val, v.Field(a.index), a, Join(path, key), depth+1)
		}
	})
	for _, a := range attrs(v.Type()) {
		if a.required && !found[a.key] {
			d.missing(n, path, a.key)
		}
	}
}

// missing reports an absent key on the line of the mapping that lacks it.
func (d *Decoder) missing(n *yaml.Node, path, key string) {
	at := *n
	if p, ok := d.Pos[path]; ok {
		at.Line, at.Column = p.Line, p.Column
	}
	d.Add("Y07", &at, Join(path, key), "%q is missing", key)
}

func (d *Decoder) unknown(k *yaml.Node, path, key string, known map[string]attr) {
	hint := ""
	if near := nearest(key, known); near != "" {
		hint = fmt.Sprintf("; did you mean %q?", near)
	}
	d.Add("Y04", k, Join(path, key), "%q is not a key of this place%s", Clip(key), hint)
}

func (d *Decoder) keyed(n *yaml.Node, v reflect.Value, path string, depth int) {
	if !d.Want(n, yaml.MappingNode, path, "a mapping of names") {
		return
	}
	elem := v.Type().Elem()
	id := idField(elem)
	out := reflect.MakeSlice(v.Type(), 0, len(n.Content)/2)
	d.Pairs(n, path, func(key string, k, val *yaml.Node) {
		p := Join(path, key)
		if !identRE.MatchString(key) {
			d.Add("Y06", k, p, "%q cannot be a name; use small letters, digits, - and _", Clip(key))
			return
		}
		e := reflect.New(elem).Elem()
		e.Field(id).SetString(key)
		d.value(val, e, attr{}, p, depth+1)
		out = reflect.Append(out, e)
	})
	v.Set(out)
}

func (d *Decoder) list(n *yaml.Node, v reflect.Value, a attr, path string, depth int) {
	items := n.Content
	if n.Kind == yaml.ScalarNode && !isNull(n) && v.Type().Elem().Kind() == reflect.String {
		items = []*yaml.Node{n} // one word stands for a list of one
	} else if !d.Want(n, yaml.SequenceNode, path, "a list") {
		return
	}
	out := reflect.MakeSlice(v.Type(), 0, len(items))
	for i, item := range items {
		p := fmt.Sprintf("%s[%d]", path, i)
		d.Pos[p] = Position{item.Line, item.Column}
		e := reflect.New(v.Type().Elem()).Elem()
		before := len(d.Problems)
		d.value(item, e, a, p, depth+1)
		if e.Kind() == reflect.String && e.String() != "" && contains(out, e.String()) {
			d.Add("Y03", item, p, "%q is listed twice", Clip(e.String()))
			continue
		}
		if e.IsZero() || e.Kind() == reflect.String && len(d.Problems) > before {
			continue // already reported
		}
		out = reflect.Append(out, e)
	}
	v.Set(out)
}

func contains(list reflect.Value, s string) bool {
	for i := range list.Len() {
		if list.Index(i).String() == s {
			return true
		}
	}
	return false
}

func (d *Decoder) text(n *yaml.Node, v reflect.Value, path string, depth int) {
	if n.Kind == yaml.ScalarNode {
		d.Add("Y05", n, path, "write this text per language: {sv: ..., fi: ..., en: ...}")
		return
	}
	if !d.Want(n, yaml.MappingNode, path, "a text per language") {
		return
	}
	t := Text{}
	d.Pairs(n, path, func(key string, k, val *yaml.Node) {
		if !slices.Contains(Languages, key) {
			d.Add("Y04", k, Join(path, key), "%q is not a language of this program; it speaks %s", Clip(key), strings.Join(Languages, ", "))
			return
		}
		val, ok := d.Enter(val, Join(path, key), depth+1)
		if !ok || isNull(val) {
			return
		}
		if s, ok := d.Str(val, Join(path, key)); ok && s != "" {
			t[key] = s
		}
	})
	v.Set(reflect.ValueOf(t))
}

func (d *Decoder) date(n *yaml.Node, v reflect.Value, a attr, path string) {
	s, ok := d.Str(n, path)
	if !ok {
		return
	}
	if _, valid := Date(s).Time(); !valid && !(a.open && s == string(Open)) {
		d.Add("Y08", n, path, "%q is not a day; write year-month-day, such as 2026-11-15", Clip(s))
		return
	}
	v.SetString(s)
}

func (d *Decoder) duration(n *yaml.Node, v reflect.Value, path string) {
	s, ok := d.Str(n, path)
	if !ok {
		return
	}
	dur, err := ParseDuration(s)
	if err != nil {
		d.Add("Y09", n, path, "%s", Clip(err.Error()))
		return
	}
	v.Set(reflect.ValueOf(dur))
}

func (d *Decoder) scalarInto(n *yaml.Node, v reflect.Value, a attr, path string) {
	s, ok := d.Str(n, path)
	if !ok {
		return
	}
	switch v.Kind() {
	case reflect.Bool:
		b, known := truth[strings.ToLower(s)]
		if !known {
			d.Add("Y05", n, path, "%q is neither yes nor no", Clip(s))
		}
		v.SetBool(b)
	case reflect.Int:
		i, err := strconv.Atoi(s)
		if err != nil || i < 0 || i > 1_000_000 {
			d.Add("Y05", n, path, "%q is not a whole number from 0 to 1000000", Clip(s))
			return
		}
		v.SetInt(int64(i))
	case reflect.String:
		d.word(n, s, a, path)
		v.SetString(s)
	}
}

// word checks a string against its closed vocabulary.
func (d *Decoder) word(n *yaml.Node, s string, a attr, path string) {
	switch {
	case a.oneOf != nil && !slices.Contains(a.oneOf, s):
		d.Add("Y06", n, path, "%q is not allowed here; choose one of: %s", Clip(s), strings.Join(a.oneOf, ", "))
	case a.ident && !identRE.MatchString(s):
		d.Add("Y06", n, path, "%q cannot be a name; use small letters, digits, - and _", Clip(s))
	}
}

var (
	truth   = map[string]bool{"yes": true, "true": true, "on": true, "no": false, "false": false, "off": false}
	identRE = regexp.MustCompile(`^[a-z][a-z0-9_-]{0,39}$`)
)

// Str reads a scalar as Tidy text. Numbers keep the way they are written, so
// that postcode 00100 stays 00100.
func (d *Decoder) Str(n *yaml.Node, path string) (string, bool) {
	if !d.Want(n, yaml.ScalarNode, path, "a single value") {
		return "", false
	}
	if n.Tag == "!!binary" || (strings.HasPrefix(n.Tag, "!") && !strings.HasPrefix(n.Tag, "!!")) {
		d.Add("Y05", n, path, "the tag %q is not used in a notice", Clip(n.Tag))
		return "", false
	}
	if len(n.Value) > MaxText {
		d.Add("Y02", n, path, "the text is longer than %d bytes", MaxText)
		return "", false
	}
	s := Tidy(n.Value)
	if strings.ContainsFunc(s, hidden) {
		d.Add("Y12", n, path, "the text holds a control character")
		return "", false
	}
	return s, true
}

// hidden reports characters that have no place in a public text: controls, and
// marks that turn the reading direction around.
func hidden(r rune) bool {
	return r < ' ' || (r >= 0x7f && r < 0xa0) || (r >= 0x202a && r <= 0x202e) || (r >= 0x2066 && r <= 0x2069) || r == 0xfeff || r == 0xfffd
}

// Want reports a node that is not of a kind; what says what is expected.
func (d *Decoder) Want(n *yaml.Node, kind yaml.Kind, path, what string) bool {
	if n.Kind == kind {
		return true
	}
	d.Add("Y05", n, path, "%s is expected here", what)
	return false
}

func isNull(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.Tag == "!!null" }

// Join makes the path of a field inside another.
func Join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

// Clip shortens what the file says before it is quoted back.
func Clip(s string) string {
	if r := []rune(s); len(r) > 60 {
		return string(r[:57]) + "..."
	}
	return s
}

// IsName reports whether a word can name a category, a purpose or a field.
func IsName(s string) bool { return identRE.MatchString(s) }

// nearest finds the known key a misspelt one was meant to be, or "".
func nearest(key string, known map[string]attr) string {
	best, found := 3, ""
	for k := range known {
		if d := distance(key, k); d < best || d == best && k < found {
			best, found = d, k
		}
	}
	if best > 2 {
		return ""
	}
	return found
}

// distance counts the edits between two short words (Levenshtein).
func distance(a, b string) int {
	if len(a) > 40 || len(b) > 40 {
		return 40
	}
	row := make([]int, len(b)+1)
	for j := range row {
		row[j] = j
	}
	for i := range len(a) {
		diag := row[0]
		row[0] = i + 1
		for j := range len(b) {
			cost := 1
			if a[i] == b[j] {
				cost = 0
			}
			diag, row[j+1] = row[j+1], min(diag+cost, row[j]+1, row[j+1]+1)
		}
	}
	return row[len(b)]
}
