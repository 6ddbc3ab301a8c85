// Package access is the area where rights in use are seen to.
//
//	GET  /access                      taking up a level for a time, and the doors below
//	POST /access/elevation            takes one up; /access/elevation/end ends one
//	GET  /access/approvals            acts that wait for a second person; POST answers one
//	GET  /access/review               the access review; POST start, {id}/line, {id}/close
//	GET  /access/review/{id}          the document of a round; {id}/document its bytes
//	GET  /access/measures             the notice's security measures; {id} one of them, POST records a check
//
// One file per page. The rules are those of the rooms access and measure; here is
// decided what a reader sees: whoever administers accounts sees everybody's
// elevations and the review, and held acts are shown to those who may agree.
package access

import (
	"net/http"
	"slices"
	"time"

	"kartotek/internal/access"
	"kartotek/internal/db"
	"kartotek/internal/id"
	"kartotek/internal/measure"
	"kartotek/internal/noticedef"
	"kartotek/internal/staff"
	"kartotek/internal/web/admin/desk"
	"kartotek/internal/web/door"
	"kartotek/internal/web/page"
	"kartotek/internal/web/page/office"
)

// administers is the act of the notice that the review and other people's
// elevations ask for, records that for recording a check.
const (
	administers = "staff"
	records     = "notice"
)

// Routes lists the area's pages.
func Routes() []door.Route {
	r := func(method, path, level string, h desk.Handler) door.Route {
		return door.Route{Method: method, Path: path, Level: level, Handler: desk.With(h)}
	}
	return []door.Route{
		r("GET", "/access", door.SignedIn, show),
		r("POST", "/access/elevation", door.SignedIn, elevate), r("POST", "/access/elevation/end", door.SignedIn, endElevation),
		r("GET", "/access/approvals", door.SignedIn, approvals), r("POST", "/access/approvals", door.SignedIn, answer),
		r("GET", "/access/review", administers, review), r("POST", "/access/review/start", administers, startReview),
		r("POST", "/access/review/{id}/line", administers, reviewLine), r("POST", "/access/review/{id}/close", administers, closeReview),
		r("GET", "/access/review/{id}", administers, reviewDoc), r("GET", "/access/review/{id}/document", administers, reviewBytes),
		r("GET", "/access/measures", door.SignedIn, measures),
		r("GET", "/access/measures/{id}", door.SignedIn, oneMeasure), r("POST", "/access/measures/{id}", records, recordCheck),
	}
}

func show(d *desk.Desk) error { return showWith(d, http.StatusOK, "", "") }

func showWith(d *desk.Desk, status int, problem, reason string) error {
	v := office.AccessView{Everybody: d.Can(administers), Error: problem, Reason: reason, Minutes: minutes(d)}
	for _, l := range d.Actor.Account.Levels {
		v.Levels = append(v.Levels, title(d, l))
	}
	for _, l := range door.Elevatable(d.Actor.Account, d.InForce) {
		v.Choices = append(v.Choices, page.Option{Value: l.Name, Text: title(d, l.Name)})
	}
	err := d.Look(func(tx *db.Tx) (err error) {
		if v.Elevations, err = elevations(d, tx, v.Everybody); err == nil {
			v.Doors, err = doors(d, tx)
		}
		return err
	})
	if err != nil {
		return err
	}
	v.Frame = d.Frame(d.T("access.title"), "access")
	return d.Render(status, office.Access(v))
}

// title names a level in the reader's language.
func title(d *desk.Desk, level string) string {
	if l, ok := d.InForce.Level(level); ok && l.Title.In(d.Lang()) != "" {
		return l.Title.In(d.Lang())
	}
	return level
}

// doors are the ways on, each with what waits there.
func doors(d *desk.Desk, tx *db.Tx) ([]office.AccessDoor, error) {
	waiting, err := forMe(d, tx)
	if err != nil {
		return nil, err
	}
	out := []office.AccessDoor{{Title: d.T("approvals.title"), Text: d.T("approvals.lead"), Href: "/access/approvals", State: count(d, len(waiting), "approvals.waiting", "approvals.none")}}
	all, err := d.Measure.Statuses(tx, d.InForce)
	if err != nil {
		return nil, err
	}
	if d.Can(administers) {
		state, _ := reviewState(d, all)
		out = append(out, office.AccessDoor{Title: d.T("areview.title"), Text: d.T("areview.lead"), Href: "/access/review", State: state})
	}
	lapsed := 0
	for _, s := range all {
		if s.State == measure.Lapsed || s.State == measure.Bad {
			lapsed++
		}
	}
	return append(out, office.AccessDoor{Title: d.T("measures.title"), Text: d.T("measures.lead"), Href: "/access/measures", State: count(d, lapsed, "measures.lapsed_n", "measures.all_ok")}), nil
}

func count(d *desk.Desk, n int, some, none string) page.Chip {
	if n > 0 {
		return page.Chip{Text: d.Printer.N(some, n), Tone: page.Wait}
	}
	return page.Chip{Text: d.T(none), Tone: page.Yes}
}

// date reads an ISO day for showing; the zero time when there is none.
func date(iso string) time.Time {
	t, _ := time.Parse(time.DateOnly, iso)
	return t
}

// names gives the names of accounts by id.
func names(tx *db.Tx) (map[id.ID]*staff.Account, error) {
	all, err := staff.List(tx)
	out := map[id.ID]*staff.Account{}
	for _, a := range all {
		out[a.ID] = a
	}
	return out, err
}

func nameOf(all map[id.ID]*staff.Account, who id.ID) string {
	if a := all[who]; a != nil {
		return a.Name
	}
	return "–"
}

// right names a right that package access stores, in words.
func right(d *desk.Desk, r string) string {
	if slices.Contains(noticedef.Acts, r) {
		return d.T("may_act." + r)
	}
	for _, c := range d.Facts.Categories {
		for _, action := range []string{noticedef.See, noticedef.Search, noticedef.Edit} {
			if r == access.OnCategory(action, c.ID) {
				return d.T("areview."+action, "what", c.Title.In(d.Lang()))
			}
		}
	}
	for _, p := range d.Facts.Purposes {
		for _, act := range noticedef.Acts {
			if r == access.ForPurpose(act, p.ID) {
				return d.T("may_act."+act) + " (" + p.Title.In(d.Lang()) + ")"
			}
		}
	}
	return r
}
