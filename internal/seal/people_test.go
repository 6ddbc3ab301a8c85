package seal

import (
	"errors"
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"testing"
	"time"

	"pgregory.net/rapid"

	"kartotek/internal/fault"
	"kartotek/internal/id"
)

// someone makes ids like those of people: some of one moment, some far apart.
func someone() *rapid.Generator[id.ID] {
	return rapid.Custom(func(t *rapid.T) id.ID {
		ms := rapid.OneOf(rapid.Int64Range(0, 3), rapid.Int64Range(0, 1<<41-1)).Draw(t, "ms")
		return id.ID(ms<<22 | rapid.Int64Range(0, 2).Draw(t, "node")<<12 | rapid.Int64Range(0, 3).Draw(t, "bucket"))
	})
}

const where = "test.content/1"

func sealFor(t rapid.TB, k *Keys, who id.ID, plain string) []byte {
	t.Helper()
	sealed, err := k.SealFor(who, where, []byte(plain))
	if err != nil {
		t.Fatal(err)
	}
	return sealed
}

// TestForgotten: of any people, forgotten one by one or many at once by two processes,
// exactly those cannot be opened, for both and for one that starts afterwards.
func TestForgotten(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		dir, err := os.MkdirTemp("", "keys")
		if err != nil {
			t.Fatal(err)
		}
		defer os.RemoveAll(dir)
		all := rapid.SliceOfNDistinct(someone(), 2, 12, rapid.ID).Draw(t, "people")
		keys := []*Keys{opened(t, dir), opened(t, dir)}
		sealed, gone := map[id.ID][]byte{}, map[id.ID]bool{}
		for i, who := range all {
			sealed[who] = sealFor(t, keys[i%2], who, who.String())
		}
		for range rapid.IntRange(0, 6).Draw(t, "acts") {
			some := rapid.SliceOfN(rapid.SampledFrom(all), 1, 3).Draw(t, "some")
			want := 0
			for _, who := range slices.Compact(slices.Sorted(slices.Values(some))) {
				if !gone[who] {
					want++
				}
				gone[who] = true
			}
			n, err := keys[rapid.IntRange(0, 1).Draw(t, "process")].Forget(some...)
			if err != nil || n != want {
				t.Fatalf("%d forgotten, want %d: %v", n, want, err)
			}
			holds(t, keys[0], sealed, gone)
			holds(t, keys[1], sealed, gone)
		}
		holds(t, opened(t, dir), sealed, gone)
	})
}

func opened(t rapid.TB, dir string) *Keys {
	t.Helper()
	k, err := Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	return k
}

// holds looks at everybody: who is gone cannot be read, everybody else can.
func holds(t rapid.TB, k *Keys, sealed map[id.ID][]byte, gone map[id.ID]bool) {
	t.Helper()
	for who, box := range sealed {
		plain, err := k.OpenFor(who, where, box)
		switch forgot, bad := k.Forgot(who); {
		case bad != nil || forgot != gone[who]:
			t.Fatalf("%s forgotten: %v, want %v, %v", who, forgot, gone[who], bad)
		case gone[who] && !errors.Is(err, ErrForgotten):
			t.Fatalf("%s is forgotten, and opening gives %q, %v", who, plain, err)
		case !gone[who] && (err != nil || string(plain) != who.String()):
			t.Fatalf("%s is not forgotten, and opening gives %q, %v", who, plain, err)
		}
		if _, err := k.SealFor(who, where, nil); errors.Is(err, ErrForgotten) != gone[who] {
			t.Fatalf("sealing anew for %s: %v", who, err)
		}
	}
}

// TestWrongBox: another person, another place, a changed byte or another register do not
// open; what was sealed with the register's key does.
func TestWrongBox(t *testing.T) {
	k, other := opened(t, t.TempDir()), opened(t, t.TempDir())
	box := sealFor(t, k, 1<<30, "secret")
	broken := slices.Clone(box)
	broken[len(broken)-1] ^= 1
	for name, try := range map[string]func() ([]byte, error){
		"another person":   func() ([]byte, error) { return k.OpenFor(2<<30, where, box) },
		"another place":    func() ([]byte, error) { return k.OpenFor(1<<30, "test.content/2", box) },
		"a changed byte":   func() ([]byte, error) { return k.OpenFor(1<<30, where, broken) },
		"cut short":        func() ([]byte, error) { return k.OpenFor(1<<30, where, box[:5]) },
		"another register": func() ([]byte, error) { return other.OpenFor(1<<30, where, box) },
		"no person":        func() ([]byte, error) { return k.Open(where, box) },
	} {
		if plain, err := try(); fault.KeyOf(err) != "seal.broken" {
			t.Errorf("%s: %q, %v", name, plain, err)
		}
	}
	if plain, err := k.OpenFor(1<<30, where, k.Seal(where, []byte("before"))); err != nil || string(plain) != "before" {
		t.Errorf("sealed with the register's key: %q, %v", plain, err)
	}
	mem := Fixed([32]byte{1})
	box = sealFor(t, mem, 5, "x")
	if _, err := mem.Forget(5); err != nil {
		t.Fatal(err)
	}
	if _, err := mem.OpenFor(5, where, box); !errors.Is(err, ErrForgotten) {
		t.Errorf("in memory: %v", err)
	}
}

// TestStoppedBetween: wherever the machine stops while somebody is forgotten, the next
// start finds them known or forgotten, everybody else known, and no file left over.
func TestStoppedBetween(t *testing.T) {
	dir := t.TempDir()
	k := opened(t, dir)
	people := filepath.Join(dir, peopleDir)
	a, b, c := id.ID(1<<40), id.ID(2<<40), id.ID(1<<40|1) // two of one bucket, one of another
	sealed := map[id.ID][]byte{}
	for _, who := range []id.ID{a, b, c} {
		sealed[who] = sealFor(t, k, who, who.String())
	}
	for step, who := range []id.ID{a, b} { // the first of a bucket, and one of those that has a file
		before := files(t, people)
		if _, err := k.Forget(who); err != nil {
			t.Fatal(err)
		}
		after := files(t, people)
		torn := map[string]map[string]string{
			"bucket written":     merged(before, after, stemFile),
			"bucket half":        halved(merged(before, after, stemFile), before),
			"stem renamed":       merged(before, after, ""),
			"stem half, no name": mergedWith(before, ".new-17", after[stemFile][:30]),
		}
		for name, content := range torn {
			t.Run(fmt.Sprint(step, name), func(t *testing.T) {
				dir := restored(t, dir, content)
				k := opened(t, dir)
				gone := map[id.ID]bool{a: step == 1 || name == "stem renamed", b: step == 1 && name == "stem renamed"}
				holds(t, k, sealed, gone)
				if n := len(files(t, filepath.Join(dir, peopleDir))); n > 3 {
					t.Errorf("%d files lie in the folder", n)
				}
				if _, err := k.Forget(who); err != nil {
					t.Fatal(err)
				}
				gone[who] = true
				holds(t, opened(t, dir), sealed, gone)
			})
		}
	}
}

func files(t *testing.T, dir string) map[string]string {
	t.Helper()
	out := map[string]string{}
	all, err := os.ReadDir(dir)
	for _, e := range all {
		text, bad := os.ReadFile(filepath.Join(dir, e.Name()))
		err = errors.Join(err, bad)
		out[e.Name()] = string(text)
	}
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// merged are the files from before with the new ones beside them, but one.
func merged(before, after map[string]string, but string) map[string]string {
	out := maps.Clone(before)
	for name, text := range after {
		if name != but {
			out[name] = text
		}
	}
	return out
}

func mergedWith(files map[string]string, name, text string) map[string]string {
	out := maps.Clone(files)
	out[name] = text
	return out
}

// halved cuts what was not there before.
func halved(files, before map[string]string) map[string]string {
	for name, text := range files {
		if _, old := before[name]; !old {
			files[name] = text[:len(text)/2]
		}
	}
	return files
}

// restored is a keys folder with other files of people.
func restored(t *testing.T, from string, people map[string]string) string {
	t.Helper()
	dir := t.TempDir()
	master, err := os.ReadFile(filepath.Join(from, fileName))
	err = errors.Join(err, os.WriteFile(filepath.Join(dir, fileName), master, 0o600), os.Mkdir(filepath.Join(dir, peopleDir), 0o700))
	for name, text := range people {
		err = errors.Join(err, os.WriteFile(filepath.Join(dir, peopleDir, name), []byte(text), 0o600))
	}
	if err != nil {
		t.Fatal(err)
	}
	return dir
}

// TestChangedFiles: a file of people's keys in which anything was changed is refused
// with a sentence that names it, and never gives another key.
func TestChangedFiles(t *testing.T) {
	dir := t.TempDir()
	k := opened(t, dir)
	who, other := id.ID(7<<30), id.ID(9<<30)
	box := sealFor(t, k, other, "x")
	if _, err := k.Forget(who); err != nil {
		t.Fatal(err)
	}
	whole := files(t, filepath.Join(dir, peopleDir))
	for name, text := range whole {
		for _, at := range []int{0, len(text) / 3, len(text) - 1} {
			if text == "" {
				continue // the lock
			}
			changed := []byte(text)
			changed[at] ^= 4
			dir := restored(t, dir, mergedWith(whole, name, string(changed)))
			k, err := Open(dir)
			if err == nil {
				_, err = k.OpenFor(other, where, box)
			}
			if fault.KeyOf(err) != "seal.people_file" {
				t.Errorf("%s changed at %d: %v", name, at, err)
			}
		}
	}
}

// TestRoot: the name of the root is that of the folder, whoever was forgotten.
func TestRoot(t *testing.T) {
	dir := t.TempDir()
	k := opened(t, dir)
	before := k.Root()
	if _, err := k.Forget(1<<30, 2<<30|5); err != nil {
		t.Fatal(err)
	}
	if after := opened(t, dir).Root(); after != before || len(before) != 32 || opened(t, t.TempDir()).Root() == before {
		t.Errorf("the root was %s and is %s", before, after)
	}
}

// FuzzStem: no content of the stem brings a start down, and what is taken is written as
// it was read.
func FuzzStem(f *testing.F) {
	free := func(string, []byte) []byte { return make([]byte, macLen) } // else nothing would get past the mark
	p := &people{dir: "x", mac: free, stem: newStem([32]byte{1})}
	f.Add(p.writeStem(&p.stem))
	p.stem.own[7], p.stem.number = 3, 4
	p.stem.tree.Forget(ofBucket(7))
	f.Add(p.writeStem(&p.stem))
	f.Fuzz(func(t *testing.T, raw []byte) {
		s, ok := p.readStem(raw)
		if !ok {
			return
		}
		again, ok := p.readStem(p.writeStem(&s))
		if !ok || again.number != s.number || !maps.Equal(again.own, s.own) {
			t.Fatal("written otherwise than read")
		}
		for b := range 8 {
			s.tree.Key(ofBucket(b * 511))
		}
	})
}

// BenchmarkSealFor seals for people as an import makes them.
func BenchmarkSealFor(b *testing.B) {
	k := opened(b, b.TempDir())
	at := time.Now()
	make := id.NewMaker(1, func() time.Time { at = at.Add(50 * time.Microsecond); return at })
	text := make20()
	b.ReportAllocs()
	for b.Loop() {
		if _, err := k.SealFor(make.New(), where, text); err != nil {
			b.Fatal(err)
		}
	}
}

func make20() []byte {
	return []byte(`{"Text":"Ja tack, jag vill ha nyhetsbrevet per e-post.","IP":"198.51.100.7"}`)
}

// BenchmarkForget destroys one key, of many where others were destroyed before.
func BenchmarkForget(b *testing.B) {
	for _, before := range []int{0, 20_000} {
		b.Run(fmt.Sprint(before), func(b *testing.B) {
			k := opened(b, b.TempDir())
			ids := id.NewMaker(1, func() time.Time { return time.Now().Add(time.Hour) })
			var some []id.ID
			for range before {
				some = append(some, ids.New())
			}
			if _, err := k.Forget(some...); err != nil {
				b.Fatal(err)
			}
			for b.Loop() {
				if _, err := k.Forget(ids.New()); err != nil {
					b.Fatal(err)
				}
			}
		})
	}
}
