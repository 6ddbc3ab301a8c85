package bounce

import (
	"strings"
	"unicode"

	"kartotek/internal/address"
)

// fold brings text to the form in which phrases are compared: lower case without
// diacritics, one space between words, no punctuation but the dots of codes,
// "not" written out, and every address as "@". It begins and ends with a space,
// so that a phrase is found at the borders of words.
func fold(s string) string {
	s = address.Fold(s)
	var b strings.Builder
	b.Grow(len(s) + 2)
	b.WriteByte(' ')
	start := -1
	for i, c := range s {
		if wordRune(s, i, c) {
			if start < 0 {
				start = i
			}
			continue
		}
		if start >= 0 {
			foldWord(&b, s[start:i])
			start = -1
		}
	}
	if start >= 0 {
		foldWord(&b, s[start:])
	}
	return b.String()
}

// wordRune reports whether a rune belongs to a word: letters, digits, the signs of addresses, apostrophes,
// and dots within numbers.
func wordRune(s string, i int, c rune) bool {
	switch c {
	case '@', '\'', '’', '%', '+', '$', '&', '~', '|', '^':
		return true
	case '-', '_', '=':
		return nearAt(s, i)
	case '.':
		return i > 0 && i+1 < len(s) && digit(s[i-1]) && digit(s[i+1]) || nearAt(s, i)
	}
	return unicode.IsLetter(c) || unicode.IsDigit(c) || unicode.IsMark(c)
}

func digit(c byte) bool { return c >= '0' && c <= '9' }

// nearAt reports whether the sign at i stands in an address: an @ follows or
// precedes it in the same word.
func nearAt(s string, i int) bool {
	for _, step := range []int{1, -1} {
		for j, n := i, 0; j >= 0 && j < len(s) && n < 64 && s[j] > ' ' && strings.IndexByte(`<>()[]",;:`, s[j]) < 0; j, n = j+step, n+1 {
			if s[j] == '@' {
				return true
			}
		}
	}
	return false
}

func foldWord(b *strings.Builder, w string) {
	w = strings.Trim(w, "'’")
	if at := strings.IndexByte(w, '@'); at > 0 && at < len(w)-1 {
		w = "@"
	}
	w = strings.ReplaceAll(w, "’", "'")
	switch {
	case w == "":
		return
	case w == "cannot", w == "can't":
		w = "can not"
	case w == "won't":
		w = "will not"
	case strings.HasSuffix(w, "n't"):
		w = strings.TrimSuffix(w, "n't") + " not"
	}
	b.WriteString(w)
	b.WriteByte(' ')
}

// oneLine is text on one line, cut to 300 bytes.
func oneLine(s string) string {
	s = strings.Join(strings.FieldsFunc(s, func(c rune) bool { return unicode.IsSpace(c) || unicode.IsControl(c) }), " ")
	if len(s) > 300 {
		s = strings.ToValidUTF8(s[:300], "")
	}
	return s
}
