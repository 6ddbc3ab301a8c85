package noticedef

import (
	"strings"
	"testing"
)

// One level in every way of writing, and the shortest way it is kept as.
func TestLevelIsKeptWhole(t *testing.T) {
	const written = `  finance:
    title: {sv: Ekonomi, fi: Talous, en: Finance}
    job: {sv: Sköter fakturorna., fi: Hoitaa laskut., en: Looks after the invoices.}
    elevate: [analyst, clerk]
    four_eyes: [export]
    act: [export]
    relationship: {identity: [see], contact: [search, see], billing: [see, search, edit], orders: [edit, see], act: [import]}`
	n := edited(t, "  finance:\n    relationship: {identity: see, billing: edit, orders: see}", written)
	want := `{"act":["export"],"elevate":["analyst","clerk"],"four_eyes":["export"],` +
		`"job":{"en":"Looks after the invoices.","fi":"Hoitaa laskut.","sv":"Sköter fakturorna."},` +
		`"relationship":{"act":["import"],"billing":"edit","contact":"see","identity":["see"],"orders":["see","edit"]},` +
		`"title":{"en":"Finance","fi":"Talous","sv":"Ekonomi"}}`
	if got := string(Canonical(n)); !strings.Contains(got, `"finance":`+want) {
		t.Error(got)
	}
	again, findings := Parse("again", Encode(n))
	if len(findings) > 0 || Hash(again) != Hash(n) {
		t.Error("written and read again it is another notice", report(findings))
	}
	if changes := Diff(demo(t), n); len(changes) != 9 {
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
