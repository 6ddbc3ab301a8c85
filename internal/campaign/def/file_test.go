package def_test

import (
	"errors"
	"strings"
	"testing"

	"kartotek/internal/campaign/def"
	"kartotek/internal/fault"
)

const goodFile = `name: June letter
purpose: newsletter
class: marketing
channel: email
from: Nordanvind <news@nordanvind.example>
subject: "Hello {{ person.first_name }}"
audience: everyone
body: |
  # Hello
  all is well
`

func TestReadFile(t *testing.T) {
	c, err := def.ReadFile([]byte(goodFile))
	if err != nil || c.Name != "June letter" || c.Body != "# Hello\nall is well\n" || c.From == "" || c.Subject != "Hello {{ person.first_name }}" {
		t.Fatalf("%+v, %v", c, err)
	}
	for _, bad := range []struct {
		from, to, key string
		line          int
	}{
		{"subject:", "sbject:", "campaign.file_key", 6},
		{"purpose: newsletter", "name: again", "campaign.file_twice", 2},
		{"audience: everyone", "audience: [everyone]", "campaign.file_value", 7},
		{"channel: email\n", "", "campaign.file_missing", 0},
		{"class: marketing", "class: internal", "campaign.class", 0},
		{"name: June letter", "- name", "campaign.file", 0},
		{"audience: everyone", "audience: everyone\noptions: {split: {share: 20, winner: 2}}", "campaign.file_options", 8},
		{"audience: everyone", "audience: everyone\noptions: {open_tracking: true}", "campaign.file_options", 8},
		{"audience: everyone", "audience: everyone\noptions: everything", "campaign.file_options", 8},
		{"audience: everyone", "audience: everyone\noptions: {}\noptions: {}", "campaign.file_twice", 9},
	} {
		_, err := def.ReadFile([]byte(strings.Replace(goodFile, bad.from, bad.to, 1)))
		var f *fault.Error
		if !errors.As(err, &f) || f.Key != bad.key || f.Line != bad.line {
			t.Errorf("%s: %v", bad.to, err)
		}
	}
}

func TestReadFileOptions(t *testing.T) {
	c, err := def.ReadFile([]byte(goodFile + `options:
  cap: {most: 2, days: 7}
  quiet: {from: 21:00, to: 08:00, zone: Europe/Helsinki}
  archive: true
  split:
    share: 20
    measure: complaints
    hours: 4
    others:
      - subject: Another
      - body: |
          Another text
`))
	if err != nil {
		t.Fatal(err)
	}
	o := c.Options
	if o.Cap == nil || *o.Cap != (def.Cap{Most: 2, Days: 7}) || o.Quiet == nil || o.Quiet.From != "21:00" || o.Quiet.To != "08:00" || !o.Archive ||
		o.Split == nil || len(o.Split.Others) != 2 || o.Split.Others[1].Body != "Another text\n" || o.Split.Hours != 4 {
		t.Errorf("%+v", o)
	}
}

func FuzzReadFile(f *testing.F) {
	f.Add([]byte(goodFile))
	f.Add([]byte("a: &a [*a]"))
	f.Add([]byte("- b"))
	f.Add([]byte(goodFile + "options: {cap: {most: 1, days: 7}}"))
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := def.ReadFile(data)
		if err == nil && (c.Name == "" || c.Body == "") {
			t.Errorf("read as %+v", c)
		}
	})
}
