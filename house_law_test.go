package kartotek_test

import (
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"testing"

	"kartotek/internal/law"
)

// A reference to law in a comment reads "law:", then an act and its provision,
// and further provisions after commas. What an act or article has in common with
// the one before may be left out: "GDPR 5(1)(b), (c); RFC 8058".
var (
	act       = `(?:GDPR|FI \d+/\d+|SE \d+:\d+|Reg \d+/\d+|\d{4}/\d+)`
	provision = `\d+(?::\d+)?[a-z]?(?:\([0-9a-z]+\))*`
	first     = regexp.MustCompile(`^(` + act + `)(?: (` + provision + `))?`)
	next      = regexp.MustCompile(`^(?:,|;| and) (?:(` + act + `)(?: (` + provision + `))?|(` + provision + `)|((?:\([0-9a-z]+\))+))(?:\b|[,;.)\s]|$)`)
	rfc       = regexp.MustCompile(`^(?:[,;] )?RFC \d+`)
)

// references reads every reference of a comment; broken lists what follows
// "law:" and cannot be read.
func references(comment string) (refs, broken []string) {
	text := strings.Join(strings.Fields(comment), " ")
	for {
		_, rest, found := strings.Cut(text, "law: ")
		if !found {
			return refs, broken
		}
		text = rest
		m := first.FindStringSubmatch(rest)
		if m == nil {
			broken = append(broken, rest[:min(len(rest), 40)])
			continue
		}
		refs = append(refs, chain(rest, m)...)
	}
}

func chain(rest string, m []string) []string {
	name, article := m[1], m[2]
	refs := []string{strings.TrimSpace(name + " " + article)}
	rest = rest[len(m[0]):]
	for {
		if r := rfc.FindString(rest); r != "" {
			rest = rest[len(r):]
			continue
		}
		n := next.FindStringSubmatch(rest)
		switch {
		case n == nil:
			return refs
		case n[1] != "":
			name, article = n[1], n[2]
		case n[3] != "":
			article = n[3]
		default: // "(c)" stands for the last part of the provision before
			article = article[:strings.LastIndexByte(article, '(')] + n[4]
		}
		refs = append(refs, strings.TrimSpace(name+" "+article))
		rest = strings.TrimPrefix(rest[len(n[0]):], " ")
		if strings.HasSuffix(n[0], ",") || strings.HasSuffix(n[0], ";") {
			rest = n[0][len(n[0])-1:] + " " + rest
		}
	}
}

// cited gives the packages that refer to each provision.
func cited(t *testing.T) map[string][]string {
	t.Helper()
	out := map[string][]string{}
	note := func(where, dir, comment string) {
		refs, broken := references(comment)
		for _, b := range broken {
			t.Errorf(`%s: "law: %s…" names no provision: write an act and its article, such as "law: GDPR 21(3)"`, where, b)
		}
		for _, ref := range refs {
			if !law.Known(ref) {
				t.Errorf("%s: %s is not in the index: is it right? then add it to citations in internal/law/packs, with what is done of it", where, ref)
			}
			if !slices.Contains(out[ref], dir) {
				out[ref] = append(out[ref], dir)
			}
		}
	}
	for _, s := range written() {
		for _, group := range s.syntax.Comments {
			note(at(group), strings.TrimPrefix(s.dir, "internal/"), group.Text())
		}
	}
	templComments(note)
	return out
}

var templComment = regexp.MustCompile(`(?m)(?:^|\s)//.*$|<!--(?s:.*?)-->`)

func templComments(note func(where, dir, comment string)) {
	walk(func(name string) {
		if strings.HasSuffix(name, ".templ") {
			buf, _ := os.ReadFile(name)
			for _, c := range templComment.FindAllString(string(buf), -1) {
				note(name, strings.TrimPrefix(name[:strings.LastIndexByte(name, '/')], "internal/"), c)
			}
		}
	})
}

// TestLawReferences is rule 7: what the code says of the law can be looked up,
// together with how much of it is done.
func TestLawReferences(t *testing.T) {
	current(t, "docs/law.md", lawPage(cited(t)))
}

func TestReferences(t *testing.T) {
	for text, want := range map[string]string{
		"law: GDPR 21(3)":                             "GDPR 21(3)",
		"as law: GDPR 7(1), 7(3), 21(2) demand":       "GDPR 7(1)|GDPR 7(3)|GDPR 21(2)",
		"law: GDPR 5(1)(b), (c)":                      "GDPR 5(1)(b)|GDPR 5(1)(c)",
		"law: GDPR 7(3), 21(3); RFC 8058":             "GDPR 7(3)|GDPR 21(3)",
		"x (law: 2002/58 13(4), RFC 8058), and":       "2002/58 13(4)",
		"law: FI 1336/1997 2:10, SE 1999:1078 7:2":    "FI 1336/1997 2:10|SE 1999:1078 7:2",
		"law: GDPR\n12(1), GDPR 21(4). Then 7 more":   "GDPR 12(1)|GDPR 21(4)",
		"law: 2021/914, 5 clauses":                    "2021/914|2021/914 5",
		"law: GDPR 17. law: GDPR 18":                  "GDPR 17|GDPR 18",
		"law: GDPR 18 and law: GDPR 19, which 3 call": "GDPR 18|GDPR 19",
	} {
		if got, _ := references(text); strings.Join(got, "|") != want {
			t.Errorf("%q gives %q, want %s", text, got, want)
		}
	}
	if _, broken := references("law: the usual"); len(broken) != 1 {
		t.Error("a reference without an act is not found out")
	}
}

// lawPage writes docs/law.md.
func lawPage(cited map[string][]string) string {
	var b strings.Builder
	b.WriteString(`# The law in the code

Made from the index in ` + "`internal/law/packs`" + ` and from the comments that begin with "law:"; ` + "`go test . -update`" + ` writes it anew.
*done*: the program carries the provision out. *partly*: some of it, or only for some rooms. *not yet*: nothing does.
A provision without a place in the code is carried out by data (rule packs, the notice) or not at all.

| provision | what | how much | named in |
|---|---|---|---|
`)
	n := map[string]int{}
	for _, c := range law.Citations() {
		n[c.Status]++
		fmt.Fprintf(&b, "| %s | %s | %s | %s |\n", c.Ref, c.About, c.Status, strings.Join(under(c.Ref, cited), ", "))
	}
	fmt.Fprintf(&b, "\n%d provisions: %d done, %d partly, %d not yet.\n", len(law.Citations()), n[law.Done], n[law.Partly], n[law.NotYet])
	return b.String()
}

// under lists the packages that name a provision of an index entry.
func under(entry string, cited map[string][]string) []string {
	var out []string
	for ref, dirs := range cited {
		if c, ok := law.Lookup(ref); ok && c.Ref == entry {
			out = append(out, dirs...)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}
