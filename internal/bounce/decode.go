package bounce

import (
	"bytes"
	"encoding/base64"
	"html"
	"io"
	"mime"
	"mime/quotedprintable"
	"strings"
	"unicode/utf8"

	"github.com/emersion/go-message/charset"
)

// words decodes the encoded words of header fields (RFC 2047).
var words = mime.WordDecoder{CharsetReader: charset.Reader}

func decodeWords(s string) string {
	if !strings.Contains(s, "=?") {
		return valid(s)
	}
	if d, err := words.DecodeHeader(s); err == nil {
		return d
	}
	return valid(s)
}

// valid makes text that is not UTF-8 such, reading it as Latin-1.
func valid(s string) string {
	if utf8.ValidString(s) {
		return s
	}
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		b.WriteRune(rune(s[i]))
	}
	return b.String()
}

// decoded is a part's text in UTF-8, without markup.
func (p *part) decoded() string {
	raw := p.body
	switch strings.ToLower(strings.TrimSpace(p.header.get("Content-Transfer-Encoding"))) {
	case "quoted-printable":
		raw = unquote(raw)
	case "base64":
		raw = unbase(raw)
	}
	text := toUTF8(raw, p.params["charset"])
	if p.media == "text/html" || p.media == "text/plain" && looksHTML(text) {
		text = stripped(text)
	}
	return text
}

// unquote decodes quoted-printable; what follows a fault is taken as it stands.
func unquote(raw []byte) []byte {
	out, err := io.ReadAll(quotedprintable.NewReader(bytes.NewReader(raw)))
	if err != nil && len(out) < len(raw)/3 {
		return raw
	}
	return out
}

// unbase decodes base64 as far as it goes, passing over foreign characters.
func unbase(raw []byte) []byte {
	clean := make([]byte, 0, len(raw))
	for _, c := range raw {
		switch {
		case c >= 'A' && c <= 'Z', c >= 'a' && c <= 'z', c >= '0' && c <= '9', c == '+', c == '/':
			clean = append(clean, c)
		}
	}
	out := make([]byte, base64.RawStdEncoding.DecodedLen(len(clean)))
	n, _ := base64.RawStdEncoding.Decode(out, clean)
	return out[:n]
}

func toUTF8(raw []byte, name string) string {
	switch strings.ToLower(name) {
	case "", "us-ascii", "utf-8", "utf8":
		return valid(string(raw))
	}
	r, err := charset.Reader(name, bytes.NewReader(raw))
	if err != nil {
		return valid(string(raw))
	}
	out, err := io.ReadAll(r)
	if err != nil {
		return valid(string(raw))
	}
	return valid(string(out))
}

func looksHTML(text string) bool {
	head := strings.ToLower(strings.TrimSpace(text[:min(len(text), 200)]))
	return strings.HasPrefix(head, "<html") || strings.HasPrefix(head, "<!doctype html")
}

// breaks are tags that end a line; the text within hidden ones is not read.
var (
	breaks = map[string]bool{"br": true, "p": true, "div": true, "tr": true, "li": true, "h1": true, "h2": true, "h3": true, "table": true, "pre": true, "hr": true, "ul": true, "td": true}
	hidden = map[string]bool{"style": true, "script": true, "title": true}
)

// stripped is the text of HTML, good enough to read a sentence in it. An address
// in angle brackets, which careless servers leave unescaped, stays.
func stripped(s string) string {
	var b strings.Builder
	for s != "" {
		i := strings.IndexByte(s, '<')
		if i < 0 {
			b.WriteString(s)
			break
		}
		b.WriteString(s[:i])
		s = s[i:]
		j := strings.IndexByte(s, '>')
		if j < 0 {
			break
		}
		tag := s[1:j]
		s = s[j+1:]
		name := tagName(tag)
		switch {
		case strings.Contains(tag, "@") && !strings.ContainsAny(tag, " =\""):
			b.WriteString(" " + tag + " ")
		case strings.HasPrefix(tag, "!--"):
			if !strings.HasSuffix(tag, "--") {
				_, s, _ = strings.Cut(s, "-->")
			}
		case hidden[name]:
			s = after(s, "</"+name)
		case breaks[strings.TrimPrefix(name, "/")]:
			b.WriteByte('\n')
		}
	}
	return html.UnescapeString(b.String())
}

func tagName(tag string) string {
	end := strings.IndexAny(tag, " \t\n/")
	if end == 0 {
		end = 1 + strings.IndexAny(tag[1:]+" ", " \t\n")
	}
	if end < 0 {
		end = len(tag)
	}
	return strings.ToLower(tag[:min(end, 12)])
}

// after is s from an ASCII text on, whatever its case; nothing when it is absent.
func after(s, sub string) string {
	for s != "" {
		i := strings.IndexByte(s, sub[0])
		if i < 0 || len(s)-i < len(sub) {
			return ""
		}
		if s = s[i:]; strings.EqualFold(s[:len(sub)], sub) {
			return s
		}
		s = s[1:]
	}
	return ""
}
