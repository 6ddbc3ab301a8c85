package desk

import (
	"slices"

	"kartotek/internal/audit"
	"kartotek/internal/fault"
	"kartotek/internal/id"
	"kartotek/internal/noticedef"
)

// Identity is the category of the notice that holds people's names. A level that
// may not see it is shown no people. law: GDPR 25(2)
const Identity = "identity"

// Permissions is the category of permissions and prohibitions.
const Permissions = "permissions"

// Purpose is the purpose of the notice this reader works for: the first one for
// which their level sees people, else the first for which it may do anything.
func (d *Desk) Purpose() string {
	for _, p := range d.Facts.Purposes {
		if d.Actor.May(p.ID, Identity, "see") {
			return p.ID
		}
	}
	for _, p := range d.Facts.Purposes {
		if d.grants(p.ID) {
			return p.ID
		}
	}
	return ""
}

func (d *Desk) grants(purpose string) bool {
	return d.Actor != nil && slices.ContainsFunc(d.Actor.Levels(), func(l noticedef.Level) bool {
		return slices.ContainsFunc(l.Grants, func(g noticedef.Grant) bool { return g.Purpose == purpose })
	})
}

// NeedPeople refuses a reader whose level does not see who people are.
func (d *Desk) NeedPeople() error {
	if d.Actor.May("", Identity, "see") {
		return nil
	}
	return fault.New(fault.Denied, "denied.people", "the access level does not see people")
}

// Need refuses a reader whose level does not allow an act.
func (d *Desk) Need(act string) error {
	if d.Can(act) {
		return nil
	}
	return fault.New(fault.Denied, "denied.act", "the access level does not allow %q", act).In(act)
}

// Can reports whether the reader's level allows an act of the notice.
func (d *Desk) Can(act string) bool { return d.Actor != nil && d.Actor.Can(act) }

// Sees reports whether the reader may see a field of the catalogue.
func (d *Desk) Sees(field string) bool { return d.mayField(field, "see") }

// Edits reports whether the reader may change a field of the catalogue.
func (d *Desk) Edits(field string) bool { return d.mayField(field, "edit") }

func (d *Desk) mayField(field, action string) bool {
	f, ok := d.Facts.Field(field)
	return ok && d.Actor.May("", f.Category, action)
}

// SeesPermissions reports whether the reader may see what people allowed and forbade.
func (d *Desk) SeesPermissions() bool {
	if _, ok := d.Facts.Category(Permissions); !ok {
		return true // a notice without the category keeps them as part of the purposes
	}
	return d.Actor.May("", Permissions, "see")
}

// Hidden names the categories of fields this reader may not see.
func (d *Desk) Hidden() (titles []string) {
	for _, c := range d.Facts.Categories {
		shown := len(c.Fields) > 0 || c.ID == Permissions
		if shown && !d.Actor.May("", c.ID, "see") {
			titles = append(titles, c.Title.In(d.Lang()))
		}
	}
	return titles
}

// Read logs that this reader is about to see a person.
func (d *Desk) Read(action string, who id.ID) error {
	return d.Seen(audit.Entry{Action: action, Kind: "person", Object: who.String(), Person: who, Purpose: d.Purpose()})
}

// ReadMany logs that this reader is about to see a number of people. Detail holds
// codes and keys only.
func (d *Desk) ReadMany(action string, count int, detail map[string]string) error {
	return d.Seen(audit.Entry{Action: action, Kind: "person", Count: count, Detail: detail, Purpose: d.Purpose()})
}
