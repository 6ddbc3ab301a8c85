package whole

import "testing"

func TestForms(t *testing.T) {
	good := Table{Name: "a", Cols: []Col{{Name: "b", Type: "bigint"}}}
	for what, change := range map[string]func(*Table){
		"a name":     func(t *Table) { t.Name = "a b" },
		"a type":     func(t *Table) { t.Cols = []Col{{Name: "b", Type: "bigint DEFAULT now()"}} },
		"no columns": func(t *Table) { t.Cols = nil },
		"a key":      func(t *Table) { t.Keys = []Part{{Name: "k", Def: "CHECK (x); DROP TABLE y"}} },
		"an index":   func(t *Table) { t.Indexes = []Part{{Name: "k", Def: "USING gin (x)"}} },
	} {
		bad := good
		change(&bad)
		if check([]Table{good, {Name: "c", Cols: good.Cols}}) != nil || check([]Table{bad}) == nil {
			t.Errorf("%s passes", what)
		}
	}
	if check([]Table{good, good}) == nil {
		t.Error("one table twice")
	}
}
