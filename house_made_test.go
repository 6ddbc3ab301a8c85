package kartotek_test

import (
	"bytes"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"kartotek/internal/config"
)

// templFolder is where the page components are; a family of pages has a folder in it.
const templFolder = "internal/web/page"

// TestTemplIsCurrent is rule 8 for the page components: they are generated into
// another folder and compared.
func TestTemplIsCurrent(t *testing.T) {
	dir := t.TempDir()
	sources := append(glob(templFolder+"/*.templ"), glob(templFolder+"/*/*.templ")...)
	if len(sources) == 0 {
		t.Fatal("no components in " + templFolder)
	}
	for _, name := range sources {
		copyTo(t, name, filepath.Join(dir, strings.TrimPrefix(name, templFolder)))
	}
	cmd := exec.Command("go", "tool", "-modfile=tools/go.mod", "templ", "generate", "-path", dir)
	if out, err := cmd.CombinedOutput(); err != nil {
		t.Fatalf("templ: %v\n%s", err, out)
	}
	for _, name := range sources {
		name = strings.TrimSuffix(name, ".templ") + "_templ.go"
		want, err := os.ReadFile(filepath.Join(dir, strings.TrimPrefix(name, templFolder)))
		got, _ := os.ReadFile(name)
		if err != nil || !bytes.Equal(got, want) {
			t.Errorf("%s is not what its component says: run make generate", name)
		}
	}
	orphans(t)
}

// orphans finds generated files whose component is gone.
func orphans(t *testing.T) {
	t.Helper()
	for _, name := range append(glob(templFolder+"/*_templ.go"), glob(templFolder+"/*/*_templ.go")...) {
		if _, err := os.Stat(strings.TrimSuffix(name, "_templ.go") + ".templ"); err != nil {
			t.Errorf("%s has no component any more: remove it", name)
		}
	}
}

func glob(pattern string) []string {
	names, _ := filepath.Glob(pattern) // the patterns are constants
	return names
}

func copyTo(t *testing.T, from, to string) {
	t.Helper()
	buf, err := os.ReadFile(from)
	if err == nil {
		err = os.MkdirAll(filepath.Dir(to), 0o755)
	}
	if err == nil {
		err = os.WriteFile(to, buf, 0o644)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// TestExampleSettings is rule 8 for the settings.
func TestExampleSettings(t *testing.T) {
	const name = "internal/config/kartotek.example.yaml"
	want, err := config.Example()
	got, _ := os.ReadFile(name)
	if err != nil || string(got) != want {
		t.Errorf("%s is not what the settings say: run go test ./internal/config -update", name)
	}
}

var (
	required = regexp.MustCompile(`(?m)^\s*(?:require )?([a-z0-9.-]+\.[a-z]+/\S+) (v\S+)(.*)$`)
	toolLine = regexp.MustCompile(`(?m)^\t([a-z0-9.]+/\S+)$`)
	reason   = regexp.MustCompile("(?m)^\\| `([^`]+)` \\| ([^|]*)")
)

// module is a line of go.mod.
type module struct {
	path     string
	indirect bool
}

func modules(t *testing.T, name string) []module {
	t.Helper()
	buf, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	var out []module
	for _, m := range required.FindAllStringSubmatch(string(buf), -1) {
		out = append(out, module{m[1], strings.Contains(m[3], "// indirect")})
	}
	return out
}

// used gives the modules whose packages the program or its tests import, each
// with one file that does.
func used(t *testing.T, mods []module) map[string]string {
	t.Helper()
	out := map[string]string{}
	for _, s := range house() {
		for _, imp := range s.imports() {
			if strings.HasPrefix(imp, "kartotek/") || !strings.Contains(strings.Split(imp, "/")[0], ".") {
				continue
			}
			best := ""
			for _, m := range mods {
				if (imp == m.path || strings.HasPrefix(imp, m.path+"/")) && len(m.path) > len(best) {
					best = m.path
				}
			}
			if best == "" {
				t.Errorf("%s imports %s, which go.mod does not require", s.path, imp)
				continue
			}
			out[best] = s.path
		}
	}
	return out
}

// TestDependencies is rule 10: each direct dependency has a reason in
// docs/dependencies.md, and each reason a dependency.
func TestDependencies(t *testing.T) {
	page, err := os.ReadFile("docs/dependencies.md")
	if err != nil {
		t.Fatal(err)
	}
	reasons := map[string]string{}
	for _, m := range reason.FindAllStringSubmatch(string(page), -1) {
		reasons[m[1]] = strings.TrimSpace(m[2])
	}
	mods := modules(t, "go.mod")
	direct := used(t, mods)
	for _, tool := range tools(t) {
		direct[tool] = "tools/go.mod"
	}
	for mod, by := range direct {
		if len(reasons[mod]) < 20 {
			t.Errorf("%s (imported by %s): say in docs/dependencies.md what it does for us that fifty lines of our own would not", mod, by)
		}
		if i := slices.IndexFunc(mods, func(m module) bool { return m.path == mod }); i >= 0 && mods[i].indirect {
			t.Errorf("go.mod calls %s indirect, but %s imports it: run go mod tidy", mod, by)
		}
	}
	for mod := range reasons {
		if direct[mod] == "" {
			t.Errorf("docs/dependencies.md gives a reason for %s, which nothing imports: take it out there and in go.mod", mod)
		}
	}
}

// tools lists the modules of the programs in tools/go.mod.
func tools(t *testing.T) []string {
	t.Helper()
	buf, err := os.ReadFile("tools/go.mod")
	if err != nil {
		t.Fatal(err)
	}
	var out []string
	for _, m := range toolLine.FindAllStringSubmatch(string(buf), -1) {
		best := ""
		for _, mod := range modules(t, "tools/go.mod") {
			if strings.HasPrefix(m[1], mod.path) && len(mod.path) > len(best) {
				best = mod.path
			}
		}
		out = append(out, best)
	}
	return out
}
