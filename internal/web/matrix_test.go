package web_test

import (
	"fmt"
	"net/http"
	"os"
	"regexp"
	"strings"
	"testing"

	"kartotek/internal/audit"
	"kartotek/internal/db"
	"kartotek/internal/noticedef"
	"kartotek/internal/web/door"
)

// TestMatrix tries every route with every access level of the built-in notice, and
// with none: what opens is the golden file a reviewer reads. Who is refused gets the
// same answer whether what was asked for exists or not.
func TestMatrix(t *testing.T) {
	w := newWorld(t)
	n, found := noticedef.Parse("notice", noticedef.DemoNotice())
	if n == nil {
		t.Fatal(found)
	}
	levels := []string{""}
	for _, l := range n.Levels {
		levels = append(levels, l.Name)
	}
	real := w.person().String()
	cells := map[string]map[string]string{}
	for _, level := range levels {
		var held []string
		if level != "" {
			held = []string{level}
		}
		c := w.signedIn("one-"+level+"@nordanvind.example", held...)
		for _, r := range routes() {
			if r.Level == door.Public || r.Level == door.Self || r.Key {
				continue
			}
			name := r.Method + " " + r.Path
			if cells[name] == nil {
				cells[name] = map[string]string{}
			}
			mark, body := w.try(r, real, c)
			again, other := w.try(r, "1", c)
			if mark == refusedMark && (again != mark || strings.ReplaceAll(body, real, "1") != other) {
				t.Errorf("%s with level %q: refused in two ways (%s, %s)", name, level, mark, again)
			}
			cells[name][level] = mark
		}
	}
	checkGolden(t, "testdata/matrix.txt", matrixText(levels, cells))
}

const refusedMark = "-"

// try asks for a route and says whether its door opened: "x" when it did, whatever
// the handler made of an empty form.
func (w *world) try(r door.Route, value, cookie string) (mark, body string) {
	w.t.Helper()
	res := w.ask(r.Method, at(r, value), "", "Cookie", cookie)
	body = text(w.t, res)
	to := res.Header.Get("Location")
	switch {
	case res.StatusCode >= 500:
		w.t.Errorf("%s %s: %d", r.Method, r.Path, res.StatusCode)
	case res.StatusCode == http.StatusUnauthorized, strings.HasPrefix(to, "/sign-in"):
		w.t.Errorf("%s %s: the session is gone", r.Method, r.Path)
	case strings.HasPrefix(to, "/confirm"):
		return "c", body
	case res.StatusCode == http.StatusForbidden && w.turnedAway(r):
		return refusedMark, body
	}
	return "x", body
}

// turnedAway tells whether the last line of the log is a refusal at this route's door.
func (w *world) turnedAway(r door.Route) bool {
	w.t.Helper()
	var all []audit.Entry
	w.do(func(tx *db.Tx) (err error) {
		all, err = audit.Read(tx, audit.Filter{Limit: 1})
		return err
	})
	return len(all) == 1 && all[0].Action == "page.refused" && all[0].Object == r.Method+" "+r.Path
}

func matrixText(levels []string, cells map[string]map[string]string) string {
	var b strings.Builder
	b.WriteString("x opens   - refused at the door   c asks for a fresh proof first\n\n")
	fmt.Fprintf(&b, "%-52s", "")
	for _, l := range levels {
		if l == "" {
			l = "(none)"
		}
		fmt.Fprintf(&b, " %s", l)
	}
	b.WriteString("\n")
	for _, r := range routes() {
		name := r.Method + " " + r.Path
		if cells[name] == nil {
			continue
		}
		fmt.Fprintf(&b, "%-52s", name)
		for _, l := range levels {
			width := max(len(l), len("(none)")*b2i(l == ""))
			fmt.Fprintf(&b, " %-*s", width, cells[name][l])
		}
		b.WriteString("\n")
	}
	return regexp.MustCompile(` +\n`).ReplaceAllString(b.String(), "\n")
}

func b2i(b bool) int {
	if b {
		return 1
	}
	return 0
}

func checkGolden(t *testing.T, file, got string) {
	t.Helper()
	if *update {
		if err := os.WriteFile(file, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	want, err := os.ReadFile(file)
	if err != nil || got != string(want) {
		t.Errorf("not what %s says; look at the change, then run with -update:\n%s", file, got)
	}
}
