package app

import (
	"fmt"
	"testing"

	"kartotek/internal/config"
	"kartotek/internal/erasing"
	"kartotek/internal/id"
)

// BenchmarkErase erases people with something in every table, each made certain of on
// the disk: plan, journal, commit, log emptied, looked over.
func BenchmarkErase(b *testing.B) {
	h := noticed(b, config.Store{Data: b.TempDir()})
	var all []id.ID
	for i := range b.N {
		all = append(all, plant(b, h, fmt.Sprint(i)))
	}
	b.ResetTimer()
	for _, who := range all {
		if _, err := h.Erasure.Erase(b.Context(), eraser, who, planFor(b, h, who, erasing.Ask{Ground: erasing.Withdrawn})); err != nil {
			b.Fatal(err)
		}
	}
}
