package e2e

import (
	"bufio"
	"fmt"
	"io"
	"net"
	"net/textproto"
	"strings"
	"sync"
	"testing"
)

// rogue is a mail server that does as it is ordered, person by person, and
// remembers whose mail it has had.
type rogue struct {
	l net.Listener

	mu     sync.Mutex
	orders map[string]order // guarded by mu: by recipient
	texts  map[string]int   // guarded by mu: whole texts received, by recipient
	taken  map[string]int   // guarded by mu: texts answered with 250
	conns  []net.Conn       // guarded by mu
	stuck  chan string      // recipients at whose mail the server stands still
	going  chan struct{}    // closed: those that stand still go on
}

// order is what to do at a verb of one mail: RCPT, DATA, TEXT (the text has begun)
// or DOT. Act is a reply, "drop", "junk", or "stand" (still, until let go).
type order struct{ verb, act string }

func misbehave(t testing.TB, orders map[string]order) *rogue {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	s := &rogue{l: l, orders: orders, texts: map[string]int{}, taken: map[string]int{}, stuck: make(chan string, 100), going: make(chan struct{})}
	var all sync.WaitGroup
	all.Go(func() {
		for {
			c, err := l.Accept()
			if err != nil {
				return
			}
			s.mu.Lock()
			s.conns = append(s.conns, c)
			s.mu.Unlock()
			all.Go(func() { defer c.Close(); s.talk(c) })
		}
	})
	t.Cleanup(func() {
		l.Close()
		s.obey()
		s.mu.Lock()
		for _, c := range s.conns {
			c.Close()
		}
		s.mu.Unlock()
		all.Wait()
	})
	return s
}

func (s *rogue) url() string { return "smtp://" + s.l.Addr().String() }

// obey ends all misbehaviour, and lets what stands still go on.
func (s *rogue) obey() {
	s.mu.Lock()
	defer s.mu.Unlock()
	if s.orders != nil {
		s.orders = nil
		close(s.going)
	}
}

// had is how many whole texts came for each recipient.
func (s *rogue) had() map[string]int {
	s.mu.Lock()
	defer s.mu.Unlock()
	out := map[string]int{}
	for to, n := range s.texts {
		out[to] = n
	}
	return out
}

func (s *rogue) order(to, verb string) string {
	s.mu.Lock()
	defer s.mu.Unlock()
	if o := s.orders[to]; o.verb == verb {
		return o.act
	}
	return ""
}

// do answers a verb, as ordered for the recipient or else with usual; false ends
// the conversation.
func (s *rogue) do(c net.Conn, to, verb, usual string) bool {
	act := s.order(to, verb)
	switch act {
	case "drop":
		return false
	case "junk":
		act = "what?"
	case "stand":
		s.stuck <- to
		<-s.going
		act = usual
	case "":
		act = usual
	}
	if act == "" {
		return true
	}
	_, err := fmt.Fprintf(c, "%s\r\n", act)
	return err == nil
}

// talk holds one conversation.
func (s *rogue) talk(c net.Conn) {
	in := bufio.NewReader(c)
	to := ""
	if !s.do(c, "", "", "220 rogue.example") {
		return
	}
	for {
		line, err := in.ReadString('\n')
		if err != nil {
			return
		}
		verb, rest, _ := strings.Cut(strings.TrimSpace(line), " ")
		verb = strings.ToUpper(verb)
		switch {
		case verb == "QUIT":
			return
		case verb == "RCPT":
			to = rest[strings.Index(rest, "<")+1 : strings.LastIndex(rest, ">")]
			if !s.do(c, to, "RCPT", "250 ok") {
				return
			}
		case verb == "DATA":
			if !s.data(c, in, to) {
				return
			}
		case !s.do(c, "", verb, "250 ok"):
			return
		}
	}
}

// data takes a text.
func (s *rogue) data(c net.Conn, in *bufio.Reader, to string) bool {
	refused := s.order(to, "DATA")
	if !s.do(c, to, "DATA", "354 go on") {
		return false
	}
	if strings.HasPrefix(refused, "4") || strings.HasPrefix(refused, "5") {
		return true
	}
	if s.order(to, "TEXT") == "drop" {
		_, _ = in.ReadByte()
		return false
	}
	if _, err := io.Copy(io.Discard, textproto.NewReader(in).DotReader()); err != nil {
		return false
	}
	s.mu.Lock()
	s.texts[to]++
	s.mu.Unlock()
	if !s.do(c, to, "DOT", "250 taken") {
		return false
	}
	s.mu.Lock()
	s.taken[to]++
	s.mu.Unlock()
	return true
}
