package rows

import (
	"bytes"
	"encoding/csv"
	"fmt"
	"io"
	"reflect"
	"strings"
	"testing"
	"testing/iotest"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"
)

var testLimits = Limits{Row: 1 << 20, Columns: 2000}

// read lists rows as "cell|cell" and problems as "!code line raw".
func read(r *Reader) (out []string) {
	for {
		p, err := r.Next()
		switch {
		case err == io.EOF:
			return out
		case err != nil:
			return append(out, "error "+err.Error())
		case p != nil:
			out = append(out, fmt.Sprintf("!%s %d %s", p.Code, p.Line, p.Raw))
		default:
			out = append(out, strings.Join(r.Strings(nil), "|"))
		}
	}
}

func TestReader(t *testing.T) {
	for name, c := range map[string]struct {
		in   string
		want []string
	}{
		"plain":                {"a,b,c\nd,e,f", []string{"a|b|c", "d|e|f"}},
		"crlf and blank lines": {"a,b,c\r\n\r\n,,\r\nd,e,f\r\n", []string{"a|b|c", "d|e|f"}},
		"quotes":               {"a,\"b,\"\"x\"\"\",c\n\"d\",\"e\" ,f\n", []string{`a|b,"x"|c`, "d|e|f"}},
		"line breaks kept":     {"a,\"b\r\nb\rb\nb\",c\n", []string{"a|b\r\nb\rb\nb|c"}},
		"quote in bare cell":   {"a,b \"x\" b,c\n", []string{`a|b "x" b|c`}},
		"surplus empty cells":  {"a,b,c,,\n", []string{"a|b|c"}},
		"empty last cell":      {"a,b,\n", []string{"a|b|"}},
		"too few and too many": {"a,b\na,b,c,d\nd,e,f\n", []string{"!cell_count 1 a,b", "!cell_count 2 a,b,c,d", "d|e|f"}},
		"open quote, met by another": {"a,\"b,c\nd,\"e\",f\ng,h,i\n",
			[]string{"!bad_quote 1 a,\"b,c", "d|e|f", "g|h|i"}},
		"open quote to the end":   {"a,\"b,c\nd,e,f\n", []string{"!open_quote 1 a,\"b,c", "d|e|f"}},
		"many lines, wrong count": {"a,\"x\ny\nz\"\nd,e,f\n", []string{"!cell_count 1 a,\"x\ny\nz\"", "d|e|f"}},
		"nul and bad utf-8":       {"a,\x00,c\na,\xff,c\nd,e,f\n", []string{"!nul_byte 1 a,\x00,c", "!invalid_utf8 2 a,\xff,c", "d|e|f"}},
		"empty":                   {"", nil},
	} {
		for chunk, wrap := range map[string]func(io.Reader) io.Reader{"whole": func(r io.Reader) io.Reader { return r }, "bytewise": iotest.OneByteReader} {
			r := NewReader(wrap(strings.NewReader(c.in)), ',', '\n', testLimits)
			r.Expect(3)
			if got := read(r); !reflect.DeepEqual(got, c.want) {
				t.Errorf("%s, %s: got %q, want %q", name, chunk, got, c.want)
			}
		}
	}
}

func TestLoneCarriageReturns(t *testing.T) {
	s, err := Sniff(strings.NewReader("a;b\rc;d\r"), "")
	if err != nil || s.EOL != '\r' {
		t.Fatalf("EOL %q, %v", s.EOL, err)
	}
	if got := read(NewReader(bytes.NewReader(s.Sample), ';', s.EOL, testLimits)); !reflect.DeepEqual(got, []string{"a|b", "c|d"}) {
		t.Errorf("got %q", got)
	}
}

// endless yields a pattern n times without holding it.
type endless struct {
	pattern string
	n       int
	rest    string
}

func (e *endless) Read(p []byte) (int, error) {
	if e.rest == "" {
		if e.n == 0 {
			return 0, io.EOF
		}
		e.n--
		e.rest = e.pattern
	}
	n := copy(p, e.rest)
	e.rest = e.rest[n:]
	return n, nil
}

func TestHostileRowsStayBounded(t *testing.T) {
	block := strings.Repeat("x", 1<<16)
	for name, c := range map[string]struct {
		pattern string
		code    string
	}{
		"line without end":      {block, TooLong},
		"columns without end":   {strings.Repeat(",", 1<<16), TooLong},
		"quote without end":     {strings.ReplaceAll(block, "xxxx", "xx\"\""), TooLong},
		"quote over many lines": {strings.Repeat(block[:99]+"\n", 600), OpenQuote},
	} {
		start := "a,b,c\n"
		if strings.HasPrefix(name, "quote") {
			start = "a,b,\"c\n"
			if c.code == TooLong {
				start = "a,b,\"c"
			}
		}
		in := io.MultiReader(strings.NewReader(start), &endless{pattern: c.pattern, n: 400}, strings.NewReader("\nd,e,f\n"))
		r := NewReader(in, ',', '\n', testLimits)
		r.Expect(3)
		seen, last := map[string]bool{}, ""
		for {
			p, err := r.Next()
			if err != nil {
				break
			}
			if p != nil {
				seen[p.Code] = true
			} else {
				last = strings.Join(r.Strings(nil), "|")
			}
		}
		if !seen[c.code] || last != "d|e|f" || cap(r.buf) > 8<<20 {
			t.Errorf("%s: saw %v, last row %q, buffer %d", name, seen, last, cap(r.buf))
		}
	}
}

func TestSniff(t *testing.T) {
	text := "namn;ort\nÅsa;Västerås\nBjörn;Malmö\n"
	utf16 := func(e unicode.Endianness, b unicode.BOMPolicy) string {
		out, err := unicode.UTF16(e, b).NewEncoder().String(text)
		if err != nil {
			t.Fatal(err)
		}
		return out
	}
	latin, _ := charmap.Windows1252.NewEncoder().String(text)
	late := "namn;ort\n" + strings.Repeat("Anna;Lund\n", 100_000)
	lateLatin, _ := charmap.Windows1252.NewEncoder().String(late + "Åsa;Umeå\n")
	for name, c := range map[string]struct{ in, enc string }{
		"utf-8":           {text, UTF8},
		"utf-8 bom":       {"\ufeff" + text, UTF8},
		"utf-16le bom":    {utf16(unicode.LittleEndian, unicode.UseBOM), UTF16LE},
		"utf-16be bom":    {utf16(unicode.BigEndian, unicode.UseBOM), UTF16BE},
		"utf-16le no bom": {utf16(unicode.LittleEndian, unicode.IgnoreBOM), UTF16LE},
		"utf-16be no bom": {utf16(unicode.BigEndian, unicode.IgnoreBOM), UTF16BE},
		"latin":           {latin, Windows1252},
		"latin, late":     {lateLatin, Windows1252},
		"one bad byte":    {text + "Åke;\xff\n", UTF8},
	} {
		s, err := Sniff(strings.NewReader(c.in), "")
		if err != nil || s.Encoding != c.enc || s.Binary != "" {
			t.Errorf("%s: %+v, %v", name, s, err)
			continue
		}
		if !strings.HasPrefix(string(s.Sample), "namn;ort\n") || Separator(s.Sample, s.EOL) != ';' {
			t.Errorf("%s: sample %.20q, separator %q", name, s.Sample, Separator(s.Sample, s.EOL))
		}
	}
}

func TestSniffBinary(t *testing.T) {
	for in, want := range map[string]string{
		"%PDF-1.4 x": "PDF", "\x1f\x8b\x08": "gzip", strings.Repeat("\x00\x01\x02a", 50): "data", "email\na@b.example\n": "",
	} {
		if s, err := Sniff(strings.NewReader(in), ""); err != nil || s.Binary != want {
			t.Errorf("%q: %q, %v", in, s.Binary, err)
		}
	}
}

// FuzzReader checks that every byte string ends, stays within its limits, and
// that what the standard reader accepts is read alike.
func FuzzReader(f *testing.F) {
	for _, s := range []string{"a,b\n", "a,\"b\"\"\n\",c\r\n", "\"", "a\"b,\"\n\"", ",\n,,\n"} {
		f.Add([]byte(s))
	}
	f.Fuzz(func(t *testing.T, in []byte) {
		r := NewReader(bytes.NewReader(in), ',', '\n', Limits{Row: 256, Columns: 20})
		var got [][]string
		problems := 0
		for n := 0; ; n++ {
			p, err := r.Next()
			if err == io.EOF {
				break
			}
			if err != nil || n > len(in) {
				t.Fatalf("row %d of %d bytes: %v", n, len(in), err)
			}
			if p != nil {
				problems++
				continue
			}
			got = append(got, r.Strings(nil))
		}
		std := csv.NewReader(bytes.NewReader(in))
		std.FieldsPerRecord = -1
		want, err := std.ReadAll()
		if err != nil || problems > 0 || bytes.ContainsAny(in, "\r ") || bytes.Contains(in, []byte("\t")) {
			return
		}
		i := 0
		for _, row := range want {
			if strings.Join(row, "") == "" {
				continue
			}
			if i >= len(got) || !reflect.DeepEqual(got[i], row) {
				t.Fatalf("%q: got %q, want %q", in, got, want)
			}
			i++
		}
	})
}

func BenchmarkNext(b *testing.B) {
	line := "0b1f5b52-3c1e-4f5e-9a55-1f0d3f0a0001,anna.mattsson@nordanvind.example,Anna Mattsson,\"{\"\"city\"\": \"\"Åbo\"\", \"\"plan\"\": \"\"basic\"\"}\",enabled,2024-05-01 09:30:00.123456 +0000 UTC,2024-05-01 09:30:00.123456 +0000 UTC\n"
	r := NewReader(&endless{pattern: line, n: 1 << 60}, ',', '\n', testLimits)
	b.ReportAllocs()
	var cells []string
	for b.Loop() {
		r.Next()
		cells = r.Strings(cells[:0])
	}
}
