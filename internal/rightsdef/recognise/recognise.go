package recognise

import (
	"cmp"
	"slices"
	"strings"

	"kartotek/internal/rightsdef"
)

// Confidence is how sure it is that a kind is asked for.
type Confidence int

// The degrees.
const (
	Maybe    Confidence = 1 // a word that often goes with it
	Probable Confidence = 2
	Sure     Confidence = 3 // it says so
)

// Found is a kind that is asked for.
type Found struct {
	Kind       rightsdef.Kind
	Confidence Confidence
}

// Reading is what a text was understood to say.
type Reading struct {
	Language string  // sv, fi or en; "" when it is none of them, or cannot be told
	Kinds    []Found // the surest first, then by article; none when nothing was recognised
	Own      string  // what the writer wrote, without quotes and signature
	Passed   bool    // the request stands in a mail that the writer passed on
}

// maxText is how much of a text is read.
const maxText = 64 << 10

// Read reads a mail or a form. It finds at most what it knows phrases for, and never
// decides that something is no request.
func Read(subject, body string) Reading {
	subject, body = clip(subject, 1000), clip(body, maxText)
	topic, passed := bareSubject(subject)
	own, rest := Own(body)
	r := Reading{Own: own, Language: Language(topic + ". " + own)}
	r.Kinds = kindsIn(topic, own)
	if len(r.Kinds) == 0 && rest != "" && (passed || strings.TrimSpace(own) == "") {
		r.passedOn(rest)
	}
	return r
}

// passedOn reads the mail that somebody passed on, such as customer service.
func (r *Reading) passedOn(rest string) {
	inner, _ := Own(unquoted(rest))
	r.Kinds = kindsIn("", inner)
	r.Passed = len(r.Kinds) > 0
	for i := range r.Kinds {
		r.Kinds[i].Confidence = min(r.Kinds[i].Confidence, Probable)
	}
	if l := Language(inner); r.Passed && l != "" {
		r.Language = l // the answer goes to whoever asked
	}
}

func clip(s string, n int) string {
	if len(s) > n {
		s = s[:n]
	}
	return strings.ToValidUTF8(s, " ")
}

// kindsIn finds what a subject and a text ask for. A subject alone makes nothing sure
// that the text does not bear out.
func kindsIn(subject, text string) []Found {
	score := map[rightsdef.Kind]Confidence{}
	for _, s := range sentences(text) {
		s.score(score, Sure)
	}
	most := Sure
	if len(score) > 0 {
		most = Probable
	}
	for _, s := range sentences(subject) {
		s.score(score, most)
	}
	var out []Found
	for k, c := range score {
		out = append(out, Found{k, c})
	}
	order := rightsdef.Kinds()
	slices.SortFunc(out, func(a, b Found) int {
		return cmp.Or(cmp.Compare(b.Confidence, a.Confidence), cmp.Compare(slices.Index(order, a.Kind), slices.Index(order, b.Kind)))
	})
	if len(out) > 1 { // a question beside a request is part of it
		out = slices.DeleteFunc(out, func(f Found) bool { return f.Kind == rightsdef.Information })
	}
	return out
}
