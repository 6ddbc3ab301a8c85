package choices

import (
	"strings"
	"unicode/utf8"
)

const dots = "•••"

// Mask shows enough of an address for its owner to know it by, and no more:
// a•••g@f•••.example, +358 •••12. The empty address stays empty.
func Mask(address string) string {
	local, domain, mail := strings.Cut(address, "@")
	switch {
	case address == "":
		return ""
	case mail:
		return ends(local) + "@" + maskDomain(domain)
	case len(address) > 8 && address[0] == '+':
		return address[:4] + " " + dots + address[len(address)-2:]
	}
	return dots
}

// ends keeps the first and the last letter of a word that has four or more.
func ends(s string) string {
	first, n := utf8.DecodeRuneInString(s)
	if s == "" || first == utf8.RuneError && n <= 1 {
		return dots
	}
	if utf8.RuneCountInString(s) < 4 {
		return string(first) + dots
	}
	last, _ := utf8.DecodeLastRuneInString(s)
	return string(first) + dots + string(last)
}

// maskDomain keeps the first letter and the last label.
func maskDomain(s string) string {
	first, n := utf8.DecodeRuneInString(s)
	if s == "" || first == utf8.RuneError && n <= 1 {
		return dots
	}
	out := string(first) + dots
	if i := strings.LastIndexByte(s, '.'); i > 0 {
		out += s[i:]
	}
	return out
}
