package noticedef

import (
	"fmt"
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
	maxBytes    = 1 << 20
	maxDepth    = 12
	maxVisits   = 50_000 // nodes read, aliases expanded
	maxText     = 4000   // bytes of one string
	maxFindings = 300
)

type position struct{ line, col int }

// decoder reads YAML nodes into structs by their tags and collects findings.
type decoder struct {
	findings []Finding
	pos      map[string]position
	visits   int
}

// nodeReader is a type that reads itself from a node.
type nodeReader interface {
	readNode(d *decoder, n *yaml.Node, path string, depth int)
}

// Parse reads a notice file. name is used in messages only. The notice is nil
// when the file is not a YAML mapping at all; otherwise it holds what could be
// read, and the findings (codes Y..) say, by line and field, what could not.
func Parse(name string, src []byte) (n *Notice, findings []Finding) {
	d := &decoder{pos: map[string]position{}}
	root, ok := d.document(name, src)
	if !ok {
		return nil, d.findings
	}
	n = &Notice{pos: d.pos}
	d.value(root, reflect.ValueOf(n).Elem(), attr{}, "", 0)
	if n.Schema != 1 && n.Schema != 0 {
		d.add("Y11", root, "notice", "schema version %d is not known; this program reads version 1", n.Schema)
	}
	sortFindings(d.findings)
	return n, d.findings
}

// document turns bytes into the root mapping.
func (d *decoder) document(name string, src []byte) (root *yaml.Node, ok bool) {
	if len(src) > maxBytes {
		d.add("Y02", nil, "", "%s is %d bytes; a notice may have at most %d", name, len(src), maxBytes)
		return nil, false
	}
	doc, err := unmarshal(src)
	if err != nil {
		line, msg := yamlErrorLine(err)
		d.findings = append(d.findings, newFinding("Y01", position{line, 1}, "", fmt.Sprintf("%s is not readable YAML: %s", name, msg)))
		return nil, false
	}
	if doc.Kind != yaml.DocumentNode || len(doc.Content) != 1 || doc.Content[0].Kind != yaml.MappingNode {
		d.add("Y01", doc, "", "%s does not hold a notice: the file must be one mapping of keys and values", name)
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
	err = yaml.Unmarshal(src, doc)
	return doc, err
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

// add records a finding at a node.
func (d *decoder) add(code string, n *yaml.Node, field, format string, args ...any) {
	p := position{1, 1}
	if n != nil && n.Line > 0 {
		p = position{n.Line, n.Column}
	}
	if len(d.findings) < maxFindings {
		d.findings = append(d.findings, newFinding(code, p, field, fmt.Sprintf(format, args...)))
	}
}

// enter counts a node, follows an alias and enforces the limits. Every read
// passes here, so a file of aliases to aliases stops early.
func (d *decoder) enter(n *yaml.Node, path string, depth int) (*yaml.Node, bool) {
	d.visits++
	switch {
	case d.visits == maxVisits+1:
		d.add("Y02", n, path, "the file grows beyond %d values when its aliases are followed", maxVisits)
		return nil, false
	case d.visits > maxVisits:
		return nil, false
	case depth > maxDepth:
		d.add("Y02", n, path, "nested more than %d levels deep", maxDepth)
		return nil, false
	}
	if n.Kind == yaml.AliasNode {
		if n.Alias == nil {
			return nil, false
		}
		return d.enter(n.Alias, path, depth+1)
	}
	return n, true
}

// value reads one node into one Go value.
func (d *decoder) value(n *yaml.Node, v reflect.Value, a attr, path string, depth int) {
	n, ok := d.enter(n, path, depth)
	if !ok {
		return
	}
	if r, ok := v.Addr().Interface().(nodeReader); ok {
		r.readNode(d, n, path, depth)
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

// pairs walks a mapping, refusing duplicate and non-scalar keys.
func (d *decoder) pairs(n *yaml.Node, path string, each func(key string, k, v *yaml.Node)) {
	seen := map[string]int{}
	for i := 0; i+1 < len(n.Content); i += 2 {
		k := n.Content[i]
		if k.Kind != yaml.ScalarNode || k.Tag == "!!merge" {
			d.add("Y05", k, path, "a key must be a plain word")
			continue
		}
		key := tidy(k.Value)
		if line, dup := seen[key]; dup {
			d.add("Y03", k, join(path, key), "%q stands here a second time (first on line %d)", key, line)
			continue
		}
		seen[key] = k.Line
		d.pos[join(path, key)] = position{k.Line, k.Column}
		each(key, k, n.Content[i+1])
	}
}

func (d *decoder) structure(n *yaml.Node, v reflect.Value, path string, depth int) {
	if !d.want(n, yaml.MappingNode, path, "keys and values") {
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
	d.pairs(n, path, func(key string, k, val *yaml.Node) {
		a, ok := known[key]
		if !ok {
			d.unknown(k, path, key, known)
			return
		}
		found[key] = !isNull(val)
		if !isNull(val) {
			d.value(val, v.Field(a.index), a, join(path, key), depth+1)
		}
	})
	for _, a := range attrs(v.Type()) {
		if a.required && !found[a.key] {
			d.missing(n, path, a.key)
		}
	}
}

// missing reports an absent key on the line of the mapping that lacks it.
func (d *decoder) missing(n *yaml.Node, path, key string) {
	at := *n
	if p, ok := d.pos[path]; ok {
		at.Line, at.Column = p.line, p.col
	}
	d.add("Y07", &at, join(path, key), "%q is missing", key)
}

func (d *decoder) unknown(k *yaml.Node, path, key string, known map[string]attr) {
	hint := ""
	if near := nearest(key, known); near != "" {
		hint = fmt.Sprintf("; did you mean %q?", near)
	}
	d.add("Y04", k, join(path, key), "%q is not a key of this place%s", clip(key), hint)
}

func (d *decoder) keyed(n *yaml.Node, v reflect.Value, path string, depth int) {
	if !d.want(n, yaml.MappingNode, path, "a mapping of names") {
		return
	}
	elem := v.Type().Elem()
	id := idField(elem)
	out := reflect.MakeSlice(v.Type(), 0, len(n.Content)/2)
	d.pairs(n, path, func(key string, k, val *yaml.Node) {
		p := join(path, key)
		if !identRE.MatchString(key) {
			d.add("Y06", k, p, "%q cannot be a name; use small letters, digits, - and _", clip(key))
			return
		}
		e := reflect.New(elem).Elem()
		e.Field(id).SetString(key)
		d.value(val, e, attr{}, p, depth+1)
		out = reflect.Append(out, e)
	})
	v.Set(out)
}

func (d *decoder) list(n *yaml.Node, v reflect.Value, a attr, path string, depth int) {
	items := n.Content
	if n.Kind == yaml.ScalarNode && !isNull(n) && v.Type().Elem().Kind() == reflect.String {
		items = []*yaml.Node{n} // one word stands for a list of one
	} else if !d.want(n, yaml.SequenceNode, path, "a list") {
		return
	}
	out := reflect.MakeSlice(v.Type(), 0, len(items))
	for i, item := range items {
		p := fmt.Sprintf("%s[%d]", path, i)
		d.pos[p] = position{item.Line, item.Column}
		e := reflect.New(v.Type().Elem()).Elem()
		before := len(d.findings)
		d.value(item, e, a, p, depth+1)
		if e.Kind() == reflect.String && e.String() != "" && contains(out, e.String()) {
			d.add("Y03", item, p, "%q is listed twice", clip(e.String()))
			continue
		}
		if e.IsZero() || e.Kind() == reflect.String && len(d.findings) > before {
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

func (d *decoder) text(n *yaml.Node, v reflect.Value, path string, depth int) {
	if n.Kind == yaml.ScalarNode {
		d.add("Y05", n, path, "write this text per language: {sv: ..., fi: ..., en: ...}")
		return
	}
	if !d.want(n, yaml.MappingNode, path, "a text per language") {
		return
	}
	t := Text{}
	d.pairs(n, path, func(key string, k, val *yaml.Node) {
		if !slices.Contains(allLanguages, key) {
			d.add("Y04", k, join(path, key), "%q is not a language of this program; it speaks %s", clip(key), strings.Join(allLanguages, ", "))
			return
		}
		val, ok := d.enter(val, join(path, key), depth+1)
		if !ok || isNull(val) {
			return
		}
		if s, ok := d.str(val, join(path, key)); ok && s != "" {
			t[key] = s
		}
	})
	v.Set(reflect.ValueOf(t))
}

func (d *decoder) date(n *yaml.Node, v reflect.Value, a attr, path string) {
	s, ok := d.str(n, path)
	if !ok {
		return
	}
	if _, valid := Date(s).Time(); !valid && !(a.open && s == string(Open)) {
		d.add("Y08", n, path, "%q is not a day; write year-month-day, such as 2026-11-15", clip(s))
		return
	}
	v.SetString(s)
}

func (d *decoder) duration(n *yaml.Node, v reflect.Value, path string) {
	s, ok := d.str(n, path)
	if !ok {
		return
	}
	dur, err := ParseDuration(s)
	if err != nil {
		d.add("Y09", n, path, "%s", clip(err.Error()))
		return
	}
	v.Set(reflect.ValueOf(dur))
}

func (d *decoder) scalarInto(n *yaml.Node, v reflect.Value, a attr, path string) {
	s, ok := d.str(n, path)
	if !ok {
		return
	}
	switch v.Kind() {
	case reflect.Bool:
		b, known := truth[strings.ToLower(s)]
		if !known {
			d.add("Y05", n, path, "%q is neither yes nor no", clip(s))
		}
		v.SetBool(b)
	case reflect.Int:
		i, err := strconv.Atoi(s)
		if err != nil || i < 0 || i > 1_000_000 {
			d.add("Y05", n, path, "%q is not a whole number from 0 to 1000000", clip(s))
			return
		}
		v.SetInt(int64(i))
	case reflect.String:
		d.word(n, s, a, path)
		v.SetString(s)
	}
}

// word checks a string against its closed vocabulary.
func (d *decoder) word(n *yaml.Node, s string, a attr, path string) {
	switch {
	case a.oneOf != nil && !slices.Contains(a.oneOf, s):
		d.add("Y06", n, path, "%q is not allowed here; choose one of: %s", clip(s), strings.Join(a.oneOf, ", "))
	case a.ident && !identRE.MatchString(s):
		d.add("Y06", n, path, "%q cannot be a name; use small letters, digits, - and _", clip(s))
	}
}

var (
	truth   = map[string]bool{"yes": true, "true": true, "on": true, "no": false, "false": false, "off": false}
	identRE = regexp.MustCompile(`^[a-z][a-z0-9_-]{0,39}$`)
)

// str reads a scalar as tidy text. Numbers keep the way they are written, so
// that postcode 00100 stays 00100.
func (d *decoder) str(n *yaml.Node, path string) (string, bool) {
	if !d.want(n, yaml.ScalarNode, path, "a single value") {
		return "", false
	}
	if n.Tag == "!!binary" || (strings.HasPrefix(n.Tag, "!") && !strings.HasPrefix(n.Tag, "!!")) {
		d.add("Y05", n, path, "the tag %q is not used in a notice", clip(n.Tag))
		return "", false
	}
	if len(n.Value) > maxText {
		d.add("Y02", n, path, "the text is longer than %d bytes", maxText)
		return "", false
	}
	s := tidy(n.Value)
	if strings.ContainsFunc(s, hidden) {
		d.add("Y12", n, path, "the text holds a control character")
		return "", false
	}
	return s, true
}

// hidden reports characters that have no place in a public text: controls, and
// marks that turn the reading direction around.
func hidden(r rune) bool {
	return r < ' ' || (r >= 0x7f && r < 0xa0) || (r >= 0x202a && r <= 0x202e) || (r >= 0x2066 && r <= 0x2069) || r == 0xfeff || r == 0xfffd
}

func (d *decoder) want(n *yaml.Node, kind yaml.Kind, path, what string) bool {
	if n.Kind == kind {
		return true
	}
	d.add("Y05", n, path, "%s is expected here", what)
	return false
}

func isNull(n *yaml.Node) bool { return n.Kind == yaml.ScalarNode && n.Tag == "!!null" }

func join(path, key string) string {
	if path == "" {
		return key
	}
	return path + "." + key
}

// clip shortens what the file says before it is quoted back.
func clip(s string) string {
	if r := []rune(s); len(r) > 60 {
		return string(r[:57]) + "..."
	}
	return s
}
