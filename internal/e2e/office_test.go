package e2e

import (
	"bufio"
	"bytes"
	"context"
	"io"
	"net"
	"strings"
	"sync"
	"testing"
	"time"
)

// office is a mail server at full speed: it takes everything, in pipelines as real
// ones do, and counts the whole texts of each person. A text counts when its final
// dot has come, whether or not the sender lives to hear of it.
type office struct {
	l    net.Listener
	open sync.WaitGroup

	mu     sync.Mutex
	had    map[string]int       // guarded by mu: whole texts, by recipient
	began  map[string]time.Time // guarded by mu: when the text of each recipient was last asked for
	total  int                  // guarded by mu
	change chan struct{}        // guarded by mu: closed at the next text
	conns  []net.Conn           // guarded by mu
	shut   int                  // guarded by mu: from so many texts on the server stands still; 0 never
	going  chan struct{}        // guarded by mu: closed when it goes on
	keep   func(to string, text []byte)
}

func take(t testing.TB) *office {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	o := &office{l: l, had: map[string]int{}, began: map[string]time.Time{}, change: make(chan struct{}), going: make(chan struct{})}
	o.open.Go(o.accept)
	t.Cleanup(func() {
		l.Close()
		o.goOn()
		o.mu.Lock()
		for _, c := range o.conns {
			c.Close()
		}
		o.mu.Unlock()
		o.open.Wait()
	})
	return o
}

func (o *office) accept() {
	for {
		c, err := o.l.Accept()
		if err != nil {
			return
		}
		o.mu.Lock()
		o.conns = append(o.conns, c)
		o.mu.Unlock()
		o.open.Go(func() { defer c.Close(); o.talk(c) })
	}
}

func (o *office) url() string { return "smtp://" + o.l.Addr().String() }

// standAt makes the server stand still before it answers its n-th text and all after.
func (o *office) standAt(n int) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.shut, o.going = n, make(chan struct{})
}

// goOn ends the standstill.
func (o *office) goOn() {
	o.mu.Lock()
	defer o.mu.Unlock()
	if o.shut > 0 {
		close(o.going)
	}
	o.shut = 0
}

// copies is how many whole texts came for each recipient.
func (o *office) copies() map[string]int {
	o.mu.Lock()
	defer o.mu.Unlock()
	out := map[string]int{}
	for to, n := range o.had {
		out[to] = n
	}
	return out
}

func (o *office) count() int {
	o.mu.Lock()
	defer o.mu.Unlock()
	return o.total
}

// until waits for the n-th text, or for other; it tells whether the text came.
func (o *office) until(t testing.TB, n int, other <-chan struct{}) bool {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	for {
		o.mu.Lock()
		total, change := o.total, o.change
		o.mu.Unlock()
		if total >= n {
			return true
		}
		select {
		case <-change:
		case <-other:
			return false
		case <-ctx.Done():
			t.Fatalf("%d mails have come, not %d", total, n)
		}
	}
}

// took counts a text, and stands still if told to.
func (o *office) took(to string, text []byte) {
	if o.keep != nil {
		o.keep(to, text)
	}
	o.mu.Lock()
	o.had[to]++
	o.total++
	close(o.change)
	o.change = make(chan struct{})
	still, going := o.shut > 0 && o.total >= o.shut, o.going
	o.mu.Unlock()
	if still {
		<-going
	}
}

func (o *office) begins(to string) {
	o.mu.Lock()
	defer o.mu.Unlock()
	o.began[to] = time.Now()
}

// talk holds one conversation.
func (o *office) talk(c net.Conn) {
	in, out := bufio.NewReaderSize(c, 64<<10), bufio.NewWriter(c)
	say := func(reply string) bool {
		_, err := out.WriteString(reply + "\r\n")
		if err == nil && in.Buffered() == 0 {
			err = out.Flush()
		}
		return err == nil
	}
	var to string
	var text bytes.Buffer
	for ok := say("220 office.example"); ok; {
		line, err := in.ReadString('\n')
		if err != nil {
			return
		}
		switch verb := strings.ToUpper(line[:min(4, len(line))]); verb {
		case "EHLO":
			ok = say("250-office.example\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-ENHANCEDSTATUSCODES\r\n250 SMTPUTF8")
		case "RCPT":
			to = line[strings.Index(line, "<")+1 : strings.LastIndex(line, ">")]
			ok = say("250 2.1.5 fine")
		case "DATA":
			o.begins(to)
			text.Reset()
			if ok = say("354 go on") && out.Flush() == nil && whole(in, &text); ok {
				o.took(to, text.Bytes())
				ok = say("250 2.0.0 taken")
			}
		case "QUIT":
			say("221 2.0.0 bye")
			return
		default:
			ok = say("250 2.0.0 fine")
		}
	}
}

// whole reads a text to its final dot; false when the line breaks before.
func whole(in *bufio.Reader, text io.Writer) bool {
	for {
		line, err := in.ReadSlice('\n')
		if err != nil && err != bufio.ErrBufferFull {
			return false
		}
		if bytes.Equal(line, []byte(".\r\n")) {
			return true
		}
		if bytes.HasPrefix(line, []byte("..")) {
			line = line[1:]
		}
		_, _ = text.Write(line) // memory takes it
	}
}

// balanced compares what a register says of a campaign with what came: nobody is
// left out, nobody was sent two, whoever is said to be sent was sent one. It gives
// how many are uncertain.
func balanced(t testing.TB, states map[string]string, o *office, people int) (uncertain int) {
	t.Helper()
	had, doubled, skipped, wrong := o.copies(), 0, people-len(states), 0
	for who, state := range states {
		switch {
		case had[who] > 1:
			doubled++
		case state == "uncertain":
			uncertain++
		case state != "sent":
			skipped++
		case had[who] != 1:
			wrong++
		}
		delete(had, who)
	}
	if doubled+skipped+wrong+len(had) > 0 {
		t.Errorf("%d doubled, %d skipped, %d said to be sent that did not come, %d came of which the register knows nothing", doubled, skipped, wrong, len(had))
	}
	return uncertain
}
