package web_test

import (
	"net/http"
	"net/http/httptest"
	"testing"
	"time"

	"kartotek/internal/campaign"
)

// BenchmarkClick measures what following a counted link costs the whole site.
func BenchmarkClick(b *testing.B) {
	w := newWorld(b)
	c := w.sent(campaign.Campaign{Subject: "S", Language: "sv", Body: "[Läs](" + shop + ")", Options: everybody})
	w.clock.Move(time.Hour)
	path := w.counted(c, shop)
	for b.Loop() {
		r := httptest.NewRequest(http.MethodGet, path, nil)
		for i := 0; i < len(reader); i += 2 {
			r.Header.Set(reader[i], reader[i+1])
		}
		rec := httptest.NewRecorder()
		w.site.ServeHTTP(rec, r)
		if rec.Code != http.StatusFound {
			b.Fatal(rec.Code)
		}
	}
}
