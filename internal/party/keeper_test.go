package party_test

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"kartotek/internal/db"
	"kartotek/internal/db/dbtest"
	"kartotek/internal/dossier"
	"kartotek/internal/id"
	"kartotek/internal/ledger"
	"kartotek/internal/party"
	"kartotek/internal/party/twins"
	"kartotek/internal/seal"
)

// house is the two rooms and their list of keepers.
func house(t *testing.T, d *db.DB) (bench, *ledger.Room, dossier.Keepers) {
	b, l := bench{t, open(d), d}, &ledger.Room{DB: d, Keys: seal.Fixed([32]byte{7})}
	b.Movers = []party.Mover{l}
	return b, l, dossier.Keepers{b.Room, l}
}

var both = []db.Schema{party.Schema, ledger.Schema}

func TestEveryPersonalColumnIsClaimed(t *testing.T) {
	dbtest.Each(t, both, func(t *testing.T, d *db.DB) {
		_, _, keepers := house(t, d)
		for _, wrong := range keepers.Unclaimed(d.Tables()) {
			t.Error(wrong)
		}
		dbtest.Catalogue(t, d)
	})
}

// plant makes a person with a token of its own in every place that can hold one.
func plant(b bench, l *ledger.Room, token string) id.ID {
	who := b.person("first_name", "first"+token, "last_name", "last"+token, "email", "email"+token+"@exempel.example", "city", "city"+token,
		"title", "title"+token, "organisation", "org"+token, "street", "street"+token, "country", "country"+token, "language", "lang"+token, "phone", "+358 00 000 0412")
	b.edit(who, "last_name", "married"+token, "email", "new"+token+"@exempel.example")
	b.edit(who, "phone", "+358 00 000 "+"0777")
	b.add(who, party.KindEmail, "home", "home"+token+"@exempel.example")
	b.add(who, party.KindPost, "billing", party.Post{"bill" + token, "00100", "Åbo", "FI"}.String())
	b.do(func(tx *db.Tx) error {
		if err := b.Tag(tx, who, "tag"+token, true); err != nil {
			return err
		}
		_, err := l.Record(tx, who, &ledger.Evidence{Text: "words " + token, IP: "2001:db8::" + token, Signed: "2026-11-01"},
			ledger.Entry{Kind: ledger.Consent, Purpose: "newsletter", Channel: "email", SaidBy: ledger.ByPerson, Method: "form"},
			ledger.Entry{Kind: ledger.Prohibition, Scope: "channel:sms", SaidBy: ledger.ByPerson, Method: "form"})
		return err
	})
	return who
}

// TestErase plants a token in every personal column and looks for it in every
// table afterwards: in those of the person, of the one merged into them, and of
// a bystander, who must keep everything.
func TestErase(t *testing.T) {
	dbtest.Each(t, both, func(t *testing.T, d *db.DB) {
		b, l, keepers := house(t, d)
		bystander := b.person("last_name", "Bystander", "email", "by@exempel.example", "organisation", "Bageriet")
		who := plant(b, l, "beef")
		b.edit(who, "phone", "") // a number can be shared; the second has another
		twin := plant(b, l, "cafe")
		b.do(func(tx *db.Tx) error { return (twins.Room{Party: b.Room}).Merge(tx, who, twin, nil) })
		if n := len(tokens(t, d)); n < 10 {
			t.Fatalf("only %d columns hold a token before: the test tests nothing", n)
		}
		b.do(func(tx *db.Tx) error {
			removed, err := keepers.Erase(tx, who, dossier.Plan{Ground: "17(1)(b)"})
			same(t, "removed", kinds(removed), "party.person party.addresses party.tags party.history ledger.evidence")
			return err
		})
		for _, left := range tokens(t, d) {
			t.Error("still there:", left)
		}
		b.do(func(tx *db.Tx) error {
			packed, err := l.Standing(tx, who)
			same(t, "what stands is the prohibition", strings.HasPrefix(packed, "p channel:sms ") && !strings.Contains(packed, "\n"), true)
			if err != nil {
				return err
			}
			n, err := l.Verify(tx, func(p ledger.Problem) { t.Error(p.What) })
			same(t, "entries stay", n > 4, true)
			return err
		})
		same(t, "tombstone", b.get(who).Status, party.Erased)
		same(t, "the bystander", b.get(bystander).Name(), "Bystander")
		same(t, "is found", b.owner("by@exempel.example"), bystander)
		same(t, "address is free", b.owner("emailbeef@exempel.example"), id.ID(0))
		b.do(func(tx *db.Tx) error {
			again, err := keepers.Erase(tx, who, dossier.Plan{})
			same(t, "erasing twice removes nothing", len(again), 0)
			return err
		})
		b.do(func(tx *db.Tx) error {
			left, err := keepers.Holdings(tx, who)
			same(t, "holdings", kinds(left), "ledger.permissions")
			return err
		})
		b.refused("party.not_found", func(tx *db.Tx) error { return keepers.Restrict(tx, who, true) })
	})
}

func kinds(all []dossier.Holding) string {
	var out []string
	for _, h := range all {
		out = append(out, h.Keeper+"."+h.Kind)
	}
	return strings.Join(out, " ")
}

func TestErasePlan(t *testing.T) {
	dbtest.Each(t, both, func(t *testing.T, d *db.DB) {
		b, l, keepers := house(t, d)
		who := plant(b, l, "beef")
		b.refused("party.erase_part", func(tx *db.Tx) error {
			_, err := keepers.Erase(tx, who, dossier.Plan{Keep: map[string]string{"party.tags": "17(3)(b)"}})
			return err
		})
		b.do(func(tx *db.Tx) error {
			removed, err := keepers.Erase(tx, who, dossier.Plan{Keep: map[string]string{"ledger.evidence": "17(3)(e)", "party.history": "17(3)(e)"}})
			same(t, "removed", len(removed), 3)
			return err
		})
		columns := strings.Join(tokens(t, d), " ")
		same(t, "kept", columns, "changes.diff")
		b.do(func(tx *db.Tx) error {
			there, err := tx.Personal(who)
			same(t, "sealed evidence kept", there["evidence.sealed"], 1)
			return err
		})
	})
}

func TestExport(t *testing.T) {
	dbtest.Each(t, both, func(t *testing.T, d *db.DB) {
		b, l, keepers := house(t, d)
		who := plant(b, l, "beef")
		plant(bench{t, open(d), d}, l, "cafe2")
		var all strings.Builder
		b.do(func(tx *db.Tx) error {
			all.Reset()
			return keepers.Export(tx, who, func(r dossier.Record) error { fmt.Fprintf(&all, "%+v\n", r); return nil })
		})
		for _, want := range []string{"firstbeef", "marriedbeef", "lastbeef", "newbeef@", "emailbeef@", "citybeef", "homebeef@", "billbeef", "tagbeef", "words beef", "2001:db8::beef", "newsletter", "channel:sms"} {
			if !strings.Contains(all.String(), want) {
				t.Errorf("the export lacks %s", want)
			}
		}
		if strings.Contains(all.String(), "cafe") {
			t.Error("the export holds another person's data")
		}
	})
}

// tokens lists the columns, of any table, that hold a planted token.
func tokens(t *testing.T, d *db.DB) (found []string) {
	t.Helper()
	err := d.View(t.Context(), clerk, func(tx *db.Tx) error {
		for _, table := range d.Tables() {
			for _, c := range table.Cols {
				hit, err := holds(tx, table.Name, c)
				if err != nil {
					return err
				}
				if hit {
					found = append(found, table.Name+"."+c.Name)
				}
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	slices.Sort(found)
	return found
}

// holds reads a whole column and looks for a token.
func holds(tx *db.Tx, table string, c db.Col) (hit bool, err error) {
	if c.Type != "text" {
		return false, nil
	}
	err = tx.Each(db.SQL(db.Set, "SELECT "+c.Name+" FROM "+table), func(scan db.Scan) error {
		var v string
		err := scan(&v)
		for _, token := range []string{"beef", "cafe", "0412", "0777"} {
			hit = hit || strings.Contains(v, token)
		}
		return err
	})
	return hit, err
}
