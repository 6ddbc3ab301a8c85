package segment_test

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"kartotek/internal/db"
	"kartotek/internal/db/dbtest"
	"kartotek/internal/fault"
	"kartotek/internal/id"
	"kartotek/internal/ledger"
	"kartotek/internal/outbox"
	"kartotek/internal/party"
	"kartotek/internal/permit"
	"kartotek/internal/seal"
	"kartotek/internal/segdef"
	"kartotek/internal/segment"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

var schemas = []db.Schema{party.Schema, ledger.Schema, outbox.Schema, segment.Schema}

var by = db.System("test")

type catalogue struct{}

func (catalogue) HasField(name string) bool {
	return name == "industry" || slices.Contains(party.ColumnFields, name)
}
func (catalogue) HasPurpose(code string) bool { return code == "newsletter" }
func (catalogue) HasChannel(name string) bool { return name == "email" }

func open(d *db.DB) *segment.Room {
	people := &party.Room{DB: d, Catalogue: func() party.Catalogue { return catalogue{} }}
	out := &outbox.Room{DB: d, Party: people, Ledger: &ledger.Room{DB: d, Keys: seal.Fixed([32]byte{7})}, Keys: seal.Fixed([32]byte{4})}
	return &segment.Room{DB: d, Outbox: out, Catalogue: func(*db.Tx) (segdef.Catalogue, error) { return catalogue{}, nil }}
}

func do(t *testing.T, d *db.DB, fn func(tx *db.Tx) error) {
	t.Helper()
	if err := d.Do(t.Context(), by, fn); err != nil {
		t.Fatal(err)
	}
}

func TestSaveListDelete(t *testing.T) {
	dbtest.Each(t, schemas, func(t *testing.T, d *db.DB) {
		r := open(d)
		var saved *segment.Segment
		do(t, d, func(tx *db.Tx) (err error) {
			saved, err = r.Save(tx, segment.Segment{Name: " Turku ", Text: `city="Turku"   and registered >= 2024-01-01`})
			return err
		})
		if saved.Name != "Turku" || saved.Text != `city = "Turku" and registered >= 2024-01-01` {
			t.Errorf("saved %+v", saved)
		}
		for want, s := range map[string]segment.Segment{
			"segment.name":            {Name: "  ", Text: "everyone"},
			"segment.name_taken":      {Name: "Turku", Text: "everyone"},
			"segment.field_unknown":   {Name: "Shoes", Text: "shoe_size = 44"},
			"segment.purpose_unknown": {Name: "Sold", Text: "consent profit email"},
			"segment.none":            {ID: 12345, Name: "Gone", Text: "everyone"},
		} {
			err := d.Do(t.Context(), by, func(tx *db.Tx) error { _, err := r.Save(tx, s); return err })
			if fault.KeyOf(err) != want {
				t.Errorf("%s: %v", want, err)
			}
		}
		do(t, d, func(tx *db.Tx) error {
			if _, err := r.Save(tx, segment.Segment{ID: saved.ID, Name: "Åbo", Text: ""}); err != nil {
				return err
			}
			all, err := r.List(tx)
			if len(all) != 1 || all[0].Name != "Åbo" || all[0].Text != "everyone" || all[0].ChangedBy != "test" {
				t.Errorf("listed %+v", all)
			}
			return err
		})
		do(t, d, func(tx *db.Tx) error { return r.Delete(tx, saved.ID) })
		err := d.View(t.Context(), by, func(tx *db.Tx) error { _, err := r.Get(tx, saved.ID); return err })
		if !fault.Is(err, fault.NotFound) {
			t.Errorf("after delete: %v", err)
		}
	})
}

// fill makes 40 people: cities by turns, every fourth tagged, half consented, a fifth objected.
func fill(t *testing.T, d *db.DB, r *segment.Room) {
	do(t, d, func(tx *db.Tx) error {
		for i := range 40 {
			p, err := r.Outbox.Party.Create(tx, party.New{Fields: []party.Pair{{Name: "email", Value: fmt.Sprintf("p%d@people.example", i)},
				{Name: "city", Value: []string{"Åbo", "Vasa"}[i%2]}, {Name: "country", Value: "FI"}, {Name: "industry", Value: "school"}}})
			if err != nil {
				return err
			}
			if i%4 == 0 {
				if err := r.Outbox.Party.Tag(tx, p.ID, "Vän", true); err != nil {
					return err
				}
			}
			if err := say(tx, r, p.ID, i); err != nil {
				return err
			}
		}
		return nil
	})
}

func say(tx *db.Tx, r *segment.Room, who id.ID, i int) error {
	var said []ledger.Entry
	if i%2 == 0 {
		said = append(said, ledger.Entry{Kind: ledger.Consent, Purpose: "newsletter", Channel: "email", SaidBy: ledger.ByPerson, Method: "form"})
	}
	if i%5 == 0 {
		said = append(said, ledger.Entry{Kind: ledger.Prohibition, Scope: "all-marketing", SaidBy: ledger.ByPerson, Method: "letter"})
	}
	_, err := r.Outbox.Ledger.Record(tx, who, nil, said...)
	return err
}

func TestCount(t *testing.T) {
	dbtest.Each(t, schemas, func(t *testing.T, d *db.DB) {
		r := open(d)
		fill(t, d, r)
		q := &permit.Question{Class: permit.Marketing, Purpose: "newsletter", Channel: "email", At: d.Now().Add(time.Minute)}
		for text, want := range map[string]string{
			`everyone`:                             "40 16 map[NO-CONSENT:16 PROHIBITED-ALL:8]",
			`city = abo`:                           "20 16 map[PROHIBITED-ALL:4]",
			`tag "van"`:                            "10 8 map[PROHIBITED-ALL:2]",
			`not tag "vän" and city != vasa`:       "10 8 map[PROHIBITED-ALL:2]",
			`consent newsletter email`:             "20 16 map[PROHIBITED-ALL:4]",
			`prohibited "all-marketing"`:           "8 0 map[PROHIBITED-ALL:8]",
			`industry = school and city = nowhere`: "0 0 map[]",
		} {
			e, err := segdef.Parse(text)
			if err != nil {
				t.Fatal(err)
			}
			a, err := r.Count(t.Context(), by, e, q)
			if got := fmt.Sprint(a.In, a.Reachable, a.LeftOut); err != nil || got != want || !a.AsOf.Equal(d.Now()) {
				t.Errorf("%s: %s, want %s (%v)", text, got, want, err)
			}
			a, err = r.Count(t.Context(), by, e, nil)
			if err != nil || a.Reachable != 0 || len(a.LeftOut) != 0 {
				t.Errorf("%s without a question: %+v, %v", text, a, err)
			}
		}
	})
}
