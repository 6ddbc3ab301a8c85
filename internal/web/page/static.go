package page

import (
	"crypto/sha256"
	"embed"
	"encoding/hex"
	"io/fs"
	"mime"
	"net/http"
	"path"
	"strings"
	"sync"
)

//go:embed static
var staticFiles embed.FS

// CSP is the Content-Security-Policy of every page: nothing from elsewhere,
// no inline script, no inline style. frame-src lets staff see a mail in a
// sandboxed frame of our own; the frame answers with FrameCSP.
const CSP = "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; " +
	"connect-src 'self'; form-action 'self'; frame-src 'self'; base-uri 'none'; object-src 'none'; frame-ancestors 'none'"

// FrameCSP is the policy of a mail body shown in a frame: its own inline styles
// and embedded images, no script, no network, no forms, a unique origin.
const FrameCSP = "default-src 'none'; style-src 'unsafe-inline'; img-src data:; form-action 'none'; " +
	"base-uri 'none'; frame-ancestors 'self'; sandbox allow-popups"

// StaticPrefix is where Static is to be mounted: GET /static/.
const StaticPrefix = "/static/"

// staticHash names the present set of files; a new build has new addresses, so
// that browsers may keep the old ones for ever.
var staticHash = sync.OnceValue(func() string {
	h := sha256.New()
	err := fs.WalkDir(staticFiles, "static", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() {
			return err
		}
		buf, err := staticFiles.ReadFile(name)
		h.Write([]byte(name))
		h.Write(buf)
		return err
	})
	if err != nil {
		panic(err) // the files are part of the program
	}
	return hex.EncodeToString(h.Sum(nil))[:12]
})

// Asset gives the address of a static file, such as
// "/static/3f2a90b1c7de/kartotek.css".
func Asset(name string) string { return StaticPrefix + staticHash() + "/" + name }

// StaticFiles gives the static files by name, for writing the gallery.
func StaticFiles() fs.FS {
	sub, err := fs.Sub(staticFiles, "static")
	if err != nil {
		panic(err) // the folder is part of the program, and its name a valid path
	}
	return sub
}

// Static serves the files under StaticPrefix. The present hash is served as
// immutable for a year; another hash gives 404, so that no file of one build is
// mixed with the pages of another.
func Static() http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		hash, name, _ := strings.Cut(strings.TrimPrefix(r.URL.Path, StaticPrefix), "/")
		buf, err := staticFiles.ReadFile("static/" + name)
		if hash != staticHash() || err != nil {
			http.NotFound(w, r)
			return
		}
		w.Header().Set("Content-Type", contentType(name))
		w.Header().Set("Cache-Control", "public, max-age=31536000, immutable")
		w.Header().Set("X-Content-Type-Options", "nosniff")
		if r.Method != http.MethodHead {
			_, _ = w.Write(buf) // the reader has gone
		}
	})
}

// contentType does not ask the machine's own tables, which differ.
func contentType(name string) string {
	switch path.Ext(name) {
	case ".css":
		return "text/css; charset=utf-8"
	case ".js":
		return "text/javascript; charset=utf-8"
	case ".svg":
		return "image/svg+xml"
	case ".txt":
		return "text/plain; charset=utf-8"
	}
	return mime.TypeByExtension(path.Ext(name))
}
