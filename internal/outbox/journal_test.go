package outbox

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"testing"

	"kartotek/internal/id"
)

func ready(n, attempt int) *Ready { return &Ready{Message: Message{ID: id.ID(n), Attempt: attempt}} }

// dead is the number of a process that has ended.
func dead(t *testing.T) int {
	t.Helper()
	c := exec.Command("true")
	if err := c.Run(); err != nil {
		t.Fatal(err)
	}
	return c.Process.Pid
}

// What a dead process wrote is believed; what a living one wrote, or one before
// the machine was restarted, is not.
func TestJournal(t *testing.T) {
	j := &Journal{Dir: t.TempDir()}
	steps := []error{j.Handed([]*Ready{ready(1, 1), ready(2, 1), ready(3, 1), ready(4, 2)}), j.Begun(ready(1, 1)), j.Taken(ready(1, 1)), j.Begun(ready(2, 1))}
	for _, err := range steps {
		if err != nil {
			t.Fatal(err)
		}
	}
	if got := j.told(); len(got) != 0 {
		t.Errorf("a living process is believed: %v", got)
	}
	name := j.file.Name()
	if err := os.Rename(name, filepath.Join(j.Dir, fmt.Sprintf("%s.%d%s", boot(), dead(t), journalEnd))); err != nil {
		t.Fatal(err)
	}
	earlier := filepath.Join(j.Dir, "earlier-start.1"+journalEnd)
	if err := os.WriteFile(earlier, make([]byte, recordLen), 0o600); err != nil {
		t.Fatal(err)
	}
	want := map[try]byte{{1, 1}: recordTaken, {2, 1}: recordBegun, {3, 1}: recordHanded, {4, 2}: recordHanded}
	got := j.told()
	if len(got) != len(want) {
		t.Errorf("%v", got)
	}
	for k, v := range want {
		if got[k] != v {
			t.Errorf("message %d is told as %q, not %q", k.message, got[k], v)
		}
	}
	if got[try{4, 1}] != 0 {
		t.Error("an earlier try is taken for this one")
	}
	if _, err := os.Stat(earlier); !os.IsNotExist(err) {
		t.Error("a journal from before the restart is still there")
	}
	if err := (*Journal)(nil).Begun(ready(1, 1)); err != nil {
		t.Error(err)
	}
}
