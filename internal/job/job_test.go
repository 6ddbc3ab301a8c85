package job

import (
	"bufio"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"testing"
	"time"

	"kartotek/internal/clock"
	"kartotek/internal/db"
	"kartotek/internal/db/dbtest"
	"kartotek/internal/fault"
	"kartotek/internal/id"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

var schema = []db.Schema{Schema}

// each runs a test on every engine with a clock that it can move.
func each(t *testing.T, fn func(t *testing.T, d *db.DB, c *clock.Fixed)) {
	t.Helper()
	for _, e := range []struct {
		name string
		open func(*testing.T, []db.Schema, ...dbtest.Option) *db.DB
	}{{"sqlite", dbtest.SQLite}, {"postgres", dbtest.Postgres}} {
		t.Run(e.name, func(t *testing.T) {
			c := clock.At(dbtest.Start)
			fn(t, e.open(t, schema, dbtest.At(c)), c)
		})
	}
}

var staff = db.By{Kind: "staff", ID: 77, Name: "Asta", Purpose: "newsletter"}

func enqueue(t *testing.T, d *db.DB, kind, key string, payload any, opt Opt) (job id.ID, created bool) {
	t.Helper()
	err := d.Do(t.Context(), staff, func(tx *db.Tx) (err error) {
		job, created, err = Enqueue(tx, kind, key, payload, opt)
		return err
	})
	if err != nil {
		t.Fatal(err)
	}
	return job, created
}

func get(t *testing.T, d *db.DB, job id.ID) (j *Job) {
	t.Helper()
	err := d.View(t.Context(), staff, func(tx *db.Tx) (err error) { j, err = Get(tx, job); return err })
	if err != nil {
		t.Fatal(err)
	}
	return j
}

func do(t *testing.T, d *db.DB, fn func(*db.Tx) error) error {
	t.Helper()
	return d.Do(t.Context(), staff, fn)
}

// runner makes one whose waiting moves the clock instead.
func runner(d *db.DB, c *clock.Fixed, kind string, h Handler) *Runner {
	r := &Runner{DB: d, Workers: 1, Wait: func(ctx context.Context, w time.Duration, wake <-chan struct{}) {
		select {
		case <-wake:
		default:
			c.Move(w)
		}
	}}
	r.Handle(kind, h)
	return r
}

func TestEnqueue(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB, c *clock.Fixed) {
		first, created := enqueue(t, d, "send", "c1/17", map[string]int{"bucket": 17}, Opt{Total: 9})
		again, second := enqueue(t, d, "send", "c1/17", nil, Opt{})
		if !created || second || first != again {
			t.Errorf("the same work twice: %v %v, %v %v", first, again, created, second)
		}
		boom := errors.New("no")
		if err := do(t, d, func(tx *db.Tx) error { _, _, _ = Enqueue(tx, "send", "c1/18", nil, Opt{}); return boom }); !errors.Is(err, boom) {
			t.Fatal(err)
		}
		j := get(t, d, first)
		var payload struct{ Bucket int }
		if err := j.Decode(&payload); err != nil || payload.Bucket != 17 {
			t.Errorf("payload %s: %v", j.Payload, err)
		}
		if j.State != Ready || j.Cause != staff || j.Progress.Total != 9 || !j.RunAt.Equal(dbtest.Start) || j.By().ID != 77 {
			t.Errorf("read %+v", j)
		}
		_ = d.View(t.Context(), staff, func(tx *db.Tx) error {
			all, err := List(tx, "", "", 0, 10)
			if len(all) != 1 || err != nil {
				t.Errorf("%d jobs: %v", len(all), err)
			}
			if _, err := Latest(tx, "send", "c1/18"); !fault.Is(err, fault.NotFound) {
				t.Errorf("the job of an undone transaction: %v", err)
			}
			return nil
		})
	})
}

// TestEndings runs one job per row until nothing is left and looks at how it ended.
func TestEndings(t *testing.T) {
	crossings := 0
	each(t, func(t *testing.T, d *db.DB, c *clock.Fixed) {
		for name, row := range map[string]struct {
			result   func(attempt int) error
			state    State
			attempts int
			message  string
		}{
			"at once":   {func(int) error { return nil }, Done, 1, ""},
			"recovers":  {func(a int) error { return map[bool]error{true: errors.New("busy"), false: nil}[a < 3] }, Done, 3, ""},
			"gives up":  {func(int) error { return errors.New("busy") }, Dead, 4, "internal: busy"},
			"permanent": {func(int) error { return Permanent(errors.New("never")) }, Dead, 1, "internal: never"},
			"invalid":   {func(int) error { return fault.New(fault.Invalid, "x.bad", "wrong") }, Dead, 1, "x.bad: wrong"},
			"panics":    {func(int) error { panic("a bug") }, Dead, 4, "job.panic: "},
			"crossed": {func(int) error { // in each other's way six times: no attempt is counted
				if crossings++; crossings%7 > 0 {
					return fault.New(fault.Unavailable, "db.busy", "others were there")
				}
				return nil
			}, Done, 7, ""},
		} {
			job, _ := enqueue(t, d, "work", name, nil, Opt{MaxAttempts: 4})
			tries := 0
			r := runner(d, c, "work", func(ctx context.Context, j *Job) error { tries++; return row.result(j.Attempt) })
			if err := r.RunUntilIdle(t.Context(), Filter{KeyPrefix: name}); err != nil {
				t.Fatal(err)
			}
			j := get(t, d, job)
			if j.State != row.state || tries != row.attempts || !strings.HasPrefix(j.Error, row.message) || j.FinishedAt.IsZero() {
				t.Errorf("%s: %s after %d tries, %q", name, j.State, tries, j.Error)
			}
		}
	})
}

func TestLaterAndRetry(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB, c *clock.Fixed) {
		job, _ := enqueue(t, d, "work", "k", nil, Opt{MaxAttempts: 1, RunAt: dbtest.Start.Add(time.Hour)})
		var at []time.Duration
		r := runner(d, c, "work", func(ctx context.Context, j *Job) error {
			if at = append(at, c.Now().Sub(dbtest.Start)); len(at) < 3 {
				return Later(c.Now().Add(30 * time.Minute))
			}
			return Permanent(errors.New("no"))
		})
		if err := r.RunUntilIdle(t.Context(), Filter{}); err != nil {
			t.Fatal(err)
		}
		if j := get(t, d, job); j.State != Dead || len(at) != 3 || at[0] < time.Hour || at[2] < 2*time.Hour || at[2] > 2*time.Hour+10*time.Second {
			t.Errorf("%s, run at %v", j.State, at)
		}
		if err := do(t, d, func(tx *db.Tx) error { return Retry(tx, job) }); err != nil {
			t.Fatal(err)
		}
		if err := do(t, d, func(tx *db.Tx) error { return Retry(tx, job) }); !fault.Is(err, fault.Conflict) {
			t.Errorf("a second retry: %v", err)
		}
		if j := get(t, d, job); j.State != Ready || j.Attempt != 0 {
			t.Errorf("after the retry: %s, attempt %d", j.State, j.Attempt)
		}
	})
}

// TestFence lets a process sleep past its lease: it can commit nothing any more,
// and what the next one records stands.
func TestFence(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB, c *clock.Fixed) {
		job, _ := enqueue(t, d, "work", "k", nil, Opt{})
		var second *Job
		var lost error
		slow := runner(d, c, "work", func(ctx context.Context, j *Job) error {
			if err := do(t, d, j.Hold); err != nil {
				t.Error(err)
			}
			other := runner(d, c, "work", func(ctx context.Context, j *Job) error {
				second = j
				return do(t, d, func(tx *db.Tx) error { return j.Mark(tx, Progress{Done: 5, Total: 10, Note: "half"}) })
			})
			other.Holder = "elsewhere:1:x"
			if err := other.RunUntilIdle(t.Context(), Filter{}); err != nil { // waits until the lease has run out
				t.Error(err)
			}
			lost = do(t, d, func(tx *db.Tx) error { return j.Mark(tx, Progress{Done: 1}) })
			return lost
		})
		slow.Holder = "here:1:x"
		if err := slow.RunUntilIdle(t.Context(), Filter{}); err != nil {
			t.Fatal(err)
		}
		j := get(t, d, job)
		if !Lost(lost) || second == nil || j.State != Done || j.Progress.Done != 5 || j.Fence != 2 || j.Attempt != 2 {
			t.Errorf("lost %v, job %+v", lost, j)
		}
		if c.Now().Sub(dbtest.Start) < Lease {
			t.Error("the job was taken before its lease had run out")
		}
	})
}

func TestCancelAndRenew(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB, c *clock.Fixed) {
		job, _ := enqueue(t, d, "work", "k", nil, Opt{})
		var r *Runner
		r = runner(d, c, "work", func(ctx context.Context, j *Job) error {
			before := get(t, d, job).LeaseUntil
			c.Move(Lease / 2)
			r.renew(ctx)
			if after := get(t, d, job).LeaseUntil; after.Sub(before) != Lease/2 {
				t.Errorf("renewed from %v to %v", before, after)
			}
			if err := do(t, d, func(tx *db.Tx) error { return Cancel(tx, job) }); err != nil {
				t.Error(err)
			}
			r.renew(ctx)
			<-ctx.Done()
			return context.Cause(ctx)
		})
		if err := r.RunUntilIdle(t.Context(), Filter{}); err != nil {
			t.Fatal(err)
		}
		if j := get(t, d, job); j.State != Cancelled {
			t.Errorf("ended as %s", j.State)
		}
		if err := do(t, d, func(tx *db.Tx) error { return Cancel(tx, job) }); !fault.Is(err, fault.Conflict) {
			t.Errorf("cancelled twice: %v", err)
		}
		err := do(t, d, func(tx *db.Tx) error {
			n, err := Sweep(tx, c.Now().Add(time.Second))
			if n != 1 {
				t.Errorf("swept %d", n)
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
	})
}

// TestShared lets two nodes and several workers empty one queue: every job runs once.
func TestShared(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB, c *clock.Fixed) {
		const jobs = 60
		for i := range jobs {
			enqueue(t, d, "work", fmt.Sprint(i), i, Opt{})
		}
		var mu sync.Mutex
		ran := map[string]int{}
		var wg sync.WaitGroup
		for node := range 2 {
			wg.Go(func() {
				r := &Runner{DB: d, Workers: 3, Holder: fmt.Sprintf("node%d:1:x", node)}
				r.Handle("work", func(ctx context.Context, j *Job) error {
					mu.Lock()
					defer mu.Unlock()
					ran[j.Key]++
					return nil
				})
				if err := r.RunUntilIdle(t.Context(), Filter{}); err != nil {
					t.Error(err)
				}
			})
		}
		wg.Wait()
		for i := range jobs {
			if ran[fmt.Sprint(i)] != 1 {
				t.Errorf("job %d ran %d times", i, ran[fmt.Sprint(i)])
			}
		}
	})
}

func TestRunWakesAndDrains(t *testing.T) {
	each(t, func(t *testing.T, d *db.DB, c *clock.Fixed) {
		started, release := make(chan *Job), make(chan struct{})
		r := &Runner{DB: d, Workers: 1, Wait: func(ctx context.Context, _ time.Duration, wake <-chan struct{}) {
			select { // only a wake-up can help
			case <-ctx.Done():
			case <-wake:
			}
		}}
		r.Handle("work", func(ctx context.Context, j *Job) error {
			started <- j
			select {
			case <-release:
				return nil
			case <-ctx.Done():
				return ctx.Err()
			}
		})
		ended := make(chan error)
		go func() { ended <- r.Run(t.Context()) }()
		one, _ := enqueue(t, d, "work", "1", nil, Opt{})
		two, _ := enqueue(t, d, "work", "2", nil, Opt{})
		<-started
		release <- struct{}{}
		<-started // the second is under way
		three, _ := enqueue(t, d, "work", "3", nil, Opt{})
		hurry, cancel := context.WithCancel(t.Context())
		cancel()
		if err := r.Drain(hurry); !errors.Is(err, context.Canceled) {
			t.Errorf("drained with %v", err)
		}
		if err := <-ended; err != nil {
			t.Error(err)
		}
		for job, want := range map[id.ID]State{one: Done, two: Ready, three: Ready} {
			if j := get(t, d, job); j.State != want || j.Attempt > 1 || want == Ready && j.Attempt != 0 {
				t.Errorf("job %s is %s, attempt %d; want %s", j.Key, j.State, j.Attempt, want)
			}
		}
	})
}

func TestSubscribe(t *testing.T) {
	d, c := dbtest.SQLite(t, schema), clock.At(dbtest.Start)
	enqueue(t, d, "work", "k", nil, Opt{})
	r := runner(d, c, "work", func(ctx context.Context, j *Job) error {
		for i := range 40 { // more than a slow reader's channel holds
			if err := j.Tell(ctx, Progress{Done: int64(i), Total: 40}); err != nil {
				return err
			}
		}
		return nil
	})
	events, stop := r.Subscribe()
	if err := r.RunUntilIdle(t.Context(), Filter{}); err != nil {
		t.Fatal(err)
	}
	stop()
	stop() // harmless
	var last Event
	n := 0
	for e := range events {
		last = e
		n++
	}
	if b, _ := json.Marshal(last.Progress); last.State != Done || n != 16 || string(b) != `{"done":39,"total":40}` {
		t.Errorf("heard %d events, the last %+v", n, last)
	}
}

// TestKilledProcess starts this test program again as another process, lets it
// take a job, and kills it: the job is taken over at once, without waiting for
// the lease.
func TestKilledProcess(t *testing.T) {
	if dir := os.Getenv("KARTOTEK_TEST_CHILD"); dir != "" {
		childTakes(t, dir)
		return
	}
	dir := t.TempDir()
	c := clock.At(dbtest.Start)
	d := dbtest.Open(t, dir, schema, dbtest.At(c))
	job, _ := enqueue(t, d, "work", "k", nil, Opt{})
	child := exec.Command(os.Args[0], "-test.run=^TestKilledProcess$")
	child.Env = append(os.Environ(), "KARTOTEK_TEST_CHILD="+dir)
	out, err := child.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := child.Start(); err != nil {
		t.Fatal(err)
	}
	for lines := bufio.NewScanner(out); lines.Scan() && lines.Text() != "taken"; {
	}
	if j := get(t, d, job); j.State != Running {
		t.Fatalf("the other process has not taken the job: %s", j.State)
	}
	_ = child.Process.Kill()
	_ = child.Wait()
	r := runner(d, c, "work", func(ctx context.Context, j *Job) error { return do(t, d, j.Hold) })
	if err := r.RunUntilIdle(t.Context(), Filter{}); err != nil {
		t.Fatal(err)
	}
	if j := get(t, d, job); j.State != Done || j.Attempt != 2 || !c.Now().Equal(dbtest.Start) {
		t.Errorf("%s after %d attempts, %v later", j.State, j.Attempt, c.Now().Sub(dbtest.Start))
	}
}

func childTakes(t *testing.T, dir string) {
	d := dbtest.Open(t, dir, schema)
	r := &Runner{DB: d}
	r.Handle("work", func(ctx context.Context, j *Job) error {
		fmt.Println("taken")
		<-ctx.Done()
		return nil
	})
	_ = r.Run(t.Context())
}

func TestPoison(t *testing.T) {
	d, c := dbtest.SQLite(t, schema), clock.At(dbtest.Start)
	_ = c
	job, _ := enqueue(t, d, "work", "k", nil, Opt{MaxAttempts: 2})
	for i := range 3 { // three processes that die with the job in hand
		r := &Runner{DB: d, Holder: fmt.Sprintf("%s:%s", strings.Join(strings.Split(process, ":")[:2], ":"), fmt.Sprint("x", i))}
		r.setup()
		if taken, err := r.claim(t.Context(), Filter{Kinds: []string{"work"}}, 1); err != nil || len(taken) != 1 {
			t.Fatal(taken, err)
		}
	}
	r := runner(d, c, "work", func(context.Context, *Job) error { t.Error("it was run again"); return nil })
	if err := r.RunUntilIdle(t.Context(), Filter{}); err != nil {
		t.Fatal(err)
	}
	if j := get(t, d, job); j.State != Dead || !strings.HasPrefix(j.Error, "job.crashes") {
		t.Errorf("%s %s", j.State, j.Error)
	}
}

func TestGoneAndBackoff(t *testing.T) {
	for _, c := range []struct {
		holder string
		want   bool
	}{
		{"a:1:x", false}, {"a:1:y", true}, {"b:1:y", false}, {"a:4194999:z", true}, {"", false}, {fmt.Sprintf("a:%d:z", os.Getppid()), false},
	} {
		if got := gone(c.holder, "a:1:x"); got != c.want {
			t.Errorf("gone(%q) = %v", c.holder, got)
		}
	}
	for attempt, want := range map[int]time.Duration{0: 5 * time.Second, 1: 5 * time.Second, 2: 10 * time.Second, 10: 2560 * time.Second, 11: time.Hour, 500: time.Hour} {
		if got := Backoff(attempt); got != want {
			t.Errorf("Backoff(%d) = %v", attempt, got)
		}
	}
}

func TestSQL(t *testing.T) {
	for _, f := range dbtest.LintSQL(db.Registered(), Schema.Tables) {
		t.Error(f)
	}
	dbtest.Each(t, schema, func(t *testing.T, d *db.DB) { dbtest.Catalogue(t, d) })
}

// TestTakingFails is a database that refuses while jobs are taken: none is begun,
// for none is ours, and each is begun once when the database takes writes again.
func TestTakingFails(t *testing.T) {
	dir, c := t.TempDir(), clock.At(dbtest.Start)
	d := dbtest.Open(t, dir, schema, dbtest.At(c))
	raw, err := sql.Open("sqlite", filepath.Join(dir, db.FileName))
	if err != nil {
		t.Fatal(err)
	}
	defer raw.Close()
	if _, err := raw.Exec(`CREATE TRIGGER broken BEFORE UPDATE ON jobs WHEN NEW.key = 'second' BEGIN SELECT RAISE(ABORT, 'broken'); END`); err != nil {
		t.Fatal(err)
	}
	enqueue(t, d, "work", "first", nil, Opt{})
	enqueue(t, d, "work", "second", nil, Opt{})
	var mu sync.Mutex
	begun := 0
	r := runner(d, c, "work", func(context.Context, *Job) error {
		mu.Lock()
		defer mu.Unlock()
		begun++
		return nil
	})
	r.Workers = 2
	r.setup()
	for range 3 {
		if _, err := r.step(t.Context(), Filter{Kinds: []string{"work"}}); err == nil {
			t.Error("a broken database is no error")
		}
	}
	r.work.Wait()
	if begun != 0 {
		t.Errorf("%d jobs were begun that nobody holds", begun)
	}
	if _, err := raw.Exec(`DROP TRIGGER broken`); err != nil {
		t.Fatal(err)
	}
	if err := r.RunUntilIdle(t.Context(), Filter{}); err != nil || begun != 2 {
		t.Errorf("%d jobs were begun: %v", begun, err)
	}
}
