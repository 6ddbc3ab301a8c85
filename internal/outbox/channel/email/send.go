package email

import (
	"bytes"
	"context"
	"errors"
	"strconv"
	"strings"
	"time"

	"kartotek/internal/compose/header"
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
// be "" (the null sender of automatic mails). beforeData is called right before
// DATA is sent; its error vetoes. A server that takes commands in groups (RFC
// 2920) is sent MAIL, RCPT and DATA at once, so there beforeData comes before all
// three, and again when only the text is left to send: replies may take long.
//
// Cancelling ctx ends the attempt until the final dot is sent (Retry). After
// it, Send waits for the reply whatever ctx says; a caller that cannot wait
// ends, and the mail is uncertain by its own record.
func (c *Conn) Send(ctx context.Context, from, to string, msg []byte, beforeData func() error) Outcome {
	defer func() { c.coming = "" }() // it goes with this text or not at all
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
	open := c.stepwise
	if c.offers("PIPELINING") {
		open = c.together
	}
	if out := open(mail, rcpt, beforeData); out != nil {
		return *out
	}
	return c.text(body)
}

// Next tells what the mail after the one about to be sent will be, which its
// caller has already asked about. Where the server allows, its MAIL, RCPT and DATA
// go in one packet with the text before it, and each mail then costs one round
// trip. The next Send must be of that mail; if there is to be none, close the
// connection: the server drops a mail whose text never came.
func (c *Conn) Next(from, to string, size int) {
	if c.coming = ""; c.dead || !c.offers("PIPELINING") {
		return
	}
	if mail, rcpt, bad := c.commands(from, to, size); bad == nil {
		c.coming = mail + rcpt + data
		c.made = envelope{from, to, size, mail, rcpt}
	}
}

// envelope is the commands that were made for a mail.
type envelope struct {
	from, to   string
	size       int
	mail, rcpt string
}

const data = "DATA\r\n"

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
	if m := &c.made; m.mail != "" && m.from == from && m.to == to && m.size == size {
		return m.mail, m.rcpt, nil
	}
	utf8 := false
	for _, a := range []*string{&from, &to} {
		if *a == "" && a == &from {
			continue
		}
		m, err := header.Mailbox(*a)
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

// stepwise sends RSET if needed, MAIL, RCPT and DATA, each after the reply to the
// one before. Nil means the server waits for the text.
func (c *Conn) stepwise(mail, rcpt string, beforeData func() error) *Outcome {
	if c.dirty && !c.reset() {
		return c.lost("RSET", errReply)
	}
	c.dirty = true
	if out := c.step("MAIL", c.opt.Timeouts.Reply, mail); out != nil {
		return out
	}
	if out := c.step("RCPT", c.opt.Timeouts.Reply, rcpt); out != nil {
		return out
	}
	if out := veto(beforeData); out != nil {
		c.reset()
		return out
	}
	return c.step("DATA", c.opt.Timeouts.Data, data)
}

func veto(beforeData func() error) *Outcome {
	if beforeData == nil {
		return nil
	}
	if err := beforeData(); err != nil {
		return &Outcome{State: Vetoed, Verb: "DATA", Reply: "vetoed", Err: err}
	}
	return nil
}

// together sends the same in one packet, unless it went with the mail before.
func (c *Conn) together(mail, rcpt string, beforeData func() error) *Outcome {
	verbs := groupVerbs
	switch {
	case c.ahead == mail+rcpt+data:
		c.ahead = ""
	case c.ahead != "":
		return c.lost("CONNECT", errAhead)
	default:
		if out := veto(beforeData); out != nil {
			return out
		}
		reset := ""
		if c.dirty {
			reset, verbs = "RSET\r\n", append([]string{"RSET"}, verbs...)
		}
		c.dirty = true
		if err := c.write(c.opt.Timeouts.Reply, reset+mail+rcpt+data); err != nil {
			return c.lost("MAIL", err)
		}
	}
	if out := c.answers(verbs); out != nil {
		return out
	}
	out := veto(beforeData)
	if out != nil {
		c.kill() // the server waits for a text; nothing else ends that without a mail
	}
	return out
}

var (
	groupVerbs = []string{"MAIL", "RCPT", "DATA"}
	errAhead   = errors.New("another mail was announced")
)

// answers reads the replies to a group of commands; the first that is no consent
// counts. A server that asks for the text of a mail whose sender or recipient it
// refused is given an empty one, as RFC 2920 section 3.1 wants: it goes to nobody.
func (c *Conn) answers(verbs []string) (first *Outcome) {
	for _, verb := range verbs {
		wait := c.opt.Timeouts.Reply
		if verb == "DATA" {
			wait = c.opt.Timeouts.Data
		}
		out := c.answer(verb, wait)
		if first == nil {
			first = out
		}
		if c.dead {
			return first
		}
		if verb == "DATA" && out == nil && first != nil {
			c.nothing()
		}
	}
	return first
}

// nothing ends a text that nobody is to get.
func (c *Conn) nothing() {
	if _, err := c.command(c.opt.Timeouts.Dot, "."); err != nil {
		c.kill()
	}
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

// text sends the mail with its final dot in one write, and with it the commands of
// the next. As long as the machine has not taken all of the mail, the server
// cannot have the dot.
func (c *Conn) text(body []byte) Outcome {
	size := len(body)
	body = append(body, c.coming...)
	c.buf = body
	c.deadline(c.opt.Timeouts.Block)
	if n, err := c.c.Write(body); n < size {
		return *c.lost("TEXT", err)
	}
	c.outlast()
	c.ahead, c.coming = c.coming, ""
	c.dirty = c.ahead != ""
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
	for len(msg) > 0 {
		n := bytes.IndexByte(msg, '\n')
		if n < 1 || msg[n-1] != '\r' || bytes.IndexByte(msg[:n-1], '\r') >= 0 {
			return dst, errLineEnd
		}
		if n-1 > 998 {
			return dst, errLongLine
		}
		if msg[0] == '.' {
			dst = append(dst, '.')
		}
		dst = append(dst, msg[:n+1]...)
		msg = msg[n+1:]
	}
	return append(dst, ".\r\n"...), nil
}
