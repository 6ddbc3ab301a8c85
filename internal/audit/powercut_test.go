//go:build powercut

package audit

import (
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// TestPowerCutReaders cuts the power of the disk under readers: what was answered is
// in the log. It needs root, loop devices and xfsprogs: make powercut.
func TestPowerCutReaders(t *testing.T) {
	for range 20 {
		t.Run("", func(t *testing.T) {
			dir := t.TempDir()
			image, at := filepath.Join(dir, "image"), filepath.Join(dir, "disk")
			privileged(t, "truncate", "-s", "320M", image)
			privileged(t, "mkfs.xfs", "-q", image)
			if err := os.Mkdir(at, 0o755); err != nil {
				t.Fatal(err)
			}
			privileged(t, "mount", "-o", "loop", image, at)
			t.Cleanup(func() { privileged(t, "umount", at) })
			answered := map[string]bool{}
			readUntil(t, filepath.Join(at, "register"), rand.IntN(3000), answered, func(c *exec.Cmd) {
				privileged(t, "xfs_io", "-x", "-c", "shutdown", at)
				_ = c.Process.Kill()
			})
			privileged(t, "umount", at)
			privileged(t, "mount", "-o", "loop", image, at)
			remembered(t, filepath.Join(at, "register"), answered)
		})
	}
}
