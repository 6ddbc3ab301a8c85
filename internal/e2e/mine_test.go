package e2e

import (
	"regexp"
	"strings"
	"testing"

	"github.com/chromedp/cdproto/emulation"
	"github.com/chromedp/chromedp"
)

// TestMyData goes through "My data" in a browser without script: the address, the
// letter, the button, what is held, a correction, and at the end the erasing, which is
// asked for, confirmed by letter and carried out.
func TestMyData(t *testing.T) {
	s := consenting(t, many(1)...)
	mail := catch(t)
	_, base := serve(t, s.with("--smtp", mail.URL())...)
	b := surf(t)
	call(b, emulation.SetScriptExecutionDisabled, emulation.SetScriptExecutionDisabledParams{Value: true})
	b.look(320, "light")
	letter := func(n int) string {
		if err := mail.Wait(t.Context(), n); err != nil {
			t.Fatal(err)
		}
		m, _ := mail.Get(int64(n))
		link := regexp.MustCompile(`http://\S+/me/(?:in|confirm)/[A-Z2-7]{26}`).FindString(m.Text)
		if link == "" {
			t.Fatalf("no link in: %s", m.Text)
		}
		return link
	}
	to := subscriber(0)
	if list := counts(t, s.open(t), `SELECT email, 1 FROM persons WHERE email <> ''`); list[to] == 0 {
		for address := range list {
			to = address
		}
	}
	b.visit(base+"/me", "ask")
	b.do(chromedp.SendKeys(chromedp.CSS(`#address`), to, chromedp.NodeVisible))
	b.press(`main form button`)
	b.visit(letter(1), "the link")
	b.press(`main form button`)
	if text := ask[string](b, `document.body.innerText`); !strings.Contains(text, to) {
		t.Errorf("the overview has no address: %s", text)
	}
	b.visit(base+"/me/facts", "facts")
	b.do(chromedp.Click(chromedp.CSS(`#f-first_name summary`), chromedp.NodeVisible), chromedp.SendKeys(chromedp.CSS(`#v-first_name`), "x", chromedp.NodeVisible))
	b.press(`#f-first_name form button`)
	for _, path := range []string{"/me/permissions", "/me/messages", "/me/readers", "/me/received", "/me/cases", "/me/address", "/me/sessions", "/me/rights"} {
		b.visit(base+path, path)
	}
	b.press(`form[action="/me/erase"] button`)
	b.visit(letter(2), "the confirming letter")
	b.press(`main form button.stop`)
	if text := ask[string](b, `document.body.innerText`); !strings.Contains(text, "sha256:") || strings.Contains(text, to) {
		t.Errorf("the certificate: %s", text)
	}
	b.visit(base+"/me/facts", "signed out")
	if at := ask[string](b, `location.pathname`); at != "/me" {
		t.Errorf("still signed in, at %s", at)
	}
	if left := counts(t, s.open(t), `SELECT email, 1 FROM persons WHERE email <> ''`); left[to] != 0 {
		t.Errorf("%s is still there", to)
	}
	if open := counts(t, s.open(t), `SELECT 'open', count(*) FROM cases WHERE closed_at = 0`); open["open"] != 0 || counts(t, s.open(t), `SELECT outcome, 1 FROM cases`)["fulfilled"] == 0 {
		t.Error("the case of the erasing stays open")
	}
	b.calm()
}
