package segdef

import (
	"strings"
	"unicode"
	"unicode/utf8"
)

// foldRune gives the letters a rune is compared as: lower case, without marks,
// the Nordic and German letters opened up.
func foldRune(r rune) (a, b rune) {
	if r < utf8.RuneSelf {
		if 'A' <= r && r <= 'Z' {
			r += 'a' - 'A'
		}
		return r, 0
	}
	switch r {
	case 'Æ', 'æ':
		return 'a', 'e'
	case 'ẞ', 'ß':
		return 's', 's'
	case 'Þ', 'þ':
		return 't', 'h'
	}
	if p, ok := plain[r]; ok {
		return p, 0
	}
	return unicode.ToLower(r), 0
}

// plain maps marked letters to the letter without the mark.
var plain = func() map[rune]rune {
	m := map[rune]rune{}
	for base, marked := range map[rune]string{
		'a': "åäáàâãāăą", 'c': "çćčċ", 'd': "ðďđ", 'e': "éèêëēėęě", 'g': "ğģ", 'i': "íìîïīį",
		'k': "ķ", 'l': "łľļ", 'n': "ñńňņŋ", 'o': "öøóòôõōő", 'r': "řŕ", 's': "šśşș", 't': "ťțŧ",
		'u': "üúùûūůűų", 'y': "ýÿ", 'z': "žźż",
	} {
		for _, r := range marked {
			m[r], m[unicode.ToUpper(r)] = base, base
		}
	}
	return m
}()

// Fold gives the form of a text that segments compare: lower case, without
// marks on letters. It never fails; bytes that are not UTF-8 become U+FFFD.
func Fold(s string) string {
	var b strings.Builder
	b.Grow(len(s))
	for _, r := range s {
		x, y := foldRune(r)
		b.WriteRune(x)
		if y != 0 {
			b.WriteRune(y)
		}
	}
	return b.String()
}

// foldPrefix reports how many bytes of s, folded, spell the folded text want
// from its start; -1 when they do not. It allocates nothing.
func foldPrefix(s, want string) int {
	i, w := 0, 0
	for w < len(want) {
		if i >= len(s) {
			return -1
		}
		if c := s[i]; c < utf8.RuneSelf {
			if 'A' <= c && c <= 'Z' {
				c += 'a' - 'A'
			}
			if c != want[w] {
				return -1
			}
			i, w = i+1, w+1
			continue
		}
		r, n := utf8.DecodeRuneInString(s[i:])
		x, y := foldRune(r)
		if w = takeRune(want, w, x); w >= 0 && y != 0 {
			w = takeRune(want, w, y)
		}
		if w < 0 {
			return -1
		}
		i += n
	}
	return i
}

// takeRune steps over r at want[w:]; -1 when something else stands there.
func takeRune(want string, w int, r rune) int {
	got, n := utf8.DecodeRuneInString(want[w:])
	if n == 0 || got != r {
		return -1
	}
	return w + n
}

func foldEqual(s, want string) bool { return foldPrefix(s, want) == len(s) }

func foldContains(s, want string) bool {
	for i := range s {
		if foldPrefix(s[i:], want) >= 0 {
			return true
		}
	}
	return want == ""
}

// foldCompare orders a folded value against a folded literal, as text.
func foldCompare(s, want string) int {
	for s != "" && want != "" {
		r, n := utf8.DecodeRuneInString(s)
		v, m := utf8.DecodeRuneInString(want)
		x, y := foldRune(r)
		if x != v {
			return int(x) - int(v)
		}
		s, want = s[n:], want[m:]
		if y == 0 {
			continue
		}
		if v, m = utf8.DecodeRuneInString(want); y != v {
			return int(y) - int(v)
		}
		want = want[m:]
	}
	return len(s) - len(want)
}
