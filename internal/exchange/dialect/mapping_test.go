package dialect

import (
	"context"
	"strings"
	"testing"

	"kartotek/internal/fault"
)

const club = "Adress,Brev,Sedan,Hur,Stopp,Unsubscribed\n"

// A yes is as strong as what stands beside it, and an empty cell is none.
func TestMappedConsent(t *testing.T) {
	m := &Mapping{Name: "club", Columns: map[string]string{"Adress": "email"},
		Permissions: []PermissionColumn{{Column: "Brev", Kind: Consent, Purpose: "newsletter", Channel: "email", Date: "Sedan", Evidence: "Hur"},
			{Column: "Stopp", Kind: Prohibition, Purpose: "newsletter"}, {Column: "Unsubscribed", Kind: Prohibition, Channel: "email", Date: "Sedan"}}}
	for row, want := range map[string]string{
		"a@post.example,ja,2024-05-01,form,,":   "consent newsletter email single 2024-05-01",
		"a@post.example,ja,2024-05-01,,,":       "consent newsletter email weak 2024-05-01",
		"a@post.example,ja,,form,,":             "consent newsletter email weak; no date",
		"a@post.example,ja,some day,form,,":     "consent newsletter email weak; no date",
		"a@post.example,nej,2024-05-01,form,,":  "unknown",
		"a@post.example,,2024-05-01,form,,":     "unknown",
		"a@post.example,maybe,2024-05-01,,,":    "unknown",
		"a@post.example,,,,ja,":                 "prohibition purpose:newsletter",
		"a@post.example,,2024-05-02,,,ja":       "prohibition channel:email 2024-05-02",
		"a@post.example,ja,2024-05-02,form,,ja": "prohibition channel:email 2024-05-02",
	} {
		got := readAll(t, Options{Mapping: m}, write(t, "a.csv", club+row+"\n"))
		if len(got.Records) != 1 || len(got.Records[0].Statements) != 1 {
			t.Errorf("%s: %+v", row, got)
			continue
		}
		if says := spoken(got.Records[0].Statements[0]); says != want {
			t.Errorf("%s: %s, want %s", row, says, want)
		}
	}
}

func spoken(s Statement) string {
	out := []string{string(s.Kind)}
	if s.Kind == Consent {
		out = append(out, s.Purpose, s.Channel, s.Strength)
	}
	if s.Scope != "" {
		out = append(out, s.Scope)
	}
	if !s.At.IsZero() {
		out = append(out, s.At.Format("2006-01-02"))
	}
	text := strings.Join(out, " ")
	if strings.Contains(s.Evidence, "no date in the row") {
		text += "; no date"
	}
	return text
}

// A mapping can keep what was recognised, and a date may be a date of the person too.
func TestMappingKeeps(t *testing.T) {
	m := &Mapping{Columns: map[string]string{"Adress": "email", "Unsubscribed": "permission", "Sedan": "created", "Hur": "unlisted", "Stopp": ""},
		Permissions: []PermissionColumn{{Column: "Brev", Kind: Consent, Purpose: "newsletter", Channel: "email", Date: "Sedan"}}}
	got := readAll(t, Options{Mapping: m}, write(t, "a.csv", club+"a@post.example,ja,2024-05-01,x,,\nb@post.example,ja,2024-05-01,x,,1\n"))
	a, b := got.Records[1], got.Records[0]
	if spoken(a.Statements[0]) != "consent newsletter email weak 2024-05-01" || a.Created == "" || len(a.Extra) != 1 {
		t.Errorf("%+v", a)
	}
	if len(b.Statements) != 1 || spoken(b.Statements[0]) != "prohibition channel:email" {
		t.Errorf("%+v", b.Statements)
	}
	want := "Adress Brev Hur Sedan Stopp Unsubscribed"
	if got := strings.Join(m.Headers(), " "); got != want {
		t.Errorf("headers %s", got)
	}
	if got := strings.Join(got.Files[0].Headers(), " "); got != want {
		t.Errorf("headers of the file %s", got)
	}
}

func TestHeadersOnly(t *testing.T) {
	path := write(t, "a.csv", "colour,size\nred,4\n")
	if _, err := Open(context.Background(), []string{path}, Options{}); fault.KeyOf(err) != "import.header_unknown" {
		t.Error(err)
	}
	s, err := Open(context.Background(), []string{path}, Options{HeadersOnly: true})
	if err != nil || len(s.Info().Files[0].Columns) != 2 {
		t.Fatalf("%v %v", s, err)
	}
	s.Close()
}
