package catcher

import (
	"io"
	"regexp"
	"slices"
	"strconv"

	"github.com/emersion/go-smtp"
)

// Verb is a moment of the conversation at which the catcher can refuse.
type Verb string

// The moments. AtDot is the answer to a mail's whole text.
const (
	AtMail Verb = "MAIL"
	AtRcpt Verb = "RCPT"
	AtDot  Verb = "DOT"
)

// answer is an ordered refusal.
type answer struct {
	code  int
	times int // left; below zero: always
}

// Fail orders code (400–599) as the answer at verb for the next so many times;
// times below zero is until Heal. For tests.
func (c *Catcher) Fail(verb Verb, code, times int) {
	c.mu.Lock()
	defer c.mu.Unlock()
	c.answers[verb] = &answer{code, times}
}

// Heal takes back all orders of Fail.
func (c *Catcher) Heal() {
	c.mu.Lock()
	defer c.mu.Unlock()
	clear(c.answers)
}

func (c *Catcher) ordered(verb Verb) error {
	c.mu.Lock()
	defer c.mu.Unlock()
	a := c.answers[verb]
	if a == nil || a.times == 0 {
		return nil
	}
	a.times--
	return refusal(a.code)
}

func refusal(code int) error {
	enhanced, text := smtp.EnhancedCode{5, 1, 1}, "this address fails on purpose"
	if code < 500 {
		enhanced, text = smtp.EnhancedCode{4, 2, 0}, "this address waits on purpose"
	}
	return &smtp.SMTPError{Code: code, EnhancedCode: enhanced, Message: text}
}

var purposely = regexp.MustCompile(`^(late-)?(?:fail-(5[0-9]{2})|defer-(4[0-9]{2}))@`)

// onPurpose reads an address that fails: its code (0 for none), and whether
// only after the text.
func onPurpose(addr string) (code int, late bool) {
	m := purposely.FindStringSubmatch(addr)
	if m == nil {
		return 0, false
	}
	code, _ = strconv.Atoi(m[2] + m[3]) // three digits
	return code, m[1] != ""
}

// session is one conversation; it implements smtp.Session.
type session struct {
	c    *Catcher
	from string
	to   []string
}

func (s *session) Reset()        { s.from, s.to = "", nil }
func (s *session) Logout() error { return nil }

func (s *session) Mail(from string, _ *smtp.MailOptions) error {
	s.from = from
	return s.c.ordered(AtMail)
}

func (s *session) Rcpt(to string, _ *smtp.RcptOptions) error {
	if err := s.c.ordered(AtRcpt); err != nil {
		return err
	}
	if code, late := onPurpose(to); code != 0 && !late {
		return refusal(code)
	}
	s.to = append(s.to, to)
	return nil
}

func (s *session) Data(r io.Reader) error {
	raw, err := io.ReadAll(r)
	if err != nil {
		return err
	}
	if err := s.c.ordered(AtDot); err != nil {
		return err
	}
	for _, to := range s.to {
		if code, _ := onPurpose(to); code != 0 {
			return refusal(code)
		}
	}
	s.c.keep(caught{from: s.from, to: slices.Clone(s.to), raw: raw})
	return nil
}
