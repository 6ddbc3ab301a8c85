package address

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// letters that are no base letter plus a mark, as a Nordic reader types them
// on a keyboard without them.
var letters = map[rune]string{
	'æ': "ae", 'ø': "o", 'œ': "oe", 'ß': "ss", 'ð': "d", 'þ': "th",
	'đ': "d", 'ł': "l", 'ħ': "h", 'ı': "i", 'ŋ': "n", 'ŧ': "t",
}

// Fold returns what a search compares: lower case, without diacritics, so that
// "akesson" finds "Åkesson" and "makela" finds "Mäkelä". Text that is already
// folded comes back without a copy. Fold(Fold(s)) equals Fold(s).
func Fold(s string) string {
	big := false
	for i := 0; i < len(s); i++ {
		c := s[i]
		if c >= utf8.RuneSelf {
			return foldWide(s)
		}
		big = big || (c >= 'A' && c <= 'Z')
	}
	if big {
		return strings.ToLower(s)
	}
	return s
}

// latin holds the folded form of every letter up to Latin Extended-B, so that
// Nordic and Baltic names need no decomposition.
var latin = func() (t [0x250]string) {
	for r := range t {
		t[r] = foldRune(rune(r))
	}
	return t
}()

// foldWide folds rune by rune. That is sound because decomposition only
// reorders marks, and marks are what it drops.
func foldWide(s string) string {
	b := make([]byte, 0, len(s))
	for _, r := range s {
		if r < rune(len(latin)) {
			b = append(b, latin[r]...)
		} else {
			b = append(b, foldRune(r)...)
		}
	}
	return string(b)
}

// foldRune lower-cases before and after taking the letter apart, because some
// letters only show their capital once they are taken apart.
func foldRune(r rune) string {
	var b strings.Builder
	for _, part := range norm.NFKD.String(string(unicode.ToLower(r))) {
		part = unicode.ToLower(part)
		if unicode.Is(unicode.Mn, part) {
			continue
		}
		if plain, ok := letters[part]; ok {
			b.WriteString(plain)
			continue
		}
		b.WriteRune(part)
	}
	return b.String()
}
