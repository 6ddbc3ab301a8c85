package recipient_test

import (
	"slices"
	"testing"

	"kartotek/internal/audit"
	"kartotek/internal/clock"
	"kartotek/internal/db"
	"kartotek/internal/db/dbtest"
	"kartotek/internal/dossier"
	"kartotek/internal/fault"
	"kartotek/internal/id"
	"kartotek/internal/noticedef"
	"kartotek/internal/recipient"
	"kartotek/internal/seal"
)

func TestMain(m *testing.M) { dbtest.Main(m) }

var by = db.By{Kind: "staff", ID: 7, Name: "Asta Ek"}

func each(t *testing.T, fn func(t *testing.T, r *recipient.Room, c *clock.Fixed, do func(fn func(tx *db.Tx) error) error)) {
	n, _ := noticedef.Parse("nordanvind.yaml", noticedef.DemoNotice())
	for _, engine := range []string{"sqlite", "postgres"} {
		t.Run(engine, func(t *testing.T) {
			c := clock.At(dbtest.Start)
			open := dbtest.SQLite
			if engine == "postgres" {
				open = dbtest.Postgres
			}
			d := open(t, []db.Schema{audit.Schema, recipient.Schema}, dbtest.At(c))
			r := &recipient.Room{DB: d, Keys: seal.Fixed([32]byte{7}), Notice: func(*db.Tx) (*noticedef.Notice, error) { return n, nil },
				Identify: func(*db.Tx, id.ID) (string, error) { return "Åsa Rea, asa@people.example", nil }}
			fn(t, r, c, func(fn func(tx *db.Tx) error) error { return d.Do(t.Context(), by, fn) })
		})
	}
}

var relay = recipient.Disclosure{Recipient: "mail-relay", Categories: []string{"identity", "contact"}, Ground: recipient.OnContract, What: "letter 17"}

// TestDisclose: what the notice promises is recorded; what it does not is refused by name.
func TestDisclose(t *testing.T) {
	each(t, func(t *testing.T, r *recipient.Room, c *clock.Fixed, do func(fn func(tx *db.Tx) error) error) {
		who := r.DB.NewID()
		for key, change := range map[string]func(d *recipient.Disclosure){
			"recipient.not_listed": func(d *recipient.Disclosure) { d.Recipient = "somebody" },
			"recipient.not_given":  func(d *recipient.Disclosure) { d.Categories = []string{"billing"} },
			"recipient.not_purpose": func(d *recipient.Disclosure) {
				d.Recipient, d.Categories, d.Purpose = "sms-gateway", []string{"contact"}, "newsletter"
			},
			"recipient.ground":     func(d *recipient.Disclosure) { d.Ground = "" },
			"recipient.categories": func(d *recipient.Disclosure) { d.Categories = nil },
		} {
			d := relay
			change(&d)
			if err := do(func(tx *db.Tx) error { _, err := r.Disclose(tx, who, d); return err }); fault.KeyOf(err) != key {
				t.Errorf("%s: %v", key, err)
			}
		}
		err := do(func(tx *db.Tx) error {
			if _, err := r.Disclose(tx, who, relay); err != nil {
				return err
			}
			bulk, err := r.Begin(tx, recipient.Disclosure{Recipient: "hosting", Categories: []string{"contact"}, Ground: recipient.OnContract, What: "move of servers"})
			for range 2 {
				if err == nil {
					err = r.Join(tx, bulk, []id.ID{who})
				}
			}
			all, err2 := r.Of(tx, who)
			if len(all) != 2 || all[0].ByName != by.Name || all[1].Recipient != "hosting" || all[1].What != "move of servers" {
				t.Errorf("%+v", all)
			}
			if err == nil {
				err = err2
			}
			return err
		})
		if err != nil {
			t.Fatal(err)
		}
		c.Move(dbtest.Start.AddDate(3, 0, 0).Sub(c.Now())) // the relay's contract has run out
		if err := do(func(tx *db.Tx) error { _, err := r.Disclose(tx, who, relay); return err }); fault.KeyOf(err) != "recipient.no_contract" {
			t.Error(err)
		}
	})
}

// TestNotify: each recipient of the categories is told once, chased every two weeks, and
// told also of an erasure that has taken everything else; who it was about goes with the answer.
func TestNotify(t *testing.T) {
	each(t, func(t *testing.T, r *recipient.Room, c *clock.Fixed, do func(fn func(tx *db.Tx) error) error) {
		who := r.DB.NewID()
		must := func(fn func(tx *db.Tx) error) {
			t.Helper()
			if err := do(fn); err != nil {
				t.Fatal(err)
			}
		}
		var made []recipient.Notice
		must(func(tx *db.Tx) error {
			if _, err := r.Disclose(tx, who, relay); err != nil {
				return err
			}
			if none, err := r.Notify(tx, who, recipient.Rectification, []string{"billing"}, 0); len(none) != 0 || err != nil {
				t.Errorf("%+v %v", none, err)
			}
			var err error
			if made, err = r.Notify(tx, who, recipient.Erasure, nil, 0); err != nil {
				return err
			}
			again, err := r.Notify(tx, who, recipient.Erasure, nil, 0)
			if len(made) != 1 || len(again) != 0 || !slices.Equal(made[0].Categories, relay.Categories) {
				t.Errorf("%+v %+v", made, again)
			}
			return err
		})
		n := made[0].ID
		due := func() (k int) {
			must(func(tx *db.Tx) (err error) { k, err = r.CountWaiting(tx, true); return err })
			return k
		}
		must(func(tx *db.Tx) error { _, err := r.Erase(tx, who, dossier.Plan{}); return err })
		must(func(tx *db.Tx) error { return r.Told(tx, who, n, "by e-mail") })
		if due() != 0 {
			t.Error("due at once")
		}
		c.Move(recipient.ChaseAfter)
		if due() != 1 {
			t.Error("not due after two weeks")
		}
		must(func(tx *db.Tx) error { return r.Chase(tx, who, n) })
		must(func(tx *db.Tx) error {
			x, err := r.Get(tx, who, n)
			if x.About != "Åsa Rea, asa@people.example" || x.Chases != 1 {
				t.Errorf("%+v", x)
			}
			return err
		})
		must(func(tx *db.Tx) error { return r.Acknowledge(tx, who, n, "erased at theirs") })
		must(func(tx *db.Tx) error {
			x, err := r.Get(tx, who, n)
			if x.About != "" || x.Outcome != recipient.Acknowledged || x.Open() {
				t.Errorf("%+v", x)
			}
			return err
		})
		if err := do(func(tx *db.Tx) error { return r.Impossible(tx, who, n, "gone") }); fault.KeyOf(err) != "recipient.ended" {
			t.Error(err)
		}
	})
}
