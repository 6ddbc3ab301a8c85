package catcher

import (
	"bufio"
	"bytes"
	"context"
	"net"
)

// Sink is a mail server that takes everything and keeps nothing, for measuring.
// It does as little as a server can: fixed replies, and PIPELINING, so that what
// is measured is the sender.
type Sink struct{ listen net.Listener }

// StartSink starts a sink on a free port of this machine.
func StartSink() (*Sink, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s := &Sink{listen: l}
	go s.serve()
	return s, nil
}

// URL is how to reach the sink.
func (s *Sink) URL() string { return "smtp://" + s.listen.Addr().String() }

// Close stops it.
func (s *Sink) Close() error { return s.listen.Close() }

func (s *Sink) serve() {
	for {
		c, err := s.listen.Accept()
		if err != nil {
			return
		}
		go func() {
			defer c.Close()
			swallow(c)
		}()
	}
}

// swallow answers one connection until it ends.
func swallow(c net.Conn) {
	r, w := bufio.NewReaderSize(c, 64<<10), bufio.NewWriter(c)
	say := func(reply string) error {
		_, err := w.WriteString(reply)
		if err == nil && r.Buffered() == 0 {
			err = w.Flush()
		}
		return err
	}
	err := say("220 sink.example\r\n")
	for err == nil {
		var line []byte
		if line, err = r.ReadSlice('\n'); err != nil || len(line) < 4 {
			return
		}
		switch string(bytes.ToUpper(line[:4])) {
		case "EHLO":
			err = say("250-sink.example\r\n250-PIPELINING\r\n250-8BITMIME\r\n250-ENHANCEDSTATUSCODES\r\n250 SMTPUTF8\r\n")
		case "DATA":
			if err = say("354 go on\r\n"); err == nil {
				err = text(r)
			}
			if err == nil {
				err = say("250 2.0.0 taken\r\n")
			}
		case "QUIT":
			_ = say("221 2.0.0 bye\r\n")
			return
		default:
			err = say("250 2.0.0 fine\r\n")
		}
	}
}

// text reads to the final dot.
func text(r *bufio.Reader) error {
	for {
		line, err := r.ReadSlice('\n')
		if err != nil || bytes.Equal(line, []byte(".\r\n")) {
			return err
		}
	}
}

// RunSink is a sink in a process of its own: tell is given its address, and it
// runs until the context ends.
func RunSink(ctx context.Context, tell func(url string)) error {
	s, err := StartSink()
	if err != nil {
		return err
	}
	defer s.Close()
	tell(s.URL())
	<-ctx.Done()
	return nil
}
