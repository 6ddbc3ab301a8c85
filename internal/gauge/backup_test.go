package gauge_test

import (
	"os"
	"testing"

	"kartotek/internal/config"
	"kartotek/internal/gauge"
)

// TestBenchBackup: what is measured comes through on both engines, and leaves nothing.
func TestBenchBackup(t *testing.T) {
	engines(t, func(t *testing.T, h gauge.House, store config.Store) {
		dir := t.TempDir()
		took, err := h.BenchBackup(t.Context(), dir, store, func() int { return 71 })
		if err != nil || took.Bytes == 0 || took.Sealed == 0 || took.Copy <= 0 || took.Made <= 0 || took.PutBack <= 0 || took.WritePeak != 71 {
			t.Errorf("%+v %v", took, err)
		}
		if left, err := os.ReadDir(dir); err != nil || len(left) > 0 {
			t.Errorf("left behind: %v, %v", left, err)
		}
	})
}
