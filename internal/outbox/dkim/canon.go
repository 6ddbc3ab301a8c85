package dkim

import (
	"bytes"
	"crypto/sha256"
	"sync"

	"kartotek/internal/fault"
)

// Body is the hash of a mail's body in relaxed form (RFC 6376 3.4.4): all that a
// signature takes from the body.
type Body [sha256.Size]byte

// buffers holds the space in which bodies and heads are brought to their form.
var buffers = sync.Pool{New: func() any { b := make([]byte, 0, 16<<10); return &b }}

// HashBody hashes a body: what stands after the empty line that ends the head.
// Lines end in CRLF; a bare CR or LF is Invalid, because servers would mend it
// and break the signature. Mails with the same body may share the result.
func HashBody(body []byte) (Body, error) {
	buf := buffers.Get().(*[]byte)
	defer buffers.Put(buf)
	out, ok := relaxBody((*buf)[:0], body)
	*buf = out
	if !ok {
		return Body{}, fault.New(fault.Invalid, "dkim.lines", "a mail to be signed has a line that does not end in CRLF")
	}
	return sha256.Sum256(out), nil
}

// relaxBody makes runs of blanks one space, takes blanks off line ends and empty
// lines off the end, and tells whether all lines end in CRLF. It looks at each
// byte once and copies what needs no change in as long pieces as it can.
func relaxBody(dst, body []byte) ([]byte, bool) {
	r := relaxer{dst: dst, body: body}
	text := false // the line has something besides blanks
	for i := 0; i < len(body); {
		switch c := body[i]; {
		case c > ' ':
			text = true
			i++
		case c == '\r' && i+1 < len(body) && body[i+1] == '\n':
			if !text {
				r.copyTo(i)
				r.empty, r.from = r.empty+1, i+2
			}
			i, text = i+2, false
		case c == ' ' || c == '\t':
			i = r.blanks(i)
		case c == '\r' || c == '\n':
			return r.dst, false
		default:
			text = true
			i++
		}
	}
	if r.copyTo(len(body)); text {
		r.dst = append(r.dst, "\r\n"...)
	}
	return r.dst, true
}

// relaxer copies a body in pieces.
type relaxer struct {
	dst, body []byte
	from      int // body[from:] is not copied yet
	empty     int // empty lines seen since the last copied piece: written only before more text
}

func (r *relaxer) copyTo(end int) {
	if end > r.from {
		r.lines()
		r.dst = append(r.dst, r.body[r.from:end]...)
	}
	r.from = end
}

func (r *relaxer) lines() {
	for ; r.empty > 0; r.empty-- {
		r.dst = append(r.dst, "\r\n"...)
	}
}

// blanks deals with the run of blanks that begins at i and gives its end.
func (r *relaxer) blanks(i int) int {
	end := i + 1
	for end < len(r.body) && (r.body[end] == ' ' || r.body[end] == '\t') {
		end++
	}
	switch {
	case end == len(r.body), r.body[end] == '\r':
		r.copyTo(i)
		r.from = end
	case end > i+1, r.body[i] == '\t':
		r.copyTo(i)
		r.lines()
		r.dst, r.from = append(r.dst, ' '), end
	}
	return end
}

// appendRelaxedField writes one header field, folded or not, without its last
// CRLF, in relaxed form (RFC 6376 3.4.2): name in small letters, one line, single
// spaces, none at the ends.
func appendRelaxedField(dst, name, value []byte) []byte {
	for _, c := range name {
		if 'A' <= c && c <= 'Z' {
			c |= 0x20
		}
		dst = append(dst, c)
	}
	dst = append(dst, ':')
	start, blank := len(dst), false
	for _, c := range value {
		if c == ' ' || c == '\t' || c == '\r' || c == '\n' {
			blank = true
			continue
		}
		if blank && len(dst) > start {
			dst = append(dst, ' ')
		}
		dst, blank = append(dst, c), false
	}
	return dst
}

// nextField cuts the first field, with its folded lines, off a head. The name is
// nil when the head is at its end, or is none.
func nextField(head []byte) (name, value, rest []byte) {
	colon := bytes.IndexByte(head, ':')
	if colon <= 0 {
		return nil, nil, head
	}
	end := colon
	for {
		i := bytes.Index(head[end:], crlf)
		if i < 0 {
			end = len(head)
			break
		}
		end += i + 2
		if end >= len(head) || head[end] != ' ' && head[end] != '\t' {
			break
		}
	}
	return bytes.TrimRight(head[:colon], " \t"), head[colon+1 : end], head[end:]
}

var crlf = []byte("\r\n")
