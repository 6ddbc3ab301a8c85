package noticedoc

import (
	"embed"
	"regexp"
	"strconv"
	"strings"
	"unicode"
	"unicode/utf8"

	yaml "go.yaml.in/yaml/v3"

	"kartotek/internal/noticedef"
)

//go:embed texts/*.yaml
var textFiles embed.FS

// Languages the notice can be read in.
var Languages = []string{"sv", "fi", "en"}

var texts = loadTexts()

// loadTexts reads one file per language; a broken one is a broken build.
func loadTexts() map[string]map[string]string {
	out := map[string]map[string]string{}
	for _, lang := range Languages {
		src, err := textFiles.ReadFile("texts/" + lang + ".yaml")
		m := map[string]string{}
		if err == nil {
			err = yaml.Unmarshal(src, &m)
		}
		if err != nil {
			panic("noticedoc: texts/" + lang + ".yaml: " + err.Error()) // found by the first test
		}
		out[lang] = m
	}
	return out
}

// voice writes in one language.
type voice struct {
	lang  string
	words map[string]string
}

// speak picks a language; one the notice cannot be read in becomes Swedish.
func speak(lang string) voice {
	if texts[lang] == nil {
		lang = Languages[0]
	}
	return voice{lang: lang, words: texts[lang]}
}

// say gives a fixed text with its {names} filled in: key, then name and value
// in turn. A missing key shows itself, and a test finds it.
func (v voice) say(key string, fill ...string) string {
	s, ok := v.words[key]
	if !ok {
		return key
	}
	for i := 0; i+1 < len(fill); i += 2 {
		fill[i] = "{" + fill[i] + "}"
	}
	return strings.NewReplacer(fill...).Replace(s)
}

// has reports whether a fixed text exists.
func (v voice) has(key string) bool { _, ok := v.words[key]; return ok }

// all says each word of a closed vocabulary: prefix "channel.", words email...
func (v voice) all(prefix string, words []string) []string {
	out := make([]string, len(words))
	for i, w := range words {
		out[i] = v.say(prefix + w)
	}
	return out
}

// series joins words as a person would: a, b and c.
func (v voice) series(words []string) string { return v.joined(words, "list.and") }

// either joins ways to choose from: a, b or c.
func (v voice) either(words []string) string { return v.joined(words, "list.or") }

func (v voice) joined(words []string, conjunction string) string {
	if len(words) < 2 {
		return strings.Join(words, "")
	}
	last := len(words) - 1
	return strings.Join(words[:last], ", ") + v.say(conjunction) + words[last]
}

// enumerate joins titles with a separator; only the first keeps its capital.
func enumerate(titles []string, separator string) string {
	out := make([]string, len(titles))
	for i, t := range titles {
		out[i] = t
		if i > 0 {
			out[i] = uncapital(t)
		}
	}
	return strings.Join(out, separator)
}

// uncapital lowers a title's first letter, unless it begins with an
// abbreviation.
func uncapital(s string) string {
	first, size := utf8.DecodeRuneInString(s)
	if next, _ := utf8.DecodeRuneInString(s[size:]); unicode.IsUpper(next) || unicode.IsDigit(next) {
		return s
	}
	return string(unicode.ToLower(first)) + s[size:]
}

// capital raises a text's first letter; a host name stays as it is.
func capital(s string) string {
	first, size := utf8.DecodeRuneInString(s)
	if size == 0 || strings.Contains(strings.TrimSuffix(s, "."), ".") && !strings.Contains(s, " ") {
		return s
	}
	return string(unicode.ToUpper(first)) + s[size:]
}

var articleRE = regexp.MustCompile(`^(\d+)\((\d+)\)\(([a-z])\)$`)

// article cites a provision of the regulation, such as 6(1)(b), as the
// language's lawyers do.
func (v voice) article(s string) string {
	m := articleRE.FindStringSubmatch(s)
	if m == nil {
		return s
	}
	return v.say("article", "a", m[1], "p", m[2], "l", m[3])
}

// country names a country; one without a name of its own keeps its code.
func (v voice) country(code string) string {
	if v.has("country." + code) {
		return v.say("country." + code)
	}
	return code
}

// date writes a day as a reader of the language does.
func (v voice) date(d noticedef.Date) string {
	t, ok := d.Time()
	if !ok {
		return string(d)
	}
	month := strings.Fields(v.say("date.months"))[t.Month()-1]
	return v.say("date.format", "d", strconv.Itoa(t.Day()), "m", strconv.Itoa(int(t.Month())), "month", month, "y", strconv.Itoa(t.Year()))
}

// length writes a duration: 24 months.
func (v voice) length(d noticedef.Duration) string {
	switch {
	case d.Unit == "session":
		return v.say("lifetime.session")
	case d.N == 1:
		return v.say("unit."+d.Unit+".one", "n", "1")
	}
	return v.say("unit."+d.Unit+".many", "n", strconv.Itoa(d.N))
}

// keep writes how long something is kept, as a whole sentence.
func (v voice) keep(k noticedef.Keep) string {
	key, n := "keep."+k.While+".then", ""
	if k.Then.N == 0 {
		key = "keep." + k.While + ".zero"
	} else {
		n = v.length(k.Then)
	}
	s := v.say(key, "n", n)
	return s
}
