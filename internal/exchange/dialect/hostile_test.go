package dialect

import (
	"archive/zip"
	"bytes"
	"context"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"testing"

	"kartotek/internal/fault"
)

// openKey is the key of the fault Open answers with, "" when it accepts.
func openKey(t *testing.T, paths ...string) string {
	t.Helper()
	s, err := Open(context.Background(), paths, Options{})
	if err == nil {
		s.Close()
		return ""
	}
	return fault.KeyOf(err)
}

func TestUnusableFiles(t *testing.T) {
	for name, c := range map[string]struct{ content, key string }{
		"empty":           {"", "import.empty"},
		"spaces":          {" \n\n", "import.empty"},
		"binary":          {strings.Repeat("\x00\x01\x02\x03abc", 100), "import.binary"},
		"pdf":             {"%PDF-1.7\nemail,name\n", "import.binary"},
		"million columns": {strings.Repeat("c,", 1_000_000) + "\nx\n", "import.header_long"},
		"long header":     {strings.Repeat("c", 300_000) + "\nx\n", "import.header_long"},
		"3,000 columns":   {strings.Repeat("c,", 3000) + "\nx\n", "import.header_many_columns"},
		"open header":     {"\"email,name\na@post.example,A\n", "import.header_open_quote"},
		"no header":       {"a@post.example,A\nb@post.example,B\n", "import.no_header"},
		"no address":      {"colour,size\nred,4\n", "import.header_unknown"},
		"fine":            {"email\na@post.example\n", ""},
	} {
		if got := openKey(t, write(t, "a.csv", c.content)); got != c.key {
			t.Errorf("%s: %q, want %q", name, got, c.key)
		}
	}
	if got := openKey(t, t.TempDir()); got != "import.not_a_file" {
		t.Errorf("directory: %q", got)
	}
}

// pack makes a ZIP of names and contents, with room for evil headers.
func pack(t *testing.T, build func(w *zip.Writer)) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "a.zip")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	w := zip.NewWriter(f)
	build(w)
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	f.Close()
	return path
}

func put(w *zip.Writer, h zip.FileHeader, content string) {
	if h.Method == 0 {
		h.Method = zip.Deflate
	}
	e, err := w.CreateHeader(&h)
	if err == nil {
		io.WriteString(e, content)
	}
}

func TestZIP(t *testing.T) {
	const table = "email\na@post.example\n"
	link := zip.FileHeader{Name: "link.csv"}
	link.SetMode(fs.ModeSymlink | 0o777)
	for name, c := range map[string]struct {
		key   string
		build func(w *zip.Writer)
	}{
		"parent":    {"import.zip_path", func(w *zip.Writer) { put(w, zip.FileHeader{Name: "../../a.csv"}, table) }},
		"absolute":  {"import.zip_path", func(w *zip.Writer) { put(w, zip.FileHeader{Name: "/etc/a.csv"}, table) }},
		"drive":     {"import.zip_path", func(w *zip.Writer) { put(w, zip.FileHeader{Name: `c:\a.csv`}, table) }},
		"backslash": {"import.zip_path", func(w *zip.Writer) { put(w, zip.FileHeader{Name: `..\a.csv`}, table) }},
		"symlink":   {"import.zip_link", func(w *zip.Writer) { put(w, link, "/etc/passwd") }},
		"nested":    {"import.zip_nested", func(w *zip.Writer) { put(w, zip.FileHeader{Name: "b.zip"}, "x") }},
		"encrypted": {"import.zip_encrypted", func(w *zip.Writer) {
			e, _ := w.CreateRaw(&zip.FileHeader{Name: "a.csv", Flags: 1, Method: zip.Deflate})
			io.WriteString(e, "x")
		}},
		"method": {"import.zip_method", func(w *zip.Writer) {
			e, _ := w.CreateRaw(&zip.FileHeader{Name: "a.csv", Method: 9})
			io.WriteString(e, "x")
		}},
		"checksum": {"import.unreadable", func(w *zip.Writer) {
			e, _ := w.CreateRaw(&zip.FileHeader{Name: "a.csv", Method: zip.Store, CRC32: 1, CompressedSize64: uint64(len(table)), UncompressedSize64: uint64(len(table))})
			io.WriteString(e, table)
		}},
		"xlsx":     {"import.spreadsheet", func(w *zip.Writer) { put(w, zip.FileHeader{Name: "[Content_Types].xml"}, "<x/>") }},
		"no table": {"import.no_table", func(w *zip.Writer) { put(w, zip.FileHeader{Name: "a.png"}, "x") }},
		"many": {"import.zip_entries", func(w *zip.Writer) {
			for i := range 1001 {
				put(w, zip.FileHeader{Name: fmt.Sprint(i, ".csv")}, table)
			}
		}},
		"fine": {"", func(w *zip.Writer) {
			put(w, zip.FileHeader{Name: "__MACOSX/._a.csv"}, "\x00")
			put(w, zip.FileHeader{Name: "in/a.csv"}, table)
			put(w, zip.FileHeader{Name: "note.pdf"}, "x")
		}},
	} {
		path := pack(t, c.build)
		if got := openKey(t, path); got != c.key {
			t.Errorf("%s: %q, want %q", name, got, c.key)
		}
	}
	if got := openKey(t, write(t, "a.zip", "PK\x03\x04 nothing")); got != "import.zip_broken" {
		t.Errorf("broken: %q", got)
	}
}

// TestMailchimpZIP reads the three files of an audience as one source, the
// people who are gone first.
func TestMailchimpZIP(t *testing.T) {
	path := pack(t, func(w *zip.Writer) {
		for _, v := range []string{"subscribed", "unsubscribed", "cleaned"} {
			put(w, zip.FileHeader{Name: v + "_email_audience_export_x.csv"}, read(t, "testdata/mailchimp_"+v+".csv"))
		}
	})
	got := readAll(t, Options{}, path)
	var kinds []string
	for _, r := range got.Records {
		kinds = append(kinds, string(r.Statements[0].Kind))
	}
	if want := "prohibition undeliverable consent consent unknown consent"; strings.Join(kinds, " ") != want || len(got.Rejects) != 1 {
		t.Errorf("%v, %d rejects", kinds, len(got.Rejects))
	}
}

func TestZIPBombs(t *testing.T) {
	zeros := bytes.Repeat([]byte("0"), 1<<20)
	bomb := pack(t, func(w *zip.Writer) {
		e, _ := w.Create("a.csv")
		for range 150 {
			e.Write(zeros)
		}
	})
	if got := openKey(t, bomb); got != "import.zip_bomb" {
		t.Errorf("ratio: %q", got)
	}
	big := pack(t, func(w *zip.Writer) {
		for i := range 3 {
			e, _ := w.Create(fmt.Sprint(i, ".csv"))
			io.WriteString(e, "email\n")
			e.Write(zeros)
		}
	})
	if _, err := Open(context.Background(), []string{big}, Options{MaxUnpacked: 2 << 20}); fault.KeyOf(err) != "import.zip_size" {
		t.Errorf("size: %v", err)
	}
}

// TestMemoryStaysFlat reads a file of hostile rows many times larger than what
// reading it may hold.
func TestMemoryStaysFlat(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.csv")
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	io.WriteString(f, "email,name,note\n")
	long := strings.Repeat("x", 40<<20)
	for i := range 3 {
		fmt.Fprintf(f, "p%d@post.example,A,%s\nq%d@post.example,\"open,x\nr%d@post.example,\"B\",%s\ns%d@post.example,C,ok\n", i, long, i, i, strings.Repeat(",", 1<<20-100), i)
	}
	f.Close()
	s, err := Open(context.Background(), []string{path}, Options{})
	if err != nil {
		t.Fatal(err)
	}
	long = ""
	runtime.GC()
	var before, after runtime.MemStats
	runtime.ReadMemStats(&before)
	codes, rows := map[string]int{}, 0
	s.Rejects(func(r *Reject) error { codes[r.Code]++; return nil })
	if err := s.Pass(context.Background(), ClassRest, func(r *Record) error { rows++; return nil }); err != nil {
		t.Fatal(err)
	}
	runtime.ReadMemStats(&after)
	if got := (after.TotalAlloc - before.TotalAlloc) >> 20; got > 32 {
		t.Errorf("reading allocated %d MB in all", got)
	}
	if codes["row_too_long"] != 3 || codes["bad_quote"] != 3 || codes["many_columns"] != 3 || rows != 3 {
		t.Errorf("%v and %d rows", codes, rows)
	}
}

// FuzzOpen checks that any bytes are either refused with a reason or read to
// the end, each row once.
func FuzzOpen(f *testing.F) {
	samples, _ := filepath.Glob("testdata/*.csv")
	for _, s := range samples {
		if b, err := os.ReadFile(s); err == nil {
			f.Add(b)
		}
	}
	f.Add([]byte("PK\x03\x04"))
	f.Add([]byte("\xff\xfee\x00m\x00a\x00i\x00l\x00\n\x00"))
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, in []byte) {
		path := filepath.Join(dir, fmt.Sprint(os.Getpid())+".csv")
		if err := os.WriteFile(path, in, 0o600); err != nil {
			t.Fatal(err)
		}
		s, err := Open(context.Background(), []string{path}, Options{})
		if err != nil {
			if c := fault.CodeOf(err); c == fault.Internal {
				t.Fatalf("internal fault: %v", err)
			}
			return
		}
		defer s.Close()
		seen := map[[2]int]bool{}
		once := func(file, row int) {
			if seen[[2]int{file, row}] {
				t.Fatalf("row %d twice", row)
			}
			seen[[2]int{file, row}] = true
		}
		s.Rejects(func(r *Reject) error { once(r.FileIndex, r.Row); return nil })
		for class := range 2 {
			err := s.Pass(context.Background(), class, func(r *Record) error {
				once(r.FileIndex, r.Row)
				if len(r.Statements) == 0 || r.Class != class || len(r.Emails)+len(r.Phones) == 0 {
					t.Fatalf("%+v", r)
				}
				return nil
			})
			if err != nil {
				t.Fatal(err)
			}
		}
	})
}
