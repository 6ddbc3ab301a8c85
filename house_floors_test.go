package kartotek_test

import (
	"slices"
	"strings"
	"testing"
)

// floor is a part of the house. Its lines are in order, lowest first.
type floor struct {
	name  string
	lines []string
}

// floors is the order of the house. A package may import only packages on a line
// above its own in this table; packages on one line know nothing of each other.
// Names are folders below internal/.
var floors = []floor{
	{"ground", []string{
		"clock fault i18n id nordic oplog pdf seal/keytree",
		"address config seal",
		"db",
		"db/whole",
		"db/dbtest", // support for tests of everything above
		"job",
	}},
	{"rules", []string{
		"law noticedef/facts exchange/dialect/rows exchange/dialect/cells exchange/dialect/guard compose/header compose/plain compose/style compose/blocks",
		"permit noticedef segdef compose exchange/dialect rightsdef",
		"noticedef/amend noticedoc inclusion bounce compose/lint erasing keep",
		"receipt rightsdef/recognise rightsdef/letter",
	}},
	{"rooms", []string{
		"dossier erasure/journal",
		"rights/matter",
		"tree",
		"audit",
		"staff notice",
		"staff/factor staff/oidc staff/apikey access measure recipient paper",
		"party/orgs party/packed party/words",
		"party ledger",
		"party/twins party/times",
		"outbox/dkim outbox/preflight outbox/pace outbox/suppress outbox/back outbox/journal outbox/known outbox/wish",
		"outbox/channel/email",
		"outbox outbox/past",
		"segment media erasure backup",
		"scan",
		"relay returns clicks campaign/def retention",
		"campaign/letter campaign/shelf campaign/alarm",
		"campaign exchange post",
		"rights/dispatch rights/courier",
		"series archive results rights packet",
		"subject",
		"rights/said",
		"rights/intake rights/warn",
		"catcher", // stands beside the rooms: a mail server for the demonstration and for tests
	}},
	{"doors", []string{
		"web/page/bars",
		"web/page",
		"web/page/keeping web/page/ask web/page/incoming web/page/office web/page/casework web/page/mine", // families of pages over the kit
		"web/page/sample",
		"web/page/gallery",
		"web/page/gallery/shots",
		"web/door",
		"web/admin/desk",
		"web/admin web/public web/api",
		"web",
	}},
	{"roof", []string{"demo", "app", "app/backups"}},
	// The command line is a door that opens the house itself, so it stands outside.
	{"street", []string{"gauge", "cli/shell", "cli/casework cli/letters cli/keeping cli/bench", "cli", "../cmd/kartotek", "e2e"}},
}

// pure are the packages that answer from their arguments alone: every rule book,
// and elsewhere those that only calculate.
var pure = []string{"fault", "i18n", "nordic", "address", "pdf", "seal/keytree", "party/packed"}

// impure are imports that let the world in.
var impure = []string{"database/sql", "net", "net/http", "net/smtp", "os/exec", "math/rand", "math/rand/v2", "crypto/rand",
	"kartotek/internal/db", "kartotek/internal/clock", "kartotek/internal/job", "kartotek/internal/config", "kartotek/internal/oplog", "kartotek/internal/seal"}

// noRooms are doors that may not look into any room: what they show is handed to them.
var noRooms = []string{"web/page", "web/page/incoming", "web/page/ask", "web/page/keeping", "web/page/office", "web/page/casework", "web/page/mine", "web/page/sample", "web/page/gallery", "web/page/gallery/shots"}

type place struct {
	floor string
	level int // counted over all floors
}

// places finds where each package stands.
func places() map[string]place {
	out := map[string]place{}
	n := 0
	for _, f := range floors {
		for _, line := range f.lines {
			n++
			for _, name := range strings.Fields(line) {
				out[folder(name)] = place{f.name, n}
			}
		}
	}
	return out
}

func folder(name string) string {
	if rest, outside := strings.CutPrefix(name, "../"); outside {
		return rest
	}
	return "internal/" + name
}

func find(where map[string]place, dir string) (place, bool) {
	for dir != "." && dir != "internal" {
		p, ok := where[dir]
		if ok {
			return p, true
		}
		if !strings.HasPrefix(dir, "internal/web/admin/") && !strings.HasPrefix(dir, "internal/web/public/") {
			break // only the areas of these two doors need no line of their own
		}
		dir = dir[:strings.LastIndexByte(dir, '/')]
	}
	return place{}, false
}

// TestFloors is rule 1: arrows point down only.
func TestFloors(t *testing.T) {
	where := places()
	for dir, files := range packages(written()) {
		from, ok := find(where, dir)
		if !ok {
			t.Errorf("%s stands on no floor: give it a line in the table floors of house_floors_test.go, as low as its imports allow", dir)
			continue
		}
		for _, s := range files {
			for _, imp := range s.imports() {
				to, ours := strings.CutPrefix(imp, "kartotek/")
				if ours {
					arrow(t, where, s, from, to)
				}
			}
		}
	}
}

func arrow(t *testing.T, where map[string]place, s *source, from place, to string) {
	t.Helper()
	below, ok := find(where, to)
	switch {
	case !ok:
		return // reported as a package without a floor
	case to == "internal/db/dbtest":
		t.Errorf("%s imports %s, which is for tests only", s.path, to)
	case below.level > from.level, below.level == from.level && !sameDoor(s.dir, to):
		t.Errorf("%s (%s) imports %s (%s), which is not below it: take an interface or a function from whoever stands higher (package app hands it in), or move what both need further down",
			s.path, from.floor, to, below.floor)
	case below.floor == "rooms" && slices.ContainsFunc(noRooms, func(n string) bool { return folder(n) == s.dir }):
		t.Errorf("%s shows what it is given and looks into no room: put what it needs of %s into its view", s.path, to)
	}
}

// sameDoor lets the areas of one door share the folders below it.
func sameDoor(dir, to string) bool {
	for _, door := range []string{"internal/web/admin", "internal/web/public"} {
		if strings.HasPrefix(dir, door) && strings.HasPrefix(to, door+"/") {
			return true
		}
	}
	return false
}

// TestPure is the other half of rule 1: a rule book answers from its arguments.
func TestPure(t *testing.T) {
	where := places()
	for _, s := range written() {
		p, _ := find(where, s.dir)
		if p.floor != "rules" && !slices.Contains(pure, strings.TrimPrefix(s.dir, "internal/")) {
			continue
		}
		for _, imp := range s.imports() {
			if slices.Contains(impure, imp) {
				t.Errorf("%s imports %s: a rule must give the same answer next year, so take what you need (a time, a value) as an argument", s.path, imp)
			}
		}
	}
}

// TestTableOfFloors keeps the table free of packages that are gone.
func TestTableOfFloors(t *testing.T) {
	have := packages(house())
	for dir := range places() {
		if !slices.ContainsFunc(keys(have), func(h string) bool { return h == dir || strings.HasPrefix(h, dir+"/") }) {
			t.Errorf("the table floors names %s, which does not exist: take it out", dir)
		}
	}
}

func keys[V any](m map[string]V) []string {
	out := make([]string, 0, len(m))
	for k := range m {
		out = append(out, k)
	}
	slices.Sort(out)
	return out
}
