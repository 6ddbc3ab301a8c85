package web_test

import (
	"net/http"
	"net/url"
	"sync/atomic"
	"testing"

	"kartotek/internal/outbox"
)

// BenchmarkPublic measures what one visit costs, the log's commit to disk included.
func BenchmarkPublic(b *testing.B) {
	w := newWorld(b)
	m := w.message(w.person(), "newsletter")
	w.post(w.link(outbox.LinkUnsubscribe, m), url.Values{"List-Unsubscribe": {"One-Click"}})
	for _, c := range []struct{ name, method, path string }{
		{"notice", "GET", "/notice/en"}, {"preferences", "GET", w.link(outbox.LinkPreferences, m)}, {"why", "GET", w.link(outbox.LinkWhy, m)},
		{"one-click-again", "POST", w.link(outbox.LinkUnsubscribe, m)},
		{"guess", "GET", "/p/" + w.link(outbox.LinkUnsubscribe, m)[3:]}, {"no-such-message", "GET", "/p/" + outbox.Token(w.Keys, outbox.LinkPreferences, m.Person, 98)},
		{"healthz", "GET", "/healthz"},
	} {
		b.Run(c.name, func(b *testing.B) {
			for b.Loop() {
				w.clock.Move(2e9)
				if s := w.ask(c.method, c.path, "").StatusCode; s >= http.StatusInternalServerError || s == http.StatusTooManyRequests {
					b.Fatal(s)
				}
			}
		})
	}
}

// BenchmarkOneClick measures unsubscribing for many at once, each durable before
// it is answered, as mail providers post after a large send.
func BenchmarkOneClick(b *testing.B) {
	w := newWorld(b)
	links := make([]string, max(b.N, 1))
	for i := range links {
		links[i] = w.link(outbox.LinkUnsubscribe, w.message(w.person(), "newsletter"))
	}
	var at atomic.Int64
	b.SetParallelism(32)
	b.ResetTimer()
	b.RunParallel(func(pb *testing.PB) {
		for pb.Next() {
			path := links[int(at.Add(1)-1)%len(links)]
			if s := w.post(path, url.Values{"List-Unsubscribe": {"One-Click"}}).StatusCode; s != http.StatusOK {
				b.Error(s)
			}
		}
	})
	b.ReportMetric(float64(b.N)/b.Elapsed().Seconds(), "posts/s")
}
