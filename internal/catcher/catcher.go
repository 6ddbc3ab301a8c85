// Package catcher is a mail server that keeps what it is sent and delivers
// nothing: the demo's outgoing mail ends here, where a browser can read it, and
// tests of sending talk to it.
//
// The conversation is real SMTP (github.com/emersion/go-smtp). Mails are held in
// memory, the newest 2,000 or 64 MB; older ones make way. Some addresses fail
// on purpose, whatever their domain, so that the demo can show what happens:
//
//	fail-550@…        refused at RCPT with the code (any 500–599)
//	defer-450@…       put off at RCPT with the code (any 400–499)
//	late-fail-554@…   refused after the text
//	late-defer-451@…  put off after the text
//
// Tests can also order an answer for every conversation: Fail.
//
// Shape: Start gives a Catcher; List, Get and Count read; Wait waits for a
// number of mails without sleeping.
package catcher

import (
	"context"
	"errors"
	"io"
	"log"
	"net"
	"sync"
	"time"

	"github.com/emersion/go-smtp"

	"kartotek/internal/clock"
	"kartotek/internal/fault"
)

// Limits of what is kept.
const (
	MaxMails = 2000
	MaxBytes = 64 << 20
	maxMail  = 10 << 20
)

// Catcher is a running server. Its methods are safe for concurrent use.
type Catcher struct {
	listener net.Listener
	server   *smtp.Server
	served   chan struct{}

	mu      sync.Mutex
	mails   []caught         // guarded by mu: oldest first
	bytes   int              // guarded by mu
	total   int              // guarded by mu: caught since the start
	change  chan struct{}    // guarded by mu: closed at the next mail
	answers map[Verb]*answer // guarded by mu
}

// Start listens on addr ("127.0.0.1:0" for any port) and serves until Close.
func Start(addr string) (*Catcher, error) {
	l, err := net.Listen("tcp", addr)
	if err != nil {
		return nil, fault.New(fault.Unavailable, "catcher.listen", "the mail catcher cannot listen on its address").Because(err)
	}
	c := &Catcher{listener: l, served: make(chan struct{}), change: make(chan struct{}), answers: map[Verb]*answer{}}
	c.server = smtp.NewServer(smtp.BackendFunc(func(*smtp.Conn) (smtp.Session, error) { return &session{c: c}, nil }))
	c.server.Domain = "catcher.kartotek.example"
	c.server.MaxMessageBytes = maxMail
	c.server.MaxRecipients = 100
	c.server.ReadTimeout, c.server.WriteTimeout = 10*time.Minute, time.Minute
	c.server.EnableSMTPUTF8 = true
	c.server.ErrorLog = log.New(io.Discard, "", 0) // what a demo's sender does wrong, it hears itself
	go func() { defer close(c.served); _ = c.server.Serve(l) }()
	return c, nil
}

// Addr is the address it listens on, host:port.
func (c *Catcher) Addr() string { return c.listener.Addr().String() }

// URL is the address as sending takes it: smtp://host:port.
func (c *Catcher) URL() string { return "smtp://" + c.Addr() }

// Close ends all conversations and stops. The mails can still be read.
func (c *Catcher) Close() error {
	err := c.server.Close()
	c.listener.Close()
	<-c.served
	if errors.Is(err, smtp.ErrServerClosed) {
		return nil
	}
	return err
}

// Count is how many mails were caught since the start, those that made way
// included.
func (c *Catcher) Count() int {
	c.mu.Lock()
	defer c.mu.Unlock()
	return c.total
}

// Wait returns when n mails have been caught since the start, or with the
// context's error.
func (c *Catcher) Wait(ctx context.Context, n int) error {
	for {
		c.mu.Lock()
		total, change := c.total, c.change
		c.mu.Unlock()
		if total >= n {
			return nil
		}
		select {
		case <-change:
		case <-ctx.Done():
			return ctx.Err()
		}
	}
}

// keep adds a mail, and lets the oldest go that no longer fit.
func (c *Catcher) keep(m caught) {
	m.received = clock.System().Now()
	c.mu.Lock()
	defer c.mu.Unlock()
	c.total++
	m.id = int64(c.total)
	c.mails, c.bytes = append(c.mails, m), c.bytes+len(m.raw)
	for len(c.mails) > MaxMails || c.bytes > MaxBytes {
		c.bytes -= len(c.mails[0].raw)
		c.mails[0] = caught{}
		c.mails = c.mails[1:]
	}
	close(c.change)
	c.change = make(chan struct{})
}
