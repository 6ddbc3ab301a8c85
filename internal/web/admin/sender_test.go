package admin_test

import (
	"context"
	"net"
	"net/http"
	"net/url"
	"strings"
	"testing"

	"kartotek/internal/db"
	"kartotek/internal/relay"
)

// silent is a DNS that knows nothing.
type silent struct{}

func (silent) none() error { return &net.DNSError{Err: "no such host", IsNotFound: true} }

func (s silent) LookupTXT(context.Context, string) ([]string, error)        { return nil, s.none() }
func (s silent) LookupMX(context.Context, string) ([]*net.MX, error)        { return nil, s.none() }
func (s silent) LookupIPAddr(context.Context, string) ([]net.IPAddr, error) { return nil, s.none() }
func (s silent) LookupAddr(context.Context, string) ([]string, error)       { return nil, s.none() }

// TestSenderPage enters a relay, takes it out of use, makes keys and looks at a
// domain; the password of a relay is never shown.
func TestSenderPage(t *testing.T) {
	w := newWorld(t, "owner")
	w.Relay.Resolver = silent{}
	w.get("/sender").has("No mail server", "Nothing is known yet", "too few to say")
	form := url.Values{"name": {"post"}, "url": {"smtps://kartotek:hemligt-99@relay.example:465"}, "recipient": {"mail-relay"}, "priority": {"0"}, "weight": {"2"}, "rate": {"600"}}
	w.post("/sender/relay", form)
	w.get("/sender").has("relay.example:465", "well", "order 0, weight 2").hasNot("hemligt-99")
	if status, body := w.answered("/sender/relay", form); status != http.StatusUnprocessableEntity || !strings.Contains(body, "Another mail server has this name") || strings.Contains(body, "hemligt-99") {
		t.Errorf("twice: %d", status)
	}
	form.Set("name", "other")
	form.Set("recipient", "nobody")
	if status, body := w.answered("/sender/relay", form); status != http.StatusUnprocessableEntity || !strings.Contains(body, "does not list whoever runs the server") {
		t.Errorf("of no processor: %d", status)
	}
	w.post("/sender/relay/state", url.Values{"name": {"post"}, "to": {"disabled"}})
	w.get("/sender").has("disabled")
	w.post("/sender/relay/state", url.Values{"name": {"post"}, "to": {"active"}})

	w.post("/sender/key", url.Values{"domain": {"nordanvind.example"}, "kind": {"both"}})
	w.get("/sender").has("._domainkey.nordanvind.example", "v=DKIM1; h=sha256; k=rsa; p=", "k=ed25519", "waits for DNS", "Put the record into DNS")
	var keys []*relay.Key
	w.do(func(tx *db.Tx) (err error) { keys, err = w.Relay.DKIM(tx); return err })
	w.post("/sender/key/use", url.Values{"domain": {keys[0].Domain}, "selector": {keys[0].Selector}})
	w.get("/sender").has("signs")

	if status, body := w.answered("/sender/look", url.Values{"domain": {"nordanvind.example"}}); status != http.StatusOK || !strings.Contains(body, "sends are stopped") || !strings.Contains(body, "is not in DNS") {
		t.Errorf("a look: %d %.300s", status, plain(body))
	}
	w.get("/sender").has("sends are stopped")
	for _, action := range []string{"relay.add", "relay.change", "dkim.make", "dkim.use"} {
		if w.logged(action) == 0 {
			t.Errorf("%s is not in the log", action)
		}
	}
	for _, lang := range []string{"sv", "fi"} {
		w.read("/sender", lang, http.StatusOK)
	}
}
