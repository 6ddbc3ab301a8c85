package compose

import (
	"slices"
	"strings"

	"kartotek/internal/fault"
)

type exprKind uint8

const (
	exWord   exprKind = iota // name, person.first_name
	exText                   // "…" with its quotes
	exNumber                 // 12, -1.5
	exSign                   // | : , == != < > <= >= = ( ) ..
)

type exprToken struct {
	kind exprKind
	text string
}

// The variables of a template besides person.<field>.
var variables = []string{"controller.name", "campaign.name", "links.unsubscribe", "links.preferences", "links.why"}

var roots = []string{"person", "controller", "campaign", "links", "forloop", clickRoot, dataRoot}

// lexExpr cuts what stands inside {{ }} or after a tag's name.
func lexExpr(s string, line int) ([]exprToken, *fault.Error) {
	var out []exprToken
	for s = strings.TrimSpace(s); s != ""; s = strings.TrimSpace(s) {
		t, n := nextToken(s)
		if n == 0 {
			return nil, refuse(line, "syntax", "this is not understood; variables are written person.first_name")
		}
		out, s = append(out, t), s[n:]
	}
	return out, nil
}

func nextToken(s string) (exprToken, int) {
	c := s[0]
	switch {
	case c == '"' || c == '\'':
		if i := strings.IndexByte(s[1:], c); i >= 0 {
			return exprToken{exText, s[:i+2]}, i + 2
		}
		return exprToken{}, 0
	case wordStart(c):
		n := 1
		for n < len(s) && (wordStart(s[n]) || digit(s[n]) || s[n] == '.' && n+1 < len(s) && wordStart(s[n+1])) {
			n++
		}
		return exprToken{exWord, s[:n]}, n
	case digit(c) || c == '-' && len(s) > 1 && digit(s[1]):
		n := 1
		for n < len(s) && (digit(s[n]) || s[n] == '.' && n+1 < len(s) && digit(s[n+1])) {
			n++
		}
		return exprToken{exNumber, s[:n]}, n
	}
	for _, sign := range []string{"..", "==", "!=", "<=", ">=", "<", ">", "=", "|", ":", ",", "(", ")"} {
		if strings.HasPrefix(s, sign) {
			return exprToken{exSign, sign}, len(sign)
		}
	}
	return exprToken{}, 0
}

func digit(c byte) bool { return '0' <= c && c <= '9' }

func wordStart(c byte) bool { return c == '_' || 'a' <= c|0x20 && c|0x20 <= 'z' }

func joinTokens(toks []exprToken) string {
	parts := make([]string, len(toks))
	for i, t := range toks {
		parts[i] = t.text
	}
	s := strings.Join(parts, " ")
	return strings.ReplaceAll(strings.ReplaceAll(s, " .. ", ".."), " : ", ": ")
}

// output is one {{ value | filter: arg }}.
type output struct {
	root, field string // a variable; "" when a literal
	literal     string
	filters     []call
	source      string // canonical Liquid
}

type call struct {
	name string
	run  filter
	args []string
}

// lists reports whether the engine must run this output: only it has lists.
func (o *output) lists() bool {
	return slices.ContainsFunc(o.filters, func(f call) bool { return f.run == nil })
}

func (c *checker) parseOutput(toks []exprToken, line int) (*output, *fault.Error) {
	bad := refuse(line, "syntax", "this is not understood; write a variable and filters, such as person.first_name | default: \"friend\"")
	if len(toks) == 0 || toks[0].kind == exSign {
		return nil, bad
	}
	if err := c.value(toks[0], line); err != nil {
		return nil, err
	}
	out := &output{source: joinTokens(toks)}
	out.operand(toks[0])
	for rest := toks[1:]; len(rest) > 0; {
		if rest[0].text != "|" || len(rest) < 2 || rest[1].kind != exWord {
			return nil, bad
		}
		var args []exprToken
		name := rest[1].text
		rest = rest[2:]
		if len(rest) > 0 && rest[0].text == ":" {
			args, rest = takeArgs(rest[1:])
		}
		f, err := c.filter(name, args, line)
		if err != nil {
			return nil, err
		}
		out.filters = append(out.filters, f)
	}
	return out, nil
}

func (o *output) operand(t exprToken) {
	root, field, _ := strings.Cut(t.text, ".")
	switch {
	case t.kind == exText:
		o.literal = t.text[1 : len(t.text)-1]
	case t.kind == exNumber || slices.Contains([]string{"true", "false"}, t.text):
		o.literal = t.text
	case slices.Contains(literals, t.text):
	default:
		o.root, o.field = root, field
	}
}

// takeArgs splits "a, b | next" after a filter's colon.
func takeArgs(toks []exprToken) (args, rest []exprToken) {
	for i, t := range toks {
		if t.text == "|" && t.kind == exSign {
			return args, toks[i:]
		}
		if !(t.kind == exSign && t.text == ",") {
			args = append(args, t)
		}
	}
	return args, nil
}

func (c *checker) filter(name string, args []exprToken, line int) (call, *fault.Error) {
	f, ok := filters[name]
	if !ok {
		return call{}, refuse(line, "filter", "there is no filter %s", name)
	}
	if len(args) < f.least || len(args) > f.most {
		return call{}, refuse(line, "filter", "the filter %s takes %d to %d values", name, f.least, f.most)
	}
	out := call{name: name, run: f.run}
	for _, a := range args {
		if a.kind != exText && a.kind != exNumber {
			return call{}, refuse(line, "filter", "what a filter is given is written out, in quotes or as a number")
		}
		s := a.text
		if a.kind == exText {
			s = s[1 : len(s)-1]
		}
		out.args = append(out.args, s)
	}
	return out, nil
}
