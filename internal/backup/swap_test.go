package backup

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"testing"

	"kartotek/internal/db"
	"kartotek/internal/fault"
)

// lay makes a register's folder with something to put in its place.
func lay(t *testing.T) string {
	t.Helper()
	dir := t.TempDir()
	for name, text := range map[string]string{db.FileName: "old", logName: "old log", "imports/1": "old file", "keys/master.key": "key",
		Fresh + "/" + db.FileName: "new", Fresh + "/uploads/2": "new file"} {
		path := filepath.Join(dir, name)
		if err := os.MkdirAll(filepath.Dir(path), 0o700); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return dir
}

func content(dir, name string) string {
	text, _ := os.ReadFile(filepath.Join(dir, name))
	return string(text)
}

// TestSwapIsWhole stops the machine before and after every move, goes on, and finds
// the new register whole; without the note that it began, the old one.
func TestSwapIsWhole(t *testing.T) {
	steps := 2 * len(moved())
	for stop := 0; stop <= steps; stop++ {
		dir := lay(t)
		begun := []byte("begun")
		if err := os.WriteFile(filepath.Join(dir, note), begun, 0o600); err != nil {
			t.Fatal(err)
		}
		if err := os.MkdirAll(filepath.Join(dir, before), 0o700); err != nil {
			t.Fatal(err)
		}
		for i, name := range moved() {
			if 2*i+1 < stop {
				if err := swapOne(dir, name); err != nil {
					t.Fatal(err)
				}
			} else if 2*i < stop { // put aside, and no further
				if err := os.Rename(filepath.Join(dir, name), filepath.Join(dir, before, name)); err != nil {
					_ = os.WriteFile(filepath.Join(dir, before, name+".none"), nil, 0o600)
				}
			}
		}
		for range 2 { // going on twice does no harm
			if err := Finish(dir); err != nil {
				t.Fatalf("stopped at %d: %v", stop, err)
			}
		}
		for name, want := range map[string]string{db.FileName: "new", logName: "", "uploads/2": "new file", "imports/1": "", "keys/master.key": "key", before: "", note: ""} {
			if got := content(dir, name); got != want {
				t.Errorf("stopped at %d: %s holds %q, want %q", stop, name, got, want)
			}
		}
	}
	dir := lay(t)
	if err := Finish(dir); err != nil || content(dir, db.FileName) != "old" || content(dir, Fresh+"/"+db.FileName) != "" {
		t.Errorf("without a note: %v", err)
	}
}

// TestClearingAway stops the machine while what was there before is cleared away: the
// new register stands, and the rest of the old one goes at the next opening.
func TestClearingAway(t *testing.T) {
	dir := lay(t)
	if err := Swap(dir, Note{}); err != nil {
		t.Fatal(err)
	}
	rest := filepath.Join(dir, before, "imports", "1")
	if err := errors.Join(os.MkdirAll(filepath.Dir(rest), 0o700), os.WriteFile(rest, []byte("old file"), 0o600)); err != nil {
		t.Fatal(err)
	}
	for range 2 {
		if err := Resume(dir, nil); err != nil || content(dir, db.FileName) != "new" || content(dir, before+"/imports/1") != "" {
			t.Errorf("%v: %q", err, content(dir, db.FileName))
		}
	}
}

func TestBelongs(t *testing.T) {
	for name, want := range map[string]bool{db.FileName: true, logName: true, "imports/1-rejects.csv": true, "uploads/import-1/file.csv": true,
		"keys/master.key": false, "../" + db.FileName: false, "imports/../../x": false, "imports": false, "/etc/passwd": false, "imports//x": false, "other.db": false} {
		if belongs(name) != want {
			t.Errorf("%q: %v", name, !want)
		}
	}
}

func TestLocks(t *testing.T) {
	for _, l := range []Lock{{}, {Passphrase: "short"}, {Recipient: "age1nonsense"}} {
		if _, err := Write(t.Context(), io.Discard, nil, "", l); fault.KeyOf(err) == "internal" {
			t.Errorf("%+v: %v", l, err)
		}
	}
	if err := Unpack(t.Context(), bytes.NewReader(nil), t.TempDir(), Lock{Identity: "nonsense"}); fault.KeyOf(err) != "backup.lock" {
		t.Error(err)
	}
}
