package e2e

import (
	"context"
	"fmt"
	"maps"
	"os"
	"strings"
	"syscall"
	"testing"
	"time"

	"kartotek/internal/catcher"
)

// consenting is a register of people who have all said yes to the newsletter.
func consenting(t *testing.T, addresses ...string) store {
	t.Helper()
	s := ready(t)
	text := "email,first_name\n"
	for i, a := range addresses {
		text += fmt.Sprintf("%s,Person %d\n", a, i)
	}
	done(t, s.with("import", write(t, "people.csv", text), "--consent", "newsletter:email", "--evidence", "signed list")...)
	return s
}

func many(n int) (out []string) {
	for i := range n {
		out = append(out, fmt.Sprintf("person%04d@post.example", i))
	}
	return out
}

// states are the states of a campaign's messages by address.
func (s store) states(t testing.TB, campaign string) map[string]string {
	t.Helper()
	d := s.open(t)
	rows, err := d.Query(`SELECT p.email, m.state FROM messages m JOIN persons p ON p.bucket = m.bucket AND p.person_id = m.person_id
		JOIN campaigns c ON c.campaign_id = m.campaign_id WHERE c.name = $1`, campaign)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	out := map[string]string{}
	for rows.Next() {
		var email, state string
		if err := rows.Scan(&email, &state); err != nil {
			t.Fatal(err)
		}
		if before, twice := out[email]; twice {
			t.Errorf("%s has two messages of one campaign: %s, %s", email, before, state)
		}
		out[email] = state
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
	return out
}

// TestServerSays is what each misbehaviour of a mail server means for the one
// person it befalls; everybody else gets the letter.
func TestServerSays(t *testing.T) {
	orders, want := map[string]order{}, map[string]string{}
	for name, c := range map[string]struct {
		order
		state string
	}{
		"rcpt-later": {order{"RCPT", "450 later"}, "retry"}, "rcpt-never": {order{"RCPT", "550 nobody here"}, "failed"},
		"rcpt-421": {order{"RCPT", "421 closing"}, "retry"}, "rcpt-drop": {order{"RCPT", "drop"}, "retry"},
		"data-later": {order{"DATA", "451 later"}, "retry"}, "data-never": {order{"DATA", "554 no"}, "failed"}, "data-drop": {order{"DATA", "drop"}, "retry"},
		"text-drop": {order{"TEXT", "drop"}, "uncertain"}, // so small a text is in the wire with its dot before anything breaks
		"dot-later": {order{"DOT", "452 full"}, "retry"}, "dot-never": {order{"DOT", "552 too large"}, "failed"},
		"dot-drop": {order{"DOT", "drop"}, "uncertain"}, "dot-junk": {order{"DOT", "junk"}, "uncertain"},
		"fine": {order{}, "sent"},
	} {
		orders[name+"@post.example"], want[name+"@post.example"] = c.order, c.state
	}
	var people []string
	for a := range maps.Keys(want) {
		people = append(people, a)
	}
	for _, a := range many(30) {
		people, want[a] = append(people, a), "sent"
	}
	s, server := consenting(t, people...), misbehave(t, orders)
	send := s.with("campaign", "send", letter(t, "Letter", "newsletter", "marketing"), "--smtp", server.url(), "--json")
	r := kartotek(t, send...)
	out := parsed[sent](t, r.out)
	if r.code != 1 || !strings.Contains(r.err, "campaign.waiting") || out.Sent != 31 || out.Failed != 3 || out.Uncertain != 3 || out.Waiting != 6 {
		t.Errorf("%+v %+v", r, out)
	}
	compare(t, s.states(t, "Letter"), want)
	before := server.had()
	server.obey()
	kartotek(t, send...) // at once: nothing is due again, and what is uncertain is never sent again
	if after := server.had(); !maps.Equal(before, after) {
		t.Errorf("before %v, after %v", before, after)
	}
	compare(t, s.states(t, "Letter"), want)
}

func compare(t *testing.T, got, want map[string]string) {
	t.Helper()
	if len(got) != len(want) {
		t.Errorf("%d messages, want %d", len(got), len(want))
	}
	for a, state := range want {
		if got[a] != state {
			t.Errorf("%s: %q, want %q", a, got[a], state)
		}
	}
}

// TestKilledWhileSending kills the sending process again and again. Nobody gets a
// letter twice, and the register never claims more than it knows.
func TestKilledWhileSending(t *testing.T) {
	const people = 600
	s, mail := consenting(t, many(people)...), catch(t)
	send := s.with("campaign", "send", letter(t, "Letter", "newsletter", "marketing"), "--smtp", mail.URL(), "--json")
	for _, more := range []int{0, 1, 3, 20, 41, 77} { // a death leaves uncertain what two workers had on the wire
		p := start(t, send...)
		ctx, cancel := context.WithTimeout(t.Context(), patience)
		err := mail.Wait(ctx, mail.Count()+more)
		cancel()
		if err != nil {
			t.Fatalf("waiting for %d mails more: %v", more, err)
		}
		p.kill()
	}
	out := parsed[sent](t, done(t, send...))
	if out.Audience != people || out.Sent+out.Failed+out.Uncertain != people || out.Failed != 0 || len(out.Blocked) != 0 {
		t.Errorf("%+v", out)
	}
	agrees(t, s.states(t, "Letter"), mail)
	before := mail.Count()
	if again := parsed[sent](t, done(t, send...)); again.Sent != out.Sent || mail.Count() != before {
		t.Errorf("again: %+v, %d mails more", again, mail.Count()-before)
	}
	done(t, s.with("verify")...)
}

// agrees compares what the register says with what the mail server had.
func agrees(t *testing.T, states map[string]string, mail *catcher.Catcher) {
	t.Helper()
	had := map[string]int{}
	for _, m := range mail.List(catcher.MaxMails, 0) {
		had[m.To]++
	}
	uncertain := 0
	for who, state := range states {
		switch {
		case had[who] > 1:
			t.Errorf("%s got %d copies", who, had[who])
		case state == "sent" && had[who] != 1:
			t.Errorf("%s is said to be sent and did not come", who)
		case state == "uncertain":
			uncertain++
		case state != "sent":
			t.Errorf("%s: %s", who, state)
		}
	}
	for who := range had {
		if states[who] == "" {
			t.Errorf("%s got a letter nobody decided about", who)
		}
	}
	t.Logf("%d people, %d mails, %d uncertain", len(states), len(had), uncertain)
}

// TestTerminatedWhileSending asks the sending process to end while a mail is on
// its way: that one's outcome is recorded, nothing is uncertain, and the rest goes
// out when asked for again.
func TestTerminatedWhileSending(t *testing.T) {
	for _, verb := range []string{"RCPT", "DOT"} {
		t.Run(verb, func(t *testing.T) {
			people := many(60)
			slow := people[30]
			s, server := consenting(t, people...), misbehave(t, map[string]order{slow: {verb, "stand"}})
			send := s.with("campaign", "send", letter(t, "Letter", "newsletter", "marketing"), "--smtp", server.url(), "--json")
			p := start(t, send...)
			standing(t, server)
			if err := p.cmd.Process.Signal(syscall.SIGTERM); err != nil {
				t.Fatal(err)
			}
			if verb == "DOT" {
				server.obey() // what has begun is finished
			}
			r := p.finish(t)
			last := verb == "DOT" && r.code == 0 && len(server.had()) == len(people) // everybody else had got theirs before
			if r.code != 1 && !last || strings.Contains(r.err, "panic") {
				t.Errorf("%+v", r)
			}
			server.obey()
			out := parsed[sent](t, done(t, send...))
			if out.Sent != len(people) || out.Uncertain != 0 {
				t.Errorf("%+v", out)
			}
			for who, n := range server.had() {
				if n != 1 {
					t.Errorf("%s got %d copies", who, n)
				}
			}
		})
	}
}

func standing(t *testing.T, s *rogue) {
	t.Helper()
	late := time.NewTimer(patience)
	defer late.Stop()
	select {
	case <-s.stuck:
	case <-late.C:
		t.Fatal("the mail server was never asked")
	}
}

// TestKilledAfterTheDot kills the process while the answer to a whole text is
// outstanding. A marketing letter is uncertain then, and never sent again; a
// service message is.
func TestKilledAfterTheDot(t *testing.T) {
	for _, c := range []struct {
		purpose, class, state string
		copies                int
	}{
		{"newsletter", "marketing", "uncertain", 1}, {"relationship", "service", "sent", 2},
	} {
		t.Run(c.class, func(t *testing.T) {
			people := many(5)
			s, server := consenting(t, people...), misbehave(t, map[string]order{people[2]: {"DOT", "stand"}})
			send := s.with("campaign", "send", letter(t, "Letter", c.purpose, c.class), "--smtp", server.url(), "--json")
			p := start(t, send...)
			standing(t, server)
			p.kill()
			server.obey()
			done(t, send...)
			if states := s.states(t, "Letter"); states[people[2]] != c.state {
				t.Errorf("%v", states)
			}
			if had := server.had(); had[people[2]] != c.copies {
				t.Errorf("%d copies, want %d", had[people[2]], c.copies)
			}
		})
	}
}

// TestTwoServers starts a second server on one folder; the command line works
// beside the first.
func TestTwoServers(t *testing.T) {
	s := consenting(t, many(10)...)
	first, base := serve(t, s...)
	r := kartotek(t, s.with("serve", "--listen", "127.0.0.1:0")...)
	if r.code != 1 || r.out != "" || !strings.Contains(r.err, "app.held") || !strings.Contains(r.err, fmt.Sprintf("process %d ", first.cmd.Process.Pid)) {
		t.Errorf("%+v", r)
	}
	if host, err := os.Hostname(); err != nil || !strings.Contains(r.err, host) {
		t.Errorf("the refusal does not name the machine: %s", r.err)
	}
	mail := catch(t)
	out := parsed[sent](t, done(t, s.with("campaign", "send", letter(t, "Letter", "newsletter", "marketing"), "--smtp", mail.URL(), "--base-url", base, "--json")...))
	if out.Sent != 10 {
		t.Errorf("%+v", out)
	}
	done(t, s.with("import", write(t, "more.csv", "email\nnew@post.example\n"))...)
	done(t, s.with("verify")...)
	if p := fetch(t, base+"/notice/en"); p.status != 200 {
		t.Errorf("pages: %d", p.status)
	}
	if r := first.end(t, syscall.SIGTERM); r.code != 0 || !strings.Contains(r.err, "stopping") {
		t.Errorf("%+v", r)
	}
	second, _ := serve(t, s...) // the folder is free again
	second.kill()
	third, _ := serve(t, s...) // and so after a death
	if r := third.end(t, os.Interrupt); r.code != 0 {
		t.Errorf("%+v", r)
	}
}

// TestServerWithoutMail has a server beside it that knows no mail server: it must
// leave what is to be sent to those who do.
func TestServerWithoutMail(t *testing.T) {
	s := consenting(t, many(50)...)
	server, _ := serve(t, s...)
	file := letter(t, "Letter", "newsletter", "marketing")
	r := kartotek(t, s.with("campaign", "send", file, "--smtp", "smtp://127.0.0.1:1", "--json")...)
	if out := parsed[sent](t, r.out); r.code != 1 || out.Waiting != 50 || !strings.Contains(r.err, "relay.resting") || !strings.Contains(r.err, "connection refused") {
		t.Errorf("%+v", r)
	}
	out := parsed[sent](t, done(t, s.with("campaign", "send", file, "--smtp", catch(t).URL(), "--json")...))
	if out.Sent != 50 {
		t.Errorf("%+v", out)
	}
	if r := server.end(t, syscall.SIGTERM); r.code != 0 || strings.Contains(r.err, "panic") {
		t.Errorf("%+v", r)
	}
}
