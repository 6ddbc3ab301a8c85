// Package amend changes a notice file by program, as a careful hand would: one access
// level is written into its lines, and comments, order and layout of everything else
// stay byte for byte what they were. law: GDPR 5(2)
//
// A notice is written by people, and read by people again: re-writing it whole would
// throw away what they noted beside the facts. So the file is not printed anew but
// patched, at the places where the YAML reader found what changes.
//
// # Shape
//
//	Level(src, level, stamp) -> the new file
//
// Three ways are tried, from the finest to the coarsest: only the lines of the level
// that say something else; the whole level; the whole list of levels. What comes of
// each is read again and must have the very facts that were meant; if none has, the
// file is one for a hand to change.
package amend

import (
	"bytes"
	"cmp"
	"slices"
	"strconv"
	"strings"
	"unicode/utf8"

	yaml "go.yaml.in/yaml/v3"

	"kartotek/internal/noticedef"
)

// Stamp is what a new version of a file says of itself.
type Stamp struct {
	Day        noticedef.Date // compiled, and in force from
	Supersedes int            // the number of the version before
}

// Level writes one access level into a notice file, or adds it, and stamps the
// file as a new version. Nothing else changes: where the file is written in the
// ordinary way (a level a line or a block), comments and layout stay byte for byte
// as they were, but for those inside a value that changed. ok is false when the
// file cannot be read, or is written in a way that can be changed by hand only.
//
// Whatever was written is read again and compared with what was meant, so that an
// unusual layout leads to a coarser change, never to a wrong one.
func Level(src []byte, l noticedef.Level, s Stamp) (out []byte, ok bool) {
	n, found := noticedef.Parse("notice", src)
	if n == nil || noticedef.Errors(found) > 0 {
		return nil, false
	}
	want := *n
	want.Levels, want.Compiled, want.Effective, want.Supersedes = n.WithLevel(l), s.Day, s.Day, s.Supersedes
	for _, write := range []func(*sheet) bool{
		func(x *sheet) bool { return x.entries(n, l) },
		func(x *sheet) bool { return x.wholeLevel(l) },
		func(x *sheet) bool { return x.wholeSection(want.Levels) },
	} {
		x, ok := open(src)
		if !ok || !write(x) || !x.stamp(s) {
			continue
		}
		out := x.text()
		again, found := noticedef.Parse("notice", out)
		if again != nil && noticedef.Errors(found) == 0 && noticedef.Hash(again) == noticedef.Hash(&want) {
			return out, true
		}
	}
	return nil, false
}

// sheet is a file with the changes that will be made to it.
type sheet struct {
	src     []byte
	starts  []int // where each line begins; one more for the end
	root    *yaml.Node
	patches []patch
}

// patch puts a text in the place of bytes.
type patch struct {
	from, to int
	text     string
}

func open(src []byte) (*sheet, bool) {
	var doc yaml.Node
	if yaml.Unmarshal(src, &doc) != nil || len(doc.Content) != 1 || doc.Content[0].Kind != yaml.MappingNode {
		return nil, false
	}
	x := &sheet{src: src, root: doc.Content[0], starts: []int{0}}
	for i, c := range src {
		if c == '\n' {
			x.starts = append(x.starts, i+1)
		}
	}
	if x.starts[len(x.starts)-1] != len(src) {
		x.starts = append(x.starts, len(src))
	}
	return x, true
}

// text makes the changes.
func (x *sheet) text() []byte {
	slices.SortStableFunc(x.patches, func(a, b patch) int { return cmp.Compare(a.from, b.from) })
	var out bytes.Buffer
	at := 0
	for _, p := range x.patches {
		if p.from < at {
			continue // two changes of one place: what comes of it is not what was meant, and is thrown away
		}
		out.Write(x.src[at:p.from])
		out.WriteString(p.text)
		at = p.to
	}
	out.Write(x.src[at:])
	return out.Bytes()
}

func (x *sheet) put(from, to int, text string) {
	x.patches = append(x.patches, patch{from, to, text})
}

// child finds the key and the value of a name in a mapping.
func child(n *yaml.Node, name string) (key, val *yaml.Node) {
	if n == nil || n.Kind != yaml.MappingNode {
		return nil, nil
	}
	for i := 0; i+1 < len(n.Content); i += 2 {
		if n.Content[i].Value == name {
			return n.Content[i], n.Content[i+1]
		}
	}
	return nil, nil
}

func inBlock(n *yaml.Node) bool {
	return n != nil && n.Kind == yaml.MappingNode && n.Style&yaml.FlowStyle == 0 && len(n.Content) > 0 && n.Anchor == ""
}

// offset is where a node begins.
func (x *sheet) offset(n *yaml.Node) int {
	at := x.starts[n.Line-1]
	for col := 1; col < n.Column && at < len(x.src); col++ {
		_, size := utf8.DecodeRune(x.src[at:])
		at += size
	}
	return at
}

// entryEnd is where the line after the last one of a key's value begins. Blank lines
// and comments after it belong to what follows.
func (x *sheet) entryEnd(key *yaml.Node) int {
	last := key.Line // the number of the line after, counted from 0
	for i := key.Line; i < len(x.starts)-1; i++ {
		line := strings.TrimRight(string(x.src[x.starts[i]:x.starts[i+1]]), "\r\n")
		body := strings.TrimLeft(line, " ")
		if body == "" || body[0] == '#' {
			continue
		}
		if len(line)-len(body) < key.Column {
			break
		}
		last = i + 1
	}
	return x.starts[last]
}

// valueEnd is where a value ends that is written on one line or between brackets.
func (x *sheet) valueEnd(n *yaml.Node, from int) (int, bool) {
	switch {
	case n.Anchor != "" || n.Kind == yaml.AliasNode:
		return 0, false
	case n.Style&yaml.FlowStyle != 0:
		return closing(x.src, from)
	case n.Kind == yaml.ScalarNode && n.Style == 0 && bytes.HasPrefix(x.src[from:], []byte(n.Value)):
		return from + len(n.Value), true
	}
	return 0, false
}

// closing finds the end of what a bracket opens.
func closing(src []byte, from int) (int, bool) {
	depth, quote := 0, byte(0)
	for i := from; i < len(src); i++ {
		c := src[i]
		switch {
		case quote == '"' && c == '\\':
			i++
		case quote != 0:
			if c == quote {
				quote = 0
			}
		case c == '"' || c == '\'' && strings.IndexByte(" ,:{[", src[i-1]) >= 0:
			quote = c
		case c == '#' && strings.IndexByte(" \n", src[i-1]) >= 0:
			for i < len(src) && src[i] != '\n' {
				i++
			}
		case c == '{' || c == '[':
			depth++
		case c == '}' || c == ']':
			if depth--; depth == 0 {
				return i + 1, true
			}
		}
	}
	return 0, false
}

// set changes a key's value; in place when it is on one line, else the whole entry.
func (x *sheet) set(key, val *yaml.Node, text string) {
	from := x.offset(val)
	if to, ok := x.valueEnd(val, from); ok {
		x.put(from, to, text)
		return
	}
	x.put(x.starts[key.Line-1], x.entryEnd(key), indent(key)+key.Value+": "+text+"\n")
}

func indent(key *yaml.Node) string { return strings.Repeat(" ", key.Column-1) }

// stamp writes the lines in which a version speaks of itself.
func (x *sheet) stamp(s Stamp) bool {
	if !inBlock(x.root) {
		return false
	}
	above := x.root.Content[0]
	for _, w := range [][2]string{{"compiled", string(s.Day)}, {"effective", string(s.Day)}, {"supersedes", strconv.Itoa(s.Supersedes)}} {
		key, val := child(x.root, w[0])
		switch {
		case key != nil:
			x.set(key, val, w[1])
			above = key
		case w[1] != "0":
			x.put(x.entryEnd(above), x.entryEnd(above), x.newline(x.entryEnd(above))+w[0]+": "+w[1]+"\n")
		}
	}
	return true
}

// newline is what an inserted line needs before it where the file ends without one.
func (x *sheet) newline(at int) string {
	if at > 0 && x.src[at-1] != '\n' {
		return "\n"
	}
	return ""
}

// entries changes only those lines of a level that say something else now.
func (x *sheet) entries(n *noticedef.Notice, l noticedef.Level) bool {
	_, levels := child(x.root, "levels")
	_, block := child(levels, l.Name)
	old := slices.IndexFunc(n.Levels, func(o noticedef.Level) bool { return o.Name == l.Name })
	if !inBlock(levels) || !inBlock(block) || old < 0 {
		return false
	}
	before, after := n.Levels[old].Fact(), l.Fact()
	moved := false // the purpose above changed, so that "same" would mean something else
	for i := 0; i+1 < len(block.Content); i += 2 {
		key, val := block.Content[i], block.Content[i+1]
		now, kept := after.Member(key.Value)
		was, _ := before.Member(key.Value)
		same := val.Kind == yaml.ScalarNode && val.Value == "same"
		changed := !kept || now.Flow() != was.Flow() || same && moved
		switch {
		case !kept:
			x.put(x.starts[key.Line-1], x.entryEnd(key), "")
		case changed:
			x.set(key, val, now.Flow())
		}
		if !slices.Contains(noticedef.LevelWords, key.Value) {
			moved = changed
		}
	}
	last := block.Content[len(block.Content)-2]
	for _, key := range after.Keys() {
		if _, had := before.Member(key); !had {
			now, _ := after.Member(key)
			at := x.entryEnd(last)
			x.put(at, at, x.newline(at)+indent(last)+key+": "+now.Flow()+"\n")
		}
	}
	return true
}

// wholeLevel writes a level anew, or adds it.
func (x *sheet) wholeLevel(l noticedef.Level) bool {
	_, levels := child(x.root, "levels")
	if !inBlock(levels) {
		return false
	}
	key, val := child(levels, l.Name)
	last := levels.Content[len(levels.Content)-2]
	switch {
	case key != nil && val.Style&yaml.FlowStyle != 0:
		x.set(key, val, l.Fact().Flow())
		return true
	case key != nil:
		x.put(x.starts[key.Line-1], x.entryEnd(key), block(l, indent(key)))
		return true
	}
	at := x.entryEnd(last)
	x.put(at, at, x.newline(at)+block(l, indent(last)))
	return true
}

// wholeSection writes all levels anew.
func (x *sheet) wholeSection(all []noticedef.Level) bool {
	text := "levels:\n"
	for _, l := range all {
		text += block(l, "  ")
	}
	key, _ := child(x.root, "levels")
	switch {
	case key != nil:
		x.put(x.starts[key.Line-1], x.entryEnd(key), text)
	default:
		x.put(len(x.src), len(x.src), x.newline(len(x.src))+text)
	}
	return true
}

// block writes a level on lines of its own.
func block(l noticedef.Level, margin string) string {
	f := l.Fact()
	if len(f.Keys()) == 0 {
		return margin + l.Name + ": {}\n"
	}
	text := margin + l.Name + ":\n"
	for _, key := range f.Keys() {
		val, _ := f.Member(key)
		text += margin + "  " + key + ": " + val.Flow() + "\n"
	}
	return text
}
