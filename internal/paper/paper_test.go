package paper_test

import (
	"testing"

	"kartotek/internal/audit"
	"kartotek/internal/db"
	"kartotek/internal/db/dbtest"
	"kartotek/internal/dossier"
	"kartotek/internal/fault"
	"kartotek/internal/noticedef"
	"kartotek/internal/paper"
	"kartotek/internal/seal"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

// TestItem: an item goes out and in under a name; the person's erasure makes it a task
// that stays until the certificate is entered, and then nothing tells what it was.
func TestItem(t *testing.T) {
	n, _ := noticedef.Parse("nordanvind.yaml", noticedef.DemoNotice())
	dbtest.Each(t, []db.Schema{audit.Schema, paper.Schema}, func(t *testing.T, d *db.DB) {
		r := &paper.Room{DB: d, Keys: seal.Fixed([32]byte{7}), Notice: func(*db.Tx) (*noticedef.Notice, error) { return n, nil }}
		who := d.NewID()
		try := func(fn func(tx *db.Tx) error) error {
			return d.Do(t.Context(), db.By{Kind: "staff", Name: "Asta Ek"}, fn)
		}
		must := func(fn func(tx *db.Tx) error) {
			t.Helper()
			if err := try(fn); err != nil {
				t.Fatal(err)
			}
		}
		good := paper.Item{What: "signed consent form", Location: "archive room B", Custodian: "Elsa Testinen", DestroyOn: "2030-12-31"}
		for key, change := range map[string]func(i *paper.Item){
			"paper.location":   func(i *paper.Item) { i.Location = "a drawer" },
			"paper.line":       func(i *paper.Item) { i.What = "" },
			"paper.destroy_on": func(i *paper.Item) { i.DestroyOn = "soon" },
		} {
			i := good
			change(&i)
			if err := try(func(tx *db.Tx) error { _, err := r.Add(tx, who, i); return err }); fault.KeyOf(err) != key {
				t.Errorf("%s: %v", key, err)
			}
		}
		var item *paper.Item
		must(func(tx *db.Tx) (err error) { item, err = r.Add(tx, who, good); return err })
		must(func(tx *db.Tx) error { return r.Out(tx, who, item.ID, "Mikael Prov", "a question about the signature") })
		if err := try(func(tx *db.Tx) error { return r.Out(tx, who, item.ID, "Elsa Testinen", "too") }); fault.KeyOf(err) != "paper.state" {
			t.Errorf("taken out twice: %v", err)
		}
		must(func(tx *db.Tx) error { _, err := r.Erase(tx, who, dossier.Plan{}); return err })
		must(func(tx *db.Tx) error {
			pending, err := r.Pending(tx, who)
			due, err2 := r.CountDue(tx, tx.Time().Format("2006-01-02"))
			if pending != 1 || due != 1 || err2 != nil {
				t.Errorf("%d pending, %d due, %v", pending, due, err2)
			}
			return err
		})
		if err := try(func(tx *db.Tx) error { return r.Destroy(tx, who, item.ID, "shredder 12") }); fault.KeyOf(err) != "paper.is_out" {
			t.Errorf("destroyed while out: %v", err)
		}
		must(func(tx *db.Tx) error { return r.In(tx, who, item.ID) })
		must(func(tx *db.Tx) error { return r.Destroy(tx, who, item.ID, "shredder 12") })
		must(func(tx *db.Tx) error {
			i, err := r.Get(tx, who, item.ID)
			moves, err2 := r.Moves(tx, who, item.ID)
			if i.What != "" || i.Open() || i.Certificate != "shredder 12" || len(moves) != 1 || moves[0].In == 0 || err2 != nil {
				t.Errorf("%+v %+v %v", i, moves, err2)
			}
			return err
		})
		must(func(tx *db.Tx) error {
			if _, err := r.Erase(tx, who, dossier.Plan{}); err != nil {
				return err
			}
			left, err := r.Holdings(tx, who)
			if len(left) != 0 {
				t.Errorf("%+v", left)
			}
			return err
		})
	})
}
