// Package kartotek_test holds the rules of the house as tests.
//
// Kartotek promises that whoever changes one room need not read the others. The
// promise holds only while certain rules do, and a rule that nobody checks is
// forgotten in a month. So each stands here as a test whose message says what
// to do. The tests read the sources of the whole program, parsed once (house),
// and the register as it is opened with the tables of all rooms.
//
//	house_floors_test.go   1  imports point down only; rule books are pure
//	house_data_test.go     2  SQL names a table only in the room that owns it
//	                       3  every personal column has exactly one keeper
//	                      12  statements and tables keep to what both engines, and a spread register, allow
//	house_routes_test.go   4  every route has a level
//	house_size_test.go     5  every package has a comment that teaches
//	                       6  budgets of functions, files and packages
//	house_law_test.go      7  every "law:" reference is in the index; docs/law.md lists them
//	house_made_test.go     8  generated files are current
//	                      10  each direct dependency has a reason
//	house_words_test.go    9  every key has a text in each language
//	                      14  invented people have addresses and numbers that nobody has
//	house_habits_test.go  11  time, chance and environment have one door each
//	                      13  no loose ends, no printing, no unexplained panic
//
// A rule is changed here, in the commit that needs it changed, with the reason
// in docs/decisions.md. docs/architecture.md shows the house as a whole.
package kartotek_test

import (
	"cmp"
	"flag"
	"fmt"
	"go/ast"
	"go/parser"
	"go/token"
	"io/fs"
	"os"
	"path"
	"path/filepath"
	"slices"
	"strings"
	"sync"
	"testing"

	"kartotek/internal/db/dbtest"
)

var update = flag.Bool("update", false, "write the generated documents anew")

func TestMain(m *testing.M) { dbtest.Main(m) }

// source is one Go file of the program.
type source struct {
	path   string // from the root, with slashes
	dir    string // the package's folder
	text   string
	syntax *ast.File
	test   bool // a test, or support for tests
	made   bool // written by a generator
}

// fset places every node of house.
var fset = token.NewFileSet()

// house parses every Go file once.
var house = sync.OnceValue(func() []*source {
	var all []*source
	walk(func(name string) {
		if strings.HasSuffix(name, ".go") {
			all = append(all, read(name))
		}
	})
	return all
})

// testSupport are folders whose code runs only in tests.
var testSupport = []string{".", "internal/db/dbtest"}

func read(name string) *source {
	buf, err := os.ReadFile(name)
	if err != nil {
		panic(err)
	}
	f, err := parser.ParseFile(fset, name, buf, parser.ParseComments)
	if err != nil {
		panic(err)
	}
	dir := path.Dir(name)
	return &source{path: name, dir: dir, text: string(buf), syntax: f, made: ast.IsGenerated(f),
		test: strings.HasSuffix(name, "_test.go") || slices.Contains(testSupport, dir)}
}

// walk visits every file that belongs to the program, in order.
func walk(visit func(name string)) {
	err := filepath.WalkDir(".", func(name string, d fs.DirEntry, err error) error {
		if err != nil {
			return err
		}
		if d.IsDir() && (strings.HasPrefix(d.Name(), ".") && name != "." || d.Name() == "node_modules" || slices.Contains([]string{"bin", "data", "demo-data"}, name)) {
			return filepath.SkipDir
		}
		if !d.IsDir() {
			visit(filepath.ToSlash(name))
		}
		return nil
	})
	if err != nil {
		panic(err)
	}
}

// written lists the files people write: no tests, nothing generated.
func written() []*source {
	return slices.DeleteFunc(slices.Clone(house()), func(s *source) bool { return s.test || s.made })
}

// packages groups sources by folder.
func packages(all []*source) map[string][]*source {
	out := map[string][]*source{}
	for _, s := range all {
		out[s.dir] = append(out[s.dir], s)
	}
	return out
}

// imports lists what a file imports.
func (s *source) imports() []string {
	var out []string
	for _, i := range s.syntax.Imports {
		out = append(out, strings.Trim(i.Path.Value, `"`))
	}
	return out
}

// at writes a node's place as file:line.
func at(n ast.Node) string {
	p := fset.Position(n.Pos())
	return fmt.Sprintf("%s:%d", p.Filename, p.Line)
}

// calls visits every use of a name of another package, such as time.Now, under
// the package's own name whatever the file calls it.
func (s *source) calls(visit func(n *ast.SelectorExpr, pkg, name string)) {
	own := map[string]string{}
	for _, i := range s.syntax.Imports {
		if i.Name != nil {
			own[i.Name.Name] = path.Base(strings.Trim(i.Path.Value, `"`))
		}
	}
	ast.Inspect(s.syntax, func(n ast.Node) bool {
		if sel, ok := n.(*ast.SelectorExpr); ok {
			if x, ok := sel.X.(*ast.Ident); ok && x.Obj == nil {
				visit(sel, cmp.Or(own[x.Name], x.Name), sel.Sel.Name)
			}
		}
		return true
	})
}

// current compares a generated document with what it should be, or writes it.
func current(t *testing.T, name, want string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(name, []byte(want), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	got, err := os.ReadFile(name)
	if err != nil || string(got) != want {
		t.Errorf("%s is not current: run go test . -update and look at the difference", name)
	}
}
