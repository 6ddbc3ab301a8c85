package e2e

import (
	"bytes"
	"errors"
	"net"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
	"time"

	"kartotek/internal/catcher"
)

// privileged is a command that only root may run; whoever tests without being root
// needs sudo that asks for no password.
func privileged(name string, args ...string) *exec.Cmd {
	if os.Getuid() != 0 {
		name, args = "sudo", append([]string{"-n", name}, args...)
	}
	return exec.Command(name, args...)
}

// must runs a command that must succeed, and gives what it wrote.
func must(t testing.TB, c *exec.Cmd) string {
	t.Helper()
	out, err := c.CombinedOutput()
	if errors.Is(err, exec.ErrNotFound) {
		t.Fatalf("%s is missing: run make test, which installs it", c.Args[0])
	}
	if err != nil {
		t.Fatalf("%s: %v\n%s", strings.Join(c.Args, " "), err, out)
	}
	return string(out)
}

// publicFolder is a folder that servers under names of their own may enter.
func publicFolder(t testing.TB) string {
	t.Helper()
	dir, err := os.MkdirTemp("", "kartotek-e2e")
	if err == nil {
		err = os.Chmod(dir, 0o755)
	}
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = privileged("rm", "-rf", dir).Run() })
	return dir
}

// answering waits until a server listens.
func answering(t testing.TB, address string) {
	t.Helper()
	for end := time.NewTimer(patience); ; {
		c, err := net.Dial("tcp", address)
		if err == nil {
			c.Close()
			return
		}
		again := time.NewTimer(20 * time.Millisecond)
		select {
		case <-end.C:
			t.Fatal(err)
		case <-again.C:
		}
	}
}

const postfixMain = `compatibility_level = 3.6
queue_directory = DIR/queue
data_directory = DIR/data
maillog_file = DIR/log
maillog_file_prefixes = DIR
command_directory = /usr/sbin
daemon_directory = /usr/lib/postfix/sbin
mail_owner = postfix
setgid_group = postdrop
inet_interfaces = 127.0.0.1
inet_protocols = ipv4
myhostname = mx.post.example
mydestination =
mynetworks = 127.0.0.0/8
local_recipient_maps =
alias_maps =
smtputf8_enable = yes
smtp_tls_security_level = none
smtp_dns_support_level = disabled
smtpd_recipient_restrictions = check_recipient_access inline:{ {never@post.example=550 5.1.1 nobody here} {later@post.example=450 4.2.1 later} }, permit_mynetworks, reject
relayhost = [127.0.0.1]:NEXT
`

const postfixMaster = `PORT inet n - n - - smtpd
pickup unix n - n 60 1 pickup
cleanup unix n - n - 0 cleanup
qmgr unix n - n 300 1 qmgr
rewrite unix - - n - - trivial-rewrite
bounce unix - - n - 0 bounce
defer unix - - n - 0 bounce
trace unix - - n - 0 bounce
flush unix n - n 1000? 0 flush
proxymap unix - - n - - proxymap
smtp unix - - n - - smtp
error unix - - n - - error
retry unix - - n - - error
anvil unix - - n - 1 anvil
scache unix - - n - 1 scache
postlog unix-dgram n - n - 1 postlogd
`

// postfix runs a Postfix of its own that passes all it accepts on to another
// server, and gives its address.
func postfix(t *testing.T, next string) string {
	t.Helper()
	dir, port := publicFolder(t), freePort(t)
	fill := strings.NewReplacer("DIR", dir, "PORT", "127.0.0.1:"+port, "NEXT", next[strings.LastIndex(next, ":")+1:])
	etc := filepath.Join(dir, "etc")
	err := errors.Join(os.Mkdir(etc, 0o755), os.Mkdir(filepath.Join(dir, "queue"), 0o755), os.Mkdir(filepath.Join(dir, "data"), 0o700),
		os.WriteFile(filepath.Join(etc, "main.cf"), []byte(fill.Replace(postfixMain)), 0o644),
		os.WriteFile(filepath.Join(etc, "master.cf"), []byte(fill.Replace(postfixMaster)), 0o644))
	if err != nil {
		t.Fatal(err)
	}
	must(t, privileged("chown", "-R", "root", etc, filepath.Join(dir, "queue")))
	must(t, privileged("chown", "postfix", filepath.Join(dir, "data")))
	must(t, privileged("postfix", "-c", etc, "start"))
	t.Cleanup(func() {
		must(t, privileged("postfix", "-c", etc, "stop"))
		if t.Failed() {
			t.Log(must(t, privileged("cat", filepath.Join(dir, "log"))))
		}
	})
	answering(t, "127.0.0.1:"+port)
	return "smtp://127.0.0.1:" + port
}

// TestPostfix sends through the mail server most of the world runs: it takes every
// letter, addresses beyond ASCII included, says no where it is told to, and what
// it passes on is what was written.
func TestPostfix(t *testing.T) {
	want := map[string]string{"asa@post.example": "sent", "åsa.öberg@post.example": "sent", "erik@xn--bo-xia.example": "sent", "o'brien+news@post.example": "sent",
		"never@post.example": "failed", "later@post.example": "retry"}
	people := []string{}
	for a := range want {
		people = append(people, a)
	}
	s, mail := consenting(t, people...), catch(t)
	r := kartotek(t, s.with("campaign", "send", letter(t, "Letter", "newsletter", "marketing"), "--smtp", postfix(t, mail.Addr()), "--json")...)
	if out := parsed[sent](t, r.out); out.Sent != 4 || out.Failed != 1 || out.Waiting != 1 {
		t.Errorf("%+v", r)
	}
	compare(t, s.states(t, "Letter"), want)
	ctx := t.Context()
	if err := mail.Wait(ctx, 4); err != nil {
		t.Fatal(err)
	}
	got := map[string]bool{}
	for _, m := range mail.List(catcher.MaxMails, 0) {
		full, _ := mail.Get(m.ID)
		got[full.To] = true
		if !strings.HasPrefix(full.Subject, "Letter, Person ") || !strings.Contains(full.Text, "Hej Person") {
			t.Errorf("%s got %q\n%s", full.To, full.Subject, full.Text)
		}
	}
	if len(got) != 4 || got["never@post.example"] || got["later@post.example"] {
		t.Errorf("%v", got)
	}
}

// sinkhole runs smtp-sink, Postfix's misbehaving server, and gives its address.
func sinkhole(t *testing.T, args ...string) string {
	t.Helper()
	address := "127.0.0.1:" + freePort(t)
	if os.Getuid() == 0 {
		args = append(args, "-u", "nobody")
	}
	c := exec.Command("smtp-sink", append(args, address, "100")...)
	var said bytes.Buffer
	c.Stderr, c.Dir = &said, "/"
	if err := c.Start(); err != nil {
		t.Fatalf("smtp-sink: %v: run make test, which installs it", err)
	}
	t.Cleanup(func() { _ = c.Process.Kill(); _ = c.Wait() })
	answering(t, address)
	return "smtp://" + address
}

// TestSinkSays is what a refusal at each verb means for everybody: who can be
// asked again later waits, who was refused has failed, and only a text whose
// answer was lost is uncertain.
func TestSinkSays(t *testing.T) {
	const people = 5
	s := consenting(t, many(people)...)
	for name, c := range map[string]struct {
		args  []string
		state string
	}{
		"greeting later": {[]string{"-r", "CONNECT"}, "queued"}, "hello never": {[]string{"-f", "EHLO,HELO"}, "queued"},
		"mail later": {[]string{"-r", "MAIL"}, "retry"}, "mail never": {[]string{"-f", "MAIL"}, "failed"},
		"rcpt later": {[]string{"-r", "RCPT"}, "retry"}, "rcpt never": {[]string{"-f", "RCPT"}, "failed"},
		"data later": {[]string{"-r", "DATA"}, "retry"}, "data never": {[]string{"-f", "DATA"}, "failed"},
		"dot later": {[]string{"-r", "."}, "retry"}, "dot never": {[]string{"-f", "."}, "failed"},
		"drop at rcpt": {[]string{"-q", "RCPT"}, "retry"}, "drop at dot": {[]string{"-q", "."}, "uncertain"},
		"no pipelining": {[]string{"-p"}, "sent"}, "no esmtp": {[]string{"-e"}, "sent"}, "takes all": {nil, "sent"},
	} {
		t.Run(name, func(t *testing.T) {
			s := s.again(t) // what was learnt about one server is not held against the next
			r := kartotek(t, s.with("campaign", "send", letter(t, name, "newsletter", "marketing"), "--smtp", sinkhole(t, c.args...), "--json")...)
			states := map[string]int{}
			for _, state := range s.states(t, name) {
				states[state]++
			}
			if states[c.state] != people || strings.Contains(r.err, "panic") {
				t.Errorf("%v, want %s\n%+v", states, c.state, r)
			}
		})
	}
}
