package web_test

import (
	"net/http"
	"net/url"
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
