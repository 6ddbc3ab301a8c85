package page_test

import (
	"bytes"
	"context"
	"io"
	"net/http"
	"net/http/httptest"
	"slices"
	"strings"
	"testing"

	"golang.org/x/net/html"

	"kartotek/internal/i18n"
	"kartotek/internal/web/page"
	"kartotek/internal/web/page/sample"
)

// eachSample runs fn on the parsed page of every sample in every language.
func eachSample(t *testing.T, fn func(t *testing.T, s sample.Sample, root *html.Node, raw string)) {
	t.Helper()
	for _, lang := range i18n.Langs {
		for _, s := range sample.Gallery(i18n.For(lang)) {
			t.Run(lang+"/"+s.Name, func(t *testing.T) {
				var b bytes.Buffer
				if err := s.Component.Render(context.Background(), &b); err != nil {
					t.Fatal(err)
				}
				root, err := html.Parse(bytes.NewReader(b.Bytes()))
				if err != nil {
					t.Fatal(err)
				}
				fn(t, s, root, b.String())
			})
		}
	}
}

// all gives the elements with one of the names, or every element.
func all(root *html.Node, names ...string) (out []*html.Node) {
	for n := range root.Descendants() {
		if n.Type == html.ElementNode && (len(names) == 0 || slices.Contains(names, n.Data)) {
			out = append(out, n)
		}
	}
	return out
}

func attr(n *html.Node, key string) string {
	v, _ := has(n, key)
	return v
}

func has(n *html.Node, key string) (string, bool) {
	for _, a := range n.Attr {
		if a.Key == key {
			return a.Val, true
		}
	}
	return "", false
}

func text(n *html.Node) string {
	var b strings.Builder
	for d := range n.Descendants() {
		if d.Type == html.TextNode {
			b.WriteString(d.Data)
		}
	}
	return strings.TrimSpace(b.String())
}

func inside(n *html.Node, name string) bool {
	for p := n.Parent; p != nil; p = p.Parent {
		if p.Data == name {
			return true
		}
	}
	return false
}

// TestWellFormed: every element that must be closed is closed, in order.
func TestWellFormed(t *testing.T) {
	void := []string{"meta", "link", "input", "br", "hr", "img", "wbr"}
	eachSample(t, func(t *testing.T, _ sample.Sample, _ *html.Node, raw string) {
		var open []string
		z := html.NewTokenizer(strings.NewReader(raw))
		for {
			switch z.Next() {
			case html.ErrorToken:
				if z.Err() != io.EOF || len(open) > 0 {
					t.Fatalf("open at the end: %v (%v)", open, z.Err())
				}
				return
			case html.StartTagToken:
				name, _ := z.TagName()
				if string(name) == "form" && (slices.Contains(open, "form") || slices.Contains(open, "p")) {
					t.Fatalf("a form inside %v", open)
				}
				if !slices.Contains(void, string(name)) {
					open = append(open, string(name))
				}
			case html.EndTagToken:
				name, _ := z.TagName()
				if len(open) == 0 || open[len(open)-1] != string(name) {
					t.Fatalf("</%s> closes %v", name, open)
				}
				open = open[:len(open)-1]
			}
		}
	})
}

// TestPolicy: nothing the Content-Security-Policy would refuse.
func TestPolicy(t *testing.T) {
	eachSample(t, func(t *testing.T, s sample.Sample, root *html.Node, _ string) {
		for _, n := range all(root) {
			for _, a := range n.Attr {
				if a.Key == "style" || (strings.HasPrefix(a.Key, "on") && a.Key != "on") {
					t.Errorf("<%s> has %s=%q", n.Data, a.Key, a.Val)
				}
			}
			if strings.HasPrefix(attr(n, "hx-trigger"), "js:") || strings.Contains(attr(n, "hx-trigger"), "[") {
				t.Errorf("hx-trigger %q needs eval", attr(n, "hx-trigger"))
			}
		}
		for _, n := range all(root, "style") {
			t.Errorf("inline style %q", text(n))
		}
		for _, n := range all(root, "script") {
			if attr(n, "src") == "" || text(n) != "" {
				t.Error("inline script")
			}
			if inPublic(root) && s.Name != "receipt-verify" { // which checks a file without sending it, and says how else to
				t.Error("a public page loads script")
			}
		}
		for _, n := range all(root, "script", "link", "img", "iframe") {
			src := attr(n, "src") + attr(n, "href")
			if !strings.HasPrefix(src, "/") || strings.HasPrefix(src, "//") {
				t.Errorf("<%s> loads from elsewhere: %q", n.Data, src)
			}
		}
	})
}

// inPublic reports whether the page has the public layout.
func inPublic(root *html.Node) bool {
	for _, n := range all(root, "div") {
		if attr(n, "class") == "public" {
			return true
		}
	}
	return false
}

// TestForms: every change of state is a POST with a button; only searching,
// filtering and closing a dialog are not.
func TestForms(t *testing.T) {
	eachSample(t, func(t *testing.T, _ sample.Sample, root *html.Node, _ string) {
		for _, f := range all(root, "form") {
			switch method := attr(f, "method"); method {
			case "post":
				if a := attr(f, "action"); !strings.HasPrefix(a, "/") {
					t.Errorf("form posts to %q", a)
				}
			case "get", "dialog":
			default:
				t.Errorf("form with method %q", method)
			}
			submit := slices.ContainsFunc(all(f, "button"), func(b *html.Node) bool { return attr(b, "type") == "" || attr(b, "type") == "submit" })
			if !submit && attr(f, "role") != "search" {
				t.Errorf("form %q without a button", attr(f, "action"))
			}
		}
	})
}

// TestNames: every input has a label, every button and link a name, every
// frame and table a title.
func TestNames(t *testing.T) {
	eachSample(t, func(t *testing.T, _ sample.Sample, root *html.Node, _ string) {
		labels := map[string]bool{}
		for _, l := range all(root, "label") {
			labels[attr(l, "for")] = text(l) != ""
		}
		for _, in := range all(root, "input", "select", "textarea") {
			if attr(in, "type") == "hidden" || attr(in, "aria-label") != "" || inside(in, "label") {
				continue
			}
			if id := attr(in, "id"); id == "" || !labels[id] {
				t.Errorf("<%s name=%q> has no label", in.Data, attr(in, "name"))
			}
		}
		for _, n := range all(root, "button", "a", "summary") {
			if text(n) == "" && attr(n, "aria-label") == "" {
				t.Errorf("<%s %v> has no name", n.Data, n.Attr)
			}
		}
		for _, n := range all(root, "iframe") {
			if attr(n, "title") == "" || !hasAttr(n, "sandbox") || strings.Contains(attr(n, "sandbox"), "allow-scripts") {
				t.Errorf("frame %v", n.Attr)
			}
		}
	})
}

func hasAttr(n *html.Node, key string) bool { _, ok := has(n, key); return ok }

// TestStructure: unique ids, ids that are referred to exist, one h1, the
// landmarks, the language, a skip link that leads somewhere.
func TestStructure(t *testing.T) {
	eachSample(t, func(t *testing.T, _ sample.Sample, root *html.Node, _ string) {
		ids := map[string]bool{}
		for _, n := range all(root) {
			if id := attr(n, "id"); id != "" {
				if ids[id] {
					t.Errorf("id %q stands twice", id)
				}
				ids[id] = true
			}
		}
		for _, n := range all(root) {
			for _, key := range []string{"aria-labelledby", "aria-describedby", "for"} {
				for _, id := range strings.Fields(attr(n, key)) {
					if !ids[id] {
						t.Errorf("<%s %s=%q> refers to nothing", n.Data, key, id)
					}
				}
			}
			if h := attr(n, "href"); n.Data == "a" && strings.HasPrefix(h, "#") && !ids[h[1:]] {
				t.Errorf("link to %s leads nowhere", h)
			}
		}
		if len(all(root, "main")) != 1 || !ids["main"] {
			t.Error("one <main id=main> is wanted")
		}
		if h1 := all(root, "h1"); len(h1) != 1 && len(all(root, "h2")) == 0 {
			t.Errorf("%d h1", len(h1))
		}
		if len(all(root, "title")) != 1 || attr(all(root, "html")[0], "lang") == "" {
			t.Error("title or language is missing")
		}
	})
}

// TestTexts: no key is shown instead of its sentence, no placeholder is left.
func TestTexts(t *testing.T) {
	known := map[string]bool{}
	for _, k := range i18n.Keys("en") {
		known[k] = true
	}
	eachSample(t, func(t *testing.T, s sample.Sample, root *html.Node, _ string) {
		for n := range root.Descendants() {
			if n.Type != html.TextNode {
				continue
			}
			word := strings.TrimSpace(n.Data)
			if known[word] {
				t.Errorf("the key %q is shown", word)
			}
			for _, left := range []string{"{n}", "{at}", "{name}", "{done}", "{of}", "%!"} {
				if strings.Contains(n.Data, left) {
					t.Errorf("%q has %s left", n.Data, left)
				}
			}
		}
	})
}

func TestStatic(t *testing.T) {
	get := func(path string) *httptest.ResponseRecorder {
		w := httptest.NewRecorder()
		page.Static().ServeHTTP(w, httptest.NewRequest(http.MethodGet, path, nil))
		return w
	}
	for name, kind := range map[string]string{"kartotek.css": "text/css", "kartotek.js": "text/javascript", "favicon.svg": "image/svg+xml",
		"mark.svg": "image/svg+xml", "wordmark.svg": "image/svg+xml", "htmx-2.0.11.min.js": "text/javascript", "htmx-LICENSE.txt": "text/plain"} {
		w := get(page.Asset(name))
		if w.Code != 200 || !strings.HasPrefix(w.Header().Get("Content-Type"), kind) || !strings.Contains(w.Header().Get("Cache-Control"), "immutable") {
			t.Errorf("%s: %d %v", name, w.Code, w.Header())
		}
	}
	for _, path := range []string{"/static/000000000000/kartotek.css", page.Asset("nothing"), page.Asset("../page.go"), "/static/", page.Asset("")} {
		if w := get(path); w.Code != 404 {
			t.Errorf("%s: %d", path, w.Code)
		}
	}
}

// TestLive: a running page asks for itself again, an ended one does not.
func TestLive(t *testing.T) {
	for _, running := range []bool{true, false} {
		var b bytes.Buffer
		f := page.Frame{P: i18n.For("en")}
		err := page.LiveImport(f, page.ImportLive{ID: "i1", Running: running, Done: 5, Of: 10}).Render(context.Background(), &b)
		if err != nil || strings.Contains(b.String(), "hx-get") != running {
			t.Errorf("running %v: %v\n%s", running, err, b.String())
		}
	}
}

// TestEscapes: what people write is text.
func TestEscapes(t *testing.T) {
	const evil = `<script>alert(1)</script>"onmouseover=`
	var b bytes.Buffer
	v := page.PersonView{Frame: page.Frame{P: i18n.For("en")}, Name: evil, Organisation: page.Link{Text: evil, Href: "javascript:alert(1)"}}
	if err := page.Person(v).Render(context.Background(), &b); err != nil {
		t.Fatal(err)
	}
	if s := b.String(); strings.Contains(s, "<script>alert") || strings.Contains(s, `href="javascript:`) {
		t.Error("not escaped")
	}
}
