package e2e

import (
	"context"
	"database/sql"
	"fmt"
	"path/filepath"
	"syscall"
	"testing"
	"time"

	"kartotek/internal/db/dbtest"
)

// shared is a register on PostgreSQL of people who have all said yes.
func shared(t *testing.T, dsn string, people int) store {
	t.Helper()
	s := store{"--dsn", dsn, "--keys", filepath.Join(t.TempDir(), "keys")}
	s.fill(t, people)
	return s
}

// fill sets a register up and brings people in who have all said yes.
func (s store) fill(t *testing.T, people int) {
	t.Helper()
	done(t, s.with("init", "--yes")...)
	text := "email,first_name\n"
	for i, a := range many(people) {
		text += fmt.Sprintf("%s,Person %d\n", a, i)
	}
	done(t, s.with("import", write(t, "people.csv", text), "--consent", "newsletter:email", "--evidence", "signed list")...)
}

// node starts one of several servers on a register.
func (s store) node(t *testing.T, n int, o *office) *process {
	t.Helper()
	p, _ := serve(t, s.with("--node", fmt.Sprint(n), "--smtp", o.url())...)
	return p
}

const senders = `SELECT CASE WHEN count(DISTINCT holder) = %d THEN 1 ELSE 0 END FROM jobs WHERE kind = 'campaign.send' AND state = 'running'`

// TestThreeProcesses has two servers and a command send one newsletter, and kills
// one of the three while each is at work on its share. The others finish it.
func TestThreeProcesses(t *testing.T) {
	const people = 3000
	for victim, name := range []string{"a server", "the command"} {
		t.Run(name, func(t *testing.T) {
			s, server := shared(t, dbtest.Empty(t), people), take(t)
			first, second := s.node(t, 1, server), s.node(t, 2, server)
			server.standAt(people / 5)
			command := start(t, s.with("campaign", "send", letter(t, "Letter", "newsletter", "marketing"), "--smtp", server.url())...)
			server.until(t, people/5, command.ended)
			d := s.open(t)
			eventually(t, d, fmt.Sprintf(senders, 3))
			dead := []*process{second, command}[victim]
			dead.kill()
			expire(t, d, dead)
			server.goOn()
			begun := time.Now()
			eventually(t, d, `SELECT count(*) FROM campaigns WHERE state = 'done'`)
			t.Logf("finished %v after the death, %d uncertain", time.Since(begun), balanced(t, s.states(t, "Letter"), server, people))
			if r := first.end(t, syscall.SIGTERM); r.code != 0 {
				t.Errorf("%+v", r)
			}
			done(t, s.with("verify")...)
		})
	}
}

// TestAsleepPastItsLease stops a process in the middle of its work, lets its leases
// run out, and wakes it when another has taken over: it does not send on.
func TestAsleepPastItsLease(t *testing.T) {
	const people, before = 2000, 300
	engines(t, func(t *testing.T, s store) {
		s.fill(t, people)
		server := take(t)
		server.standAt(before)
		send := s.with("campaign", "send", letter(t, "Letter", "newsletter", "marketing"), "--smtp", server.url())
		asleep := start(t, send...)
		server.until(t, before+1, asleep.ended) // both its workers wait for an answer
		d := s.open(t)
		sleep(t, d, asleep)
		server.goOn()
		awake := start(t, send...)
		server.until(t, before+people/4, awake.ended)
		signal(t, asleep, syscall.SIGCONT)
		asleep.finish(t)
		awake.finish(t)
		eventually(t, d, `SELECT count(*) FROM campaigns WHERE state = 'done'`)
		t.Logf("%d uncertain", balanced(t, s.states(t, "Letter"), server, people))
	})
}

// sleep stops a process and lets its leases run out. One that was stopped in the
// middle of writing holds the database: it is let go on a little, and stopped again.
func sleep(t *testing.T, d *sql.DB, p *process) {
	t.Helper()
	for range 20 {
		signal(t, p, syscall.SIGSTOP)
		err := tryExpire(d, p)
		if err == nil {
			return
		}
		t.Logf("stopped while it held the database: %v", err)
		signal(t, p, syscall.SIGCONT)
		free(t, d)
	}
	t.Fatal("the process cannot be stopped outside a transaction")
}

// free waits until nobody holds what changing jobs needs.
func free(t *testing.T, d *sql.DB) {
	t.Helper()
	for end := time.Now().Add(patience); time.Now().Before(end); {
		if _, err := d.Exec(`UPDATE jobs SET lease_until = lease_until WHERE state = 'running'`); err == nil {
			return
		}
	}
	t.Fatal("the database stays held")
}

// expire is half a minute going by: the leases a process held have run out.
func expire(t *testing.T, d *sql.DB, p *process) {
	t.Helper()
	if err := tryExpire(d, p); err != nil {
		t.Fatal(err)
	}
}

// tryExpire gives up after two seconds: what a stopped process holds is not let go.
func tryExpire(d *sql.DB, p *process) error {
	ctx, cancel := context.WithTimeout(context.Background(), 2*time.Second)
	defer cancel()
	_, err := d.ExecContext(ctx, `UPDATE jobs SET lease_until = 1 WHERE state = 'running' AND holder LIKE $1`, fmt.Sprintf("%%:%d:%%", p.cmd.Process.Pid))
	return err
}

func signal(t *testing.T, p *process, s syscall.Signal) {
	t.Helper()
	if err := p.cmd.Process.Signal(s); err != nil {
		t.Fatal(err)
	}
}
