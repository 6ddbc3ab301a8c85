package cli

import (
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestRights goes through a case of each fate as an operator types it, and holds that
// what lists cases never says who asked.
func TestRights(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "register")
	people := filepath.Join(t.TempDir(), "people.csv")
	if err := os.WriteFile(people, []byte("email,first_name,last_name,language\nasa@kund.example,Åsa,Öberg,sv\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	ref, scan := "", filepath.Join(t.TempDir(), "page.pdf")
	if err := os.WriteFile(scan, []byte("%PDF-1.7\nstartxref\n9\n%%EOF\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for i, c := range []struct {
		in, args, out string
		exit          int
	}{
		{"", "init --yes", "", 0},
		{"", "import " + people, "", 0},
		{"", "rights list --json", "[]", 0},
		{"", "rights open --kind everything --channel post --name Åsa", "", 2},
		{"", "rights open --kind access --channel post", "", 1},
		{"Vad vet ni?\n", "rights open --kind access --channel email --email asa@kund.example --name Åsa --text - --json", `"state": "acknowledged"`, 0},
		{"", "rights show REF --language sv", "Begäran kom in. Ankomstdagen räknas inte med.", 0},
		{"", "rights show REF --json", `"Vad vet ni?`, 0},
		{"", "rights fulfil REF --by-hand --text Överlämnat.", "", 1},
		{"", "rights verify-identity REF --method photo_id_shown --document passport", "", 1},
		{"", "rights verify-identity REF --method known_address", "accepted", 0},
		{"", "rights extend REF --code A12Complexity --reasons Många-system.", "delayed", 0},
		{"", "rights extend REF --code A12Complexity --reasons Igen.", "", 1},
		{"", "rights refuse REF --code A17LegalClaims --reasons Nej.", "", 1},
		{"", "rights fulfil REF --by-hand --text Överlämnat.", "fulfilled", 0},
		{"", "rights refuse REF --code A12IdentityFailure --reasons Nej.", "", 1},
		{"", "rights list --state closed", "fulfilled", 0},
		{"", "rights open --kind rectification --channel phone --email asa@kund.example --json", `"kind": "rectification"`, 0},
		{"", "rights verify-identity REF --method shared_facts --note Ordernumret.", "accepted", 0},
		{"", "rights fulfil REF --set last_name=Åberg --json", `"outcome": "fulfilled"`, 0},
		{"", "person show asa@kund.example", "Åsa Åberg", 0},
		{"", "rights open --kind objection --channel phone --email asa@kund.example --scope marketing --silent --json", `"effective"`, 0},
		{"", "person show asa@kund.example --json", `all-marketing`, 0},
		{"", "rights close REF --outcome answered", "unfulfilled", 0},
		{"", "rights open --kind access --channel post --name Okänd --arrived 2199-01-01", "", 1},
		{"", "rights open --kind access --channel post --name Okänd --json", `"matched": false`, 0},
		{"", "rights refuse REF --code A12IdentityFailure --reasons Okänd.", "rejected", 0},
		{"", "receipt show REF", `"kt:outcome": "refused"`, 0},
		{"", "receipt show r-1999-0001", "", 1},
		{"", "rights show REF --pdf " + filepath.Join(t.TempDir(), "beslut.pdf"), "", 0},
		{"", "rights open --kind access --kind erasure --channel agent --name Bo --agent-name Byrå --agent-authority brev --arrived 2026-01-10 --signed 2026-01-08 --scan " + scan + " --id-document " + scan + " --json", `"received": "2026-01-10"`, 0},
		{"", "rights open --kind access --channel post --name Bo --arrived 2026-01-10 --signed 2026-01-11", "", 1},
		{"", "rights open --kind access --channel post --name Bo --scan " + scan + ".none", "", 2},
		{"", "rights open --kind erasure --channel post --name Bo --json", `"matched": false`, 0},
		{"", "rights ask REF --why identity --want shared_facts", "", 1},
		{"", "rights ask REF --why identity --doubt nobody-fits --want photo_id_shown", "", 1},
		{"", "rights ask REF --why identity --doubt nobody-fits --want shared_facts", "requires-action", 0},
		{"", "rights resume REF --on 2001-01-01", "", 1},
		{"Jag\n", "rights resume REF --reply -", "action-performed", 0},
		{"", "rights pause REF --why clarification --text Vilket?", "requires-action", 0},
		{"", "rights resume REF", "action-performed", 0},
		{"", "rights match REF nobody@kund.example", "", 1},
		{"", "rights match REF asa@kund.example --json", `"matched": true`, 0},
		{"", "rights unmatch REF --json", `"matched": false`, 0},
		{"", "rights split REF --name Eva", "acknowledged", 0},
		{"", "rights withdraw REF", "unfulfilled", 0},
		{"", "rights open --kind restriction --channel email --email asa@kund.example --name Åsa --json", `"limits": true`, 0},
		{"", "rights lift REF --reasons Klart. --days 3", "", 1},
		{"", "rights lift REF --reasons Klart. --days 7 --json", `"lift"`, 0},
		{"", "rights lift R-1999-0001 --reasons Klart.", "", 1},
		{"", "rights show R-1999-0001", "", 1},
	} {
		args := strings.Fields(strings.ReplaceAll(c.args, "REF", ref))
		out, errs, exit := run(t, c.in, append(args, "--data", dir)...)
		if exit != c.exit || !strings.Contains(out, c.out) {
			t.Errorf("%d, %s: exit %d, %q, %q", i, c.args, exit, out, errs)
		}
		if strings.HasPrefix(c.args, "rights") && !strings.HasPrefix(c.args, "rights show") && strings.Contains(out+errs, "kund.example") {
			t.Errorf("%s says who it is: %q", c.args, out+errs)
		}
		if made := (struct{ Ref string }{}); strings.HasPrefix(c.args, "rights open") && json.Unmarshal([]byte(out), &made) == nil {
			ref = made.Ref
		}
	}
}
