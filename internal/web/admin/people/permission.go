package people

import (
	"kartotek/internal/audit"
	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/web/admin/desk"
	"kartotek/internal/web/door"
)

// permission enters what a person said by letter, by phone or in person. It is the
// person's own act, entered by staff, and holds at once. law: GDPR 7(3), 21(3)
func permission(d *desk.Desk) error {
	who, err := d.ID("id")
	if err != nil {
		return err
	}
	t, err := readTold(d)
	if err != nil {
		return d.Back(path(who)+"#permission", err)
	}
	changed := false
	err = d.Act(func(tx *db.Tx) error {
		if _, err := must(d, tx, who); err != nil {
			return err
		}
		if changed, err = t.Record(d, tx, who); err != nil {
			return err
		}
		return audit.Write(tx, audit.Entry{Action: "permission." + t.Act, Kind: "person", Object: who.String(), Person: who,
			Detail: map[string]string{"purpose": t.Purpose, "channel": t.Channel, "method": t.Method}})
	})
	if err != nil {
		return d.Back(path(who)+"#permission", err)
	}
	if !changed {
		return d.Done(path(who), d.T("permit.saved.same"))
	}
	return d.Done(path(who), d.T("permit.saved."+t.Act))
}

func readTold(d *desk.Desk) (t desk.Told, err error) {
	f, err := d.Form(0)
	if err != nil {
		return t, err
	}
	t = desk.Told{Act: f.Get("act"), Purpose: f.Get("purpose"), Channel: f.Get("channel"), Method: f.Get("method"), Signed: f.Get("signed")}
	if t.Method == "" {
		t.Method = desk.Methods[0]
	}
	if t.Evidence, err = needText(f, "evidence", 2000); err != nil {
		return t, err
	}
	if t.Received, err = f.Need("received", 10); err != nil {
		return t, err
	}
	return t, t.Check(d)
}

func needText(f door.Fields, name string, most int) (string, error) {
	s, err := f.Text(name, most)
	if err == nil && s == "" {
		err = fault.New(fault.Invalid, "form.missing", "the field is empty").In(name)
	}
	return s, err
}
