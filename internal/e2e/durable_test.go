package e2e

import (
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strings"
	"testing"
	"time"
)

// Lines of strace: a call with its thread, its file or connection and the rest; and
// the end of a call that another thread's interrupted.
var (
	called  = regexp.MustCompile(`^(\d+) +(\w+)\(\d+<(.*?)>([,)].*)`)
	resumed = regexp.MustCompile(`^(\d+) +<\.\.\. \w+ resumed>(.*)`)
)

// sysCall is one that has ended.
type sysCall struct{ name, on, data string }

// calls puts together what strace wrote of each call, in the order in which they ended.
func calls(lines []string) (all []sysCall) {
	open := map[string]sysCall{}
	for _, line := range lines {
		if m := called.FindStringSubmatch(line); m != nil {
			c := sysCall{m[2], m[3], m[4]}
			if strings.HasSuffix(c.data, "<unfinished ...>") {
				open[m[1]] = c
			} else {
				all = append(all, c)
			}
		} else if m := resumed.FindStringSubmatch(line); m != nil {
			c := open[m[1]]
			c.data += m[2]
			all = append(all, c)
		}
	}
	return all
}

// trace reads what strace wrote once the process it watched has ended.
func trace(t *testing.T, file string) []string {
	t.Helper()
	late := time.NewTimer(patience)
	defer late.Stop()
	again := time.NewTicker(20 * time.Millisecond)
	defer again.Stop()
	for {
		text, err := os.ReadFile(file)
		if lines := strings.Split(strings.TrimSpace(string(text)), "\n"); err == nil && strings.Contains(lines[len(lines)-1], "+++ exited with") {
			return lines
		}
		select {
		case <-again.C:
		case <-late.C:
			t.Fatal("strace does not end")
		}
	}
}

// watched starts the program under strace, which notes in a file what it reads and
// writes, and what it has written through to the disk.
func watched(t *testing.T, file string, args ...string) *process {
	t.Helper()
	args = append([]string{"-D", "-f", "-q", "-yy", "-s", "2000", "-e", "trace=read,write,fsync,fdatasync", "-o", file, program.path}, args...)
	return launch(t, exec.Command("strace", args...), args)
}

// TestSafeBeforeSaid watches the calls to the system. That letters are handed over is
// on the disk before a text of theirs goes out, and an objection before it is answered:
// between the two, the database's log is written through.
func TestSafeBeforeSaid(t *testing.T) {
	const people = 20
	s, server := consenting(t, many(people)...), take(t)
	link, dir := server.firstLink(), t.TempDir()
	web := watched(t, filepath.Join(dir, "web"), s.with("serve", "--listen", "127.0.0.1:0")...)
	base := web.says(t, `Kartotek serves (http://\S+)\n`)[1]
	send := watched(t, filepath.Join(dir, "send"), s.with("campaign", "send", letter(t, "Letter", "newsletter", "marketing"), "--smtp", server.url(), "--base-url", base)...)
	if r := send.finish(t); r.code != 0 {
		t.Fatalf("%+v", r)
	}
	if r := post(t, link(), url.Values{"List-Unsubscribe": {"One-Click"}}); r.status != http.StatusOK {
		t.Fatalf("one-click: %d", r.status)
	}
	web.end(t, os.Interrupt)
	smtp := server.l.Addr().String()
	if texts, _ := safely(t, trace(t, filepath.Join(dir, "send")), smtp); texts < people {
		t.Errorf("only %d texts were seen", texts)
	}
	if _, answers := safely(t, trace(t, filepath.Join(dir, "web")), smtp); answers != 1 {
		t.Errorf("%d answers were seen", answers)
	}
}

// safely looks, on each connection, that the log was written through between what
// asked for a thing and what says that it is done. It gives how many texts of letters
// and answers to objections there were.
func safely(t *testing.T, lines []string, smtp string) (texts, answers int) {
	t.Helper()
	through, asked := 0, map[string]int{}
	safe := func(on, what string) {
		if from, ok := asked[on]; !ok || through == from {
			t.Errorf("%s, and the log was not written through before", what)
		}
	}
	for _, c := range calls(lines) {
		switch {
		case strings.HasSuffix(c.name, "sync") && strings.HasSuffix(c.on, "-wal"):
			through++
		case c.name == "write" && strings.Contains(c.data, `"EHLO `), c.name == "read" && strings.Contains(c.data, `"POST /u/`):
			asked[c.on] = through
		case c.name == "write" && strings.Contains(c.on, smtp) && strings.Contains(c.data, "Message-ID:"):
			texts++
			safe(c.on, "a text goes out")
		case c.name == "write" && strings.Contains(c.data, `"HTTP/1.1 200`):
			answers++
			safe(c.on, "an objection is answered")
		}
	}
	return texts, answers
}
