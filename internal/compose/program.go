package compose

import (
	"fmt"
	"slices"
	"strings"
	"unicode"
	"unicode/utf8"

	"github.com/osteele/liquid"

	"kartotek/internal/fault"
)

// place is where a value is put, which decides how it is made harmless.
type place uint8

const (
	inHTML place = iota
	inText
	inHeader
)

// Person gives a recipient's values; "" when unset. segdef.Row fits.
type Person interface{ Field(name string) string }

// Fields is a Person from a map.
type Fields map[string]string

// Field implements Person.
func (f Fields) Field(name string) string { return f[name] }

// Links are the three personal addresses of a letter, absolute http(s) URLs.
type Links struct{ Unsubscribe, Preferences, Why string }

// Vars is what changes from one recipient to the next.
type Vars struct {
	Person     Person
	Controller string // controller.name
	Campaign   string // campaign.name
	Links      Links
	Lang       string // of the recipient, for the footer: sv, fi or en; "" is the template's
	// Click gives this recipient's own address for one that Source.Link gave for each;
	// nil leaves what it gave.
	Click func(address string) string
	// Data is what data.<name> reads: texts, numbers, truths, lists, and maps of
	// them. Lists hold at most MaxItems; a letter about one thing has some, one of
	// a campaign none.
	Data map[string]any
}

func (v *Vars) get(root, field string) string {
	switch root {
	case "person":
		if v.Person != nil {
			return v.Person.Field(field)
		}
	case dataRoot:
		return dataText(v.Data, field)
	case "controller":
		return v.Controller
	case "campaign":
		return v.Campaign
	case "links":
		switch field {
		case "unsubscribe":
			return v.Links.Unsubscribe
		case "preferences":
			return v.Links.Preferences
		case "why":
			return v.Links.Why
		}
	}
	return ""
}

func (v *Vars) click(address string) string {
	if v.Click == nil {
		return address
	}
	return v.Click(address)
}

// segment is fixed text, one output, or a block for the Liquid engine.
type segment struct {
	text  string
	out   *output
	block *liquid.Template
}

// program is a compiled text. Text and plain outputs are put together here; the
// Liquid engine, ten times slower, runs only what has tags or lists.
type program struct {
	place  place
	segs   []segment
	engine bool // whether any segment is a block
	fields []string
	clicks []*output // addresses of counted links, each recipient's own
}

// Delimiters no source can hold: control characters are taken out first.
var engine = newEngine()

func newEngine() *liquid.Engine {
	e := liquid.NewEngine()
	e.Delims("\x01{", "}\x01", "\x02{", "}\x02")
	for name, f := range filters {
		if !f.lists {
			e.RegisterFilter(name, adapt(f.run))
		}
	}
	e.RegisterFilter("split", func(in any, sep string) []any {
		var out []any
		for _, s := range strings.SplitN(text(in), sep, maxList+1) {
			out = append(out, s)
		}
		return out[:min(len(out), maxList)]
	})
	e.RegisterFilter("put_html", func(in any) string { return string(appendValue(nil, text(in), inHTML)) })
	e.RegisterFilter("put_text", func(in any) string { return string(appendValue(nil, text(in), inText)) })
	e.RegisterFilter("put_header", func(in any) string { return string(appendValue(nil, text(in), inHeader)) })
	return e
}

var putters = map[place]string{inHTML: "put_html", inText: "put_text", inHeader: "put_header"}

// adapt gives a filter the shape the engine calls: an input and up to two
// values that may be missing.
func adapt(f filter) any {
	return func(in any, a, b func(string) string) (any, error) {
		const missing = "\x00"
		var args []string
		for _, get := range []func(string) string{a, b} {
			if v := get(missing); v != missing {
				args = append(args, v)
			}
		}
		s := text(in)
		if len(s) > maxString {
			return nil, errTooLong
		}
		if out := f(s, args); len(out) > maxString {
			return nil, errTooLong
		} else if out != "" {
			return out, nil
		}
		return nil, nil
	}
}

// text writes a value of the engine; lists are joined by spaces.
func text(v any) string {
	switch v := v.(type) {
	case nil:
		return ""
	case string:
		return v
	case []any:
		parts := make([]string, len(v))
		for i := range v {
			parts[i] = text(v[i])
		}
		return strings.Join(parts, " ")
	case bool, int, int64, float64:
		return fmt.Sprint(v)
	}
	return ""
}

// newProgram compiles checked pieces for a place. A name that assign makes may
// be used anywhere after, so then the engine runs the whole.
func newProgram(ps []piece, at place, c *checker) (*program, *fault.Error) {
	p := &program{place: at, fields: c.fieldList(), clicks: clicksOf(ps)}
	for len(ps) > 0 {
		n := blockLength(ps)
		if c.assigns {
			n = len(ps)
		}
		if n == 0 {
			p.segs = append(p.segs, segment{text: ps[0].text, out: ps[0].out})
			ps = ps[1:]
			continue
		}
		t, err := parseBlock(ps[:n], at)
		if err != nil {
			return nil, err
		}
		p.segs, p.engine = append(p.segs, segment{block: t}), true
		ps = ps[n:]
	}
	return p, nil
}

// blockLength counts the pieces at the start of ps that the engine must run
// together; 0 when the first needs no engine.
func blockLength(ps []piece) int {
	depth := 0
	for i, x := range ps {
		word, _, _ := strings.Cut(x.text, " ")
		switch {
		case x.kind == pieceTag && opens(word):
			depth++
		case x.kind == pieceTag && strings.HasPrefix(word, "end"):
			depth--
		case i == 0 && (x.kind == pieceText || x.kind == pieceOutput && !x.out.lists()):
			return 0
		}
		if depth <= 0 {
			return i + 1
		}
	}
	return len(ps)
}

func opens(tag string) bool { return slices.Contains(openers, tag) }

var openers = []string{"if", "unless", "case", "for"}

func parseBlock(ps []piece, at place) (*liquid.Template, *fault.Error) {
	var b strings.Builder
	for _, x := range ps {
		switch x.kind {
		case pieceText:
			b.WriteString(x.text)
		case pieceOutput:
			b.WriteString("\x01{ " + x.out.source + " | " + putters[at] + " }\x01")
		case pieceTag:
			b.WriteString("\x02{ " + x.text + " }\x02")
		}
	}
	t, err := engine.ParseString(b.String())
	if err != nil {
		return nil, fault.New(fault.Invalid, "template.syntax", "the tags of this template do not fit together").In("body")
	}
	return t, nil
}

// limited stops a render that writes too much.
type limited struct {
	dst  []byte
	left int
}

func (l *limited) Write(b []byte) (int, error) {
	if l.left -= len(b); l.left < 0 {
		return 0, errOutput
	}
	l.dst = append(l.dst, b...)
	return len(b), nil
}

// append renders onto dst; at most MaxOutput bytes.
func (p *program) append(dst []byte, v *Vars) (_ []byte, err error) {
	var bound map[string]any
	if p.engine {
		bound = p.bind(v)
	}
	limit := len(dst) + MaxOutput
	for i := range p.segs {
		switch s := &p.segs[i]; {
		case s.block != nil:
			dst, err = run(s.block, dst, limit, bound)
		case s.out != nil:
			dst = appendValue(dst, s.out.value(v), p.place)
		default:
			dst = append(dst, s.text...)
		}
		if err != nil || len(dst) > limit {
			return nil, errOutput
		}
	}
	return dst, nil
}

var errOutput = fault.New(fault.TooLarge, "template.render", "the letter could not be made for this person")

// bind gives the engine its variables; unset ones are nil.
func (p *program) bind(v *Vars) map[string]any {
	person := make(map[string]any, len(p.fields))
	for _, f := range p.fields {
		if s := cutValue(v.get("person", f)); s != "" {
			person[f] = s
		}
	}
	clicks := make(map[string]any, len(p.clicks))
	for _, o := range p.clicks {
		clicks[o.field] = v.click(o.literal)
	}
	return map[string]any{
		clickRoot:    clicks,
		dataRoot:     v.Data,
		"person":     person,
		"controller": map[string]any{"name": v.Controller},
		"campaign":   map[string]any{"name": v.Campaign},
		"links":      map[string]any{"unsubscribe": v.Links.Unsubscribe, "preferences": v.Links.Preferences, "why": v.Links.Why},
	}
}

func run(t *liquid.Template, dst []byte, limit int, bound map[string]any) (out []byte, err error) {
	w := &limited{dst, limit - len(dst)}
	defer func() {
		if recover() != nil { // the engine panics on some odd mixtures of types
			out, err = nil, errOutput
		}
	}()
	if err := t.FRender(w, bound); err != nil {
		return nil, err
	}
	return w.dst, nil
}

func cutValue(s string) string {
	if len(s) > maxString {
		return strings.ToValidUTF8(s[:maxString], "")
	}
	return s
}

func (o *output) value(v *Vars) string {
	s := o.literal
	switch {
	case o.root == clickRoot:
		s = v.click(s)
	case o.root != "":
		s = v.get(o.root, o.field)
	}
	s = cutValue(s)
	for i := range o.filters {
		s = o.filters[i].run(s, o.filters[i].args)
	}
	return s
}

// appendValue puts a value where it can do no harm: markup is escaped in HTML,
// line breaks and controls become spaces in headers, controls vanish in text.
func appendValue(dst []byte, s string, at place) []byte {
	if at == inHTML {
		return appendHTML(dst, s)
	}
	for _, r := range s {
		switch {
		case r == '\n' && at == inText, r == '\t' && at == inText:
			dst = append(dst, byte(r))
		case unicode.IsControl(r) || r == '\u2028' || r == '\u2029':
			if at == inHeader {
				dst = append(dst, ' ')
			}
		default:
			dst = utf8.AppendRune(dst, r)
		}
	}
	return dst
}

func appendHTML(dst []byte, s string) []byte {
	from := 0
	for i := 0; i < len(s); i++ {
		esc := ""
		switch c := s[i]; {
		case c == '&':
			esc = "&amp;"
		case c == '<':
			esc = "&lt;"
		case c == '>':
			esc = "&gt;"
		case c == '"':
			esc = "&#34;"
		case c == '\'':
			esc = "&#39;"
		case c < ' ' && c != '\n' && c != '\t' || c == 0x7f:
		default:
			continue
		}
		dst = append(append(dst, s[from:i]...), esc...)
		from = i + 1
	}
	return append(dst, s[from:]...)
}
