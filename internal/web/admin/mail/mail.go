// Package mail shows the letters that the demo's mail catcher has caught.
//
//	/mail              the letters, newest first
//	/mail/{id}         one letter: envelope, text, its links to press
//	/mail/{id}/html    its body alone, for a frame without rights
//
// There is a catcher in a demo only; elsewhere these addresses lead nowhere. A
// letter is written by whoever wrote the newsletter: its HTML is never part of a
// page of ours, but shown in a sandboxed frame under a policy of its own
// (door.Request.Framed), without scripts, network or forms.
package mail

import (
	"net/http"
	"strconv"
	"strings"

	"golang.org/x/net/html"

	"kartotek/internal/audit"
	"kartotek/internal/catcher"
	"kartotek/internal/fault"
	"kartotek/internal/web/door"
	"kartotek/internal/web/page"
)

// Routes are the entries of the sitemap.
func Routes() []door.Route {
	get := func(path string, h door.Handler) door.Route {
		return door.Route{Method: "GET", Path: path, Level: door.SeePeople, Handler: h}
	}
	return []door.Route{get("/mail", list), get("/mail/{id}", one), get("/mail/{id}/html", body)}
}

const pageSize = 50

func none() error { return fault.New(fault.NotFound, "page.none", "there is no such page") }

func list(r *door.Request) error {
	if r.Catcher == nil {
		return none()
	}
	if err := allowed(r); err != nil {
		return err
	}
	var before int64
	if _, err := r.Cursor(&before); err != nil {
		return err
	}
	all := r.Catcher.List(pageSize, before)
	if err := r.Seen(audit.Entry{Action: "mail.list", Kind: "mail", Count: len(all)}); err != nil {
		return err
	}
	v := page.MailView{Frame: r.Frame(r.T("nav.mail"), "mail")}
	for _, m := range all {
		v.Rows = append(v.Rows, page.MailRow{Href: "/mail/" + strconv.FormatInt(m.ID, 10), Subject: m.Subject, From: m.From, To: m.To, At: m.Received})
	}
	if len(all) == pageSize {
		v.Next = "/mail?after=" + r.SignCursor(all[len(all)-1].ID)
	}
	return r.Render(http.StatusOK, page.Mail(v))
}

// allowed refuses a reader whose level does not see how people are reached: a
// letter has that on its envelope.
func allowed(r *door.Request) error {
	if r.Actor.May("", "identity", "see") && r.Actor.May("", "contact", "see") {
		return nil
	}
	return fault.New(fault.Denied, "denied.people", "the access level does not see letters")
}

// caught finds the letter of the address, and logs that it is read.
func caught(r *door.Request) (m catcher.Mail, err error) {
	if err := allowed(r); err != nil {
		return m, err
	}
	n, err := strconv.ParseInt(r.PathValue("id"), 10, 64)
	if err != nil || r.Catcher == nil {
		return m, none()
	}
	m, found := r.Catcher.Get(n)
	if !found {
		return m, none()
	}
	return m, r.Seen(audit.Entry{Action: "mail.read", Kind: "mail", Object: r.PathValue("id")})
}

// envelope are the headers worth showing.
var envelope = []string{"Date", "Message-Id", "List-Id", "List-Unsubscribe", "List-Unsubscribe-Post", "Auto-Submitted", "Content-Language"}

func one(r *door.Request) error {
	m, err := caught(r)
	if err != nil {
		return err
	}
	v := page.MailMessageView{Frame: r.Frame(m.Subject, "mail"), Subject: m.Subject, From: m.From, To: m.To, At: m.Received,
		FrameURL: r.URL.Path + "/html", Text: m.Text, Links: links(m.HTML, r.BaseURL)}
	for _, name := range envelope {
		for key, value := range m.Header {
			if strings.EqualFold(key, name) && value != "" {
				v.Headers = append(v.Headers, page.Pair{Label: name, Value: value})
			}
		}
	}
	return r.Render(http.StatusOK, page.MailMessage(v))
}

func body(r *door.Request) error {
	m, err := caught(r)
	if err != nil {
		return err
	}
	r.Framed()
	text := m.HTML
	if text == "" {
		text = "<pre>" + html.EscapeString(m.Text) + "</pre>"
	}
	_, _ = r.W.Write([]byte(text)) // the reader has gone
	return nil
}

// links finds the links of a letter in order, each once. Those that lead to this
// register can be pressed; others are shown and not followed.
func links(body, base string) (out []page.Link) {
	seen := map[string]bool{}
	z := html.NewTokenizer(strings.NewReader(body))
	var href string
	var text strings.Builder
	for {
		switch kind := z.Next(); kind {
		case html.ErrorToken:
			return out
		case html.StartTagToken:
			if t := z.Token(); t.Data == "a" {
				href = attr(t, "href")
				text.Reset()
			}
		case html.TextToken:
			text.Write(z.Text())
		case html.EndTagToken:
			if t := z.Token(); t.Data == "a" && href != "" && !seen[href] && len(out) < 100 {
				seen[href] = true
				out = append(out, link(strings.Join(strings.Fields(html.UnescapeString(text.String())), " "), href, base))
				href = ""
			}
		}
	}
}

func attr(t html.Token, name string) string {
	for _, a := range t.Attr {
		if a.Key == name {
			return a.Val
		}
	}
	return ""
}

func link(text, href, base string) page.Link {
	path, ours := strings.CutPrefix(href, base)
	if ours && base != "" && strings.HasPrefix(path, "/") {
		return page.Link{Text: text, Href: door.Local(path)}
	}
	return page.Link{Text: text + " — " + href}
}
