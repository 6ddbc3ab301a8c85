package app

import (
	"testing"

	"kartotek/internal/audit"
	"kartotek/internal/config"
	"kartotek/internal/db"
)

func newHouse(t testing.TB) *House {
	t.Helper()
	h, err := Open(t.Context(), config.Store{Data: t.TempDir()}, Options{Create: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { h.Close() })
	return h
}

// fill writes n entries of the log as reads make them.
func fill(t testing.TB, h *House, n int) {
	t.Helper()
	by := db.By{Kind: "staff", ID: 71, Name: "Asta", Level: "sales", Purpose: "relationship", Device: "Firefox on Linux"}
	entries := make([]audit.Entry, 5000)
	for i := range entries {
		entries[i] = audit.Entry{Action: "person.read", Kind: "person", Object: "0123456789abc", Person: 4097, Detail: map[string]string{"page": "1"}}
	}
	for ; n > 0; n -= len(entries) {
		if err := h.DB.Do(t.Context(), by, func(tx *db.Tx) error { return audit.Write(tx, entries[:min(n, len(entries))]...) }); err != nil {
			t.Fatal(err)
		}
	}
	if err := h.takeIn(t.Context()); err != nil {
		t.Fatal(err)
	}
}

// BenchmarkVerify measures one entry of a verification of 200,000 log entries.
func BenchmarkVerify(b *testing.B) {
	const n = 200_000
	h := newHouse(b)
	fill(b, h, n)
	for b.Loop() {
		v, err := h.Verify(b.Context(), db.System("verify"), nil)
		if err != nil || !v.OK || v.Log != n {
			b.Fatalf("%+v %v", v, err)
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/n, "ns/entry")
}
