package e2e

import (
	"flag"
	"fmt"
	"maps"
	"net/http"
	"net/url"
	"os"
	"regexp"
	"slices"
	"strings"
	"sync"
	"testing"
	"time"
)

// recipients is how many people the largest send is to; make faults also says 300,000.
var recipients = flag.Int("recipients", 100_000, "how many people the largest send of the tests is to")

// whole sends to all of them instead of looking at the first mail only.
var measureMemory = flag.Bool("memory", false, "send to all of the largest audience, and tell the most memory it took")

// populous is a register of so many people who have all said yes.
func populous(t *testing.T, people int) store {
	t.Helper()
	s := ready(t)
	var text strings.Builder
	text.WriteString("email,first_name\n")
	for i := range people {
		fmt.Fprintf(&text, "person%06d@post.example,Person %d\n", i, i)
	}
	done(t, s.with("import", write(t, "people.csv", text.String()), "--consent", "newsletter:email", "--evidence", "signed list")...)
	return s
}

// again is a copy of a register.
func (s store) again(t *testing.T) store {
	t.Helper()
	n := folder(t)
	if err := os.CopyFS(n.dir(), os.DirFS(s.dir())); err != nil {
		t.Fatal(err)
	}
	return n
}

// TestFirstMail asks a register of 100,000 people for its first newsletter: the
// first mail is out within a second of the command's start, the program's own
// start included, whoever is still to be decided about.
func TestFirstMail(t *testing.T) {
	s, server := populous(t, *recipients), take(t)
	var took []time.Duration
	for range 3 { // the best of three: others use this machine too
		n, before, begun := s.again(t), server.count(), time.Now()
		p := start(t, n.with("campaign", "send", letter(t, "Letter", "newsletter", "marketing"), "--smtp", server.url())...)
		server.until(t, before+1, p.ended)
		took = append(took, time.Since(begun))
		p.kill()
	}
	t.Logf("%d people: the first mail after %v", *recipients, took)
	if slices.Min(took) > time.Second {
		t.Errorf("the first mail of %d came after %v", *recipients, took)
	}
	if !*measureMemory {
		return
	}
	begun := time.Now()
	p := start(t, s.with("campaign", "send", letter(t, "Letter", "newsletter", "marketing"), "--smtp", server.url())...)
	peak := p.peak()
	t.Logf("%d people: peak %d MB, %v", *recipients, peak>>10, time.Since(begun))
	if peak>>10 > 100 {
		t.Errorf("a send took %d MB; it takes no more than 100 however many it is to", peak>>10)
	}
}

var unsubscribe = regexp.MustCompile(`(?m)^List-Unsubscribe:\s+<(\S+)>`)

// TestUnsubscribeMeanwhile presses one-click links while ten workers of two
// processes send, one press for every ten letters. Whoever was answered before a
// letter's text was asked for does not get it.
func TestUnsubscribeMeanwhile(t *testing.T) {
	const people, leaving = 3000, 200
	s, server := consenting(t, many(people)...), take(t)
	var mu sync.Mutex
	links, again, turn, left := map[string]string{}, 0, make(chan bool), make(chan bool)
	server.keep = func(to string, text []byte) {
		mu.Lock()
		if links[to] == "" {
			links[to] = string(unsubscribe.FindSubmatch(text)[1])
		} else {
			again++
		}
		press := again%10 == 1
		mu.Unlock()
		if press {
			select {
			case turn <- true:
			case <-left:
			}
		}
	}
	_, base := serve(t, append(s, "--smtp", server.url(), "--workers", "8")...)
	send := func(name string) *process {
		return start(t, s.with("campaign", "send", letter(t, name, "newsletter", "marketing"), "--smtp", server.url(), "--base-url", base)...)
	}
	send("First").finish(t)
	mu.Lock()
	all := maps.Clone(links)
	mu.Unlock()
	second := send("Second")
	said := map[string]time.Time{}
	for who, at := range all {
		if len(said) == leaving {
			break
		}
		<-turn
		if r := post(t, at, url.Values{"List-Unsubscribe": {"One-Click"}}); r.status != http.StatusOK {
			t.Fatalf("one-click: %d", r.status)
		}
		said[who] = time.Now()
	}
	close(left)
	second.finish(t)
	eventually(t, s.open(t), `SELECT count(*) FROM campaigns WHERE name = 'Second' AND state = 'done'`)
	obeyed(t, server, said)
}

// obeyed compares when people were told that they get no more with when the server
// was last asked to take a letter for them.
func obeyed(t *testing.T, server *office, said map[string]time.Time) {
	t.Helper()
	server.mu.Lock()
	defer server.mu.Unlock()
	late, spared := 0, 0
	for who, at := range said {
		switch after := server.began[who].Sub(at); {
		case server.had[who] > 2:
			t.Errorf("%s got %d letters", who, server.had[who])
		case server.had[who] == 1:
			spared++
		case after > 0:
			late++
			t.Errorf("a letter went out %v after the answer", after)
		}
	}
	t.Logf("%d said no meanwhile: %d were spared, %d had it already", len(said), spared, len(said)-spared-late)
	if spared == 0 {
		t.Error("nobody was in time")
	}
}
