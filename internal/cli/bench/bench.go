// Package bench holds the command that measures the program on the machine it stands
// on. What is measured, and with which invented people, package gauge knows; here are
// the command line, the processes that stand outside the measurement, and the figures
// that are printed, whose JSON is a contract with scripts. Begin with Bench: its field
// What names the measurements, and each has a file or a method of its name.
package bench

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"time"

	"kartotek/internal/catcher"
	"kartotek/internal/cli/shell"
	"kartotek/internal/clock"
	"kartotek/internal/config"
	"kartotek/internal/gauge"
	"kartotek/internal/nordic"
)

// Bench is the command that measures the program on this machine with invented Nordic people.
// Figures are for comparing before and after, on the same machine; CPU counts
// the whole process, database included (on PostgreSQL, the client's share). The
// mail server that bench send sends to is a process of its own, the same program
// as "bench sink": its share is told beside, not counted. So are those who press
// the links of bench unsubscribe, "bench press".
type Bench struct {
	What   string `arg:"" enum:"import,decide,send,search,access,unsubscribe,retention,backup,sink,press" help:"import, decide, send, search, access, unsubscribe, retention or backup."`
	Data   string `placeholder:"DIR" help:"Folder to work in; default a temporary one, removed afterwards. A bench register found there is used again."`
	DSN    string `name:"dsn" placeholder:"postgres://…" help:"Empty PostgreSQL database to work in."`
	People int    `default:"100000" help:"How many people."`
	JSON   bool   `name:"json" help:"Print JSON."`
}

// Figures are what a bench measured.
type figures struct {
	What      string             `json:"what"`
	People    int                `json:"people"`
	Seconds   float64            `json:"seconds"`
	PerSecond float64            `json:"per_second"`
	CPUMicros float64            `json:"cpu_us_each"`
	PeakMB    int                `json:"peak_mb"`
	Details   map[string]float64 `json:"details,omitempty"`
}

// Run measures.
func (c *Bench) Run(w *shell.World) error {
	switch c.What {
	case "sink":
		return sink(w)
	case "press":
		return pressAll(w)
	}
	dir := c.Data
	if dir == "" {
		var err error
		if dir, err = os.MkdirTemp("", "kartotek-bench"); err != nil {
			return err
		}
		defer os.RemoveAll(dir)
	}
	store := config.Store{Data: dir}
	if c.DSN != "" {
		store = config.Store{DSN: c.DSN, Keys: filepath.Join(dir, "keys")}
	}
	b := &bench{w: w, people: c.People, dir: dir, store: store}
	f, err := b.run(c.What)
	if err != nil {
		return err
	}
	if c.JSON {
		return w.JSON(f)
	}
	w.Printf("%-8s %d: %.2f s, %.0f a second, %.1f µs CPU each, peak %d MB\n", f.What, f.People, f.Seconds, f.PerSecond, f.CPUMicros, f.PeakMB)
	for k, v := range f.Details {
		w.Printf("  %-40s %.3f\n", k, v)
	}
	return nil
}

// bench is one measurement under way.
type bench struct {
	w      *shell.World
	h      gauge.House
	people int
	dir    string
	store  config.Store
}

func (b *bench) run(what string) (figures, error) {
	h, err := gauge.OpenBench(b.w.Ctx, b.store)
	if err != nil {
		return figures{}, err
	}
	defer h.Close()
	b.h = h
	if what == "import" {
		return b.imports(false)
	}
	have, err := b.h.CountPeople(b.w.Ctx)
	if err != nil {
		return figures{}, err
	}
	if have < b.people {
		b.w.Note("inventing %d people first", b.people)
		if _, err := b.imports(true); err != nil {
			return figures{}, err
		}
	}
	switch what {
	case "decide":
		return b.decide()
	case "send":
		return b.send()
	case "unsubscribe":
		return b.unsubscribe()
	case "access":
		return b.access()
	case "retention":
		return b.retention()
	case "backup":
		return b.backup()
	}
	return b.search()
}

// measure times fn over n things.
func (b *bench) measure(what string, n int, fn func() error) (figures, error) {
	runtime.GC()
	cpu, start := cpuTime(), clock.System().Now()
	if err := fn(); err != nil {
		return figures{}, err
	}
	took, used := clock.System().Now().Sub(start), cpuTime()-cpu
	return figures{What: what, People: n, Seconds: took.Seconds(), PerSecond: float64(n) / took.Seconds(),
		CPUMicros: float64(used.Microseconds()) / float64(n), PeakMB: peakMB()}, nil
}

// imports measures an import; consents asserts one for everybody, so that there is something to decide.
func (b *bench) imports(consents bool) (figures, error) {
	file := filepath.Join(b.dir, "people.csv")
	f, err := os.Create(file)
	if err != nil {
		return figures{}, err
	}
	defer os.Remove(file)
	if err := nordic.Listmonk(f, b.people, b.people/50+1); err != nil {
		return figures{}, err
	}
	if err := f.Close(); err != nil {
		return figures{}, err
	}
	return b.measure("import", b.people, func() error { return b.h.BenchImport(b.w.Ctx, file, consents) })
}

func (b *bench) decide() (figures, error) {
	bare, err := b.measure("scan", b.people, func() error { return b.h.BenchScan(b.w.Ctx) })
	if err != nil {
		return figures{}, err
	}
	f, err := b.measure("decide", b.people, func() error { return b.h.BenchDecide(b.w.Ctx) })
	f.Details = map[string]float64{"bare joined scan, µs CPU each": bare.CPUMicros, "decide / bare scan": f.CPUMicros / bare.CPUMicros}
	return f, err
}

func (b *bench) send() (figures, error) {
	server, url, err := startSink(b.w.Ctx)
	if err != nil {
		return figures{}, err
	}
	f, err := b.measure("send", b.people, func() error { return b.h.BenchSend(b.w.Ctx, url) })
	used, stop := server.stop()
	f.Details = map[string]float64{"the mail server's share, µs CPU each": float64(used.Microseconds()) / float64(b.people)}
	return f, errors.Join(err, stop)
}

// retention measures the preview of a run as it is tonight, when nobody's time has come.
func (b *bench) retention() (figures, error) {
	due := 0
	f, err := b.measure("retention", b.people, func() (err error) { due, err = b.h.BenchRetention(b.w.Ctx); return err })
	f.Details = map[string]float64{"people due": float64(due)}
	return f, err
}

// sink is what the child process runs: it ends with its standard input, so that it
// does not outlive the program that started it.
func sink(w *shell.World) error {
	ctx, end := context.WithCancel(w.Ctx)
	defer end()
	go func() { _, _ = io.Copy(io.Discard, os.Stdin); end() }()
	return catcher.RunSink(ctx, func(url string) { w.Printf("%s\n", url) })
}

// sinkProcess is the child process.
type sinkProcess struct {
	cmd *exec.Cmd
	in  io.Closer
}

// startSink starts this program again as a mail server, and gives its address.
func startSink(ctx context.Context) (p *sinkProcess, url string, err error) {
	self, err := os.Executable()
	if err != nil {
		return nil, "", err
	}
	cmd := exec.CommandContext(ctx, self, "bench", "sink")
	cmd.Args[0], cmd.Stderr = os.Args[0], os.Stderr
	in, err := cmd.StdinPipe()
	if err != nil {
		return nil, "", err
	}
	out, err := cmd.StdoutPipe()
	if err != nil {
		return nil, "", err
	}
	if err := cmd.Start(); err != nil {
		return nil, "", err
	}
	url, err = bufio.NewReader(out).ReadString('\n')
	return &sinkProcess{cmd, in}, strings.TrimSpace(url), err
}

// stop ends the process and tells what it used.
func (p *sinkProcess) stop() (time.Duration, error) {
	p.in.Close()
	err := p.cmd.Wait()
	return p.cmd.ProcessState.UserTime() + p.cmd.ProcessState.SystemTime(), err
}

// searches are timed ten times each; the median is told, in milliseconds.
func (b *bench) search() (figures, error) {
	details := map[string]float64{}
	f, err := b.measure("search", b.people, func() error {
		for _, q := range gauge.BenchQueries(b.people) {
			ms, err := b.h.BenchQuery(b.w.Ctx, q)
			if err != nil {
				return fmt.Errorf("%s: %w", q.Name, err)
			}
			details[q.Name+", ms"] = ms
		}
		return nil
	})
	f.Details = details
	return f, err
}

// cpuTime is what this process has used, user and system.
func cpuTime() time.Duration {
	var r syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &r) != nil {
		return 0
	}
	return time.Duration(r.Utime.Nano() + r.Stime.Nano())
}

func peakMB() int {
	var r syscall.Rusage
	if syscall.Getrusage(syscall.RUSAGE_SELF, &r) != nil {
		return 0
	}
	return int(r.Maxrss >> 10)
}
