package orgs_test

import (
	"testing"

	"kartotek/internal/db"
	"kartotek/internal/db/dbtest"
	"kartotek/internal/id"
	"kartotek/internal/party"
	"kartotek/internal/party/orgs"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

func do(t *testing.T, d *db.DB, fn func(tx *db.Tx) error) {
	t.Helper()
	if err := d.Do(t.Context(), db.System("test"), fn); err != nil {
		t.Fatal(err)
	}
}

// TestJoiner: a load gives each name one organisation, however it is spelt and
// whichever batch it comes in, and the one that is there already when there is one.
func TestJoiner(t *testing.T) {
	dbtest.Each(t, []db.Schema{party.Schema}, func(t *testing.T, d *db.DB) {
		var book orgs.Book
		var there id.ID
		do(t, d, func(tx *db.Tx) (err error) {
			there, err = book.Join(tx, "Åbo Bageri", 0)
			return err
		})
		j := orgs.NewJoiner()
		got := map[string]id.ID{}
		for _, batch := range [][]string{{"ÅBO BAGERI", "Vasa Kvarn", "vasa kvarn"}, {"Vasa Kvarn", "Borgå Såg"}} {
			do(t, d, func(tx *db.Tx) error {
				var made []orgs.Organisation
				for _, name := range batch {
					org, err := j.Join(tx, orgs.Organisation{Name: name, Industry: "food"}, &made)
					if err != nil {
						return err
					}
					got[name] = org
				}
				return j.Write(tx, made)
			})
		}
		if got["ÅBO BAGERI"] != there || got["vasa kvarn"] != got["Vasa Kvarn"] {
			t.Errorf("one name, two organisations: %v", got)
		}
		if _, ok := j.Known("Borgå Såg"); !ok {
			t.Error("a name that was met is not remembered")
		}
		do(t, d, func(tx *db.Tx) error {
			n, err := book.CountOrganisations(tx)
			if err == nil && n != 3 {
				t.Errorf("%d organisations, want 3", n)
			}
			return err
		})
	})
}

// TestDissolve: a name alone goes, a company that can be told from others stays.
func TestDissolve(t *testing.T) {
	dbtest.Each(t, []db.Schema{party.Schema}, func(t *testing.T, d *db.DB) {
		var book orgs.Book
		for _, c := range []struct {
			o     orgs.Organisation
			stays bool
		}{
			{orgs.Organisation{Name: "Åsas Salong"}, false},
			{orgs.Organisation{Name: "Åsas Salong", Industry: "hair"}, false},
			{orgs.Organisation{Name: "Åsas Salong Ab", BusinessID: "0000000-0"}, true},
			{orgs.Organisation{Name: "Åsas Salong Ab", City: "Åbo"}, true},
		} {
			do(t, d, func(tx *db.Tx) error {
				o, err := book.CreateOrganisation(tx, c.o)
				if err != nil {
					return err
				}
				if err := book.Dissolve(tx, o.ID); err != nil {
					return err
				}
				_, found, err := book.Organisation(tx, o.ID)
				if found != c.stays {
					t.Errorf("%+v: there afterwards: %v", c.o, found)
				}
				return err
			})
		}
	})
}
