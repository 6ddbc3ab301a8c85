package cli

import (
	"flag"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"github.com/alecthomas/kong"

	"kartotek/internal/i18n"
	"kartotek/internal/permit"
)

var update = flag.Bool("update", false, "write the documents made from the program anew")

// docs is the folder of the documents, seen from here.
const docs = "../../docs"

// model is the command line as the program has it.
func model(t *testing.T) *kong.Application {
	t.Helper()
	k, err := kong.New(&commands{}, kong.Name("kartotek"))
	if err != nil {
		t.Fatal(err)
	}
	return k.Model
}

// TestDocumentsAreCurrent compares the documents that are made from the program with what it says now.
func TestDocumentsAreCurrent(t *testing.T) {
	for name, want := range map[string]string{"cli.md": commandsPage(model(t)), "verdicts.md": verdictsPage()} {
		file := filepath.Join(docs, name)
		if *update {
			if err := os.WriteFile(file, []byte(want), 0o644); err != nil {
				t.Fatal(err)
			}
		}
		if got, err := os.ReadFile(file); err != nil || string(got) != want {
			t.Errorf("docs/%s is not what the program says (%v); run go test ./internal/cli -update", name, err)
		}
	}
}

// TestOperatorKnowsEverySetting holds that no setting of the server is left out of the operator's guide.
func TestOperatorKnowsEverySetting(t *testing.T) {
	guide, err := os.ReadFile(filepath.Join(docs, "operator.md"))
	if err != nil {
		t.Fatal(err)
	}
	for _, leaf := range model(t).Leaves(true) {
		if leaf.Name != "serve" {
			continue
		}
		for _, f := range leaf.Flags {
			if !strings.Contains(string(guide), "`--"+f.Name+"`") {
				t.Errorf("docs/operator.md does not say what --%s does", f.Name)
			}
		}
	}
}

const commandsHead = `# The command line

Made from the program; ` + "`go test ./internal/cli -update`" + ` writes it anew. How to build on it: [developer.md](developer.md).

What was asked for goes to standard output, progress and messages to standard error. Exit codes: 0 done, 1 findings or
refused, 2 wrong use. Commands work beside a running server.

`

func commandsPage(m *kong.Application) string {
	var b strings.Builder
	b.WriteString(commandsHead)
	shared := ""
	for _, leaf := range m.Leaves(true) {
		for _, f := range leaf.Flags {
			if leaf.Name == "verify" && registerFlag(f) {
				shared += flagRow(f)
			}
		}
	}
	every := ""
	for _, f := range m.Flags {
		every += flagRow(f)
	}
	if every != "" {
		b.WriteString("## Every command\n\n" + table("flag", every) + "\n")
	}
	b.WriteString("## Which register\n\nCommands marked *register* take one of `--data` and `--dsn`.\n\n" + table("flag", shared) + "\n")
	for _, leaf := range m.Leaves(true) {
		commandPart(&b, leaf)
	}
	return b.String()
}

func commandPart(b *strings.Builder, leaf *kong.Node) {
	fmt.Fprintf(b, "## kartotek %s\n\n%s\n\n", strings.TrimPrefix(leaf.FullPath(), "kartotek "), leaf.Help)
	args, flags, register := "", "", ""
	for _, a := range leaf.Positional {
		args += fmt.Sprintf("| `%s` | %s |\n", strings.Trim(a.Summary(), "<>[] ."), cell(a.Help))
	}
	for _, f := range leaf.Flags {
		if registerFlag(f) {
			register = " *register*"
			continue
		}
		flags += flagRow(f)
	}
	fmt.Fprintf(b, "`%s`%s\n\n", strings.ReplaceAll(leaf.Summary(), " [flags]", ""), register)
	if args != "" {
		b.WriteString(table("argument", args) + "\n")
	}
	if flags != "" {
		b.WriteString(table("flag", flags) + "\n")
	}
}

// registerFlag says whether a flag is one of those that name a register; bench has its own.
func registerFlag(f *kong.Flag) bool { return f.Group != nil && f.Group.Key == "Register" }

func flagRow(f *kong.Flag) string {
	name := "--" + f.Name
	if !f.IsBool() {
		name = strings.TrimRight(name+" "+strings.Trim(f.FormatPlaceHolder(), `"`), " ")
	}
	text := f.Help
	if f.HasDefault && f.Default != "" && !f.IsBool() {
		name = "--" + f.Name
		text += " Default: `" + f.Default + "`."
	}
	if f.Required {
		text += " Needed."
	}
	for _, e := range f.Envs {
		text += " `" + e + "`"
	}
	if f.Name == "help" {
		return ""
	}
	return fmt.Sprintf("| `%s` | %s |\n", name, cell(text))
}

func table(what, rows string) string { return "| " + what + " | what |\n|---|---|\n" + rows }

func cell(s string) string { return strings.ReplaceAll(s, "|", `\|`) }

const verdictsHead = `# Verdicts

Made from the program; ` + "`go test ./internal/cli -update`" + ` writes it anew.

Every question "may we send this to this person?" is answered with one of these codes. The code is stored with each message
that was sent and with each that was not, counted on the newsletter's page, and never reused for another meaning. They stand
in the order in which the rules are asked; the first with an opinion decides.

| code | may we | English | svenska | suomi | rests on |
|---|---|---|---|---|---|
`

const outsideHead = `
Five more are no answers of the rules. They say why a message was left out before or after the rules were asked.

| code | English | svenska | suomi |
|---|---|---|---|
`

const explainHead = `
## What one can do about a "no"

| code | what |
|---|---|
`

// outside are codes of the outbox.
var outside = []string{"NO-ADDRESS", "HOUSE-CAP", "GONE", "MERGED", "STOPPED"}

func verdictsPage() string {
	var b strings.Builder
	b.WriteString(verdictsHead)
	words := func(code string) (out [3]string) {
		for i, lang := range []string{"en", "sv", "fi"} {
			out[i] = i18n.For(lang).T("code." + code)
		}
		return out
	}
	explained := outside
	for _, c := range permit.Codes() {
		w, may, rests := words(c.Code), "no", c.Citation
		if c.Allowed {
			may = "yes"
		}
		if rests == "" {
			rests = "rule of the house"
		}
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s | %s | %s |\n", c.Code, may, w[0], w[1], w[2], rests)
		explained = append(explained, c.Code)
	}
	b.WriteString(outsideHead)
	for _, code := range outside {
		w := words(code)
		fmt.Fprintf(&b, "| `%s` | %s | %s | %s |\n", code, w[0], w[1], w[2])
	}
	b.WriteString(explainHead)
	for _, code := range explained {
		if en := i18n.For("en"); en.Has("explain." + code) {
			fmt.Fprintf(&b, "| `%s` | %s |\n", code, en.T("explain."+code))
		}
	}
	return b.String()
}
