package e2e

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"runtime"
	"slices"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"

	_ "kartotek/internal/cli" // a change of the program is a change of these tests: no remembered result stands for it
	"kartotek/internal/db/dbtest"
)

// patience bounds every wait; nothing here takes a tenth of it on an idle machine.
const patience = 90 * time.Second

var program struct {
	path string
	home string
}

func TestMain(m *testing.M) {
	dir, err := os.MkdirTemp("", "kartotek-e2e")
	if err == nil {
		err = build(dir)
	}
	if err != nil {
		fmt.Fprintln(os.Stderr, err)
		os.RemoveAll(dir)
		os.Exit(1)
	}
	dbtest.Main(m, func() { os.RemoveAll(dir) })
}

// build makes the program under test, as it is shipped.
func build(dir string) error {
	program.path, program.home = filepath.Join(dir, "bin", "kartotek"), filepath.Join(dir, "home")
	c := exec.Command("go", "build", "-o", program.path, "kartotek/cmd/kartotek")
	c.Env = append(os.Environ(), "CGO_ENABLED=0")
	if out, err := c.CombinedOutput(); err != nil {
		return fmt.Errorf("the program cannot be built: %w\n%s", err, out)
	}
	return os.MkdirAll(program.home, 0o700)
}

// environment is what the program sees: none of the settings of whoever tests.
func environment() []string {
	return []string{"PATH=" + os.Getenv("PATH"), "HOME=" + program.home, "TMPDIR=" + os.TempDir(), "LC_ALL=C.UTF-8"}
}

// result is what a finished command left behind.
type result struct {
	code     int
	out, err string
}

// kartotek runs a command to its end.
func kartotek(t testing.TB, args ...string) result {
	t.Helper()
	return answer(t, "", args...)
}

// answer runs a command with a text on standard input.
func answer(t testing.TB, input string, args ...string) result {
	t.Helper()
	ctx, cancel := context.WithTimeout(context.Background(), patience)
	defer cancel()
	c := exec.CommandContext(ctx, program.path, args...)
	var out, errs bytes.Buffer
	c.Stdin, c.Stdout, c.Stderr, c.Env = strings.NewReader(input), &out, &errs, environment()
	err := c.Run()
	var exit *exec.ExitError
	if ctx.Err() != nil || err != nil && !errors.As(err, &exit) {
		t.Fatalf("kartotek %s: %v %v\n%s", strings.Join(args, " "), err, ctx.Err(), errs.String())
	}
	return result{c.ProcessState.ExitCode(), out.String(), errs.String()}
}

// done runs a command that must succeed, and gives its standard output.
func done(t testing.TB, args ...string) string {
	t.Helper()
	r := kartotek(t, args...)
	if r.code != 0 {
		t.Fatalf("kartotek %s: exit %d\n%s%s", strings.Join(args, " "), r.code, r.out, r.err)
	}
	return r.out
}

// parsed reads JSON from standard output.
func parsed[T any](t testing.TB, text string) (v T) {
	t.Helper()
	if err := json.Unmarshal([]byte(text), &v); err != nil {
		t.Fatalf("standard output is not JSON: %v\n%s", err, text)
	}
	return v
}

// heard is what a process has written so far. Waiting for a text needs no time.
type heard struct {
	mu     sync.Mutex
	text   strings.Builder // guarded by mu
	change chan struct{}   // guarded by mu: closed at the next byte
}

func (h *heard) Write(b []byte) (int, error) {
	h.mu.Lock()
	defer h.mu.Unlock()
	h.text.Write(b)
	close(h.change)
	h.change = make(chan struct{})
	return len(b), nil
}

func (h *heard) read() (string, <-chan struct{}) {
	h.mu.Lock()
	defer h.mu.Unlock()
	return h.text.String(), h.change
}

// process is a command that runs.
type process struct {
	cmd   *exec.Cmd
	args  []string
	out   *heard
	err   *heard
	ended chan struct{}
}

// start begins a command; it is killed at the test's end, and dies with the tests
// should they be killed themselves.
func start(t testing.TB, args ...string) *process {
	t.Helper()
	return launch(t, exec.Command(program.path, args...), args)
}

// launch is start for a command that runs the program in a way of its own.
func launch(t testing.TB, cmd *exec.Cmd, args []string) *process {
	t.Helper()
	p := &process{cmd: cmd, args: args, out: &heard{change: make(chan struct{})}, err: &heard{change: make(chan struct{})},
		ended: make(chan struct{})}
	p.cmd.Env, p.cmd.Stdout, p.cmd.Stderr = environment(), p.out, p.err
	p.cmd.SysProcAttr = &syscall.SysProcAttr{Pdeathsig: syscall.SIGKILL}
	begun := make(chan error, 1)
	go func() {
		runtime.LockOSThread() // the child dies with the thread that made it
		defer runtime.UnlockOSThread()
		err := p.cmd.Start()
		begun <- err
		if err == nil {
			_ = p.cmd.Wait() // the state tells
			close(p.ended)
		}
	}()
	if err := <-begun; err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { p.kill() })
	return p
}

// says waits for a pattern on standard output and gives its groups.
func (p *process) says(t testing.TB, pattern string) []string {
	t.Helper()
	return p.await(t, p.out, pattern)
}

// warns waits for a pattern on standard error.
func (p *process) warns(t testing.TB, pattern string) []string {
	t.Helper()
	return p.await(t, p.err, pattern)
}

func (p *process) await(t testing.TB, from *heard, pattern string) []string {
	t.Helper()
	re := regexp.MustCompile(pattern)
	late := time.NewTimer(patience)
	defer late.Stop()
	for {
		text, change := from.read()
		if m := re.FindStringSubmatch(text); m != nil {
			return m
		}
		select {
		case <-change:
		case <-p.ended:
			if text, _ := from.read(); re.MatchString(text) {
				return re.FindStringSubmatch(text)
			}
			errs, _ := p.err.read()
			t.Fatalf("kartotek %s ended without saying %q:\n%s%s", strings.Join(p.args, " "), pattern, text, errs)
		case <-late.C:
			t.Fatalf("kartotek %s does not say %q:\n%s", strings.Join(p.args, " "), pattern, text)
		}
	}
}

// kill is kill -9.
func (p *process) kill() {
	_ = p.cmd.Process.Kill()
	<-p.ended
}

// end asks a process to end, and waits until it has.
func (p *process) end(t testing.TB, s os.Signal) result {
	t.Helper()
	if err := p.cmd.Process.Signal(s); err != nil && !errors.Is(err, os.ErrProcessDone) {
		t.Fatal(err)
	}
	return p.finish(t)
}

// finish waits for a process to end by itself.
func (p *process) finish(t testing.TB) result {
	t.Helper()
	late := time.NewTimer(patience)
	defer late.Stop()
	select {
	case <-p.ended:
	case <-late.C:
		t.Fatalf("kartotek %s does not end", strings.Join(p.args, " "))
	}
	out, _ := p.out.read()
	errs, _ := p.err.read()
	return result{p.cmd.ProcessState.ExitCode(), out, errs}
}

// store is how a register is named on the command line.
type store []string

func folder(t testing.TB) store {
	t.Helper()
	return store{"--data", filepath.Join(t.TempDir(), "register")}
}

// with puts the register behind a command.
func (s store) with(args ...string) []string { return append(slices.Clone(args), s...) }

// dir is the folder of a register on SQLite.
func (s store) dir() string { return s[1] }

// ready is a register with the template notice published.
func ready(t testing.TB) store {
	t.Helper()
	s := folder(t)
	done(t, s.with("init", "--yes")...)
	return s
}

// serve starts a server on a port of the system's choice and gives its address.
func serve(t testing.TB, args ...string) (*process, string) {
	t.Helper()
	p := start(t, append([]string{"serve", "--listen", "127.0.0.1:0"}, args...)...)
	return p, p.says(t, `Kartotek serves (http://\S+)\n`)[1]
}

func write(t testing.TB, name, content string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, []byte(content), 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}
