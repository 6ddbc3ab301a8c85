package people

import (
	"strings"

	"kartotek/internal/audit"
	"kartotek/internal/db"
	"kartotek/internal/dossier"
	"kartotek/internal/fault"
	"kartotek/internal/id"
	"kartotek/internal/party"
	"kartotek/internal/web/admin/desk"
)

// setField changes one value of the catalogue; the reason becomes its source.
func setField(d *desk.Desk) error {
	who, f, err := d.PersonForm()
	if err != nil {
		return err
	}
	field := f.Get("field")
	if !d.Edits(field) {
		return fault.New(fault.Denied, "denied.field", "the access level does not change this field").In("field")
	}
	value, err := f.Line("value", 500)
	if err != nil {
		return d.Back(path(who), err)
	}
	reason, err := f.Need("reason", 200)
	if err != nil {
		return d.Back(path(who), err)
	}
	changed := false
	err = d.Act(func(tx *db.Tx) error {
		source, err := d.Party.AddSource(tx, "staff", reason)
		if err != nil {
			return err
		}
		if changed, err = d.Party.Edit(tx, who, source, []party.Pair{{Name: field, Value: value}}); err != nil {
			return err
		}
		return audit.Write(tx, audit.Entry{Action: "person.edit", Kind: "person", Object: who.String(), Person: who, Detail: map[string]string{"field": field}})
	})
	if err != nil {
		return d.Back(path(who), err)
	}
	if !changed {
		return d.Done(path(who), d.T("person.unchanged"))
	}
	return d.Done(path(who), d.T("person.saved", "what", d.Field(field)))
}

// tag sets or takes away a tag.
func tag(on bool) desk.Handler {
	action, said := "person.tag", "person.tagged"
	if !on {
		action, said = "person.untag", "person.untagged"
	}
	return func(d *desk.Desk) error {
		if !d.Edits("email") {
			return fault.New(fault.Denied, "denied.field", "the access level does not change people")
		}
		who, f, err := d.PersonForm()
		if err != nil {
			return err
		}
		name := strings.TrimSpace(f.Get("tag"))
		err = d.Act(func(tx *db.Tx) error {
			if err := d.Party.Tag(tx, who, name, on); err != nil {
				return err
			}
			return audit.Write(tx, audit.Entry{Action: action, Kind: "person", Object: who.String(), Person: who})
		})
		if err != nil {
			return d.Back(path(who), err)
		}
		return d.Done(path(who), d.T(said, "tag", name))
	}
}

// undo takes one change of a card back.
func undo(d *desk.Desk) error {
	who, err := d.ID("id")
	if err != nil {
		return err
	}
	change, err := changeID(d)
	if err != nil {
		return err
	}
	err = d.Act(func(tx *db.Tx) error {
		all, err := d.Party.History(tx, who)
		if err != nil {
			return err
		}
		for i := range all {
			if all[i].ID == change && !all[i].Undone && !undoable(d, &all[i]) {
				return fault.New(fault.Denied, "denied.field", "the access level does not undo this change")
			}
		}
		if err := d.Party.Undo(tx, who, change); err != nil {
			return err
		}
		return audit.Write(tx, audit.Entry{Action: "person.undo", Kind: "person", Object: who.String(), Person: who, Detail: map[string]string{"change": change.String()}})
	})
	if err != nil {
		return d.Back(path(who), err)
	}
	return d.Done(path(who), d.T("person.undone"))
}

// changeID is the change a form or the address of its button names.
func changeID(d *desk.Desk) (id.ID, error) {
	f, err := d.Form(0)
	if err != nil {
		return 0, err
	}
	text := f.Get("change")
	if text == "" {
		text = d.URL.Query().Get("change")
	}
	change, err := id.Parse(text)
	if err != nil {
		return 0, fault.New(fault.NotFound, "party.no_change", "there is no such change")
	}
	return change, nil
}

// restrict stops the use of a person's data, or allows it again. law: GDPR 18
func restrict(d *desk.Desk) error {
	who, f, err := d.PersonForm()
	if err != nil {
		return err
	}
	on := f.Get("on") == "yes"
	action, said := "person.lift", "person.is_lifted"
	if on {
		action, said = "person.restrict", "person.is_restricted"
	}
	err = d.Act(func(tx *db.Tx) error {
		if err := (dossier.Keepers{d.Party, d.Ledger, d.Outbox}).Restrict(tx, who, on); err != nil {
			return err
		}
		return audit.Write(tx, audit.Entry{Action: action, Kind: "person", Object: who.String(), Person: who})
	})
	if err != nil {
		return d.Back(path(who), err)
	}
	return d.Done(path(who), d.T(said))
}
