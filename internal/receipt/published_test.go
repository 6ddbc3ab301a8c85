package receipt

import (
	"encoding/csv"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"kartotek/internal/noticedef"
	"kartotek/internal/rightsdef"
)

// published is what DPV 2.3 publishes of the terms that receipts use: a checked-in list,
// with the file of https://github.com/w3c/dpv each stands in.
type published struct{ iri, is, source string }

func readPublished(t *testing.T) map[string]published {
	t.Helper()
	f, err := os.Open("testdata/dpv-2.3.csv")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	rows, err := csv.NewReader(f).ReadAll()
	if err != nil {
		t.Fatal(err)
	}
	out := map[string]published{}
	for _, r := range rows[1:] {
		out[r[0]] = published{r[1], r[2], r[3]}
	}
	return out
}

func iriOf(term string) string {
	prefix, name, _ := strings.Cut(term, ":")
	for _, p := range prefixes {
		if p.key == prefix {
			return p.val.(string) + name
		}
	}
	return ""
}

// TestTermsArePublished: every term that a receipt of consent or of a case may use, but
// for the countries, and every term in the golden receipts, is one DPV 2.3 publishes,
// under the address our prefix gives it: properties where a key stands, concepts
// elsewhere.
func TestTermsArePublished(t *testing.T) {
	list := readPublished(t)
	use := func(where, term, is string) {
		t.Helper()
		p, ok := list[term]
		switch {
		case !ok:
			t.Errorf("%s: %s is not in testdata/dpv-2.3.csv", where, term)
		case p.iri != iriOf(term) || !strings.HasPrefix(p.source, "2.3/"):
			t.Errorf("%s: %s is published as %s in %s, and written as %s", where, term, p.iri, p.source, iriOf(term))
		case is != "" && p.is != is:
			t.Errorf("%s: %s is a %s, and stands where a %s does", where, term, p.is, is)
		}
	}
	for term := range terms() {
		if !strings.HasPrefix(term, "loc:") {
			use("terms.txt", term, "")
		}
	}
	for _, k := range rightsdef.Kinds() {
		if term := k.DPV(); term != "" {
			use("right "+string(k), term, "concept")
		}
	}
	for _, s := range caseStates {
		use("state "+string(s), s.DPV(), "concept")
	}
	for _, kind := range []string{"consent", "contract", "legal obligation", "vital interests", "public task", "legitimate interest"} {
		use(kind, basis(noticedef.Purpose{Basis: noticedef.Basis{Kind: kind}}, &Entry{}), "concept")
	}
	files, err := filepath.Glob("testdata/*.json")
	if err != nil || len(files) < len(goldens) {
		t.Fatalf("%d golden receipts, %v", len(files), err)
	}
	for _, name := range files {
		raw, err := os.ReadFile(name)
		var doc map[string]any
		if err == nil {
			err = json.Unmarshal(raw, &doc)
		}
		if err != nil {
			t.Fatal(err)
		}
		delete(doc, "@context")
		delete(doc, "kt:proof")
		walkTerms(doc, "", func(term, is string) { use(name, term, is) })
	}
}

// walkTerms calls fn for each term of a vocabulary of DPV, and says what it stands for.
func walkTerms(v any, key string, fn func(term, is string)) {
	ours := func(s string) bool {
		m := compact.FindStringSubmatch(s)
		return m != nil && slices.Contains(vocabularies, m[1])
	}
	switch v := v.(type) {
	case string:
		if (key == "@type" || key == "@id") && ours(v) {
			fn(v, "concept")
		}
	case []any:
		for _, x := range v {
			walkTerms(x, key, fn)
		}
	case map[string]any:
		for k, x := range v {
			if ours(k) {
				fn(k, "property")
			}
			walkTerms(x, k, fn)
		}
	}
}
