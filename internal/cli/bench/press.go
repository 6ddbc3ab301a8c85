package bench

import (
	"bufio"
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/http"
	"os"
	"os/exec"
	"slices"
	"strings"
	"sync"
	"time"

	"kartotek/internal/cli/shell"
	"kartotek/internal/clock"
	"kartotek/internal/gauge"
)

// presses are how many links are pressed at the same time.
const presses = 64

// pressed is what the child process measured.
type pressed struct {
	Done    int     `json:"done"` // answered with 200
	Other   int     `json:"other"`
	Seconds float64 `json:"seconds"`
	Median  float64 `json:"median_ms"`
	P99     float64 `json:"p99_ms"`
}

// unsubscribe measures RFC 8058's one click through the real server: each answer is
// given when the objection is safe on the disk. The mail providers that press are a
// process of their own, on the same machine.
func (b *bench) unsubscribe() (figures, error) {
	server, url, err := startSink(b.w.Ctx)
	if err != nil {
		return figures{}, err
	}
	paths, err := b.h.BenchNewsletter(b.w.Ctx, url, b.people)
	_, stop := server.stop()
	if err = errors.Join(err, stop, b.h.Close()); err != nil {
		return figures{}, err
	}
	s, err := gauge.ServeBench(b.w.Ctx, b.store)
	if err != nil {
		return figures{}, err
	}
	var told pressed
	f, err := b.measure("unsubscribe", len(paths), func() (err error) { told, err = b.press(s.Addr, paths); return err })
	if err = errors.Join(err, s.Close(b.w.Ctx)); err != nil {
		return figures{}, err
	}
	f.Seconds, f.PerSecond = told.Seconds, float64(told.Done)/told.Seconds
	f.Details = map[string]float64{"at a time": presses, "median, ms": told.Median, "99 of 100 within, ms": told.P99, "not answered with 200": float64(told.Other)}
	return f, nil
}

// press runs this program again as those who press, and hands it the links.
func (b *bench) press(addr string, paths []string) (told pressed, err error) {
	self, err := os.Executable()
	if err != nil {
		return told, err
	}
	cmd := exec.CommandContext(b.w.Ctx, self, "bench", "press")
	cmd.Args[0], cmd.Stderr = os.Args[0], os.Stderr
	cmd.Stdin = strings.NewReader(addr + "\n" + strings.Join(paths, "\n") + "\n")
	out, err := cmd.Output()
	if err != nil {
		return told, err
	}
	return told, json.Unmarshal(out, &told)
}

// pressAll is what that process does: a line with the server's address, then a line
// for each path; the figures go to standard output.
func pressAll(w *shell.World) error {
	text, err := io.ReadAll(os.Stdin)
	if err != nil {
		return err
	}
	lines := strings.Fields(string(text))
	if len(lines) == 0 {
		return shell.Usage("bench press reads an address and paths")
	}
	todo := make(chan string, len(lines))
	for _, path := range lines[1:] {
		todo <- path
	}
	close(todo)
	var mu sync.Mutex
	var all []time.Duration
	var told pressed
	var work sync.WaitGroup
	start := clock.System().Now()
	for range presses {
		work.Go(func() {
			took, other := pressSome(lines[0], todo)
			mu.Lock()
			defer mu.Unlock()
			all, told.Other = append(all, took...), told.Other+other
		})
	}
	work.Wait()
	told.Done, told.Seconds = len(all), clock.System().Now().Sub(start).Seconds()
	slices.Sort(all)
	if len(all) > 0 {
		told.Median, told.P99 = ms(all[len(all)/2]), ms(all[len(all)*99/100])
	}
	return w.JSON(told)
}

func ms(d time.Duration) float64 { return float64(d.Microseconds()) / 1000 }

// pressSome presses over one connection until nothing is left, and gives how long
// each answer of 200 took. A connection that breaks counts for one other answer.
func pressSome(addr string, todo <-chan string) (took []time.Duration, other int) {
	var c net.Conn
	var in *bufio.Reader
	for path := range todo {
		start := clock.System().Now()
		if c == nil {
			var err error
			if c, err = net.Dial("tcp", addr); err != nil {
				other++
				continue
			}
			in = bufio.NewReader(c)
		}
		switch status, err := pressOne(c, in, addr, path); {
		case err != nil:
			c.Close()
			c = nil
			other++
		case status != http.StatusOK:
			other++
		default:
			took = append(took, clock.System().Now().Sub(start))
		}
	}
	if c != nil {
		c.Close()
	}
	return took, other
}

const pressBody = "List-Unsubscribe=One-Click"

func pressOne(c net.Conn, in *bufio.Reader, addr, path string) (status int, err error) {
	var b bytes.Buffer
	fmt.Fprintf(&b, "POST %s HTTP/1.1\r\nHost: %s\r\nContent-Type: application/x-www-form-urlencoded\r\nContent-Length: %d\r\n\r\n%s", path, addr, len(pressBody), pressBody)
	if _, err := c.Write(b.Bytes()); err != nil {
		return 0, err
	}
	r, err := http.ReadResponse(in, nil)
	if err != nil {
		return 0, err
	}
	defer r.Body.Close()
	_, err = io.Copy(io.Discard, r.Body)
	return r.StatusCode, err
}
