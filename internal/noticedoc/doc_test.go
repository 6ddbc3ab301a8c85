package noticedoc

import (
	"bytes"
	"flag"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"kartotek/internal/noticedef"
)

var update = flag.Bool("update", false, "write the golden files anew")

var meta = Meta{Version: 4, Effective: "2026-11-15", Published: "2026-11-02", Approved: "Kaisa Esimerkki", Supersedes: 3, Today: "2026-11-22"}

func build(t *testing.T, src []byte, lang string, m Meta) (Document, *noticedef.Notice) {
	t.Helper()
	n, findings := noticedef.Parse("notice.yaml", src)
	if len(findings) > 0 {
		t.Fatal(findings)
	}
	rules, err := noticedef.LawOf(n, time.Date(2026, 11, 22, 0, 0, 0, 0, time.UTC))
	if err != nil {
		t.Fatal(err)
	}
	m.Hash = noticedef.Hash(n)
	return Build(n, rules, lang, m), n
}

func TestGolden(t *testing.T) {
	for _, lang := range Languages {
		doc, _ := build(t, noticedef.DemoNotice(), lang, meta)
		for ext, got := range map[string][]byte{"md": Markdown(doc), "html": []byte(HTML(doc))} {
			path := filepath.Join("testdata", "nordanvind."+lang+"."+ext)
			if *update {
				if err := os.WriteFile(path, got, 0o644); err != nil {
					t.Fatal(err)
				}
			}
			want, err := os.ReadFile(path)
			if err != nil || !bytes.Equal(got, want) {
				t.Errorf("%s is not what the notice reads as now (%v); look at the change and run with -update", path, err)
			}
		}
	}
}

// internalFacts are facts the public text does not repeat, with the reason.
var internalFacts = []struct{ path, why string }{
	{`^notice$`, "the version of the format"},
	{`^register\.id$`, "the program's own name for the register"},
	{`^contact\.address$`, "said in words: letters go to the one address"},
	{`^authority$`, "told by name and address from the rule pack"},
	{`^purposes\.[^.]+\.class$`, "told by the sections on marketing, consent and messages"},
	{`^purposes\.[^.]+\.prohibition$`, "told by the section on objection"},
	{`balancing_test$`, "where the company keeps its weighing; read on request"},
	{`soft_opt_in\.goods`, "the program's own names of groups of goods"},
	{`^purposes\.[^.]+\.rows$`, "told in words"},
	{`\.contract\.`, "between the company and the processor"},
	{`\.transfer\.tool$`, "told in words"},
	{`^rights\.identity\.(photo_id|copies)$`, "told in words"},
	{`^rights\.answer_within$`, "told in words"},
	{`^security\.[^.]+\.(measured|personal|second_factor|review|owner|evidence|locations)`, "the company's own record of the measure"},
	{`^levels\.`, "who of the staff may do what"},
}

// said maps the words of closed vocabularies to the texts that say them.
var said = []struct{ path, prefix string }{
	{`^languages\[`, "language."}, {`^law\[`, "jurisdiction."}, {`^contact\.role$`, "contact.role."}, {`\.country$`, "country."},
	{`^categories\.[^.]+\.record$`, "record."}, {`\.basis\.kind$`, "basis."}, {`\.channels\[`, "channel."}, {`^sources\[`, "source."},
	{`^recipients\.[^.]+\.role$`, "role."}, {`^rights\.(channels|withdraw|object)\[`, "way."}, {`ladder\[`, "ladder."}, {`^cookies\[\d+\]\.class$`, "class."},
}

// wording is what a fact must appear as in a language.
func wording(w voice, n *noticedef.Notice, path, value string) string {
	for _, s := range said {
		if regexp.MustCompile(s.path).MatchString(path) && w.has(s.prefix+value) {
			return w.say(s.prefix + value)
		}
	}
	switch {
	case strings.HasPrefix(value, "form:"):
		return w.say("form." + value[5:])
	case strings.Contains(path, ".fields["):
		f, _ := n.Field(value)
		return f.Title.In(w.lang)
	case strings.Contains(path, ".uses[") || strings.Contains(path, ".receives["):
		if c, ok := n.Category(value); ok {
			return c.Title.In(w.lang)
		}
		return w.say("recipients.all")
	case strings.Contains(path, ".purposes["):
		p, _ := n.Purpose(value)
		return p.Title.In(w.lang)
	case strings.HasSuffix(path, ".while"):
		start, _, _ := strings.Cut(w.say("keep."+value+".then"), "{n}")
		return strings.Trim(strings.Split(start, ",")[0], " .")
	case strings.HasSuffix(path, ".article"):
		return w.article(value)
	case value == "controller":
		return w.say("cookies.controller")
	}
	if _, ok := noticedef.Date(value).Time(); ok {
		return w.date(noticedef.Date(value))
	}
	if d, err := noticedef.ParseDuration(value); err == nil && (d.N > 0 || d.Unit == "session") {
		return w.length(d)
	} else if err == nil {
		return ""
	}
	return value
}

// Every fact of the notice that concerns people appears in every language, in
// both forms.
func TestEveryFactIsSaid(t *testing.T) {
	for _, lang := range Languages {
		doc, n := build(t, noticedef.DemoNotice(), lang, meta)
		text := strings.ReplaceAll(string(Markdown(doc)), `\`, "")
		n.EachFact(func(path, value string, translated bool) {
			if translated {
				if !strings.HasSuffix(path, "."+lang) || strings.HasPrefix(path, "levels.") { // staff read what levels are called
					return
				}
			} else if slices.ContainsFunc(internalFacts, func(f struct{ path, why string }) bool { return regexp.MustCompile(f.path).MatchString(path) }) {
				return
			} else {
				value = wording(speak(lang), n, path, value)
			}
			if !strings.Contains(strings.ToLower(text), strings.ToLower(value)) {
				t.Errorf("%s: %s is not said (%q)", lang, path, value)
			}
		})
	}
}

// Every fixed text exists in every language with the same {names}, none is
// left unused, and none is missing from the code.
func TestTextsAreComplete(t *testing.T) {
	names := regexp.MustCompile(`\{[a-z]+\}`)
	for key, sv := range texts["sv"] {
		for _, lang := range Languages {
			s, ok := texts[lang][key]
			if !ok || strings.TrimSpace(s) == "" {
				t.Errorf("%s lacks %s", lang, key)
			}
			a, b := names.FindAllString(sv, -1), names.FindAllString(s, -1)
			slices.Sort(a)
			slices.Sort(b)
			if key != "date.format" && !slices.Equal(a, b) {
				t.Errorf("%s: %s has %v, Swedish has %v", lang, key, b, a)
			}
		}
	}
	for _, lang := range Languages {
		if len(texts[lang]) != len(texts["sv"]) {
			t.Errorf("%s has %d texts, Swedish %d", lang, len(texts[lang]), len(texts["sv"]))
		}
	}
}

// A text key or a {name} that reaches the reader is a hole.
var hole = regexp.MustCompile(`\{[a-z]+\}|\b(short|controller|contact|purposes|objection|categories|record|source|form|recipients|role|on|transfer|retention|keep|rights|right|way|ladder|consent|complaint|obligation|automated|security|cookies|class|lifetime|third|load|changes|basis|channel|language|unit|date|jurisdiction)\.[a-z_]+(\.[a-z]+)*\b`)

// The rare parts of a notice read well too.
func TestRareFacts(t *testing.T) {
	src := string(noticedef.DemoNotice())
	for _, edit := range [][2]string{
		{"role: contact person", "role: data protection officer"},
		{"transfer: {tool: adequacy, decision: EU–US Data Privacy Framework, listed: 2026-02-01, review: 2027-11-01}", "transfer: {tool: scc, module: 2, assessed: 2026-02-01, review: 2027-11-01, until: 2028-01-31, measures: {sv: Numren krypteras., fi: Numerot salataan., en: Numbers are encrypted.}}"},
		{"third_parties: []", "third_parties: [{name: Kartverk, host: kartor.example, country: SE, class: functional, loads: [image, script], purpose: {sv: visar kartan, fi: näyttää kartan, en: shows the map}}]"},
		{"record: message", "record: note\n    special: 9(2)(a)"},
		{"    prohibition: research ", "    compatibility: {sv: Samma kunder., fi: Samat asiakkaat., en: The same customers.}\n    prohibition: research "},
		{"  - import\n", "  - import\n  - {form: event, title: {sv: Anmälan till mässan, fi: Messuilmoittautuminen, en: Fair sign-up}}\n"},
		{"{while: answer, then: 12 months}", "{while: session, then: 1 day}"},
		{"    smallest_group: 5\n", ""},
	} {
		if !strings.Contains(src, edit[0]) {
			t.Fatalf("%q is not in the notice", edit[0])
		}
		src = strings.Replace(src, edit[0], edit[1], 1)
	}
	want := map[string][]string{
		"sv": {"modul 2", "Numren krypteras.", "kartor.example", "bilder och program", "9.2 a", "Samma kunder.", "Anmälan till mässan", "1 dag därefter", "Dataskyddsombud", "siffror om grupper, aldrig", "försenad", "Utkast"},
		"fi": {"moduuli 2", "Numerot salataan.", "kuvia ja ohjelmia", "Samat asiakkaat.", "Messuilmoittautuminen", "1 päivä sen jälkeen", "Tietosuojavastaava", "myöhässä", "Luonnos"},
		"en": {"module 2", "Numbers are encrypted.", "images and programs", "The same customers.", "Fair sign-up", "1 day after that", "Data protection officer", "overdue", "Draft"},
	}
	for _, lang := range Languages {
		doc, _ := build(t, []byte(src), lang, Meta{OverdueReview: true, Today: "2028-01-01"})
		text := strings.ReplaceAll(string(Markdown(doc)), `\`, "")
		for _, s := range want[lang] {
			if !strings.Contains(text, s) {
				t.Errorf("%s: %q is not said", lang, s)
			}
		}
		if h := hole.FindString(strings.ReplaceAll(text, "kartor.example", "")); h != "" {
			t.Errorf("%s: a hole reaches the reader: %s", lang, h)
		}
	}
}

func TestTemplateReads(t *testing.T) {
	swedish := noticedef.Answers{Company: `Å <b>&</b> "Ö" AB`, BusinessID: "559999-9991", Country: "SE", Email: "info@aao.example", ContactName: "Berit Exempel"}
	for name, src := range map[string][]byte{"default": noticedef.Template(noticedef.Answers{}), "swedish": noticedef.Template(swedish)} {
		for _, lang := range Languages {
			doc, _ := build(t, src, lang, Meta{})
			page := HTML(doc)
			if h := hole.FindString(strings.ReplaceAll(page, "class=", "")); h != "" {
				t.Errorf("%s %s: a hole reaches the reader: %s", name, lang, h)
			}
			if strings.Contains(page, "<b>") {
				t.Errorf("%s %s: the company's name is not escaped", name, lang)
			}
		}
	}
}

// The right to object has a section of its own, before the table of purposes,
// and section ids are the same in every language.
func TestSections(t *testing.T) {
	var first []string
	for _, lang := range Languages {
		doc, _ := build(t, noticedef.DemoNotice(), lang, meta)
		var ids []string
		for _, s := range doc.Sections {
			ids = append(ids, s.ID)
		}
		if first == nil {
			first = ids
		}
		if !slices.Equal(ids, first) || ids[1] != "objection" {
			t.Errorf("%s: %v", lang, ids)
		}
		if !strings.Contains(HTML(doc), `<section id="objection"`) {
			t.Errorf("%s: objection has no section of its own", lang)
		}
	}
}
