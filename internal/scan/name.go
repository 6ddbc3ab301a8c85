package scan

import (
	"path"
	"regexp"
	"strings"
	"unicode"

	"kartotek/internal/address"
)

// MaxName is the longest name that is kept, in characters.
const MaxName = 100

// CleanName makes a name that can stand in a list and be given to a file: without the
// path that came with it, signs that cannot be seen or turn the direction of writing,
// or what systems do not allow. It is never empty.
func CleanName(name string) string {
	name = strings.ToValidUTF8(name, "")
	name = name[strings.LastIndexAny(name, `/\`)+1:]
	name = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsSpace(r):
			return ' '
		case unicode.IsControl(r), unicode.Is(unicode.Cf, r), unicode.Is(unicode.Co, r), unicode.Is(unicode.Zl, r), unicode.Is(unicode.Zp, r):
			return -1
		case strings.ContainsRune(`<>:"|?*`, r):
			return '_'
		}
		return r
	}, name)
	name = strings.Trim(strings.Join(strings.Fields(name), " "), ". ")
	end := endingOf(name)
	stem := []rune(strings.TrimSuffix(name, end))
	if len(stem) > MaxName {
		stem = stem[:MaxName]
	}
	name = strings.TrimRight(string(stem), ". ") + end
	if strings.Trim(name, ". ") == "" {
		return "file"
	}
	return name
}

// endingOf is a short ending of a name, with its dot.
func endingOf(name string) string {
	if end := path.Ext(name); len(end) > 1 && len(end) <= 6 && len(end) < len(name) {
		return end
	}
	return ""
}

// identityNames are words by which people call pictures of an identity document.
var identityNames = regexp.MustCompile(`(?i)(^|[^\pL])(pass|passport|passi(kuva|kopio|ni)?|passkopia|passet|ajokort\pL*|korkort\pL*|driv(ing|er'?s?)[ _-]?licen[cs]e|licence|henkilokort\pL*|henkilollisyystod\pL*|id[ _-]?(kort|kortti|card|handling|copy|kopia|kopio|scan)\pL*|idkort\pL*|leg(itimation)?|legitimations?\pL*|identity[ _-]?(card|document|paper)s?|national[ _-]?id|id)([^\pL]|$)`)

// namesIdentity reports whether a file's name says that it shows an identity document.
func namesIdentity(name string) bool {
	name = name[strings.LastIndexAny(name, `/\`)+1:]
	return identityNames.MatchString(address.Fold(strings.TrimSuffix(name, path.Ext(name))))
}
