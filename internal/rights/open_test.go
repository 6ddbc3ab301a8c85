package rights_test

import (
	"testing"

	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/id"
	"kartotek/internal/rights"
	"kartotek/internal/rightsdef"
)

// TestOpen: the clock starts on the day of arrival, the person is found by the address
// given, and the same mail makes one case only.
func TestOpen(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		who := d.person("eva@people.example", "Eva", "Åberg", "fi")
		in := rights.Intake{Kind: rightsdef.Access, Channel: "email", Text: "Mitä tietoja teillä on minusta?", Key: "<1@people.example>",
			Arrived: "2026-01-31", Requester: rights.Requester{Name: "Eva Åberg", Email: "EVA@people.example"}}
		c := d.open(in)
		if c.Person != who || !c.Matched || c.Language != "fi" || c.Certainty != rightsdef.Known || c.State.Closed() {
			t.Errorf("%+v", c)
		}
		if c.Clock.Plan != "2026-02-28" || c.Clock.Due != "2026-03-02" {
			t.Errorf("%+v", c.Clock)
		}
		if again := d.open(in); again.ID != c.ID {
			t.Error("one mail made two cases")
		}
		if got := d.items(c); len(got) == 0 || got[0].Content.Text != in.Text {
			t.Errorf("%+v", got)
		}
		d.do(func(tx *db.Tx) error {
			all, err := d.List(tx, rights.Filter{})
			if len(all) != 1 || all[0].Ref != c.Ref {
				t.Errorf("%+v", all)
			}
			return err
		})
		d.do(func(tx *db.Tx) error {
			same, err := d.ByRef(tx, " "+c.Ref+" ")
			if err == nil && same.ID != c.ID {
				t.Error("another case")
			}
			return err
		})
	})
}

// TestOpenRefused: what a request cannot be.
func TestOpenRefused(t *testing.T) {
	each(t, func(t *testing.T, d *desk) {
		good := rights.Intake{Kind: rightsdef.Access, Channel: "post", Requester: rights.Requester{Name: "Eva"}}
		for want, change := range map[string]func(*rights.Intake){
			"rights.kind":     func(in *rights.Intake) { in.Kind = "everything" },
			"rights.channel":  func(in *rights.Intake) { in.Channel = "pigeon" },
			"rights.nobody":   func(in *rights.Intake) { in.Requester = rights.Requester{} },
			"rights.arrived":  func(in *rights.Intake) { in.Arrived = "2126-01-01" },
			"rights.language": func(in *rights.Intake) { in.Language = "de" },
			"rights.agent":    func(in *rights.Intake) { in.Agent = &rights.Agent{} },
			"party.not_found": func(in *rights.Intake) { in.Person = id.ID(4711) },
		} {
			in := good
			change(&in)
			if err := d.try(func(tx *db.Tx) error { _, err := d.Open(tx, in); return err }); fault.KeyOf(err) != want {
				t.Errorf("%s: %v", want, err)
			}
		}
	})
}
