package segdef

import (
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"
	"pgregory.net/rapid"

	"kartotek/internal/address"
	"kartotek/internal/fault"
)

type row struct {
	fields     map[string]string
	tags       []string
	consents   []string
	prohibited []string
}

func (r row) Field(n string) string       { return r.fields[n] }
func (r row) HasTag(t string) bool        { return contains(r.tags, t) }
func (r row) Consented(p, ch string) bool { return contains(r.consents, p+" "+ch) }
func (r row) Prohibited(what string) bool { return contains(r.prohibited, what) }

var aino = row{
	fields: map[string]string{"city": "Åbo", "country": "FI", "language": "sv", "title": "Kökschef", "organisation": "Ränninge Vård",
		"registered": "2024-03-01", "employees": "90", "industry": "Care"},
	tags: []string{"fair-2025"}, consents: []string{"newsletter email"}, prohibited: []string{"channel:sms"},
}

func TestMatch(t *testing.T) {
	for src, want := range map[string]bool{
		`everyone`:                           true,
		`city = "abo"`:                       true,
		`city = "ÅBO"`:                       true,
		`city = Helsinki`:                    false,
		`city != "Helsinki"`:                 true,
		`missing != SE`:                      true,
		`missing < "z"`:                      false,
		`missing is not set and city is set`: true,
		`city = "Åbo" and (language = sv or language = fi)`: true,
		`not tag "vip"`:                                   true,
		`tag "fair-2025"`:                                 true,
		`industry in ("care", "school")`:                  true,
		`industry not in ("care", "school")`:              false,
		`title contains "chef"`:                           true,
		`title contains "KOK"`:                            true,
		`title starts with "chef"`:                        false,
		`organisation starts with "ranninge v"`:           true,
		`registered >= 2024-01-01`:                        true,
		`registered < 2024-03-01`:                         false,
		`registered <= 2024-03-01`:                        true,
		`employees > 100`:                                 false,
		`employees < 100`:                                 true,
		`consent "newsletter" "email"`:                    true,
		`consent newsletter sms`:                          false,
		`prohibited "channel:sms"`:                        true,
		`language = sv or language = fi and country = SE`: true,
		`NOT (language = sv OR country = SE)`:             false,
	} {
		e, err := Parse(src)
		if err != nil {
			t.Errorf("%s: %v", src, err)
		} else if got := e.Match(aino); got != want {
			t.Errorf("%s: %v, want %v", src, got, want)
		}
	}
}

func TestParseRefuses(t *testing.T) {
	for src, want := range map[string]string{
		``:                        "character 1:",
		`city`:                    "character 5:",
		`city = `:                 "character 8:",
		`city = "x`:               "character 8:",
		`city = "x" city = "y"`:   "character 12:",
		`(city = "x"`:             "character 12:",
		`city in ()`:              "character 10:",
		`city in ("a" "b")`:       "character 14:",
		`city ! "x"`:              "character 6:",
		`åland = 1`:               "character 1:",
		`city = "a` + "\n" + `b"`: "character 10:",
		`1=1; drop table person`:  "character",
		"city = \xff":             "character 1:",
		`city = "\n"`:             "character 9:",
		strings.Repeat("(", 60) + "everyone" + strings.Repeat(")", 60): "at most 50",
		strings.Repeat("not ", 60) + "everyone":                        "at most 50",
		`city = "` + strings.Repeat("x", 5000) + `"`:                   "at most 4096",
	} {
		_, err := Parse(src)
		if err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%.40q: %v, want %q", src, err, want)
		}
		if c := fault.CodeOf(err); c != fault.Invalid && c != fault.TooLarge {
			t.Errorf("%.40q: code %s", src, c)
		}
	}
}

func TestCanonicalText(t *testing.T) {
	for src, want := range map[string]string{
		`CITY="Oulu"AND(country=FI)`:          `city = "Oulu" and country = FI`,
		`(a = 1 or b = 2) and c = 2024-01-01`: `(a = 1 or b = 2) and c = 2024-01-01`,
		`a = 1 and (b = 2 and c = 3)`:         `a = 1 and b = 2 and c = 3`,
		`not (a = 1 and b = 2)`:               `not (a = 1 and b = 2)`,
		`x = "or"`:                            `x = "or"`,
		`x = "a\"b\\"`:                        `x = "a\"b\\"`,
		`tag vip`:                             `tag "vip"`,
		`tag = vip`:                           `tag = "vip"`,
		`x not in (a)`:                        `not x in ("a")`,
	} {
		e, err := Parse(src)
		if err != nil {
			t.Fatalf("%s: %v", src, err)
		}
		if e.String() != want {
			t.Errorf("%s: %s, want %s", src, e, want)
		}
	}
}

type catalogue []string

func (c catalogue) HasField(n string) bool   { return contains(c, n) }
func (c catalogue) HasPurpose(n string) bool { return n == "newsletter" }
func (c catalogue) HasChannel(n string) bool { return n == "email" }

func TestCheck(t *testing.T) {
	e, err := Parse(`city = x and shoe_size > 40 and consent lottery fax and prohibited everything`)
	if err != nil {
		t.Fatal(err)
	}
	want := []Problem{{"field_unknown", "shoe_size", 14}, {"purpose_unknown", "lottery", 33}, {"channel_unknown", "fax", 33}, {"prohibition_unknown", "everything", 57}}
	if d := cmp.Diff(want, Check(e, catalogue{"city"})); d != "" {
		t.Error(d)
	}
}

func TestSQLHint(t *testing.T) {
	for src, want := range map[string][]Hint{
		`city = "Åbo" and tag x`:                      {{"city", "abo"}},
		`country in (FI)`:                             {{"country", "fi"}},
		`city = "Åbo" or tag x`:                       nil,
		`not city = "Åbo"`:                            nil,
		`(city = "a" or city = "b") and country = SE`: {{"country", "se"}},
		`title = "x"`:                                 nil,
	} {
		e, err := Parse(src)
		if err != nil {
			t.Fatal(err)
		}
		if d := cmp.Diff(want, e.SQLHint()); d != "" {
			t.Errorf("%s: %s", src, d)
		}
	}
}

// anyExpr draws an expression tree as the parser would build it.
func anyExpr(t *rapid.T, depth int) *node {
	value := rapid.OneOf(rapid.StringMatching(`[A-Za-zåäöÅÄÖ0-9 ,"\\.-]{1,8}`), rapid.SampledFrom([]string{"or", "FI", "2024-01-01", "7", ""}))
	pick := rapid.IntRange(0, 17).Draw(t, "kind")
	n := &node{kind: kind(pick)}
	if depth == 0 && pick >= 1 && pick <= 3 {
		n.kind = kindEq
	}
	switch n.kind {
	case kindAll:
	case kindNot:
		n.kids = []*node{anyExpr(t, depth-1)}
	case kindAnd, kindOr:
		for i := rapid.IntRange(2, 3).Draw(t, "kids"); i > 0; i-- {
			n.kids = flat(n.kids, n.kind, anyExpr(t, depth-1))
		}
	case kindTag, kindProhibited:
		n.addValue(value.Draw(t, "v"))
	case kindConsent:
		n.addValue(value.Draw(t, "v"))
		n.addValue(value.Draw(t, "v"))
	default:
		n.field = rapid.SampledFrom([]string{"city", "country", "tag", "consent", "x_1"}).Draw(t, "field")
		if n.kind != kindSet && n.kind != kindUnset {
			n.addValue(value.Draw(t, "v"))
		}
		if n.kind == kindIn {
			n.addValue(value.Draw(t, "v"))
		}
	}
	return n
}

func TestRoundTrips(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		e := &Expr{root: anyExpr(t, 3)}
		again, err := Parse(e.String())
		if err != nil || again.String() != e.String() {
			t.Fatalf("%s: %v %v", e, again, err)
		}
		if e.Match(aino) != again.Match(aino) {
			t.Fatalf("%s: means something else when read again", e)
		}
		f, ok := e.Form()
		if !ok {
			return
		}
		back, err := FromForm(f)
		if err != nil || back.String() != e.String() {
			t.Fatalf("form of %s: %v %v", e, back, err)
		}
	})
}

func TestFormRefuses(t *testing.T) {
	for _, c := range []Condition{{"city", "is", " "}, {"", "is", "x"}, {"city", "sounds_like", "x"}, {"", "consent", "newsletter"}, {"city", "is", "a\nb"}} {
		if e, err := FromForm(Form{Conditions: []Condition{c}}); err == nil {
			t.Errorf("%+v became %s", c, e)
		}
	}
}

func TestMatchAllocatesNothing(t *testing.T) {
	e, err := Parse(`city = "Åbo" and (language = sv or title contains "x") and registered >= 2024-01-01 and employees > 3`)
	if err != nil {
		t.Fatal(err)
	}
	var r Row = aino
	if n := testing.AllocsPerRun(100, func() { e.Match(r) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

// Comparing without making a folded copy says what comparing copies says.
func TestFoldedComparison(t *testing.T) {
	text := rapid.OneOf(rapid.String(), rapid.StringMatching(`[aåÅäöøæßéE\x{301}b-]{0,6}`))
	rapid.Check(t, func(t *rapid.T) {
		a, b := text.Draw(t, "a"), text.Draw(t, "b")
		fa, fb := address.Fold(a), address.Fold(b)
		if got := foldEqual(a, fb); got != (fa == fb) {
			t.Fatalf("equal(%q, %q) = %v", a, b, got)
		}
		if got := foldCompare(a, fb); (got < 0) != (fa < fb) || (got > 0) != (fa > fb) {
			t.Fatalf("compare(%q, %q) = %v", a, b, got)
		}
	})
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{`everyone`, `city = "Åbo" and not tag "x"`, `a in ("b", c) or d is not set`, `x starts with "ß"`} {
		f.Add(s)
	}
	f.Fuzz(func(t *testing.T, src string) {
		e, err := Parse(src)
		if err != nil {
			return
		}
		e.Match(aino)
		again, err := Parse(e.String())
		if err != nil && !fault.Is(err, fault.TooLarge) {
			t.Fatalf("%q -> %q: %v", src, e, err)
		}
		if err == nil && again.String() != e.String() {
			t.Fatalf("%q -> %q -> %q", src, e, again)
		}
	})
}

type bare1 struct{ city string }

func (r *bare1) Field(string) string           { return r.city }
func (r *bare1) HasTag(string) bool            { return false }
func (r *bare1) Consented(string, string) bool { return false }
func (r *bare1) Prohibited(string) bool        { return false }

func BenchmarkMatch(b *testing.B) {
	e, _ := Parse(`city = "Helsinki" and not tag "vip"`)
	var r Row = &bare1{"Helsinki"}
	b.ReportAllocs()
	for b.Loop() {
		e.Match(r)
	}
}
