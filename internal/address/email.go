package address

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/net/idna"
	"golang.org/x/text/unicode/norm"
)

const (
	maxLocal  = 64  // bytes before the @, RFC 5321 4.5.3.1.1
	maxDomain = 255 // bytes after the @, RFC 5321 4.5.3.1.2
	maxLabel  = 63  // bytes between two dots of a domain, RFC 1035 2.3.4
)

// What a byte may be part of.
const (
	inLocal  = 1 << iota // an atom before the @, RFC 5322 3.2.3
	inDomain             // a host name
	upper                // needs lower-casing
)

// ascii classes every byte; bytes from 0x80 on have no class.
var ascii = func() (t [256]byte) {
	for c := 'a'; c <= 'z'; c++ {
		t[c] = inLocal | inDomain
		t[c-'a'+'A'] = inLocal | inDomain | upper
	}
	for c := '0'; c <= '9'; c++ {
		t[c] = inLocal | inDomain
	}
	for _, c := range "!#$%&'*+/=?^_`{|}~" {
		t[c] = inLocal
	}
	t['-'], t['.'] = inLocal|inDomain, inLocal|inDomain
	return t
}()

// domains maps a typed domain to its ASCII form: UTS 46 non-transitional, so
// that "straße.example" stays distinct from "strasse.example".
var domains = idna.New(idna.MapForLookup(), idna.Transitional(false), idna.BidiRule(),
	idna.StrictDomainName(true), idna.VerifyDNSLength(true))

// Email returns the register's key for a typed e-mail address: trimmed, both
// parts in lower case, the domain in its ASCII (punycode) form. Quoted local
// parts, address literals, angle brackets, spaces and control characters are
// refused. Email(Email(s)) equals Email(s). A plain lower-case address comes
// back as a part of s, without a copy.
func Email(s string) (string, error) {
	s = Trim(s)
	if s == "" {
		return "", ErrEmpty
	}
	at, all := -1, byte(0)
	for i := 0; i < len(s); i++ {
		c := s[i]
		class := ascii[c]
		switch {
		case c >= utf8.RuneSelf:
			return wideEmail(s)
		case c == '@' && at >= 0:
			return "", ErrManyAt
		case c == '@':
			at = i
		case class == 0, at >= 0 && class&inDomain == 0:
			return "", ErrCharacter
		}
		all |= class
	}
	if at < 0 {
		return "", ErrNoAt
	}
	if err := checkParts(s[:at], s[at+1:]); err != nil {
		return "", err
	}
	if all&upper != 0 {
		s = strings.ToLower(s)
	}
	if hasPunycode(s[at+1:]) {
		return wideEmail(s)
	}
	return s, nil
}

// wideEmail is Email for addresses with letters beyond ASCII.
func wideEmail(s string) (string, error) {
	if !utf8.ValidString(s) {
		return "", ErrCharacter
	}
	local, domain, found := strings.Cut(norm.NFC.String(s), "@")
	if !found {
		return "", ErrNoAt
	}
	if strings.Contains(domain, "@") {
		return "", ErrManyAt
	}
	local = lowerWide(local)
	for _, r := range local {
		if !localRune(r) {
			return "", ErrCharacter
		}
	}
	plain, err := domains.ToASCII(domain)
	if err != nil {
		return "", ErrDomain
	}
	if err := checkParts(local, plain); err != nil {
		return "", err
	}
	return local + "@" + plain, nil
}

// lowerWide lower-cases and composes until nothing changes: a few letters
// ("İ") change length when lower-cased and only then compose.
func lowerWide(s string) string {
	for range 4 {
		next := norm.NFC.String(strings.ToLower(s))
		if next == s {
			break
		}
		s = next
	}
	return s
}

// localRune says whether a rune may stand before the @.
func localRune(r rune) bool {
	if r < utf8.RuneSelf {
		return ascii[byte(r)]&inLocal != 0
	}
	return r != utf8.RuneError && (unicode.IsLetter(r) || unicode.IsDigit(r) || unicode.IsMark(r))
}

// checkParts applies the rules about lengths and dots to both sides of the @.
func checkParts(local, domain string) error {
	switch {
	case local == "" || local[0] == '.' || local[len(local)-1] == '.' || strings.Contains(local, ".."):
		return ErrLocal
	case len(local) > maxLocal:
		return ErrLocalLong
	case len(domain) > maxDomain:
		return ErrDomainLong
	}
	return checkDomain(domain)
}

// checkDomain wants at least two labels, none empty, none with a hyphen at
// either end, and a last one that is not a number.
func checkDomain(domain string) error {
	start, labels, digits := 0, 0, true
	for i := 0; i <= len(domain); i++ {
		if i < len(domain) && domain[i] != '.' {
			digits = digits && domain[i] >= '0' && domain[i] <= '9'
			continue
		}
		label := domain[start:i]
		if label == "" || len(label) > maxLabel || label[0] == '-' || label[len(label)-1] == '-' {
			return ErrDomain
		}
		labels++
		start = i + 1
		if i < len(domain) {
			digits = true
		}
	}
	if labels < 2 || digits {
		return ErrDomain
	}
	return nil
}

// hasPunycode finds labels that claim to be encoded and so must be verified.
func hasPunycode(domain string) bool {
	return strings.HasPrefix(domain, "xn--") || strings.Contains(domain, ".xn--")
}

// Mailbox loosens an e-mail key to the mailbox that most likely stands behind
// it: the part from "+" on is dropped, and for Google's domains the dots as
// well. It is meant for one question only, "has this person said no under a
// variant of this address?", never for storing or sending.
func Mailbox(email string) string {
	local, domain, found := strings.Cut(email, "@")
	if !found {
		return email
	}
	if i := strings.IndexByte(local, '+'); i > 0 {
		local = local[:i]
	}
	if domain == "googlemail.com" {
		domain = "gmail.com"
	}
	if domain == "gmail.com" {
		local = strings.ReplaceAll(local, ".", "")
	}
	if len(local)+1+len(domain) == len(email) {
		return email
	}
	return local + "@" + domain
}

// Trim removes spaces and the invisible characters that spreadsheets and web
// pages leave around a value: no-break and zero-width spaces, byte order marks.
func Trim(s string) string {
	if s == "" || (plain(s[0]) && plain(s[len(s)-1])) {
		return s
	}
	return strings.TrimFunc(s, func(r rune) bool {
		return unicode.IsSpace(r) || r == 0xFEFF || (r >= 0x200B && r <= 0x200D) || r == 0x2060
	})
}

func plain(c byte) bool { return c > ' ' && c < utf8.RuneSelf }
