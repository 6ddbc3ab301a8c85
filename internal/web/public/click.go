package public

import (
	"net/http"

	"kartotek/internal/clicks"
	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/web/door"
)

// click leads on to where a counted link of a letter leads. Only what is stored is
// led to: the address holds the name of a link and a MAC, and no place to write
// another address into. The answer tells the site that is led to nothing, not even
// that the reader came from here. Following a link changes nothing for anybody; it
// is counted, and machines apart (package clicks).
func (l links) click(r *door.Request) error {
	var to clicks.Link
	err := r.DB.View(r.Context(), db.System("public link"), func(tx *db.Tx) (err error) {
		to, err = r.Clicks.Open(tx, r.PathValue("token"))
		return err
	})
	if fault.Is(err, fault.NotFound) {
		return l.gone(r)
	}
	if err != nil {
		return err
	}
	h := r.Header
	r.Clicks.Hit(clicks.Hit{Link: to, At: r.DB.Now(), Source: r.Client.String(), Method: r.Method, Agent: h.Get("User-Agent"), Language: h.Get("Accept-Language"),
		Purpose: h.Get("Sec-Purpose") + h.Get("Purpose") + h.Get("X-Moz")})
	r.W.Header().Set("Location", to.Address)
	r.W.Header().Set("X-Robots-Tag", "noindex")
	r.W.WriteHeader(http.StatusFound)
	return nil
}
