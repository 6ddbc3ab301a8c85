package bounce

import (
	"bufio"
	"bytes"
	"errors"
	"io"
)

// Mailbox parts a file into mails: one, or several parted by "From " lines as
// mbox has them (RFC 4155; mboxrd and mboxo). Make it with OpenMailbox.
type Mailbox struct {
	in    *bufio.Reader
	begun bool
	mbox  bool // it began with a "From " line
	done  bool
}

// OpenMailbox begins to read a mailbox.
func OpenMailbox(r io.Reader) *Mailbox { return &Mailbox{in: bufio.NewReaderSize(r, 64<<10)} }

// Next gives the next mail, cut to most bytes; io.EOF when there is none. In a
// mailbox a mail ends at a "From " line after an empty one. A quoted From line
// loses one ">" (mboxrd).
func (m *Mailbox) Next(most int) ([]byte, error) {
	var mail []byte
	start, blank := true, true // the line is whole from its beginning; the one before was empty
	for !m.done {
		line, err := m.in.ReadSlice('\n')
		whole := start
		start = !errors.Is(err, bufio.ErrBufferFull)
		if err != nil && start {
			if m.done = true; !errors.Is(err, io.EOF) {
				return nil, err
			}
			if m.mbox && len(mail)+len(line) == 0 {
				break
			}
		}
		first := !m.begun
		m.begun = true
		if whole && isFrom(line) && (first || m.mbox && blank) {
			if m.mbox = true; first {
				continue
			}
			return mail, nil
		}
		if whole {
			blank = len(bytes.TrimRight(line, "\r\n")) == 0
			if m.mbox {
				line = unquoteFrom(line)
			}
		}
		mail = append(mail, line[:min(len(line), most-len(mail))]...)
		if m.done {
			return mail, nil
		}
	}
	return nil, io.EOF
}

// isFrom reports whether a line parts mails: "From sender date".
func isFrom(line []byte) bool {
	return bytes.HasPrefix(line, []byte("From ")) && bytes.Count(line, []byte(" ")) >= 2
}

func unquoteFrom(line []byte) []byte {
	if rest := bytes.TrimLeft(line, ">"); len(rest) < len(line) && bytes.HasPrefix(rest, []byte("From ")) {
		return line[1:]
	}
	return line
}
