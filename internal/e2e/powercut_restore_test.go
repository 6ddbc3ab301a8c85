//go:build powercut

package e2e

import (
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"testing"
	"time"

	"kartotek/internal/id"
)

// laid lays a register on a disk whose power can be cut, written through.
func laid(t *testing.T, d *disk, from store) store {
	t.Helper()
	s := store{"--data", filepath.Join(d.at, "register")}
	if err := os.CopyFS(s.dir(), os.DirFS(from.dir())); err != nil {
		t.Fatal(err)
	}
	must(t, privileged("sync", "-f", d.at))
	return s
}

// cutDuring runs commands one after another, cuts the power at a random moment of
// their course, and brings the machine back. It gives how many had said that they
// were done.
func cutDuring(t *testing.T, d *disk, course time.Duration, commands ...[]string) (said int) {
	t.Helper()
	moment := time.NewTimer(rand.N(course))
	defer moment.Stop()
	var p *process
	for dark := false; said < len(commands) && !dark; {
		p = start(t, commands[said]...)
		select {
		case <-p.ended:
			if p.cmd.ProcessState.ExitCode() != 0 {
				t.Fatalf("%+v", p.finish(t))
			}
			said++
		case <-moment.C:
			dark = true
		}
	}
	d.cut(t)
	p.kill()
	must(t, privileged("umount", d.at))
	d.mount(t)
	return said
}

// TestPowerCutErasing cuts the power while people are erased one after another. Whose
// certificate was printed is erased and stands in the journal; everybody else is whole
// or erased, and whoever is erased stands in the journal, before and after the register
// is opened again.
func TestPowerCutErasing(t *testing.T) {
	const people = 24
	all := many(people + 1)
	made := consenting(t, all...)
	who := map[string]id.ID{}
	each(t, made.open(t), `SELECT email, person_id FROM persons`, func(v []any) { who[fmt.Sprint(v[0])] = id.ID(v[1].(int64)) })
	whole := made.shapes(t)[who[all[0]]]
	begun := time.Now()
	done(t, made.with("erase", all[people])...)
	course := time.Since(begun) * 6
	erased := made.shapes(t)[who[all[people]]]
	told, ahead, total := 0, 0, 0
	for n := range *cuts {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			d := newDisk(t)
			s := laid(t, d, made)
			var commands [][]string
			for _, address := range all[:people] {
				commands = append(commands, s.with("erase", address))
			}
			said := cutDuring(t, d, course, commands...)
			for _, opened := range []bool{false, true} {
				noted, shapes := s.noted(t), s.shapes(t)
				for i, address := range all[:people] {
					w := who[address]
					switch shape := shapes[w]; {
					case shape != whole && shape != erased:
						t.Errorf("between whole and erased:\n%s", shape)
					case shape == erased && !noted[w]:
						t.Error("erased, and the journal does not know it")
					case shape == whole && i < said:
						t.Error("a certificate was printed, and nobody was erased")
					case shape == whole && noted[w] && opened:
						t.Error("in the journal, and not erased when the register was opened")
					case shape == whole && noted[w]:
						ahead++
					case shape == erased && opened:
						total++
					}
				}
				done(t, s.with("verify")...)
			}
			told += said
		})
	}
	t.Logf("%d cuts: %d certificates before them, %d erased after them; %d times the journal was ahead of the database", *cuts, told, total, ahead)
}

// TestPowerCutRestoring cuts the power while a backup is put back. There is the
// register as it was or the one of the backup, whole, the log says which, nobody
// erased since is back, and what was said to be done is done.
func TestPowerCutRestoring(t *testing.T) {
	r := consenting(t, many(60)...).rehearse(t, 60, 40)
	begun := time.Now()
	done(t, r.restore(r.copied(t))...)
	course := time.Since(begun) * 3 / 2
	seen := map[string]int{}
	for n := range *cuts {
		t.Run(fmt.Sprint(n), func(t *testing.T) {
			d := newDisk(t)
			s := laid(t, d, r.store)
			through, before := cutDuring(t, d, course, r.restore(s)), seen["before"]
			seen["said to be done"] += through
			s.eitherWay(t, seen, r.before, r.after)
			if through > 0 && seen["before"] > before {
				t.Error("the restore was said to be done, and was not")
			}
			r.again(t, s)
		})
	}
	t.Logf("%d cuts: %v", *cuts, seen)
}
