package journal

import (
	"context"
	"os"
	"path/filepath"
	"testing"
	"testing/synctest"
	"time"

	"kartotek/internal/fault"
	"kartotek/internal/id"
)

// copyOf is the one file in a folder.
func copyOf(t *testing.T, folder string) (name, text string) {
	t.Helper()
	all, err := filepath.Glob(filepath.Join(folder, "*"+Ending))
	if err != nil || len(all) != 1 {
		t.Fatal(all, err)
	}
	b, err := os.ReadFile(all[0])
	if err != nil {
		t.Fatal(err)
	}
	return all[0], string(b)
}

func TestMirror(t *testing.T) {
	j, lines, text := written(t)
	folder := t.TempDir()
	for range 2 {
		if _, err := j.Mirror(folder); err != nil {
			t.Fatal(err)
		}
	}
	name, got := copyOf(t, folder)
	if got != string(text) {
		t.Errorf("copied %q", got)
	}
	add(t, j, lines[0])
	if n, err := j.Mirror(folder); err != nil || n == 0 {
		t.Error(n, err)
	}
	if err := os.Truncate(name, int64(len(text)-7)); err != nil { // the machine stopped while copying
		t.Fatal(err)
	}
	if _, err := j.Mirror(folder); err != nil {
		t.Error(err)
	}
	now, _ := os.ReadFile(j.Path())
	if _, got := copyOf(t, folder); got != string(now) {
		t.Errorf("copied %q", got)
	}
	// An old copy of the keys folder is put back: what the copy knows more stays.
	for _, goesOn := range []bool{false, true} {
		if err := os.WriteFile(j.Path(), text, 0o600); err != nil {
			t.Fatal(err)
		}
		if goesOn {
			add(t, j, Line{Kind: Erased, At: 9, People: []id.ID{1}}, lines[1], lines[2])
		}
		if _, err := j.Mirror(folder); fault.KeyOf(err) != "journal.copy_apart" {
			t.Errorf("goes on %v: %v", goesOn, err)
		}
		if _, got := copyOf(t, folder); got != string(now) {
			t.Error("the copy was overwritten")
		}
	}
	if err := os.WriteFile(filepath.Join(filepath.Dir(j.Path()), "copy"+Ending), now, 0o600); err != nil {
		t.Fatal(err)
	}
	if files, err := j.Files(); err != nil || len(files) != 2 {
		t.Error(files, err)
	}
}

// TestKeep copies within a second what is written, and once more at the end; a folder
// that is not there is told and holds nothing up.
func TestKeep(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		j, lines, text := written(t)
		folder, missing := t.TempDir(), filepath.Join(t.TempDir(), "missing")
		ctx, end := context.WithCancel(t.Context())
		ended, failures := make(chan bool), 0
		go func() {
			j.Keep(ctx, []string{missing, folder}, func(at string, err error) {
				if failures++; at != missing || err == nil {
					t.Error(at, err)
				}
			})
			close(ended)
		}()
		synctest.Wait()
		if _, got := copyOf(t, folder); got != string(text) {
			t.Errorf("copied %q", got)
		}
		add(t, j, lines[1])
		<-time.NewTimer(poll).C // of the bubble's own clock
		synctest.Wait()
		now, _ := os.ReadFile(j.Path())
		if _, got := copyOf(t, folder); got != string(now) {
			t.Errorf("copied %q", got)
		}
		add(t, j, lines[2])
		end()
		<-ended
		now, _ = os.ReadFile(j.Path())
		if _, got := copyOf(t, folder); got != string(now) || failures != 2 {
			t.Errorf("%d failures; copied %q", failures, got)
		}
	})
}
