//go:build powercut

package e2e

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"net/http"
	"net/url"
	"os"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"
)

// cuts is how often the power is cut.
var cuts = flag.Int("cuts", 50, "how often the power is cut")

// disk is a file system of its own whose power can be cut: nothing that was not
// written through survives.
type disk struct{ image, at string }

func newDisk(t *testing.T) *disk {
	t.Helper()
	dir := publicFolder(t)
	d := &disk{filepath.Join(dir, "image"), filepath.Join(dir, "disk")}
	must(t, privileged("truncate", "-s", "320M", d.image))
	must(t, privileged("mkfs.xfs", "-q", d.image))
	if err := os.Mkdir(d.at, 0o755); err != nil {
		t.Fatal(err)
	}
	d.mount(t)
	t.Cleanup(func() { must(t, privileged("umount", d.at)) })
	must(t, privileged("chown", fmt.Sprint(os.Getuid()), d.at))
	return d
}

func (d *disk) mount(t *testing.T) { must(t, privileged("mount", "-o", "loop", d.image, d.at)) }

// cut is the power cut: the file system takes nothing more, and what its log had in
// memory is lost.
func (d *disk) cut(t *testing.T) { must(t, privileged("xfs_io", "-x", "-c", "shutdown", d.at)) }

// TestPowerCut cuts the power while a newsletter goes out and people say no. Whoever
// was answered has said it, whoever has a letter is not sent a second, and the register
// is whole. It needs root, loop devices and xfsprogs: make powercut.
func TestPowerCut(t *testing.T) {
	const people = 600
	made, first := consenting(t, many(people)...), take(t)
	links := map[string]string{}
	var mu sync.Mutex
	first.keep = func(to string, text []byte) {
		mu.Lock()
		defer mu.Unlock()
		links[to] = string(unsubscribe.FindSubmatch(text)[1])
	}
	done(t, made.with("campaign", "send", letter(t, "First", "newsletter", "marketing"), "--smtp", first.url(), "--base-url", "http://register.example")...)
	total, uncertain, said := 0, 0, 0
	for n := range *cuts {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			d, server := newDisk(t), take(t)
			s := store{"--data", filepath.Join(d.at, "register")}
			if err := os.CopyFS(s.dir(), os.DirFS(made.dir())); err != nil {
				t.Fatal(err)
			}
			must(t, privileged("sync", "-f", d.at))
			no := cutWhileSending(t, d, s, server, links)
			total, said = total+server.count(), said+len(no)
			s.remembers(t, no)
			done(t, s.with("verify")...)
			done(t, s.with("campaign", "send", letter(t, "Second", "newsletter", "marketing"), "--smtp", server.url())...)
			uncertain += afterCut(t, s.states(t, "Second"), server.copies())
		})
	}
	t.Logf("%d cuts: %d letters and %d answered objections before them, %d uncertain", *cuts, total, said, uncertain)
}

// remembers looks that nobody of those may be sent the newsletter.
func (s store) remembers(t *testing.T, no []string) {
	t.Helper()
	if len(no) == 0 {
		return
	}
	forbidden := map[string]bool{}
	for line := range strings.Lines(done(t, s.with("decide", "--purpose", "newsletter", "--channel", "email", "--json")...)) {
		if v := parsed[verdict](t, line); !v.Allowed {
			forbidden[v.Address] = true
		}
	}
	for _, who := range no {
		if !forbidden[who] {
			t.Error("somebody was told that they get no more, and it was forgotten")
		}
	}
}

// afterCut compares what the register says with what came, before the cut and after.
func afterCut(t *testing.T, states map[string]string, had map[string]int) (uncertain int) {
	t.Helper()
	for who, state := range states {
		switch {
		case had[who] > 1:
			t.Errorf("somebody got %d letters", had[who])
		case state == "uncertain":
			uncertain++
		case state == "sent" && had[who] != 1:
			t.Error("a letter is said to be sent that did not come")
		case state == "skipped" && had[who] > 0:
			t.Error("a letter is said to be kept back that came")
		case state != "sent" && state != "skipped":
			t.Errorf("somebody's letter is %s", state)
		}
	}
	return uncertain
}

// cutWhileSending starts a send and a server, presses links, cuts the power at some
// moment, and brings the machine back. It gives who was answered.
func cutWhileSending(t *testing.T, d *disk, s store, server *office, links map[string]string) (no []string) {
	t.Helper()
	web, base := serve(t, s...)
	send := start(t, s.with("campaign", "send", letter(t, "Second", "newsletter", "marketing"), "--smtp", server.url())...)
	left := make(chan bool)
	var press sync.WaitGroup
	press.Go(func() {
		for who, at := range links {
			select {
			case <-left:
				return
			default:
			}
			r, err := client.PostForm(base+at[len("http://register.example"):], url.Values{"List-Unsubscribe": {"One-Click"}})
			if err != nil {
				return
			}
			r.Body.Close()
			if r.StatusCode == http.StatusOK {
				no = append(no, who)
			}
		}
	})
	server.until(t, 1, send.ended)
	moment := time.NewTimer(time.Duration(rand.IntN(250)) * time.Millisecond)
	<-moment.C
	d.cut(t)
	send.kill()
	web.kill()
	close(left)
	press.Wait()
	must(t, privileged("umount", d.at))
	d.mount(t)
	// The machine has started anew, so nobody believes what is not in the database.
	journals, err := filepath.Glob(filepath.Join(s.dir(), "outbox", "*.journal"))
	for _, j := range journals {
		if err == nil {
			err = os.Rename(j, filepath.Join(filepath.Dir(j), "00000000-0000-0000-0000-000000000000."+filepath.Base(j)))
		}
	}
	if err != nil {
		t.Fatal(err)
	}
	return no
}
