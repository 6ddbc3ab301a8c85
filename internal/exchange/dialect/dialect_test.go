package dialect

import (
	"context"
	"encoding/json"
	"flag"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"golang.org/x/text/encoding/charmap"
	"golang.org/x/text/encoding/unicode"

	"kartotek/internal/fault"
)

var update = flag.Bool("update", false, "write the golden files anew")

// told is a record as the golden files show it.
type told struct {
	Row        int
	Class      int
	SourceID   string      `json:",omitempty"`
	Emails     []Point     `json:",omitempty"`
	Phones     []Point     `json:",omitempty"`
	Fields     []Pair      `json:",omitempty"`
	Extra      []Pair      `json:",omitempty"`
	Tags       []string    `json:",omitempty"`
	Statements []Statement `json:",omitempty"`
	Doubts     []Doubt     `json:",omitempty"`
	Created    string      `json:",omitempty"`
	Changed    string      `json:",omitempty"`
}

func tell(r *Record) told {
	t := told{Row: r.Row, Class: r.Class, SourceID: r.SourceID, Created: stamp(r.Created), Changed: stamp(r.Changed)}
	t.Emails, t.Phones = append(t.Emails, r.Emails...), append(t.Phones, r.Phones...)
	t.Fields, t.Extra = append(t.Fields, r.Fields...), append(t.Extra, r.Extra...)
	t.Tags, t.Statements, t.Doubts = append(t.Tags, r.Tags...), append(t.Statements, r.Statements...), append(t.Doubts, r.Doubts...)
	return t
}

// result is everything a source tells.
type result struct {
	Files   []FileInfo
	Records []told
	Rejects []Reject
	hashes  []string
}

func readAll(t *testing.T, opt Options, paths ...string) *result {
	t.Helper()
	s, err := Open(context.Background(), paths, opt)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	out := &result{Files: s.Info().Files}
	s.Rejects(func(r *Reject) error { out.Rejects = append(out.Rejects, *r); return nil })
	for _, class := range []int{ClassRefused, ClassRest} {
		err := s.Pass(context.Background(), class, func(r *Record) error {
			out.Records = append(out.Records, tell(r))
			out.hashes = append(out.hashes, string(r.RowHash[:]))
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if done, total := s.Progress(); done > total || total == 0 {
		t.Errorf("progress %d of %d", done, total)
	}
	return out
}

func TestGolden(t *testing.T) {
	samples, _ := filepath.Glob("testdata/*.csv")
	for _, sample := range samples {
		name := strings.TrimSuffix(filepath.Base(sample), ".csv")
		t.Run(name, func(t *testing.T) {
			got, err := json.MarshalIndent(readAll(t, Options{}, sample), "", " ")
			if err != nil {
				t.Fatal(err)
			}
			golden := "testdata/" + name + ".json"
			if *update {
				if err := os.WriteFile(golden, append(got, '\n'), 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(golden)
			if err != nil || string(want) != string(got)+"\n" {
				t.Errorf("differs from %s: %v\n%s", golden, err, got)
			}
		})
	}
}

// TestDialects names what each sample is, apart from the golden files.
func TestDialects(t *testing.T) {
	for name, want := range map[string]string{
		"mailchimp_subscribed": "mailchimp/subscribed", "mailchimp_de": "mailchimp/subscribed", "mailchimp_unsubscribed": "mailchimp/unsubscribed",
		"mailchimp_cleaned": "mailchimp/cleaned", "listmonk": "listmonk/", "listmonk_list": "listmonk/", "hubspot_en": "hubspot/", "hubspot_sv": "hubspot/",
		"hubspot_fi": "hubspot/", "hubspot_de": "hubspot/", "brevo": "brevo/", "mautic": "mautic/", "mautic_single": "mautic/", "keila": "keila/",
		"generic_sv": "csv/", "generic_crm": "csv/", "unlabelled": "csv/",
	} {
		// The name must not matter: every file is read under a misleading one.
		path := write(t, "cleaned_email_audience_export.csv", read(t, "testdata/"+name+".csv"))
		f := readAll(t, Options{}, path).Files[0]
		if got := f.Dialect + "/" + f.Variant; got != want {
			t.Errorf("%s: %s, want %s", name, got, want)
		}
	}
}

func read(t *testing.T, path string) string {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	return string(b)
}

func write(t testing.TB, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestEncodings reads one file in every encoding to the same records and
// hashes.
func TestEncodings(t *testing.T) {
	text := read(t, "testdata/generic_sv.csv")
	want := readAll(t, Options{}, write(t, "a.csv", text))
	le, _ := unicode.UTF16(unicode.LittleEndian, unicode.UseBOM).NewEncoder().String(text)
	be, _ := unicode.UTF16(unicode.BigEndian, unicode.IgnoreBOM).NewEncoder().String(text)
	latin, _ := charmap.Windows1252.NewEncoder().String(text)
	for name, content := range map[string]string{"bom": "\ufeff" + text, "utf-16le": le, "utf-16be": be, "latin": latin,
		"crlf": strings.ReplaceAll(text, "\n", "\r\n"), "cr": strings.ReplaceAll(text, "\n", "\r")} {
		got := readAll(t, Options{}, write(t, "a.csv", content))
		a, _ := json.Marshal(want.Records)
		b, _ := json.Marshal(got.Records)
		if string(a) != string(b) || strings.Join(want.hashes, "") != strings.Join(got.hashes, "") {
			t.Errorf("%s: %s\nwant %s", name, b, a)
		}
	}
}

func TestResumeAndRowNumbers(t *testing.T) {
	path := write(t, "a.csv", "email,name\na@post.example,A\nbad,B\nc@post.example\nd@post.example,D\n")
	for after, want := range map[int]string{0: "1 !2 !3 4", 1: "!2 !3 4", 2: "!3 4", 4: ""} {
		s, err := Open(context.Background(), []string{path}, Options{})
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		s.Rejects(func(r *Reject) error { got = append(got, "!"+string(rune('0'+r.Row))); return nil })
		s.Resume(Position{Row: after})
		s.Pass(context.Background(), ClassRest, func(r *Record) error { got = append(got, string(rune('0'+r.Row))); return nil })
		if strings.Join(got, " ") != want {
			t.Errorf("after %d: %v, want %s", after, got, want)
		}
	}
}

func TestMapping(t *testing.T) {
	path := write(t, "a.csv", "Kontakt,Adress,OK,När,Stopp,Sko\nAnna Exempel,anna@post.example,sure,2024-05-01,,42\nBo Exempel,bo@post.example,sure,2024-05-01,ja,43\nCia,cia@post.example,,,,44\n")
	m := &Mapping{Name: "crm", Columns: map[string]string{"Kontakt": "name", "Adress": "email", "Sko": "shoe_size"},
		Permissions: []PermissionColumn{{Column: "OK", Kind: Consent, Purpose: "newsletter", Channel: "email", Yes: []string{"Sure"}, Date: "När"},
			{Column: "Stopp", Kind: Prohibition, Channel: "email"}}}
	got := readAll(t, Options{Mapping: m, Fields: func(n string) bool { return usual[n] || n == "shoe_size" }}, path)
	if len(got.Records) != 3 {
		t.Fatalf("%+v", got)
	}
	bo, anna, cia := got.Records[0], got.Records[1], got.Records[2]
	if s := anna.Statements; len(s) != 1 || s[0].Kind != Consent || s[0].Purpose != "newsletter" || s[0].Strength != Weak || s[0].At.IsZero() {
		t.Errorf("anna: %+v", s)
	}
	if s := bo.Statements; len(s) != 1 || s[0].Kind != Prohibition || s[0].Scope != "channel:email" || bo.Class != ClassRefused {
		t.Errorf("bo: %+v", s)
	}
	if s := cia.Statements; len(s) != 1 || s[0].Kind != Unknown {
		t.Errorf("cia: %+v", s)
	}
	if anna.Fields[2] != (Pair{"shoe_size", "42"}) {
		t.Errorf("fields: %+v", anna.Fields)
	}
}

// TestCatalogueDecides checks that a name outside the catalogue is told, not
// stored.
func TestCatalogueDecides(t *testing.T) {
	got := readAll(t, Options{Fields: func(n string) bool { return n == "email" || n == "first_name" || n == "last_name" }}, "testdata/hubspot_en.csv")
	for _, c := range got.Files[0].Columns {
		if c.Header == "Phone Number" && c.Target != unlisted {
			t.Errorf("%+v", c)
		}
	}
}

func TestOptions(t *testing.T) {
	path := "testdata/brevo.csv"
	for want, opt := range map[string]Options{
		"import.dialect": {Dialect: "excel"}, "import.delimiter": {Delimiter: ";;"}, "import.encoding": {Encoding: "ebcdic"}, "import.date_order": {DateOrder: "ymd"},
	} {
		if _, err := Open(context.Background(), []string{path}, opt); fault.KeyOf(err) != want {
			t.Errorf("%s: %v", want, err)
		}
	}
	if _, err := Open(context.Background(), nil, Options{}); fault.KeyOf(err) != "import.no_file" {
		t.Error(err)
	}
	if _, err := Open(context.Background(), []string{"testdata/none.csv"}, Options{}); fault.KeyOf(err) != "import.no_such_file" {
		t.Error(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := Open(ctx, []string{path}, Options{}); err != context.Canceled {
		t.Error(err)
	}
}
