package law

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"testing/fstest"
	"time"
)

var update = flag.Bool("update", false, "write the golden files anew")

// golden compares a text with testdata/name.
func golden(t *testing.T, name, got string) {
	t.Helper()
	path := filepath.Join("testdata", name)
	if *update {
		if err := os.MkdirAll("testdata", 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs; run with -update and read the difference\n%s", path, got)
	}
}

func day(s string) time.Time {
	d, err := ParseDate(s)
	if err != nil {
		panic(err)
	}
	return d.Time()
}

func set(t *testing.T, codes ...string) *Set {
	t.Helper()
	s, err := For(codes, day("2026-11-22"))
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestPacks(t *testing.T) {
	if _, err := load(packFiles); err != nil {
		t.Fatal(err)
	}
	base, err := packFiles.ReadFile("packs/eu.yaml")
	if err != nil {
		t.Fatal(err)
	}
	for name, change := range map[string][2]string{
		"unknown key":      {"valid_from:", "valid_form:"},
		"wrong code":       {"code: EU", "code: FI"},
		"bad date":         {"valid_from: 2018-05-25", "valid_from: 2018-02-30"},
		"bad regime":       {"regime: opt-in", "regime: maybe"},
		"bad channel":      {"channel: email", "channel: fax"},
		"bad status":       {"status: done", "status: perhaps"},
		"bad pattern":      {"'2016/679'", "'2016/679('"},
		"missing language": {"sv: samtycke, ", ""},
		"unknown citation": {"citation: GDPR 33(1)", "citation: GDPR 333(1)"},
		"repealed first":   {"repealed: 2018-05-25", "repealed: 1918-05-25"},
		"bad adequacy":     {"{country: CH,", "{country: CHE,"},
	} {
		broken := strings.Replace(string(base), change[0], change[1], 1)
		if broken == string(base) {
			t.Fatalf("%s: the pack no longer holds %q", name, change[0])
		}
		if _, err := load(fstest.MapFS{"packs/eu.yaml": {Data: []byte(broken)}}); err == nil {
			t.Errorf("%s: the pack was accepted", name)
		}
	}
	twice := fstest.MapFS{"packs/a.yaml": {Data: base}, "packs/b.yaml": {Data: base}}
	if _, err := load(twice); err == nil {
		t.Error("a pack id used twice was accepted")
	}
}

// A new pack changes answers from its day on, and old ids still find the old answers.
func TestPackChange(t *testing.T) {
	eu, _ := packFiles.ReadFile("packs/eu.yaml")
	fi, _ := packFiles.ReadFile("packs/fi.yaml")
	next := strings.NewReplacer("FI-2026.1", "FI-2027.1", "valid_from: 2018-05-25", "valid_from: 2027-01-01").Replace(string(fi))
	l, err := load(fstest.MapFS{"packs/a.yaml": {Data: []byte(next)}, "packs/eu.yaml": {Data: eu}, "packs/fi.yaml": {Data: fi}})
	if err != nil {
		t.Fatal(err)
	}
	var ids []string
	for _, d := range l.countries["FI"] {
		ids = append(ids, string(DateOf(d.from))+" "+d.set.ID())
	}
	want := []string{"2018-05-25 EU-2026.1+FI-2026.1", "2027-01-01 EU-2026.1+FI-2027.1"}
	if !slices.Equal(ids, want) {
		t.Errorf("timeline %v, want %v", ids, want)
	}
}

func TestSets(t *testing.T) {
	s := set(t, "FI", "EU", "FI")
	if s.ID() != "EU-2026.1+FI-2026.1" {
		t.Errorf("id %q", s.ID())
	}
	if again, err := ByID(s.ID()); err != nil || again != s {
		t.Errorf("ByID gave another set: %v", err)
	}
	if c, ok := ForCountry("FI", day("2026-11-22")); !ok || c != s {
		t.Error("ForCountry gave another set")
	}
	if c, ok := ForCountry("AX", day("2026-11-22")); !ok || c != s {
		t.Error("an address on Åland is not governed by the Finnish pack")
	}
	if c, ok := ForCountry("", day("2026-11-22")); !ok || c.ID() != "EU-2026.1" {
		t.Error("an unknown country is not governed by the base")
	}
	if _, ok := ForCountry("FI", day("2018-05-24")); ok {
		t.Error("a set holds before its packs do")
	}
	for _, codes := range [][]string{{"XX"}, {"EU", ""}} {
		if _, err := For(codes, day("2026-01-01")); err == nil {
			t.Errorf("For(%q) found a pack", codes)
		}
	}
	if _, err := For(nil, day("2017-01-01")); err == nil {
		t.Error("a day before the first pack has rules")
	}
	for _, id := range []string{"", "EU-2020.1", "FI-2026.1", "EU-2026.1+", "EU-2026.1+XX-2026.1"} {
		if _, err := ByID(id); err == nil {
			t.Errorf("ByID(%q) found a set", id)
		}
	}
}

func TestChannelRulesGolden(t *testing.T) {
	s := set(t, "EU", "FI", "SE")
	var b strings.Builder
	fmt.Fprintf(&b, "%-8s %-8s %-6s %-8s %-12s %-14s %-34s %s\n", "country", "subject", "by", "regime", "soft opt-in", "role relevant", "rule", "citation")
	for _, country := range []string{"FI", "AX", "SE", "DE", ""} {
		for _, subject := range []string{"natural", "legal"} {
			for _, channel := range []string{"email", "sms", "call", "post", "fax"} {
				r := s.ChannelRule(country, subject, channel)
				fmt.Fprintf(&b, "%-8q %-8s %-6s %-8s %-12t %-14t %-34s %s\n", country, subject, channel, r.Regime, r.SoftOptIn, r.RoleRelevant, r.Name, r.Citation)
			}
		}
	}
	golden(t, "channel_rules.txt", b.String())
}

func TestBases(t *testing.T) {
	s := set(t, "FI")
	if len(s.Bases()) != 6 {
		t.Errorf("%d legal bases, want the six of GDPR 6(1)", len(s.Bases()))
	}
	for kind, want := range map[string]struct{ has, not []string }{
		"consent":             {[]string{"GDPR 7(3)", "GDPR 20"}, []string{"GDPR 21"}},
		"contract":            {[]string{"GDPR 20"}, []string{"GDPR 7(3)", "GDPR 21"}},
		"legal obligation":    {[]string{"GDPR 14", "GDPR 77"}, []string{"GDPR 17", "GDPR 20", "GDPR 21"}},
		"legitimate interest": {[]string{"GDPR 17", "GDPR 21"}, []string{"GDPR 7(3)", "GDPR 20"}},
	} {
		rights := s.Rights(kind)
		for _, r := range want.has {
			if !slices.Contains(rights, r) {
				t.Errorf("%s does not give %s", kind, r)
			}
		}
		for _, r := range want.not {
			if slices.Contains(rights, r) {
				t.Errorf("%s gives %s", kind, r)
			}
		}
	}
	if _, ok := s.Basis("custom"); ok || s.Rights("custom") != nil {
		t.Error("a basis that does not exist was found")
	}
}

func TestRepealedIn(t *testing.T) {
	all := []string{"FI", "SE"}
	for _, c := range []struct {
		codes []string
		text  string
		on    string
		want  string
	}{
		{all, "Henkilötietolain (523/1999) 10 §:n mukainen rekisteriseloste", "2026-01-01", "FI 523/1999"},
		{all, "HENKILÖTIETOLAKI 10 §", "2026-01-01", "FI 523/1999"},
		{all, "Henkilötietolain 10 §", "2018-12-31", ""},
		{all, "Henkilötietolain 10 §", "2019-01-01", "FI 523/1999"},
		{all, "Suostumus perustuu sähköisen viestinnän\n  tietosuojalakiin (516/2004).", "2026-01-01", "FI 516/2004"},
		{all, "lagen om dataskydd vid elektronisk kommunikation", "2026-01-01", "FI 516/2004"},
		{all, "Tietosuojalaki (1050/2018) ja laki sähköisen viestinnän palveluista (917/2014)", "2026-01-01", ""},
		{all, "EU:n yleinen tietosuoja-asetus (2016/679)", "2026-01-01", ""},
		{[]string{"FI"}, "Registret förs enligt personuppgiftslagen.", "2026-01-01", "FI 523/1999"},
		{[]string{"SE"}, "Registret förs enligt personuppgiftslagen.", "2026-01-01", "SE 1998:204"},
		{all, "personuppgiftslagen (1998:204)", "2026-01-01", "SE 1998:204"},
		{all, "personuppgiftslagen (523/1999)", "2026-01-01", "FI 523/1999"},
		{all, "enligt PUL", "2026-01-01", "SE 1998:204"},
		{all, "pulpettiin ja populär", "2026-01-01", ""},
		{all, "lagen (2003:389) om elektronisk kommunikation", "2026-01-01", "SE 2003:389"},
		{all, "lagen (2003:389) om elektronisk kommunikation", "2022-06-02", ""},
		{all, "lagen (2022:482) om elektronisk kommunikation", "2026-01-01", ""},
		{all, "marknadsföringslagen (2008:486) 19 §", "2026-01-01", ""},
		{all, "marknadsföringslagen (1995:450)", "2026-01-01", "SE 1995:450"},
		{all, "the Data Protection Directive 95/46/EC", "2026-01-01", "95/46"},
		{all, "direktiivi 95/46/EY", "2018-05-24", ""},
		{all, "transfers under the Privacy Shield or Safe Harbor", "2026-01-01", "2000/520 2016/1250"},
		{all, "standard contractual clauses 2010/87/EU", "2026-01-01", "2010/87"},
		{all, "standard contractual clauses (EU) 2021/914", "2026-01-01", ""},
		{all, "the number 1995/461 and PL 1523/19991", "2026-01-01", ""},
	} {
		var ids []string
		for _, a := range set(t, c.codes...).RepealedIn(c.text, day(c.on)) {
			ids = append(ids, a.ID)
		}
		slices.Sort(ids)
		if got := strings.Join(ids, " "); got != c.want {
			t.Errorf("%q on %s with %v: %q, want %q", c.text, c.on, c.codes, got, c.want)
		}
	}
}

func TestActs(t *testing.T) {
	s := set(t, "FI", "SE")
	for id, on := range map[string]map[string]bool{
		"GDPR":         {"2018-05-24": false, "2018-05-25": true, "2026-11-22": true},
		"FI 1050/2018": {"2018-12-31": false, "2019-01-01": true},
		"FI 523/1999":  {"2018-12-31": true, "2019-01-01": false},
		"SE 2022:482":  {"2022-06-02": false, "2022-06-03": true},
		"SE 2003:389":  {"2022-06-02": true, "2022-06-03": false},
	} {
		a, ok := s.Act(id)
		if !ok {
			t.Fatalf("no act %s", id)
		}
		for d, want := range on {
			if a.On(day(d)) != want {
				t.Errorf("%s in force on %s: %t", id, d, !want)
			}
		}
	}
	if _, ok := s.Act("FI 1/1900"); ok {
		t.Error("an act that does not exist was found")
	}
	// Every replacement exists, and no act's own title is mistaken for a repealed one.
	for _, a := range s.acts() {
		if _, ok := s.Act(a.ReplacedBy); a.ReplacedBy != "" && !ok {
			t.Errorf("%s is replaced by %s, which is not an act", a.ID, a.ReplacedBy)
		}
		if a.Repealed != "" || !a.in(a.Number) {
			continue
		}
		if r := s.RepealedIn(a.Title["sv"]+" ("+a.Number+"), "+a.Title["fi"], day("2026-11-22")); len(r) > 0 {
			t.Errorf("naming %s is read as %s", a.ID, r[0].ID)
		}
	}
}

func TestPlaces(t *testing.T) {
	s := set(t)
	for _, c := range []struct {
		country, on string
		want        bool
	}{
		{"JP", "2026-01-01", true}, {"JP", "2018-12-01", false}, {"GB", "2026-01-01", true}, {"GB", "2032-01-01", false},
		{"BR", "2026-01-25", false}, {"BR", "2026-01-26", true}, {"US", "2026-01-01", false}, {"CA", "2026-01-01", false},
		{"CN", "2026-01-01", false}, {"FI", "2026-01-01", false}, {"", "2026-01-01", false},
	} {
		if s.Adequate(c.country, day(c.on)) != c.want {
			t.Errorf("Adequate(%q, %s) is %t", c.country, c.on, !c.want)
		}
	}
	if a, ok := s.Adequacy("US", day("2026-01-01")); !ok || a.Only == "" {
		t.Error("the US decision has lost its limit")
	}
	if _, ok := s.Adequacy("US", day("2023-01-01")); ok {
		t.Error("the US was adequate before the decision")
	}
	for c, want := range map[string]bool{"FI": true, "AX": true, "NO": true, "IS": true, "GB": false, "CH": false, "US": false, "": false} {
		if IsEEA(c) != want {
			t.Errorf("IsEEA(%q) is %t", c, !want)
		}
	}
	for _, c := range []string{"FI", "AX", "SE"} {
		if a, ok := AuthorityOf(c); !ok || a.Name.In("fi") == "" || a.Complain.In("xx") != a.Complain["en"] {
			t.Errorf("no full authority for %s", c)
		}
	}
	if _, ok := AuthorityOf("XX"); ok {
		t.Error("a country without a pack has an authority")
	}
}

func TestRetention(t *testing.T) {
	for code, want := range map[string]string{"": "", "FI": "6 years", "SE": "7 years"} {
		codes := []string{"EU"}
		if code != "" {
			codes = append(codes, code)
		}
		list := set(t, codes...).Retention()
		i := slices.IndexFunc(list, func(r Retention) bool { return r.ID == "invoice" })
		if i < 0 || list[i].Then != want || len(list) != 11 {
			t.Errorf("%q: invoices %q in %d entries", code, list[i].Then, len(list))
		}
	}
}

func TestCitations(t *testing.T) {
	for ref, want := range map[string]bool{
		"GDPR 21(3)": true, "2002/58 13(2)": true, "FI 917/2014 200": true, "SE 2008:486 19": true, "Reg 1182/71 3(4)": true,
		"GDPR 13(1)(a)": true, "GDPR  12(3)": true, "GDPR 15(1)-(3)": true,
		"GDPR 99": false, "GDPR": false, "": false, "(": false, "(3)": false, "FI 523/1999 1": false, "21(3)": false,
	} {
		if Known(ref) != want {
			t.Errorf("Known(%q) is %t", ref, !want)
		}
	}
	if c, _ := Lookup("GDPR 21(3)"); c.Status != Done {
		t.Errorf("GDPR 21(3) is %q", c.Status)
	}
	if len(Citations()) < 60 || !slices.IsSortedFunc(Citations(), func(a, b Citation) int { return strings.Compare(a.Ref, b.Ref) }) {
		t.Error("the index is short or unsorted")
	}
}

func TestParams(t *testing.T) {
	s := set(t, "SE")
	if p, ok := s.Param("child_age"); !ok || p.Value != "13" {
		t.Errorf("child age in Sweden %q", p.Value)
	}
	if _, ok := s.Param("nothing"); ok {
		t.Error("an unknown parameter was found")
	}
	aware := time.Date(2026, 4, 3, 17, 30, 0, 0, time.UTC) // Good Friday
	if due, err := s.BreachDue(aware); err != nil || !due.Equal(time.Date(2026, 4, 6, 17, 30, 0, 0, time.UTC)) {
		t.Errorf("breach due %v, %v", due, err)
	}
}

func FuzzRepealedIn(f *testing.F) {
	f.Add("personuppgiftslagen (1998:204) ja henkilötietolaki")
	f.Fuzz(func(t *testing.T, text string) {
		s := set(t, "FI", "SE")
		for _, a := range s.RepealedIn(text, day("2026-11-22")) {
			if a.On(day("2026-11-22")) {
				t.Errorf("%s is in force", a.ID)
			}
		}
	})
}

func FuzzParsePack(f *testing.F) {
	f.Add([]byte("pack: FI-2026.1\ncode: FI\nvalid_from: 2018-05-25\ncompiled: 2026-11-22\n"))
	f.Add([]byte("holidays: [{id: x, weekday: friday, range: [06-19, 06-25]}]"))
	f.Fuzz(func(t *testing.T, data []byte) {
		if p, err := parsePack(data); err == nil && !packID.MatchString(p.ID) {
			t.Errorf("a pack without a proper id was accepted")
		}
	})
}
