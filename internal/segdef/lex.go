package segdef

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"kartotek/internal/fault"
)

type tokenKind int

const (
	tEnd tokenKind = iota
	tWord
	tText // in quotes
	tSign // = != < <= > >= ( ) ,
)

type token struct {
	kind tokenKind
	text string
	pos  int // character from 1
}

// is reports whether the token is this keyword, in any case.
func (t token) is(word string) bool { return t.kind == tWord && strings.EqualFold(t.text, word) }

func (t token) sign(s string) bool { return t.kind == tSign && t.text == s }

// syntax is the fault for a text that is no segment, with its place.
func syntax(pos int, format string, args ...any) *fault.Error {
	e := fault.New(fault.Invalid, "segment.syntax", format, args...)
	e.Msg = "character " + itoa(pos) + ": " + e.Msg
	return e.In("segment")
}

type lexer struct {
	src string
	at  int // byte
	pos int // characters passed
	out []token
}

func lex(src string) ([]token, *fault.Error) {
	if !utf8.ValidString(src) {
		return nil, syntax(1, "the text is not UTF-8")
	}
	l := &lexer{src: src}
	for {
		l.space()
		if l.at >= len(src) {
			return append(l.out, token{tEnd, "", l.pos + 1}), nil
		}
		if err := l.next(); err != nil {
			return nil, err
		}
	}
}

func (l *lexer) rune() rune {
	r, n := utf8.DecodeRuneInString(l.src[l.at:])
	l.at += n
	l.pos++
	return r
}

func (l *lexer) peek() rune {
	r, _ := utf8.DecodeRuneInString(l.src[l.at:])
	return r
}

func (l *lexer) space() {
	for l.at < len(l.src) && unicode.IsSpace(l.peek()) {
		l.rune()
	}
}

func (l *lexer) next() *fault.Error {
	start, pos := l.at, l.pos+1
	r := l.rune()
	switch {
	case r == '"':
		return l.quoted(pos)
	case strings.ContainsRune("(),=", r):
		l.out = append(l.out, token{tSign, string(r), pos})
	case strings.ContainsRune("!<>", r):
		if l.at < len(l.src) && l.src[l.at] == '=' {
			l.rune()
		}
		if l.src[start:l.at] == "!" {
			return syntax(pos, "write != for \"is not\"")
		}
		l.out = append(l.out, token{tSign, l.src[start:l.at], pos})
	case wordRune(r):
		for l.at < len(l.src) && wordRune(l.peek()) {
			l.rune()
		}
		l.out = append(l.out, token{tWord, l.src[start:l.at], pos})
	default:
		return syntax(pos, "this sign has no meaning here; put texts in double quotes")
	}
	return nil
}

func (l *lexer) quoted(pos int) *fault.Error {
	var b strings.Builder
	for l.at < len(l.src) {
		switch r := l.rune(); {
		case r == '"':
			l.out = append(l.out, token{tText, b.String(), pos})
			return nil
		case r == '\\':
			if l.at >= len(l.src) || (l.peek() != '"' && l.peek() != '\\') {
				return syntax(l.pos, `a backslash may only stand before " or \`)
			}
			b.WriteRune(l.rune())
		case unicode.IsControl(r):
			return syntax(l.pos, "a text may not hold line breaks or control characters")
		default:
			b.WriteRune(r)
		}
	}
	return syntax(pos, "the text that begins here has no closing quote")
}

// wordRune reports whether r may stand in a word without quotes: field names,
// codes, dates, numbers, simple addresses.
func wordRune(r rune) bool {
	return unicode.IsLetter(r) || unicode.IsDigit(r) || strings.ContainsRune("_-.:@+/", r)
}
