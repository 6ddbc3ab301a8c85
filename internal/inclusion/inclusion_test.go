package inclusion

import (
	"bytes"
	"crypto/rand"
	"crypto/sha256"
	"encoding/base64"
	"fmt"
	"strings"
	"testing"

	"golang.org/x/mod/sumdb/note"
	"golang.org/x/mod/sumdb/tlog"

	"kartotek/internal/fault"
)

// log is a small log kept in memory.
type log struct {
	hashes     []tlog.Hash
	size       int64
	skey, vkey string
}

func (l *log) ReadHashes(at []int64) (out []tlog.Hash, err error) {
	for _, i := range at {
		out = append(out, l.hashes[i])
	}
	return out, nil
}

func digest(i int) []byte {
	d := sha256.Sum256([]byte(fmt.Sprint(i)))
	return d[:]
}

func newLog(t testing.TB, size int) *log {
	t.Helper()
	l := &log{}
	var err error
	if l.skey, l.vkey, err = note.GenerateKey(rand.Reader, "register.example/log"); err != nil {
		t.Fatal(err)
	}
	for i := range size {
		h, err := tlog.StoredHashes(l.size, Leaf('a', digest(i)), l)
		if err != nil {
			t.Fatal(err)
		}
		l.hashes, l.size = append(l.hashes, h...), l.size+1
	}
	return l
}

func (l *log) prove(t testing.TB, index int64) Proof {
	t.Helper()
	root, err := tlog.TreeHash(l.size, l)
	if err != nil {
		t.Fatal(err)
	}
	path, err := tlog.ProveRecord(l.size, index, l)
	if err != nil {
		t.Fatal(err)
	}
	p := Proof{Index: index}
	for _, h := range path {
		p.Path = append(p.Path, h)
	}
	if p.Checkpoint, err = Sign(Checkpoint{Size: l.size, Root: root}, l.skey); err != nil {
		t.Fatal(err)
	}
	return p
}

func TestProofHolds(t *testing.T) {
	for _, size := range []int{1, 2, 3, 7, 8, 9, 100} {
		l := newLog(t, size)
		for i := range int64(size) {
			p, err := ParseProof(l.prove(t, i).Text())
			if err != nil {
				t.Fatal(err)
			}
			head, err := p.Check(Leaf('a', digest(int(i))), l.vkey)
			if err != nil || head.Size != int64(size) || head.Origin != "register.example/log" {
				t.Fatalf("size %d, leaf %d: %+v %v", size, i, head, err)
			}
		}
	}
}

func TestProofRefused(t *testing.T) {
	l, other := newLog(t, 20), newLog(t, 20)
	good := l.prove(t, 5)
	leaf := Leaf('a', digest(5))
	edit := func(f func(p *Proof)) Proof {
		p := good
		p.Path = append([][32]byte(nil), good.Path...)
		p.Checkpoint = bytes.Clone(good.Checkpoint)
		f(&p)
		return p
	}
	for name, row := range map[string]struct {
		p    Proof
		leaf []byte
		key  string
		want string
	}{
		"another leaf":      {good, Leaf('a', digest(6)), l.vkey, "inclusion.broken"},
		"another kind":      {good, Leaf('l', digest(5)), l.vkey, "inclusion.broken"},
		"another place":     {edit(func(p *Proof) { p.Index = 6 }), leaf, l.vkey, "inclusion.broken"},
		"beyond the end":    {edit(func(p *Proof) { p.Index = 20 }), leaf, l.vkey, "inclusion.beyond"},
		"path cut short":    {edit(func(p *Proof) { p.Path = p.Path[1:] }), leaf, l.vkey, "inclusion.broken"},
		"path changed":      {edit(func(p *Proof) { p.Path[2][0] ^= 1 }), leaf, l.vkey, "inclusion.broken"},
		"another's key":     {good, leaf, other.vkey, "inclusion.stranger"},
		"no key":            {good, leaf, "nonsense", "inclusion.key"},
		"another's head":    {edit(func(p *Proof) { p.Checkpoint = other.prove(t, 5).Checkpoint }), leaf, l.vkey, "inclusion.stranger"},
		"head changed":      {edit(func(p *Proof) { p.Checkpoint = bytes.Replace(p.Checkpoint, []byte("\n20\n"), []byte("\n21\n"), 1) }), leaf, l.vkey, "inclusion.signature"},
		"head without sign": {edit(func(p *Proof) { p.Checkpoint = []byte(Checkpoint{Origin: "x", Size: 20}.Text()) }), leaf, l.vkey, "inclusion.signature"},
	} {
		if _, err := row.p.Check(row.leaf, row.key); fault.KeyOf(err) != row.want {
			t.Errorf("%s: %v, want %s", name, err, row.want)
		}
	}
}

// TestCheckpointNames holds that a key signs for its own log only.
func TestCheckpointNames(t *testing.T) {
	l := newLog(t, 1)
	signer, err := note.NewSigner(l.skey)
	if err != nil {
		t.Fatal(err)
	}
	root := base64.StdEncoding.EncodeToString(make([]byte, 32))
	for name, row := range map[string]struct{ text, want string }{
		"its own":           {"register.example/log\n7\n" + root + "\n", ""},
		"with an extension": {"register.example/log\n7\n" + root + "\nmore\n", ""},
		"another log":       {"elsewhere.example\n7\n" + root + "\n", "inclusion.stranger"},
		"zero before":       {"register.example/log\n07\n" + root + "\n", "inclusion.checkpoint"},
		"negative":          {"register.example/log\n-7\n" + root + "\n", "inclusion.checkpoint"},
		"too large":         {"register.example/log\n9000000000000000000\n" + root + "\n", "inclusion.checkpoint"},
		"short root":        {"register.example/log\n7\n" + root[:40] + "\n", "inclusion.checkpoint"},
		"two lines":         {"register.example/log\n7\n", "inclusion.checkpoint"},
		"no name":           {"\n7\n" + root + "\n", "inclusion.checkpoint"},
	} {
		signed, err := note.Sign(&note.Note{Text: row.text}, signer)
		if err != nil {
			t.Fatal(err)
		}
		if _, err := ParseCheckpoint(signed, l.vkey); err == nil && row.want != "" || err != nil && fault.KeyOf(err) != row.want {
			t.Errorf("%s: %v, want %q", name, err, row.want)
		}
	}
}

func TestParseProofRefuses(t *testing.T) {
	good := string(newLog(t, 9).prove(t, 3).Text())
	if p, err := ParseProof([]byte(strings.Replace(good, "\nindex", "\nextra QUJD\nindex", 1))); err != nil || p.Index != 3 {
		t.Errorf("extra data: %v", err)
	}
	for name, text := range map[string]string{
		"empty":        "",
		"other header": strings.Replace(good, "@v1", "@v2", 1),
		"no index":     strings.Replace(good, "index 3\n", "", 1),
		"index +3":     strings.Replace(good, "index 3", "index +3", 1),
		"index 03":     strings.Replace(good, "index 3", "index 03", 1),
		"no head":      good[:strings.Index(good, "\n\n")],
		"long hash":    strings.Replace(good, "=\n", "A=\n", 1),
		"CRLF":         strings.ReplaceAll(good, "\n", "\r\n"),
		"endless path": Header + "\nindex 1\n" + strings.Repeat(base64.StdEncoding.EncodeToString(make([]byte, 32))+"\n", maxPath+1) + "\nx",
	} {
		if _, err := ParseProof([]byte(text)); fault.KeyOf(err) != "inclusion.proof" {
			t.Errorf("%s: %v", name, err)
		}
	}
}

func FuzzParseProof(f *testing.F) {
	l := newLog(f, 9)
	f.Add(l.prove(f, 3).Text())
	f.Add([]byte(Header + "\nindex 0\n\n"))
	f.Fuzz(func(t *testing.T, text []byte) {
		p, err := ParseProof(text)
		if err != nil {
			return
		}
		again, err := ParseProof(p.Text())
		if err != nil || again.Index != p.Index || len(again.Path) != len(p.Path) || !bytes.Equal(again.Checkpoint, p.Checkpoint) {
			t.Fatalf("what was read is not what is written: %v", err)
		}
		if _, err := p.Check(Leaf('z', digest(0)), l.vkey); err == nil {
			t.Fatal("a leaf that is not there was proved")
		}
	})
}

func FuzzParseCheckpoint(f *testing.F) {
	l := newLog(f, 9)
	f.Add(l.prove(f, 3).Checkpoint)
	f.Fuzz(func(t *testing.T, signed []byte) {
		if c, err := ParseCheckpoint(signed, l.vkey); err == nil && c.Size != 9 {
			t.Fatal("a forged head was taken")
		}
		if c, err := Peek(signed); err == nil {
			if again, err := parseText(c.Text()); err != nil || again != c {
				t.Fatalf("%+v, read again %+v %v", c, again, err)
			}
		}
	})
}

func BenchmarkCheck(b *testing.B) {
	l := newLog(b, 1<<16)
	p, leaf := l.prove(b, 4711), Leaf('a', digest(4711))
	for b.Loop() {
		if _, err := p.Check(leaf, l.vkey); err != nil {
			b.Fatal(err)
		}
	}
}
