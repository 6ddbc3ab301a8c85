package journal

import (
	"os"
	"path/filepath"
	"testing"

	"kartotek/internal/id"
)

func ready(n, attempt int) Try { return Try{id.ID(n), attempt} }

// What a dead process wrote is believed; what a living one wrote, or one before
// the machine was restarted, is not.
func TestJournal(t *testing.T) {
	j := &Journal{Dir: filepath.Join(t.TempDir(), "a [b] *?")} // names that mean something to a pattern
	begun := func(n int) {
		t.Helper()
		if err := j.Begun(ready(n, 1)); err != nil {
			t.Fatal(err)
		}
	}
	if err := j.Handed([]Try{ready(1, 1), ready(2, 1), ready(3, 1), ready(4, 2)}); err != nil {
		t.Fatal(err)
	}
	begun(1)
	j.Taken(ready(1, 1))
	begun(2)
	if got := j.Told(); len(got) != 0 {
		t.Errorf("a living process is believed: %v", got)
	}
	if err := j.file.Close(); err != nil { // as the system does when a process dies
		t.Fatal(err)
	}
	earlier := filepath.Join(j.Dir, "earlier-start.1"+journalEnd)
	if err := os.WriteFile(earlier, make([]byte, recordLen), 0o600); err != nil {
		t.Fatal(err)
	}
	want := map[Try]Step{{1, 1}: Taken, {2, 1}: Begun, {3, 1}: Handed, {4, 2}: Handed}
	got := j.Told()
	if len(got) != len(want) {
		t.Errorf("%v", got)
	}
	for k, v := range want {
		if got[k] != v {
			t.Errorf("message %d is told as %d, not %d", k.Message, got[k], v)
		}
	}
	if got[Try{4, 1}] != 0 {
		t.Error("an earlier try is taken for this one")
	}
	if _, err := os.Stat(earlier); !os.IsNotExist(err) {
		t.Error("a journal from before the restart is still there")
	}
	if err := (*Journal)(nil).Begun(ready(1, 1)); err != nil {
		t.Error(err)
	}
}

// A journal does not grow for ever, and what two files tell of one message is
// what came last.
func TestJournalTurns(t *testing.T) {
	j := &Journal{Dir: t.TempDir()}
	write := func(kind Step) {
		t.Helper()
		if err := j.write(kind, ready(7, 1)); err != nil {
			t.Fatal(err)
		}
		j.size = journalMax + 1 // full: the next begins a new file
	}
	write(Handed)
	write(Taken)
	write(Begun) // of the two files left, the older says taken
	files, err := filepath.Glob(filepath.Join(j.Dir, "*"))
	if err != nil || len(files) != 2 {
		t.Fatalf("%d files: %v", len(files), err)
	}
	j.old.Close()
	j.file.Close()
	if got := j.Told(); got[Try{7, 1}] != Taken {
		t.Errorf("told %v", got)
	}
}
