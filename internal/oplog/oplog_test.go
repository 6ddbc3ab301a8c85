package oplog

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"log/slog"
	"strings"
	"testing"
)

// canaries are what must never appear in a log.
var canaries = []string{"Canary", "canary", "7061957"}

func TestNothingPersonal(t *testing.T) {
	type person struct {
		Name Personal
		N    int
	}
	for _, format := range []string{"text", "json"} {
		var b bytes.Buffer
		l := New(&b, "debug", format).With("email", "canary@bolaget.example").WithGroup("req").With("cookie", "canary")
		name := Withhold("Canary")
		l.Info("signed in: canary@bolaget.example", "who", name, "in", person{name, 3}, "ptr", &person{name, 4})
		l.Error(fmt.Sprintf("%v %s %+v %q %#v", name, name, person{name, 1}, name, name), "error", errors.New(`550 <canary@bolaget.example>: unknown`))
		l.Warn("x", "Session_Token", "canary", slog.Group("g", "phone", "7061957", "note", "to canary%40bolaget.example"))
		l.Debug("dial", "url", "smtp://canary:canary@mail.example:25", "to", []string{"canary@bolaget.example"})
		for _, c := range canaries {
			if strings.Contains(b.String(), c) {
				t.Errorf("%s: %q was logged:\n%s", format, c, b.String())
			}
		}
		if n := strings.Count(b.String(), "\n"); n != 4 {
			t.Errorf("%s: %d lines", format, n)
		}
		if !strings.Contains(b.String(), "550") || !strings.Contains(b.String(), "N:3") {
			t.Errorf("%s: too much was withheld:\n%s", format, b.String())
		}
	}
	if Withhold("Canary").Reveal() != "Canary" {
		t.Error("the value is lost")
	}
	j, _ := json.Marshal(person{Withhold("Canary"), 1})
	if string(j) != `{"Name":"[withheld]","N":1}` {
		t.Errorf("as JSON: %s", j)
	}
}

// TestOneLine holds that no text breaks out of its line or reaches the terminal.
func TestOneLine(t *testing.T) {
	evil := "a\nlevel=ERROR msg=forged\r\x1b[31m\x00\u2028\u2029\u0085b"
	for _, format := range []string{"text", "json"} {
		var b bytes.Buffer
		New(&b, "info", format).Info(evil, evil, evil, "v", evil, "e", errors.New(evil), "l", []string{evil})
		out := strings.TrimSuffix(b.String(), "\n")
		if strings.ContainsAny(out, "\n\r\x1b\x00\u2028\u2029\u0085") {
			t.Errorf("%s: %q", format, out)
		}
	}
}

func TestLevels(t *testing.T) {
	for level, want := range map[string]int{"debug": 4, "info": 3, "warn": 2, "error": 1, "": 3} {
		var b bytes.Buffer
		l := New(&b, level, "text")
		l.Debug("x")
		l.Info("x")
		l.Warn("x")
		l.Error("x")
		if n := strings.Count(b.String(), "\n"); n != want {
			t.Errorf("%q: %d lines", level, n)
		}
	}
}

func FuzzScrub(f *testing.F) {
	f.Add("to a@b.example, c%40d.example")
	f.Fuzz(func(t *testing.T, s string) {
		var b bytes.Buffer
		New(&b, "info", "text").Info(s, "v", s)
		if strings.Count(b.String(), "\n") != 1 {
			t.Errorf("%q took more than a line", s)
		}
	})
}
