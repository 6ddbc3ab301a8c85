package compose

import (
	"strings"

	"kartotek/internal/fault"
)

type pieceKind uint8

const (
	pieceText   pieceKind = iota
	pieceOutput           // {{ … }}
	pieceTag              // {% … %}
)

// piece is a stretch of a template's source.
type piece struct {
	kind pieceKind
	text string // the text, or what stands between the delimiters
	line int
	out  *output // pieceOutput, once parsed
}

// refuse is the fault for a template that cannot be used, with its line.
func refuse(line int, key, format string, args ...any) *fault.Error {
	return fault.New(fault.Invalid, "template."+key, format, args...).In("body").At(line)
}

// scan cuts a source into text, outputs and tags. Comments vanish, raw blocks
// become text, and {{- -}} trims as Liquid does.
func scan(src string) ([]piece, *fault.Error) {
	s := scanner{src: src, line: 1}
	for s.src != "" {
		if err := s.next(); err != nil {
			return nil, err
		}
	}
	return s.out, nil
}

type scanner struct {
	src  string
	line int
	trim bool // the piece before asked that space after it goes
	out  []piece
}

func (s *scanner) next() *fault.Error {
	i := strings.Index(s.src, "{")
	for i >= 0 && i+1 < len(s.src) && s.src[i+1] != '{' && s.src[i+1] != '%' {
		j := strings.Index(s.src[i+1:], "{")
		if j < 0 {
			i = -1
			break
		}
		i += 1 + j
	}
	if i < 0 || i+1 >= len(s.src) {
		s.text(s.src, false)
		s.src = ""
		return nil
	}
	opensTag := s.src[i+1] == '%'
	body := s.src[i+2:]
	end := strings.Index(body, map[bool]string{true: "%}", false: "}}"}[opensTag])
	if end < 0 {
		return refuse(s.line+strings.Count(s.src[:i], "\n"), "unclosed", "{{ or {%% is opened here and never closed")
	}
	inner := body[:end]
	s.text(s.src[:i], strings.HasPrefix(inner, "-"))
	s.src = body[end+2:]
	s.trim = strings.HasSuffix(inner, "-")
	return s.markup(opensTag, strings.TrimSpace(strings.Trim(inner, "-")), strings.Count(inner, "\n"))
}

func (s *scanner) text(t string, trimRight bool) {
	s.line += strings.Count(t, "\n")
	if s.trim {
		t = strings.TrimLeft(t, " \t\n")
	}
	if s.trim = false; trimRight {
		t = strings.TrimRight(t, " \t\n")
	}
	if t != "" {
		s.out = append(s.out, piece{kind: pieceText, text: t, line: s.line})
	}
}

func (s *scanner) markup(tag bool, inner string, lines int) *fault.Error {
	line := s.line
	s.line += lines
	if !tag {
		s.out = append(s.out, piece{kind: pieceOutput, text: inner, line: line})
		return nil
	}
	if inner != "comment" && inner != "raw" {
		s.out = append(s.out, piece{kind: pieceTag, text: inner, line: line})
		return nil
	}
	i, n := findEnd(s.src, "end"+inner)
	if i < 0 {
		return refuse(line, "unclosed", "{%% %s %%} is never ended", inner)
	}
	if inner == "raw" {
		s.text(s.src[:i], false)
	} else {
		s.line += strings.Count(s.src[:i], "\n")
	}
	s.src = s.src[i+n:]
	return nil
}

// findEnd finds {% name %}, in any spacing: its place and length, or -1.
func findEnd(src, name string) (at, length int) {
	for from := 0; ; {
		end := strings.Index(src[from:], "%}")
		if end < 0 {
			return -1, 0
		}
		end += from
		start := strings.LastIndex(src[from:end], "{%")
		if start >= 0 && strings.TrimSpace(strings.Trim(src[from+start+2:end], "-")) == name {
			return from + start, end + 2 - from - start
		}
		from = end + 2
	}
}
