package audit

import (
	"bufio"
	"bytes"
	"context"
	"fmt"
	"math/rand/v2"
	"os"
	"os/exec"
	"path/filepath"
	"sync"
	"testing"
	"time"

	"kartotek/internal/clock"
	"kartotek/internal/db"
	"kartotek/internal/db/dbtest"
	"kartotek/internal/fault"
	"kartotek/internal/id"
	"kartotek/internal/seal"
	"kartotek/internal/tree"
)

// noting is a room whose reads go to a journal that only the test folds.
func noting(t *testing.T, d *db.DB, dir string) *Room {
	t.Helper()
	r := &Room{DB: d, Dir: dir}
	if err := r.begin(t.Context()); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { r.on.Store(false); r.journal.close() })
	return r
}

func (r *Room) mustSee(t *testing.T, n int) {
	t.Helper()
	for i := range n {
		if err := r.Seen(t.Context(), asta, Entry{Action: "person.read", Person: id.ID(i + 1), Count: i, Detail: map[string]string{"n": fmt.Sprint(i)}}); err != nil {
			t.Fatal(err)
		}
	}
}

func fold(t *testing.T, r *Room) {
	t.Helper()
	if err := r.Fold(t.Context()); err != nil {
		t.Fatal(err)
	}
}

func journals(t *testing.T, dir string) []string {
	t.Helper()
	out, err := files(dir, journalEnd)
	if err != nil {
		t.Fatal(err)
	}
	return out
}

// TestJournal holds that what is noted is in the log once it is folded, as it
// would have been without a journal, and is a leaf of the tree.
func TestJournal(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB, c *clock.Fixed) {
		r := noting(t, d, filepath.Join(t.TempDir(), "reads"))
		who := d.NewID()
		e := Entry{Action: "search", Kind: "people", Object: "x", Person: who, Count: 7, Detail: map[string]string{"a": "1"}, Outcome: Refused, Purpose: "newsletter"}
		at := d.Now()
		if err := r.Seen(t.Context(), asta, e, Entry{Action: "person.read"}); err != nil {
			t.Fatal(err)
		}
		c.Move(time.Minute)
		if n := len(list(t, d, Filter{})); n != 0 {
			t.Fatalf("%d entries before the fold", n)
		}
		fold(t, r)
		fold(t, r)
		got := list(t, d, Filter{})
		if len(got) != 2 {
			t.Fatalf("%d entries", len(got))
		}
		g := got[1]
		if g.Action != e.Action || g.Kind != e.Kind || g.Object != e.Object || g.Person != who || g.Count != 7 || g.Detail["a"] != "1" || g.Outcome != Refused ||
			g.Purpose != "newsletter" || g.By.Name != asta.Name || g.By.Level != asta.Level || g.By.Device != asta.Device || !g.At.Equal(at) {
			t.Errorf("read %+v", g)
		}
		whole(t, d, 2)
	})
}

// whole expects n entries in the log, each once, each the one its digest was made
// of, and each a leaf.
func whole(t *testing.T, d *db.DB, n int) {
	t.Helper()
	keys, err := seal.Open(t.TempDir())
	if err != nil {
		t.Fatal(err)
	}
	room := &tree.Room{DB: d, Keys: keys}
	if err := room.Drain(t.Context()); err != nil {
		t.Fatal(err)
	}
	check, err := room.Check(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	got := 0
	for _, r := range check.Ranges(tree.Audit, 1000) {
		err := d.View(t.Context(), asta, func(tx *db.Tx) error {
			k, err := Verify(tx, r[0], r[1], check.Cursor(tree.Audit).Saw)
			got += k
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	problems, _, err := check.Finish(t.Context())
	if err != nil || len(problems) > 0 || got != n || check.Head.Size != int64(n) {
		t.Errorf("%d entries, %d leaves, want %d: %v %v", got, check.Head.Size, n, problems, err)
	}
}

// TestJournalTogether lets many read while others fold, in this room and in one of
// another process, as a command has it.
func TestJournalTogether(t *testing.T) {
	d := dbtest.SQLite(t, schema)
	r := noting(t, d, t.TempDir())
	other := &Room{DB: d, Dir: r.Dir}
	var readers, folders sync.WaitGroup
	ended := make(chan bool)
	for _, f := range []*Room{r, other} {
		folders.Go(func() {
			for {
				select {
				case <-ended:
					return
				default:
				}
				if err := f.Fold(t.Context()); err != nil {
					t.Error(err)
				}
			}
		})
	}
	for i := range 16 {
		readers.Go(func() {
			for k := range 50 {
				if err := r.Seen(t.Context(), asta, Entry{Action: "person.read", Count: i*50 + k}); err != nil {
					t.Error(err)
				}
			}
		})
	}
	readers.Wait()
	close(ended)
	folders.Wait()
	fold(t, other)
	whole(t, d, 800)
	if left := journals(t, r.Dir); len(left) != 1 {
		t.Errorf("%d journals are left", len(left))
	}
}

// TestRunFolds holds that entries come into the log by themselves, and that those
// of the last readers do when the program ends.
func TestRunFolds(t *testing.T) {
	d := dbtest.SQLite(t, schema)
	r := &Room{DB: d, Dir: filepath.Join(t.TempDir(), "reads")}
	ctx, end := context.WithCancel(t.Context())
	ended := make(chan error)
	go func() { ended <- r.Run(ctx) }()
	for !r.on.Load() {
		r.mustSee(t, 1) // before and after the journal is there
	}
	r.mustSee(t, 1)
	before := len(journals(t, r.Dir))
	for n := 0; n == 0; n = len(list(t, d, Filter{Limit: 500})) {
	}
	r.mustSee(t, 3)
	end()
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	last := list(t, d, Filter{Limit: 4})
	if len(last) < 4 || last[0].Count != 2 || last[2].Count != 0 || before != 1 || len(journals(t, r.Dir)) != 0 {
		t.Errorf("after the end: %d entries, %d journals", len(last), len(journals(t, r.Dir)))
	}
	r.mustSee(t, 1) // a late reader's is committed
	if got := list(t, d, Filter{Limit: 1}); got[0].ID == last[0].ID {
		t.Error("a late read was not logged")
	}
}

// TestUnwritableJournal keeps the journal from being written: nothing is shown, and
// when it can be written again all is as before, without the refused reads.
func TestUnwritableJournal(t *testing.T) {
	d := dbtest.SQLite(t, schema)
	for name, breaks := range map[string]func(t *testing.T, r *Room) (mend func()){
		"the file was closed": func(t *testing.T, r *Room) func() { r.journal.file.Close(); return func() {} },
		"the folder is gone": func(t *testing.T, r *Room) func() {
			r.journal.letGo()
			if err := os.Rename(r.Dir, r.Dir+".away"); err != nil {
				t.Fatal(err)
			}
			return func() {
				if err := os.Rename(r.Dir+".away", r.Dir); err != nil {
					t.Fatal(err)
				}
			}
		},
	} {
		t.Run(name, func(t *testing.T) {
			was := len(list(t, d, Filter{Limit: 500}))
			r := noting(t, d, filepath.Join(t.TempDir(), "reads"))
			r.mustSee(t, 2)
			mend := breaks(t, r)
			err := r.Seen(t.Context(), asta, Entry{Action: "person.read"})
			if !fault.Is(err, fault.Unavailable) || fault.KeyOf(err) != "audit.unwritable" {
				t.Errorf("a read went on: %v", err)
			}
			mend()
			r.mustSee(t, 1)
			fold(t, r)
			if n := len(list(t, d, Filter{Limit: 500})); n != was+3 {
				t.Errorf("%d entries, want 3", n-was)
			}
		})
	}
}

// TestBehind holds that nothing more is shown when what was noted cannot be taken
// into the log, and that reading goes on once it can.
func TestBehind(t *testing.T) {
	d := dbtest.SQLite(t, schema)
	r := noting(t, d, t.TempDir())
	r.mustSee(t, 2)
	do(t, d, asta, func(tx *db.Tx) error { _, err := tx.Exec(refuse); return err })
	if err := r.Fold(t.Context()); !fault.Is(err, fault.Unavailable) {
		t.Errorf("a fold that stored nothing: %v", err)
	}
	if err := r.Seen(t.Context(), asta, Entry{Action: "person.read"}); !fault.Is(err, fault.Unavailable) {
		t.Errorf("a read went on: %v", err)
	}
	do(t, d, asta, func(tx *db.Tx) error { _, err := tx.Exec(allow); return err })
	r.mustSee(t, 1)
	fold(t, r)
	whole(t, d, 3)
}

var allow = db.SQL(db.Local, `DROP TRIGGER full`)

// TestFoldedTwice folds a file that was folded but not removed, as after a crash
// between the two.
func TestFoldedTwice(t *testing.T) {
	d := dbtest.SQLite(t, schema)
	r := noting(t, d, t.TempDir())
	r.mustSee(t, 5)
	name := journals(t, r.Dir)[0]
	data, err := os.ReadFile(name)
	if err != nil {
		t.Fatal(err)
	}
	fold(t, r)
	do(t, d, asta, func(tx *db.Tx) error { return Write(tx, Entry{Action: "x"}) })
	if err := os.WriteFile(name, data, 0o600); err != nil {
		t.Fatal(err)
	}
	fold(t, &Room{DB: d, Dir: r.Dir})
	whole(t, d, 6)
}

// TestSameKey folds an entry whose key another process has given to something else.
func TestSameKey(t *testing.T) {
	d := dbtest.SQLite(t, schema)
	r := noting(t, d, t.TempDir())
	r.mustSee(t, 2)
	data, err := os.ReadFile(journals(t, r.Dir)[0])
	if err != nil {
		t.Fatal(err)
	}
	e, _ := noted(data)
	do(t, d, asta, func(tx *db.Tx) error { return store(tx, []row{prepare(e.ID, e.At, asta, Entry{Action: "x"})}) })
	fold(t, r)
	whole(t, d, 3)
	if n := len(list(t, d, Filter{Action: "person.read"})); n != 2 {
		t.Errorf("%d reads, want 2", n)
	}
}

// TestKilledReaders kills a process that reads as fast as it can, at random moments.
// What it answered is in the log, once, and in the tree.
func TestKilledReaders(t *testing.T) {
	dir := t.TempDir()
	answered := map[string]bool{}
	for range 12 {
		readUntil(t, dir, rand.IntN(400), answered, func(c *exec.Cmd) { _ = c.Process.Kill() })
	}
	remembered(t, dir, answered)
}

// readUntil starts a process that reads in dir, ends it after so many answers, and
// adds all it answered.
func readUntil(t *testing.T, dir string, n int, answered map[string]bool, end func(*exec.Cmd)) {
	t.Helper()
	c := exec.Command(os.Args[0], "-test.run=^$")
	c.Env = append(os.Environ(), readAway+"="+dir)
	out, err := c.StdoutPipe()
	if err == nil {
		err = c.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	lines := bufio.NewScanner(out)
	for ; n > 0 && lines.Scan(); n-- {
		answered[lines.Text()] = true
	}
	end(c)
	for lines.Scan() { // what it had answered before
		answered[lines.Text()] = true
	}
	_ = c.Wait()
}

// remembered expects every answered read in the log of the register in dir, all of
// them leaves.
func remembered(t *testing.T, dir string, answered map[string]bool) {
	t.Helper()
	d, err := db.Open(t.Context(), dir, db.Options{Schema: schema})
	if err != nil {
		t.Fatal(err)
	}
	defer d.Close()
	fold(t, &Room{DB: d, Dir: filepath.Join(dir, "reads")})
	total := 0
	err = d.View(t.Context(), asta, func(tx *db.Tx) error {
		for f := (Filter{Limit: 500}); ; {
			page, err := Read(tx, f)
			for i := range page {
				total++
				delete(answered, page[i].Object)
				f.After = page[i].ID
			}
			if err != nil || len(page) == 0 {
				return err
			}
		}
	})
	if err != nil || len(answered) > 0 {
		t.Errorf("%d answered reads are not in the log: %v", len(answered), err)
	}
	whole(t, d, total)
}

// readAway is set to a folder in the process that reads there until it is killed.
const readAway = "KARTOTEK_TEST_READ_AWAY"

func read32(dir string) error {
	ctx := context.Background()
	d, err := db.Open(ctx, dir, db.Options{Schema: schema})
	if err != nil {
		return err
	}
	r := &Room{DB: d, Dir: filepath.Join(dir, "reads")}
	go func() { _ = r.Run(ctx) }()
	var out sync.Mutex
	errs := make(chan error)
	for range 32 {
		go func() {
			for {
				name := seal.Token()
				if err := r.Seen(ctx, asta, Entry{Action: "person.read", Object: name}); err != nil {
					errs <- err
					return
				}
				out.Lock()
				fmt.Println(name)
				out.Unlock()
			}
		}()
	}
	return <-errs
}

// TestTorn gives every beginning of a journal, and the journal with each byte
// changed: what is whole before the fault is taken in, and the rest set aside and
// told of, unless it is zeros.
func TestTorn(t *testing.T) {
	d := dbtest.SQLite(t, schema)
	r := noting(t, d, t.TempDir())
	r.mustSee(t, 3)
	data, err := os.ReadFile(journals(t, r.Dir)[0])
	if err != nil {
		t.Fatal(err)
	}
	data = bytes.TrimRight(data, "\x00")
	var ends []int
	for rest := data; len(rest) > 0; {
		_, n := noted(rest)
		if n == 0 {
			t.Fatal("an entry cannot be read")
		}
		rest = rest[n:]
		ends = append(ends, len(data)-len(rest))
	}
	count := func(b []byte) (n int) {
		for _, size := noted(b); size > 0; _, size = noted(b) {
			n, b = n+1, b[size:]
		}
		return n
	}
	for i := range data {
		before := 0
		for before < 3 && ends[before] <= i {
			before++
		}
		if n := count(data[:i]); n != before {
			t.Errorf("%d entries in the first %d bytes, want %d", n, i, before)
		}
		changed := bytes.Clone(data)
		changed[i] ^= 0x41
		if n := count(changed); n != before {
			t.Errorf("%d entries with byte %d changed, want %d", n, i, before)
		}
	}
	for name, rest := range map[string][]byte{"whole": make([]byte, 90), "torn": data[:ends[0]/2]} {
		dir := t.TempDir()
		if err := os.WriteFile(filepath.Join(dir, "x"+journalEnd), append(bytes.Clone(data), rest...), 0o600); err != nil {
			t.Fatal(err)
		}
		d := dbtest.SQLite(t, schema, dbtest.At(clock.At(dbtest.Start.Add(time.Hour))))
		fold(t, &Room{DB: d, Dir: dir})
		kept, _ := files(dir, damageEnd)
		told := len(list(t, d, Filter{Action: "log.damaged"}))
		if want := map[string]int{"torn": 1}[name]; len(list(t, d, Filter{Action: "person.read"})) != 3 || told != want || len(kept) != want || len(journals(t, dir)) != 0 {
			t.Errorf("%s: told %d times, %d files kept", name, told, len(kept))
		}
	}
}

// TestJournalHoldsKeys looks that the journal says no more of a person than the
// log does: their key.
func TestJournalHoldsKeys(t *testing.T) {
	d := dbtest.SQLite(t, schema)
	r := noting(t, d, t.TempDir())
	r.mustSee(t, 1)
	data, err := os.ReadFile(journals(t, r.Dir)[0])
	if err != nil {
		t.Fatal(err)
	}
	e, _ := noted(data)
	fold(t, r)
	if got := list(t, d, Filter{}); len(got) != 1 || got[0].ID != e.ID {
		t.Fatalf("%d entries", len(got))
	}
	whole(t, d, 1)
	if info, err := os.Stat(journals(t, r.Dir)[0]); err != nil || info.Mode().Perm() != 0o600 {
		t.Errorf("others may read the journal: %v %v", info.Mode(), err)
	}
	if left, _ := os.ReadFile(journals(t, r.Dir)[0]); len(bytes.Trim(left, "\x00")) > 0 {
		t.Error("a new journal holds something")
	}
}

// FuzzNoted holds that reading a journal neither breaks nor takes for an entry
// what is none.
func FuzzNoted(f *testing.F) {
	r := prepare(7, dbtest.Start, asta, Entry{Action: "person.read", Person: 4097, Detail: map[string]string{"a": "1"}})
	whole := r.note(nil)
	f.Add(whole)
	f.Add(whole[:headLen])
	f.Add(append(bytes.Clone(whole), whole...))
	f.Fuzz(func(t *testing.T, b []byte) {
		r, n := noted(b)
		if n > 0 && !bytes.Equal(r.note(nil), b[:n]) {
			t.Error("what was read is written otherwise")
		}
	})
}

// privileged runs a command as root.
func privileged(t *testing.T, name string, args ...string) {
	t.Helper()
	if os.Getuid() != 0 {
		name, args = "sudo", append([]string{"-n", name}, args...)
	}
	if out, err := exec.Command(name, args...).CombinedOutput(); err != nil {
		t.Fatalf("%s %v: %v: %s", name, args, err, out)
	}
}

// TestFullJournal reads until the journal's disk is full, makes room, and reads on:
// what was refused is not in the log, and what was answered is, once.
func TestFullJournal(t *testing.T) {
	dir := t.TempDir()
	privileged(t, "mount", "-t", "tmpfs", "-o", "mode=777,size=256k", "tmpfs", dir)
	t.Cleanup(func() { privileged(t, "umount", "-l", dir) })
	d := dbtest.SQLite(t, schema)
	r := noting(t, d, filepath.Join(dir, "reads"))
	answered := 0
	for range 3 {
		read := func() error { return r.Seen(t.Context(), asta, Entry{Action: "person.read"}) }
		for refused := 0; refused < 2; {
			if err := read(); err == nil {
				answered++
				continue
			} else if !fault.Is(err, fault.Unavailable) || fault.KeyOf(err) != "audit.unwritable" {
				t.Fatal(err)
			}
			refused++
		}
		fold(t, r) // makes room
	}
	if answered < 1000 {
		t.Errorf("%d reads were answered", answered)
	}
	r.mustSee(t, 1)
	fold(t, r)
	whole(t, d, answered+1)
}
