// Package lint looks a letter over before it is sent, as an experienced colleague
// would: what the law wants in it, what breaks in mail programs, what filters
// distrust, and what readers cannot use.
//
//	Letter(outline)     the letter as written: links, pictures, subject, sender, size,
//	                    language, advertising where none belongs, and its spam score
//	Mail(raw, class)    one finished mail: the headers that receivers ask for
//	Score(findings)     the points a common filter would give, about
//
// A Finding has a code, for which texts say what it is ("lint.<code>") and what to do
// about it ("lint.<code>.do"), how much it matters, where it is, and the word or
// address concerned. Stop is kept for what is against the law or broken for every
// reader: a sender without a name (law: 2002/58 13(4)), links that lead nowhere. The
// rest is advice, because word lists err and authors know their readers.
//
// The words are data (words.json), and so are the rules of the spam score
// (spam.json): modelled on what SpamAssassin and the guides of the large mail
// providers look at, and not a promise about any one of them.
package lint

import (
	_ "embed"
	"encoding/json"
	"slices"
	"strings"
	"unicode/utf8"

	"kartotek/internal/compose"
)

// Grade is how much a finding matters.
type Grade string

// The grades.
const (
	Stop Grade = "stop" // the letter cannot go like this
	Warn Grade = "warn" // somebody should look
	Note Grade = "note" // could be better
)

// Finding is one thing found.
type Finding struct {
	Code   string  `json:"code"`
	Grade  Grade   `json:"grade"`
	Place  string  `json:"place"`            // subject, preheader, body, sender, mail, or a block such as blocks.3.href
	Detail string  `json:"detail,omitempty"` // the word, address or number concerned
	Points float64 `json:"points,omitempty"` // of the spam score
}

//go:embed words.json
var wordsFile []byte

//go:embed spam.json
var spamFile []byte

var words = read[struct {
	Promotion, Common                    map[string][]string
	Vague, Shorteners, Freemail, Noreply []string
}](wordsFile)

// read reads a file of the program itself.
func read[T any](raw []byte) (out T) {
	if err := json.Unmarshal(raw, &out); err != nil {
		panic(err) // the file is part of the program, and its tests read it
	}
	return out
}

// Clip is how many bytes of HTML Gmail shows before it cuts a letter off.
const Clip = 102 << 10

// list collects findings.
type list struct {
	compose.Outline
	found []Finding
}

func (l *list) add(grade Grade, code, place, detail string) {
	l.found = append(l.found, Finding{Code: code, Grade: grade, Place: place, Detail: detail})
}

// Letter looks at a letter's outline. What matters most comes first.
func Letter(o compose.Outline) []Finding {
	l := &list{Outline: o}
	l.subject()
	l.sender()
	l.body()
	for _, link := range o.Links {
		l.link(link)
	}
	l.images()
	l.promotion()
	l.language()
	l.spam()
	return Sorted(l.found)
}

// Sorted puts what matters most first.
func Sorted(found []Finding) []Finding {
	rank := map[Grade]int{Stop: 0, Warn: 1, Note: 2}
	slices.SortStableFunc(found, func(a, b Finding) int { return rank[a.Grade] - rank[b.Grade] })
	return found
}

// Stopped are the findings that keep a letter from being sent.
func Stopped(found []Finding) (out []Finding) {
	for _, f := range found {
		if f.Grade == Stop {
			out = append(out, f)
		}
	}
	return out
}

// solicited reports whether a class must offer a way out. law: 2002/58 13(4)
func (l *list) solicited() bool { return l.Class != "service" }

func (l *list) subject() {
	s := strings.TrimSpace(l.Subject)
	n := utf8.RuneCountInString(s)
	switch {
	case n == 0:
		l.add(Stop, "subject_empty", "subject", "")
	case strings.Contains(s, "{%"): // each reader gets a part of it
	case n > 120:
		l.add(Warn, "subject_long", "subject", "")
	case n > 70:
		l.add(Note, "subject_cut", "subject", "")
	}
	p := strings.TrimSpace(l.Preheader)
	switch {
	case l.Format != "blocks":
	case p == "":
		l.add(Note, "preheader_none", "preheader", "")
	case p == s:
		l.add(Note, "preheader_same", "preheader", "")
	case utf8.RuneCountInString(p) > 140:
		l.add(Note, "preheader_long", "preheader", "")
	}
}

func (l *list) sender() {
	if strings.TrimSpace(l.Sender.Name) == "" {
		l.add(Stop, "sender_name", "sender", "")
	}
	if strings.TrimSpace(l.Sender.Address) == "" {
		grade := Warn
		if l.solicited() {
			grade = Stop
		}
		l.add(grade, "sender_address", "sender", "")
	}
	if l.solicited() && strings.TrimSpace(l.Sender.Contact) == "" {
		l.add(Warn, "sender_contact", "sender", "") // law: 2002/58 13(4)
	}
}

func (l *list) body() {
	for _, at := range l.Missing {
		l.add(Stop, "block_empty", at, "")
	}
	for _, name := range l.Forbidden {
		l.add(Warn, "element", "body", "<"+name+">")
	}
	for _, field := range l.Bare {
		l.add(Note, "no_fallback", "body", field)
	}
	if l.HTML > Clip {
		l.add(Warn, "size_clip", "body", "")
	} else if l.HTML > Clip*8/10 {
		l.add(Note, "size_near", "body", "")
	}
	if l.Text == "" && len(l.Images) == 0 {
		l.add(Stop, "body_empty", "body", "")
	}
	if len(l.Links) > 60 {
		l.add(Note, "links_many", "body", "")
	}
}

func (l *list) images() {
	for _, img := range l.Images {
		low := strings.ToLower(img.Src)
		switch {
		case !strings.HasPrefix(low, "https://") && !strings.HasPrefix(low, "http://") && !strings.HasPrefix(img.Src, "/m/"):
			l.add(Stop, "image_src", "body", cut(img.Src))
		case strings.Contains(img.Src, "…"):
			l.add(Stop, "image_personal", "body", cut(img.Src)) // law: 2002/58 5(3)
		case img.Tracking:
			l.add(Warn, "image_pixel", "body", cut(img.Src))
		case strings.HasPrefix(low, "http://") && !here(low):
			l.add(Warn, "image_http", "body", cut(img.Src))
		}
		if !img.Told {
			l.add(Stop, "image_alt", "body", cut(img.Src))
		}
	}
	if len(l.Images) > 0 && utf8.RuneCountInString(l.Text) < 120 {
		l.add(Warn, "image_only", "body", "")
	}
}

// cut shortens an address for a sentence.
func cut(s string) string {
	if r := []rune(s); len(r) > 80 {
		return string(r[:80]) + "…"
	}
	return s
}

// folded is a text as a list of its words in lower case, with a blank at both ends.
func folded(s string) string {
	s = strings.ToLower(strings.ReplaceAll(s, "’", "'"))
	return " " + strings.Join(strings.FieldsFunc(s, func(r rune) bool { return !letter(r) }), " ") + " "
}

func letter(r rune) bool {
	return r == '%' || r == '\'' || r >= '0' && r <= '9' || r >= 'a' && r <= 'z' || r >= 0xc0
}

// promotion finds advertising in a message that says it is none: it would be
// marketing whatever it calls itself, and who said no to that would get it.
// law: GDPR 21(2)
func (l *list) promotion() {
	if l.solicited() {
		return
	}
	text := folded(l.Subject + " " + l.Preheader + " " + l.Text)
	for _, lang := range []string{"sv", "fi", "en"} {
		for _, w := range words.Promotion[lang] {
			if strings.Contains(text, " "+w+" ") || strings.HasPrefix(w, "%") && strings.Contains(text, w+" ") {
				l.add(Warn, "promotion", "body", w)
			}
		}
	}
}

// language compares the words of the letter with those common in each language.
func (l *list) language() {
	text := strings.Fields(folded(l.Text))
	if len(text) < 20 {
		return
	}
	count := map[string]int{}
	for lang, common := range words.Common {
		for _, w := range text {
			if slices.Contains(common, w) {
				count[lang]++
			}
		}
	}
	for _, lang := range []string{"sv", "fi", "en"} {
		if lang != l.Lang && count[lang] >= 4 && count[lang] > 3*count[l.Lang] {
			l.add(Warn, "language", "body", lang)
		}
	}
}
