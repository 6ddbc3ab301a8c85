package web

import (
	"bytes"
	"compress/gzip"
	"net/http"
	"strings"
	"sync"
	"time"

	"kartotek/internal/db"
	"kartotek/internal/i18n"
	"kartotek/internal/web/door"
	"kartotek/internal/web/page"
)

// own are the routes of the server itself.
func own() []door.Route {
	return []door.Route{
		{Method: "GET", Path: "/healthz", Level: door.Public, Bare: true, Handler: health},
		{Method: "GET", Path: "/robots.txt", Level: door.Public, Bare: true, Handler: robots},
		{Method: "GET", Path: "/.well-known/security.txt", Level: door.Public, Handler: securityText},
		{Method: "GET", Path: "/favicon.ico", Level: door.Public, Bare: true, Handler: favicon},
		{Method: "GET", Path: page.StaticPrefix + "{file...}", Level: door.Public, Bare: true, Handler: static},
		{Method: "POST", Path: "/language", Level: door.Public, Handler: chooseLanguage},
	}
}

// health answers when the register can be read.
func health(r *door.Request) error {
	if err := r.DB.View(r.Context(), db.System("health"), func(*db.Tx) error { return nil }); err != nil {
		return err
	}
	return text(r, "ok\n")
}

// robots keeps search engines out of everything but the notice.
func robots(r *door.Request) error {
	return text(r, "User-agent: *\nAllow: /notice\nDisallow: /\n")
}

func text(r *door.Request, s string) error {
	r.W.Header().Set("Content-Type", "text/plain; charset=utf-8")
	_, err := r.W.Write([]byte(s))
	return err
}

// securityText says whom to tell of a weakness (RFC 9116): the contact of the
// notice in force. It expires in 180 days, and is made anew with each request.
func securityText(r *door.Request) error {
	if r.InForce == nil || r.InForce.Notice.Contact.Email == "" {
		return errNoPage()
	}
	n := r.InForce.Notice
	day := r.DB.Now().Truncate(24*time.Hour).AddDate(0, 0, 180)
	out := "Contact: mailto:" + n.Contact.Email + "\nExpires: " + day.Format(time.RFC3339) + "\nPreferred-Languages: " + strings.Join(n.Languages, ", ") + "\n"
	if r.BaseURL != "" {
		out += "Canonical: " + r.BaseURL + "/.well-known/security.txt\n"
	}
	return text(r, out)
}

func favicon(r *door.Request) error {
	r.W.Header().Set("Cache-Control", "public, max-age=86400")
	http.Redirect(r.W, r.Request, page.Asset("favicon.svg"), http.StatusFound)
	return nil
}

// squeezed holds the static files that get smaller, by address.
var squeezed sync.Map // string -> []byte

// static serves the files of the pages, compressed where the browser can read it.
// Pages are not compressed: the size of a page that holds a secret and a text of
// the reader's would tell of the secret.
func static(r *door.Request) error {
	files := page.Static()
	r.W.Header().Set("Vary", "Accept-Encoding")
	if !strings.Contains(r.Header.Get("Accept-Encoding"), "gzip") || r.Method == http.MethodHead {
		files.ServeHTTP(r.W, r.Request)
		return nil
	}
	var p probe
	files.ServeHTTP(&p, r.Request)
	if p.status != http.StatusOK {
		return errNoPage()
	}
	h := r.W.Header()
	for name, values := range p.Header() {
		h[name] = values
	}
	h.Set("Content-Encoding", "gzip")
	_, err := r.W.Write(squeeze(r.URL.Path, p.body.Bytes()))
	return err
}

func squeeze(name string, plain []byte) []byte {
	if b, ok := squeezed.Load(name); ok {
		return b.([]byte)
	}
	var b bytes.Buffer
	z, _ := gzip.NewWriterLevel(&b, gzip.BestCompression)
	_, _ = z.Write(plain) // into memory
	_ = z.Close()
	squeezed.Store(name, b.Bytes())
	return b.Bytes()
}

// chooseLanguage remembers the language a reader chose, for a year, and goes back.
func chooseLanguage(r *door.Request) error {
	f, err := r.Form(0)
	if err != nil {
		return err
	}
	if lang := f.Get("lang"); i18n.Known(lang) {
		r.SetCookie("lang", lang, 365*24*3600)
	}
	return r.Redirect(f.Get("back"))
}
