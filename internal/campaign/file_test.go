package campaign_test

import (
	"errors"
	"strings"
	"testing"

	"kartotek/internal/campaign"
	"kartotek/internal/db"
	"kartotek/internal/db/dbtest"
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
	c, err := campaign.ReadFile([]byte(goodFile))
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
	} {
		_, err := campaign.ReadFile([]byte(strings.Replace(goodFile, bad.from, bad.to, 1)))
		var f *fault.Error
		if !errors.As(err, &f) || f.Key != bad.key || f.Line != bad.line {
			t.Errorf("%s: %v", bad.to, err)
		}
	}
}

func FuzzReadFile(f *testing.F) {
	f.Add([]byte(goodFile))
	f.Add([]byte("a: &a [*a]"))
	f.Add([]byte("- b"))
	f.Fuzz(func(t *testing.T, data []byte) {
		c, err := campaign.ReadFile(data)
		if err == nil && (c.Name == "" || c.Body == "") {
			t.Errorf("read as %+v", c)
		}
	})
}

// TestSchemaRules holds the tables and statements to the rules of the house.
func TestSchemaRules(t *testing.T) {
	var mine []*db.Stmt
	for _, s := range db.Registered() {
		if s.Room == "campaign" || s.Room == "segment" {
			mine = append(mine, s)
		}
	}
	var tables []db.Table
	for _, s := range schemas {
		tables = append(tables, s.Tables...)
	}
	for _, f := range dbtest.LintSQL(mine, tables) {
		t.Error(f)
	}
	each(t, func(t *testing.T, h *house) { dbtest.Catalogue(t, h.DB) })
}
