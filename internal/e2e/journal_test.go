package e2e

import (
	"os"
	"path/filepath"
	"syscall"
	"testing"
)

// TestJournalIsCopied erases somebody while a server runs that has a second place for
// the journal of erasures: when the server has ended the copy there is complete, and a
// register without its journal, restored from an older backup, erases them by it.
func TestJournalIsCopied(t *testing.T) {
	s, copies := consenting(t, many(3)...), t.TempDir()
	word := write(t, "word", "gladioli by the harbour")
	file := filepath.Join(t.TempDir(), "backup.age")
	done(t, s.with("backup", file, "--passphrase-file", word)...)
	p, _ := serve(t, s.with("--journal-copy", copies)...)
	done(t, s.with("erase", many(3)[0])...)
	p.end(t, syscall.SIGTERM)
	found, err := filepath.Glob(filepath.Join(copies, "*.journal"))
	if err != nil || len(found) != 1 {
		t.Fatal(found, err)
	}
	text, _ := os.ReadFile(found[0])
	if want, _ := os.ReadFile(s.journal()); string(text) != string(want) || len(want) == 0 {
		t.Errorf("the copy is %q", text)
	}
	if err := os.Remove(s.journal()); err != nil {
		t.Fatal(err)
	}
	write := os.WriteFile(filepath.Join(s.dir(), "keys", "from-elsewhere.journal"), text, 0o600)
	if write != nil {
		t.Fatal(write)
	}
	out := parsed[struct {
		Erased int `json:"erased_again"`
		People int `json:"people"`
	}](t, done(t, s.with("restore", file, "--passphrase-file", word, "--reason", "a trial", "--json")...))
	if out.Erased != 1 || out.People != 2 {
		t.Errorf("%+v", out)
	}
}
