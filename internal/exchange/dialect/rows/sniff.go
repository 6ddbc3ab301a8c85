package rows

import (
	"bytes"
	"io"
	"unicode/utf8"

	"golang.org/x/text/encoding"
	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
	"golang.org/x/text/transform"
)

// The encodings read. Windows-1252 contains every letter of ISO 8859-1, so one
// decoder serves both names.
const (
	UTF8        = "utf-8"
	UTF16LE     = "utf-16le"
	UTF16BE     = "utf-16be"
	Windows1252 = "windows-1252"
	Latin1      = "iso-8859-1"
)

// SampleSize is how much of a stream Sniff keeps: enough rows to judge by.
const SampleSize = 256 << 10

// Shape is what one reading of a stream tells about it.
type Shape struct {
	Encoding string
	EOL      byte
	Bytes    int64  // as stored
	Lines    int64  // line endings, quoted ones included
	Sample   []byte // the beginning, decoded to UTF-8, without a byte order mark
	Binary   string // what it is instead of text ("PDF", "data"); empty for text
}

// Sniff reads all of r. Reading to the end means that one Latin-1 letter far
// down decides the encoding of a file whose first thousands of rows are plain.
// enc, if given, overrides the guess.
func Sniff(r io.Reader, enc string) (*Shape, error) {
	var c counter
	raw := make([]byte, 0, SampleSize)
	buf := make([]byte, 64<<10)
	for {
		n, err := r.Read(buf)
		raw = append(raw, buf[:min(n, SampleSize-len(raw))]...)
		c.add(buf[:n])
		if err == io.EOF {
			break
		}
		if err != nil {
			return nil, err
		}
	}
	s := &Shape{Encoding: enc, EOL: '\n', Bytes: c.bytes, Lines: c.lines}
	if s.Encoding == "" {
		s.Encoding = c.guess(raw)
	}
	if c.lines == 0 && c.returns > 0 {
		s.EOL, s.Lines = '\r', c.returns
	}
	s.Sample = decodeSample(raw, s.Encoding)
	s.Binary = binary(raw, s.Sample)
	return s, nil
}

// counter gathers what only the whole stream can tell.
type counter struct {
	bytes, lines, returns int64
	wide, broken          int64 // well-formed and ill-formed sequences beyond ASCII
	tail                  []byte
}

func (c *counter) add(b []byte) {
	c.bytes += int64(len(b))
	c.lines += int64(bytes.Count(b, []byte{'\n'}))
	c.returns += int64(bytes.Count(b, []byte{'\r'}))
	if len(c.tail) > 0 {
		b = append(c.tail, b...)
		c.tail = nil
	}
	for len(b) > 0 {
		n := asciiPrefix(b)
		if b = b[n:]; len(b) == 0 {
			return
		}
		if !utf8.FullRune(b) {
			c.tail = append([]byte(nil), b...)
			return
		}
		r, size := utf8.DecodeRune(b)
		if r == utf8.RuneError && size == 1 {
			c.broken++
		} else {
			c.wide++
		}
		b = b[size:]
	}
}

// asciiPrefix counts the leading bytes below 0x80, eight at a time.
func asciiPrefix(b []byte) int {
	i := 0
	for ; i+8 <= len(b); i += 8 {
		if (b[i]|b[i+1]|b[i+2]|b[i+3]|b[i+4]|b[i+5]|b[i+6]|b[i+7])&0x80 != 0 {
			break
		}
	}
	for i < len(b) && b[i] < utf8.RuneSelf {
		i++
	}
	return i
}

// guess names the encoding: by byte order mark, by the zero bytes of UTF-16,
// else UTF-8 unless more of the text contradicts it than bears it out.
func (c *counter) guess(raw []byte) string {
	switch {
	case bytes.HasPrefix(raw, []byte{0xEF, 0xBB, 0xBF}):
		return UTF8
	case bytes.HasPrefix(raw, []byte{0xFF, 0xFE}):
		return UTF16LE
	case bytes.HasPrefix(raw, []byte{0xFE, 0xFF}):
		return UTF16BE
	}
	if even, odd := zeros(raw); odd*3 > len(raw) && even*20 < len(raw) {
		return UTF16LE
	} else if even*3 > len(raw) && odd*20 < len(raw) {
		return UTF16BE
	}
	if c.broken+int64(len(c.tail)) > c.wide {
		return Windows1252
	}
	return UTF8
}

// zeros counts zero bytes at even and odd places.
func zeros(raw []byte) (even, odd int) {
	for i, b := range raw {
		if b == 0 && i%2 == 0 {
			even++
		} else if b == 0 {
			odd++
		}
	}
	return even, odd
}

func decodeSample(raw []byte, enc string) []byte {
	out, err := io.ReadAll(io.LimitReader(Decode(bytes.NewReader(raw), enc), 2*SampleSize))
	if err != nil {
		return raw
	}
	return out
}

// Decode gives the UTF-8 text of a stream in a named encoding, without its
// byte order mark. UTF-8 itself passes through unjudged: Reader checks rows.
func Decode(r io.Reader, enc string) io.Reader {
	switch enc {
	case UTF16LE:
		return decoded(r, unicode.UTF16(unicode.LittleEndian, unicode.UseBOM))
	case UTF16BE:
		return decoded(r, unicode.UTF16(unicode.BigEndian, unicode.UseBOM))
	case Windows1252, Latin1:
		return decoded(r, charmap.Windows1252)
	}
	return &bomSkipper{r: r}
}

func decoded(r io.Reader, e encoding.Encoding) io.Reader {
	return transform.NewReader(r, e.NewDecoder())
}

// KnownEncoding says whether Decode knows a name.
func KnownEncoding(enc string) bool {
	switch enc {
	case UTF8, UTF16LE, UTF16BE, Windows1252, Latin1:
		return true
	}
	return false
}

// bomSkipper drops a UTF-8 byte order mark at the start.
type bomSkipper struct {
	r    io.Reader
	done bool
}

func (b *bomSkipper) Read(p []byte) (int, error) {
	if b.done || len(p) < 3 {
		return b.r.Read(p)
	}
	b.done = true
	n, err := io.ReadAtLeast(b.r, p, 3)
	if err == io.ErrUnexpectedEOF {
		err = io.EOF
	}
	if bytes.HasPrefix(p[:n], []byte{0xEF, 0xBB, 0xBF}) {
		n = copy(p, p[3:n])
	}
	return n, err
}

// magics are the first bytes of files people mistake for tables.
var magics = []struct{ start, name string }{
	{"%PDF", "PDF"}, {"\x1f\x8b", "gzip"}, {"\xd0\xcf\x11\xe0", "XLS"}, {"Rar!", "RAR"},
	{"7z\xbc\xaf", "7z"}, {"SQLite format 3", "SQLite"}, {"PK\x03\x04", "ZIP"}, {"BZh", "bzip2"},
	{"\x89PNG", "PNG"}, {"\xff\xd8\xff", "JPEG"}, {"<!DOCTYPE", "HTML"}, {"<html", "HTML"}, {"<?xml", "XML"},
}

// binary names what is not text: what begins like a known format, or holds a
// zero byte in fifty once decoded.
func binary(raw, text []byte) string {
	for _, m := range magics {
		if bytes.HasPrefix(raw, []byte(m.start)) {
			return m.name
		}
	}
	if n := bytes.Count(text, []byte{0}); n > 8 && n*50 > len(text) {
		return "data"
	}
	return ""
}

// Separator guesses the delimiter of a sample: the one that gives the most
// rows as many cells as the first row has, then the one with more cells.
func Separator(sample []byte, eol byte) byte {
	best, bestScore := byte(','), -1.0
	for _, delim := range []byte{',', ';', '\t', '|'} {
		if score := consistency(sample, delim, eol); score > bestScore {
			best, bestScore = delim, score
		}
	}
	return best
}

// consistency reads up to 50 rows and scores a delimiter.
func consistency(sample []byte, delim, eol byte) float64 {
	r := NewReader(bytes.NewReader(sample), delim, eol, Limits{Row: len(sample) + 1, Columns: 4000})
	columns, same, n := 0, 0, 0
	for n < 50 {
		problem, err := r.Next()
		if err != nil {
			break
		}
		n++
		if problem != nil {
			continue
		}
		if columns == 0 {
			columns = r.Len()
		}
		if r.Len() == columns {
			same++
		}
	}
	if columns < 2 {
		return 0
	}
	return float64(same)/float64(n) + float64(min(columns, 100))/200
}
