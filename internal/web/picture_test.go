package web_test

import (
	"bytes"
	"image"
	"image/png"
	"io"
	"net/http"
	"testing"

	"kartotek/internal/db"
	"kartotek/internal/media"
)

// TestPublicPicture gives a picture of letters to whoever asks, for ever, and nothing
// else of that address. Nobody's asking is written down.
func TestPublicPicture(t *testing.T) {
	w := newWorld(t)
	var b bytes.Buffer
	if err := png.Encode(&b, image.NewNRGBA(image.Rect(0, 0, 30, 20))); err != nil {
		t.Fatal(err)
	}
	img, err := w.Media.Read(b.Bytes())
	if err != nil {
		t.Fatal(err)
	}
	w.do(func(tx *db.Tx) error { _, err := w.Media.Add(tx, img, "Filter", ""); return err })
	before := w.dump()
	r := w.get(media.Path + img.File)
	got, err := io.ReadAll(r.Body)
	if err != nil || r.StatusCode != http.StatusOK || !bytes.Equal(got, img.Content) {
		t.Errorf("%v %d, %d bytes", err, r.StatusCode, len(got))
	}
	for name, want := range map[string]string{"Content-Type": "image/png", "X-Content-Type-Options": "nosniff", "Cache-Control": "public, max-age=31536000, immutable",
		"Cross-Origin-Resource-Policy": "cross-origin", "Content-Security-Policy": "default-src 'none'; sandbox", "Set-Cookie": ""} {
		if r.Header.Get(name) != want {
			t.Errorf("%s: %q, want %q", name, r.Header.Get(name), want)
		}
	}
	if head := w.ask("HEAD", media.Path+img.File, ""); head.StatusCode != http.StatusOK {
		t.Errorf("HEAD: %d", head.StatusCode)
	}
	if w.dump() != before {
		t.Error("asking for a picture wrote something")
	}
	for _, other := range []string{"/m/00112233445566778899aabbccddeeff.png", "/m/x.svg", "/m/" + img.File + ".html", "/m/", "/m/..%2fkartotek.db"} {
		if r := w.get(other); r.StatusCode != http.StatusNotFound {
			t.Errorf("%s: %d", other, r.StatusCode)
		}
	}
}
