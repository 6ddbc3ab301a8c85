package staff

import (
	_ "embed"
	"strings"
	"sync"
	"unicode/utf8"

	"golang.org/x/text/cases"
	"golang.org/x/text/unicode/norm"

	"kartotek/internal/fault"
)

// Lengths of a password, in characters. Without a second factor it must be long;
// nothing is demanded of what it is made of, and it never runs out.
// Source: NIST SP 800-63B-4, 3.1.1.2.
const (
	MinPassword = 15
	MinBeside   = 8 // beside a second factor
	MaxPassword = 256
)

// common.txt: the passwords of eight or more characters among the 30,000 most
// often used, folded, one a line. They come from the frequency lists of zxcvbn 4.4.2,
// copyright 2012–2016 Dan Wheeler and Dropbox, Inc., MIT licence.
//
//go:embed common.txt
var commonText string

var common = sync.OnceValue(func() map[string]bool {
	m := map[string]bool{}
	for line := range strings.Lines(commonText) {
		m[strings.TrimSpace(line)] = true
	}
	return m
})

// length of a password as it is counted, in characters.
func length(password string) int { return utf8.RuneCountInString(norm.NFKC.String(password)) }

// short is 1 for a password that suffices only beside a second factor.
func short(password string) int {
	if length(password) < MinPassword {
		return 1
	}
	return 0
}

// checkPassword says whether a password may be used: its length in characters, fewer
// of which suffice beside a second factor, and that it cannot be guessed from a list
// of common ones, from a short pattern repeated, from a run of neighbouring
// characters, or from words, such as the owner's name and address.
func checkPassword(password string, beside bool, words ...string) error {
	p, n := norm.NFKC.String(password), length(password)
	switch {
	case beside && n < MinBeside:
		return fault.New(fault.Invalid, "staff.password_short_beside", "use at least %d characters", MinBeside).In("password")
	case beside && n < MinPassword:
	case n < MinPassword:
		return fault.New(fault.Invalid, "staff.password_short", "use at least %d characters; a sentence is easy to remember", MinPassword).In("password")
	case n > MaxPassword:
		return fault.New(fault.Invalid, "staff.password_long", "use at most %d characters", MaxPassword).In("password")
	}
	folded := fold(p)
	if guessable(folded) {
		return fault.New(fault.Invalid, "staff.password_common", "this password is among the first that are tried; use another").In("password")
	}
	for _, w := range append(words, "kartotek") {
		if own(folded, fold(w)) {
			return fault.New(fault.Invalid, "staff.password_own", "this password is little more than a name or an address; use another").In("password")
		}
	}
	return nil
}

func fold(s string) string { return cases.Fold().String(norm.NFKC.String(s)) }

// guessable reports whether a folded password is a common one, also with digits
// and signs around it, or a pattern.
func guessable(p string) bool {
	if common()[p] || common()[strings.Trim(p, "0123456789!?.,-_#*+ ")] {
		return true
	}
	r := []rune(p)
	return repeats(r) || runs(r)
}

// repeats reports whether the whole is a pattern of up to a third of it, or a
// common password, over and over.
func repeats(r []rune) bool {
	for size := 1; size <= len(r)/2; size++ {
		same := true
		for i := size; i < len(r) && same; i++ {
			same = r[i] == r[i-size]
		}
		if same && (size <= len(r)/3 || common()[string(r[:size])]) {
			return true
		}
	}
	return false
}

// runs reports whether nearly all characters follow on their neighbour, as in
// 1234… or abcd….
func runs(r []rune) bool {
	steps := 0
	for i := 1; i < len(r); i++ {
		if d := r[i] - r[i-1]; d == 1 || d == -1 || d == 0 || r[i] == '0' && r[i-1] == '9' {
			steps++
		}
	}
	return steps*5 >= len(r)*4
}

// own reports whether a password is a word of the owner's with fewer than eight
// characters besides.
func own(p, w string) bool {
	for _, part := range append(strings.FieldsFunc(w, func(r rune) bool { return r == ' ' || r == '@' }), w) {
		if utf8.RuneCountInString(part) < 4 || !strings.Contains(p, part) {
			continue
		}
		if utf8.RuneCountInString(strings.ReplaceAll(p, part, "")) < 8 {
			return true
		}
	}
	return false
}
