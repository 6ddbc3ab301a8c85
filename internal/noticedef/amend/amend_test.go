package amend

import (
	"bytes"
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"kartotek/internal/noticedef"
)

var update = flag.Bool("update", false, "write the golden files")

func demo(t testing.TB) *noticedef.Notice {
	n, found := noticedef.Parse("demo", noticedef.DemoNotice())
	if len(found) > 0 {
		t.Fatal(found)
	}
	return n
}

func golden(t *testing.T, name, got string) {
	t.Helper()
	at := filepath.Join("testdata", name)
	if *update {
		if err := os.WriteFile(at, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	if want, err := os.ReadFile(at); err != nil || string(want) != got {
		t.Errorf("%s is not what it was (go test -update writes it): %v\n%s", name, err, got)
	}
}

var stamp = Stamp{Day: "2026-11-22", Supersedes: 7}

// finance is a level of the demo's notice, changed.
func finance(t *testing.T, change func(*noticedef.Level)) noticedef.Level {
	t.Helper()
	l, _ := demo(t).Level("finance")
	change(&l)
	return l
}

// differing gives the lines that two files do not share, as diff marks them.
func differing(a, b []byte) string {
	old, now := strings.Split(string(a), "\n"), strings.Split(string(b), "\n")
	common := make([][]int, len(old)+1) // lines in common from here on
	for i := range common {
		common[i] = make([]int, len(now)+1)
	}
	for i := len(old) - 1; i >= 0; i-- {
		for j := len(now) - 1; j >= 0; j-- {
			common[i][j] = max(common[i+1][j], common[i][j+1])
			if old[i] == now[j] {
				common[i][j] = common[i+1][j+1] + 1
			}
		}
	}
	var out strings.Builder
	for i, j := 0, 0; i < len(old) || j < len(now); {
		switch {
		case i < len(old) && j < len(now) && old[i] == now[j]:
			i, j = i+1, j+1
		case j == len(now) || i < len(old) && common[i+1][j] >= common[i][j+1]:
			fmt.Fprintln(&out, "-"+old[i])
			i++
		default:
			fmt.Fprintln(&out, "+"+now[j])
			j++
		}
	}
	return out.String()
}

// A level is changed in its own lines and nowhere else.
func TestSetLevelKeepsTheFile(t *testing.T) {
	var b strings.Builder
	for _, tc := range []struct {
		name  string
		src   []byte
		level noticedef.Level
	}{
		{"a cell", noticedef.DemoNotice(), finance(t, func(l *noticedef.Level) { l.Grants[0].Cells[1].Edit = false })},
		{"a right gone, another come", noticedef.DemoNotice(), finance(t, func(l *noticedef.Level) {
			l.Grants = []noticedef.Grant{{Purpose: "analysis", Acts: []string{"report"}}}
			l.FourEyes = []string{"report"}
		})},
		{"a level of one word below another", noticedef.DemoNotice(), func() noticedef.Level {
			l, _ := demo(t).Level("marketing")
			l.Grants[0].Acts = []string{"segment"}
			return l
		}()},
		{"a new level", noticedef.DemoNotice(), noticedef.Level{Name: "guest", Title: noticedef.Text{"sv": "Gäst", "fi": "Vieras", "en": "Guest: one"}}},
		{"on one line", bytes.Replace(noticedef.DemoNotice(), []byte("  analyst:\n"), []byte("  short: {act: [log]}   # they read it\n  analyst:\n"), 1), noticedef.Level{Name: "short", Acts: []string{"settings"}}},
		{"all levels on one line", []byte(inARow(t)), noticedef.Level{Name: "admin", Acts: []string{"staff"}}},
	} {
		out, ok := Level(tc.src, tc.level, stamp)
		if !ok {
			t.Errorf("%s: not written", tc.name)
			continue
		}
		n, _ := noticedef.Parse("out", out)
		got, _ := n.Level(tc.level.Name)
		if string(got.YAML()) != string(tc.level.YAML()) || n.Supersedes != 7 || n.Compiled != "2026-11-22" || n.Effective != "2026-11-22" {
			t.Errorf("%s: %s", tc.name, got.YAML())
		}
		fmt.Fprintf(&b, "== %s\n%s", tc.name, differing(tc.src, out))
	}
	golden(t, "amend.golden", b.String())
}

// inARow is the demo's notice with its levels in a row, and without its stamp.
func inARow(t *testing.T) string {
	t.Helper()
	src := string(noticedef.DemoNotice())
	from, to := strings.Index(src, "\nlevels:\n"), strings.Index(src, "\n# What is stored on a visitor")
	return strings.Replace(src[:from]+"\nlevels: {admin: {act: [log]}, owner: {act: [staff]}}\n"+src[to:], "supersedes: 3", "", 1)
}

// What is changed back is the file it was.
func TestSetLevelBackAgain(t *testing.T) {
	src := noticedef.DemoNotice()
	for _, l := range demo(t).LevelList() {
		empty, ok := Level(src, noticedef.Level{Name: l.Name}, stamp)
		if !ok {
			t.Fatal(l.Name)
		}
		out, ok := Level(empty, l, stamp)
		again, found := noticedef.Parse("again", out)
		if !ok || noticedef.Errors(found) > 0 {
			t.Fatalf("%s: %s", l.Name, found)
		}
		want := *demo(t)
		want.Compiled, want.Effective, want.Supersedes = stamp.Day, stamp.Day, stamp.Supersedes
		if noticedef.Hash(again) != noticedef.Hash(&want) {
			t.Errorf("%s is not what it was:\n%s", l.Name, differing(src, out))
		}
	}
}

func FuzzLevel(f *testing.F) {
	f.Add(noticedef.DemoNotice(), "act: [staff]\nnewsletter: {contact: [see]}\n")
	f.Add([]byte("notice: 1\nlevels: {a: {act: [log]}}\nregister: {id: x, name: {sv: X}}\nlanguages: [sv]\nlaw: [EU]"), "{}")
	f.Add([]byte("levels:\n  a: &b\n    x: {y: see}\n  c: *b\n"), "title: {en: \"a #b\"}")
	f.Fuzz(func(t *testing.T, src []byte, level string) {
		l, found := noticedef.ReadLevel("a", []byte(level))
		if noticedef.Errors(found) > 0 {
			return
		}
		out, ok := Level(src, l, stamp)
		if !ok {
			return
		}
		n, found := noticedef.Parse("out", out)
		if noticedef.Errors(found) > 0 {
			t.Fatal(found)
		}
		if got, _ := n.Level("a"); string(got.YAML()) != string(l.YAML()) {
			t.Fatalf("%s is not %s", got.YAML(), l.YAML())
		}
	})
}
