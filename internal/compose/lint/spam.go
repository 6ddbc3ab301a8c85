package lint

import (
	"regexp"
	"strings"
	"unicode"
)

// rule is one rule of the spam score.
type rule struct {
	ID      string
	Points  float64
	In      string // subject, body, both, html
	Pattern string
	Caps    bool // most letters are capitals
	find    *regexp.Regexp
}

var rules = func() []rule {
	all := read[[]rule](spamFile)
	for i := range all {
		all[i].find = regexp.MustCompile(all[i].Pattern)
	}
	return all
}()

// Limit is the score from which common filters treat a letter as spam.
const Limit = 5.0

// spam gives the points of the rules, and says so when they are many.
func (l *list) spam() {
	for i := range rules {
		r := &rules[i]
		if hit := r.hit(l); hit != "" {
			l.found = append(l.found, Finding{Code: "spam_" + r.ID, Grade: Note, Place: r.place(), Detail: cut(strings.TrimSpace(hit)), Points: r.Points})
		}
	}
	for i := range l.found {
		if p := structural[l.found[i].Code]; p > 0 {
			l.found[i].Points = p
		}
	}
	if Score(l.found) >= Limit {
		l.add(Warn, "spam_score", "body", "")
	}
}

// structural are findings of other kinds that filters count as well.
var structural = map[string]float64{"link_short": 1.5, "link_number": 1.5, "link_other": 1.5, "link_http": 0.2, "image_only": 1.5, "image_pixel": 0.3, "element": 0.5,
	"html_only": 1.2, "list_id_none": 0.4, "date_none": 1.4, "message_id_none": 1.0, "from_freemail": 1.0, "size_clip": 0.3, "subject_empty": 1.5}

// Score adds the points of findings up.
func Score(found []Finding) (sum float64) {
	for _, f := range found {
		sum += f.Points
	}
	return sum
}

func (r *rule) place() string {
	if r.In == "subject" {
		return "subject"
	}
	return "body"
}

// hit is what of a letter a rule goes for; "" for nothing.
func (r *rule) hit(l *list) string {
	text := map[string]string{"subject": l.Subject, "body": l.Text, "both": l.Subject + "\n" + l.Text, "html": l.Styles}[r.In]
	if r.Caps {
		return shouted(text)
	}
	return r.find.FindString(text)
}

var liquid = regexp.MustCompile(`\{\{.*?\}\}|\{%.*?%\}`)

// shouted gives a text of which most is capitals, when it is long enough to tell.
func shouted(s string) string {
	upper, all := 0, 0
	for _, r := range liquid.ReplaceAllString(s, "") {
		if unicode.IsLetter(r) {
			all++
			if unicode.IsUpper(r) {
				upper++
			}
		}
	}
	if all >= 12 && upper*10 > all*6 {
		return s
	}
	return ""
}
