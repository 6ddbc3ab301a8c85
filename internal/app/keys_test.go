package app

import (
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"kartotek/internal/config"
	"kartotek/internal/db"
	"kartotek/internal/db/dbtest"
	"kartotek/internal/erasing"
	"kartotek/internal/fault"
	"kartotek/internal/i18n"
	"kartotek/internal/id"
	"kartotek/internal/ledger"
	"kartotek/internal/party"
	"kartotek/internal/party/twins"
)

// spoke makes a person who said yes, with evidence.
func spoke(t testing.TB, h *House, name string) (who id.ID) {
	t.Helper()
	h.try(t, func(tx *db.Tx) error {
		p, err := h.Party.Create(tx, party.New{Fields: []party.Pair{{Name: "last_name", Value: name}, {Name: "email", Value: name + "@people.example"}}})
		if err != nil {
			return err
		}
		who = p.ID
		_, err = h.Ledger.Record(tx, who, &ledger.Evidence{Text: "yes"}, ledger.Entry{Kind: ledger.Consent, Purpose: "newsletter", Channel: "email", SaidBy: ledger.ByPerson, Method: "form"})
		return err
	})
	return who
}

// forgot holds which keys are destroyed.
func forgot(t *testing.T, h *House, want map[id.ID]bool) {
	t.Helper()
	for who, gone := range want {
		if got, err := h.Keys.Forgot(who); err != nil || got != gone {
			t.Errorf("the key of %s is destroyed: %v, want %v, %v", who, got, gone, err)
		}
	}
}

func erase(t *testing.T, h *House, who id.ID, plan *erasing.Plan) string {
	t.Helper()
	c, err := h.Erasure.Erase(t.Context(), eraser, who, plan)
	if err != nil {
		t.Fatal(err)
	}
	return c.Key
}

func all(t *testing.T, h *House, who id.ID) *erasing.Plan {
	return planFor(t, h, who, erasing.Ask{Ground: erasing.Withdrawn})
}

func copyFolder(t *testing.T, from string) string {
	t.Helper()
	to := filepath.Join(t.TempDir(), "copy")
	if err := os.CopyFS(to, os.DirFS(from)); err != nil && !errors.Is(err, fs.ErrExist) {
		t.Fatal(err)
	}
	return to
}

// TestKeyGoes: whoever is erased loses their key, with those merged into them, and nobody
// else does; the certificate says so in each language.
func TestKeyGoes(t *testing.T) {
	registers(t, func(t *testing.T, h *House, _ config.Store) {
		who, other, part := spoke(t, h, "one"), spoke(t, h, "two"), spoke(t, h, "three")
		c, err := h.Erasure.Erase(t.Context(), eraser, who, all(t, h, who))
		if err != nil || c.Key != "destroyed" {
			t.Fatal(c, err)
		}
		for _, lang := range i18n.Langs {
			if p := i18n.For(lang); !strings.Contains(c.Text(p), p.T("erasure.key.destroyed")) {
				t.Errorf("%s: %s", lang, c.Text(p))
			}
		}
		if key := erase(t, h, part, planFor(t, h, part, erasing.Ask{Ground: erasing.Withdrawn, Categories: []string{"messages"}})); key != "" {
			t.Errorf("after erasing a part the key is %s", key)
		}
		forgot(t, h, map[id.ID]bool{who: true, other: false, part: false})
		twin := spoke(t, h, "twin")
		h.try(t, func(tx *db.Tx) error { return twins.Room{Party: h.Party}.Merge(tx, other, twin, nil) })
		forgot(t, h, map[id.ID]bool{other: false, twin: false})
		erase(t, h, other, all(t, h, other))
		forgot(t, h, map[id.ID]bool{other: true, twin: true, part: false})
		if v, err := h.Verify(t.Context(), checker, nil); err != nil || !v.OK {
			t.Errorf("%+v, %v", v.Problems, err)
		}
	})
}

// TestKeyWaits: while a hold keeps evidence its key stays, and goes when that has gone.
func TestKeyWaits(t *testing.T) {
	registers(t, func(t *testing.T, h *House, _ config.Store) {
		who := spoke(t, h, "one")
		plan := all(t, h, who)
		for i, l := range plan.Lines {
			for _, kind := range l.Kinds {
				if kind == "ledger.evidence" {
					plan.Lines[i].Action, plan.Lines[i].Code = erasing.Restrict, erasing.LegalClaims
				}
			}
		}
		if key := erase(t, h, who, plan); key != "kept" {
			t.Errorf("the key is %q", key)
		}
		for _, gone := range []bool{false, true} {
			if err := h.Erasure.Settle(t.Context()); err != nil {
				t.Fatal(err)
			}
			forgot(t, h, map[id.ID]bool{who: gone})
			h.try(t, func(tx *db.Tx) error {
				_, err := h.Ledger.Expire(tx, who, "evidence", tx.Now()+1)
				return err
			})
		}
	})
}

// TestOldKeysPutBack: a copy of the keys folder from before an erasure, as another server
// has or as is put back, forgets when it is opened.
func TestOldKeysPutBack(t *testing.T) {
	registers(t, func(t *testing.T, h *House, at config.Store) {
		who, other := spoke(t, h, "one"), spoke(t, h, "two")
		old := copyFolder(t, at.Keys)
		if key := erase(t, h, who, all(t, h, who)); key != "destroyed" {
			t.Errorf("the key is %q", key)
		}
		for _, name := range []string{"erasures.journal", ""} { // with and without today's journal
			keys := copyFolder(t, old)
			if name != "" {
				text, err := os.ReadFile(filepath.Join(at.Keys, name))
				if err != nil {
					t.Fatal(err)
				}
				if err := os.WriteFile(filepath.Join(keys, name), text, 0o600); err != nil {
					t.Fatal(err)
				}
			}
			node := opened(t, config.Store{Data: at.Data, DSN: at.DSN, Keys: keys})
			forgot(t, node, map[id.ID]bool{who: true, other: false})
			third := spoke(t, h, "three"+name)
			erase(t, h, third, all(t, h, third))
			forgot(t, node, map[id.ID]bool{third: false})
			if _, err := node.Erasure.DestroyKeys(t.Context()); err != nil { // as a server does every minute
				t.Fatal(err)
			}
			forgot(t, node, map[id.ID]bool{third: true, other: false})
		}
	})
}

// TestOtherRoot: a keys folder whose keys of people were made anew is refused.
func TestOtherRoot(t *testing.T) {
	at := config.Store{DSN: dbtest.Empty(t), Keys: filepath.Join(t.TempDir(), "keys")}
	opened(t, at)
	keys := copyFolder(t, at.Keys)
	if err := os.RemoveAll(filepath.Join(keys, "people")); err != nil {
		t.Fatal(err)
	}
	if _, err := Open(t.Context(), config.Store{DSN: at.DSN, Keys: keys}, Options{}); fault.KeyOf(err) != "db.other_people" {
		t.Errorf("opened with another root: %v", err)
	}
}

// TestOldCopyIsUnreadable: an old copy of the database, with today's keys and before the
// journal is carried out, shows what was sealed of everybody but whoever was erased.
func TestOldCopyIsUnreadable(t *testing.T) {
	dir := t.TempDir()
	at := config.Store{Data: filepath.Join(dir, "data"), Keys: filepath.Join(dir, "keys")}
	h := noticed(t, at)
	who, other := spoke(t, h, "one"), spoke(t, h, "two")
	if err := h.Close(); err != nil {
		t.Fatal(err)
	}
	old := copyFolder(t, at.Data)
	h = opened(t, at)
	erase(t, h, who, all(t, h, who))
	looked := false
	copied, err := Open(t.Context(), config.Store{Data: old, Keys: at.Keys}, Options{Before: func(h *House) error {
		looked = true
		return h.DB.View(t.Context(), eraser, func(tx *db.Tx) error {
			c, err := h.Erasure.Look(tx)
			if c.Legible != 1 || c.Gone != 1 || c.Open != 0 {
				t.Errorf("%+v", c)
			}
			for p, want := range map[id.ID]bool{who: false, other: true} {
				entries, bad := h.Ledger.Entries(tx, p)
				if bad != nil || len(entries) != 1 {
					t.Fatal(entries, bad)
				}
				ev, bad := h.Ledger.EvidenceOf(tx, &entries[0])
				if err = errors.Join(err, bad); (ev != nil) != want {
					t.Errorf("evidence of %s: %+v", p, ev)
				}
			}
			return err
		})
	}})
	if err != nil || !looked {
		t.Fatal(err)
	}
	defer copied.Close()
	if copied.Replayed.Erased != 1 {
		t.Errorf("%+v", copied.Replayed)
	}
}

// TestPeopleLost: when the keys of people are lost for good the register says which
// command goes on without them; it goes on with new ones, what was sealed with the old
// counts as destroyed, everything else works, and the other servers take the new folder.
func TestPeopleLost(t *testing.T) {
	for name, at := range map[string]config.Store{
		"SQLite":     {Data: filepath.Join(t.TempDir(), "data"), Keys: filepath.Join(t.TempDir(), "keys")},
		"PostgreSQL": {DSN: dbtest.Empty(t), Keys: filepath.Join(t.TempDir(), "keys")},
	} {
		t.Run(name, func(t *testing.T) {
			h := noticed(t, at)
			before := spoke(t, h, "before")
			h.Close()
			if _, err := Open(t.Context(), at, Options{RenewPeople: true}); fault.KeyOf(err) != "db.own_people" {
				t.Errorf("keys that are there were begun anew: %v", err)
			}
			if err := os.RemoveAll(filepath.Join(at.Keys, "people")); err != nil {
				t.Fatal(err)
			}
			if _, err := Open(t.Context(), at, Options{}); fault.KeyOf(err) != "db.other_people" || !strings.Contains(err.Error(), "kartotek key renew-people") {
				t.Errorf("the operator is told %v", err)
			}
			h, err := Open(t.Context(), at, Options{RenewPeople: true})
			if err != nil {
				t.Fatal(err)
			}
			h.Close()
			h = opened(t, at)
			after := spoke(t, h, "after")
			h.try(t, func(tx *db.Tx) error {
				for who, kept := range map[id.ID]bool{before: false, after: true} {
					all, err := h.Ledger.Entries(tx, who)
					if err != nil || len(all) != 1 {
						t.Fatalf("%d entries, %v", len(all), err)
					}
					e, err := h.Ledger.EvidenceOf(tx, &all[0])
					if err != nil || (e != nil && e.Text == "yes") != kept {
						t.Errorf("evidence from before or after the loss: %+v, %v", e, err)
					}
				}
				return nil
			})
			if _, err := h.Verify(t.Context(), checker, nil); err != nil {
				t.Error(err)
			}
			other := config.Store{Data: at.Data, DSN: at.DSN, Keys: copyFolder(t, at.Keys)}
			opened(t, other)
		})
	}
}
