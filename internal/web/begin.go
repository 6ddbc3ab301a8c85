package web

import (
	"context"
	"errors"
	"fmt"
	"io"
	"log/slog"
	"net/http"
	"net/netip"
	"runtime"
	"runtime/debug"
	"strings"
	"time"

	"kartotek/internal/clock"
	"kartotek/internal/fault"
	"kartotek/internal/i18n"
	"kartotek/internal/web/door"
)

// Bounds of what comes in.
const (
	maxURI   = 8 << 10
	maxQuery = 200         // pairs
	answerIn = time.Minute // from the head of a request to the end of its answer
	longIn   = 30 * time.Minute
)

type key struct{}

// requestOf finds the request being answered again behind the ServeMux.
func requestOf(r *http.Request) *door.Request { return r.Context().Value(key{}).(*door.Request) }

// begin numbers a request and looks where it comes from.
func (s *site) begin(w http.ResponseWriter, hr *http.Request) *door.Request {
	rec := &recorder{ResponseWriter: w, began: s.DB.Now()}
	r := &door.Request{Rooms: s.Rooms, W: rec, Printer: i18n.For(""), Number: s.DB.NewID().String()}
	r.Client, r.Secure = s.origin(hr)
	r.Request = hr.WithContext(context.WithValue(hr.Context(), key{}, r))
	return r
}

// origin is the peer, or the client named by a trusted proxy, and whether the
// browser speaks https. X-Forwarded headers from anybody else are a claim and
// nothing more.
func (s *site) origin(hr *http.Request) (netip.Addr, bool) {
	peer, _ := netip.ParseAddrPort(hr.RemoteAddr)
	client := peer.Addr().Unmap()
	secure := hr.TLS != nil || strings.HasPrefix(s.BaseURL, "https://")
	if !s.proxy(client) {
		return client, secure
	}
	secure = secure || hr.Header.Get("X-Forwarded-Proto") == "https"
	chain := strings.Split(strings.Join(hr.Header.Values("X-Forwarded-For"), ","), ",")
	for i := len(chain) - 1; i >= 0; i-- {
		a, err := netip.ParseAddr(strings.TrimSpace(chain[i]))
		if err != nil {
			break
		}
		if client = a.Unmap(); !s.proxy(client) {
			break
		}
	}
	return client, secure
}

func (s *site) proxy(a netip.Addr) bool {
	for _, p := range s.Proxies {
		if p.Contains(a) {
			return true
		}
	}
	return false
}

// bounds refuses addresses that no page of ours has, and bounds body and time.
func (s *site) bounds(r *door.Request) error {
	if len(r.RequestURI) > maxURI || strings.Count(r.URL.RawQuery, "&") >= maxQuery {
		return fault.New(fault.Invalid, "page.address", "the address is too long")
	}
	if r.Body != nil && r.Body != http.NoBody {
		r.Body = &body{r: r.Body, left: door.DefaultBody, limit: door.DefaultBody}
	}
	s.deadline(r, answerIn)
	return nil
}

func (s *site) deadline(r *door.Request, d time.Duration) {
	c := http.NewResponseController(r.W)
	at := clock.System().Now().Add(d) // the sockets' clock, not the register's
	_ = c.SetReadDeadline(at)         // a recorder in a test has none
	_ = c.SetWriteDeadline(at)
}

// allow widens the bounds where a route says so, before anything was read.
func (s *site) allow(r *door.Request, route *door.Route) {
	if b, ok := r.Body.(*body); ok && route.Body > 0 {
		b.left, b.limit = route.Body, route.Body
	}
	if route.Long {
		s.deadline(r, longIn)
	}
}

// body is a bounded body whose bound a route may set.
type body struct {
	r           io.ReadCloser
	left, limit int64
}

func (b *body) Read(p []byte) (int, error) {
	if len(p) == 0 {
		return 0, nil
	}
	if int64(len(p))-1 > b.left {
		p = p[:b.left+1]
	}
	n, err := b.r.Read(p)
	if int64(n) > b.left {
		n = int(b.left)
		err = &http.MaxBytesError{Limit: b.limit}
	}
	b.left -= int64(n)
	return n, err
}

func (b *body) Close() error { return b.r.Close() }

// end logs a request and answers for one that broke.
func (s *site) end(r *door.Request) {
	if p := recover(); p != nil {
		if err, ok := p.(error); ok && errors.Is(err, http.ErrAbortHandler) {
			panic(p) // how net/http is told to drop the connection: nothing may be added to what was sent
		}
		// What was being worked on may be in the text of the panic: only its kind and place are logged.
		s.Log.Error("panic", "number", r.Number, "route", r.Pattern, "kind", kindOf(p), "stack", string(debug.Stack()))
		s.fail(r, fault.New(fault.Internal, "internal", "the page broke"))
	}
	rec := r.W.(*recorder)
	s.Log.LogAttrs(r.Context(), slog.LevelInfo, "request", slog.String("number", r.Number), slog.String("method", clip(r.Method)), slog.String("route", r.Pattern),
		slog.Int("status", rec.status), slog.Int64("bytes", rec.bytes), slog.Duration("took", s.DB.Now().Sub(rec.began)))
}

// kindOf names a panic of the language's own by its text, any other by its type.
func kindOf(p any) string {
	if err, ok := p.(runtime.Error); ok {
		return safe(err)
	}
	return fmt.Sprintf("%T", p)
}

func clip(s string) string { return s[:min(len(s), 10)] }

// recorder takes down the status and size of an answer.
type recorder struct {
	http.ResponseWriter
	status int
	bytes  int64
	began  time.Time
}

func (w *recorder) WriteHeader(status int) {
	if w.status == 0 {
		w.status = status
	}
	w.ResponseWriter.WriteHeader(status)
}

func (w *recorder) Write(b []byte) (int, error) {
	if w.status == 0 {
		w.status = http.StatusOK
	}
	n, err := w.ResponseWriter.Write(b)
	w.bytes += int64(n)
	return n, err
}

// Unwrap lets http.ResponseController reach the connection.
func (w *recorder) Unwrap() http.ResponseWriter { return w.ResponseWriter }

// language is the reader's: the address's, the chosen one, the browser's.
func language(r *door.Request) (p *i18n.Printer, chosen bool) {
	for _, lang := range []string{r.URL.Query().Get("lang"), r.CookieValue("lang")} {
		if i18n.Known(lang) {
			return i18n.For(lang), true
		}
	}
	if forPrograms(r) && r.Header.Get("Accept-Language") == "" {
		return i18n.For("en"), false // who wrote the program reads what it was told
	}
	return i18n.For(i18n.Match(r.Header.Get("Accept-Language"))), false
}
