// Package header writes the head lines of a mail, so that each stays one line of the
// kind it is whatever its value holds.
//
// A header that holds a line break is two headers, and the second may be a recipient
// nobody chose; so breaks and other controls become spaces, addresses are checked
// before they are written, and ids that are not plain are refused. What is not ASCII
// is encoded (RFC 2047), and long lines are folded (RFC 5322 2.2.3).
//
// Shape: Append for words, AppendMailbox for addresses with names, AppendToken for
// ids and addresses of pages, Mailbox for what may be an address at all.
package header

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"kartotek/internal/address"
	"kartotek/internal/fault"
)

const (
	lineWanted = 76  // RFC 2047: no header line with an encoded word is longer
	wordMax    = 75  // RFC 2047: an encoded word
	lineMost   = 998 // RFC 5322 2.1.1
)

// Append writes one unstructured header, encoded where it is not plain
// ASCII and folded. Whatever the value holds, it stays one header: line breaks
// and other controls become spaces.
func Append(dst []byte, name, value string) []byte {
	value = strings.TrimSpace(harmless(value))
	dst = append(append(dst, name...), ": "...)
	col := len(name) + 2
	switch {
	case !plainASCII(value) || strings.Contains(value, "=?") || longWord(value):
		dst, _ = appendWords(dst, value, col)
	default:
		dst = appendFolded(dst, value, col)
	}
	return append(dst, "\r\n"...)
}

// Clean makes controls, line and paragraph separators spaces.
func Clean(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsControl(r) || r == '\u2028' || r == '\u2029' {
			return ' '
		}
		return r
	}, s)
}

// harmless is Clean, at no cost for plain text. It makes controls, line and paragraph separators spaces.
func harmless(s string) string {
	for i := 0; i < len(s); i++ {
		if s[i] < ' ' || s[i] >= 0x7f {
			return Clean(s)
		}
	}
	return s
}

func plainASCII(s string) bool {
	for i := 0; i < len(s); i++ {
		if s[i] < ' ' || s[i] > '~' {
			return false
		}
	}
	return true
}

func longWord(s string) bool {
	run := 0
	for i := 0; i < len(s); i++ {
		if run++; s[i] == ' ' {
			run = 0
		}
		if run > lineWanted-20 {
			return true
		}
	}
	return false
}

// appendFolded breaks lines at single spaces.
func appendFolded(dst []byte, s string, col int) []byte {
	for s != "" {
		n := strings.IndexByte(s[1:], ' ') + 1
		if n == 0 {
			n = len(s)
		}
		if s[0] == ' ' && col+n > lineWanted && strings.Trim(s[:n], " ") != "" {
			dst, col = append(dst, "\r\n"...), 0
		}
		dst, s, col = append(dst, s[:n]...), s[n:], col+n
	}
	return dst
}

const hexDigits = "0123456789ABCDEF"

// appendWords writes RFC 2047 Q words, none splitting a character.
func appendWords(dst []byte, s string, col int) ([]byte, int) {
	const open, end = "=?utf-8?q?", "?="
	room := min(wordMax, lineWanted-col)
	dst = append(dst, open...)
	used := len(open) + len(end)
	var enc [12]byte
	for _, r := range s {
		e := qRune(enc[:0], r)
		if used+len(e) > room {
			dst = append(append(append(dst, end...), "\r\n "...), open...)
			used, room, col = len(open)+len(end), wordMax, 1
		}
		dst, used = append(dst, e...), used+len(e)
	}
	return append(dst, end...), col + used
}

// qRune encodes a character for a word that may also stand in a phrase.
func qRune(dst []byte, r rune) []byte {
	if r == ' ' {
		return append(dst, '_')
	}
	if r < utf8.RuneSelf && ('0' <= r && r <= '9' || 'a' <= r|0x20 && r|0x20 <= 'z' || strings.ContainsRune("!*+-/", r)) {
		return append(dst, byte(r))
	}
	var b [4]byte
	for _, c := range b[:utf8.EncodeRune(b[:], r)] {
		dst = append(dst, '=', hexDigits[c>>4], hexDigits[c&15])
	}
	return dst
}

// AppendMailbox writes: Name: "Aino" <aino@x.example>.
func AppendMailbox(dst []byte, header, name, addr string) []byte {
	dst = append(append(dst, header...), ": "...)
	col := len(header) + 2
	if name = strings.TrimSpace(harmless(name)); name != "" {
		if plainASCII(name) && len(name) < 50 && !strings.Contains(name, "=?") {
			dst = append(dst, '"')
			for i := 0; i < len(name); i++ {
				if name[i] == '"' || name[i] == '\\' {
					dst = append(dst, '\\')
				}
				dst = append(dst, name[i])
			}
			dst, col = append(dst, '"'), col+len(name)+2
		} else {
			dst, col = appendWords(dst, name, col)
		}
		if col+len(addr)+3 > lineWanted {
			dst = append(dst, "\r\n"...)
		}
		dst = append(dst, ' ')
	}
	dst = append(append(append(dst, '<'), addr...), '>')
	return append(dst, "\r\n"...)
}

// Mailbox checks an address for headers and the wire: the local part as
// written, the domain in ASCII. Quoted local parts, comments, controls and a
// second @ are refused, so that no address can carry a command or a header.
func Mailbox(addr string) (string, error) {
	key, err := address.Email(addr)
	if err != nil {
		return "", fault.New(fault.Invalid, "mail.address", "this cannot be used as a mail address").Because(err)
	}
	addr = address.Trim(addr)
	at := strings.IndexByte(addr, '@')
	if local := addr[:max(at, 0)]; strings.EqualFold(local, key[:strings.IndexByte(key, '@')]) {
		return local + key[strings.IndexByte(key, '@'):], nil
	}
	return key, nil
}

// AppendToken writes a structured header whose value must be plain: ids and
// addresses of pages. A value that is not is refused, never repaired.
func AppendToken(dst []byte, name, value string) ([]byte, error) {
	if !plainASCII(value) || strings.ContainsAny(value, " <>\"\\,") || value == "" || len(value) > lineMost-40 {
		return nil, fault.New(fault.Invalid, "mail.header", "the value of %s cannot stand in a header", name).In(name)
	}
	dst = append(append(dst, name...), ':')
	if len(name)+len(value)+4 > lineWanted {
		dst = append(dst, "\r\n"...)
	}
	return append(append(append(dst, " <"...), value...), ">\r\n"...), nil
}
