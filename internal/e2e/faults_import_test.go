package e2e

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"regexp"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
	"unicode/utf16"

	"kartotek/internal/nordic"
)

// TestKilledWhileImporting kills an import at random moments until it is through.
// Asked for again it goes on; everybody is there once, and the figures are those
// of an import nobody disturbed.
func TestKilledWhileImporting(t *testing.T) {
	const people = 20_000
	var buf bytes.Buffer
	if err := nordic.Listmonk(&buf, people, people/50); err != nil {
		t.Fatal(err)
	}
	file, s := write(t, "subscribers.csv", buf.String()), ready(t)
	run := s.with("import", file, "--consent", "newsletter:email", "--evidence", "signed list", "--json")
	killed := 0
	for range 12 {
		p := start(t, run...)
		moment := time.NewTimer(time.Duration(20+rand.IntN(400)) * time.Millisecond)
		select {
		case <-moment.C:
			killed++
		case <-p.ended:
		}
		moment.Stop()
		p.kill()
	}
	done(t, run...)
	d := s.open(t)
	all := counts(t, d, `SELECT 'people', count(*) FROM persons UNION ALL SELECT 'addresses', count(DISTINCT email) FROM persons
		UNION ALL SELECT 'entries', count(*) FROM entries UNION ALL SELECT 'identifiers', count(*) FROM identifiers WHERE kind = 'email'
		UNION ALL SELECT 'running', count(*) FROM imports WHERE state = 'running'`)
	t.Logf("killed %d times: %v", killed, all)
	if all["people"] != people || all["addresses"] != people || all["identifiers"] != people || all["running"] != 0 || all["entries"] != people {
		t.Errorf("%v", all)
	}
	if again := parsed[map[string]any](t, done(t, run...)); again["rows"] != float64(people) || again["people_created"] != 0.0 || again["people_updated"] != 0.0 {
		t.Errorf("again: %v", again)
	}
	done(t, s.with("verify")...)
}

// TestTerminatedWhileImporting asks an import to end; it does, soon, and goes on
// when asked for again.
func TestTerminatedWhileImporting(t *testing.T) {
	var buf bytes.Buffer
	if err := nordic.Listmonk(&buf, 20_000, 400); err != nil {
		t.Fatal(err)
	}
	file, s := write(t, "subscribers.csv", buf.String()), ready(t)
	p := start(t, s.with("import", file, "--json")...)
	p.warns(t, "rows")
	r := p.end(t, syscall.SIGTERM)
	if r.code == 0 {
		t.Logf("the import was through before it was told to end")
	} else if r.out != "" {
		t.Errorf("%+v", r)
	}
	done(t, s.with("import", file, "--json")...)
	if n := counts(t, s.open(t), `SELECT 'people', count(*) FROM persons`)["people"]; n != 20_000 {
		t.Errorf("%d people", n)
	}
}

// encode16 writes a text as UTF-16 with its mark.
func encode16(text string, order binary.AppendByteOrder) string {
	b := order.AppendUint16(nil, 0xfeff)
	for _, u := range utf16.Encode([]rune(text)) {
		b = order.AppendUint16(b, u)
	}
	return string(b)
}

// zipped makes a ZIP of one file.
func zipped(t *testing.T, name string, fill func(io.Writer) error) string {
	t.Helper()
	var buf bytes.Buffer
	z := zip.NewWriter(&buf)
	w, err := z.Create(name)
	if err == nil {
		err = fill(w)
	}
	if err == nil {
		err = z.Close()
	}
	if err != nil {
		t.Fatal(err)
	}
	return buf.String()
}

// zeros is a table that unpacks to a thousand times its size.
func zeros(w io.Writer) error {
	if _, err := io.WriteString(w, "email,first_name\n"); err != nil {
		return err
	}
	row := bytes.Repeat([]byte("0"), 1<<20)
	for range 128 {
		if _, err := w.Write(row); err != nil {
			return err
		}
	}
	return nil
}

func text(s string) func(io.Writer) error {
	return func(w io.Writer) error { _, err := io.WriteString(w, s); return err }
}

// TestHostileFiles imports what nobody should. A file is refused with a reason and
// nothing of it is stored, or its bad rows are and all others are stored.
func TestHostileFiles(t *testing.T) {
	const table = "email,first_name\nasa@post.example,Åsa\nbo@post.example,Bo\n"
	latin1 := strings.ReplaceAll(table, "Å", "\xc5")
	for name, c := range map[string]struct {
		file, content string
		key           string // of the refusal; "" when it is read
		people        int
		rejected      int
	}{
		"utf-16 le":       {"a.csv", encode16(table, binary.LittleEndian), "", 2, 0},
		"utf-16 be":       {"a.csv", encode16(table, binary.BigEndian), "", 2, 0},
		"bom":             {"a.csv", "\ufeff" + table, "", 2, 0},
		"latin-1":         {"a.csv", latin1, "", 2, 0},
		"nul":             {"a.csv", strings.Repeat("\x00\x01\x02\x03abc", 100), "import.binary", 0, 0},
		"open quote":      {"a.csv", table + "\"cia@post.example,Cia\ndan@post.example,Dan\n", "", 3, 1},
		"open header":     {"a.csv", "\"email,first_name\nasa@post.example,Åsa\n", "import.header_open_quote", 0, 0},
		"million columns": {"a.csv", "email" + strings.Repeat(",c", 1_000_000) + "\nasa@post.example\n", "import.header_long", 0, 0},
		"wide row":        {"a.csv", table + "cia@post.example" + strings.Repeat(",c", 1_000_000) + "\n", "", 2, 1},
		"long line":       {"a.csv", table + "cia@post.example," + strings.Repeat("c", 50<<20) + "\n", "", 2, 1},
		"empty":           {"a.csv", "", "import.empty", 0, 0},
		"bomb":            {"a.zip", zipped(t, "subscribed.csv", zeros), "import.zip_bomb", 0, 0},
		"path":            {"a.zip", zipped(t, "../../subscribed.csv", text(table)), "import.zip_path", 0, 0},
		"nested":          {"a.zip", zipped(t, "b.zip", text(zipped(t, "a.csv", text(table)))), "import.zip_nested", 0, 0},
		"broken zip":      {"a.zip", zipped(t, "a.csv", text(table))[:60], "import.zip_broken", 0, 0},
	} {
		t.Run(name, func(t *testing.T) {
			s, file := ready(t), write(t, c.file, c.content)
			r := kartotek(t, s.with("import", file, "--json")...)
			people := counts(t, s.open(t), `SELECT 'people', count(*) FROM persons`)["people"]
			if people != c.people {
				t.Errorf("%d people are stored, want %d", people, c.people)
			}
			if c.key != "" {
				if r.code != 1 || r.out != "" || !strings.Contains(r.err, "["+c.key+"]") {
					t.Errorf("%+v, want %s", r, c.key)
				}
				return
			}
			got := parsed[struct {
				Rejected int
				Created  int `json:"people_created"`
			}](t, r.out)
			if r.code != 0 || got.Rejected != c.rejected || got.Created != c.people {
				t.Errorf("%d %+v", r.code, got)
			}
		})
	}
}

// TestMemoryIsFlat imports a line that is longer than the memory it may take.
func TestMemoryIsFlat(t *testing.T) {
	const mostMB, lineMB = 128, 300
	s, file := ready(t), write(t, "long.csv", "email,first_name\nasa@post.example,Åsa\nbo@post.example,")
	f, err := os.OpenFile(file, os.O_WRONLY|os.O_APPEND, 0)
	if err != nil {
		t.Fatal(err)
	}
	piece := bytes.Repeat([]byte("x"), 1<<20)
	for range lineMB {
		_, err = f.Write(piece)
	}
	if err == nil {
		_, err = f.WriteString("\ncia@post.example,Cia\n")
	}
	if err != nil {
		t.Fatal(err)
	}
	f.Close()
	p := start(t, s.with("import", file, "--json")...)
	peak := p.peak()
	got := parsed[struct{ Rows, Rejected int }](t, p.finish(t).out)
	t.Logf("peak %d MB", peak>>10)
	if got.Rows != 3 || got.Rejected != 1 || peak>>10 > mostMB {
		t.Errorf("%+v, peak %d MB", got, peak>>10)
	}
}

var highWater = regexp.MustCompile(`VmHWM:\s+(\d+) kB`)

// peak reads, until a process ends, the most memory it has held, in KB. (What the
// system tells at the end counts the tests' own memory at the time of the fork.)
func (p *process) peak() (kb int) {
	again := time.NewTicker(10 * time.Millisecond)
	defer again.Stop()
	for {
		status, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", p.cmd.Process.Pid))
		if m := highWater.FindSubmatch(status); err == nil && m != nil {
			kb, _ = strconv.Atoi(string(m[1])) // digits
		}
		select {
		case <-p.ended:
			return kb
		case <-again.C:
		}
	}
}
