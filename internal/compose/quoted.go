package compose

import "github.com/osteele/liquid"

// Quoted-printable (RFC 2045 6.7), so that a mail passes every server and no
// line is over 76. The fixed parts of a letter are encoded once; only the text
// up to their first line break, whose place on the line depends on the value
// before it, is encoded for each person.

const hexDigits = "0123456789ABCDEF"

// qp writes quoted-printable; \n becomes CRLF.
type qp struct {
	dst []byte
	col int
}

var qpPlain = func() (t [256]bool) {
	for c := ' '; c <= '~'; c++ {
		t[c] = c != '='
	}
	t['\t'] = true
	return t
}()

func (q *qp) write(s []byte) {
	for _, c := range s {
		switch {
		case c == '\n':
			q.newline()
		case qpPlain[c]:
			q.room(1)
			q.dst, q.col = append(q.dst, c), q.col+1
		default:
			q.room(3)
			q.dst, q.col = append(q.dst, '=', hexDigits[c>>4], hexDigits[c&15]), q.col+3
		}
	}
}

func (q *qp) room(n int) {
	if q.col+n > 75 {
		q.dst, q.col = append(q.dst, "=\r\n"...), 0
	}
}

// newline ends a line; a blank at its end is written out, or it would be lost.
func (q *qp) newline() {
	if n := len(q.dst); q.col > 0 && (q.dst[n-1] == ' ' || q.dst[n-1] == '\t') {
		c := q.dst[n-1]
		q.dst, q.col = q.dst[:n-1], q.col-1
		q.room(3)
		q.dst = append(q.dst, '=', hexDigits[c>>4], hexDigits[c&15])
	}
	q.dst, q.col = append(q.dst, "\r\n"...), 0
}

// quoted is a program whose fixed texts are encoded already.
type quoted struct {
	prog  *program
	parts []quotedPart
}

type quotedPart struct {
	head  []byte // up to and with the first line break, not encoded
	tail  []byte // the rest, encoded from the start of a line
	col   int    // where tail ends on its line
	out   *output
	block *liquid.Template
}

func quote(p *program) *quoted {
	q := &quoted{prog: p}
	for _, s := range p.segs {
		part := quotedPart{out: s.out, block: s.block, head: []byte(s.text)}
		for i := range s.text {
			if s.text[i] == '\n' {
				w := qp{}
				w.write([]byte(s.text[i+1:]))
				part.head, part.tail, part.col = part.head[:i+1], w.dst, w.col
				break
			}
		}
		q.parts = append(q.parts, part)
	}
	return q
}

// append renders and encodes for one person; scratch is reused between calls.
func (q *quoted) append(w *qp, v *Vars, scratch []byte) (_ []byte, err error) {
	var bound map[string]any
	if q.prog.engine {
		bound = q.prog.bind(v)
	}
	limit := len(w.dst) + MaxOutput
	for i := range q.parts {
		p := &q.parts[i]
		switch {
		case p.block != nil:
			if scratch, err = run(p.block, scratch[:0], MaxOutput, bound); err != nil {
				return nil, errOutput
			}
			w.write(scratch)
		case p.out != nil:
			scratch = appendValue(scratch[:0], p.out.value(v), q.prog.place)
			w.write(scratch)
		default:
			w.write(p.head)
			if p.tail != nil {
				w.dst, w.col = append(w.dst, p.tail...), p.col
			}
		}
		if len(w.dst) > limit {
			return nil, errOutput
		}
	}
	return scratch, nil
}
