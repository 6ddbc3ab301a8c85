package returns

import (
	"context"
	"errors"
	"io"
	"net"
	"strings"
	"sync"
	"testing"

	"kartotek/internal/clock"
	"kartotek/internal/db"
	"kartotek/internal/db/dbtest"
	"kartotek/internal/party"
)

// pipes is a listener of conversations within the process.
type pipes struct {
	next   chan net.Conn
	closed chan struct{}
	once   sync.Once
}

func (p *pipes) Accept() (net.Conn, error) {
	select {
	case c := <-p.next:
		return c, nil
	case <-p.closed:
		return nil, net.ErrClosed
	}
}

func (p *pipes) Close() error   { p.once.Do(func() { close(p.closed) }); return nil }
func (p *pipes) Addr() net.Addr { return &net.TCPAddr{IP: net.IPv4(192, 0, 2, 1), Port: 25} }

// FuzzListen says anything at all to the listener: it neither falls over nor believes it.
func FuzzListen(f *testing.F) {
	c := clock.At(dbtest.Start)
	d, err := db.Open(f.Context(), f.TempDir(), db.Options{Clock: c, Schema: schemas})
	if err != nil {
		f.Fatal(err)
	}
	f.Cleanup(func() { d.Close() })
	w := letters(f, d, c, 1)
	p := &pipes{next: make(chan net.Conn), closed: make(chan struct{})}
	l := w.serve(f.Context(), p, Place{}, host, nil)
	f.Cleanup(func() { _ = l.Close(context.Background()) })
	lost := dsn(addr(0), "550 5.1.1 User unknown")
	for _, to := range []string{"postmaster@" + host, "b-" + strings.Repeat("a", 26) + "-aaaaaaaaaa@" + host} {
		f.Add("EHLO x\r\nMAIL FROM:<>\r\nRCPT TO:<" + to + ">\r\nDATA\r\n" + strings.ReplaceAll(lost, "\n", "\r\n") + ".\r\nQUIT\r\n")
	}
	f.Add("EHLO x\r\nMAIL FROM:<\"a@x>\r\nRCPT TO:<v@y\"@z>\r\nBDAT 5 LAST\r\nhello\r\nSTARTTLS\r\nAUTH PLAIN\r\nVRFY x\r\n")
	f.Fuzz(func(t *testing.T, said string) {
		w.t = t // each input is a test of its own
		here, there := net.Pipe()
		p.next <- there
		go func() {
			_, _ = io.WriteString(here, said)
			here.Close()
		}()
		if _, err := io.Copy(io.Discard, here); err != nil && !errors.Is(err, io.ErrClosedPipe) {
			t.Fatal(err)
		}
		if w.reach(0).Has(party.BadEmail) || strings.Contains(w.standing(0), "prohib") {
			t.Fatal("believed without a proof")
		}
	})
}
