package kartotek_test

import (
	"go/ast"
	"os"
	"path"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"testing"

	"kartotek/internal/i18n"
	"kartotek/internal/permit"
)

// TestLanguages is rule 9 as a whole; package i18n checks its files in detail.
func TestLanguages(t *testing.T) {
	all := i18n.Keys("en")
	for _, lang := range []string{"sv", "fi", "en"} {
		if !slices.Equal(i18n.Keys(lang), all) {
			t.Errorf("%s has other keys than en: go test ./internal/i18n names them", lang)
		}
	}
}

// TestVerdictsHaveWords holds that every verdict can be read by the person it is about.
func TestVerdictsHaveWords(t *testing.T) {
	known := textKeys()
	for _, c := range permit.Codes() {
		key := "code." + strings.ReplaceAll(strings.ToLower(c.Code), "-", "_")
		if !known[key] && !known["code."+c.Code] {
			t.Errorf("the verdict %s has no text %s in internal/i18n/text", c.Code, key)
		}
	}
}

func textKeys() map[string]bool {
	known := map[string]bool{}
	for _, k := range i18n.Keys("en") {
		known[k] = true
	}
	return known
}

// forTerminals are packages whose faults only operators meet, in English.
var forTerminals = []string{"internal/config", "internal/cli", "internal/cli/shell", "internal/cli/letters", "internal/cli/casework", "internal/app", "internal/seal", "internal/law", "internal/db", "internal/job",
	"internal/permit", "internal/catcher", "internal/demo", "internal/outbox/channel/email"}

// theirs are the codes after which a reader must do something about it, so that
// the general sentence of the code (fault.<code>.text) does not help.
var theirs = []string{"Invalid", "Conflict", "TooLarge"}

// TestFaultsHaveWords holds that a refusal a page can show is a sentence in the
// reader's language. A fault made where its key is not a literal is checked by
// the tests of its package.
func TestFaultsHaveWords(t *testing.T) {
	known := textKeys()
	missing := map[string]string{}
	for _, s := range written() {
		if slices.Contains(forTerminals, s.dir) {
			continue
		}
		s.methods(func(n *ast.SelectorExpr, args []ast.Expr) {
			if x, ok := n.X.(*ast.Ident); !ok || x.Name != "fault" || n.Sel.Name != "New" || len(args) < 2 || !oneOf(args[0], theirs) {
				return
			}
			if lit, ok := args[1].(*ast.BasicLit); ok {
				if key, err := strconv.Unquote(lit.Value); err == nil && !known["error."+key] {
					missing[key] = at(n)
				}
			}
		})
	}
	for _, key := range keys(missing) {
		t.Errorf("%s: the fault %s has no text error.%s in internal/i18n/text/faults.*.json", missing[key], key, key)
	}
}

var (
	logged   = regexp.MustCompile(`\b(?:Action: |ReadMany\()"([a-z_]+\.[a-z_.]+)"[,})]`)
	ruleName = regexp.MustCompile(`\b(?:rule: |Rule: ")((?:house|gdpr|eprivacy|[a-z]{2})_[a-z0-9_]+)`)
)

// TestLogHasWords holds that the log says in the reader's language what was done.
func TestLogHasWords(t *testing.T) {
	known := textKeys()
	for _, s := range written() {
		for _, m := range logged.FindAllStringSubmatch(s.text, -1) {
			if !known["log_act."+m[1]] {
				t.Errorf("%s: the act %s has no text log_act.%s in internal/i18n/text", s.path, m[1], m[1])
			}
		}
	}
}

// TestRulesHaveWords holds that what a verdict rests on can be read, whichever
// country's rule it is.
func TestRulesHaveWords(t *testing.T) {
	known := textKeys()
	seen := 0
	walk(func(name string) {
		if !strings.HasPrefix(name, "internal/law/packs/") && !strings.HasPrefix(name, "internal/permit/") || strings.HasSuffix(name, "_test.go") {
			return
		}
		buf, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range ruleName.FindAllStringSubmatch(string(buf), -1) {
			if seen++; !known["rule."+m[1]] {
				t.Errorf("%s: the rule %s has no text rule.%s in internal/i18n/text", name, m[1], m[1])
			}
		}
	})
	if seen < 20 {
		t.Errorf("only %d rules found: the test looks for them in the wrong way", seen)
	}
}

func oneOf(e ast.Expr, names []string) bool {
	sel, ok := e.(*ast.SelectorExpr)
	return ok && slices.Contains(names, sel.Sel.Name)
}

var (
	mailbox = regexp.MustCompile(`[A-Za-z0-9._%+-]+@((?:[A-Za-z0-9-]+\.)+[A-Za-z]{2,})\b`)
	// nobodys are domains that nobody owns. RFC 2606, RFC 6761
	nobodys = regexp.MustCompile(`(?i)(^|\.)(example|test|invalid|localhost)$|(^|\.)example\.(com|org|net)$`)
	number  = regexp.MustCompile(`\+(?:358|46|47|45)[ 0-9()-]{6,}[0-9]|\b0(?:40|44|45|46|50|70|72|73|76|79)[- ][0-9]{3} ?[0-9]{2} ?[0-9]{2}\b`)
	// unassigned are numbers that no operator gives out: zeros behind the country's
	// code, and 070-174 06 05 to 06 99, which Sweden keeps for plays and films.
	unassigned = regexp.MustCompile(`^\+(358|46|47|45)000|^(\+46|0)7017406(0[5-9]|[1-9][0-9])$`)
)

// real are addresses and numbers of the real world, each with the reason it stands there.
var real = map[string]string{
	"om.fi":         "the supervisory authority of Finland, whom a notice must name",
	"imy.se":        "the supervisory authority of Sweden, whom a notice must name",
	"+358295666700": "the supervisory authority of Finland",
	"+4686576100":   "the supervisory authority of Sweden",
}

// exempt are files about real addresses as such.
var exempt = []string{
	"internal/address/address_test.go", // the tables of numbers and providers
	"internal/address/email.go",        // providers whose mailboxes have several spellings
	"internal/address/phone.go",
}

// TestNobodyIsReal is rule 14: whoever copies the demonstration's or a test's
// data and sends to it reaches nobody.
func TestNobodyIsReal(t *testing.T) {
	walk(func(name string) {
		if slices.Contains(exempt, name) || !readable(name) {
			return
		}
		buf, err := os.ReadFile(name)
		if err != nil {
			t.Fatal(err)
		}
		for _, m := range mailbox.FindAllStringSubmatch(string(buf), -1) {
			if domain := strings.ToLower(m[1]); !nobodys.MatchString(domain) && real[domain] == "" {
				t.Errorf("%s: %s may belong to somebody: use a domain that ends in .example", name, m[0])
			}
		}
		for _, n := range number.FindAllString(string(buf), -1) {
			plain := strings.NewReplacer(" ", "", "-", "", "(0)", "").Replace(n)
			if !unassigned.MatchString(plain) && real[plain] == "" {
				t.Errorf("%s: %s may be somebody's number: use one such as +358 00 000 0412", name, n)
			}
		}
	})
}

func readable(name string) bool {
	if strings.HasPrefix(name, "go.") || strings.HasPrefix(name, "tools/go.") || strings.Contains(name, "/fuzz/") {
		return false
	}
	switch path.Ext(name) {
	case ".go", ".templ", ".yaml", ".json", ".csv", ".txt", ".md", ".golden", ".html", ".eml", ".tsv", ".jsonl":
		return true
	}
	return false
}
