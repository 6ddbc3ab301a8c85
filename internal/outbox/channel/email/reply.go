package email

import (
	"errors"
	"regexp"
	"strings"
	"time"
	"unicode"
	"unicode/utf8"
)

// reply is what a server answered.
type reply struct {
	code  int
	lines []string
}

var errReply = errors.New("the server's reply is not SMTP")

const (
	maxReplyLines = 100
	maxReplyText  = 240 // of a reply kept with an outcome
)

// command sends one line and reads its reply.
func (c *Conn) command(wait time.Duration, line string) (reply, error) {
	if err := c.write(wait, line+"\r\n"); err != nil {
		return reply{}, err
	}
	return c.read(wait)
}

func (c *Conn) write(wait time.Duration, s string) error {
	c.deadline(wait)
	_, err := c.c.Write([]byte(s))
	return err
}

// read reads one reply of one or more lines.
func (c *Conn) read(wait time.Duration) (reply, error) {
	if c.r.Buffered() == 0 { // replies to commands sent together come together
		c.deadline(wait)
	}
	var rep reply
	for {
		line, err := c.r.ReadSlice('\n')
		if err != nil {
			return reply{}, err // also a line longer than the buffer
		}
		code, more, text, ok := parseLine(line)
		if !ok || rep.code != 0 && code != rep.code || len(rep.lines) == maxReplyLines {
			return reply{}, errReply
		}
		rep.code, rep.lines = code, append(rep.lines, text)
		if !more {
			return rep, nil
		}
	}
}

// parseLine reads "250-text": the code, whether more lines follow, the text.
func parseLine(b []byte) (code int, more bool, text string, ok bool) {
	s := strings.TrimRight(string(b), "\r\n")
	if len(s) < 3 {
		return 0, false, "", false
	}
	for i := 0; i < 3; i++ {
		if s[i] < '0' || s[i] > '9' {
			return 0, false, "", false
		}
		code = code*10 + int(s[i]-'0')
	}
	if code < 200 || code > 599 {
		return 0, false, "", false
	}
	if len(s) == 3 {
		return code, false, "", true
	}
	if s[3] != ' ' && s[3] != '-' {
		return 0, false, "", false
	}
	return code, s[3] == '-', s[4:], true
}

var (
	enhanced = regexp.MustCompile(`^([245]\.[0-9]{1,3}\.[0-9]{1,3})(?:\s|$)`)
	anyone   = regexp.MustCompile(`[^\s<>()"',;:]+@[^\s<>()"',;]+`)
)

// status is the enhanced code (RFC 3463) a reply begins with, or "".
func (r reply) status() string {
	if len(r.lines) == 0 || len(r.lines[0]) < 5 || r.lines[0][1] != '.' {
		return ""
	}
	m := enhanced.FindStringSubmatch(r.lines[0])
	if m == nil {
		return ""
	}
	return m[1]
}

// text is the reply on one line, without controls and without addresses: it is
// kept, shown and logged.
func (r reply) text() string {
	s := strings.Map(func(c rune) rune {
		if unicode.IsControl(c) || c == utf8.RuneError || c == '\u2028' || c == '\u2029' {
			return ' '
		}
		return c
	}, strings.Join(r.lines, " "))
	if strings.Contains(s, "@") {
		s = anyone.ReplaceAllString(s, "[address]")
	}
	if len(s) > maxReplyText {
		s = strings.ToValidUTF8(s[:maxReplyText], "") + "…"
	}
	return strings.TrimSpace(s)
}
