package e2e

import (
	"database/sql"
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"

	"filippo.io/age"

	"kartotek/internal/db/dbtest"
	"kartotek/internal/id"
)

// near kills a command at a random moment: of its whole course, or close to the moment
// when something first holds. It reports whether the command was through already.
func near(t *testing.T, course time.Duration, holds func() bool, args ...string) (through bool) {
	t.Helper()
	p := start(t, args...)
	point := time.NewTimer(rand.N(course))
	defer point.Stop()
	if rand.IntN(3) > 0 { // close to it
		again := time.NewTicker(100 * time.Microsecond)
		defer again.Stop()
		for !holds() {
			select {
			case <-p.ended:
				return true
			case <-again.C:
			}
		}
		point.Reset(rand.N(course / 8))
	}
	select {
	case <-p.ended:
		through = true
	case <-point.C:
	}
	p.kill()
	return through
}

// shapes says of each person how many rows and filled columns every table has of them.
// The log is left out: that somebody looked is in it too.
func (s store) shapes(t *testing.T) map[id.ID]string {
	t.Helper()
	d := s.open(t)
	defer d.Close()
	all := map[string][]string{}
	each(t, d, `SELECT m.name, i.name FROM sqlite_master m, pragma_table_info(m.name) i WHERE m.type = 'table' AND m.name <> 'audit_log' ORDER BY 1, 2`, func(v []any) {
		all[fmt.Sprint(v[0])] = append(all[fmt.Sprint(v[0])], fmt.Sprint(v[1]))
	})
	out := map[id.ID]string{}
	for _, table := range names(all) {
		if !slices.Contains(all[table], "person_id") {
			continue
		}
		query := "SELECT person_id, count(*)"
		for _, c := range all[table] {
			query += fmt.Sprintf(", sum(%[1]s IS NOT NULL AND %[1]s <> '' AND %[1]s <> 0)", c)
		}
		each(t, d, query+" FROM "+table+" GROUP BY person_id", func(v []any) {
			out[id.ID(v[0].(int64))] += fmt.Sprintf("%s %v\n", table, v[1:])
		})
	}
	return out
}

func names(m map[string][]string) (out []string) {
	for n := range m {
		out = append(out, n)
	}
	slices.Sort(out)
	return out
}

// each reads the rows of a query.
func each(t *testing.T, d *sql.DB, query string, fn func(v []any)) {
	t.Helper()
	rows, err := d.Query(query)
	if err != nil {
		t.Fatal(err)
	}
	defer rows.Close()
	cols, _ := rows.Columns()
	v, to := make([]any, len(cols)), make([]any, len(cols))
	for i := range v {
		to[i] = &v[i]
	}
	for rows.Next() {
		if err := rows.Scan(to...); err != nil {
			t.Fatal(err)
		}
		fn(v)
	}
	if err := rows.Err(); err != nil {
		t.Fatal(err)
	}
}

func (s store) journal() string { return filepath.Join(s.dir(), "keys", "erasures.journal") }

// noted are the people whom the journal of erasures names.
func (s store) noted(t *testing.T) map[id.ID]bool {
	t.Helper()
	text, err := os.ReadFile(s.journal())
	if err != nil {
		t.Fatal(err)
	}
	out := map[id.ID]bool{}
	for line := range strings.Lines(string(text)) {
		body, _, whole := strings.Cut(line, "\t")
		var l struct {
			Kind   string  `json:"k"`
			People []id.ID `json:"who"`
		}
		if whole && strings.HasSuffix(line, "\n") && json.Unmarshal([]byte(body), &l) == nil && l.Kind == "erased" {
			for _, who := range l.People {
				out[who] = true
			}
		}
	}
	return out
}

func size(file string) int64 {
	info, err := os.Stat(file)
	if err != nil {
		return 0
	}
	return info.Size()
}

// TestKilledWhileErasing erases many people one after another and kills the command at
// random moments, most of them close to the journal's. In the database as the dead
// process left it each is whole or erased, and whoever is erased stands in the journal.
// Once it was opened again, exactly those in the journal are erased.
func TestKilledWhileErasing(t *testing.T) {
	people := many(*kills + 2)
	s := consenting(t, people...)
	who := map[string]id.ID{}
	each(t, s.open(t), `SELECT email, person_id FROM persons`, func(v []any) { who[fmt.Sprint(v[0])] = id.ID(v[1].(int64)) })
	before := s.shapes(t)
	whole := before[who[people[0]]]
	begun := time.Now()
	done(t, s.with("erase", people[0])...)
	course := time.Since(begun)
	erased := s.shapes(t)[who[people[0]]]
	if whole == erased {
		t.Fatalf("nothing was erased: %s", erased)
	}
	killed, between := 0, 0
	check := func(opened bool) {
		noted := s.noted(t)
		for w, shape := range s.shapes(t) {
			switch {
			case shape != whole && shape != erased:
				t.Errorf("between whole and erased:\n%s\nwhole is\n%s\nerased is\n%s", shape, whole, erased)
			case shape == erased && !noted[w]:
				t.Error("erased, and the journal does not know it")
			case shape == whole && noted[w] && opened:
				t.Error("in the journal, and not erased when the register was opened")
			case shape == whole && noted[w]:
				between++
			}
		}
	}
	for _, address := range people[1 : len(people)-1] {
		was := size(s.journal())
		if !near(t, course, func() bool { return size(s.journal()) > was }, s.with("erase", address)...) {
			killed++
		}
		check(false)
	}
	done(t, s.with("verify")...)
	check(true)
	done(t, s.with("erase", people[len(people)-1])...)
	check(true)
	t.Logf("killed %d times of %d: %d erased; %d times the journal was ahead of the database", killed, *kills, len(s.noted(t)), between)
}

// rehearsal is a register that has changed since it was backed up: people came, one
// was erased.
type rehearsal struct {
	store
	file, identity string
	before, after  int // people in it, and in the backup without who was erased
}

func (s store) rehearse(t *testing.T, people, added int) *rehearsal {
	t.Helper()
	key, err := age.GenerateX25519Identity()
	if err != nil {
		t.Fatal(err)
	}
	all := many(people + added)
	r := &rehearsal{s, filepath.Join(t.TempDir(), "backup.age"), write(t, "identity", key.String()+"\n"), people + added - 1, people - 1}
	done(t, s.with("backup", r.file, "--recipient", key.Recipient().String())...)
	done(t, s.with("import", write(t, "more.csv", "email\n"+strings.Join(all[people:], "\n")+"\n"))...)
	done(t, s.with("erase", all[0])...)
	done(t, s.with("verify")...) // the anchor of the log is newer than the backup
	return r
}

// restore is the command that puts the backup in the place of a register.
func (r *rehearsal) restore(s store) []string {
	return s.with("restore", r.file, "--identity-file", r.identity, "--reason", "a trial", "--json")
}

// copied is the register in a folder of its own.
func (r *rehearsal) copied(t *testing.T) store {
	t.Helper()
	c := folder(t)
	if err := os.CopyFS(c.dir(), os.DirFS(r.dir())); err != nil {
		t.Fatal(err)
	}
	return c
}

// again asks for the restore again; it goes through.
func (r *rehearsal) again(t *testing.T, s store) {
	t.Helper()
	if out := parsed[struct{ People int }](t, done(t, r.restore(s)...)); out.People != r.after {
		t.Errorf("asked for again: %d people", out.People)
	}
}

// TestKilledWhileRestoring kills a restore at random moments, most of them close to
// those when it unpacks and when files begin to be moved. There is the register as it was or the one of
// the backup, whole, in which nobody erased since is back; and a restore asked for
// again goes through.
func TestKilledWhileRestoring(t *testing.T) {
	r := consenting(t, many(60)...).rehearse(t, 60, 40)
	begun := time.Now()
	done(t, r.restore(r.copied(t))...)
	course := time.Since(begun)
	seen := map[string]int{}
	for range *kills {
		c := r.copied(t)
		sign := []string{"restored/kartotek.db", "restored.begun"}[rand.IntN(2)]
		if near(t, course, func() bool { return size(filepath.Join(c.dir(), sign)) > 0 }, r.restore(c)...) {
			seen["through"]++
		}
		c.eitherWay(t, seen, r.before, r.after)
		r.again(t, c)
		os.RemoveAll(c.dir())
	}
	t.Logf("%v", seen)
}

// TestKilledAtEveryStep kills a restore at each of the calls by which it changes the
// names of files or writes them through, one after another. (strace counts the calls
// of each thread, so that which one the tenth is differs from time to time.)
func TestKilledAtEveryStep(t *testing.T) {
	const steps = "renameat,renameat2,unlinkat,mkdirat,fsync,fdatasync"
	r := consenting(t, many(20)...).rehearse(t, 20, 10)
	seen, stride := map[string]int{}, max(1, 120 / *kills)
	for n := 1 + rand.IntN(stride); ; n += stride {
		c := r.copied(t)
		args := append([]string{"-D", "-f", "-q", "-o", "/dev/null", "-e", "trace=" + steps, "-e", fmt.Sprintf("inject=%s:signal=SIGKILL:when=%d", steps, n), program.path}, r.restore(c)...)
		p := launch(t, exec.Command("strace", args...), args)
		<-p.ended
		c.eitherWay(t, seen, r.before, r.after)
		if p.cmd.ProcessState.ExitCode() == 0 {
			t.Logf("%d steps, %d tried: %v", n, seen["before"]+seen["after"], seen)
			return
		}
		r.again(t, c)
		os.RemoveAll(c.dir())
	}
}

// TestKilledWhileReplacing is TestKilledWhileRestoring on PostgreSQL, where the server
// may go on for a moment with what a dead process asked for.
func TestKilledWhileReplacing(t *testing.T) {
	s := shared(t, dbtest.Empty(t), 60)
	r := s.rehearse(t, 60, 40)
	state := filepath.Join(t.TempDir(), "as-it-was.age")
	done(t, s.with("backup", state, "--recipient", recipientOf(t, r.identity))...)
	was := &rehearsal{s, state, r.identity, r.before, r.before}
	begun := time.Now()
	r.again(t, s)
	course := time.Since(begun)
	files, seen := filepath.Join(filepath.Dir(s[3]), "files"), map[string]int{}
	for range *kills {
		was.again(t, s)
		if near(t, course, func() bool { return size(filepath.Join(files, "restored.begun")) > 0 }, r.restore(s)...) {
			seen["through"]++
		}
		s.eitherWay(t, seen, r.before, r.after)
		r.again(t, s)
	}
	t.Logf("%v", seen)
}

func recipientOf(t *testing.T, identity string) string {
	t.Helper()
	text, err := os.ReadFile(identity)
	if err != nil {
		t.Fatal(err)
	}
	key, err := age.ParseX25519Identity(strings.TrimSpace(string(text)))
	if err != nil {
		t.Fatal(err)
	}
	return key.Recipient().String()
}

// eitherWay looks a register over whose restore was killed, as the next command finds
// it: nobody has to explain anything.
func (s store) eitherWay(t *testing.T, seen map[string]int, before, after int) {
	t.Helper()
	r := kartotek(t, s.with("verify", "--json")...)
	if r.out == "" {
		t.Fatalf("verify says nothing: %+v", r)
	}
	people := parsed[struct{ People int }](t, r.out).People
	switch {
	case people == before && r.code == 0:
		seen["before"]++
	case people == after && r.code == 0:
		seen["after"]++
	default:
		t.Errorf("neither before nor after: %d people\n%+v", people, r)
	}
}
