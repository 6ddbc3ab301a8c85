package web

import (
	"context"
	"errors"
	"io"
	"log"
	"log/slog"
	"net"
	"net/http"
	"time"

	"kartotek/internal/fault"
)

// Server is the listening side. Make one for one life.
type Server struct {
	Handler http.Handler
	Log     *slog.Logger

	http     *http.Server
	listener net.Listener
	served   chan error
}

// Listen takes addr, such as "127.0.0.1:8600" or "127.0.0.1:0" for any port, so
// that Addr is known before there is anything to serve. Who connects waits for Start.
func (s *Server) Listen(addr string) (err error) {
	s.listener, err = net.Listen("tcp", addr)
	if err != nil {
		return fault.New(fault.Unavailable, "web.listen", "the address %s is taken, or not of this machine; give another with --listen", addr).Because(err)
	}
	return nil
}

// Start serves until Shutdown, on addr unless Listen has taken one. It returns
// once connections are taken.
func (s *Server) Start(addr string) error {
	if s.listener == nil {
		if err := s.Listen(addr); err != nil {
			return err
		}
	}
	s.http = &http.Server{
		Handler:           s.Handler,
		ReadHeaderTimeout: 5 * time.Second, // a client that sends its head slowly holds nothing up
		IdleTimeout:       2 * time.Minute,
		MaxHeaderBytes:    32 << 10,
		ErrorLog:          log.New(io.Discard, "", 0), // it would hold what clients send
	}
	s.served = make(chan error, 1)
	go func() { s.served <- s.http.Serve(s.listener) }()
	return nil
}

// Addr is where it listens, host:port.
func (s *Server) Addr() string { return s.listener.Addr().String() }

// Wait returns when the server has ended, with the reason unless it was Shutdown.
func (s *Server) Wait() error {
	err := <-s.served
	s.served <- err
	if errors.Is(err, http.ErrServerClosed) {
		return nil
	}
	return err
}

// Shutdown takes no more requests and waits for those under way, as long as ctx lives.
func (s *Server) Shutdown(ctx context.Context) error {
	if s.http == nil {
		if s.listener == nil {
			return nil
		}
		return s.listener.Close()
	}
	err := s.http.Shutdown(ctx)
	if err != nil {
		_ = s.http.Close() // time is up: cut those still under way
	}
	return err
}
