package compose

import (
	"slices"
	"strconv"
	"strings"

	"kartotek/internal/fault"
)

// The bounds that make every template end soon. Cost is counted before
// anything runs: each output and tag is one step and each filter four, times
// the rounds of the loops around it. The dearest template let through takes
// some tens of milliseconds.
const (
	maxSteps  = 5_000
	maxRange  = 1_000
	maxList   = 100     // items a split makes, so the rounds of a loop over it
	maxLoops  = 2       // loops inside each other
	maxBlocks = 20      // blocks inside each other
	maxString = 4 << 10 // bytes of one value; a longer one is cut
)

// checker walks the pieces of a template and lets only what is known through.
type checker struct {
	known   func(field string) bool // person fields; nil lets all through
	data    bool                    // whether data.<name> may be read
	mayUse  func(field string) bool // whether the letter's purpose uses it; nil lets all through
	blocks  []block
	locals  []string
	steps   int
	fields  map[string]bool // person fields the template reads
	assigns bool            // whether a tag makes a name
}

type block struct {
	name   string
	rounds int // how often its inside runs, loops outside included
	loops  int
}

func (c *checker) top() block {
	if len(c.blocks) == 0 {
		return block{rounds: 1}
	}
	return c.blocks[len(c.blocks)-1]
}

func (c *checker) spend(n, line int) *fault.Error {
	if c.steps += n * c.top().rounds; c.steps > maxSteps {
		return refuse(line, "too_much_work", "the loops of this template do too much for one letter")
	}
	return nil
}

// check parses outputs in place and rewrites tags to plain words.
func (c *checker) check(ps []piece) *fault.Error {
	for i := range ps {
		var err *fault.Error
		switch p := &ps[i]; p.kind {
		case pieceOutput:
			err = c.output(p)
		case pieceTag:
			err = c.tag(p)
		}
		if err != nil {
			return err
		}
	}
	if len(c.blocks) > 0 {
		return refuse(0, "unclosed", "{%% %s %%} is never ended", c.top().name)
	}
	return nil
}

func (c *checker) output(p *piece) *fault.Error {
	toks, err := lexExpr(p.text, p.line)
	if err != nil {
		return err
	}
	out, err := c.parseOutput(toks, p.line)
	if err != nil {
		return err
	}
	p.out = out
	return c.spend(1+4*len(out.filters), p.line)
}

func (c *checker) tag(p *piece) *fault.Error {
	name, rest, _ := strings.Cut(strings.ReplaceAll(p.text, "\n", " "), " ")
	toks, err := lexExpr(rest, p.line)
	if err != nil {
		return err
	}
	if err := c.spend(1+len(toks)/4, p.line); err != nil {
		return err
	}
	switch name {
	case "if", "unless", "case":
		if err := c.condition(toks, p.line); err != nil {
			return err
		}
		err = c.open(block{name, c.top().rounds, c.top().loops}, p.line)
	case "elsif", "when":
		if len(c.blocks) == 0 {
			return refuse(p.line, "syntax", "{%% %s %%} stands outside its block", name)
		}
		err = c.condition(toks, p.line)
	case "else", "break", "continue":
		if len(c.blocks) == 0 || name != "else" && c.top().loops == 0 {
			return refuse(p.line, "syntax", "{%% %s %%} stands outside its block", name)
		}
		if len(toks) > 0 {
			err = refuse(p.line, "syntax", "{%% %s %%} takes nothing after it", name)
		}
	case "for":
		err = c.loop(toks, p.line)
	case "assign":
		err = c.assign(toks, p.line)
	case "endif", "endunless", "endcase", "endfor":
		err = c.close(strings.TrimPrefix(name, "end"), p.line)
	default:
		return refuse(p.line, "tag", "there is no tag of this name; a letter may use if, unless, case, for, assign, comment and raw")
	}
	p.text = strings.TrimSpace(name + " " + joinTokens(toks))
	return err
}

func (c *checker) open(b block, line int) *fault.Error {
	if c.blocks = append(c.blocks, b); len(c.blocks) > maxBlocks {
		return refuse(line, "too_deep", "blocks may stand at most %d inside each other", maxBlocks)
	}
	return nil
}

func (c *checker) close(name string, line int) *fault.Error {
	if len(c.blocks) == 0 || c.top().name != name {
		return refuse(line, "syntax", "{%% end%s %%} ends nothing here", name)
	}
	c.blocks = c.blocks[:len(c.blocks)-1]
	return nil
}

// condition lets values, comparisons, and, or and contains through.
func (c *checker) condition(toks []exprToken, line int) *fault.Error {
	if len(toks) == 0 {
		return refuse(line, "syntax", "a condition is missing")
	}
	for i, t := range toks {
		switch {
		case t.kind == exWord && slices.Contains([]string{"and", "or", "contains"}, t.text):
		case t.kind == exWord || t.kind == exText || t.kind == exNumber:
			if err := c.value(t, line); err != nil {
				return err
			}
		case t.kind == exSign && slices.Contains([]string{"==", "!=", "<", ">", "<=", ">=", ","}, t.text):
		default:
			return refuse(line, "syntax", "this condition is not understood")
		}
		c.blank(toks, i)
	}
	return nil
}

// blank makes == "" and != blank ask for an unset value, which is what a
// marketer means: unset values are bound to nil.
func (c *checker) blank(toks []exprToken, i int) {
	t := &toks[i]
	isBlank := t.text == `""` || t.text == `''` || t.kind == exWord && (t.text == "blank" || t.text == "empty")
	if isBlank && i > 0 && (toks[i-1].text == "==" || toks[i-1].text == "!=") {
		t.kind, t.text = exWord, "nil"
	}
}

var literals = []string{"true", "false", "nil", "null", "blank", "empty"}

// value checks one literal or variable.
func (c *checker) value(t exprToken, line int) *fault.Error {
	if t.kind != exWord || slices.Contains(literals, t.text) {
		return nil
	}
	root, rest, _ := strings.Cut(t.text, ".")
	switch {
	case slices.Contains(c.locals, root), root == "forloop" && c.top().loops > 0:
		return nil
	case root == "person" && rest != "" && !strings.Contains(rest, "."):
		if c.known != nil && !c.known(rest) {
			return refuse(line, "unknown_field", "the notice lists no field of this name: person.%s", rest)
		}
		if c.mayUse != nil && !c.mayUse(rest) {
			return refuse(line, "unused_field", "the notice does not let the purpose of this letter use the field: person.%s", rest)
		}
		c.fields[rest] = true
		return nil
	case slices.Contains(variables, t.text), root == dataRoot && rest != "" && c.data:
		return nil
	}
	return refuse(line, "unknown_variable", "there is no variable %s", t.text)
}

func (c *checker) local(t exprToken, line int) *fault.Error {
	if t.kind != exWord || strings.Contains(t.text, ".") || slices.Contains(roots, t.text) || slices.Contains(literals, t.text) {
		return refuse(line, "syntax", "this name cannot be given to a value")
	}
	c.locals = append(c.locals, t.text)
	return nil
}

// assign reads: name = value | filter …
func (c *checker) assign(toks []exprToken, line int) *fault.Error {
	if len(toks) < 3 || toks[1].text != "=" {
		return refuse(line, "syntax", "write {%% assign name = value %%}")
	}
	out, err := c.parseOutput(toks[2:], line)
	if err != nil {
		return err
	}
	c.assigns = true
	if err := c.spend(4*len(out.filters), line); err != nil {
		return err
	}
	return c.local(toks[0], line)
}

// loop reads: name in (1..5), or: name in variable; then limit, offset and
// reversed. What it can cost is known from its bounds.
func (c *checker) loop(toks []exprToken, line int) *fault.Error {
	if len(toks) < 3 || toks[1].text != "in" {
		return refuse(line, "syntax", "write {%% for x in (1..5) %%} or {%% for x in list %%}")
	}
	rounds, rest, err := c.loopOver(toks[2:], line)
	if err != nil {
		return err
	}
	for _, t := range rest {
		if !(t.text == "reversed" || t.text == "limit" || t.text == "offset" || t.text == ":" || t.kind == exNumber) {
			return refuse(line, "syntax", "after the list may come limit, offset and reversed")
		}
	}
	if err := c.local(toks[0], line); err != nil {
		return err
	}
	b := block{"for", c.top().rounds * max(rounds, 1), c.top().loops + 1}
	if b.loops > maxLoops {
		return refuse(line, "too_deep", "loops may stand at most %d inside each other", maxLoops)
	}
	return c.open(b, line)
}

func (c *checker) loopOver(toks []exprToken, line int) (rounds int, rest []exprToken, err *fault.Error) {
	if toks[0].text != "(" {
		return maxList, toks[1:], c.value(toks[0], line)
	}
	if len(toks) < 5 || toks[2].text != ".." || toks[4].text != ")" {
		return 0, nil, refuse(line, "loop", "a range is written (1..5), with whole numbers")
	}
	lo, err1 := strconv.Atoi(toks[1].text)
	hi, err2 := strconv.Atoi(toks[3].text)
	if err1 != nil || err2 != nil || lo < -1e6 || hi > 1e6 || hi-lo >= maxRange {
		return 0, nil, refuse(line, "loop", "a loop counts between whole numbers at most %d apart", maxRange)
	}
	return hi - lo + 1, toks[5:], nil
}
