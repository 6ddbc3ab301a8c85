package cli

import (
	"bytes"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"kartotek/internal/app"
	"kartotek/internal/config"
)

// runOn runs a command on the register in dir.
func runOn(t *testing.T, dir string, args ...string) (out string, code int) {
	t.Helper()
	var o, e bytes.Buffer
	code = Main(append(args, "--data", dir), strings.NewReader(""), &o, &e)
	if code != exitDone {
		t.Logf("%v: %s", args, e.String())
	}
	return o.String(), code
}

// TestLogAndKeys reads the log, replaces the keys and verifies, as an operator does.
func TestLogAndKeys(t *testing.T) {
	dir := t.TempDir()
	h, err := app.Open(t.Context(), config.Store{Data: dir}, app.Options{Create: true})
	if err != nil {
		t.Fatal(err)
	}
	h.Close()
	for range 2 { // the second reading finds the first
		if _, code := runOn(t, dir, "log", "--action", "log.read"); code != exitDone {
			t.Fatal(code)
		}
	}
	out, _ := runOn(t, dir, "log", "--json", "--outcome", "ok")
	var line logLine
	if err := json.Unmarshal([]byte(strings.SplitN(out, "\n", 2)[0]), &line); err != nil || line.Action != "log.read" || line.ByKind != "cli" {
		t.Errorf("%q %v", out, err)
	}
	if _, code := runOn(t, dir, "log", "--by", "nobody@example.example"); code != exitRefused {
		t.Errorf("a name nobody has: %d", code)
	}
	before, _ := runOn(t, dir, "key", "show")
	if _, code := runOn(t, dir, "verify"); code != exitDone {
		t.Errorf("verify: %d", code)
	}
	kept := filepath.Join(t.TempDir(), "kept")
	anchor, err := os.ReadFile(filepath.Join(dir, "keys", "log.anchor"))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(kept, anchor, 0o600); err != nil {
		t.Fatal(err)
	}
	fresh, _ := runOn(t, dir, "key", "rotate")
	after, _ := runOn(t, dir, "key", "show")
	if fresh == "" || after != before+fresh {
		t.Errorf("keys before %q, after %q", before, after)
	}
	out, code := runOn(t, dir, "verify", "--json", "--checkpoint", kept)
	var v app.Verified
	if err := json.Unmarshal([]byte(out), &v); err != nil || code != exitDone || !v.OK || v.TreeSize != int64(v.Log) || v.Root == "" {
		t.Errorf("%d %+v %v", code, v, err)
	}
	lines := bytes.SplitN(anchor, []byte("\n"), 3)
	lines[1] = []byte("99")
	if err := os.WriteFile(kept, bytes.Join(lines, []byte("\n")), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, code := runOn(t, dir, "verify", "--checkpoint", kept); code == exitDone {
		t.Error("a forged head was taken")
	}
}
