package noticedef

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

// One level in every way of writing, and the shortest way it is kept as.
func TestLevelIsKeptWhole(t *testing.T) {
	n := edited(t, "    relationship: {identity: see, billing: edit, orders: see}", `    elevate: [analyst, clerk]
    four_eyes: [export]
    act: [export]
    relationship: {identity: [see], contact: [search, see], billing: [see, search, edit], orders: [edit, see], act: [import]}`)
	want := `{"act":["export"],"elevate":["analyst","clerk"],"four_eyes":["export"],` +
		`"job":{"en":"Sends invoices and looks after payments.","fi":"Laskuttaa ja hoitaa maksut.","sv":"Fakturerar och sköter betalningarna."},` +
		`"relationship":{"act":["import"],"billing":"edit","contact":"see","identity":["see"],"orders":["see","edit"]},` +
		`"title":{"en":"Finance","fi":"Talous","sv":"Ekonomi"}}`
	if got := string(Canonical(n)); !strings.Contains(got, `"finance":`+want) {
		t.Error(got)
	}
	again, findings := Parse("again", Encode(n))
	if len(findings) > 0 || Hash(again) != Hash(n) {
		t.Error("written and read again it is another notice", report(findings))
	}
	if changes := Diff(demo(t), n); len(changes) != 7 {
		t.Errorf("%d changes: %+v", len(changes), changes)
	}
}

func TestMaySearch(t *testing.T) {
	n := edited(t, "{identity: see, billing: edit, orders: see}", "{identity: [see], billing: edit, orders: [see, edit]}")
	l, _ := n.Level("finance")
	for category, want := range map[string]string{"identity": "see", "billing": "see search edit", "orders": "see edit", "contact": "", "nothing": ""} {
		var may []string
		for _, action := range []string{See, Search, Edit, "erase", ""} {
			if l.May("relationship", category, action) {
				may = append(may, action)
			}
		}
		if got := strings.Join(may, " "); got != want {
			t.Errorf("%s: %q, want %q", category, got, want)
		}
	}
}

var update = flag.Bool("update", false, "write the golden files")

// The levels a new register begins with, right by right.
func TestTemplateLevels(t *testing.T) {
	n, _ := Parse("template", Template(Answers{}))
	var b strings.Builder
	for _, l := range n.LevelList() {
		fmt.Fprintf(&b, "%s (%s): %s\n", l.Name, l.Title["en"], l.Job["en"])
		for _, p := range n.Purposes {
			for _, c := range n.Categories {
				if may := actions(l, p.ID, c.ID); may != "" {
					fmt.Fprintf(&b, "  %-14s %-12s %s\n", p.ID, c.ID, may)
				}
			}
			if acts := slices.DeleteFunc(slices.Clone(Acts), func(a string) bool { return !l.CanFor(p.ID, a) }); len(acts) > 0 {
				fmt.Fprintf(&b, "  %-14s may %s\n", p.ID, strings.Join(acts, ", "))
			}
		}
		for _, x := range []struct {
			what  string
			words []string
		}{{"may", l.Acts}, {"is raised to", l.Elevate}, {"needs two for", l.FourEyes}} {
			if len(x.words) > 0 {
				fmt.Fprintf(&b, "  %s %s\n", x.what, strings.Join(x.words, ", "))
			}
		}
	}
	golden(t, "levels.golden", b.String())
}

func actions(l Level, purpose, category string) string {
	may := []string{See, Search, Edit}
	return strings.Join(slices.DeleteFunc(may, func(a string) bool { return !l.May(purpose, category, a) }), " ")
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	at := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(at, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(at)
	if err != nil || string(want) != got {
		t.Errorf("%s is not what it was (go test -update writes it): %v\n%s", name, err, got)
	}
}

// Whatever a level says, no purpose reaches a category it does not use.
func TestLevelsStayWithinTheirPurpose(t *testing.T) {
	wide := "    all: {all: edit, orders: edit, answers: edit, billing: [see]}\n    act: [staff, settings, log]"
	n := edited(t, "    act: [staff, settings, log]", wide)
	for _, l := range n.LevelList() {
		for _, c := range append(n.Categories, Category{ID: "gossip"}) {
			some := false
			for _, p := range append(n.Purposes, Purpose{ID: "lottery"}) {
				may := actions(l, p.ID, c.ID)
				some = some || may != "" && p.Rows
				if may != "" && !slices.Contains(p.Uses, c.ID) {
					t.Errorf("%s reaches %s for %s: %s", l.Name, c.ID, p.ID, may)
				}
			}
			if any := actions(l, "", c.ID) != ""; any != some {
				t.Errorf("%s, %s: for any purpose %v, for one of them %v", l.Name, c.ID, any, some)
			}
		}
	}
}
