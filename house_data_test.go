package kartotek_test

import (
	"fmt"
	"go/ast"
	"reflect"
	"regexp"
	"slices"
	"strings"
	"testing"

	"kartotek/internal/app"
	"kartotek/internal/clicks"
	"kartotek/internal/db"
	"kartotek/internal/db/dbtest"
	"kartotek/internal/dossier"
	"kartotek/internal/ledger"
	"kartotek/internal/outbox"
	"kartotek/internal/packet"
	"kartotek/internal/paper"
	"kartotek/internal/party"
	"kartotek/internal/post"
	"kartotek/internal/recipient"
	"kartotek/internal/retention"
	"kartotek/internal/returns"
	"kartotek/internal/rights"
	"kartotek/internal/rights/courier"
	"kartotek/internal/scan"
	"kartotek/internal/series"
	"kartotek/internal/subject"
)

// Importing the roof links every room, and with it every registered statement
// and table; TestEverythingIsLinked holds that it does.

// keepers are the rooms that answer for personal data.
var keepers = dossier.Keepers{&party.Room{}, &ledger.Room{}, &outbox.Room{}, &post.Room{}, &series.Room{}, &clicks.Room{}, &returns.Room{}, &rights.Room{}, &scan.Room{}, &courier.Room{}, &subject.Room{}, &recipient.Room{}, &paper.Room{}, &retention.Room{}, &packet.Room{}}

func tables() []db.Table {
	var out []db.Table
	for _, s := range app.Schemas() {
		out = append(out, s.Tables...)
	}
	return out
}

// owners gives the room of each table.
func owners(t *testing.T) map[string]string {
	t.Helper()
	out := map[string]string{}
	for _, s := range app.Schemas() {
		for _, table := range s.Tables {
			if other := out[table.Name]; other != "" {
				t.Errorf("the table %s belongs to %s and to %s: one room owns a table", table.Name, other, s.Room)
			}
			out[table.Name] = s.Room
		}
	}
	return out
}

var (
	literal = regexp.MustCompile(`'(?:[^']|'')*'`)
	tokens  = regexp.MustCompile(`[A-Za-z_]\w*|[(),]`)
	// after are the words a table's name follows.
	after = strings.Fields("from join into update using")
)

// named lists the tables a statement names.
func named(text string, known map[string]string) []string {
	var out []string
	expect, list := false, false // list: inside the comma-separated list of a FROM
	for _, tok := range tokens.FindAllString(literal.ReplaceAllString(text, "''"), -1) {
		word := strings.ToLower(tok)
		switch {
		case slices.Contains(after, word):
			expect, list = true, word == "from"
		case tok == "," && list:
			expect = true
		case tok == "(" || tok == ")" || slices.Contains([]string{"where", "group", "order", "limit", "set", "on", "union"}, word):
			expect, list = false, false
		case expect:
			if known[tok] != "" {
				out = append(out, tok)
			}
			expect = false
		}
	}
	return out
}

// TestTablesAreTheirRooms is rule 2: only the owner of a table writes SQL for it.
// The folders within a room, such as party/twins, are the room, unless they have
// tables of their own, such as staff/apikey.
func TestTablesAreTheirRooms(t *testing.T) {
	owner := owners(t)
	for _, s := range db.Registered() {
		for _, table := range named(s.Text, owner) {
			if owner[table] != s.Room && !strings.HasPrefix(s.Where, owner[table]+"/") {
				t.Errorf("%s %s names the table %s, which %s owns: ask a method of that room", s.Room, s.Where, table, owner[table])
			}
		}
	}
}

// TestSQLIsRegistered holds that no statement goes round the register of
// statements: only package db and its folders speak to a database.
func TestSQLIsRegistered(t *testing.T) {
	for _, s := range written() {
		for _, imp := range s.imports() {
			if imp == "database/sql" && !strings.HasPrefix(s.dir+"/", "internal/db/") {
				t.Errorf("%s imports database/sql: declare the statement with db.SQL and run it with a db.Tx", s.path)
			}
		}
	}
}

// TestEverythingIsLinked compares the sources with what is linked into this
// test: statements, tables, keepers.
func TestEverythingIsLinked(t *testing.T) {
	rooms, speak := map[string]bool{}, map[string]bool{}
	for _, s := range app.Schemas() {
		rooms[s.Room] = true
	}
	for _, s := range db.Registered() {
		speak[s.Room] = true
	}
	claimed := keeperFolders()
	for _, s := range written() {
		room, _, _ := strings.Cut(strings.TrimPrefix(s.dir, "internal/"), "/") // with the folders within it
		s.calls(func(n *ast.SelectorExpr, pkg, name string) {
			switch pkg + "." + name {
			case "db.SQL", "db.Bulk":
				if !speak[room] {
					t.Errorf("%s registers a statement that package app does not link: the room is missing from the house", at(n))
				}
			case "db.Schema":
				if !rooms[room] && s.dir != "internal/app" {
					t.Errorf("%s: the tables of %s are missing from app.Schemas", at(n), room)
				}
			}
		})
		for _, d := range s.syntax.Decls {
			if f, ok := d.(*ast.FuncDecl); ok && f.Recv != nil && f.Name.Name == "Columns" && strings.Contains(s.text, "dossier.") && !claimed[s.dir] {
				t.Errorf("%s: the room signs dossier.Keeper and is missing from keepers in house_data_test.go", at(f))
			}
		}
	}
}

func keeperFolders() map[string]bool {
	out := map[string]bool{}
	for _, k := range keepers {
		out[strings.TrimPrefix(reflect.TypeOf(k).Elem().PkgPath(), "kartotek/")] = true
	}
	return out
}

// TestKeepers is rule 3: access, erasure, merging and portability reach every
// personal column, because exactly one keeper claims it. law: GDPR 15, GDPR 17, GDPR 20
func TestKeepers(t *testing.T) {
	for _, wrong := range keepers.Unclaimed(tables()) {
		t.Errorf("%s: name it in Columns of its room's keeper.go, and see that Export, Erase and Move reach it", wrong)
	}
}

// telling are names of columns that usually tell something of a person.
var telling = regexp.MustCompile(`(^|_)(first_name|last_name|email|phone|ip|birth\w*|street|postcode|norm|signature)(_|$)`)

// notPersonal are such columns that do not, each with the reason.
var notPersonal = map[string]string{
	"staff_accounts.email":     "the register is about customers; staff are told in the notice for staff",
	"staff_accounts.email_key": "as above",
	"organisations.street":     "of a company",
	"organisations.postcode":   "of a company",
	"organisations.email":      "of a company",
	"organisations.phone":      "of a company",
}

// TestPersonalIsMarked looks for columns whose name tells that the mark was forgotten.
func TestPersonalIsMarked(t *testing.T) {
	for _, table := range tables() {
		for _, c := range table.Cols {
			name := table.Name + "." + c.Name
			if !c.Personal && telling.MatchString(c.Name) && notPersonal[name] == "" {
				t.Errorf("%s: mark it personal, so that some keeper must claim it, or give the reason in notPersonal", name)
			}
		}
		if table.Kind == db.PersonTable && !slices.ContainsFunc(table.Cols, func(c db.Col) bool { return c.Personal }) && bare[table.Name] == "" {
			t.Errorf("%s holds rows of people and no personal column: mark one, or give the reason in bare", table.Name)
		}
	}
}

// bare are person tables that hold nothing but keys, each with the reason.
var bare = map[string]string{
	"merges":    "an id and the id it turned out to be",
	"different": "two ids and who said they differ",
}

// TestStatements is rule 12 for statements. See dbtest.LintSQL for the findings.
func TestStatements(t *testing.T) {
	for _, finding := range dbtest.LintSQL(db.Registered(), tables()) {
		t.Error(finding)
	}
	t.Log(count())
}

func count() string {
	n := map[db.Class]int{}
	for _, s := range db.Registered() {
		n[s.Class]++
	}
	return fmt.Sprintf("%d statements: %v", len(db.Registered()), n)
}

// TestCatalogue is rule 12 for tables, as each engine made them.
func TestCatalogue(t *testing.T) {
	dbtest.Each(t, app.Schemas(), dbtest.Catalogue)
}
