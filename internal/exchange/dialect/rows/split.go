package rows

import "bytes"

// split cuts the row that begins at offset from into cells and returns the
// offset after its line ending, or a reason why it is no row.
func (r *Reader) split(from int) (end int, code string) {
	r.flat, r.ends = r.flat[:0], r.ends[:0]
	if end, ok := r.splitPlain(from); ok {
		return end, ""
	}
	for i := from; ; {
		c, ok := r.at(i)
		var more bool
		if ok && c == '"' {
			i, more, code = r.quoted(i + 1)
		} else {
			i, more, code = r.bare(i)
		}
		if code != "" || !more {
			return i, code
		}
		if i-from > r.limits.Row {
			return i, TooLong
		}
	}
}

// splitPlain does the common case: a line that is whole in the buffer and has
// no quotes.
func (r *Reader) splitPlain(from int) (end int, ok bool) {
	if r.start+from > r.end {
		return 0, false
	}
	window := r.buf[r.start+from : r.end]
	n := bytes.IndexByte(window, r.eol)
	if n < 0 || n > r.limits.Row || bytes.IndexByte(window[:n], '"') >= 0 {
		return 0, false
	}
	line := window[:n]
	if n > 0 && line[n-1] == '\r' {
		line = line[:n-1]
	}
	for len(r.ends) <= r.limits.Columns {
		i := bytes.IndexByte(line, r.delim)
		if i < 0 {
			break
		}
		r.cell(line[:i])
		line = line[i+1:]
	}
	r.cell(line)
	return from + n + 1, true
}

// cell adds a finished cell.
func (r *Reader) cell(text []byte) {
	r.flat = append(r.flat, text...)
	r.endCell()
}

// endCell ends the cell whose text is already in flat. One cell beyond the
// limit is kept, so that the excess is noticed.
func (r *Reader) endCell() {
	if len(r.ends) <= r.limits.Columns {
		r.ends = append(r.ends, len(r.flat))
	}
}

// bare reads an unquoted cell from offset i; more says that a cell follows.
func (r *Reader) bare(i int) (next int, more bool, code string) {
	for from := i; ; {
		window := r.buf[r.start+i : r.end]
		for k := from - i; k < len(window); k++ {
			switch window[k] {
			case r.delim:
				r.cell(window[:k])
				return i + k + 1, true, ""
			case r.eol:
				r.cell(bytes.TrimSuffix(window[:k], []byte{'\r'}))
				return i + k + 1, false, ""
			}
		}
		from = i + len(window)
		if from > r.limits.Row {
			return from, false, TooLong
		}
		if !r.fill() {
			r.cell(bytes.TrimSuffix(r.buf[r.start+i:r.end], []byte{'\r'}))
			return from, false, ""
		}
	}
}

// quoted reads a cell from offset i, just behind its opening quote.
func (r *Reader) quoted(i int) (next int, more bool, code string) {
	for {
		quote, code := r.findQuote(i)
		if code != "" {
			return quote, false, code
		}
		r.flat = append(r.flat, r.buf[r.start+i:r.start+quote]...)
		i = quote + 1
		if c, ok := r.at(i); !ok || c != '"' {
			r.endCell()
			return r.afterQuote(i)
		}
		r.flat = append(r.flat, '"')
		i++
	}
}

// findQuote gives the offset of the next quote at or after i.
func (r *Reader) findQuote(i int) (int, string) {
	for from := i; ; {
		if k := bytes.IndexByte(r.buf[r.start+from:r.end], '"'); k >= 0 {
			if from+k > r.limits.Row {
				return from + k, TooLong
			}
			return from + k, ""
		}
		from = r.end - r.start
		if from > r.limits.Row {
			return from, OpenQuote
		}
		if !r.fill() {
			return from, OpenQuote
		}
	}
}

// afterQuote expects a delimiter or the end of the line behind a closing quote.
func (r *Reader) afterQuote(i int) (next int, more bool, code string) {
	for ; ; i++ {
		c, ok := r.at(i)
		switch {
		case !ok:
			return i, false, ""
		case c == r.delim:
			return i + 1, true, ""
		case c == r.eol:
			return i + 1, false, ""
		case c != ' ' && c != '\r':
			return i, false, BadQuote
		}
		if i > r.limits.Row {
			return i, false, TooLong
		}
	}
}
