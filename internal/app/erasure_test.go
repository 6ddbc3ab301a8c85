package app

import (
	"bytes"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"kartotek/internal/config"
	"kartotek/internal/db"
	"kartotek/internal/db/dbtest"
	"kartotek/internal/erasing"
	"kartotek/internal/i18n"
	"kartotek/internal/id"
	"kartotek/internal/ledger"
	"kartotek/internal/party"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// token is part of everything that is planted of the person to be erased.
const token = "qzjxwkv"

var eraser = db.System("test")

// registers runs a test on a register of each engine, with a notice in force.
func registers(t *testing.T, fn func(t *testing.T, h *House, at config.Store)) {
	for _, engine := range []string{"sqlite", "postgres"} {
		t.Run(engine, func(t *testing.T) {
			dir := t.TempDir()
			at := config.Store{Data: filepath.Join(dir, "data"), Keys: filepath.Join(dir, "keys")}
			if engine == "postgres" {
				at = config.Store{DSN: dbtest.Empty(t), Keys: filepath.Join(dir, "keys")}
			}
			fn(t, noticed(t, at), at)
		})
	}
}

func noticed(t testing.TB, at config.Store) *House {
	t.Helper()
	h := opened(t, at)
	src, err := os.ReadFile("../noticedef/testdata/nordanvind.yaml")
	if err != nil {
		t.Fatal(err)
	}
	h.try(t, func(tx *db.Tx) error {
		_, err := h.Notice.Publish(tx, src, "Kaisa Esimerkki", "")
		return err
	})
	return h
}

func opened(t testing.TB, at config.Store) *House {
	t.Helper()
	h, err := Open(t.Context(), at, Options{Create: true})
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { h.Close() })
	return h
}

func (h *House) try(t testing.TB, fn func(tx *db.Tx) error) {
	t.Helper()
	if err := h.DB.Do(t.Context(), eraser, fn); err != nil {
		t.Fatal(err)
	}
}

// plant makes a person with the token in every place that can hold one: by acts where
// rooms have them, and for the rest by a row in each table.
func plant(t testing.TB, h *House, mark string) (who id.ID) {
	t.Helper()
	w := token + mark
	h.try(t, func(tx *db.Tx) error {
		p, err := h.Party.Create(tx, party.New{Tags: []string{w}, Fields: []party.Pair{{Name: "first_name", Value: "First" + w}, {Name: "last_name", Value: "Last" + w},
			{Name: "email", Value: w + "@people.example"}, {Name: "phone", Value: "+358 00 000 0412"}, {Name: "title", Value: "Title" + w}, {Name: "organisation", Value: "Org" + w},
			{Name: "city", Value: "City" + w}, {Name: "country", Value: "FI"}, {Name: "language", Value: "sv"}, {Name: "street", Value: "Street" + w}}})
		if err != nil {
			return err
		}
		who = p.ID
		if _, err := h.Party.Edit(tx, who, 0, []party.Pair{{Name: "last_name", Value: "Married" + w}, {Name: "email", Value: "new" + w + "@people.example"}}); err != nil {
			return err
		}
		if _, err := h.Party.AddAddress(tx, who, party.KindEmail, "home", "home"+w+"@people.example", 0); err != nil {
			return err
		}
		_, err = h.Ledger.Record(tx, who, &ledger.Evidence{Text: "words " + w, IP: "2001:db8::" + w},
			ledger.Entry{Kind: ledger.Consent, Purpose: "newsletter", Channel: "email", SaidBy: ledger.ByPerson, Method: "form"},
			ledger.Entry{Kind: ledger.Prohibition, Scope: "channel:sms", SaidBy: ledger.ByPerson, Method: "form"})
		if err != nil {
			return err
		}
		if _, err := tx.Exec(beforeSeals, who.Bucket(), int64(who), 7, w, w, []byte{}); err != nil {
			return err
		}
		return plantRows(tx, h, who, w)
	})
	return who
}

// beforeSeals is evidence as it was kept before it was sealed.
var beforeSeals = db.SQL(db.OnePerson, `INSERT INTO evidence (bucket, person_id, evidence_id, at, text, ip, signed, received, language, sealed)
	VALUES ($1, $2, $3, 1, $4, $5, '', '', '', $6)`)

// formed are values of columns that a room reads in a form of its own.
var formed = map[string]func(h *House, w string) any{
	"posts.content": func(h *House, w string) any {
		return h.Keys.Seal("post:"+id.ID(1).String(), []byte(`{"Subject":"`+w+`"}`))
	},
	"case_items.content": func(h *House, w string) any {
		return h.Keys.Seal("case item:"+id.ID(1).String(), []byte(`{"text":"`+w+`"}`))
	},
	"case_files.head": func(h *House, w string) any {
		return h.Keys.Seal("case_files.head/"+id.ID(1).String(), []byte(`{"Name":"`+w+`"}`))
	},
	"recipient_notices.about": func(h *House, w string) any { return h.Keys.Seal("recipient:"+id.ID(1).String(), []byte(w)) },
	"papers.what":             func(h *House, w string) any { return h.Keys.Seal("paper:"+id.ID(1).String(), []byte(w)) },
	"subject_changes.content": func(h *House, w string) any { return h.Keys.Seal("subject change "+id.ID(1).String(), []byte(w)) },
	"messages.facts":          func(_ *House, w string) any { return `{"x":"` + w + `"}` },
}

// staying are tables whose rows outlive the person for a while, because they prove that
// the request was answered, that recipients were told, and which papers people still
// have to destroy.
var staying = []string{"case_items", "case_files", "disclosures", "recipient_notices", "papers", "paper_moves"}

// plantRows puts a row with the token into every table of people in which the person
// has nothing yet.
func plantRows(tx *db.Tx, h *House, who id.ID, w string) error {
	there, err := tx.Personal(who)
	if err != nil {
		return err
	}
	for _, table := range h.DB.Tables() {
		personal := slices.ContainsFunc(table.Cols, func(c db.Col) bool { return c.Personal })
		if table.Kind != db.PersonTable || !personal || slices.ContainsFunc(table.Cols, func(c db.Col) bool { return there[table.Name+"."+c.Name] > 0 }) {
			continue
		}
		w := w
		if slices.Contains(staying, table.Name) {
			w = "stays"
		}
		var names, marks []string
		var values []any
		for i, c := range table.Cols {
			names, marks = append(names, c.Name), append(marks, fmt.Sprintf("$%d", i+1))
			values = append(values, planted(h, table.Name+"."+c.Name, c, who, w))
		}
		if _, err := tx.Exec(db.SQL(db.OnePerson, "INSERT INTO "+table.Name+" ("+strings.Join(names, ", ")+") VALUES ("+strings.Join(marks, ", ")+")"), values...); err != nil {
			return fmt.Errorf("%s: %w", table.Name, err)
		}
	}
	return nil
}

func planted(h *House, name string, c db.Col, who id.ID, w string) any {
	switch f := formed[name]; {
	case c.Name == "bucket":
		return who.Bucket()
	case c.Name == "person_id":
		return int64(who)
	case f != nil:
		return f(h, w)
	case c.Type == "text" && c.Personal:
		return w
	case c.Type == "text":
		return "x"
	case c.Type == "blob":
		return []byte(w)
	case c.Type == "real":
		return 1.0
	}
	return int64(1)
}

func planFor(t testing.TB, h *House, who id.ID, ask erasing.Ask) (plan *erasing.Plan) {
	t.Helper()
	h.try(t, func(tx *db.Tx) (err error) { plan, err = h.Erasure.Plan(tx, who, ask); return err })
	return plan
}

// holdsAnywhere lists the files below some folders that contain the token, in any case.
func holdsAnywhere(t testing.TB, folders ...string) (found []string) {
	t.Helper()
	for _, folder := range folders {
		err := filepath.WalkDir(folder, func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			text, err := os.ReadFile(path)
			if bytes.Contains(bytes.ToLower(text), []byte(token)) {
				found = append(found, filepath.Base(path))
			}
			return err
		})
		if err != nil && !os.IsNotExist(err) {
			t.Fatal(err)
		}
	}
	return found
}

// TestErasureIsComplete plants the token in every personal column there is, and in the
// files beside; erases; and looks for it in all the bytes of all files and tables.
func TestErasureIsComplete(t *testing.T) {
	registers(t, func(t *testing.T, h *House, at config.Store) {
		who := plant(t, h, "a")
		h.covered(t, who)
		if err := os.MkdirAll(h.Exchange.Folder, 0o700); err != nil {
			t.Fatal(err)
		}
		rejects := filepath.Join(h.Exchange.Folder, "1-rejects.csv")
		if err := os.WriteFile(rejects, []byte("email,why\nNEW"+strings.ToUpper(token)+"a@People.example,twice\nother@people.example,twice\n"), 0o600); err != nil {
			t.Fatal(err)
		}
		c, err := h.Erasure.Erase(t.Context(), eraser, who, planFor(t, h, who, erasing.Ask{Ground: erasing.Withdrawn}))
		if err != nil {
			t.Fatal(err)
		}
		if len(c.Gone) < 8 || c.Digest == "" {
			t.Errorf("the certificate counts %v", c.Gone)
		}
		for _, lang := range i18n.Langs {
			if text := c.Text(i18n.For(lang)); strings.Contains(strings.ToLower(text), token) || strings.Contains(text, who.String()) {
				t.Errorf("the certificate names the person: %s", text)
			}
		}
		h.nowhere(t, at)
		if text, _ := os.ReadFile(rejects); string(text) != "email,why\nother@people.example,twice\n" {
			t.Errorf("refused rows: %q", text)
		}
		again, err := h.Erasure.Erase(t.Context(), eraser, who, planFor(t, h, who, erasing.Ask{Ground: erasing.Withdrawn}))
		if err != nil || len(again.Gone) != 0 {
			t.Errorf("erasing again: %v, %v", again, err)
		}
		h.View(t, func(tx *db.Tx) error {
			held, err := h.Outbox.Check(tx, "email", []string{"new" + token + "a@people.example", token + "a@people.example"})
			if len(held) != 2 || !held[token+"a@people.example"].Marketing {
				t.Errorf("held after a prohibition: %v", held)
			}
			kept, bad := h.Erasure.Certificate(tx, c.ID)
			if bad != nil || kept.Digest != c.Digest {
				t.Errorf("the certificate read again: %v, %v", kept, bad)
			}
			return err
		})
		if v, err := h.Verify(t.Context(), checker, nil); err != nil || !v.OK {
			t.Errorf("the log after an erasure: %+v, %v", v.Problems, err)
		}
	})
}

func (h *House) View(t testing.TB, fn func(tx *db.Tx) error) {
	t.Helper()
	if err := h.DB.View(t.Context(), eraser, fn); err != nil {
		t.Fatal(err)
	}
}

// covered holds that every personal column of every table of people was planted: a new
// one fails here until somebody plants it.
func (h *House) covered(t *testing.T, who id.ID) {
	t.Helper()
	h.View(t, func(tx *db.Tx) error {
		there, err := tx.Personal(who)
		for _, table := range h.DB.Tables() {
			for _, c := range table.Cols {
				if name := table.Name + "." + c.Name; table.Kind == db.PersonTable && c.Personal && there[name] == 0 {
					t.Errorf("%s was not planted", name)
				}
			}
		}
		return err
	})
}

// nowhere looks for the token in every text and blob of every table, and in the bytes
// of every file.
func (h *House) nowhere(t *testing.T, at config.Store) {
	t.Helper()
	h.View(t, func(tx *db.Tx) error {
		for _, table := range h.DB.Tables() {
			for _, c := range table.Cols {
				if c.Type != "text" && c.Type != "blob" {
					continue
				}
				err := tx.Each(db.SQL(db.Set, "SELECT "+c.Name+" FROM "+table.Name), func(scan db.Scan) error {
					var v []byte
					err := scan(&v)
					if bytes.Contains(bytes.ToLower(v), []byte(token)) {
						t.Errorf("%s.%s still holds it", table.Name, c.Name)
					}
					return err
				})
				if err != nil {
					return err
				}
			}
		}
		return nil
	})
	if found := holdsAnywhere(t, h.Folder, at.Keys); len(found) > 0 {
		t.Errorf("it lies on in %v", found)
	}
}

// TestErasureKeepsWhatALawKeeps: billing details stay in a row that is locked away.
func TestErasureKeepsWhatALawKeeps(t *testing.T) {
	registers(t, func(t *testing.T, h *House, at config.Store) {
		who := plant(t, h, "b")
		h.try(t, func(tx *db.Tx) error {
			_, err := h.Party.Edit(tx, who, 0, []party.Pair{{Name: "billing_name", Value: "Payer"}})
			return err
		})
		plan := planFor(t, h, who, erasing.Ask{Ground: erasing.NotNeeded})
		if plan.Fields()["billing_name"] != string(erasing.LegallyRequired) {
			t.Fatalf("%+v", plan.Lines)
		}
		if _, err := h.Erasure.Erase(t.Context(), eraser, who, plan); err != nil {
			t.Fatal(err)
		}
		h.View(t, func(tx *db.Tx) error {
			p, _, err := h.Party.Get(tx, who)
			var got []string
			p.Each(func(field, value string) { got = append(got, field+"="+value) })
			if p.Status != party.Restricted || len(got) != 1 || got[0] != "billing_name=Payer" {
				t.Errorf("%v %v", p.Status, got)
			}
			return err
		})
		h.nowhere(t, at)
	})
}

// TestErasureOfAPart: only what was asked for goes, and the person goes on as they were.
func TestErasureOfAPart(t *testing.T) {
	registers(t, func(t *testing.T, h *House, _ config.Store) {
		who := plant(t, h, "c")
		if _, err := h.Erasure.Erase(t.Context(), eraser, who, planFor(t, h, who, erasing.Ask{Ground: erasing.Withdrawn, Categories: []string{"messages"}})); err != nil {
			t.Fatal(err)
		}
		h.View(t, func(tx *db.Tx) error {
			p, found, err := h.Party.Get(tx, who)
			held, bad := h.Keepers().Holdings(tx, who)
			var names []string
			for _, x := range held {
				names = append(names, x.Keeper+"."+x.Kind)
			}
			if !found || p.Status != party.Active || p.Email == "" || slices.Contains(names, "outbox.messages") || !slices.Contains(names, "ledger.evidence") {
				t.Errorf("%+v %v %v", p, names, bad)
			}
			return err
		})
	})
}

// TestErasureAmongMany erases people from between others, whose pages of the file were
// split and moved about meanwhile, and looks for them in its bytes.
func TestErasureAmongMany(t *testing.T) {
	dir := t.TempDir()
	h := noticed(t, config.Store{Data: dir})
	var whole []id.ID
	for i := range 120 {
		h.try(t, func(tx *db.Tx) error {
			for k := range 10 {
				w := fmt.Sprintf("other%dx%d", i, k)
				p, err := h.Party.Create(tx, party.New{Tags: []string{"t" + w}, Fields: []party.Pair{{Name: "last_name", Value: w}, {Name: "email", Value: w + "@people.example"}, {Name: "city", Value: "City" + w}}})
				if err != nil {
					return err
				}
				if _, err := h.Party.Edit(tx, p.ID, 0, []party.Pair{{Name: "last_name", Value: strings.Repeat("longer", k) + w}}); err != nil {
					return err
				}
			}
			w := fmt.Sprintf("%sp%d", token, i)
			p, err := h.Party.Create(tx, party.New{Tags: []string{w}, Fields: []party.Pair{{Name: "first_name", Value: w}, {Name: "last_name", Value: w}, {Name: "email", Value: w + "@people.example"},
				{Name: "phone", Value: "+358 00 00 " + fmt.Sprint(20000+i)}, {Name: "city", Value: w}, {Name: "organisation", Value: w}}})
			if err != nil {
				return err
			}
			whole = append(whole, p.ID)
			_, err = h.Ledger.Record(tx, p.ID, &ledger.Evidence{Text: strings.Repeat(w+" ", 1+i*3)}, ledger.Entry{Kind: ledger.Consent, Purpose: "newsletter", Channel: "email", SaidBy: ledger.ByPerson, Method: "form"})
			return err
		})
	}
	for i, who := range whole {
		plan := planFor(t, h, who, erasing.Ask{Ground: erasing.Withdrawn})
		h.try(t, func(tx *db.Tx) error {
			_, err := h.Erasure.Carry(tx, who, plan)
			return err
		})
		h.try(t, func(tx *db.Tx) error {
			w := fmt.Sprintf("late%d", i)
			_, err := h.Party.Create(tx, party.New{Fields: []party.Pair{{Name: "last_name", Value: w}, {Name: "email", Value: w + "@people.example"}}})
			return err
		})
	}
	if err := h.DB.Scrub(t.Context()); err != nil {
		t.Fatal(err)
	}
	h.nowhere(t, config.Store{Keys: dir})
}
