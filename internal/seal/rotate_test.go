package seal

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/note"

	"kartotek/internal/fault"
)

func open(t *testing.T, dir string) *Keys {
	t.Helper()
	k, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// signs signs a note with the key in use and says which public keys take it.
func signs(t *testing.T, k *Keys) (text []byte, keys []string) {
	t.Helper()
	skey, err := k.LogSigner()
	if err != nil {
		t.Fatal(err)
	}
	signer, err := note.NewSigner(skey)
	if err != nil {
		t.Fatal(err)
	}
	if text, err = note.Sign(&note.Note{Text: "x\n"}, signer); err != nil {
		t.Fatal(err)
	}
	if keys, err = k.LogVerifiers(); err != nil {
		t.Fatal(err)
	}
	return text, keys
}

func opens(t *testing.T, text []byte, vkey string) bool {
	t.Helper()
	v, err := note.NewVerifier(vkey)
	if err != nil {
		t.Fatal(err)
	}
	_, err = note.Open(text, note.VerifierList(v))
	return err == nil
}

func TestLogKey(t *testing.T) {
	dir := t.TempDir()
	k := open(t, dir)
	before, keys := signs(t, k)
	if len(keys) != 1 || !opens(t, before, keys[0]) || !strings.HasPrefix(keys[0], k.LogOrigin()+"+") {
		t.Fatalf("keys %v", keys)
	}
	other := open(t, dir) // a server that runs while the key is changed
	vkey, err := k.RotateLogKey()
	if err != nil {
		t.Fatal(err)
	}
	after, keys := signs(t, other)
	if len(keys) != 2 || keys[1] != vkey || !opens(t, after, keys[1]) || opens(t, after, keys[0]) || !opens(t, before, keys[0]) {
		t.Errorf("after the rotation: %v", keys)
	}
	for _, name := range []string{logKeyFile, logKeysFile} {
		if info, err := os.Stat(filepath.Join(dir, name)); err != nil || info.Mode().Perm() != 0o600 {
			t.Errorf("%s: %v %v", name, info.Mode(), err)
		}
	}
}

// TestLogKeyOfNodes holds that nodes with one master key sign alike without
// having been told.
func TestLogKeyOfNodes(t *testing.T) {
	a := open(t, t.TempDir())
	dir := t.TempDir()
	raw, err := os.ReadFile(filepath.Join(a.Dir(), fileName))
	if err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(dir, fileName), raw, 0o600); err != nil {
		t.Fatal(err)
	}
	text, _ := signs(t, a)
	_, keys := signs(t, open(t, dir))
	if !opens(t, text, keys[0]) {
		t.Error("two nodes made two keys")
	}
	if _, keys := signs(t, open(t, t.TempDir())); opens(t, text, keys[0]) {
		t.Error("two registers share a key")
	}
}

func TestLogKeyRefuses(t *testing.T) {
	foreign := open(t, t.TempDir())
	skey, err := foreign.LogSigner()
	if err != nil {
		t.Fatal(err)
	}
	for name, text := range map[string]string{"empty": "", "nonsense": "abc", "another register's": skey} {
		k := open(t, t.TempDir())
		if err := os.WriteFile(filepath.Join(k.Dir(), logKeyFile), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := k.LogSigner(); fault.KeyOf(err) != "seal.log_key" {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func TestRotateBox(t *testing.T) {
	dir := t.TempDir()
	k := open(t, dir)
	running := open(t, dir)
	old := k.Seal("c", []byte("before"))
	if n, err := k.RotateBox(); n != 1 || err != nil {
		t.Fatal(n, err)
	}
	fresh := k.Seal("c", []byte("after"))
	if old[0] != 0 || fresh[0] != 1 {
		t.Errorf("sealed with keys %d and %d", old[0], fresh[0])
	}
	for _, at := range []*Keys{k, running, open(t, dir)} {
		for want, sealed := range map[string][]byte{"before": old, "after": fresh} {
			if got, err := at.Open("c", sealed); err != nil || string(got) != want {
				t.Errorf("%s: %q %v", want, got, err)
			}
		}
	}
	if k.Blind("email", "a@b.example") != running.Blind("email", "a@b.example") || !bytes.Equal(k.MAC("link", nil), open(t, dir).MAC("link", nil)) {
		t.Error("the keys of links and suppression must stay")
	}
	if err := os.WriteFile(filepath.Join(dir, boxFile), []byte("zz\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(dir); fault.KeyOf(err) != "seal.key_file" {
		t.Errorf("a broken file: %v", err)
	}
}

func TestRotateInMemory(t *testing.T) {
	_, logErr := keys.RotateLogKey()
	_, boxErr := keys.RotateBox()
	if fault.KeyOf(logErr) != "seal.in_memory" || fault.KeyOf(boxErr) != "seal.in_memory" {
		t.Error(logErr, boxErr)
	}
}
