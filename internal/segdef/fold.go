package segdef

import (
	"strings"
	"unicode/utf8"

	"kartotek/internal/address"
)

// wide holds the folded form of the letters up to Latin Extended-B, so that
// matching Nordic and Baltic names makes no garbage.
var wide = func() (t [0x250]string) {
	for r := range t {
		t[r] = address.Fold(string(rune(r)))
	}
	return t
}()

// foldRune gives what a rune is compared as, by the rule of the whole register
// (address.Fold); "" for a mark that counts for nothing.
func foldRune(r rune) string {
	if int(r) < len(wide) {
		return wide[r]
	}
	return address.Fold(string(r))
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
		f := foldRune(r)
		if !strings.HasPrefix(want[w:], f) {
			return -1
		}
		i, w = i+n, w+len(f)
	}
	return i + marks(s[i:])
}

// marks counts the bytes of marks that s begins with: they belong to the letter
// before.
func marks(s string) int {
	for i, r := range s {
		if r < utf8.RuneSelf || foldRune(r) != "" {
			return i
		}
	}
	return len(s)
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

// foldCompare orders a value, folded, against a folded literal, as text.
func foldCompare(s, want string) int {
	for _, r := range s {
		f := foldRune(r)
		for k := 0; k < len(f); k++ {
			if want == "" {
				return 1
			}
			if f[k] != want[0] {
				return int(f[k]) - int(want[0])
			}
			want = want[1:]
		}
	}
	return -len(want)
}
