package bounce

import (
	_ "embed"
	"slices"
	"strings"
)

//go:embed rules.txt
var rulesText string

// rule is one phrasing.
type rule struct {
	topic string   // a Reason, or a topic of sort.go
	parts []string // folded; they occur in this order with at most gap bytes between
	size  int      // of all parts: the longest phrase that occurs decides
	weak  bool     // yields to a specific status code
}

// gap is how far apart two parts of one phrase may stand.
const gap = 70

// books are the rules by their question: "reason" for why a letter was refused;
// the others sort mails.
var books = readRules(rulesText)

// readRules reads rules.txt; its head tells the form. It is part of the program, so that a
// mistake in it is a panic.
func readRules(text string) map[string]*book {
	rules := map[string][]rule{}
	name, topic := "", ""
	for _, line := range strings.Split(text, "\n") {
		line = strings.TrimSpace(line)
		switch {
		case line == "" || line[0] == '#':
		case line[0] == '[':
			name, topic, _ = strings.Cut(strings.Trim(line, "[]"), " ")
		default:
			_, rest, ok := strings.Cut(line, " ")                        // language
			_, phrase, also := strings.Cut(strings.TrimSpace(rest), " ") // who says so
			if !ok || !also || name == "" {
				panic("bounce: rules.txt: " + line)
			}
			for _, one := range spread(strings.TrimSpace(phrase)) {
				rules[name] = append(rules[name], newRule(topic, one))
			}
		}
	}
	out := map[string]*book{}
	for name, all := range rules {
		out[name] = newBook(all)
	}
	return out
}

// spread writes out the choices of a phrase: "{a|b} c" is "a c" and "b c".
func spread(phrase string) (out []string) {
	before, rest, ok := strings.Cut(phrase, "{")
	if !ok {
		return []string{phrase}
	}
	choices, after, _ := strings.Cut(rest, "}")
	for _, c := range strings.Split(choices, "|") {
		out = append(out, spread(before+c+after)...)
	}
	return out
}

// softTopics say what happened and seldom why: their phrases yield to codes.
var softTopics = map[string]bool{"network": true, "system": true, "expired": true, "protocol": true}

func newRule(topic, phrase string) rule {
	r := rule{topic: topic}
	switch r.weak = softTopics[topic]; phrase[0] {
	case '~':
		r.weak, phrase = true, phrase[1:]
	case '!':
		r.weak, phrase = false, phrase[1:]
	}
	open := strings.HasSuffix(phrase, "*")
	phrase = strings.TrimSuffix(phrase, "*")
	pieces := strings.Split(phrase, "…")
	for i, p := range pieces {
		f := fold(p)
		if open && i == len(pieces)-1 {
			f = strings.TrimSuffix(f, " ")
		}
		if !spaced(f) {
			f = strings.TrimSpace(f)
		}
		r.parts = append(r.parts, f)
		r.size += len(f)
	}
	if r.weak {
		r.size -= 1000
	}
	return r
}

// spaced reports whether a script writes spaces between words.
func spaced(s string) bool {
	return !strings.ContainsFunc(s, func(c rune) bool { return c >= 0x2e80 && c < 0xa000 || c >= 0xac00 && c < 0xd7a4 })
}

// book is the rules of one question, longest first.
type book struct {
	rules  []rule
	byWord map[string][]int // rules by the first word of their phrase, in order
	loose  []int            // rules whose first word is only begun, or in a script without spaces
}

func newBook(rules []rule) *book {
	slices.SortStableFunc(rules, func(a, c rule) int { return c.size - a.size })
	b := &book{rules: rules, byWord: map[string][]int{}}
	for i := range rules {
		word, _, whole := strings.Cut(strings.TrimPrefix(rules[i].parts[0], " "), " ")
		if !whole || rules[i].parts[0][0] != ' ' {
			b.loose = append(b.loose, i)
			continue
		}
		b.byWord[word] = append(b.byWord[word], i)
	}
	return b
}

// find is the topic of the longest phrase of a book that occurs in a folded
// text; weak tells that it yields to a status code. Each word of the text is
// looked up once; only the phrases that begin with it are compared.
func find(name, text string) (topic string, weak, ok bool) {
	b := books[name]
	best := len(b.rules)
	for pos := 0; pos+1 < len(text); {
		word, _, _ := strings.Cut(text[pos+1:], " ")
		for _, i := range b.byWord[word] {
			if i >= best {
				break
			}
			if b.rules[i].at(text[pos:]) {
				best = i
				break
			}
		}
		pos += len(word) + 1
	}
	for _, i := range b.loose {
		if i >= best {
			break
		}
		if b.rules[i].in(text) {
			best = i
		}
	}
	if best == len(b.rules) {
		return "", false, false
	}
	return b.rules[best].topic, b.rules[best].weak, true
}

// at reports whether a phrase begins where a folded text does.
func (r *rule) at(text string) bool {
	return strings.HasPrefix(text, r.parts[0]) && follows(text[len(r.parts[0])-1:], r.parts[1:])
}

// in reports whether a phrase occurs in a folded text.
func (r *rule) in(text string) bool {
	for {
		i := strings.Index(text, r.parts[0])
		if i < 0 {
			return false
		}
		if r.at(text[i:]) {
			return true
		}
		text = text[i+len(r.parts[0]):]
	}
}

// follows reports whether the parts come in order, none further than gap behind the one before.
func follows(text string, parts []string) bool {
	for _, p := range parts {
		i := strings.Index(text[:min(len(text), gap+len(p))], p)
		if i < 0 {
			return false
		}
		text = text[i+len(p)-1:]
	}
	return true
}

// has reports whether a book has a phrase in a folded text.
func has(name, text string) bool {
	_, _, ok := find(name, text)
	return ok
}
