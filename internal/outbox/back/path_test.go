package back

import (
	"strings"
	"testing"

	"kartotek/internal/id"
	"kartotek/internal/seal"
)

var verpKeys = seal.Fixed([32]byte{1, 2, 3})

func TestPath(t *testing.T) {
	const who, message = id.ID(0x1234567890abcdef), id.ID(77)
	path := Path(verpKeys, "bounce.nordanvind.example", who, message)
	local, domain, _ := strings.Cut(path, "@")
	if len(local) > 64 || domain != "bounce.nordanvind.example" || path != strings.ToLower(path) {
		t.Errorf("%s", path)
	}
	for _, written := range []string{path, strings.ToUpper(path), local} {
		if w, m, ok := ReadPath(verpKeys, written); !ok || w != who || m != message {
			t.Errorf("%s: %v %v %v", written, w, m, ok)
		}
	}
	for i := range local {
		for _, other := range []byte("a7-") {
			if changed := local[:i] + string(other) + local[i+1:]; changed != local {
				if _, _, ok := ReadPath(verpKeys, changed); ok {
					t.Errorf("%s is taken for ours", changed)
				}
			}
		}
	}
	if _, _, ok := ReadPath(seal.Fixed([32]byte{9}), path); ok {
		t.Error("another register's key opens it")
	}
}

func FuzzReadPath(f *testing.F) {
	f.Add(Path(verpKeys, "k.example", 1, 2))
	f.Add("b--@x")
	f.Fuzz(func(t *testing.T, s string) {
		who, message, ok := ReadPath(verpKeys, s)
		local, _, _ := strings.Cut(strings.ToLower(s), "@")
		if ok && !strings.HasPrefix(Path(verpKeys, "x", who, message), local+"@") {
			t.Errorf("%q is read, and is not written like this", s)
		}
	})
}

func BenchmarkPath(b *testing.B) {
	for b.Loop() {
		Path(verpKeys, "bounce.nordanvind.example", 0x1234567890abcdef, 77)
	}
}
