package kartotek_test

import (
	"go/ast"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// The budgets. What fits on a screen is read; what does not is skimmed.
const (
	medianFunction = 12   // lines of a function, from "func" to its last brace
	mostFunctions  = 45   // nine in ten are under this
	longestFunc    = 100  // none is over this, but for tables of data
	longestFile    = 600  // lines, tests too
	largestPackage = 2500 // lines people wrote, without tests
)

type function struct {
	where string
	name  string
	lines int
}

func functions(all []*source) []function {
	var out []function
	for _, s := range all {
		for _, d := range s.syntax.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && f.Body != nil && !isTable(f) {
				out = append(out, function{at(f), f.Name.Name, lines(f)})
			}
		}
	}
	slices.SortFunc(out, func(a, b function) int { return a.lines - b.lines })
	return out
}

func lines(n ast.Node) int {
	return fset.Position(n.End()).Line - fset.Position(n.Pos()).Line + 1
}

// isTable reports whether a function is hardly more than one literal.
func isTable(f *ast.FuncDecl) bool {
	longest := 0
	ast.Inspect(f, func(n ast.Node) bool {
		if c, ok := n.(*ast.CompositeLit); ok {
			longest = max(longest, lines(c))
		}
		return true
	})
	return longest*10 > lines(f)*8 && lines(f) > medianFunction
}

// TestBudgets is rule 6.
func TestBudgets(t *testing.T) {
	all := functions(written())
	median, ninety := all[len(all)/2], all[len(all)*9/10]
	t.Logf("%d functions: the median has %d lines, nine in ten at most %d, the longest %d", len(all), median.lines, ninety.lines, all[len(all)-1].lines)
	if median.lines > medianFunction {
		t.Errorf("the median function has %d lines, over %d", median.lines, medianFunction)
	}
	if ninety.lines >= mostFunctions {
		t.Errorf("one function in ten has %d lines or more, over %d", ninety.lines, mostFunctions)
	}
	for _, f := range all {
		if f.lines > longestFunc {
			t.Errorf("%s: %s has %d lines: cut it at the comments that explain its parts", f.where, f.name, f.lines)
		}
	}
	for dir, files := range packages(written()) {
		sum := 0
		for _, s := range files {
			sum += strings.Count(s.text, "\n")
		}
		if sum > largestPackage {
			t.Errorf("%s has %d lines, over %d: which part of it has a subject of its own?", dir, sum, largestPackage)
		}
	}
}

// TestFiles is the part of rule 6 that holds for tests too.
func TestFiles(t *testing.T) {
	for _, s := range house() {
		if n := strings.Count(s.text, "\n"); n >= longestFile && !s.made {
			t.Errorf("%s has %d lines, over %d: make a file of one of its subjects", s.path, n, longestFile)
		}
	}
}

var sentence = regexp.MustCompile(`[.:?](\s|$)`)

// TestPackagesTeach is rule 5.
func TestPackagesTeach(t *testing.T) {
	for dir, files := range packages(written()) {
		var doc string
		for _, s := range files {
			if s.syntax.Doc != nil {
				doc += s.syntax.Doc.Text()
			}
		}
		if n := len(sentence.FindAllString(doc, -1)); n < 3 {
			t.Errorf("%s: its comment has %d sentences; a newcomer needs at least three: what is the subject, what is the shape, where to begin", dir, n)
		}
	}
}
