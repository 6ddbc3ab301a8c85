// Package organisations is the staff pages about companies, associations and
// authorities: the list, one of them with its people, and editing.
//
//	GET  /organisations        list.go  q, after
//	GET  /organisations/{id}   show.go
//	POST /organisations/{id}   edit.go
//
// An organisation is no person, but its page lists people; reading it is logged.
package organisations

import (
	"kartotek/internal/fault"
	"kartotek/internal/id"
	"kartotek/internal/noticedef"
	"kartotek/internal/web/admin/desk"
	"kartotek/internal/web/door"
)

// Employer is the category of the notice that holds organisations.
const employer = "employer"

// Routes lists the pages about organisations.
func Routes() []door.Route {
	return []door.Route{
		{Method: "GET", Path: "/organisations", Level: door.SeePeople, Handler: desk.With(searched(list))},
		{Method: "GET", Path: "/organisations/{id}", Level: door.SeePeople, Handler: desk.With(seen(show))},
		{Method: "POST", Path: "/organisations/{id}", Level: door.SeePeople, Handler: desk.With(seen(edit))},
	}
}

// seen lets nobody in whose level does not see employers.
func seen(h desk.Handler) desk.Handler {
	return func(d *desk.Desk) error {
		if err := d.NeedPeople(); err != nil {
			return err
		}
		if _, listed := d.Facts.Category(employer); listed && !d.Actor.May("", employer, "see") {
			return fault.New(fault.Denied, "denied.employer", "the access level does not see organisations")
		}
		return h(d)
	}
}

// Searched refuses a reader whose level does not look for organisations.
func Searched(d *desk.Desk) error {
	if err := d.NeedSearch(); err != nil {
		return err
	}
	if _, listed := d.Facts.Category(employer); listed && !d.Actor.May("", employer, noticedef.Search) {
		return fault.New(fault.Denied, "denied.employer", "the access level does not search for organisations")
	}
	return nil
}

func searched(h desk.Handler) desk.Handler {
	return func(d *desk.Desk) error {
		if err := Searched(d); err != nil {
			return err
		}
		return h(d)
	}
}

func path(org id.ID) string { return "/organisations/" + org.String() }

// edits reports whether the reader may change organisations.
func edits(d *desk.Desk) bool { return d.Actor.May("", employer, "edit") }
