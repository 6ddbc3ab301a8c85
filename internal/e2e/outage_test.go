package e2e

import (
	"database/sql"
	"io"
	"net/http"
	"net/url"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"
)

// cluster is a PostgreSQL server of a test's own, which may be stopped and started.
type cluster struct {
	bin, dir string
	cred     *syscall.Credential
}

// newCluster makes one and starts it. PostgreSQL refuses to run as root, and runs as
// the user postgres then.
func newCluster(t *testing.T) *cluster {
	t.Helper()
	bins, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	if len(bins) == 0 {
		t.Fatal("PostgreSQL's programs are missing: run make test, which installs them")
	}
	c := &cluster{bin: filepath.Dir(slices.Max(bins)), dir: publicFolder(t)}
	if os.Getuid() == 0 {
		u, err := user.Lookup("postgres")
		if err != nil {
			t.Fatal(err)
		}
		uid, _ := strconv.Atoi(u.Uid) // as the system writes them
		gid, _ := strconv.Atoi(u.Gid)
		c.cred = &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}
		if err := os.Chown(c.dir, uid, gid); err != nil {
			t.Fatal(err)
		}
	}
	c.run(t, "initdb", "-D", c.data(), "-A", "trust", "-U", "postgres", "-E", "UTF8", "--no-locale", "--no-instructions")
	c.start(t)
	t.Cleanup(func() { _ = c.command("pg_ctl", "-D", c.data(), "-m", "immediate", "stop").Run() })
	admin, err := sql.Open("pgx", c.dsn("postgres", "postgres"))
	if err != nil {
		t.Fatal(err)
	}
	defer admin.Close()
	for _, q := range []string{"CREATE ROLE kartotek LOGIN", "CREATE DATABASE register OWNER kartotek"} {
		if _, err := admin.Exec(q); err != nil {
			t.Fatal(err)
		}
	}
	return c
}

func (c *cluster) data() string { return filepath.Join(c.dir, "d") }

func (c *cluster) dsn(role, database string) string {
	return "postgres://" + role + "@/" + database + "?host=" + c.dir + "&port=5432"
}

func (c *cluster) command(name string, args ...string) *exec.Cmd {
	cmd := exec.Command(filepath.Join(c.bin, name), args...)
	cmd.Dir, cmd.Env = c.dir, append(os.Environ(), "LC_ALL=C")
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: c.cred}
	return cmd
}

func (c *cluster) run(t *testing.T, name string, args ...string) {
	t.Helper()
	must(t, c.command(name, args...))
}

// start returns when connections are taken.
func (c *cluster) start(t *testing.T) {
	t.Helper()
	c.run(t, "pg_ctl", "-D", c.data(), "-w", "-l", filepath.Join(c.dir, "log"), "-o", "-k "+c.dir+" -c listen_addresses=", "start")
}

// stop is a server that breaks down: no connection is ended in order.
func (c *cluster) stop(t *testing.T) {
	t.Helper()
	c.run(t, "pg_ctl", "-D", c.data(), "-m", "immediate", "-w", "stop")
}

// firstLink keeps the one-click link of the first letter that comes.
func (o *office) firstLink() func() string {
	link := make(chan string, 1)
	o.keep = func(_ string, text []byte) {
		select {
		case link <- string(unsubscribe.FindSubmatch(text)[1]):
		default:
		}
	}
	return func() string { return <-link }
}

// TestDatabaseDown takes the database away while a newsletter goes out. Visitors
// are asked to come back, nothing is half done, and within half a minute of the
// database's return the newsletter goes on by itself.
func TestDatabaseDown(t *testing.T) {
	const people = 3000
	c, server := newCluster(t), take(t)
	s := shared(t, c.dsn("kartotek", "register"), people)
	link := server.firstLink()
	web, base := serve(t, s.with("--node", "1", "--smtp", server.url())...)
	server.standAt(people / 5)
	command := start(t, s.with("campaign", "send", letter(t, "Letter", "newsletter", "marketing"), "--smtp", server.url(), "--base-url", base)...)
	server.until(t, people/5, command.ended)
	command.kill()
	expire(t, s.open(t), command)
	c.stop(t)
	server.goOn()
	at := link()
	r := post(t, at, url.Values{"List-Unsubscribe": {"One-Click"}})
	if r.status != http.StatusServiceUnavailable || r.head.Get("Retry-After") == "" {
		t.Errorf("without a database: %d, Retry-After %q", r.status, r.head.Get("Retry-After"))
	}
	web.warns(t, `(?i)level=(WARN|ERROR)`)
	before, begun := server.count(), time.Now()
	c.start(t)
	server.until(t, before+1, web.ended)
	took := time.Since(begun)
	eventually(t, s.open(t), `SELECT count(*) FROM campaigns WHERE state = 'done'`)
	t.Logf("the first mail came %v after the database, %d uncertain", took, balanced(t, s.states(t, "Letter"), server, people))
	if took > 30*time.Second {
		t.Errorf("the first mail came %v after the database", took)
	}
	if r := post(t, at, url.Values{"List-Unsubscribe": {"One-Click"}}); r.status != http.StatusOK {
		t.Errorf("one-click afterwards: %d", r.status)
	}
	done(t, s.with("verify")...)
}

// tight is a folder on a file system of its own of so many megabytes.
func tight(t *testing.T, mb int) string {
	t.Helper()
	dir := publicFolder(t)
	must(t, privileged("mount", "-t", "tmpfs", "-o", "mode=777,size="+strconv.Itoa(mb)+"m", "tmpfs", dir))
	t.Cleanup(func() { must(t, privileged("umount", "-l", dir)) })
	return dir
}

// TestDiskFull fills the disk while a newsletter goes out. The server lives, shows
// what it has, and refuses what it cannot keep; when there is room again the
// newsletter goes on by itself.
func TestDiskFull(t *testing.T) {
	const people = 3000
	disk, server := tight(t, 64), take(t)
	s := store{"--data", filepath.Join(disk, "register")}
	s.fill(t, people)
	link := server.firstLink()
	web, base := serve(t, s.with("--smtp", server.url())...)
	server.standAt(people / 5)
	command := start(t, s.with("campaign", "send", letter(t, "Letter", "newsletter", "marketing"), "--smtp", server.url(), "--base-url", base)...)
	server.until(t, people/5, command.ended)
	command.kill()
	filler := filepath.Join(disk, "filler")
	f, err := os.Create(filler)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := io.Copy(f, zero{}); err == nil || !strings.Contains(err.Error(), "no space") {
		t.Fatal(err)
	}
	f.Close()
	server.goOn()
	web.warns(t, `db.full|disk`)
	at := link()
	if r := fetch(t, base+"/notice/en"); r.status != http.StatusOK {
		t.Errorf("the notice: %d", r.status)
	}
	if r := post(t, at, url.Values{"List-Unsubscribe": {"One-Click"}}); r.status != http.StatusServiceUnavailable && r.status != http.StatusInsufficientStorage {
		t.Errorf("one-click on a full disk: %d", r.status)
	}
	stuck := server.count()
	if err := os.Remove(filler); err != nil {
		t.Fatal(err)
	}
	begun := time.Now()
	server.until(t, stuck+1, web.ended)
	t.Logf("%d mails went out by the time the disk was full; the next came %v after there was room", stuck, time.Since(begun))
	eventually(t, s.open(t), `SELECT count(*) FROM campaigns WHERE state = 'done'`)
	t.Logf("%d uncertain", balanced(t, s.states(t, "Letter"), server, people))
	if r := post(t, at, url.Values{"List-Unsubscribe": {"One-Click"}}); r.status != http.StatusOK {
		t.Errorf("one-click afterwards: %d", r.status)
	}
	web.kill()
	done(t, s.with("verify")...)
}

// zero is a file without end.
type zero struct{}

func (zero) Read(b []byte) (int, error) { return len(b), nil }
