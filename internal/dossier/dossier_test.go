package dossier_test

import (
	"errors"
	"slices"
	"testing"

	"kartotek/internal/db"
	"kartotek/internal/dossier"
	"kartotek/internal/id"
)

// shelf is a keeper that does nothing but claim columns.
type shelf struct {
	name    string
	columns []string
	fail    error
}

func (s shelf) Name() string      { return s.name }
func (s shelf) Columns() []string { return s.columns }
func (s shelf) Holdings(*db.Tx, id.ID) ([]dossier.Holding, error) {
	return []dossier.Holding{{Keeper: s.name, Kind: "cards", Count: 1}}, s.fail
}
func (s shelf) Export(*db.Tx, id.ID, dossier.Writer) error { return s.fail }
func (s shelf) Erase(*db.Tx, id.ID, dossier.Plan) ([]dossier.Holding, error) {
	return []dossier.Holding{{Keeper: s.name, Kind: "cards", Count: 1}}, s.fail
}
func (s shelf) Restrict(*db.Tx, id.ID, bool) error { return s.fail }
func (s shelf) Move(_ *db.Tx, _, _ id.ID) error    { return s.fail }

func TestUnclaimed(t *testing.T) {
	tables := []db.Table{{Name: "cards", Cols: db.Cols("bucket int, name text personal, note text personal, at big")}}
	for name, c := range map[string]struct {
		keepers dossier.Keepers
		want    []string
	}{
		"all claimed": {dossier.Keepers{shelf{name: "a", columns: []string{"cards.name", "cards.note"}}}, nil},
		"one left":    {dossier.Keepers{shelf{name: "a", columns: []string{"cards.name"}}}, []string{"cards.note is personal and claimed by nobody"}},
		"claimed twice": {dossier.Keepers{shelf{name: "a", columns: []string{"cards.name", "cards.note"}}, shelf{name: "b", columns: []string{"cards.note"}}},
			[]string{"cards.note is claimed by [a b]"}},
		"not there": {dossier.Keepers{shelf{name: "a", columns: []string{"cards.name", "cards.note", "cards.face"}}}, []string{"cards.face, claimed by a, does not exist"}},
	} {
		if got := c.keepers.Unclaimed(tables); !slices.Equal(got, c.want) {
			t.Errorf("%s: got %v, want %v", name, got, c.want)
		}
	}
}

// TestKeepers: every room is asked; the first that fails stops the rest and is named.
func TestKeepers(t *testing.T) {
	full := errors.New("disk full")
	all := dossier.Keepers{shelf{name: "a"}, shelf{name: "b"}}
	if got, err := all.Erase(nil, 1, dossier.Plan{}); err != nil || len(got) != 2 {
		t.Error(got, err)
	}
	if got, err := all.Holdings(nil, 1); err != nil || len(got) != 2 {
		t.Error(got, err)
	}
	broken := dossier.Keepers{shelf{name: "a"}, shelf{name: "b", fail: full}}
	for what, err := range map[string]error{
		"export": broken.Export(nil, 1, nil), "restrict": broken.Restrict(nil, 1, true),
	} {
		if !errors.Is(err, full) || err.Error() != "b: disk full" {
			t.Errorf("%s: %v", what, err)
		}
	}
	plan := dossier.Plan{Keep: map[string]string{"a.cards": "17(3)(e)"}}
	if !plan.Keeps("a", "cards") || plan.Keeps("b", "cards") {
		t.Error("the plan keeps the wrong thing")
	}
}
