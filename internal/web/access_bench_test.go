package web_test

import (
	"fmt"
	"net/http"
	"net/http/httptest"
	"testing"

	"kartotek/internal/db"
	"kartotek/internal/web/door"
)

// BenchmarkPeopleList measures the list of people as somebody reads it: without
// a level to take up, with one that is not taken up, and with one that is. What
// the counting of rights costs is in all of them (access: BenchmarkNote).
func BenchmarkPeopleList(b *testing.B) {
	for _, c := range []struct{ name, level, raise string }{{"no-elevation", "marketing", ""}, {"may-elevate", "service", ""}, {"elevated", "service", "finance"}} {
		b.Run(c.name, func(b *testing.B) {
			w := newWorld(b)
			for range 50 {
				w.person()
			}
			cookie := w.signedIn(fmt.Sprintf("%s@nordanvind.example", c.name), c.level)
			if c.raise != "" {
				w.raise(cookie, c.raise)
			}
			for b.Loop() {
				r := httptest.NewRequest(http.MethodGet, "/people", nil)
				r.Header.Set("Cookie", cookie)
				rec := httptest.NewRecorder()
				w.site.ServeHTTP(rec, r)
				if rec.Code != http.StatusOK {
					b.Fatal(rec.Code)
				}
			}
		})
	}
}

// raise takes a level up in a session.
func (w *world) raise(cookie, level string) {
	w.t.Helper()
	s, err := w.Staff.Session(w.t.Context(), w.DB, cookie[len(door.SessionCookie)+1:])
	if err != nil {
		w.t.Fatal(err)
	}
	w.do(func(tx *db.Tx) error {
		_, err := w.Access.Elevate(tx, s, []string{level}, level, 240, "for the measurement", false)
		return err
	})
}
