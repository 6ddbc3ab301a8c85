package recognise

import (
	_ "embed"
	"strconv"
	"strings"
	"sync"
	"unicode"

	"kartotek/internal/address"
	"kartotek/internal/rightsdef"
)

//go:embed phrases.txt
var phrasesText string

// phrase is one line of phrases.txt.
type phrase struct {
	kind     rightsdef.Kind
	strength Confidence
	not      bool     // what the sentence says is not the kind
	parts    []choice // in order, each up to gap words after the one before
}

// choice is one place of a phrase: any of its alternatives, after up to gap words.
type choice struct {
	gap int
	alt [][]string // words; the last may end in * and then go on
}

// far is how many words may stand where a phrase has "…".
const far = 8

var phrases = sync.OnceValue(func() []phrase {
	all, err := readPhrases(phrasesText)
	if err != nil {
		panic(err) // the file is built in, and read by every test
	}
	return all
})

type lineError struct {
	line int
	text string
}

func (e lineError) Error() string { return "phrases.txt:" + strconv.Itoa(e.line) + ": " + e.text }

// readPhrases reads the file: "[kind]" or "[not kind]", then lines of strength and phrase.
func readPhrases(text string) (all []phrase, err error) {
	var at phrase
	n := 0
	for line := range strings.Lines(text) {
		n++
		line = strings.TrimSpace(line)
		switch {
		case line == "" || line[0] == '#':
		case line[0] == '[':
			name, not := strings.CutPrefix(strings.Trim(line, "[]"), "not ")
			at.kind, at.not = rightsdef.Kind(name), not
			if !at.kind.Known() {
				return nil, lineError{n, "no such kind"}
			}
		default:
			strength, rest, _ := strings.Cut(line, " ")
			s, err := strconv.Atoi(strength)
			if err != nil || s < 1 || s > 3 || at.kind == "" {
				return nil, lineError{n, "begin with a strength of 1 to 3, below a [kind]"}
			}
			p := at
			p.strength = Confidence(s)
			if p.parts, err = readParts(rest); err != nil {
				return nil, lineError{n, err.Error()}
			}
			all = append(all, p)
		}
	}
	return all, nil
}

type partError string

func (e partError) Error() string { return string(e) }

// readParts reads "{a|b c} … d*".
func readParts(text string) (out []choice, err error) {
	gap := 0
	for text = strings.TrimSpace(text); text != ""; text = strings.TrimSpace(text) {
		word, rest, _ := strings.Cut(text, " ")
		switch {
		case word == "…":
			gap, text = far, rest
			continue
		case text[0] == '{':
			end := strings.IndexByte(text, '}')
			if end < 0 {
				return nil, partError("a brace is not closed")
			}
			word, rest = text[1:end], text[end+1:]
		}
		c := choice{gap: gap}
		for alt := range strings.SplitSeq(word, "|") {
			words := strings.Fields(alt)
			if len(words) == 0 || strings.Join(words, " ") != address.Fold(strings.Join(words, " ")) {
				return nil, partError("write each alternative folded, in small letters without diacritics")
			}
			c.alt = append(c.alt, words)
		}
		out, gap, text = append(out, c), 0, rest
	}
	if len(out) == 0 || gap != 0 {
		return nil, partError("a phrase begins and ends with a word")
	}
	return out, nil
}

// sentence is the folded words of one sentence.
type sentence []string

// most bound the work on one text.
const (
	mostSentences = 400
	mostWords     = 120
)

// sentences parts a text, and folds it. A line that begins a list begins a sentence.
func sentences(text string) (out []sentence) {
	var cur sentence
	end := func() {
		if len(cur) > 0 && len(out) < mostSentences {
			out = append(out, cur)
		}
		cur = nil
	}
	blank := false
	for line := range strings.Lines(text) {
		line = strings.TrimSpace(line)
		if line == "" || blank || startsItem(line) {
			end()
		}
		blank = line == ""
		for _, w := range strings.FieldsFunc(address.Fold(line), func(r rune) bool {
			return unicode.IsSpace(r) || r == '-' || r == '/' || r == '–' || r == '—' || r == '(' || r == ')' || r == ',' || r == '"' || r == '”'
		}) {
			cur = append(cur, wordsOf(w)...)
			if strings.TrimRight(w, ".!?;:") != w && !short(w) || len(cur) >= mostWords {
				end()
			}
		}
	}
	end()
	return out
}

// short reports whether a word with a dot is an abbreviation or a number in order.
func short(w string) bool {
	w = strings.TrimSuffix(w, ".")
	return len(w) <= 3 && w != "" && strings.IndexFunc(w, func(r rune) bool { return r < '0' || r > '9' }) < 0 || w == "art" || w == "bl.a" || w == "t.ex" || w == "esim" || w == "e.g" || w == "mm"
}

func startsItem(line string) bool {
	if strings.HasPrefix(line, "- ") || strings.HasPrefix(line, "* ") || strings.HasPrefix(line, "• ") {
		return true
	}
	return len(line) > 2 && line[0] >= '0' && line[0] <= '9' && (line[1] == ')' || line[1] == '.')
}

// wordsOf takes what is no letter or digit off a word; "don't" is two.
func wordsOf(w string) []string {
	w = strings.ReplaceAll(w, "’", "'")
	if rest, ok := strings.CutSuffix(strings.Trim(w, ".!?;:"), "n't"); ok {
		return []string{strings.TrimSuffix(rest, "'"), "not"}
	}
	w, _, _ = strings.Cut(strings.TrimFunc(w, func(r rune) bool { return !unicode.IsLetter(r) && !unicode.IsDigit(r) }), "'")
	if w == "" {
		return nil
	}
	return []string{w}
}

// score adds what a sentence asks for, no surer than most. A phrase that says what is
// not meant takes away what the sentence seemed to say.
func (s sentence) score(to map[rightsdef.Kind]Confidence, most Confidence) {
	found, not := map[rightsdef.Kind]Confidence{}, map[rightsdef.Kind]bool{}
	for _, p := range phrases() {
		switch {
		case not[p.kind] || !p.not && found[p.kind] >= p.strength || !s.holds(p.parts):
		case p.not:
			not[p.kind] = true
		default:
			found[p.kind] = p.strength
		}
	}
	for k, c := range found {
		if !not[k] {
			to[k] = max(to[k], min(c, most))
		}
	}
}

// holds reports whether the sentence holds a phrase.
func (s sentence) holds(parts []choice) bool {
	for at := range s {
		if s.from(at, 0, parts) {
			return true
		}
	}
	return false
}

// from reports whether the rest of a phrase stands at a word, or within its gap.
func (s sentence) from(at, gap int, parts []choice) bool {
	if len(parts) == 0 {
		return true
	}
	for i := at; i <= at+gap && i < len(s); i++ {
		for _, words := range parts[0].alt {
			if n, ok := s.stands(i, words); ok && s.from(n, next(parts), parts[1:]) {
				return true
			}
		}
	}
	return false
}

func next(parts []choice) int {
	if len(parts) > 1 {
		return parts[1].gap
	}
	return 0
}

func (s sentence) stands(at int, words []string) (after int, ok bool) {
	if at+len(words) > len(s) {
		return 0, false
	}
	for i, w := range words {
		stem, open := strings.CutSuffix(w, "*")
		if got := s[at+i]; got != stem && (!open || !strings.HasPrefix(got, stem)) {
			return 0, false
		}
	}
	return at + len(words), true
}
