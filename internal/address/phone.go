package address

import (
	"strings"

	"github.com/nyaruka/phonenumbers"
)

// E.164 allows 15 digits; nothing shorter than 7 reaches a person from abroad.
const (
	minDigits = 7
	maxDigits = 15
)

// Phone returns a telephone number in E.164 form ("+358401234567"). country is
// the ISO 3166 code whose dialling rules apply to numbers written without a
// country code. The number need not be in use. Numbers with letters are refused.
func Phone(s, country string) (string, error) {
	s = Trim(s)
	if s == "" {
		return "", ErrEmpty
	}
	if out, ok, err := international(s); ok || err != nil {
		return out, err
	}
	return national(s, country)
}

// international handles the common case, "+" or "00" and then digits in groups,
// without consulting any numbering plan. ok is false when the number has
// another form.
func international(s string) (out string, ok bool, err error) {
	rest := s
	switch {
	case s[0] == '+':
		rest = s[1:]
	case strings.HasPrefix(s, "00"):
		rest = s[2:]
	default:
		return "", false, nil
	}
	var buf [maxDigits + 1]byte
	buf[0] = '+'
	n := 1
	for i := 0; i < len(rest); i++ {
		switch c := rest[i]; {
		case c >= '0' && c <= '9':
			if n > maxDigits {
				return "", false, ErrPhoneLength
			}
			buf[n] = c
			n++
		case c != ' ' && c != '-':
			return "", false, nil
		}
	}
	if n <= minDigits {
		return "", false, ErrPhoneLength
	}
	if buf[1] == '0' {
		return "", false, ErrPhone
	}
	if s[0] == '+' && n == len(s) {
		return s, true, nil // already in the form wanted
	}
	return string(buf[:n]), true, nil
}

// national asks the numbering plans.
func national(s, country string) (string, error) {
	if len(s) > 40 {
		return "", ErrPhoneLength
	}
	if strings.ContainsFunc(s, notInPhone) {
		return "", ErrPhone
	}
	if s[0] == '+' || strings.HasPrefix(s, "00") {
		s = strings.Replace(s, "(0)", "", 1) // "+46 (0)70": the zero is for callers at home
		if strings.HasPrefix(s, "00") {
			s = "+" + s[2:]
		}
	}
	number, err := phonenumbers.Parse(s, strings.ToUpper(country))
	if err != nil || !phonenumbers.IsPossibleNumber(number) {
		return "", ErrPhone
	}
	out := phonenumbers.Format(number, phonenumbers.E164)
	if len(out) <= minDigits || len(out) > maxDigits+1 || out[1] == '0' {
		return "", ErrPhoneLength
	}
	return out, nil
}

// notInPhone allows digits and the marks people group them with.
func notInPhone(r rune) bool {
	return !(r >= '0' && r <= '9') && !strings.ContainsRune(" +-()/.\u00a0\u2010\u2011\u2012\u2013", r)
}
