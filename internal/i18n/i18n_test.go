package i18n

import (
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	goi18n "github.com/nicksnyder/go-i18n/v2/i18n"
)

// forms gives the sentences of a message that are used in a language.
func forms(m *goi18n.Message) []string {
	if m.One != "" {
		return []string{m.One, m.Other}
	}
	return []string{m.Other}
}

var placeholder = regexp.MustCompile(`\{([a-z_]+)\}`)

func placeholders(s string) []string {
	var out []string
	for _, m := range placeholder.FindAllStringSubmatch(s, -1) {
		if !slices.Contains(out, m[1]) {
			out = append(out, m[1])
		}
	}
	slices.Sort(out)
	return out
}

func TestComplete(t *testing.T) {
	keys := Keys("en")
	for _, lang := range Langs {
		if got := Keys(lang); !slices.Equal(got, keys) {
			for _, k := range keys {
				if !slices.Contains(got, k) {
					t.Errorf("%s lacks %s", lang, k)
				}
			}
			for _, k := range got {
				if !slices.Contains(keys, k) {
					t.Errorf("en lacks %s, which %s has", k, lang)
				}
			}
		}
	}
}

func TestForms(t *testing.T) {
	c := load()
	for _, key := range Keys("en") {
		en := c.forms["en"][key]
		for _, lang := range Langs {
			m := c.forms[lang][key]
			if m == nil {
				continue // TestComplete says so
			}
			if (m.One == "") != (en.One == "") {
				t.Errorf("%s %s: plural in one language only", lang, key)
			}
			for _, s := range forms(m) {
				if strings.TrimSpace(s) == "" || strings.TrimSpace(s) != s {
					t.Errorf("%s %s: empty, or spaces at an end: %q", lang, key, s)
				}
				if !slices.Equal(placeholders(s), placeholders(en.Other)) {
					t.Errorf("%s %s: placeholders %v, in English %v", lang, key, placeholders(s), placeholders(en.Other))
				}
				if strings.Contains(s, "!") {
					t.Errorf("%s %s: we do not shout: %q", lang, key, s)
				}
			}
		}
	}
}

// used finds keys named in the sources: P.T("..."), v.N("..."), p.Has("...").
var used = regexp.MustCompile(`\.(?:T|N|Has|Or)\("([a-z0-9_]+\.[a-z0-9_.]*[a-z0-9])"`)

func TestKeysInSources(t *testing.T) {
	known := map[string]bool{}
	for _, k := range Keys("en") {
		known[k] = true
	}
	err := filepath.WalkDir("..", func(name string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || strings.HasSuffix(name, "_templ.go") || strings.HasSuffix(name, "_test.go") {
			return err
		}
		if ext := filepath.Ext(name); ext != ".go" && ext != ".templ" {
			return nil
		}
		buf, err := os.ReadFile(name)
		for _, m := range used.FindAllStringSubmatch(string(buf), -1) {
			if !known[m[1]] && !strings.HasPrefix(name, "../i18n/") {
				t.Errorf("%s uses %q, which has no text", name, m[1])
			}
		}
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
}

func TestMatch(t *testing.T) {
	for header, want := range map[string]string{
		"": "sv", "fi": "fi", "fi-FI,fi;q=0.9,en;q=0.5": "fi", "en-GB": "en", "sv-FI": "sv", "de;q=0.9, en;q=0.2": "en",
		"ja": "sv", ";;;q=broken": "sv", "*": "sv",
	} {
		if got := Match(header); got != want {
			t.Errorf("Match(%q) = %s, want %s", header, got, want)
		}
	}
}

func FuzzMatch(f *testing.F) {
	f.Add("fi-FI,fi;q=0.9")
	f.Fuzz(func(t *testing.T, header string) {
		if !Known(Match(header)) {
			t.Errorf("Match(%q) is not a language of ours", header)
		}
	})
}

func TestWriting(t *testing.T) {
	at := time.Date(2026, 9, 14, 5, 2, 7, 0, time.UTC)
	for lang, want := range map[string][]string{
		"sv": {"14.9.2026", "14.9.2026 kl. 08.02", "den 14 september 2026", "14.9.2026 kl. 08.02.07 EEST", "1 234 567", "12,3 %", "50 %", "Finland", "finska", "4,2 MB", "mån", "−1 000"},
		"fi": {"14.9.2026", "14.9.2026 klo 08.02", "14. syyskuuta 2026", "14.9.2026 klo 08.02.07 EEST", "1 234 567", "12,3 %", "50 %", "Suomi", "suomi", "4,2 MB", "ma", "−1 000"},
		"en": {"14 Sep 2026", "14 Sep 2026, 08:02", "14 September 2026", "14 Sep 2026, 08:02:07 EEST", "1,234,567", "12.3%", "50%", "Finland", "Finnish", "4.2 MB", "Mon", "−1,000"},
	} {
		p := For(lang)
		got := []string{p.Date(at), p.DateTime(at), p.LongDate(at), p.Moment(at), p.Number(1234567), p.Percent(.123), p.Percent(.5), p.Country("FI"), p.LangName("fi"), p.Bytes(4_200_000), p.Weekday(at), p.Number(-1000)}
		for i := range want {
			if plain := strings.NewReplacer("\u00a0", " ", "\u202f", " ").Replace(got[i]); plain != want[i] {
				t.Errorf("%s: %q, want %q", lang, plain, want[i])
			}
		}
	}
	stockholm, err := time.LoadLocation("Europe/Stockholm")
	if err != nil {
		t.Fatal(err)
	}
	if got := For("sv").In(stockholm).Time(at); got != "07.02" {
		t.Errorf("in Stockholm: %s", got)
	}
	if got := For("sv").Date(time.Time{}); got != "–" {
		t.Errorf("no time: %s", got)
	}
}

func TestPlural(t *testing.T) {
	p := For("fi")
	if p.N("people.count", 1) != "1 henkilö" || p.N("people.count", 0) != "0 henkilöä" || p.N("people.count", 2) != "2 henkilöä" {
		t.Error(p.N("people.count", 1), p.N("people.count", 0), p.N("people.count", 2))
	}
	if got := p.N("no.such_key", 1); got != "no.such_key" {
		t.Error(got)
	}
}

// TestFill: a value is text, whatever it holds.
func TestFill(t *testing.T) {
	p := For("en")
	if got := p.T("preview.as", "name", "{name} {{.}}"); got != "as {name} {{.}} gets it" {
		t.Error(got)
	}
	if got := p.T("nothing.here"); got != "nothing.here" {
		t.Error(got)
	}
	if got := p.Or("nothing.here", "else"); got != "else" {
		t.Error(got)
	}
}
