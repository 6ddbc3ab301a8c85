package desk

import (
	"net/http"
	"slices"

	"kartotek/internal/audit"
	"kartotek/internal/fault"
	"kartotek/internal/id"
	"kartotek/internal/noticedef"
	"kartotek/internal/party"
	"kartotek/internal/segdef"
)

// Identity is the category of the notice that holds people's names. A level that
// may not see it is shown no people. law: GDPR 25(2)
const Identity = "identity"

// Categories of the notice that rooms keep as records.
const (
	Permissions = "permissions" // what people allowed and forbade
	Orders      = "orders"      // what they bought
	Messages    = "messages"    // what they were sent
)

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

// NeedSearch refuses a reader whose level does not look for people: one that may
// see a card it was led to, but not browse the register.
func (d *Desk) NeedSearch() error {
	if d.may(Identity, noticedef.Search) {
		return nil
	}
	return fault.New(fault.Denied, "denied.search", "the access level does not search for people")
}

// NeedPeople refuses a reader whose level does not see who people are.
func (d *Desk) NeedPeople() error {
	if d.may(Identity, noticedef.See) {
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

// Searches reports whether the reader may find, count and select people by a field
// of the catalogue. Whoever may not see a value may not find by it either: a hit
// tells the value.
func (d *Desk) Searches(field string) bool { return d.mayField(field, noticedef.Search) }

// Edits reports whether the reader may change a field of the catalogue.
func (d *Desk) Edits(field string) bool { return d.mayField(field, "edit") }

func (d *Desk) mayField(field, action string) bool {
	f, ok := d.Facts.Field(field)
	return ok && d.may(f.Category, action)
}

// may asks about a category and takes down that the right to it was used: these are
// asked where values are about to be shown or changed. A page that offers a form
// has not changed anything yet.
func (d *Desk) may(category, action string) bool {
	if !d.Actor.May("", category, action) {
		return false
	}
	if action != noticedef.Edit || d.Request.Method == http.MethodPost {
		d.Actor.Use(action, category)
	}
	return true
}

// SeesPermissions reports whether the reader may see what people allowed and forbade.
func (d *Desk) SeesPermissions() bool { return d.mayRecords(Permissions, noticedef.See) }

// SeesOrders reports whether the reader may see what people bought.
func (d *Desk) SeesOrders() bool { return d.mayRecords(Orders, noticedef.See) }

// SeesMessages reports whether the reader may see what people were sent for a
// purpose: the whole correspondence, or what went out for a purpose they work for.
func (d *Desk) SeesMessages(purpose string) bool {
	return d.mayRecords(Messages, noticedef.See) || slices.ContainsFunc([]string{"send", "report"}, func(act string) bool { return d.Actor.CanFor(purpose, act) })
}

// mayRecords asks about a category that a room keeps as records. A notice without
// the category keeps them as part of its purposes.
func (d *Desk) mayRecords(category, action string) bool {
	_, listed := d.Facts.Category(category)
	return !listed || d.may(category, action)
}

// MaySend refuses (Denied) a reader whose level does not send for a purpose.
func (d *Desk) MaySend(purpose string) error {
	if d.Actor.CanFor(purpose, "send") {
		return nil
	}
	return fault.New(fault.Denied, "denied.act", "the access level does not send for this purpose")
}

// MayRead reports whether a reader works for a purpose in any way that shows what is
// sent for it. What belongs to no purpose of the notice any more is shown to all.
func (d *Desk) MayRead(purpose string) bool {
	_, listed := d.Facts.Purpose(purpose)
	return !listed || d.Actor.CanFor(purpose, "segment") || d.Actor.CanFor(purpose, "send") || d.Actor.CanFor(purpose, "report")
}

// MaySelect refuses an expression over what this reader may not search by: counting
// by a value tells the value.
func (d *Desk) MaySelect(e *segdef.Expr) error {
	for _, name := range e.Fields() {
		if name != "registered" && !d.Searches(name) {
			return fault.New(fault.Invalid, "segment.field_unknown", "the notice does not list the field for this level").In("segment")
		}
	}
	if e.Permissions() && !d.mayRecords(Permissions, noticedef.Search) {
		return fault.New(fault.Invalid, "segment.no_permissions", "the access level does not select by permissions").In("segment")
	}
	return nil
}

// MaySelectText is MaySelect for an expression as it is written; one that cannot be
// read is not selected by.
func (d *Desk) MaySelectText(text string) error {
	if text == "" {
		return nil
	}
	e, err := segdef.Parse(text)
	if err != nil {
		return err
	}
	return d.MaySelect(e)
}

// Masked is a person without the values this reader may not see.
func (d *Desk) Masked(p *party.Person) *party.Person {
	out := *p
	var hidden []string
	p.Each(func(field, _ string) {
		if !d.Sees(field) {
			hidden = append(hidden, field)
		}
	})
	for _, field := range hidden {
		out.Set(field, "")
	}
	return &out
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
