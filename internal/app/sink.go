package app

import (
	"io"
	"net"

	"github.com/emersion/go-smtp"
)

// Sink is a mail server that takes everything and keeps nothing, for measuring.
type Sink struct {
	server *smtp.Server
	listen net.Listener
}

// StartSink starts a sink on a free port of this machine.
func StartSink() (*Sink, error) {
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		return nil, err
	}
	s := &Sink{server: smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return swallow{}, nil })), listen: l}
	s.server.Domain = "sink.example"
	go s.server.Serve(l)
	return s, nil
}

// URL is how to reach the sink.
func (s *Sink) URL() string { return "smtp://" + s.listen.Addr().String() }

// Close stops it.
func (s *Sink) Close() error { return s.server.Close() }

type swallow struct{}

func (swallow) Reset()                               {}
func (swallow) Logout() error                        { return nil }
func (swallow) Mail(string, *smtp.MailOptions) error { return nil }
func (swallow) Rcpt(string, *smtp.RcptOptions) error { return nil }
func (swallow) Data(r io.Reader) error               { _, err := io.Copy(io.Discard, r); return err }
