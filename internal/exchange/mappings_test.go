package exchange

import (
	"context"
	"strings"
	"testing"

	"github.com/google/go-cmp/cmp"

	"kartotek/internal/audit"
	"kartotek/internal/db"
	"kartotek/internal/db/dbtest"
	"kartotek/internal/exchange/dialect"
	"kartotek/internal/fault"
)

const clubFile = "Adress,Namn,Brev,Sedan,Stopp,Sko\n" +
	"anna@post.example,Anna Exempel,jo visst,2024-05-01,,38\n" +
	"bo@post.example,Bo Exempel,jo visst,,,44\n" +
	"cia@post.example,Cia Exempel,,2024-05-01,,39\n" +
	"dan@post.example,Dan Exempel,jo visst,2024-05-01,ja,40\n"

func club() dialect.Mapping {
	return dialect.Mapping{Name: "Klubben", Columns: map[string]string{"Adress": "email", "Namn": "name", "Sko": ""},
		Permissions: []dialect.PermissionColumn{
			{Column: "Brev", Kind: dialect.Consent, Purpose: "newsletter", Channel: "email", Yes: []string{"jo visst"}, Date: "Sedan"},
			{Column: "Stopp", Kind: dialect.Prohibition, Scope: "all-marketing"}}}
}

func save(t *testing.T, r *Room, m dialect.Mapping) error {
	t.Helper()
	return r.DB.Do(t.Context(), db.By{Kind: "staff", Name: "Maja Exempel"}, func(tx *db.Tx) error { return r.SaveMapping(tx, m) })
}

func TestMappingsAreKept(t *testing.T) {
	dbtest.Each(t, testSchemas, func(t *testing.T, d *db.DB) {
		r := testRoom(t, d)
		if err := save(t, r, club()); err != nil {
			t.Fatal(err)
		}
		changed := club()
		changed.Name, changed.Columns["Sko"] = " Klubben ", "unlisted"
		if err := save(t, r, changed); err != nil {
			t.Fatal(err)
		}
		changed.Name = "Klubben"
		err := d.Do(t.Context(), db.System("test"), func(tx *db.Tx) error {
			all, err := r.Mappings(tx)
			if err != nil || len(all) != 1 || all[0].By != "Maja Exempel" || all[0].At == 0 {
				t.Errorf("%v %+v", err, all)
			}
			one, err := r.Mapping(tx, "Klubben")
			if diff := cmp.Diff(&changed, one); diff != "" || err != nil {
				t.Errorf("%v %s", err, diff)
			}
			return r.DeleteMapping(tx, "Klubben")
		})
		if err != nil {
			t.Fatal(err)
		}
		err = d.Do(t.Context(), db.System("test"), func(tx *db.Tx) error {
			if _, err := r.Mapping(tx, "Klubben"); fault.KeyOf(err) != "mapping.none" {
				t.Errorf("still there: %v", err)
			}
			log, err := audit.Read(tx, audit.Filter{Limit: 10})
			acts := ""
			for _, e := range log {
				acts += e.Action + " " + e.Object + ";"
			}
			if acts != "mapping.delete Klubben;mapping.save Klubben;mapping.save Klubben;" {
				t.Errorf("the log says %q (%v)", acts, err)
			}
			return r.DeleteMapping(tx, "Klubben")
		})
		if fault.KeyOf(err) != "mapping.none" {
			t.Errorf("deleted twice: %v", err)
		}
	})
}

// What the notice does not promise is refused, by column; nothing is kept.
func TestMappingsAreChecked(t *testing.T) {
	d := dbtest.SQLite(t, testSchemas)
	r := testRoom(t, d)
	consent := func(c dialect.PermissionColumn) func(*dialect.Mapping) {
		return func(m *dialect.Mapping) { c.Column = "Brev"; m.Permissions = []dialect.PermissionColumn{c} }
	}
	named := func(name string) func(*dialect.Mapping) { return func(m *dialect.Mapping) { m.Name = name } }
	for name, x := range map[string]struct {
		change func(*dialect.Mapping)
		want   string
	}{
		"as it is":         {func(*dialect.Mapping) {}, ""},
		"no name":          {named("  "), "mapping.name"},
		"a long name":      {named(strings.Repeat("å", 61)), "mapping.name"},
		"the longest name": {named(strings.Repeat("å", 60)), ""},
		"a name of ours":   {named("none"), "mapping.name"},
		"a file's name":    {named("club.json"), "mapping.name"},
		"two lines":        {named("a\nb"), "mapping.name"},
		"unknown field":    {func(m *dialect.Mapping) { m.Columns["Sko"] = "shoe_size" }, "mapping.target"},
		"every word": {func(m *dialect.Mapping) {
			m.Columns["Sko"] = "tags"
			m.Columns["x"] = "permission"
			m.Columns["y"] = "unlisted"
		}, ""},
		"no column":        {func(m *dialect.Mapping) { m.Permissions[0].Column = "" }, "mapping.column"},
		"no kind":          {consent(dialect.PermissionColumn{Purpose: "newsletter", Channel: "email"}), "mapping.kind"},
		"another kind":     {consent(dialect.PermissionColumn{Kind: dialect.Withdrawal, Purpose: "newsletter", Channel: "email"}), "mapping.kind"},
		"no purpose":       {consent(dialect.PermissionColumn{Kind: dialect.Consent, Channel: "email"}), "mapping.consent"},
		"no channel":       {consent(dialect.PermissionColumn{Kind: dialect.Consent, Purpose: "newsletter"}), "mapping.consent"},
		"not promised":     {consent(dialect.PermissionColumn{Kind: dialect.Consent, Purpose: "newsletter", Channel: "fax"}), "mapping.consent"},
		"empty means yes":  {consent(dialect.PermissionColumn{Kind: dialect.Consent, Purpose: "newsletter", Channel: "email", Yes: []string{"ja", " "}}), "mapping.words"},
		"no means yes":     {consent(dialect.PermissionColumn{Kind: dialect.Consent, Purpose: "newsletter", Channel: "email", Yes: []string{"Nej"}}), "mapping.words"},
		"zero means yes":   {consent(dialect.PermissionColumn{Kind: dialect.Consent, Purpose: "newsletter", Channel: "email", Yes: []string{"0"}}), "mapping.words"},
		"no means a no":    {consent(dialect.PermissionColumn{Kind: dialect.Prohibition, Channel: "email", Yes: []string{"nej"}}), ""},
		"empty means a no": {consent(dialect.PermissionColumn{Kind: dialect.Prohibition, Yes: []string{""}}), "mapping.words"},
		"no such scope":    {consent(dialect.PermissionColumn{Kind: dialect.Prohibition, Scope: "everything"}), "mapping.scope"},
		"no such channel":  {consent(dialect.PermissionColumn{Kind: dialect.Prohibition, Channel: "fax"}), "mapping.scope"},
		"no such purpose":  {consent(dialect.PermissionColumn{Kind: dialect.Prohibition, Scope: "purpose:lottery"}), "mapping.scope"},
		"half a purpose":   {consent(dialect.PermissionColumn{Kind: dialect.Prohibition, Purpose: "newsletter"}), ""},
		"broken scope":     {consent(dialect.PermissionColumn{Kind: dialect.Prohibition, Scope: "research:email"}), "mapping.scope"},
	} {
		m := club()
		x.change(&m)
		if err := save(t, r, m); err != nil && fault.KeyOf(err) != x.want || (err == nil) != (x.want == "") {
			t.Errorf("%s: %v, want %q", name, err, x.want)
		}
	}
}

// A saved mapping is used for a file with exactly its columns, and named; for
// no other file, and not when it is declined.
func TestMappingIsFound(t *testing.T) {
	dbtest.Each(t, testSchemas, func(t *testing.T, d *db.DB) {
		r := testRoom(t, d)
		if err := save(t, r, club()); err != nil {
			t.Fatal(err)
		}
		same, swapped := file(t, "a.csv", clubFile), file(t, "b.csv", "Sko,Stopp,Sedan,Brev,Namn,Adress\n38,,,,Anna,anna@post.example\n")
		more := file(t, "c.csv", "Adress,Namn,Brev,Sedan,Stopp,Sko,Ort\nanna@post.example,,,,,,Vasa\n")
		less := file(t, "d.csv", "Adress,Namn\nanna@post.example,Anna\n")
		for name, x := range map[string]struct {
			files []string
			opt   Options
			found bool
		}{
			"the same columns": {[]string{same}, Options{}, true}, "in another order": {[]string{swapped}, Options{Dialect: "csv"}, true},
			"two files": {[]string{same, swapped}, Options{}, true}, "one of two": {[]string{same, less}, Options{}, false},
			"a column more": {[]string{more}, Options{}, false}, "columns less": {[]string{less}, Options{}, false},
			"declined": {[]string{same}, Options{Unmapped: true}, false}, "another dialect": {[]string{same}, Options{Dialect: "mautic"}, false},
			"another mapping": {[]string{same}, Options{Mapping: &dialect.Mapping{Columns: map[string]string{"Adress": "email"}}}, false},
		} {
			p, err := r.DryRun(t.Context(), x.files, x.opt)
			if err != nil || p.Found != x.found || p.Found && p.Mapping.Name != "Klubben" {
				t.Errorf("%s: %v %+v", name, err, p)
			}
		}
	})
}

// The import does what the plan said: words, dates and refusals as mapped, and
// nothing is a yes that does not say so.
func TestMappedImport(t *testing.T) {
	dbtest.Each(t, testSchemas, func(t *testing.T, d *db.DB) {
		r := testRoom(t, d)
		path := file(t, "club.csv", clubFile)
		if p, err := r.DryRun(t.Context(), []string{path}, Options{}); err != nil || p.Counts.Permissions.Consent != 0 {
			t.Fatalf("without a mapping: %v %+v", err, p)
		}
		if err := save(t, r, club()); err != nil {
			t.Fatal(err)
		}
		want := Counts{Rows: 4, PeopleCreated: 4, Permissions: Permissions{Consent: 2, Prohibition: 1, Unknown: 1}}
		plan, err := r.DryRun(t.Context(), []string{path}, Options{})
		if err != nil {
			t.Fatal(err)
		}
		m := imported(t, r, Options{}, path)
		for name, got := range map[string]Counts{"plan": plan.Counts, "import": m.Counts} {
			got.Unlisted = nil
			if diff := cmp.Diff(want, got); diff != "" {
				t.Errorf("%s: %s", name, diff)
			}
		}
		if m.Options.Mapping == nil || m.Options.Mapping.Name != "Klubben" {
			t.Errorf("the import does not keep what it was read by: %+v", m.Options)
		}
		for addr, says := range map[string]string{"anna@post.example": "yes newsletter:email;", "bo@post.example": "yes newsletter:email;", "cia@post.example": "", "dan@post.example": "no all-marketing;"} {
			if p, got := known(t, r, addr); p == nil || got != says || p.FirstName == "" {
				t.Errorf("%s: %q, want %q", addr, got, says)
			}
		}
		weak := 0
		for _, s := range plan.Shown {
			if strings.Contains(s.Why, "no date in the row (weak)") {
				weak++
			}
		}
		if weak != 1 {
			t.Errorf("%d rows say that their consent is weak, want 1: %+v", weak, plan.Shown)
		}
		if again := imported(t, r, Options{}, path); again.Counts.Unchanged != 4 {
			t.Errorf("again: %+v", again.Counts)
		}
		count(t, r)
	})
}

// A mapping whose permission columns the file lacks would lose a "no".
func TestMappingThatDoesNotFit(t *testing.T) {
	d := dbtest.SQLite(t, testSchemas)
	r := testRoom(t, d)
	m := club()
	_, err := r.DryRun(context.Background(), []string{file(t, "a.csv", "Adress,Namn,Brev,Sedan\nanna@post.example,Anna,ja,\n")}, Options{Mapping: &m})
	if fault.KeyOf(err) != "mapping.missing" {
		t.Errorf("%v", err)
	}
	p, err := r.DryRun(context.Background(), []string{file(t, "b.csv", "Vem,Nr\nAnna,12\n")}, Options{})
	if fault.KeyOf(err) != "import.header_unknown" || p == nil || len(p.Info.Files) != 1 || len(p.Info.Files[0].Columns) != 2 {
		t.Errorf("a file without addresses is refused without its columns: %v %+v", err, p)
	}
}
