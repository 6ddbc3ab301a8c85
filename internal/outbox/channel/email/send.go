package email

import (
	"context"
	"errors"
	"strconv"
	"strings"
	"time"

	"kartotek/internal/compose"
)

// State is what became of a mail.
type State string

// The states of a mail after Send; see the package's table.
const (
	Sent      State = "sent"
	Failed    State = "failed"    // the server will never take it, or it cannot be sent
	Retry     State = "retry"     // nothing was handed over; another time may work
	Uncertain State = "uncertain" // handed over, fate unknown: never sent again by itself
	Vetoed    State = "vetoed"    // the caller said no before DATA
)

// Outcome is what Send learned.
type Outcome struct {
	State    State
	SMTPCode int    // of the deciding reply; 0 when there was none
	Enhanced string // RFC 3463 code, such as "5.1.1"; "" when there was none
	Verb     string // where it was decided: CONNECT, MAIL, RCPT, DATA, TEXT, DOT, or CHECK before the wire
	Reply    string // the server's words, or ours; one line, no addresses
	Err      error  // the veto, or the connection's error, for logs
}

// Send hands over one mail. msg has CRLF lines; dots are doubled here. from may
// be "" (the null sender of automatic mails). beforeData is called once the
// server has taken the recipient and right before DATA; its error vetoes.
//
// Cancelling ctx ends the attempt until the final dot is sent (Retry). After
// it, Send waits for the reply whatever ctx says; a caller that cannot wait
// ends, and the mail is uncertain by its own record.
func (c *Conn) Send(ctx context.Context, from, to string, msg []byte, beforeData func() error) Outcome {
	if c.dead || ctx.Err() != nil {
		return Outcome{State: Retry, Verb: "CONNECT", Reply: "not connected", Err: ctx.Err()}
	}
	mail, rcpt, bad := c.commands(from, to, len(msg))
	if bad != nil {
		return *bad
	}
	body, err := stuff(c.buf[:0], msg)
	if c.buf = body; err != nil {
		return Outcome{State: Failed, Verb: "CHECK", Reply: err.Error(), Err: err}
	}
	c.follow(ctx)
	defer context.AfterFunc(ctx, c.abort)()
	if out := c.envelope(mail, rcpt); out != nil {
		return *out
	}
	if beforeData != nil {
		if err := beforeData(); err != nil {
			c.reset()
			return Outcome{State: Vetoed, Verb: "DATA", Reply: "vetoed", Err: err}
		}
	}
	if out := c.step("DATA", c.opt.Timeouts.Data, "DATA\r\n"); out != nil {
		return *out
	}
	return c.text(body)
}

// follow makes the waits of the connection end when ctx does.
func (c *Conn) follow(ctx context.Context) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ctx = ctx
}

// outlast lets the waits of the connection be, whatever becomes of the context.
func (c *Conn) outlast() {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.ctx = nil
}

// abort makes whatever waits fail at once, unless the final dot has gone.
func (c *Conn) abort() {
	c.mu.Lock()
	defer c.mu.Unlock()
	if c.ctx != nil {
		_ = c.c.SetDeadline(time.Unix(1, 0))
	}
}

// commands makes the MAIL and RCPT lines, or says why there can be none.
func (c *Conn) commands(from, to string, size int) (mail, rcpt string, bad *Outcome) {
	utf8 := false
	for _, a := range []*string{&from, &to} {
		if *a == "" && a == &from {
			continue
		}
		m, err := compose.Mailbox(*a)
		if err != nil {
			return "", "", &Outcome{State: Failed, Verb: "CHECK", Reply: "the address cannot be used", Err: err}
		}
		*a, utf8 = m, utf8 || !plainWord(m)
	}
	if utf8 && !c.offers("SMTPUTF8") {
		return "", "", &Outcome{State: Failed, Enhanced: "5.6.7", Verb: "CHECK", Reply: "smtputf8 not offered"}
	}
	var b strings.Builder
	b.WriteString("MAIL FROM:<" + from + ">")
	if c.offers("SIZE") {
		b.WriteString(" SIZE=" + strconv.Itoa(size))
	}
	if utf8 {
		b.WriteString(" SMTPUTF8")
		if c.offers("8BITMIME") {
			b.WriteString(" BODY=8BITMIME")
		}
	}
	return b.String() + "\r\n", "RCPT TO:<" + to + ">\r\n", nil
}

// envelope sends RSET if needed, MAIL and RCPT, in one packet where the server
// allows (RFC 2920). Nil means both were taken.
func (c *Conn) envelope(mail, rcpt string) *Outcome {
	if c.dirty && !c.reset() {
		return c.lost("RSET", errReply)
	}
	c.dirty = true
	if !c.offers("PIPELINING") {
		if out := c.step("MAIL", c.opt.Timeouts.Reply, mail); out != nil {
			return out
		}
		return c.step("RCPT", c.opt.Timeouts.Reply, rcpt)
	}
	if err := c.write(c.opt.Timeouts.Reply, mail+rcpt); err != nil {
		return c.lost("MAIL", err)
	}
	first := c.answer("MAIL", c.opt.Timeouts.Reply)
	if c.dead {
		return first
	}
	second := c.answer("RCPT", c.opt.Timeouts.Reply)
	if first != nil {
		return first
	}
	return second
}

// step sends one command and judges its reply; nil means go on.
func (c *Conn) step(verb string, wait time.Duration, line string) *Outcome {
	if err := c.write(wait, line); err != nil {
		return c.lost(verb, err)
	}
	return c.answer(verb, wait)
}

// answer reads and judges the reply to a command before the final dot.
func (c *Conn) answer(verb string, wait time.Duration) *Outcome {
	rep, err := c.read(wait)
	want := 2
	if verb == "DATA" {
		want = 3
	}
	switch {
	case err != nil:
		return c.lost(verb, err)
	case rep.code/100 == want:
		return nil
	case rep.code/100 == 4, rep.code/100 == 5:
		return c.refused(verb, rep)
	}
	return c.lost(verb, errReply)
}

// refused is the outcome of a 4xx or 5xx reply; 421 also ends the connection.
func (c *Conn) refused(verb string, rep reply) *Outcome {
	out := Outcome{State: Retry, SMTPCode: rep.code, Enhanced: rep.status(), Verb: verb, Reply: rep.text()}
	if rep.code/100 == 5 {
		out.State = Failed
	}
	if rep.code == 421 {
		c.kill()
	}
	return &out
}

// lost is the outcome of a connection that broke before the final dot.
func (c *Conn) lost(verb string, err error) *Outcome {
	c.kill()
	return &Outcome{State: Retry, Verb: verb, Reply: "the connection was lost", Err: err}
}

// text sends the mail with its final dot in one write. As long as the machine
// has not taken all of it, the server cannot have the dot.
func (c *Conn) text(body []byte) Outcome {
	c.deadline(c.opt.Timeouts.Block)
	if n, err := c.c.Write(body); n < len(body) {
		return *c.lost("TEXT", err)
	}
	c.outlast()
	c.dirty = false
	rep, err := c.read(c.opt.Timeouts.Dot)
	switch {
	case err == nil && rep.code/100 == 2:
		return Outcome{State: Sent, SMTPCode: rep.code, Enhanced: rep.status(), Verb: "DOT", Reply: rep.text()}
	case err == nil && rep.code/100 >= 4:
		return *c.refused("DOT", rep)
	case err == nil:
		err = errReply
	}
	c.kill()
	return Outcome{State: Uncertain, Verb: "DOT", Reply: "the mail was handed over and no answer came", Err: err}
}

// reset ends a transaction; false when the connection is gone.
func (c *Conn) reset() bool {
	rep, err := c.command(c.opt.Timeouts.Reply, "RSET")
	if err != nil || rep.code/100 != 2 {
		c.kill()
		return false
	}
	c.dirty = false
	return true
}

var (
	errLineEnd  = errors.New("the mail has a line end that is not CRLF")
	errLongLine = errors.New("the mail has a line over 998 bytes")
)

// stuff appends msg with dots doubled at line starts and the final dot. A bare
// CR or LF is refused: servers disagree on it, and a mail could end early.
func stuff(dst, msg []byte) ([]byte, error) {
	start := 0
	for i := 0; i < len(msg); i++ {
		switch msg[i] {
		case '\r':
			if i+1 == len(msg) || msg[i+1] != '\n' {
				return dst, errLineEnd
			}
			if i-start > 998 {
				return dst, errLongLine
			}
			if msg[start] == '.' {
				dst = append(dst, '.')
			}
			i++
			dst = append(dst, msg[start:i+1]...)
			start = i + 1
		case '\n':
			return dst, errLineEnd
		}
	}
	if start != len(msg) {
		return dst, errLineEnd
	}
	return append(dst, ".\r\n"...), nil
}
