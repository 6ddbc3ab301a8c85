package e2e

import (
	"io"
	"net/http"
	"net/url"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"kartotek/internal/catcher"
)

// catch starts a mail server that keeps what it is sent.
func catch(t testing.TB) *catcher.Catcher {
	t.Helper()
	c, err := catcher.Start("127.0.0.1:0")
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { c.Close() })
	return c
}

// client is somebody without cookies who follows no redirect.
var client = &http.Client{Timeout: patience, Transport: &http.Transport{IdleConnTimeout: time.Second},
	CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}

// answered is a page.
type answered struct {
	status int
	head   http.Header
	body   string
}

func fetch(t testing.TB, at string) answered {
	t.Helper()
	r, err := client.Get(at)
	return read(t, r, err)
}

func post(t testing.TB, at string, form url.Values) answered {
	t.Helper()
	r, err := client.PostForm(at, form)
	return read(t, r, err)
}

func read(t testing.TB, r *http.Response, err error) answered {
	t.Helper()
	if err != nil {
		t.Fatal(err)
	}
	defer r.Body.Close()
	body, err := io.ReadAll(r.Body)
	if err != nil {
		t.Fatal(err)
	}
	return answered{r.StatusCode, r.Header, string(body)}
}

// form reads the fields of a page's form as a browser would send it without any button.
func (a answered) form(t testing.TB) url.Values {
	t.Helper()
	doc, err := html.Parse(strings.NewReader(a.body))
	if err != nil {
		t.Fatal(err)
	}
	out := url.Values{}
	for n := range doc.Descendants() {
		if n.Type != html.ElementNode || n.Data != "input" {
			continue
		}
		of := map[string]string{}
		for _, at := range n.Attr {
			of[at.Key] = at.Val
		}
		if _, ticked := of["checked"]; of["type"] != "checkbox" || ticked {
			out.Add(of["name"], of["value"])
		}
	}
	return out
}
