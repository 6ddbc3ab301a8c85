package app

import (
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"kartotek/internal/config"
	"kartotek/internal/db"
	"kartotek/internal/id"
	"kartotek/internal/ledger"
)

// flips is how many places of the database file TestFlippedBytes damages; make faults
// says 1,000.
var flips = flag.Int("flips", 160, "how many bytes of a database file are changed, one at a time")

// answers are what people allowed and forbade, as the register serves it, by person.
func answers(t *testing.T, h *House, people []id.ID) (out map[id.ID]string, names string, err error) {
	t.Helper()
	out = map[id.ID]string{}
	return out, names, h.DB.View(t.Context(), eraser, func(tx *db.Tx) error {
		for _, who := range people {
			standing, err := h.Ledger.Standing(tx, who)
			if err != nil {
				return err
			}
			entries, err := h.Ledger.Entries(tx, who)
			if err != nil {
				return err
			}
			p, found, err := h.Party.Get(tx, who)
			if err != nil {
				return err
			}
			out[who] = fmt.Sprintf("%s %+v", standing, entries)
			names += fmt.Sprintf("%v %s %s %s\n", found, p.Name(), p.Email, p.Status)
		}
		return nil
	})
}

// served opens a register and says what it serves, unless opening, reading or
// verification says that something is wrong.
func served(t *testing.T, dir string, people []id.ID) (permissions map[id.ID]string, names, told string) {
	h, err := Open(t.Context(), config.Store{Data: dir}, Options{})
	if err != nil {
		return nil, "", "open"
	}
	defer h.Close()
	v, err := h.Verify(t.Context(), checker, nil)
	if err != nil || !v.OK {
		return nil, "", "verify"
	}
	if permissions, names, err = answers(t, h, people); err != nil {
		return nil, "", "reading"
	}
	return permissions, names, ""
}

// TestFlippedBytes changes one byte of the database file in many places, each in a copy
// of its own. No permission and no prohibition is ever served other than it was said:
// opening or verification tells. A name or an address that changed within a page
// nothing in SQLite can see; there are few such places, and they are counted here.
func TestFlippedBytes(t *testing.T) {
	dir := filepath.Join(t.TempDir(), "data")
	h := noticed(t, config.Store{Data: dir})
	var people []id.ID
	for n := range 12 {
		people = append(people, plant(t, h, fmt.Sprint(n)))
	}
	h.try(t, func(tx *db.Tx) error {
		_, err := h.Ledger.Record(tx, people[3], nil, ledger.Entry{Kind: ledger.Prohibition, Scope: "all-marketing", SaidBy: ledger.ByPerson, Method: "form"})
		return err
	})
	h.Close()
	whole, names, told := served(t, dir, people)
	if told != "" {
		t.Fatalf("the register is wrong to begin with: %s", told)
	}
	text, err := os.ReadFile(filepath.Join(dir, db.FileName))
	if err != nil {
		t.Fatal(err)
	}
	random := rand.New(rand.NewPCG(1, 2))
	seen := map[string]int{}
	for n := range *flips {
		at := n * len(text) / *flips // all over the file
		if n > 0 {
			at = min(len(text)-1, at+random.IntN(len(text) / *flips))
		}
		copied := filepath.Join(t.TempDir(), "data")
		if err := os.CopyFS(copied, os.DirFS(dir)); err != nil {
			t.Fatal(err)
		}
		flipped := slices.Clone(text)
		flipped[at] ^= 1 << random.IntN(8)
		if err := os.WriteFile(filepath.Join(copied, db.FileName), flipped, 0o600); err != nil {
			t.Fatal(err)
		}
		permissions, now, told := served(t, copied, people)
		switch {
		case told != "":
			seen[told]++
			continue
		case now != names:
			seen["a name or an address changed"]++
		default:
			seen["nothing changed"]++
		}
		for who, said := range whole {
			if permissions[who] != said {
				t.Errorf("byte %d: served\n%s\nsaid was\n%s", at, permissions[who], said)
			}
		}
		os.RemoveAll(copied)
	}
	t.Logf("of %d bytes in a file of %d: %v", *flips, len(text), seen)
}
