package people

import (
	"kartotek/internal/audit"
	"kartotek/internal/db"
	"kartotek/internal/party"
	"kartotek/internal/web/admin/desk"
)

// newPerson leads to the form, which stands on the list.
func newPerson(d *desk.Desk) error { return d.Redirect("/people#add") }

// add puts a person into the register, with where the data come from.
func add(d *desk.Desk) error {
	if !d.Edits("email") {
		return d.Need("people.add")
	}
	cmd, source, err := readNew(d)
	if err != nil {
		return d.Back("/people", err)
	}
	var p *party.Person
	err = d.Act(func(tx *db.Tx) (err error) {
		if cmd.Source, err = d.Party.AddSource(tx, "staff", source); err != nil {
			return err
		}
		if p, err = d.Party.Create(tx, cmd); err != nil {
			return err
		}
		return audit.Write(tx, audit.Entry{Action: "person.create", Kind: "person", Object: p.ID.String(), Person: p.ID})
	})
	if err != nil {
		return d.Back("/people", err)
	}
	return d.Done(path(p.ID), d.T("person.added", "name", p.Name()))
}

func readNew(d *desk.Desk) (cmd party.New, source string, err error) {
	f, err := d.Form(0)
	if err != nil {
		return cmd, "", err
	}
	for _, name := range []string{"first_name", "last_name", "email"} {
		value, err := f.Line(name, 254)
		if err != nil {
			return cmd, "", err
		}
		if value != "" {
			cmd.Fields = append(cmd.Fields, party.Pair{Name: name, Value: value})
		}
	}
	source, err = f.Need("source", 200)
	return cmd, source, err
}
