package bounce

import (
	"bytes"
	"errors"
	"mime"
	"strings"
)

// field is one header field, unfolded.
type field struct{ name, value string }

// header is the fields of a mail or part in their order, names in lower case.
type header []field

// get is the first field of a name, with encoded words decoded; "" when absent.
func (h header) get(name string) string {
	name = strings.ToLower(name)
	for _, f := range h {
		if f.name == name {
			return decodeWords(f.value)
		}
	}
	return ""
}

// all are the values of the fields with one of the names.
func (h header) all(names ...string) (out []string) {
	for _, f := range h {
		for _, n := range names {
			if f.name == n {
				out = append(out, f.value)
			}
		}
	}
	return out
}

// part is a leaf of a mail.
type part struct {
	header header
	media  string // such as text/plain, in lower case
	params map[string]string
	body   []byte // as transmitted
}

// mail is an opened mail.
type mail struct {
	header header
	media  string
	params map[string]string
	parts  []part // leaves, in order
	text   string // of the readable parts before what came back; see prose
}

var errBomb = errors.New("the mail is beyond the limits")

// maxField is the longest header field of a real mail, and more.
const maxField = 64 << 10

// opener opens one mail, and counts what it finds.
type opener struct {
	lim   Limits
	parts int
	out   []part
}

// open takes a mail apart.
func open(raw []byte, lim Limits) (*mail, error) {
	raw = unixLines(raw)
	h, body, err := readHeader(raw, lim.Fields)
	if err != nil {
		return nil, err
	}
	m := &mail{header: h}
	m.media, m.params = contentType(h)
	o := opener{lim: lim}
	if err := o.add(part{h, m.media, m.params, body}, 0); err != nil {
		return nil, err
	}
	m.parts = o.out
	m.text = m.prose()
	return m, nil
}

// unixLines makes every line end a line feed; mail kept on old Macs has returns only.
func unixLines(raw []byte) []byte {
	if !bytes.Contains(raw, []byte{'\r'}) {
		return raw
	}
	raw = bytes.ReplaceAll(raw, []byte("\r\n"), []byte{'\n'})
	return bytes.ReplaceAll(raw, []byte{'\r'}, []byte{'\n'})
}

// readHeader reads fields up to an empty line. A line that is no field ends the
// header when fields came before it, as broken servers leave the empty line out.
func readHeader(raw []byte, most int) (h header, body []byte, err error) {
	var name string
	var value []byte
	put := func() {
		if name != "" {
			h = append(h, field{name, strings.TrimSpace(string(value))})
		}
		name, value = "", nil
	}
	for len(raw) > 0 {
		line, rest := cutLine(raw)
		blank := len(bytes.TrimSpace(line)) == 0
		n, v, ok := cutField(line)
		switch {
		case len(line)+len(value) > maxField || len(h) > most:
			return nil, nil, errBomb
		case blank && name != "":
			put()
			return h, rest, nil
		case blank:
		case (line[0] == ' ' || line[0] == '\t') && name != "":
			value = append(append(value, ' '), bytes.TrimSpace(line)...)
		case ok:
			put()
			name, value = n, v
		case !mboxLine(line) && name != "":
			put()
			return h, raw, nil
		}
		raw = rest
	}
	put()
	return h, nil, nil
}

// cutLine gives the first line, without its end, and what follows.
func cutLine(raw []byte) (line, rest []byte) {
	line, rest, _ = bytes.Cut(raw, []byte{'\n'})
	return line, rest
}

func mboxLine(line []byte) bool {
	return bytes.HasPrefix(line, []byte("From ")) || bytes.HasPrefix(line, []byte(">From "))
}

// cutField reads "Name: value".
func cutField(line []byte) (name string, value []byte, ok bool) {
	i := bytes.IndexByte(line, ':')
	if i <= 0 || i > 100 {
		return "", nil, false
	}
	n := bytes.TrimRight(line[:i], " \t")
	for _, c := range n {
		if c <= ' ' || c >= 0x7f {
			return "", nil, false
		}
	}
	return strings.ToLower(string(n)), bytes.Clone(bytes.TrimSpace(line[i+1:])), len(n) > 0
}

func contentType(h header) (string, map[string]string) {
	v := h.get("Content-Type")
	media, params, err := mime.ParseMediaType(v)
	if err != nil && media == "" {
		media, _, _ = strings.Cut(strings.ToLower(strings.TrimSpace(v)), ";")
		params = looseParams(v)
	}
	if media == "" {
		media = "text/plain"
	}
	return media, params
}

// looseParams finds boundary and charset in a field that is not well formed.
func looseParams(v string) map[string]string {
	out := map[string]string{}
	for _, p := range strings.Split(v, ";") {
		k, val, ok := strings.Cut(p, "=")
		if ok {
			out[strings.ToLower(strings.TrimSpace(k))] = strings.Trim(strings.TrimSpace(val), `"'`)
		}
	}
	return out
}

// add appends a part, or what a multipart holds.
func (o *opener) add(p part, depth int) error {
	if o.parts++; o.parts > o.lim.Parts || depth > o.lim.Depth {
		return errBomb
	}
	if !strings.HasPrefix(p.media, "multipart/") || p.params["boundary"] == "" {
		o.out = append(o.out, p)
		return nil
	}
	pieces := split(p.body, p.params["boundary"], o.lim.Parts)
	if len(pieces) == 0 {
		p.media = "text/plain"
		o.out = append(o.out, p)
	}
	if len(pieces) > o.lim.Parts {
		return errBomb
	}
	for _, piece := range pieces {
		if err := o.piece(piece, depth+1); err != nil {
			return err
		}
	}
	return nil
}

// piece opens one part of a multipart. A part may begin with its empty line: it
// has no fields then.
func (o *opener) piece(raw []byte, depth int) error {
	var h header
	body := raw
	if len(raw) > 0 && raw[0] == '\n' {
		body = raw[1:]
	} else {
		var err error
		if h, body, err = readHeader(raw, o.lim.Fields); err != nil {
			return err
		}
		if len(h) == 0 {
			body = raw
		}
	}
	media, params := contentType(h)
	return o.add(part{h, media, params, body}, depth)
}

// split cuts a multipart's body at its boundary lines, at most most+1 pieces; what stands before the
// first and after the last is left out, unless there is text before and no part.
func split(body []byte, boundary string, most int) (out [][]byte) {
	mark := []byte("--" + strings.TrimRight(boundary, " "))
	var cur []byte
	start, pos := -1, 0
	for pos < len(body) && len(out) <= most {
		end := len(body)
		if i := bytes.IndexByte(body[pos:], '\n'); i >= 0 {
			end = pos + i + 1
		}
		line := bytes.TrimRight(body[pos:end], " \t\n")
		if bytes.HasPrefix(line, mark) && (len(line) == len(mark) || string(line[len(mark):]) == "--") {
			if start >= 0 {
				out = append(out, body[start:pos])
			}
			start = end
			if len(line) > len(mark) {
				return out
			}
		}
		pos = end
	}
	if start >= 0 && start < len(body) {
		cur = body[start:]
		out = append(out, cur)
	}
	return out
}
