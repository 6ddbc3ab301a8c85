package bounce_test

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"kartotek/internal/bounce"
)

// expected reads the table of what each sample means.
func expected(t testing.TB) (files []string, want map[string][]string) {
	t.Helper()
	raw, err := os.ReadFile("testdata/expected.txt")
	if err != nil {
		t.Fatal(err)
	}
	want = map[string][]string{}
	for line := range strings.Lines(string(raw)) {
		if strings.HasPrefix(line, "#") {
			continue
		}
		name, rest, _ := strings.Cut(strings.TrimSpace(line), " | ")
		if want[name] == nil {
			files = append(files, name)
		}
		want[name] = append(want[name], strings.TrimSpace(rest))
	}
	return files, want
}

func row(o *bounce.Outcome) string {
	hard := "-"
	if o.Hard {
		hard = "hard"
	}
	return strings.TrimSpace(fmt.Sprintf("%s | %s | %s | %s | %s", o.Recipient, o.Kind, hard, o.Reason, o.Status))
}

// TestCorpus reads every sample and compares it with the table.
func TestCorpus(t *testing.T) {
	files, want := expected(t)
	if len(files) < 120 {
		t.Errorf("%d samples", len(files))
	}
	for _, name := range files {
		raw, err := os.ReadFile(filepath.Join("testdata", name))
		if err != nil {
			t.Fatal(err)
		}
		rep, err := bounce.Parse(bytes.NewReader(raw), bounce.Usual)
		if err != nil {
			t.Fatal(err)
		}
		var got []string
		for i := range rep.Outcomes {
			got = append(got, row(&rep.Outcomes[i]))
		}
		if g, w := strings.Join(got, "\n\t"), strings.Join(want[name], "\n\t"); g != w {
			t.Errorf("%s\n got\t%s\nwant\t%s", name, g, w)
		}
	}
}
