package compose

import (
	"html"
	"regexp"
	"strconv"
	"strings"
)

// clickRoot is the root of an output that is the address of a counted link: ours
// alone, since the checker lets no source name it.
const clickRoot = "clicks"

// anchor is a link of a sanitised page with a fixed web address, up to the end of
// its words.
var anchor = regexp.MustCompile(`(?s)<a\b([^>]*?)\shref="(https?://[^"]*)"([^>]*)>(.*?)</a>`)

// lead puts the addresses in that links of a page lead to when clicks are counted.
// An address in which a person's value stands is not a fixed one and stays.
func (m *marks) lead(page string, ask func(string) (string, bool)) string {
	if ask == nil {
		return page
	}
	return anchor.ReplaceAllStringFunc(page, func(whole string) string {
		part := anchor.FindStringSubmatch(whole)
		if m.find.MatchString(part[2]) || looksLikeAddress(part[4]) {
			return whole
		}
		to, each := ask(html.UnescapeString(part[2]))
		if to = html.EscapeString(to); each {
			to = m.click(to)
		}
		return `<a` + part[1] + ` href="` + to + `"` + part[3] + `>` + part[4] + `</a>`
	})
}

// click adds the output of a counted link and gives its mark. The address is plain
// ASCII without anything to escape, so it is the same in HTML.
func (m *marks) click(to string) string {
	name := "c" + strconv.Itoa(len(m.pieces))
	m.pieces = append(m.pieces, piece{kind: pieceOutput, out: &output{root: clickRoot, field: name, literal: html.UnescapeString(to), source: clickRoot + "." + name}})
	return m.mark(len(m.pieces) - 1)
}

// clicksOf lists the outputs of counted links.
func clicksOf(ps []piece) (out []*output) {
	for _, p := range ps {
		if p.out != nil && p.out.root == clickRoot {
			out = append(out, p.out)
		}
	}
	return out
}

// looksLikeAddress reports whether the words of a link name a place of the web.
func looksLikeAddress(words string) bool {
	return strings.Contains(words, "://") || strings.Contains(words, "www.")
}
