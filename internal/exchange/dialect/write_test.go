package dialect

import (
	"bytes"
	"context"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"time"
	"unicode/utf8"

	"kartotek/internal/exchange/dialect/guard"
)

var exported = []string{"first_name", "email", "phone", "organisation", "title"}

// roundTrip exports a person whose texts are all s and reads the file back.
func roundTrip(t *testing.T, path, s string) (Person, told) {
	at := time.Date(2024, 5, 1, 9, 30, 0, 123e6, time.UTC)
	p := Person{ID: "p" + s, Emails: []Point{{Value: "a@post.example"}, {Value: "b@post.example", Label: s}}, Phones: []Point{{Value: "+358000000412"}},
		Fields: []Pair{{"first_name", s}, {"organisation", s + s}, {"title", "x" + s}}, Tags: []string{"t" + s, s},
		Statements: []Statement{{Kind: Consent, Purpose: "newsletter", Channel: "email", At: at, IP: "192.0.2.1", Evidence: s, Strength: Single},
			{Kind: Prohibition, Scope: "channel:sms", Channel: "sms", Evidence: "letter"}},
		Registered: at, Changed: at.Add(time.Hour)}
	var b bytes.Buffer
	w := NewWriter(&b, exported)
	if err := w.WriteHeader(); err != nil {
		t.Fatal(err)
	}
	if err := w.WriteRow(&p); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, b.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	src, err := Open(context.Background(), []string{path}, Options{MaxRow: 8 << 20})
	if err != nil {
		t.Fatalf("%q: %v", b.String(), err)
	}
	defer src.Close()
	if d := src.Info().Files[0].Dialect; d != "kartotek" {
		t.Fatalf("read as %s", d)
	}
	var got []told
	src.Rejects(func(r *Reject) error { t.Fatalf("%q rejected: %s", s, r.Code); return nil })
	for class := range 2 {
		src.Pass(context.Background(), class, func(r *Record) error { got = append(got, tell(r)); return nil })
	}
	if len(got) != 1 {
		t.Fatalf("%q: %d records", b.String(), len(got))
	}
	return p, got[0]
}

func compare(t *testing.T, s string, p Person, got told) {
	t.Helper()
	fields := []Pair{}
	for _, f := range p.Fields {
		if f.Value != "" {
			fields = append(fields, f)
		}
	}
	want := told{Row: 1, SourceID: p.ID, Emails: []Point{{"a@post.example", "email"}, p.Emails[1]}, Phones: []Point{{"+358000000412", "phone"}},
		Fields: fields, Tags: p.Tags, Statements: p.Statements, Created: stamp(p.Registered), Changed: stamp(p.Changed)}
	a, _ := json.Marshal(want)
	b, _ := json.Marshal(got)
	if !bytes.Equal(a, b) {
		t.Fatalf("%q came back as\n%s, want\n%s", s, b, a)
	}
}

var hostile = []string{"", " ", "=1+1", "+1", "-1", "@x", "\tx", "\rx", "\nx", ";x", "'", "''=x", "a\r\nb", "\"", "\"\"", ",", "a,\"b\"", "\ufeff", "＝x",
	"=HYPERLINK(\"http://x.example\")", "\u2028", "Ævar Þór", " padded ", "{\"a\":1}", "null", "'=", "x\r", "<b>&amp;", "\x15\x15\x15"}

func TestExportRoundTrip(t *testing.T) {
	path := filepath.Join(t.TempDir(), "a.csv")
	for _, s := range hostile {
		p, got := roundTrip(t, path, s)
		compare(t, s, p, got)
	}
}

func FuzzExportRoundTrip(f *testing.F) {
	for _, s := range hostile {
		f.Add(s)
	}
	dir := f.TempDir()
	f.Fuzz(func(t *testing.T, s string) {
		if !utf8.ValidString(s) || strings.ContainsRune(s, 0) || len(s) > 4000 {
			return // the register holds no such text
		}
		p, got := roundTrip(t, filepath.Join(dir, fmt.Sprint(os.Getpid())), s)
		compare(t, s, p, got)
	})
}

// TestGuard checks every cell of an export against what starts a formula.
func TestGuard(t *testing.T) {
	for _, s := range hostile {
		g := guard.Cell(s)
		if guard.Bare(g) != s || g != "" && strings.ContainsRune("=+-@\t\r;", rune(g[0])) {
			t.Errorf("guard.Cell(%q) = %q", s, g)
		}
	}
}

func TestWriteRowRefusesUnknownField(t *testing.T) {
	if err := NewWriter(&bytes.Buffer{}, exported).WriteRow(&Person{Fields: []Pair{{"shoe_size", "42"}}}); err == nil {
		t.Error("a field without a column was left out unseen")
	}
}

// BenchmarkListmonk reads rows with eleven attributes; the time is per row of
// both passes together.
func BenchmarkListmonk(b *testing.B) {
	const n = 20_000
	var text strings.Builder
	text.WriteString("uuid,email,name,attributes,status,created_at,updated_at\n")
	for i := range n {
		attrs := fmt.Sprintf(`{"city": "Åbo", "country": "FI", "postcode": "20%03d", "company": "Nordanvind Oy", "phone": "+358 00 000 %04d", "language": "sv", "industry": "retail", "title": "Chef", "age": %d, "plan": "basic", "street": "Exempelgatan %d"}`, i%1000, i%10000, i%80, i%100)
		fmt.Fprintf(&text, "0b1f5b52-0000-4000-8000-%012d,person%d@post.example,Anna Exempel,\"%s\",enabled,2024-05-01 09:30:00.123456 +0000 UTC,2024-05-02 09:30:00.123456 +0000 UTC\n", i, i, strings.ReplaceAll(attrs, `"`, `""`))
	}
	s, err := Open(context.Background(), []string{write(b, "a.csv", text.String())}, Options{})
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	rows := 0
	for b.Loop() {
		for class := range 2 {
			if err := s.Pass(context.Background(), class, func(r *Record) error { rows++; return nil }); err != nil {
				b.Fatal(err)
			}
		}
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(rows), "ns/row")
}
