package cli

import (
	"os"
	"path/filepath"
	"strings"
	"testing"
)

// TestSuppress goes through the commands as an operator types them.
func TestSuppress(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "register")
	list := filepath.Join(t.TempDir(), "robinson.csv")
	if err := os.WriteFile(list, []byte("namn;e-post\nÅsa;A@X.example\nBo;b@x.example\n"), 0o600); err != nil {
		t.Fatal(err)
	}
	for i, c := range []struct {
		in, args, out string
		exit          int
	}{
		{"", "init --yes", "", 0},
		{"", "suppress list", "", 0},
		{"", "suppress add c@x.example --reason asked", "", 0},
		{"", "suppress add nonsense", "", 1},
		{"d@x.example\n+358 00 000 0412\n", "suppress add - --class all --reason staff", "", 0},
		{"", "suppress import " + list + " --list Robinson", `list "Robinson": 2 addresses; 0 lines without one`, 0},
		{"", "suppress import /nowhere --list Robinson", "", 1},
		{"", "suppress check C@x.example", "held  marketing since", 0},
		{"", "suppress check n@x.example", "free", 0},
		{"a@x.example\n+358000000412\n", "suppress check - --json", `"list":"Robinson"`, 0},
		{"b@x.example\n", "suppress import - --list Robinson", "1 addresses", 0},
		{"", "suppress check a@x.example --json", `{"held":false,"why":[]}`, 0},
		{"", "suppress list --json", `"reason": "staff"`, 0},
		{"", "suppress list", `list "Robinson", read`, 0},
	} {
		args := strings.Fields(c.args)
		out, errs, exit := run(t, c.in, append(args, "--data", dir)...)
		if exit != c.exit || !strings.Contains(out, c.out) {
			t.Errorf("%d, %s: exit %d, %q, %q", i, c.args, exit, out, errs)
		}
		if strings.Contains(args[0], "suppress") && strings.Contains(out+errs, "x.example") {
			t.Errorf("%s says the address: %q", c.args, out+errs)
		}
	}
}
