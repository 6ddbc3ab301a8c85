package packed_test

import (
	"strings"
	"testing"

	"pgregory.net/rapid"

	"kartotek/internal/id"
	"kartotek/internal/party/packed"
)

// TestFieldsRoundTrip: what is packed is read back, whatever the values hold.
func TestFieldsRoundTrip(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		want := map[string]string{}
		for range rapid.IntRange(0, 6).Draw(t, "fields") {
			name := rapid.StringMatching(`[a-z][a-z0-9_]{0,9}`).Draw(t, "name")
			want[name] = strings.ToValidUTF8(rapid.String().Draw(t, "value"), "")
		}
		var f packed.Fields
		for name, value := range want {
			f = f.With(name, value)
		}
		for name, value := range want {
			if got := f.Get(name); got != value {
				t.Fatalf("%s: got %q, want %q in %s", name, got, value, f)
			}
		}
		n := 0
		f.Each(func(name, value string) {
			if want[name] != value || value == "" {
				t.Fatalf("%q: %q", name, value)
			}
			n++
		})
		for _, v := range want {
			if v != "" {
				n--
			}
		}
		if n != 0 {
			t.Fatalf("the number of fields differs: %s", f)
		}
	})
}

func TestProvenance_RoundTrip(t *testing.T) {
	var p packed.Provenance
	a, b := packed.Origin{Source: id.ID(7 << 22), First: 5, Changed: 9}, packed.Origin{First: -1, Changed: 2}
	p = p.With("city", a).With("title", a).With("city", b)
	for field, want := range map[string]packed.Origin{"city": b, "title": a} {
		if got, ok := p.Get(field); !ok || got != want {
			t.Errorf("%s: got %+v, want %+v in %q", field, got, want, p)
		}
	}
	if _, ok := p.Get("cit"); ok {
		t.Error("a field is found by the beginning of its name")
	}
}

// FuzzFields: no stored text, however broken, makes the reader fail or run on.
func FuzzFields(f *testing.F) {
	for _, seed := range []string{``, `{"a":"b"}`, `{"a":"\u00e5\"","b":"\\"}`, `{"a`, `"\`, `{"a":1}`, "{\"a\":\"\xff\"}"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, s string) {
		n := 0
		packed.Fields(s).Each(func(_, _ string) { n++ })
		if n > len(s) {
			t.Errorf("%d fields in %d bytes", n, len(s))
		}
		packed.Fields(s).Get("a")
		packed.Provenance(s).Get("a")
	})
}
