// Command gallery writes every page of Kartotek, in every state and language,
// as static HTML with its assets, and an index to walk through them:
//
//	go run ./internal/web/page/gallery -out DIR
//	go run ./internal/web/page/gallery -listen 127.0.0.1:8601
//
// No database and no server of Kartotek is needed; the people are invented.
// Screenshots are taken from it by the script shots beside.
package main

import (
	"bytes"
	"context"
	"flag"
	"fmt"
	"html"
	"io/fs"
	"log"
	"net/http"
	"os"
	"path/filepath"
	"strings"
	"time"

	"kartotek/internal/i18n"
	"kartotek/internal/web/page"
	"kartotek/internal/web/page/sample"
)

func main() {
	out := flag.String("out", "", "directory to write the pages to")
	listen := flag.String("listen", "", "address to serve the pages on instead, with the security policy of the program")
	flag.Parse()
	switch {
	case *listen != "":
		srv := &http.Server{Addr: *listen, Handler: Handler(), ReadHeaderTimeout: 5 * time.Second}
		log.Fatal(srv.ListenAndServe())
	case *out != "":
		if err := Write(*out); err != nil {
			log.Fatal(err)
		}
	default:
		flag.Usage()
		os.Exit(2)
	}
}

// Write writes DIR/<lang>/<name>.html, DIR/static and DIR/index.html.
func Write(dir string) error {
	for _, lang := range i18n.Langs {
		for _, s := range sample.Gallery(i18n.For(lang)) {
			var b bytes.Buffer
			if err := s.Component.Render(context.Background(), &b); err != nil {
				return fmt.Errorf("%s in %s: %w", s.Name, lang, err)
			}
			doc := strings.ReplaceAll(b.String(), `"`+page.Asset(""), `"../static/`)
			if err := put(filepath.Join(dir, lang, s.Name+".html"), []byte(doc)); err != nil {
				return err
			}
		}
	}
	err := fs.WalkDir(page.StaticFiles(), ".", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		buf, err := fs.ReadFile(page.StaticFiles(), name)
		if err != nil {
			return err
		}
		return put(filepath.Join(dir, "static", name), buf)
	})
	if err != nil {
		return err
	}
	return put(filepath.Join(dir, "index.html"), []byte(index(".html")))
}

func put(name string, buf []byte) error {
	if err := os.MkdirAll(filepath.Dir(name), 0o755); err != nil {
		return err
	}
	return os.WriteFile(name, buf, 0o644)
}

// Handler serves the gallery as the program serves its pages: /<lang>/<name>.
func Handler() http.Handler {
	mux := http.NewServeMux()
	mux.Handle("GET "+page.StaticPrefix, page.Static())
	mux.HandleFunc("GET /{$}", func(w http.ResponseWriter, _ *http.Request) {
		w.Header().Set("Content-Type", "text/html; charset=utf-8")
		_, _ = w.Write([]byte(index("")))
	})
	for _, path := range []string{"/outreach/n1/preview/body", "/outreach/n1/body", "/mail/1/body"} {
		mux.HandleFunc("GET "+path, letter)
	}
	for _, lang := range i18n.Langs {
		p := i18n.For(lang)
		mux.HandleFunc("GET /"+lang+"/{name}", func(w http.ResponseWriter, r *http.Request) {
			for _, s := range sample.Gallery(p) {
				if s.Name == r.PathValue("name") {
					w.Header().Set("Content-Security-Policy", page.CSP)
					w.Header().Set("Content-Type", "text/html; charset=utf-8")
					_ = s.Component.Render(r.Context(), w) // the reader has gone
					return
				}
			}
			http.NotFound(w, r)
		})
	}
	return mux
}

// letter stands in for the body of a mail, under the policy of such frames.
func letter(w http.ResponseWriter, _ *http.Request) {
	w.Header().Set("Content-Security-Policy", page.FrameCSP)
	w.Header().Set("Content-Type", "text/html; charset=utf-8")
	_, _ = w.Write([]byte(`<!doctype html><html lang="sv"><title>Ren luft i november</title><body style="font:16px/1.6 sans-serif;max-width:34em;margin:2em auto;padding:0 1em;color:#222">` +
		`<p>Hej Åsa,</p><p>nu är det dags att byta filter inför vintern.</p><p><a href="/w/9kq2">Varför fick jag det här?</a></p></body></html>`))
}

// index lists all pages by language.
func index(ext string) string {
	var b strings.Builder
	b.WriteString("<!doctype html><html lang=en><meta charset=utf-8><title>Kartotek: all pages</title><h1>Kartotek: all pages</h1><ul>")
	for _, s := range sample.Gallery(i18n.For("en")) {
		b.WriteString("<li>" + html.EscapeString(s.Name))
		for _, lang := range i18n.Langs {
			fmt.Fprintf(&b, ` <a href="%s/%s%s">%s</a>`, lang, s.Name, ext, lang)
		}
		b.WriteString("</li>")
	}
	b.WriteString("</ul></html>")
	return b.String()
}
