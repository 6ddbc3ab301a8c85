package cells

import (
	"encoding/json"
	"reflect"
	"strings"
	"testing"
	"time"
)

func TestTruth(t *testing.T) {
	for in, want := range map[string][2]bool{ // IsYes, Refuses
		"": {}, " ": {}, "1": {true, true}, "Yes": {true, true}, "JA": {true, true}, "Kyllä": {true, true}, " wahr ": {true, true}, "på": {true, true},
		"0": {}, "No": {}, "nej": {}, "EI": {}, "falsch": {}, "av": {}, "-": {},
		"maybe": {false, true}, "2023-05-01": {false, true}, "2": {false, true},
	} {
		if got := [2]bool{IsYes(in), Refuses(in)}; got != want {
			t.Errorf("%q: %v, want %v", in, got, want)
		}
	}
	if active := Is("active"); active("inactive") || !active(" Active") || active("active customer") {
		t.Error("whole words only")
	}
}

func TestParseTime(t *testing.T) {
	for _, c := range []struct{ in, order, want string }{
		{"2024-05-01", "", "2024-05-01T00:00:00Z"},
		{"2024-05-01 09:30", "", "2024-05-01T09:30:00Z"},
		{"2024-05-01 09:30:15", "", "2024-05-01T09:30:15Z"},
		{"2024-05-01 09:30:00.123456 +0000 UTC", "", "2024-05-01T09:30:00.123456Z"},
		{"2024-05-01 09:30:00.5 +0200 EET", "", "2024-05-01T07:30:00.5Z"},
		{"2024-05-01T09:30:00+02:00", "", "2024-05-01T07:30:00Z"},
		{"2024-05-01T09:30:00Z", "", "2024-05-01T09:30:00Z"},
		{"3/15/2024 2:30 PM", "", "2024-03-15T14:30:00Z"},
		{"15/3/2024", "", "2024-03-15T00:00:00Z"},
		{"3/4/2024", "mdy", "2024-03-04T00:00:00Z"},
		{"3/4/2024", "dmy", "2024-04-03T00:00:00Z"},
		{"3/4/2024", "", ""},
		{"3/3/2024", "", "2024-03-03T00:00:00Z"},
		{"3.4.2024 14.30", "", "2024-04-03T14:30:00Z"},
		{"12/31/2024 12:05 AM", "", "2024-12-31T00:05:00Z"},
		{"12-04-2022 09:30", "dmy", "2022-04-12T09:30:00Z"},
		{"2024-02-30", "", ""}, {"2024-13-01", "", ""}, {"0000-00-00 00:00:00", "", ""}, {"yesterday", "", ""}, {"", "", ""}, {"2024-05-01 xx", "", ""}, {"29.2.2023", "", ""},
	} {
		got, ok := ParseTime(c.in, c.order)
		if text := got.Format(time.RFC3339Nano); ok != (c.want != "") || ok && text != c.want {
			t.Errorf("%q %s: %s %v, want %s", c.in, c.order, text, ok, c.want)
		}
	}
}

func TestSplitName(t *testing.T) {
	for in, want := range map[string]string{
		"Anna Exempel": "Anna|Exempel", "Anna Maria von Exempel": "Anna Maria|von Exempel", "Exempel, Anna": "Anna|Exempel",
		"Anna": "Anna|", "von Exempel": "von|Exempel", "Ada de la Prova": "Ada|de la Prova",
	} {
		first, last := SplitName(in)
		if first+"|"+last != want {
			t.Errorf("%q: %s|%s, want %s", in, first, last, want)
		}
	}
}

func TestTagsAndCountries(t *testing.T) {
	if got := AppendTags(nil, `a, "b c" ,,d|e`, ",|"); !reflect.DeepEqual(got, []string{"a", "b c", "d", "e"}) {
		t.Errorf("%q", got)
	}
	for in, want := range map[string]string{"Finland": "FI", "sverige": "SE", "SE": "SE", "fi": "FI", "Narnia": "Narnia"} {
		if got := CountryCode(in); got != want {
			t.Errorf("%q: %s", in, got)
		}
	}
}

func TestScanAttributes(t *testing.T) {
	for in, want := range map[string]string{
		`{}`: "", `{"a":1,"b":"x y","c":true,"d":null,"e":-1.5e3}`: "a=1;b=x y;c=true;e=-1.5e3",
		`{"a":{"b":{"c":"d"}},"e":[1,"x",false],"f":[],"g":[{"h":1}]}`: `a.b.c=d;e=1, x, false;g=[{"h":1}]`,
		`{"a\n":"\u00c5bo \"x\""}`:                                     "a\n=Åbo \"x\"",
		` { "a" : "b" } `:                                              "a=b",
		`{`:                                                            "!", `{"a"}`: "!", `{"a":}`: "!", `{"a":1,}`: "!", `[]`: "!", `{"a":tru}`: "!", `{"a":1}x`: "!", `{"a":01}`: "!",
		strings.Repeat(`{"a":`, 50) + "1" + strings.Repeat("}", 50): "!",
	} {
		var got []string
		text := "!"
		if ScanAttributes(in, func(k, v string) { got = append(got, k+"="+v) }) {
			text = strings.Join(got, ";")
		}
		if text != want {
			t.Errorf("%s: %q, want %q", in, text, want)
		}
	}
}

// FuzzScanAttributes checks that what the standard parser refuses is refused.
func FuzzScanAttributes(f *testing.F) {
	for _, s := range []string{`{"a":[1,{"b":"c"}],"d":"\ud800"}`, `{"a":-}`, `{"":""}`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if ScanAttributes(s, func(string, string) {}) && !json.Valid([]byte(s)) {
			t.Fatalf("took %q for an object", s)
		}
	})
}

func FuzzParseTime(f *testing.F) {
	for _, s := range []string{"2024-05-01 09:30:00.1 +0200 EET", "3/15/2024 2:30 PM", "3.4.2024 14.30"} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, s string) {
		if at, ok := ParseTime(s, "dmy"); ok && (at.Year() < 1899 || at.Year() > 10000) {
			t.Fatalf("%q is %v", s, at)
		}
	})
}
