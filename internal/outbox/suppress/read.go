package suppress

import (
	"bufio"
	"errors"
	"io"
	"strings"

	"kartotek/internal/fault"
)

// maxLine is the longest line of a file of addresses, in bytes.
const maxLine = 64 << 10

// AddressFile reads a file of addresses: one a line, or a table (CSV with commas,
// semicolons or tabs) of which one column holds them. Without the name of the column
// it is the first cell of a line that looks like an address. Make it with ReadAddresses.
type AddressFile struct {
	Lines  int64 // read so far
	Bytes  int64 // read so far
	in     *bufio.Reader
	column string // its name, "" when not given
	at     int    // its place, -1 when any
}

// ReadAddresses begins to read a file; column names the one that holds the
// addresses, by the first line, and may be "".
func ReadAddresses(in io.Reader, column string) *AddressFile {
	return &AddressFile{in: bufio.NewReaderSize(in, maxLine), column: column, at: -1}
}

// Next gives what stands where an address should on the next line that is not
// empty, "" when nothing there looks like one; io.EOF at the end.
func (f *AddressFile) Next(kind string) (string, error) {
	for {
		line, err := f.line()
		if err != nil {
			return "", err
		}
		cells := cellsOf(line)
		if f.Lines == 1 && f.column != "" {
			if err := f.find(cells); err != nil {
				return "", err
			}
			continue
		}
		if strings.TrimSpace(line) == "" || strings.HasPrefix(line, "#") {
			continue
		}
		return pick(cells, f.at, kind), nil
	}
}

// line reads one line, without its end and the mark of UTF-8.
func (f *AddressFile) line() (string, error) {
	raw, err := f.in.ReadSlice('\n')
	switch {
	case errors.Is(err, bufio.ErrBufferFull):
		return "", fault.New(fault.TooLarge, "outbox.list_line", "line %d is longer than %d bytes: this is no file of addresses", f.Lines+1, maxLine)
	case err != nil && (len(raw) == 0 || !errors.Is(err, io.EOF)):
		return "", err
	}
	f.Lines, f.Bytes = f.Lines+1, f.Bytes+int64(len(raw))
	line := strings.TrimRight(string(raw), "\r\n")
	if f.Lines == 1 {
		line = strings.TrimPrefix(line, "\ufeff")
	}
	return line, nil
}

func (f *AddressFile) find(cells []string) error {
	for i, c := range cells {
		if strings.EqualFold(c, f.column) {
			f.at = i
			return nil
		}
	}
	return fault.New(fault.Invalid, "outbox.list_column", "the first line names no such column").In("column")
}

// cellsOf cuts a line at the separator it has most of, outside quotes.
func cellsOf(line string) []string {
	sep, most := byte(','), 0
	for _, s := range []byte{',', ';', '\t'} {
		if n := strings.Count(line, string(s)); n > most {
			sep, most = s, n
		}
	}
	var cells []string
	var cell strings.Builder
	quoted := false
	for i := range len(line) {
		switch c := line[i]; {
		case c == '"':
			quoted = !quoted
		case c == sep && !quoted:
			cells = append(cells, strings.TrimSpace(cell.String()))
			cell.Reset()
		default:
			cell.WriteByte(c)
		}
	}
	return append(cells, strings.TrimSpace(cell.String()))
}

// pick takes the cell of a column, or the first that looks like an address.
func pick(cells []string, at int, kind string) string {
	if at >= 0 {
		if at < len(cells) {
			return cells[at]
		}
		return ""
	}
	for _, c := range cells {
		if kind == "email" && strings.Contains(c, "@") || kind == "phone" && digits(c) >= 5 {
			return c
		}
	}
	return ""
}

func digits(s string) (n int) {
	for i := range len(s) {
		if s[i] >= '0' && s[i] <= '9' {
			n++
		}
	}
	return n
}
