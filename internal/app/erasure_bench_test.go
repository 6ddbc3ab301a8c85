package app

import (
	"fmt"
	"testing"

	"kartotek/internal/config"
	"kartotek/internal/erasing"
	"kartotek/internal/id"
)

// BenchmarkEraseAsked erases people who asked for their data: a package that waits and a case
// with a document go too, each with a key of its own.
func BenchmarkEraseAsked(b *testing.B) {
	h := noticed(b, config.Store{Data: b.TempDir()})
	var all []things
	for i := range b.N {
		all = append(all, h.deskOf(b, fmt.Sprint(token, i)))
	}
	b.ResetTimer()
	for _, x := range all {
		if _, err := h.Erasure.Erase(b.Context(), eraser, x.who, planFor(b, h, x.who, erasing.Ask{Ground: erasing.Withdrawn})); err != nil {
			b.Fatal(err)
		}
	}
}

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
