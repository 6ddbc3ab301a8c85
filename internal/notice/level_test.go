package notice_test

import (
	"bytes"
	"testing"

	"kartotek/internal/audit"
	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/notice"
	"kartotek/internal/noticedef"
)

// setLevel plans and publishes a level as somebody.
func (b bench) setLevel(l noticedef.Level, between func(tx *db.Tx) error) (v *notice.Version, err error) {
	err = b.d.Do(b.Context(), db.By{Kind: "staff", ID: 7, Name: "Mikael Prov"}, func(tx *db.Tx) error {
		c, err := b.PlanLevel(tx, l)
		if err == nil && between != nil {
			err = between(tx)
		}
		if err == nil {
			v, err = b.SetLevel(tx, c)
		}
		return err
	})
	return v, err
}

func (b bench) level(name string) noticedef.Level {
	b.Helper()
	in, err := b.Current(b.Context())
	if err != nil {
		b.Fatal(err)
	}
	l, _ := in.Level(name)
	return l
}

// withoutBilling is the finance level when it no longer changes billing data.
func withoutBilling(b bench) noticedef.Level {
	l := b.level("finance")
	l.Grants = []noticedef.Grant{{Purpose: "relationship", Cells: []noticedef.Cell{{Category: "identity", Search: true}, {Category: "billing"}}}}
	return l
}

func TestSetLevel(t *testing.T) {
	schemas = append(schemas[:1:1], audit.Schema)
	each(t, func(b bench) {
		first := b.published(demo, "")
		v, err := b.setLevel(withoutBilling(b), nil)
		if err != nil {
			b.Fatal(err, notice.FindingsOf(err))
		}
		same(b.T, "version", v.Number, 2)
		same(b.T, "from today", v.Effective, "2026-11-22")
		same(b.T, "approved by", v.ApprovedBy, "Mikael Prov")
		same(b.T, "comments stay", bytes.Contains([]byte(v.Source), []byte("# enters what arrives on paper")), true)
		same(b.T, "changes billing", b.level("finance").May("relationship", "billing", "edit"), false)
		same(b.T, "searches by billing", b.level("finance").May("relationship", "billing", "search"), false)
		same(b.T, "sees billing", b.level("finance").May("relationship", "billing", "see"), true)
		_, err = b.setLevel(withoutBilling(b), nil)
		same(b.T, "the same again", fault.KeyOf(err), "levels.same")
		_, err = b.setLevel(b.level("finance"), func(tx *db.Tx) error {
			_, err := b.Publish(tx, edited(b.T, "info@nordanvind.example", "hej@nordanvind.example"), "Kaisa Esimerkki", "2026-11-22")
			return err
		})
		same(b.T, "the notice changed meanwhile", fault.KeyOf(err), "levels.changed")
		b.view(func(tx *db.Tx) error {
			log, err := audit.Read(tx, audit.Filter{Action: "level.set", Limit: 9})
			if len(log) != 1 || log[0].Detail["from"] != first.Hash || log[0].Detail["to"] != v.Hash || log[0].Detail["level"] != "finance" {
				b.Errorf("log %+v", log)
			}
			steps, err2 := b.LevelHistory(tx, 10)
			if len(steps) != 1 || steps[0].Number != 2 || len(steps[0].Changes) != 2 {
				b.Errorf("history %+v %v", steps, err2)
			}
			return err
		})
	})
}

// A version that still waits for its day does not bring the old level back.
func TestSetLevelCarriesOn(t *testing.T) {
	schemas = append(schemas[:1:1], audit.Schema)
	each(t, func(b bench) {
		b.published(demo, "")
		b.published(edited(b.T, "info@nordanvind.example", "hej@nordanvind.example"), "2027-01-01")
		if _, err := b.setLevel(withoutBilling(b), nil); err != nil {
			b.Fatal(err, notice.FindingsOf(err))
		}
		same(b.T, "in force", b.current(), 3)
		b.view(func(tx *db.Tx) error {
			all, err := b.Versions(tx)
			if err != nil || len(all) != 4 {
				b.Fatal(len(all), err)
			}
			same(b.T, "waits for the same day", all[0].Effective, "2027-01-01")
			later, err := b.Open(tx, all[0].Number)
			if err != nil {
				return err
			}
			l, _ := later.Level("finance")
			same(b.T, "has what it was to have", later.Notice.Controller.Email, "hej@nordanvind.example")
			same(b.T, "edits billing", l.May("relationship", "billing", "edit"), false)
			return nil
		})
	})
}

func TestSetLevelGate(t *testing.T) {
	schemas = append(schemas[:1:1], audit.Schema)
	each(t, func(b bench) {
		b.published(demo, "")
		for name, l := range map[string]noticedef.Level{
			"a purpose there is not": {Name: "finance", Grants: []noticedef.Grant{{Purpose: "gossip", Acts: []string{"log"}}}},
			"raised to itself":       {Name: "finance", Elevate: []string{"finance"}},
			"no other language":      {Name: "finance", Title: noticedef.Text{"en": "Finance"}},
		} {
			_, err := b.setLevel(l, nil)
			same(b.T, name, fault.KeyOf(err), "notice.not_publishable")
		}
		_, err := b.setLevel(noticedef.Level{Name: "Bad Name"}, nil)
		same(b.T, "a name that is none", fault.KeyOf(err), "levels.by_hand")
		same(b.T, "in force", b.current(), 1)
	})
}
