package kartotek_test

import (
	"go/ast"
	"strings"
	"testing"
)

// TestRoutesHaveLevels is rule 4 for the sources: wherever a route is written
// down, it says who may come in. Package web refuses a route without a level
// when it starts, and its golden file shows the matrix of routes and levels.
func TestRoutesHaveLevels(t *testing.T) {
	n := 0
	for _, s := range written() {
		if !strings.HasPrefix(s.dir, "internal/web") {
			continue
		}
		ast.Inspect(s.syntax, func(node ast.Node) bool {
			lit, ok := node.(*ast.CompositeLit)
			if !ok {
				return true
			}
			if isRoute(lit.Type) {
				n++
				route(t, lit)
			}
			if list, ok := lit.Type.(*ast.ArrayType); ok && isRoute(list.Elt) {
				for _, e := range lit.Elts {
					if inner, ok := e.(*ast.CompositeLit); ok {
						n++
						route(t, inner)
					}
				}
			}
			return true
		})
	}
	if n == 0 {
		t.Error("no route was found: has door.Route another name now?")
	}
	t.Logf("%d routes", n)
}

func isRoute(e ast.Expr) bool {
	switch x := e.(type) {
	case *ast.SelectorExpr:
		return x.Sel.Name == "Route"
	case *ast.Ident:
		return x.Name == "Route"
	}
	return false
}

// route checks one literal: Level by name, or the third of the values.
func route(t *testing.T, lit *ast.CompositeLit) {
	t.Helper()
	if len(lit.Elts) == 0 {
		return // the zero value, to compare with
	}
	var level ast.Expr
	for i, e := range lit.Elts {
		if kv, ok := e.(*ast.KeyValueExpr); ok {
			if name, ok := kv.Key.(*ast.Ident); ok && name.Name == "Level" {
				level = kv.Value
			}
		} else if i == 2 {
			level = e
		}
	}
	if b, ok := level.(*ast.BasicLit); level == nil || ok && b.Value == `""` {
		t.Errorf("%s: the route has no level: say who may come in (door.Public is a choice too)", at(lit))
	}
}
