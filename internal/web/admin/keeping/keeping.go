// Package keeping is the staff pages about how long data is kept: what the notice
// promises and when the next run begins, what a run would do and did, holds, papers,
// and recipients who are to be told. The rules are those of packages keep, retention,
// paper and recipient.
//
//	GET  /keeping                          overview.go  times, next run, last reports, holds to review
//	POST /keeping/preview, /run            overview.go  count, or let go
//	POST /keeping/runs/{run}/approve, decline
//	POST /keeping/settings
//	GET  /keeping/paper                    paper.go     what is on paper
//	POST /keeping/paper/{id}/{paper}/out, in, destroy
//	GET  /keeping/recipients               recipients.go
//	POST /keeping/recipients/{id}/{notice}/told, chase, answer, impossible
//	GET  /people/{id}/keeping              person.go    every date of one person, with its reasons
//	POST /people/{id}/hold, /people/{id}/hold/{hold}/release, /people/{id}/relation, /people/{id}/paper
package keeping

import (
	"time"

	"kartotek/internal/clock"
	"kartotek/internal/db"
	"kartotek/internal/id"
	"kartotek/internal/keep"
	"kartotek/internal/web/admin/desk"
	"kartotek/internal/web/door"
	"kartotek/internal/web/page"
	"kartotek/internal/web/page/keeping"
)

// Routes lists the pages.
func Routes() []door.Route {
	get := func(path string, h desk.Handler) door.Route {
		return door.Route{Method: "GET", Path: path, Level: "rights", Handler: desk.With(h)}
	}
	post := func(path, level string, h desk.Handler) door.Route {
		return door.Route{Method: "POST", Path: path, Level: level, Handler: desk.With(h)}
	}
	return []door.Route{
		get("/keeping", overview), post("/keeping/preview", "rights", begin(onlyPreview)), post("/keeping/run", "erase", begin(byHand)),
		post("/keeping/runs/{run}/approve", "erase", answer(true)), post("/keeping/runs/{run}/decline", "erase", answer(false)), post("/keeping/settings", "erase", settings),
		get("/keeping/paper", papers), post("/keeping/paper/{id}/{paper}/out", "rights", takeOut), post("/keeping/paper/{id}/{paper}/in", "rights", takeIn),
		post("/keeping/paper/{id}/{paper}/destroy", "rights", destroy),
		get("/keeping/recipients", recipients), post("/keeping/recipients/{id}/{notice}/told", "rights", told), post("/keeping/recipients/{id}/{notice}/chase", "rights", chase),
		post("/keeping/recipients/{id}/{notice}/answer", "rights", acknowledge), post("/keeping/recipients/{id}/{notice}/impossible", "rights", impossible),
		get("/people/{id}/keeping", person), post("/people/{id}/hold", "rights", hold), post("/people/{id}/hold/{hold}/release", "erase", release),
		post("/people/{id}/relation", "rights", relation), post("/people/{id}/paper", "rights", addPaper), post("/people/{id}/disclosed", "rights", disclosed),
	}
}

// section is where the pages stand in the navigation.
const section = "notice"

func sheet(d *desk.Desk, key string) keeping.SheetView {
	v := keeping.SheetView{Frame: d.Frame(d.T("keeping."+key), section), Tab: d.T("keeping.tab"), Title: d.T("keeping." + key), Lead: d.T("keeping." + key + "_lead")}
	for _, x := range [][2]string{{"title", "/keeping"}, {"paper", "/keeping/paper"}, {"recipients", "/keeping/recipients"}} {
		if x[0] != key {
			v.Links = append(v.Links, page.Link{Text: d.T("keeping." + x[0]), Href: x[1]})
		}
	}
	return v
}

// ids reads the two keys of an address.
func ids(d *desk.Desk, second string) (who, which id.ID, err error) {
	if who, err = d.ID("id"); err == nil {
		which, err = d.ID(second)
	}
	return who, which, err
}

// do runs an act and goes back to a page.
func do(d *desk.Desk, path, done string, fn func(tx *db.Tx) error) error {
	if err := d.Act(fn); err != nil {
		return d.Back(path, err)
	}
	return d.Done(path, d.T("keeping.done_"+done))
}

func on(d *desk.Desk, iso string) string {
	t, err := time.Parse(time.DateOnly, iso)
	if err != nil {
		return ""
	}
	return d.Printer.Date(t)
}

func at(d *desk.Desk, ms int64) string {
	if ms == 0 {
		return ""
	}
	return d.Printer.Date(clock.FromMs(ms))
}

func category(d *desk.Desk, name string) string {
	if c, ok := d.Facts.Category(name); ok {
		return c.Title.In(d.Lang())
	}
	return name
}

// Until says when a date ends, or what it waits for.
func Until(d *desk.Desk, x *keep.Date) string {
	if x.Open != "" {
		return d.T("keep.open." + x.Open)
	}
	return d.T("keep.until", "day", on(d, x.Until))
}

// Steps says how a date was reckoned, with what each step rests on.
func Steps(d *desk.Desk, x *keep.Date) (out []string) {
	for _, s := range x.Steps {
		out = append(out, d.T("keep.step."+s.Key, "day", on(d, s.Day), "arg", s.Arg)+" ("+s.Citation+")")
	}
	return out
}

func line(id, label string, required bool) page.Field {
	return page.Field{ID: id, Label: label, Required: required, Max: 500}
}
