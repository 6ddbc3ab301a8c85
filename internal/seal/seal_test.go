package seal

import (
	"bytes"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"

	"kartotek/internal/fault"
)

var keys = Fixed([32]byte{1, 2, 3})

func TestOpenMakesOneKey(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "keys")
	var wg sync.WaitGroup
	marks := make([]string, 8)
	for i := range marks {
		wg.Go(func() {
			k, err := Open(dir)
			if err != nil {
				t.Error(err)
				return
			}
			marks[i] = k.Blind("email", "a@b.example") + k.Root()
		})
	}
	wg.Wait()
	for _, m := range marks {
		if m != marks[0] || m == "" {
			t.Fatalf("the openers have different keys: %v", marks)
		}
	}
	entries, _ := os.ReadDir(dir)
	info, err := os.Stat(filepath.Join(dir, fileName))
	if err != nil || info.Mode().Perm() != 0o600 || len(entries) != 2 { // the key, and the folder of people's keys
		t.Errorf("%d files, mode %v, %v", len(entries), info.Mode(), err)
	}
}

func TestOpenRefuses(t *testing.T) {
	for name, text := range map[string]string{"empty": "", "short": "abcd", "no hex": strings.Repeat("z", 64), "long": strings.Repeat("a", 66)} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, fileName), []byte(text), 0o600); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(dir); fault.KeyOf(err) != "seal.key_file" {
			t.Errorf("%s: %v", name, err)
		}
		if got, _ := os.ReadFile(filepath.Join(dir, fileName)); string(got) != text {
			t.Errorf("%s: the file was changed", name)
		}
	}
}

func TestSign(t *testing.T) {
	text := keys.Sign("link", []byte("person 7"))
	if got, ok := keys.Verify("link", text); !ok || string(got) != "person 7" {
		t.Fatalf("%q %v", got, ok)
	}
	other := Fixed([32]byte{9})
	if _, ok := other.Verify("link", text); ok {
		t.Error("another register's key was taken")
	}
	if _, ok := keys.Verify("cursor", text); ok {
		t.Error("another use was taken")
	}
	for n := range text {
		if _, ok := keys.Verify("link", text[:n]); ok {
			t.Errorf("cut to %d characters, it was taken", n)
		}
	}
	for i := range text {
		for _, c := range []byte("A_") {
			b := []byte(text)
			if b[i] == c {
				continue
			}
			b[i] = c
			if _, ok := keys.Verify("link", string(b)); ok {
				t.Errorf("changed at %d, it was taken", i)
			}
		}
	}
	for _, bad := range []string{text + "A", text + "=", strings.ToLower(text), " " + text} {
		if _, ok := keys.Verify("link", bad); ok {
			t.Errorf("%q was taken", bad)
		}
	}
}

func TestSeal(t *testing.T) {
	plain := []byte("the wording of a consent")
	a, b := keys.Seal("evidence 7", plain), keys.Seal("evidence 7", plain)
	if bytes.Equal(a, b) || bytes.Contains(a, plain) {
		t.Error("sealing the same twice shows")
	}
	if got, err := keys.Open("evidence 7", a); err != nil || !bytes.Equal(got, plain) {
		t.Errorf("%q %v", got, err)
	}
	if _, err := keys.Open("evidence 8", a); err == nil {
		t.Error("opened in another place")
	}
	for n := range a {
		if _, err := keys.Open("evidence 7", a[:n]); err == nil {
			t.Errorf("cut to %d bytes, it opened", n)
		}
		c := bytes.Clone(a)
		c[n] ^= 1
		if _, err := keys.Open("evidence 7", c); fault.KeyOf(err) != "seal.broken" {
			t.Errorf("changed at %d: %v", n, err)
		}
	}
}

func TestBlindAndTokens(t *testing.T) {
	if keys.Blind("email", "x") == keys.Blind("sms", "x") || keys.Blind("email", "x") == Fixed([32]byte{4}).Blind("email", "x") || len(keys.Blind("email", "x")) != 32 {
		t.Error("a blinded address must depend on kind and key")
	}
	seen := map[string]bool{}
	for range 1000 {
		tok := Token()
		if len(tok) < 26 || seen[tok] {
			t.Fatalf("token %q", tok)
		}
		seen[tok] = true
	}
	if bytes.Equal(HashToken("a"), HashToken("b")) || len(HashToken("a")) != 32 {
		t.Error("token hashes")
	}
}

func FuzzVerify(f *testing.F) {
	f.Add(keys.Sign("link", []byte("x")))
	f.Add("")
	f.Fuzz(func(t *testing.T, text string) {
		if data, ok := keys.Verify("link", text); ok && keys.Sign("link", data) != text {
			t.Errorf("%q was taken, but is not how it is written", text)
		}
	})
}
