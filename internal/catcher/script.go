package catcher

import (
	"bufio"
	"net"
	"strings"
	"sync"
	"time"
)

// Act is what a scripted server does instead of the usual.
type Act struct {
	Reply string        // such as "451 4.3.0 later"; "" for the usual one
	Wait  time.Duration // before it
	Drop  bool          // the connection is cut in place of a reply
}

// Script decides what is done at a moment of a conversation: CONNECT, EHLO, MAIL,
// RCPT, DATA, TEXT (some of a mail's text has come, its end not) or DOT. to is the
// recipient, once there is one. It is called by many conversations at once.
type Script func(verb, to string) Act

// Scripted is a server that speaks SMTP as badly as it is told to, for tests of
// sending. It offers PIPELINING and keeps who was sent what was taken.
type Scripted struct {
	listener net.Listener
	script   Script
	ended    chan struct{}

	mu    sync.Mutex
	conns map[net.Conn]bool // guarded by mu
	taken []string          // guarded by mu
	mails []string          // guarded by mu: their text
}

// StartScript listens on a port of this machine until Close; a nil script is a good server.
func StartScript(script Script) (*Scripted, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s := &Scripted{listener: l, script: script, ended: make(chan struct{}), conns: map[net.Conn]bool{}}
	go s.serve()
	return s, nil
}

// URL is the address as sending takes it.
func (s *Scripted) URL() string { return "smtp://" + s.listener.Addr().String() }

// Close cuts all conversations and stops.
func (s *Scripted) Close() {
	s.listener.Close()
	s.mu.Lock()
	defer s.mu.Unlock()
	select {
	case <-s.ended:
	default:
		close(s.ended)
	}
	for c := range s.conns {
		c.Close()
	}
}

// Taken lists who was sent what was taken, in the order in which it was.
func (s *Scripted) Taken() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.taken...)
}

// Mails lists the texts of what was taken.
func (s *Scripted) Mails() []string {
	s.mu.Lock()
	defer s.mu.Unlock()
	return append([]string(nil), s.mails...)
}

func (s *Scripted) serve() {
	for {
		c, err := s.listener.Accept()
		if err != nil {
			return
		}
		s.mu.Lock()
		s.conns[c] = true
		s.mu.Unlock()
		go func() {
			defer c.Close()
			t := &talk{s: s, c: c, r: bufio.NewReader(c)}
			for t.act("CONNECT", "220 script.example") && t.next() {
				t.greeted = true
			}
		}()
	}
}

// talk is one conversation.
type talk struct {
	s       *Scripted
	c       net.Conn
	r       *bufio.Reader
	to      string
	from    bool // MAIL was accepted
	greeted bool
}

// act does what the script says, or gives the usual reply; false when the
// connection is over.
func (t *talk) act(verb, usual string) bool {
	if verb == "CONNECT" && t.greeted {
		return true
	}
	reply, ok := t.decide(verb, usual)
	if ok && reply != "" {
		_, err := t.c.Write([]byte(reply + "\r\n"))
		ok = err == nil
	}
	return ok
}

func (t *talk) decide(verb, usual string) (reply string, ok bool) {
	var a Act
	if t.s.script != nil {
		a = t.s.script(verb, t.to)
	}
	if a.Wait > 0 {
		timer := time.NewTimer(a.Wait)
		defer timer.Stop()
		select {
		case <-timer.C:
		case <-t.s.ended:
			return "", false
		}
	}
	if a.Reply == "" {
		a.Reply = usual
	}
	return a.Reply, !a.Drop
}

// next reads a command and answers it.
func (t *talk) next() bool {
	line, err := t.r.ReadString('\n')
	if err != nil {
		return false
	}
	line = strings.TrimRight(line, "\r\n")
	verb, _, _ := strings.Cut(strings.ToUpper(line), " ")
	switch verb {
	case "EHLO", "HELO":
		return t.act("EHLO", "250-script.example\r\n250-PIPELINING\r\n250-8BITMIME\r\n250 SMTPUTF8")
	case "MAIL":
		t.to = ""
		reply, ok := t.decide("MAIL", "250 2.1.0 ok")
		t.from = strings.HasPrefix(reply, "2")
		return ok && t.say(reply)
	case "RCPT":
		_, rest, _ := strings.Cut(line, "<")
		t.to, _, _ = strings.Cut(rest, ">")
		return t.rcpt()
	case "DATA":
		return t.data()
	case "QUIT":
		_, _ = t.c.Write([]byte("221 2.0.0 bye\r\n"))
		return false
	}
	_, err = t.c.Write([]byte("250 2.0.0 ok\r\n"))
	return err == nil
}

func (t *talk) say(reply string) bool {
	_, err := t.c.Write([]byte(reply + "\r\n"))
	return err == nil
}

func (t *talk) rcpt() bool {
	if !t.from {
		t.to = ""
		return t.say("503 5.5.1 no sender")
	}
	reply, ok := t.decide("RCPT", "250 2.1.5 ok")
	if !strings.HasPrefix(reply, "2") {
		t.to = ""
	}
	return ok && t.say(reply)
}

// data answers DATA, and takes the text.
func (t *talk) data() bool {
	if t.to == "" {
		_, err := t.c.Write([]byte("554 5.5.1 no recipient\r\n"))
		return err == nil
	}
	reply, ok := t.decide("DATA", "354 go on")
	if !ok {
		return false
	}
	if _, err := t.c.Write([]byte(reply + "\r\n")); err != nil || !strings.HasPrefix(reply, "354") {
		return err == nil
	}
	var text strings.Builder
	for first := true; ; first = false {
		line, err := t.r.ReadString('\n')
		if err != nil {
			return false
		}
		if first {
			if _, ok := t.decide("TEXT", ""); !ok {
				return false
			}
		}
		if line == ".\r\n" {
			break
		}
		text.WriteString(line)
	}
	return t.dot(text.String())
}

func (t *talk) dot(text string) bool {
	reply, ok := t.decide("DOT", "250 2.0.0 taken")
	if strings.HasPrefix(reply, "2") {
		t.s.mu.Lock()
		t.s.taken, t.s.mails = append(t.s.taken, t.to), append(t.s.mails, text)
		t.s.mu.Unlock()
	}
	return ok && t.say(reply)
}
