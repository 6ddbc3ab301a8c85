// Package rows reads tables of delimited text the way people really send them.
//
// A CSV file has no type, no encoding label and no checksum, and the usual
// reader gives up at the first stray quote, or swallows the rest of the file
// into one cell. Here a bad row costs one row: it is handed over as a Problem,
// with its number and its text, and reading goes on at the next line.
//
// The shape: Sniff reads a stream once and says what it is (encoding, line
// ending, size, a sample); Decode turns it into UTF-8; Separator guesses the
// delimiter from the sample; Reader then yields one row at a time in memory
// bounded by the longest row allowed, whatever the file does.
//
// Rows follow RFC 4180 with three kindnesses: a quote inside an unquoted cell
// is text, spaces may follow a closing quote, and any of \n, \r\n or a lone \r
// may end the lines of a file.
package rows

import (
	"bytes"
	"io"
	"unicode/utf8"
)

// The reasons a row is unreadable; they are stable and used as text keys.
const (
	OpenQuote   = "open_quote"   // a quoted cell is never closed
	BadQuote    = "bad_quote"    // text follows a closing quote
	TooLong     = "row_too_long" // longer than Limits.Row
	TooMany     = "many_columns" // more cells than Limits.Columns
	WrongCount  = "cell_count"   // not as many cells as the header has
	NulByte     = "nul_byte"     // holds a zero byte
	BadEncoding = "invalid_utf8" // bytes that are no UTF-8 in a UTF-8 file
)

// Limits bound what one row may cost.
type Limits struct {
	Row     int // bytes of one row
	Columns int // cells of one row
}

// Problem is a row that cannot be read. Raw is its text, at most rawKept bytes.
type Problem struct {
	Code string
	Line int // line of the file, from 1, on which the row begins
	Raw  string
}

// rawKept bounds how much of an unreadable row is handed on.
const rawKept = 64 << 10

// Reader splits UTF-8 text into rows. It is not safe for concurrent use.
type Reader struct {
	src        io.Reader
	buf        []byte
	start, end int // the part of buf not yet consumed
	err        error
	delim, eol byte
	limits     Limits
	want       int // cells every row must have; 0 = any
	line       int // line on which the current row begins
	next       int // line on which the next row begins
	flat       []byte
	ends       []int // where each cell ends in flat
}

// NewReader reads rows from src. eol is the byte that ends a line: '\n', or
// '\r' for files that have only that.
func NewReader(src io.Reader, delim, eol byte, limits Limits) *Reader {
	return &Reader{src: src, delim: delim, eol: eol, limits: limits, next: 1,
		buf: make([]byte, 64<<10), flat: make([]byte, 0, 4<<10)}
}

// Expect makes every row from now on need n cells. Surplus cells are forgiven
// when they are empty: spreadsheets add them.
func (r *Reader) Expect(n int) { r.want = n }

// Line is the line of the file, from 1, on which the current row begins.
func (r *Reader) Line() int { return r.line }

// Len is the number of cells of the current row.
func (r *Reader) Len() int { return len(r.ends) }

// Cell is the text of cell i of the current row, valid until Next; empty when
// there is no such cell.
func (r *Reader) Cell(i int) []byte {
	if i < 0 || i >= len(r.ends) {
		return nil
	}
	from := 0
	if i > 0 {
		from = r.ends[i-1]
	}
	return r.flat[from:r.ends[i]]
}

// Strings appends the cells to dst. They share one allocation and stay valid.
func (r *Reader) Strings(dst []string) []string {
	all, from := string(r.flat), 0
	for _, end := range r.ends {
		dst = append(dst, all[from:end])
		from = end
	}
	return dst
}

// Next moves to the next row that is not blank. It returns io.EOF after the
// last one; a Problem for a row that cannot be read, after which Next goes on;
// any other error is the stream's.
func (r *Reader) Next() (*Problem, error) {
	for {
		r.line = r.next
		if _, ok := r.at(0); !ok {
			if r.err != nil && r.err != io.EOF {
				return nil, r.err
			}
			return nil, io.EOF
		}
		end, code := r.split(0)
		if r.err != nil && r.err != io.EOF {
			return nil, r.err
		}
		if code == "" {
			code = r.check(end)
		}
		if code != "" {
			return r.recover(end, code)
		}
		r.consume(end)
		if !r.blank() {
			r.trimSurplus()
			return nil, nil
		}
	}
}

// blank says whether every cell of the row is empty.
func (r *Reader) blank() bool { return len(bytes.Trim(r.flat, " \t\r")) == 0 }

// trimSurplus drops the forgiven empty cells at the end.
func (r *Reader) trimSurplus() {
	if r.want > 0 && len(r.ends) > r.want {
		r.ends = r.ends[:r.want]
	}
}

// check applies the rules about a whole row, which ends at end.
func (r *Reader) check(end int) string {
	text := r.buf[r.start : r.start+end]
	switch {
	case bytes.IndexByte(text, 0) >= 0:
		return NulByte
	case !utf8.Valid(text):
		return BadEncoding
	case len(r.ends) > r.limits.Columns:
		return TooMany
	case r.want > 0 && !r.fits() && !r.blank():
		return WrongCount
	}
	return ""
}

// fits says whether the row has the cells wanted, or empty ones in surplus.
func (r *Reader) fits() bool {
	n := len(r.ends)
	return n == r.want || n > r.want && len(r.flat) == r.ends[r.want-1]
}

// recover turns an unreadable row into a Problem and leaves the reader where
// reading can go on. After a quoting fault that is the line below the one the
// row began on, so that an open quote costs one line and not the file.
func (r *Reader) recover(end int, code string) (*Problem, error) {
	first, found := r.lineEnd()
	whole := end
	switch {
	case code == TooLong && !found:
		return r.skipLine(code)
	case code == OpenQuote, code == BadQuote, code == TooLong:
		whole = first
	case code == WrongCount && first < end && r.restarts(first):
		code, whole = OpenQuote, first
	}
	p := &Problem{Code: code, Line: r.line, Raw: r.text(whole)}
	r.consume(whole)
	return p, nil
}

// restarts tells whether the line after offset first is a good row by itself.
func (r *Reader) restarts(first int) bool {
	if _, ok := r.at(first); !ok {
		return false
	}
	_, code := r.split(first)
	return code == "" && r.fits()
}

// text copies the row of the given length, without its line ending.
func (r *Reader) text(n int) string {
	raw := bytes.TrimRight(r.buf[r.start:r.start+n], "\r\n")
	return string(raw[:min(len(raw), rawKept)])
}

// lineEnd finds the offset after the first line ending; found is false when
// the line is longer than a row may be.
func (r *Reader) lineEnd() (end int, found bool) {
	for from := 0; ; {
		window := r.buf[r.start:r.end]
		if i := bytes.IndexByte(window[from:], r.eol); i >= 0 {
			return from + i + 1, true
		}
		from = len(window)
		if from > r.limits.Row {
			return from, false
		}
		if !r.fill() {
			return len(r.buf[r.start:r.end]), true
		}
	}
}

// skipLine drops a line too long to hold, however long it is.
func (r *Reader) skipLine(code string) (*Problem, error) {
	p := &Problem{Code: code, Line: r.line, Raw: r.text(r.end - r.start)}
	for {
		if i := bytes.IndexByte(r.buf[r.start:r.end], r.eol); i >= 0 {
			r.consume(i + 1)
			return p, nil
		}
		r.start = r.end
		if !r.fill() {
			if r.err != io.EOF {
				return nil, r.err
			}
			return p, nil
		}
	}
}

// consume moves past n bytes and counts their lines.
func (r *Reader) consume(n int) {
	r.next += bytes.Count(r.buf[r.start:r.start+n], []byte{r.eol})
	r.start += n
}

// at gives the byte at an offset from the row's start, reading more if needed.
func (r *Reader) at(i int) (byte, bool) {
	for r.start+i >= r.end {
		if !r.fill() {
			return 0, false
		}
	}
	return r.buf[r.start+i], true
}

// fill reads more behind the window; false at the end of the stream or when a
// read fails.
func (r *Reader) fill() bool {
	if r.err != nil {
		return false
	}
	if r.start > 0 {
		copy(r.buf, r.buf[r.start:r.end])
		r.end -= r.start
		r.start = 0
	}
	if r.end == len(r.buf) {
		r.buf = append(r.buf, make([]byte, len(r.buf))...)
	}
	for range 100 {
		n, err := r.src.Read(r.buf[r.end:])
		r.end += n
		r.err = err
		if n > 0 {
			return true
		}
		if err != nil {
			return false
		}
	}
	r.err = io.ErrNoProgress
	return false
}
