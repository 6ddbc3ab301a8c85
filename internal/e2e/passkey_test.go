package e2e

import (
	"net"
	"path/filepath"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/webauthn"
	"github.com/chromedp/chromedp"
)

// TestPasskeyInBrowser adds a passkey and signs in with it in Chromium, whose own
// authenticator answers: the script, the policy and the ceremony as visitors have them.
func TestPasskeyInBrowser(t *testing.T) {
	base := "http://localhost:" + freePort(t) // a host name: no browser binds a passkey to an IP address
	p := start(t, "serve", "--listen", strings.Replace(base, "http://localhost", "127.0.0.1", 1), "--base-url", base, "--demo", "--data", filepath.Join(t.TempDir(), "demo"))
	p.says(t, `Kartotek serves (http://\S+)\n`)
	link := p.says(t, `Sign in \(once\): (http://\S+)\n`)[1]
	b := surf(t)
	b.look(1440, "light")
	call(b, webauthn.Enable, webauthn.EnableParams{})
	call(b, webauthn.AddVirtualAuthenticator, webauthn.AddVirtualAuthenticatorParams{Options: &webauthn.VirtualAuthenticatorOptions{
		Protocol: webauthn.AuthenticatorProtocolCtap2, Transport: webauthn.AuthenticatorTransportInternal,
		HasResidentKey: true, HasUserVerification: true, IsUserVerified: true, AutomaticPresenceSimulation: true}})
	b.visit(link, "sign-in")
	b.press("main form button")
	b.visit(base+"/account/passkey", "passkey")
	b.do(chromedp.SetValue(chromedp.CSS("#name"), "the laptop"))
	b.press("form[data-passkey] button")
	if codes := ask[string](b, `document.querySelector("pre.codes").textContent`); len(strings.Fields(codes)) != 10 {
		t.Errorf("recovery codes: %q", codes)
	}
	b.visit(base+"/account", "account")
	if text := ask[string](b, `document.querySelector("#factors").innerText`); !strings.Contains(text, "the laptop") {
		t.Errorf("the passkey is not listed: %s", text)
	}
	b.press("header.top form[action='/sign-out'] button")
	b.press("form[data-passkey] button")
	if !ask[bool](b, `document.querySelector("nav.rail") !== null`) {
		t.Errorf("the passkey does not sign in: %s", ask[string](b, `document.body.innerText`))
	}
	b.calm()
}

// freePort is a port that nobody listened on a moment ago.
func freePort(t *testing.T) string {
	t.Helper()
	l, err := net.Listen("tcp", "127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer l.Close()
	_, port, err := net.SplitHostPort(l.Addr().String())
	if err != nil {
		t.Fatal(err)
	}
	return port
}
