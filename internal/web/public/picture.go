package public

import (
	"net/http"
	"strconv"

	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/media"
	"kartotek/internal/web/door"
)

// picture answers with a picture of letters. It may be shown by any site, because web
// mail does, and kept for ever, because its name is that of its content. Who asks is
// not noted. law: 2002/58 5(3)
func picture(r *door.Request) error {
	file := r.PathValue("file")
	kind := media.Kind(file)
	if kind == "" || r.Media == nil {
		return fault.New(fault.NotFound, "page.none", "there is no such page")
	}
	var content []byte
	err := r.DB.View(r.Context(), db.System("picture"), func(tx *db.Tx) (err error) {
		content, err = r.Media.Content(tx, file)
		return err
	})
	if err != nil {
		return err
	}
	h := r.W.Header()
	h.Set("Content-Type", kind)
	h.Set("Content-Length", strconv.Itoa(len(content)))
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	h.Set("Cross-Origin-Resource-Policy", "cross-origin")
	h.Set("Cache-Control", "public, max-age=31536000, immutable")
	if r.Method != http.MethodHead {
		_, _ = r.W.Write(content) // the reader has gone
	}
	return nil
}
