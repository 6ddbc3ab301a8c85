package rights_test

import (
	"slices"
	"testing"
	"time"

	"kartotek/internal/audit"
	"kartotek/internal/clock"
	"kartotek/internal/db"
	"kartotek/internal/db/dbtest"
	"kartotek/internal/id"
	"kartotek/internal/job"
	"kartotek/internal/ledger"
	"kartotek/internal/outbox"
	"kartotek/internal/party"
	"kartotek/internal/rights"
	"kartotek/internal/seal"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

var schemas = []db.Schema{job.Schema, audit.Schema, party.Schema, ledger.Schema, outbox.Schema, rights.Schema}

// asta deals with cases; her own account is known by her address.
var asta = db.By{Kind: "staff", ID: 71, Name: "Asta"}

const astasMail = "asta@nordanvind.example"

type catalogue struct{}

func (catalogue) HasField(name string) bool { return slices.Contains(party.ColumnFields, name) }

// desk is a room with people, on a clock that tests move.
type desk struct {
	*rights.Room
	t     *testing.T
	clock *clock.Fixed
	by    db.By
}

func each(t *testing.T, fn func(t *testing.T, d *desk)) {
	t.Helper()
	c := clock.At(dbtest.Start)
	dbtest.Each(t, schemas, func(t *testing.T, d *db.DB) {
		c.Move(dbtest.Start.Sub(c.Now()))
		keys := seal.Fixed([32]byte{7})
		people := &party.Room{DB: d, Catalogue: func() party.Catalogue { return catalogue{} }}
		out := &outbox.Room{DB: d, Party: people, Ledger: &ledger.Room{DB: d, Keys: seal.Fixed([32]byte{7})}, Keys: keys}
		r := &rights.Room{DB: d, Keys: keys, Party: people, Outbox: out,
			Terms: func(*db.Tx) (*rights.Terms, error) {
				return &rights.Terms{Version: 3, Authority: "FI", Country: "FI", Language: "sv", Contact: "dataskydd@nordanvind.example",
					Base:       "https://register.example",
					Purposes:   map[string]func(string) string{"analysis": func(string) string { return "Kundanalys" }},
					Controller: rights.Controller{Name: "Nordanvind Oy", Street: "Exempelgatan 1", Postcode: "00100", City: "Helsingfors", Country: "FI"}}, nil
			},
			StaffOf: func(_ *db.Tx, email string) (id.ID, error) {
				if email == astasMail {
					return asta.ID, nil
				}
				return 0, nil
			}}
		people.Movers = []party.Mover{out.Ledger, out, r}
		fn(t, &desk{Room: r, t: t, clock: c, by: asta})
	}, dbtest.At(c))
}

func (d *desk) try(fn func(tx *db.Tx) error) error {
	return d.DB.Do(d.t.Context(), d.by, fn)
}

func (d *desk) do(fn func(tx *db.Tx) error) {
	d.t.Helper()
	if err := d.try(fn); err != nil {
		d.t.Fatal(err)
	}
}

func (d *desk) person(email, first, last, language string) (who id.ID) {
	d.t.Helper()
	d.do(func(tx *db.Tx) error {
		p, err := d.Party.Create(tx, party.New{Fields: []party.Pair{{Name: "email", Value: email}, {Name: "first_name", Value: first},
			{Name: "last_name", Value: last}, {Name: "country", Value: "FI"}, {Name: "language", Value: language}}})
		if err == nil {
			who = p.ID
		}
		return err
	})
	return who
}

func (d *desk) open(in rights.Intake) (c *rights.Case) {
	d.t.Helper()
	d.do(func(tx *db.Tx) (err error) { c, err = d.Open(tx, in); return err })
	return c
}

func (d *desk) get(which id.ID) (c *rights.Case) {
	d.t.Helper()
	d.do(func(tx *db.Tx) (err error) { c, err = d.Get(tx, which); return err })
	return c
}

// act does something to a case as it stands now, and reads it again.
func (d *desk) act(c *rights.Case, fn func(tx *db.Tx, c *rights.Case) error) (*rights.Case, error) {
	d.t.Helper()
	err := d.try(func(tx *db.Tx) error {
		now, err := d.Get(tx, c.ID)
		if err != nil {
			return err
		}
		return fn(tx, now)
	})
	return d.get(c.ID), err
}

func (d *desk) must(c *rights.Case, fn func(tx *db.Tx, c *rights.Case) error) *rights.Case {
	d.t.Helper()
	c, err := d.act(c, fn)
	if err != nil {
		d.t.Fatal(err)
	}
	return c
}

func (d *desk) items(c *rights.Case) (all []rights.Item) {
	d.t.Helper()
	d.do(func(tx *db.Tx) (err error) { all, err = d.Items(tx, c); return err })
	return all
}

func days(n int) time.Duration { return time.Duration(n) * 24 * time.Hour }
