// Package series is the staff pages about series: letters that follow a sign-up, a
// date or an event. A series is written as a draft, step by step, in a form that
// works without script; once it runs its page tells how many people are at each step,
// what was sent and why people left. The rules are those of package series.
//
//	GET  /series                     the list
//	GET  /series/new, POST /series   edit.go  a draft
//	GET  /series/{id}/edit, POST     edit.go
//	POST /series/{id}/delete         edit.go
//	GET  /series/{id}                show.go  its steps, and how many people are where
//	POST /series/{id}/start, pause, resume, stop
package series

import (
	"kartotek/internal/audit"
	"kartotek/internal/db"
	"kartotek/internal/fault"
	"kartotek/internal/id"
	"kartotek/internal/series"
	"kartotek/internal/web/admin/desk"
	"kartotek/internal/web/door"
	"kartotek/internal/web/page"
)

// Routes lists the pages about series.
func Routes() []door.Route {
	get := func(path string, h desk.Handler) door.Route {
		return door.Route{Method: "GET", Path: path, Level: "segment", Handler: desk.With(h)}
	}
	send := func(path string, h desk.Handler) door.Route {
		return door.Route{Method: "POST", Path: path, Level: "send", Handler: desk.With(h)}
	}
	draft := func(path string, h desk.Handler) door.Route {
		return door.Route{Method: "POST", Path: path, Level: "send", Handler: desk.With(h), Drafts: true}
	}
	return []door.Route{
		get("/series", list), get("/series/new", newSeries), draft("/series", save),
		get("/series/{id}", show), get("/series/{id}/edit", edit), draft("/series/{id}", save), draft("/series/{id}/delete", remove),
		send("/series/{id}/start", act("start", (*series.Room).Start)), send("/series/{id}/pause", act("pause", (*series.Room).Pause)),
		send("/series/{id}/resume", act("resume", (*series.Room).Resume)), send("/series/{id}/stop", act("stop", (*series.Room).Stop)),
	}
}

func path(which id.ID) string { return "/series/" + which.String() }

// read reads the series a request is about. A reader whose level does not work for
// its purpose gets the answer of one that is not there.
func read(d *desk.Desk, tx *db.Tx) (*series.Series, error) {
	which, err := d.ID("id")
	if err != nil {
		return nil, err
	}
	purpose, found, err := d.Series.PurposeOf(tx, which)
	if err == nil && (!found || !d.MayRead(purpose)) {
		err = fault.New(fault.NotFound, "series.none", "there is no such series")
	}
	if err != nil {
		return nil, err
	}
	return d.Series.Get(tx, which)
}

func reads(d *desk.Desk, x *series.Series) bool {
	return d.MayRead(x.Purpose)
}

func sends(d *desk.Desk, x *series.Series) error {
	return d.MaySend(x.Purpose)
}

// act starts, pauses, resumes or stops a series.
func act(name string, do func(*series.Room, *db.Tx, id.ID) error) desk.Handler {
	return func(d *desk.Desk) error {
		which, err := d.ID("id")
		if err != nil {
			return err
		}
		err = d.Act(func(tx *db.Tx) error {
			x, err := read(d, tx)
			if err == nil {
				err = sends(d, x)
			}
			if err == nil {
				err = do(d.Series, tx, which)
			}
			if err != nil {
				return err
			}
			return audit.Write(tx, audit.Entry{Action: "series." + name, Kind: "series", Object: which.String(), Purpose: x.Purpose})
		})
		if err != nil {
			return d.Back(path(which), err)
		}
		return d.Done(path(which), d.T("series.done_"+name))
	}
}

var stateTone = map[series.State]page.Tone{series.Draft: "", series.Running: page.Yes, series.Paused: page.Wait, series.Stopped: page.No}

func state(d *desk.Desk, s series.State) page.Chip {
	return page.Chip{Text: d.T("series.state." + string(s)), Tone: stateTone[s]}
}

// starts says what brings people into a series.
func starts(d *desk.Desk, t *series.Trigger) string {
	switch t.Kind {
	case series.SignUp:
		return d.T("series.on_sign-up", "purpose", d.PurposeTitle(t.Purpose))
	case series.OnEvent:
		return d.T("series.on_event", "event", t.Event)
	}
	what := t.Event
	if t.Field != "" {
		what = d.Field(t.Field)
	}
	switch {
	case t.Days < 0:
		return d.Printer.N("series.before_date", -t.Days, "what", what, "hour", t.Hour)
	case t.Days > 0:
		return d.Printer.N("series.after_date", t.Days, "what", what, "hour", t.Hour)
	}
	return d.T("series.on_date", "what", what, "hour", t.Hour)
}

func list(d *desk.Desk) error {
	v := page.SeriesListView{MayNew: d.Can("send")}
	err := d.Look(func(tx *db.Tx) error {
		all, err := d.Series.List(tx)
		for i := range all {
			x := &all[i]
			if err != nil || !reads(d, x) {
				continue
			}
			var f series.Figures
			f, err = d.Series.Figures(tx, x)
			v.Rows = append(v.Rows, page.SeriesRow{Href: path(x.ID), Name: x.Name, Starts: starts(d, &x.Trigger), Purpose: d.PurposeTitle(x.Purpose), State: state(d, x.State),
				In: f.In, Waiting: f.Waiting, Done: f.Done})
		}
		return err
	})
	if err != nil {
		return err
	}
	v.Frame = d.Frame(d.T("series.title"), "outreach")
	return d.Render(200, page.SeriesList(v))
}
