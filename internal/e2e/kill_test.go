package e2e

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"syscall"
	"testing"
	"time"
)

// kills is how often TestKilledAnywhere kills; make faults says 200.
var kills = flag.Int("kills", 15, "how often the sending process is killed")

// workers is how many conversations a command sends by: as many texts are on the wire
// when it dies, and no more, which nobody can know about.
const workers = 8

// crowd is how many people the tests at full speed send to.
const crowd = 20_000

var crowdStore = sync.OnceValues(func() (string, error) {
	dir := filepath.Join(program.home, "crowd")
	text := "email,first_name\n"
	for i, a := range many(crowd) {
		text += fmt.Sprintf("%s,Person %d\n", a, i)
	}
	file := filepath.Join(program.home, "crowd.csv")
	err := os.WriteFile(file, []byte(text), 0o600)
	for _, args := range [][]string{{"init", "--yes"}, {"import", file, "--consent", "newsletter:email", "--evidence", "signed list"}} {
		if err == nil {
			c := exec.Command(program.path, append(args, "--data", dir)...)
			c.Env = environment()
			err = c.Run()
		}
	}
	return dir, err
})

// crowded is a copy of a register of 20,000 people who have all said yes.
func crowded(t *testing.T) store {
	t.Helper()
	dir, err := crowdStore()
	s := folder(t)
	if err == nil {
		err = os.CopyFS(s.dir(), os.DirFS(dir))
	}
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestKilledAnywhere kills a process that sends to 20,000 people at full speed, at
// random points from its first moment to its last. Nobody is left out, nobody gets
// two, and whoever cannot be known about is listed.
func TestKilledAnywhere(t *testing.T) {
	s, server := crowded(t), take(t)
	send := s.with("campaign", "send", letter(t, "Letter", "newsletter", "marketing"), "--smtp", server.url(), "--json")
	var slowest time.Duration
	for left := *kills; left > 0; left-- {
		before, begun := server.count(), time.Now()
		p := start(t, send...)
		most := 2 * (crowd - before) / left
		point := rand.IntN(max(1, most))
		if rand.IntN(4) > 0 { // at some mail
			if server.until(t, before+1, p.ended) {
				slowest = max(slowest, time.Since(begun))
			}
			server.until(t, before+point, p.ended)
			point = rand.IntN(5)
		} else { // or at some moment, which may be before the first
			point = rand.IntN(300)
		}
		moment := time.NewTimer(time.Duration(point) * time.Millisecond)
		select {
		case <-moment.C:
		case <-p.ended:
		}
		moment.Stop()
		p.kill()
	}
	out := parsed[sent](t, done(t, send...))
	uncertain := balanced(t, s.states(t, "Letter"), server, crowd)
	if out.Audience != crowd || out.Sent+out.Uncertain != crowd || out.Uncertain != uncertain {
		t.Errorf("%+v, %d uncertain", out, uncertain)
	}
	t.Logf("killed %d times: %d sent, %d uncertain; the first mail after a start came in %v at most", *kills, out.Sent, uncertain, slowest)
	if uncertain > workers**kills {
		t.Errorf("%d are uncertain, more than were on the wire", uncertain)
	}
	before := server.count()
	if again := parsed[sent](t, done(t, send...)); again.Sent != out.Sent || server.count() != before {
		t.Errorf("again: %+v, %d mails more", again, server.count()-before)
	}
	done(t, s.with("verify")...)
}

// TestDrained asks a sending process to end while it sends at full speed: within
// ten seconds it has, nothing is uncertain, and the rest goes out when asked for.
func TestDrained(t *testing.T) {
	s, server := crowded(t), take(t)
	send := s.with("campaign", "send", letter(t, "Letter", "newsletter", "marketing"), "--smtp", server.url(), "--json")
	for _, sig := range []os.Signal{syscall.SIGTERM, os.Interrupt} {
		p := start(t, send...)
		server.until(t, server.count()+crowd/5, p.ended)
		begun := time.Now()
		r := p.end(t, sig)
		took := time.Since(begun)
		t.Logf("%v: ended in %v at mail %d", sig, took, server.count())
		if took > 10*time.Second || r.code != 1 || strings.Contains(r.err, "panic") {
			t.Errorf("%v: %v, %+v", sig, took, r)
		}
	}
	out := parsed[sent](t, done(t, send...))
	if uncertain := balanced(t, s.states(t, "Letter"), server, crowd); out.Sent != crowd || uncertain != 0 {
		t.Errorf("%+v, %d uncertain", out, uncertain)
	}
}
