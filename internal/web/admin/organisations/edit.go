package organisations

import (
	"kartotek/internal/audit"
	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/web/admin/desk"
)

// edit stores what the form of an organisation holds.
func edit(d *desk.Desk) error {
	org, err := d.ID("id")
	if err != nil {
		return err
	}
	if !edits(d) {
		return fault.New(fault.Denied, "denied.employer", "the access level does not change organisations")
	}
	f, err := d.Form(0)
	if err != nil {
		return err
	}
	err = d.Act(func(tx *db.Tx) error {
		o, found, err := d.Party.Organisation(tx, org)
		if err == nil && !found {
			err = fault.New(fault.NotFound, "party.no_org", "there is no such organisation")
		}
		if err != nil {
			return err
		}
		if _, err := f.Need("name", 200); err != nil {
			return err
		}
		for _, x := range fields {
			if *x.of(o), err = f.Line(x.name, 200); err != nil {
				return err
			}
		}
		if err := d.Party.EditOrganisation(tx, *o); err != nil {
			return err
		}
		return audit.Write(tx, audit.Entry{Action: "organisation.edit", Kind: "organisation", Object: org.String()})
	})
	if err != nil {
		return d.Back(path(org), err)
	}
	return d.Done(path(org), d.T("organisations.saved"))
}
