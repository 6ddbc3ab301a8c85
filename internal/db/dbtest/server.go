package dbtest

import (
	"bufio"
	"database/sql"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"os/user"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"sync"
	"syscall"
	"testing"
)

// noServer is what a machine without PostgreSQL is told: its tests fail rather
// than pass half-run.
const noServer = "no PostgreSQL server programs were found: run `make test`, which installs them, or set KARTOTEK_TEST_PG to the URL of a server"

var server struct {
	once sync.Once
	dsn  string
	pool *sql.DB
	cmd  *exec.Cmd
	dir  string
	err  error
}

// serverDSN starts the server when it is first needed and gives its address.
func serverDSN(t *testing.T) string {
	t.Helper()
	server.once.Do(func() { server.err = startServer() })
	if server.err != nil {
		t.Fatal(server.err)
	}
	return server.dsn
}

func startServer() (err error) {
	server.dsn = os.Getenv("KARTOTEK_TEST_PG")
	if server.dsn == "" {
		if server.dsn, err = privateServer(); err != nil {
			return err
		}
	}
	server.pool, err = sql.Open("pgx", server.dsn)
	return err
}

// privateServer makes a cluster in a temporary folder and runs it there with
// durability off: nothing in it outlives the tests.
func privateServer() (string, error) {
	bin, err := findServer()
	if err != nil {
		return "", err
	}
	if server.dir, err = os.MkdirTemp("", "kartotek-pg"); err != nil {
		return "", err
	}
	cred, err := owner(server.dir)
	if err != nil {
		return "", err
	}
	data := filepath.Join(server.dir, "d")
	initdb := exec.Command(filepath.Join(bin, "initdb"), "-D", data, "-N", "-A", "trust", "-U", "postgres", "-E", "UTF8", "--no-locale", "--no-instructions")
	initdb.Dir, initdb.SysProcAttr = server.dir, &syscall.SysProcAttr{Credential: cred}
	if out, err := initdb.CombinedOutput(); err != nil {
		return "", fmt.Errorf("initdb: %w\n%s", err, out)
	}
	if err := runServer(bin, data, cred); err != nil {
		return "", err
	}
	return programRole()
}

// programRole makes the ordinary role that registers are opened with.
func programRole() (string, error) {
	at := "@/postgres?host=" + server.dir + "&port=5432"
	pool, err := sql.Open("pgx", "postgres://postgres"+at)
	if err != nil {
		return "", err
	}
	defer pool.Close()
	if _, err := pool.Exec("CREATE ROLE kartotek LOGIN CREATEDB NOSUPERUSER"); err != nil {
		return "", err
	}
	return "postgres://kartotek" + at, nil
}

// findServer looks for initdb where Debian keeps it, newest version first, then on the path.
func findServer() (string, error) {
	found, _ := filepath.Glob("/usr/lib/postgresql/*/bin/initdb")
	slices.Sort(found)
	if len(found) > 0 {
		return filepath.Dir(found[len(found)-1]), nil
	}
	if out, err := exec.Command("pg_config", "--bindir").Output(); err == nil {
		dir := strings.TrimSpace(string(out))
		if _, err := os.Stat(filepath.Join(dir, "initdb")); err == nil {
			return dir, nil
		}
	}
	if p, err := exec.LookPath("initdb"); err == nil {
		return filepath.Dir(p), nil
	}
	return "", errors.New(noServer)
}

// owner hands the folder to the user postgres when the tests run as root, as
// whom PostgreSQL refuses to start; otherwise the server runs as whoever tests.
func owner(dir string) (*syscall.Credential, error) {
	if os.Getuid() != 0 {
		return nil, nil
	}
	u, err := user.Lookup("postgres")
	if err != nil {
		return nil, errors.New(noServer)
	}
	uid, _ := strconv.Atoi(u.Uid)
	gid, _ := strconv.Atoi(u.Gid)
	if err := errors.Join(os.Chown(dir, uid, gid), os.Chmod(dir, 0o700)); err != nil {
		return nil, err
	}
	return &syscall.Credential{Uid: uint32(uid), Gid: uint32(gid)}, nil
}

func runServer(bin, data string, cred *syscall.Credential) error {
	args := []string{"-D", data, "-k", server.dir, "-c", "listen_addresses="}
	for _, s := range []string{"fsync=off", "full_page_writes=off", "synchronous_commit=off", "autovacuum=off", "jit=off",
		"max_connections=300", "shared_buffers=64MB", "max_wal_size=256MB", "logging_collector=off", "log_min_messages=log", "log_checkpoints=off"} {
		args = append(args, "-c", s)
	}
	cmd := exec.Command(filepath.Join(bin, "postgres"), args...)
	cmd.Dir, cmd.Env = server.dir, append(os.Environ(), "LC_ALL=C")
	cmd.SysProcAttr = &syscall.SysProcAttr{Credential: cred, Setpgid: true, Pdeathsig: syscall.SIGQUIT}
	log, err := cmd.StderrPipe()
	if err != nil {
		return err
	}
	started := make(chan error, 1)
	go func() {
		runtime.LockOSThread() // the server dies with this thread, that is with the process, also when a test is killed
		started <- cmd.Start()
		select {}
	}()
	if err := <-started; err != nil {
		return err
	}
	server.cmd = cmd
	return ready(log)
}

// ready reads the server's log until it takes connections.
func ready(log io.Reader) error {
	lines := bufio.NewScanner(log)
	var said strings.Builder
	for lines.Scan() {
		said.WriteString(lines.Text() + "\n")
		if strings.Contains(lines.Text(), "ready to accept connections") {
			go io.Copy(io.Discard, log)
			return nil
		}
	}
	return fmt.Errorf("PostgreSQL did not start:\n%s", said.String())
}

func stopServer() {
	if server.pool != nil {
		server.pool.Close()
	}
	if server.cmd != nil {
		_ = server.cmd.Process.Signal(syscall.SIGQUIT)
		_ = server.cmd.Wait()
	}
	if server.dir != "" {
		os.RemoveAll(server.dir)
	}
}
