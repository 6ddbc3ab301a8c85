package journal

import (
	"bytes"
	"errors"
	"io"
	"os"
	"path/filepath"
	"reflect"
	"testing"

	"kartotek/internal/fault"
	"kartotek/internal/id"
	"kartotek/internal/seal"
)

// written is a journal of some lines, with its text.
func written(t testing.TB) (*Journal, []Line, []byte) {
	t.Helper()
	keys, err := seal.Open(filepath.Join(t.TempDir(), "keys"))
	if err != nil {
		t.Fatal(err)
	}
	j := &Journal{Keys: keys}
	lines := []Line{
		{Kind: Erased, At: 1, People: []id.ID{4097, 4098}, Ground: "17(1)(b)", Held: map[string]string{"d97636c4": "email import"}},
		{Kind: Forbidden, At: 2, People: []id.ID{4099}, Entry: 77, Scope: "all"},
		{Kind: Withdrawn, At: 3, People: []id.ID{4100}, Entry: 78, Purpose: "newsletter", Channel: "email"},
	}
	add(t, j, lines...)
	text, err := os.ReadFile(j.Path())
	if err != nil {
		t.Fatal(err)
	}
	return j, lines, text
}

func add(t testing.TB, j *Journal, lines ...Line) {
	t.Helper()
	for i := range lines {
		n, err := j.write(1, j.line(nil, &lines[i]), 1)
		if err == nil {
			err = j.sync(n)
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	if err := j.Close(); err != nil {
		t.Fatal(err)
	}
}

// readAll gives what a text is read as, and how many of its lines are damaged.
func readAll(t testing.TB, j *Journal, text []byte) (out []Line, damaged int, err error) {
	t.Helper()
	if err := os.WriteFile(j.Path(), text, 0o600); err != nil {
		t.Fatal(err)
	}
	r, err := j.Read(j.Path())
	if err != nil {
		return nil, 0, err
	}
	defer r.Close()
	for {
		l, err := r.Next()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return out, 0, err
		}
		out = append(out, l)
	}
	if r.Offset > int64(len(text)) {
		t.Errorf("read to %d of %d", r.Offset, len(text))
	}
	damaged, err = j.Damaged()
	return out, damaged, err
}

func TestReads(t *testing.T) {
	j, lines, text := written(t)
	pieces := bytes.SplitAfter(text, []byte("\n"))
	begun, a, b, c := pieces[0], pieces[1], pieces[2], pieces[3]
	for name, x := range map[string]struct {
		text    []byte
		want    []Line
		damaged int
		key     string
	}{
		"whole":         {text, lines, 0, ""},
		"begun alone":   {begun, nil, 0, ""},
		"doubled":       {bytes.Join([][]byte{begun, a, a, b, c}, nil), []Line{lines[0], lines[0], lines[1], lines[2]}, 0, ""},
		"other order":   {bytes.Join([][]byte{begun, c, a, b}, nil), []Line{lines[2], lines[0], lines[1]}, 0, ""},
		"cut":           {text[:len(text)-9], lines[:2], 0, ""},
		"end cut":       {text[:len(text)-1], lines[:2], 0, ""},
		"end changed":   {append(bytes.Clone(text[:len(text)-1]), 'x'), lines[:2], 1, ""},
		"cut between":   {bytes.Join([][]byte{begun, a[:len(a)-9], []byte("\n"), b, c}, nil), lines[1:], 1, ""},
		"said to be":    {bytes.Join([][]byte{begun, a[:len(a)-9], j.line([]byte("\n"), &Line{Kind: Cut, At: 9}), b}, nil), []Line{{Kind: Cut, At: 9}, lines[1]}, 0, ""},
		"empty line":    {bytes.Join([][]byte{begun, []byte("\n"), a}, nil), lines[:1], 1, ""},
		"mark of other": {bytes.Join([][]byte{begun, append(bytes.Clone(bytes.SplitAfter(a, []byte("\t"))[0]), bytes.SplitAfter(b, []byte("\t"))[1]...), c}, nil), lines[2:], 1, ""},
		"empty":         {nil, nil, 0, "journal.foreign"},
		"no first line": {bytes.Join([][]byte{a, b}, nil), nil, 0, "journal.foreign"},
		"something":     {[]byte("hello\n"), nil, 0, "journal.foreign"},
	} {
		got, damaged, err := readAll(t, j, x.text)
		if x.key != "" {
			if fault.KeyOf(err) != x.key {
				t.Errorf("%s: %v", name, err)
			}
			continue
		}
		if err != nil || damaged != x.damaged || !reflect.DeepEqual(got, x.want) {
			t.Errorf("%s: %d damaged, %v\n%+v", name, damaged, err, got)
		}
	}
	other, _, _ := written(t)
	if _, _, err := readAll(t, other, text); fault.KeyOf(err) != "journal.foreign" {
		t.Errorf("of another register: %v", err)
	}
}

// TestEveryByte changes each byte of a journal in turn: it is told, and the lines that
// are read are ones that were written.
func TestEveryByte(t *testing.T) {
	j, lines, text := written(t)
	for at := range text {
		for _, bit := range []byte{1, 0x80} {
			changed := bytes.Clone(text)
			changed[at] ^= bit
			got, damaged, err := readAll(t, j, changed)
			if err != nil && fault.KeyOf(err) != "journal.foreign" || err == nil && damaged == 0 {
				t.Errorf("byte %d: %d damaged, %v", at, damaged, err)
			}
			among(t, got, lines)
		}
	}
}

func among(t *testing.T, got, lines []Line) {
	t.Helper()
	for _, l := range got {
		known := false
		for _, w := range lines {
			known = known || reflect.DeepEqual(l, w)
		}
		if !known {
			t.Errorf("nobody wrote %+v", l)
		}
	}
}

// TestGoesOn cuts the last line, as a power cut does, and adds another: it stands by
// itself, and nothing counts as damaged.
func TestGoesOn(t *testing.T) {
	j, lines, text := written(t)
	for cut := range 60 {
		if err := os.WriteFile(j.Path(), text[:len(text)-cut], 0o600); err != nil {
			t.Fatal(err)
		}
		next := Line{Kind: Erased, At: 5, People: []id.ID{4101}}
		add(t, j, next)
		now, err := os.ReadFile(j.Path())
		if err != nil {
			t.Fatal(err)
		}
		got, damaged, err := readAll(t, j, now)
		if err != nil || damaged != 0 || len(got) < 3 || !reflect.DeepEqual(got[:2], lines[:2]) || !reflect.DeepEqual(got[len(got)-1], next) {
			t.Errorf("cut by %d: %d damaged, %v\n%+v", cut, damaged, err, got)
		}
	}
}

func FuzzRead(f *testing.F) {
	j, lines, text := written(f)
	begun := text[:bytes.IndexByte(text, '\n')+1]
	f.Add(text[len(begun):])
	f.Add([]byte("{}\tx\n\n\t\n"))
	f.Fuzz(func(t *testing.T, rest []byte) {
		got, _, err := readAll(t, j, append(bytes.Clone(begun), rest...))
		if err != nil {
			t.Fatal(err)
		}
		among(t, got, lines)
	})
}
