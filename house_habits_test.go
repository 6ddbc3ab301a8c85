package kartotek_test

import (
	"go/ast"
	"regexp"
	"slices"
	"strings"
	"testing"
)

// gate is something of the world that one package lets in for all.
type gate struct {
	what    []string // names as used, or imports
	through []string // packages that may
	instead string
}

// gates is rule 11.
var gates = []gate{
	{[]string{"time.Now", "time.Since", "time.Until"}, []string{"clock"},
		"take a time.Time or a clock.Clock as an argument, or ask tx.Now(): what is decided must be repeatable"},
	{[]string{"math/rand", "math/rand/v2", "crypto/rand"}, []string{"id", "seal"},
		"use seal.Random or seal.Token for what must not be guessed, db.NewID for keys"},
	{[]string{"os.Getenv", "os.LookupEnv", "os.Environ", "os.ExpandEnv"}, []string{"config"},
		"make it a setting with a sentence on what it does, in package config"},
	{[]string{"fmt.Print", "fmt.Printf", "fmt.Println"}, []string{"cli", "web/page/gallery", "web/page/gallery/shots"},
		"return it, or log it with the slog.Logger you were given; only commands print"},
	{[]string{"log.Print", "log.Printf", "log.Println", "log.Fatal", "log.Fatalf", "log.Default"}, []string{"web/page/gallery", "web/page/gallery/shots"},
		"use the slog.Logger you were given, which withholds personal data (package oplog)"},
}

func (g gate) shut(s *source) bool {
	return !slices.Contains(g.through, strings.TrimPrefix(s.dir, "internal/"))
}

// TestGates is rule 11, and the part of rule 13 about printing.
func TestGates(t *testing.T) {
	for _, s := range written() {
		for _, g := range gates {
			if !g.shut(s) {
				continue
			}
			for _, imp := range s.imports() {
				if slices.Contains(g.what, imp) {
					t.Errorf("%s imports %s: %s", s.path, imp, g.instead)
				}
			}
			s.calls(func(n *ast.SelectorExpr, pkg, name string) {
				if slices.Contains(g.what, pkg+"."+name) {
					t.Errorf("%s uses %s.%s: %s", at(n), pkg, name, g.instead)
				}
			})
		}
	}
}

var loose = regexp.MustCompile(`\b(TO` + `DO|FIX` + `ME|X` + `XX|HA` + `CK)\b`)

// TestNoLooseEnds is rule 13: what is not done is said in docs, not in a mark.
func TestNoLooseEnds(t *testing.T) {
	for _, s := range house() {
		if s.made {
			continue
		}
		for _, group := range s.syntax.Comments {
			if m := loose.FindString(group.Text()); m != "" {
				t.Errorf("%s: %s: do it now, or write down in docs what is missing and why", at(group), m)
			}
		}
		if s.test {
			skips(t, s)
		}
	}
}

// skips finds tests that may pass without having run.
func skips(t *testing.T, s *source) {
	t.Helper()
	s.methods(func(n *ast.SelectorExpr, _ []ast.Expr) {
		if slices.Contains([]string{"Skip", "Skipf", "SkipNow"}, n.Sel.Name) {
			t.Errorf("%s: a test that may be skipped proves nothing: let it fail and say what the machine lacks", at(n))
		}
		if x, ok := n.X.(*ast.Ident); ok && x.Name == "time" && n.Sel.Name == "Sleep" {
			t.Errorf("%s: a test that sleeps is slow and still unsure: wait for the event, or move the clock", at(n))
		}
	})
}

// methods visits every call of something behind a dot, with its arguments.
func (s *source) methods(visit func(n *ast.SelectorExpr, args []ast.Expr)) {
	ast.Inspect(s.syntax, func(n ast.Node) bool {
		if c, ok := n.(*ast.CallExpr); ok {
			if sel, ok := c.Fun.(*ast.SelectorExpr); ok {
				visit(sel, c.Args)
			}
		}
		return true
	})
}

// TestPanics is rule 13: a panic stands beside a comment that says why nothing
// better is possible, on its line, the line before, or at the head of its function.
func TestPanics(t *testing.T) {
	for _, s := range written() {
		said := commented(s)
		for _, d := range s.syntax.Decls {
			f, ok := d.(*ast.FuncDecl)
			if ok && f.Doc != nil && strings.Contains(f.Doc.Text(), "panic") {
				continue
			}
			ast.Inspect(d, func(n ast.Node) bool {
				c, ok := n.(*ast.CallExpr)
				if !ok {
					return true
				}
				if name, ok := c.Fun.(*ast.Ident); ok && name.Name == "panic" {
					if line := fset.Position(c.Pos()).Line; !said[line] && !said[line-1] {
						t.Errorf("%s: say in a comment why this cannot happen or why nothing better is possible; otherwise return an error", at(c))
					}
				}
				return true
			})
		}
	}
}

// commented gives the lines of a file that carry a comment.
func commented(s *source) map[int]bool {
	out := map[int]bool{}
	for _, group := range s.syntax.Comments {
		for _, c := range group.List {
			for l := fset.Position(c.Pos()).Line; l <= fset.Position(c.End()).Line; l++ {
				out[l] = true
			}
		}
	}
	return out
}
