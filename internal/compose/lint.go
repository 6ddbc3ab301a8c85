package compose

import (
	"html"
	"regexp"
	"strings"
	"unicode/utf8"
)

// Problem is something a sender should look at before the letter goes.
type Problem struct {
	Code   string // subject_empty, subject_long, image_alt, link_scheme, sender_name, sender_address, promotion
	Detail string // the link or word concerned
	Stop   bool   // the letter should not be sent like this
}

var (
	rawAddress = regexp.MustCompile(`(?i)\s(?:href|src)\s*=\s*(?:"([^"]*)"|'([^']*)'|([^\s"'>]+))`)
	rawImage   = regexp.MustCompile(`(?i)<img\b[^>]*>`)
	altText    = regexp.MustCompile(`(?i)\salt\s*=`)
)

// look notes links and images as the author wrote them, before the sanitiser.
func (t *Template) look(page string, m *marks) {
	for _, a := range rawAddress.FindAllStringSubmatch(page, -1) {
		link := html.UnescapeString(a[1] + a[2] + a[3])
		if at := m.find.FindStringIndex(link); at != nil && at[0] == 0 {
			continue // judged by checkLinks
		}
		t.links = append(t.links, m.find.ReplaceAllString(link, "…"))
	}
	for _, img := range rawImage.FindAllString(page, -1) {
		if !altText.MatchString(img) {
			t.images++
		}
	}
}

// promotional words, folded, that make a service message marketing (R38).
var promotional = []string{
	"erbjudande", "rabatt", "kampanj", "rea", "rea!", "köp nu", "specialpris", "gratis",
	"tarjous", "alennus", "kampanja", "osta nyt", "ilmainen", "ilmaiseksi", "etukoodi",
	"offer", "discount", "sale", "buy now", "special price", "for free", "promo code", "% off",
}

var wordBreak = regexp.MustCompile(`[^\p{L}\p{N}%]+`)

// Lint checks a letter before sending. Problems with Stop are against the law
// or break the letter; the others are advice.
// law: 2002/58 13(4)
func (t *Template) Lint() []Problem {
	var out []Problem
	switch n := utf8.RuneCountInString(strings.TrimSpace(t.src.Subject)); {
	case n == 0:
		out = append(out, Problem{"subject_empty", "", true})
	case n > 120:
		out = append(out, Problem{"subject_long", "", false})
	}
	for _, l := range t.links {
		if !goodScheme(l) {
			out = append(out, Problem{"link_scheme", l, true})
		}
	}
	for range t.images {
		out = append(out, Problem{"image_alt", "", false})
	}
	if strings.TrimSpace(t.src.Sender.Name) == "" {
		out = append(out, Problem{"sender_name", "", true})
	}
	if strings.TrimSpace(t.src.Sender.Address) == "" {
		out = append(out, Problem{"sender_address", "", solicited(t.src.Class)})
	}
	if !solicited(t.src.Class) {
		out = append(out, t.promotion()...)
	}
	return out
}

func goodScheme(link string) bool {
	l := strings.ToLower(strings.TrimSpace(link))
	return strings.HasPrefix(l, "https://") || strings.HasPrefix(l, "http://") || strings.HasPrefix(l, "mailto:")
}

func (t *Template) promotion() (out []Problem) {
	words := " " + wordBreak.ReplaceAllString(strings.ToLower(t.src.Subject+" "+t.src.Body), " ") + " "
	for _, w := range promotional {
		if strings.Contains(words, " "+w+" ") || strings.HasPrefix(w, "%") && strings.Contains(words, w+" ") {
			out = append(out, Problem{"promotion", w, false})
		}
	}
	return out
}
