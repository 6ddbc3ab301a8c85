package web_test

import (
	"context"
	"net/http"
	"net/smtp"
	"strings"
	"testing"
	"time"

	"kartotek/internal/catcher"
	"kartotek/internal/web/door"
	"kartotek/internal/web/page"
)

const letter = "From: News <news@nordanvind.example>\r\nTo: asa@fjord.example\r\nSubject: =?utf-8?q?H=C3=A4lsning?=\r\nMIME-Version: 1.0\r\n" +
	"List-Unsubscribe-Post: List-Unsubscribe=One-Click\r\nContent-Type: text/html; charset=utf-8\r\n\r\n" +
	`<p style="color:red">Hi <script>alert(1)</script><a href="http://register.example/u/abc">Stop <b>it</b></a> <a href="https://evil.example/x">Out</a> <a href="http://register.example.evil.example/">Trick</a></p>`

func TestCaughtMail(t *testing.T) {
	c, err := catcher.Start("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	defer c.Close()
	w := newWorld(t, func(r *door.Rooms) { r.Catcher, r.Demo, r.BaseURL = c, true, "http://register.example" })
	if err := smtp.SendMail(c.Addr(), nil, "news@nordanvind.example", []string{"asa@fjord.example"}, []byte(letter)); err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithTimeout(t.Context(), 10*time.Second)
	defer cancel()
	if err := c.Wait(ctx, 1); err != nil {
		t.Fatal(err)
	}
	me := w.signedIn("maja@nordanvind.example", "owner")
	if p := text(t, w.get("/mail", "Cookie", me)); !strings.Contains(p, "Hälsning") || !strings.Contains(p, `href="/mail/1"`) {
		t.Errorf("%.500s", p)
	}
	p := text(t, w.get("/mail/1", "Cookie", me))
	for _, want := range []string{`href="/u/abc"`, "Stop it", "https://evil.example/x", `sandbox="allow-popups"`, `src="/mail/1/html"`, "List-Unsubscribe=One-Click"} {
		if !strings.Contains(p, want) {
			t.Errorf("the page lacks %q", want)
		}
	}
	for _, bad := range []string{"alert(1)</script>", `href="https://evil`, "color:red", `href=".evil`} {
		if strings.Contains(p, bad) {
			t.Errorf("the page holds %q", bad)
		}
	}
	body := w.get("/mail/1/html", "Cookie", me)
	if got := body.Header.Get("Content-Security-Policy"); got != page.FrameCSP || !strings.Contains(got, "sandbox") || strings.Contains(got, "script") {
		t.Error(got)
	}
	if body.Header.Get("X-Frame-Options") != "SAMEORIGIN" || !strings.Contains(text(t, body), "color:red") {
		t.Error("the body cannot be shown")
	}
	wantStatus(t, w.get("/mail/2", "Cookie", me), http.StatusNotFound)
	if w.logged("mail.read") != 2 || w.logged("mail.list") != 1 {
		t.Error("reads are not in the log")
	}
}
