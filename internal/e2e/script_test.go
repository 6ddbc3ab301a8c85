package e2e

import (
	"bufio"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"maps"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"sync"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"kartotek/internal/catcher"
	"kartotek/internal/db"
)

// TestScripts runs testdata/script. Besides testscript's own commands they use:
//
//	run CODE ARG...        kartotek ARG...; its exit code must be CODE
//	keys PATH KEY...       the object at PATH of the JSON on standard output has exactly these keys
//	value PATH WANT        the value at PATH, written as JSON; a text may stand without quotes
//	rows N                 standard output is N lines, each a JSON object
//	sql DIR STATEMENT      changes a register behind the program's back; with ! the register refuses
//	catch                  starts a mail server; its address is $SMTP
//	caught N               that server has taken N mails so far
//
// A PATH is written with dots, "." is the whole; numbers count list elements.
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(e *testscript.Env) error {
			e.Setenv("PATH", filepath.Dir(program.path)+":"+e.Getenv("PATH"))
			e.Setenv("HOME", filepath.Join(e.WorkDir, "home"))
			return nil
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"run": scriptRun, "keys": scriptKeys, "value": scriptValue, "rows": scriptRows, "sql": scriptSQL, "catch": scriptCatch, "caught": scriptCaught,
		},
	})
}

func scriptRun(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 1 {
		ts.Fatalf("usage: run CODE ARG...")
	}
	code := 0
	err := ts.Exec(program.path, args[1:]...)
	var exit *exec.ExitError
	if errors.As(err, &exit) {
		code = exit.ExitCode()
	} else {
		ts.Check(err)
	}
	if strconv.Itoa(code) != args[0] {
		ts.Fatalf("exit code %d, want %s", code, args[0])
	}
}

// at finds what stands at a path of the JSON on standard output.
func at(ts *testscript.TestScript, path string) any {
	var v any
	if err := json.Unmarshal([]byte(ts.ReadFile("stdout")), &v); err != nil {
		ts.Fatalf("standard output is not JSON: %v", err)
	}
	for _, step := range strings.FieldsFunc(path, func(r rune) bool { return r == '.' }) {
		switch here := v.(type) {
		case map[string]any:
			next, ok := here[step]
			if !ok {
				ts.Fatalf("there is no %s in %s", step, path)
			}
			v = next
		case []any:
			n, err := strconv.Atoi(step)
			if err != nil || n >= len(here) {
				ts.Fatalf("there is no element %s in %s", step, path)
			}
			v = here[n]
		default:
			ts.Fatalf("nothing stands below %s", step)
		}
	}
	return v
}

func scriptKeys(ts *testscript.TestScript, _ bool, args []string) {
	object, ok := at(ts, args[0]).(map[string]any)
	if !ok {
		ts.Fatalf("%s is no object", args[0])
	}
	got, want := slices.Sorted(maps.Keys(object)), slices.Sorted(slices.Values(args[1:]))
	if !slices.Equal(got, want) {
		ts.Fatalf("keys %v, want %v", got, want)
	}
}

func scriptValue(ts *testscript.TestScript, neg bool, args []string) {
	if len(args) != 2 {
		ts.Fatalf("usage: value PATH WANT")
	}
	v := at(ts, args[0])
	text, isText := v.(string)
	if !isText {
		b, err := json.Marshal(v)
		ts.Check(err)
		text = string(b)
	}
	if (text == args[1]) == neg {
		ts.Fatalf("%s is %s, want %s (not: %v)", args[0], text, args[1], neg)
	}
}

func scriptRows(ts *testscript.TestScript, _ bool, args []string) {
	n := 0
	in := bufio.NewScanner(strings.NewReader(ts.ReadFile("stdout")))
	for ; in.Scan(); n++ {
		var object map[string]any
		if err := json.Unmarshal(in.Bytes(), &object); err != nil {
			ts.Fatalf("line %d is no JSON object: %v", n+1, err)
		}
	}
	if strconv.Itoa(n) != args[0] {
		ts.Fatalf("%d lines, want %s", n, args[0])
	}
}

func scriptSQL(ts *testscript.TestScript, neg bool, args []string) {
	d, err := sql.Open("sqlite", filepath.Join(ts.MkAbs(args[0]), db.FileName))
	ts.Check(err)
	defer d.Close()
	n := int64(0)
	r, err := d.Exec(args[1])
	if err == nil {
		n, err = r.RowsAffected()
	}
	if changed := err == nil && n > 0; changed == neg {
		ts.Fatalf("%d rows changed: %v", n, err)
	}
}

// caught holds the mail server of each script by its folder.
var caught sync.Map

func scriptCatch(ts *testscript.TestScript, _ bool, _ []string) {
	c, err := catcher.Start("127.0.0.1:0")
	ts.Check(err)
	ts.Defer(func() { c.Close() })
	caught.Store(ts.Getenv("WORK"), c)
	ts.Setenv("SMTP", c.URL())
}

func scriptCaught(ts *testscript.TestScript, _ bool, args []string) {
	c, ok := caught.Load(ts.Getenv("WORK"))
	if !ok {
		ts.Fatalf("no mail server was started")
	}
	if n := c.(*catcher.Catcher).Count(); fmt.Sprint(n) != args[0] {
		ts.Fatalf("%d mails were caught, want %s", n, args[0])
	}
}
