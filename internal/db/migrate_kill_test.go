package db_test

import (
	"bufio"
	"flag"
	"fmt"
	"math/rand/v2"
	"os/exec"
	"strings"
	"testing"
	"time"

	"kartotek/internal/db"
	"kartotek/internal/db/dbtest"
	"kartotek/internal/fault"
)

var (
	migrating  = flag.String("migrating", "", "bring the register at this address up to date and end; the tests start themselves with it")
	interrupts = flag.Int("interrupts", 12, "how often a migration is killed")
)

// grown is the schema of a much later program: a column more, new tables, and steps
// whose statements depend on one another.
func grown() []db.Schema {
	s := schema[0]
	s.Tables = append([]db.Table{}, s.Tables...)
	s.Tables[0].Cols = append(append([]db.Col{}, s.Tables[0].Cols...), db.Cols("nick text, born big null")...)
	for i := range 20 {
		s.Tables = append(s.Tables, db.Table{Name: fmt.Sprintf("later_%c", 'a'+i), Kind: db.LocalTable, Key: "id", Cols: db.Cols("id big, name text")})
	}
	for n := 2; n < 30; n++ {
		s.Steps = append(s.Steps, db.Step{Number: n, Why: "test", DDL: []string{
			fmt.Sprintf("ALTER TABLE drawers ADD COLUMN a%d BIGINT", n), fmt.Sprintf("ALTER TABLE drawers RENAME COLUMN a%d TO b%d", n, n)}})
	}
	return []db.Schema{s}
}

// TestMigratingChild is the process that is killed.
func TestMigratingChild(t *testing.T) {
	if *migrating == "" {
		return
	}
	fmt.Println("\nbegins")
	d, err := db.Open(t.Context(), *migrating, db.Options{Schema: grown()})
	if err != nil {
		t.Fatal(err)
	}
	must(t, d.Close())
	fmt.Println("\nis through")
}

// TestKilledWhileMigrating kills processes that bring a register up to date. What they
// leave is opened by the program of before or refused to it as newer, and never
// between; the next of the newer programs goes on and is through.
func TestKilledWhileMigrating(t *testing.T) {
	places(t, func(t *testing.T, dsn string) {
		seen := map[string]int{}
		var course time.Duration
		for n := range *interrupts + 1 {
			at := dsn
			if n > 0 && db.IsPostgres(dsn) {
				at = dbtest.Empty(t)
			} else if n > 0 {
				at = t.TempDir()
			}
			d := dbtest.Open(t, at, schema)
			tenCards(t, d)
			must(t, d.Close())
			c := exec.Command("/proc/self/exe", "-test.run=^TestMigratingChild$", "-migrating="+at)
			took := killIn(t, c, course)
			if n == 0 { // the first is let through, and says how long it takes
				course = took
			}
			old, err := db.Open(t.Context(), at, db.Options{Schema: schema})
			switch {
			case err == nil:
				seen["before"]++
				must(t, old.Close())
			case fault.KeyOf(err) == "db.newer_schema":
				seen["after, the older program is refused"]++
			default:
				t.Errorf("between: %v", err)
			}
			d = dbtest.Open(t, at, grown())
			dbtest.Open(t, at, grown(), func(o *db.Options) { o.ReadOnly = true }).Close() // which refuses what is not through
			if got := cardCount(t, d); got != 10 {
				t.Errorf("%d cards", got)
			}
			must(t, d.Close())
		}
		t.Logf("a migration takes %v; %v", course, seen)
	})
}

// killIn starts a command and kills it at a random moment within a time after it has
// begun; 0 lets it end. It gives how long it took from there.
func killIn(t *testing.T, c *exec.Cmd, within time.Duration) time.Duration {
	t.Helper()
	out, err := c.StdoutPipe()
	must(t, err)
	must(t, c.Start())
	var begun time.Time
	var wait *time.Timer
	for lines := bufio.NewScanner(out); lines.Scan(); {
		if strings.Contains(lines.Text(), "begins") {
			if begun = time.Now(); within > 0 {
				wait = time.AfterFunc(rand.N(within), func() { _ = c.Process.Kill() })
			}
		}
		if strings.Contains(lines.Text(), "is through") {
			within = time.Since(begun)
		}
	}
	err = c.Wait()
	if wait != nil {
		wait.Stop()
	} else {
		must(t, err)
	}
	return within
}

func tenCards(t *testing.T, d *db.DB) {
	t.Helper()
	must(t, d.Do(t.Context(), by, func(tx *db.Tx) error {
		return tx.Bulk(cards, 10, func(i int, dst []any) {
			copy(dst, []any{int64(i), int64(i), fmt.Sprint("Åsa ", i), nil, nil, nil, int64(7)})
		})
	}))
}

func cardCount(t *testing.T, d *db.DB) (n int) {
	t.Helper()
	must(t, d.View(t.Context(), by, func(tx *db.Tx) error {
		_, err := tx.One(countCards, []any{&n, new(int), new(int)})
		return err
	}))
	return n
}
