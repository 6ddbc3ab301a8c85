package api

import (
	"encoding/json"
	"fmt"
	"regexp"
	"strings"
	"testing"

	"kartotek/internal/fault"
)

func TestDecode(t *testing.T) {
	for body, want := range map[string]string{
		`{"fields":{"city":"Vasa","phone":null},"source":"x"}`: "internal", // that is, none
		` {} `:                           "internal",
		``:                               "api.json",
		`{"source":"x"`:                  "api.json",
		`{"source":"x"}}`:                "api.json",
		`{"source":"x","source":"x"}`:    "api.json",
		`{"fields":{"a":"1","a":"2"}}`:   "api.json",
		`"source"`:                       "api.json",
		`{"source":"x","by":1,"Role":2}`: "api.unknown",
		`{"SOURCE":"x"}`:                 "api.unknown",
		`{"source":["x"]}`:               "api.type",
		`{"fields":{"a":{}}}`:            "api.type",
		`{"fields":` + strings.Repeat(`{"a":`, 8) + `1` + strings.Repeat(`}`, 9): "api.json",
	} {
		var in edit
		err := decode([]byte(body), &in)
		if fault.KeyOf(err) != want || (err == nil) != (want == "internal") {
			t.Errorf("%s: %v, want %s", body, err, want)
		}
	}
}

// FuzzDecode: nothing breaks the reader, and what it takes encoding/json takes too.
func FuzzDecode(f *testing.F) {
	f.Add([]byte(`{"fields":{"city":"Vasa","phone":null},"source":"x"}`))
	f.Add([]byte(`{"fields":{"a":[{}]},"source":1e308}`))
	f.Fuzz(func(t *testing.T, raw []byte) {
		var in edit
		if decode(raw, &in) != nil {
			return
		}
		var given map[string]any
		if err := json.Unmarshal(raw, &given); err != nil {
			t.Fatalf("%q: %v", raw, err)
		}
		for name := range given {
			if name != "fields" && name != "source" {
				t.Errorf("%q: took %q", raw, name)
			}
		}
	})
}

// Every reference of the description leads somewhere, and each operation has a name.
func TestDocument(t *testing.T) {
	text := string(described())
	schemas := Document()["components"].(object)["schemas"].(object)
	for _, m := range regexp.MustCompile(`#/components/schemas/([a-z]+)`).FindAllStringSubmatch(text, -1) {
		if schemas[m[1]] == nil {
			t.Errorf("nothing is called %s", m[1])
		}
	}
	named := map[string]bool{}
	for _, o := range operations() {
		if o.name == "" || o.summary == "" || o.level == "" || named[o.name] || o.answer == nil || (o.body == nil) != (o.method == "GET") {
			t.Errorf("%s %s is not wholly described", o.method, o.path)
		}
		named[o.name] = true
	}
	if !strings.Contains(text, fmt.Sprintf("%q: %q", "openapi", "3.1.0")) {
		t.Error("the document does not say what it is")
	}
}
